//! Folders of files: each is read once or named, a flow is explained, and a filter leaves out what it should.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use wsksim::capture::{CaptureReader, Choice, Filter, Input};

mod reading;

/// So many files at most; what ends one and begins the next.
const FILES: usize = 4;
const BETWEEN: &[u8] = b"NEXT";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&[choice, more], rest)) = data.split_first_chunk() else { return };
    let folder = folder();
    let files = parts(rest);
    for number in 0..FILES {
        let path = folder.join(number.to_string());
        match files.get(number) {
            Some(bytes) => fs::write(path, bytes).expect("the folder is there"),
            None => drop(fs::remove_file(path)),
        }
    }
    let filter = (more & 0x10 != 0).then(|| Filter::read(["port=80"]).expect("a filter"));
    let explain = (more & 0x20 != 0).then_some(u64::from(more % 4));
    let choice_of_files = Choice { filter: filter.flatten(), explain, ..Choice::default() };
    let inputs = [Input::Path(folder.clone())];
    let Ok(mut reader) =
        CaptureReader::open_all(&inputs, reading::options(choice), choice_of_files)
    else {
        return;
    };
    assert_eq!(reader.paths().count() + reader.left_out().len(), files.len());
    reading::drain(choice, &mut reader);
    let lines = reader.take_lines();
    assert!(lines.len() as u64 <= 2 * reader.counts().tcp_packets);
    assert!(lines.is_empty() || explain.is_some_and(|flow| flow < reader.numbered_flows()));
    for pair in lines.windows(2) {
        assert!((pair[0].file, pair[0].packet) <= (pair[1].file, pair[1].packet));
    }
    for line in lines {
        assert!(line.meaning.rules().count() > 0, "{line:?}");
    }
});

fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // `prove.sh` says where, and clears it away.
        let parent = std::env::var_os("FUZZ_FILES").map_or_else(std::env::temp_dir, PathBuf::from);
        let folder = parent.join(format!("wsksim-fuzz-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("files can be made there");
        folder
    })
}

fn parts(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while parts.len() + 1 < FILES {
        let Some(place) = rest.windows(BETWEEN.len()).position(|bytes| bytes == BETWEEN) else {
            break;
        };
        parts.push(&rest[..place]);
        rest = &rest[place + BETWEEN.len()..];
    }
    parts.push(rest);
    parts
}
