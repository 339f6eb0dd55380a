//! Compressed files: damaged data end in order, and what is compressed is read as it is bare.
#![no_main]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

mod reading;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    reading::read(choice, &[&[0x1F, 0x8B][..], rest].concat());
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(rest).expect("memory takes all");
    let packed = encoder.finish().expect("memory takes all");
    // What is compressed itself is not unpacked twice.
    if !rest.starts_with(&[0x1F, 0x8B]) && !rest.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        assert_eq!(reading::read(choice, &packed), reading::read(choice, rest));
    }
});
