//! Files of pcap: whatever stands behind the magic number, reading ends in order.
#![no_main]

mod reading;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    let bytes = [&[0xD4, 0xC3, 0xB2, 0xA1][..], rest].concat();
    reading::read(choice, &bytes);
});
