//! Build: drivers compiled as `wsksim cc` does, once for all tests of a run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use wsksim::c::kernel::Object;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The compiler, or none.
fn compiler() -> Option<&'static str> {
    static COMPILER: OnceLock<Option<&str>> = OnceLock::new();
    let runs = |name: &&str| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    *COMPILER.get_or_init(|| ["clang", "gcc"].into_iter().find(runs))
}

/// How a driver is compiled stands in one place.
const DIALECT: &str = include_str!("../../../python/wsksim/compiling/flags.py");

/// The flags of every driver.
fn flags() -> impl Iterator<Item = &'static str> {
    let list = DIALECT.split("_DIALECT: Final = [").nth(1).and_then(|rest| rest.split(']').next());
    let dialect = list.expect("the list is there").split('"').skip(1).step_by(2);
    ["-g", "-O1", "-std=gnu17"].into_iter().chain(dialect)
}

/// Runs the compiler with the flags of every driver.
fn compile(compiler: &str, arguments: &mut dyn Iterator<Item = PathBuf>) {
    let km = root().join("python/wsksim/include/km");
    let mut command = Command::new(compiler);
    command.args(flags()).arg("-isystem").arg(&km).arg("-isystem").arg(km.join("crt"));
    let output = command.args(arguments).output().expect("the compiler is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// What every driver is linked with, compiled once.
fn binding(compiler: &str) -> &'static Path {
    static BINDING: OnceLock<PathBuf> = OnceLock::new();
    BINDING.get_or_init(|| {
        let path = folder().join(format!("binding-{}.o", std::process::id()));
        let source = root().join("python/wsksim/include/km/binding/driver.c");
        compile(compiler, &mut ["-c".into(), source, "-o".into(), path.clone()].into_iter());
        path
    })
}

/// The object of these files, compiled once; what is no file is an option.
fn object(compiler: &str, files: &[&str]) -> PathBuf {
    type Objects = Mutex<HashMap<String, Arc<OnceLock<PathBuf>>>>;
    static BUILT: OnceLock<Objects> = OnceLock::new();
    let (number, built) = {
        let mut built = BUILT.get_or_init(Mutex::default).lock().expect("no test holds it");
        let number = built.len();
        (number, Arc::clone(built.entry(format!("{files:?}")).or_default()))
    };
    // Tests compile side by side.
    let path = built.get_or_init(|| {
        let path = folder().join(format!("driver-{}-{number}.so", std::process::id()));
        let shown = path.with_extension("map");
        let names = "DriverEntry; wsksim_driver; wsksim_layout; wsksim_imports;";
        std::fs::write(&shown, format!("{{ global: {names} local: *; }};")).expect("a folder");
        let script = format!("-Wl,--version-script={}", shown.display());
        let files = files.iter().map(|file| match file.starts_with('-') {
            true => PathBuf::from(file),
            false => root().join(file),
        });
        let linked = [binding(compiler).into(), "-o".into(), path.clone()];
        let how = ["-shared".into(), "-Wl,-Bsymbolic".into(), script.into()];
        compile(compiler, &mut how.into_iter().chain(files).chain(linked));
        path
    });
    path.clone()
}

/// The object of these files with another text in the place of one; `None`, said aloud, where there is no compiler.
#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
pub(crate) fn driver(files: &[&str], text: Option<(&str, &str)>) -> Option<Object> {
    let Some(compiler) = compiler() else {
        eprintln!("SKIPPED: there is neither clang nor gcc on this machine");
        return None;
    };
    let path = object(compiler, files);
    let Some((old, new)) = text else {
        return Some(Object::read(&path).expect("it was just built"));
    };
    let mut content = std::fs::read(&path).expect("it was just built");
    let place = content.windows(old.len()).position(|window| window == old.as_bytes());
    let place = place.expect("the object has the text");
    content[place..place + new.len()].copy_from_slice(new.as_bytes());
    static CHANGED: AtomicU32 = AtomicU32::new(0);
    let number = CHANGED.fetch_add(1, Ordering::Relaxed);
    let changed = path.with_extension(format!("{number}.so"));
    std::fs::write(&changed, content).expect("a folder");
    Some(Object::read(&changed).expect("it is an object still"))
}
