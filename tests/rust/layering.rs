//! The house rules that a script can check: direction, no Python in the core, file length, the list of
//! places that may be unsafe.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that may say `unsafe`: the modules of docs/adr/0002.
const UNSAFE: [&str; 8] = [
    "src/core/socket_table/slab.rs",
    "src/core/socket_table/mod.rs",
    "src/core/large_pages.rs",
    "src/core/prefetch.rs",
    "src/core/turns.rs",
    "src/core/dispatch/native.rs",
    "src/py/export.rs",
    "tests/loom/stage.rs",
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

#[test]
fn the_core_knows_neither_python_nor_the_rooms_to_its_right() {
    for (file, text) in files("src/core", "rs") {
        for line in code(&text) {
            for foreign in [
                "pyo3",
                "feature = \"python\"",
                "crate::py",
                "crate::capture",
                "crate::wsk",
                "crate::network",
                "crate::storm",
            ] {
                assert!(!line.contains(foreign), "{file} names {foreign}: {line}");
            }
        }
    }
    for (file, text) in files("src/contract", "rs") {
        for line in code(&text) {
            assert!(!line.contains("crate::"), "{file}, the leftmost room, names another: {line}");
            assert!(!line.contains("pyo3"), "{file} names pyo3: {line}");
        }
    }
    for (file, text) in files("src/capture", "rs") {
        for line in code(&text) {
            for foreign in ["pyo3", "crate::py", "crate::core"] {
                assert!(!line.contains(foreign), "{file} names {foreign}: {line}");
            }
        }
    }
}

#[test]
fn the_contract_machine_and_the_network_stand_in_their_order() {
    let rooms: [(&str, &[&str]); 3] = [
        ("src/storm", &["pyo3", "crate::py", "crate::capture", "crate::network", "crate::wsk"]),
        ("src/network", &["pyo3", "crate::py", "crate::capture", "crate::core", "crate::wsk"]),
        (
            "src/wsk",
            &["pyo3", "feature = \"python\"", "crate::py", "crate::capture", "crate::storm"],
        ),
    ];
    for (room, foreigners) in rooms {
        for (file, text) in files(room, "rs") {
            for line in code(&text) {
                for foreign in foreigners {
                    assert!(!line.contains(foreign), "{file} names {foreign}: {line}");
                }
            }
        }
    }
}

#[test]
fn the_cores_rooms_look_to_their_left_only() {
    let left_to_right = ["socket_table", "event_queue", "dispatch", "subsystem"];
    for (position, room) in left_to_right[..2].iter().enumerate() {
        for (file, text) in files(&format!("src/core/{room}"), "rs") {
            for right in &left_to_right[position + 1..] {
                let path = format!("crate::core::{right}");
                let line = code(&text).find(|line| line.contains(&path));
                assert_eq!(line, None, "{file} looks to its right");
            }
        }
    }
}

#[test]
fn concurrency_comes_through_one_door() {
    // The black box is shared with another process, so it needs real words under loom as well.
    let allowed = ["src/core/sync.rs", "src/core/dispatch/black_box.rs"];
    let rooms = ["src/core", "src/network", "src/wsk"];
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
