//! Frames of zstd: damaged data end in order, and what is compressed is read as it is bare.
#![no_main]

use std::io::Cursor;

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

mod reading;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    reading::read(choice, &[&[0x28, 0xB5, 0x2F, 0xFD][..], rest].concat());
    let packed = compress_to_vec(Cursor::new(rest.to_vec()), CompressionLevel::Fastest);
    let bare = rest.first().is_some_and(|first| [0xD4, 0x0A, 0xA1, 0x4D].contains(first));
    if bare {
        assert_eq!(reading::read(choice, &packed), reading::read(choice, rest));
    }
});
