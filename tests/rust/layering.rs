//! The house rules that a script can check: which room may name which, file length, the list of places that
//! may be unsafe.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that may say `unsafe`: the modules of docs/adr/0002.
const UNSAFE: [&str; 47] = [
    "src/c/application.rs",
    "src/c/irp.rs",
    "src/c/kernel/border.rs",
    "src/c/kernel/events.rs",
    "src/c/kernel/handles.rs",
    "src/c/kernel/image.rs",
    "src/c/kernel/imports.rs",
    "src/c/kernel/irps.rs",
    "src/c/kernel/levels.rs",
    "src/c/kernel/locks.rs",
    "src/c/kernel/mdls.rs",
    "src/c/kernel/memory.rs",
    "src/c/kernel/pool.rs",
    "src/c/kernel/print.rs",
    "src/c/kernel/strings.rs",
    "src/c/kernel/threads.rs",
    "src/c/kernel/time.rs",
    "src/c/kernel/timers.rs",
    "src/c/kernel/waits.rs",
    "src/c/kernel/wsk_clients.rs",
    "src/c/kernel/wsk_controls.rs",
    "src/c/kernel/wsk_names.rs",
    "src/c/kernel/wsk_requests.rs",
    "src/c/kernel/wsk_sockets.rs",
    "src/c/lending.rs",
    "src/c/lists.rs",
    "src/c/places.rs",
    "src/c/sanitizers.rs",
    "src/c/sockets.rs",
    "src/c/structures.rs",
    "src/c/tables.rs",
    "src/core/socket_table/slab.rs",
    "src/core/socket_table/mod.rs",
    "src/core/large_pages.rs",
    "src/core/prefetch.rs",
    "src/core/subsystem/guests.rs",
    "src/core/dispatch/native.rs",
    "src/py/values/bytes.rs",
    "src/py/values/crash.rs",
    "src/py/values/exits.rs",
    "src/py/values/export.rs",
    "src/py/values/passing.rs",
    "tests/loom/stage.rs",
    "tests/rust/c/answers.rs",
    "tests/rust/c/driver.rs",
    "tests/rust/c/lists.rs",
    "tests/rust/stress/crowd.rs",
];
/// Lines that CI accepts; the house wants 400.
const LONGEST: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("__pycache__") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                let text = fs::read_to_string(&path).expect("source files are text");
                found.push((name(&path), text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no .{ending} files");
    found
}

fn name(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("below the root");
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Lines of code: without comments, so that prose may name what code may not.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with("//"))
}

/// The rooms, and which others each of them may name besides itself.
const ROOMS: [(&str, &[&str]); 11] = [
    ("contract", &[]),
    ("network", &[]),
    ("core", &["contract"]),
    ("wsk", &["contract", "core", "network"]),
    ("provider", &["contract", "core", "network", "wsk"]),
    ("source", &["core"]),
    ("capture", &["source"]),
    ("storm", &["core"]),
    ("peers", &["network", "core", "wsk", "storm"]),
    ("c", &["contract", "network", "core", "wsk", "provider", "storm", "peers"]),
    (
        "py",
        &[
            "contract", "network", "core", "wsk", "provider", "source", "capture", "storm",
            "peers", "c",
        ],
    ),
];

/// The rooms of the core, from left to right: each may name those before it.
const CORE: [&str; 24] = [
    "status",
    "handle",
    "limits",
    "error",
    "sync",
    "random",
    "chooser",
    "large_pages",
    "prefetch",
    "ledger",
    "irql",
    "flags",
    "planned",
    "findings",
    "turns",
    "counters",
    "history",
    "socket_table",
    "handlers",
    "indication",
    "black_box",
    "event_queue",
    "subsystem",
    "dispatch",
];

/// The names that follow `path` in a line.
fn named<'t>(line: &'t str, path: &str) -> Vec<&'t str> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let name = |rest: &'t str| rest.split(|letter| !is_name(letter)).next().unwrap_or_default();
    line.split(path).skip(1).map(name).collect()
}

/// The room of a file below `src`, or in it.
fn room_of<'t>(file: &'t str, above: &str) -> &'t str {
    let rest = file.strip_prefix(above).expect("a file of that folder");
    rest.split(['/', '.']).next().unwrap_or_default()
}

#[test]
fn each_room_names_those_that_it_may_and_the_bindings_alone_know_python() {
    for (file, text) in files("src", "rs") {
        let room = room_of(&file, "src/");
        if room == "lib" {
            continue;
        }
        let rooms = ROOMS.iter().find(|(known, _)| *known == room);
        let (_, allowed) = rooms.unwrap_or_else(|| panic!("{file}: a room that is not listed"));
        for line in code(&text) {
            for other in named(line, "crate::") {
                let known = ROOMS.iter().any(|(known, _)| *known == other);
                let fine = !known || other == room || allowed.contains(&other);
                assert!(fine, "{file} names {other}: {line}");
            }
            for foreign in ["pyo3", "feature = \"python\""] {
                assert!(room == "py" || !line.contains(foreign), "{file} names {foreign}: {line}");
            }
        }
    }
}

#[test]
fn each_room_on_the_lists_is_there() {
    for (above, rooms) in
        [("src", ROOMS.map(|(room, _)| room).to_vec()), ("src/core", CORE.to_vec())]
    {
        for room in rooms {
            let place = root().join(above).join(room);
            assert!(
                place.is_dir() || place.with_extension("rs").is_file(),
                "no room {above}/{room}"
            );
        }
    }
}

#[test]
fn the_cores_rooms_look_to_their_left_only() {
    let place = |room: &str| CORE.iter().position(|one| *one == room);
    for (file, text) in files("src/core", "rs") {
        let room = room_of(&file, "src/core/");
        if room == "mod" {
            continue;
        }
        let own = place(room).unwrap_or_else(|| panic!("{file}: a room that is not listed"));
        for line in code(&text) {
            for other in named(line, "crate::core::") {
                let left = place(other).is_some_and(|other| other <= own);
                assert!(left, "{file} looks to its right, at {other}: {line}");
            }
        }
    }
}

#[test]
fn concurrency_comes_through_one_door() {
    // The black box is shared with another process, so it needs real words under loom as well.
    let allowed = ["src/core/sync.rs", "src/core/black_box.rs"];
    let rooms = ["src/core", "src/network", "src/wsk", "src/provider"];
    for (file, text) in rooms.iter().flat_map(|room| files(room, "rs")) {
        if allowed.contains(&file.as_str()) {
            continue;
        }
        for line in code(&text) {
            for door in
                ["std::sync::atomic", "std::sync::Mutex", "parking_lot", "std::thread", "Instant"]
            {
                assert!(!line.contains(door), "{file} uses {door} past core::sync: {line}");
            }
        }
    }
}

#[test]
fn imports_name_one_room_each() {
    for (file, text) in files("src", "rs") {
        let grouped = code(&text).find(|line| line.starts_with("use crate::core::{"));
        assert_eq!(grouped, None, "{file}: a grouped import hides a direction");
    }
}

#[test]
fn unsafe_stays_where_it_is_allowed() {
    for folder in ["src", "tests"] {
        for (file, text) in files(folder, "rs") {
            let found = code(&text).find(|line| {
                line.contains("unsafe {")
                    || line.contains("unsafe impl")
                    || line.contains("unsafe fn")
            });
            if !UNSAFE.contains(&file.as_str()) && file != "tests/rust/layering.rs" {
                assert_eq!(found, None, "{file} is not on the list of unsafe files");
            }
        }
    }
}

#[test]
fn files_are_short() {
    for (folder, ending) in
        [("src", "rs"), ("tests", "rs"), ("benches", "rs"), ("python", "py"), ("tests", "py")]
    {
        for (file, text) in files(folder, ending) {
            let lines = text.lines().count();
            assert!(lines <= LONGEST, "{file} has {lines} lines: split it by idea");
        }
    }
}

#[test]
fn no_file_is_called_after_nothing() {
    for (folder, ending) in [("src", "rs"), ("python", "py")] {
        for (file, _) in files(folder, ending) {
            for vague in ["utils", "common", "misc", "helpers"] {
                assert!(!file.contains(vague), "{file} says nothing of its purpose");
            }
        }
    }
}
