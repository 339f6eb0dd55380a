//! Build: drivers compiled as `wsksim cc` does, once for all tests of a run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use wsksim::c::kernel::Object;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The compiler, or none.
fn compiler() -> Option<&'static str> {
    ["clang", "gcc"].into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    })
}

/// How a driver is compiled stands in one place.
const DIALECT: &str = include_str!("../../../python/wsksim/compiling/flags.py");

/// The flags of every driver.
fn flags() -> impl Iterator<Item = &'static str> {
    let list = DIALECT.split("_DIALECT: Final = [").nth(1).and_then(|rest| rest.split(']').next());
    let dialect = list.expect("the list is there").split('"').skip(1).step_by(2);
    ["-shared", "-g", "-O1", "-std=gnu17", "-Wl,-Bsymbolic"].into_iter().chain(dialect)
}

/// The object of these files with another text in the place of one; `None`, said aloud, where there is no compiler.
#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
pub(crate) fn driver(files: &[&str], text: Option<(&str, &str)>) -> Option<Object> {
    static BUILT: OnceLock<Mutex<HashMap<String, PathBuf>>> = OnceLock::new();
    let Some(compiler) = compiler() else {
        eprintln!("SKIPPED: there is neither clang nor gcc on this machine");
        return None;
    };
    let mut built = BUILT.get_or_init(Mutex::default).lock().expect("no test holds it");
    let number = built.len();
    let key = format!("{files:?}");
    let path = built.entry(key).or_insert_with(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("driver-{}-{number}.so", std::process::id()));
        let km = root().join("python/wsksim/include/km");
        let shown = folder.join(format!("shown-{}.map", std::process::id()));
        let names = "DriverEntry; wsksim_driver; wsksim_layout; wsksim_imports;";
        std::fs::write(&shown, format!("{{ global: {names} local: *; }};")).expect("a folder");
        let mut command = Command::new(compiler);
        command.args(flags()).arg("-isystem").arg(&km).arg("-isystem").arg(km.join("crt"));
        command.arg(format!("-Wl,--version-script={}", shown.display()));
        command.args(files.iter().map(|file| root().join(file)));
        command.arg(km.join("binding/driver.c")).arg("-o").arg(&path);
        let output = command.output().expect("the compiler is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        path
    });
    let Some((old, new)) = text else {
        return Some(Object::read(path).expect("it was just built"));
    };
    let mut content = std::fs::read(&*path).expect("it was just built");
    let place = content.windows(old.len()).position(|window| window == old.as_bytes());
    let place = place.expect("the object has the text");
    content[place..place + new.len()].copy_from_slice(new.as_bytes());
    let changed = path.with_extension(format!("{}.so", new.trim()));
    std::fs::write(&changed, content).expect("a folder");
    Some(Object::read(&changed).expect("it is an object still"))
}
