//! Files of pcapng: whatever stands behind the magic number, reading ends in order.
#![no_main]

mod reading;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    let bytes = [&[0x0A, 0x0D, 0x0D, 0x0A][..], rest].concat();
    reading::read(choice, &bytes);
});
