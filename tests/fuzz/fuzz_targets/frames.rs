//! Frames of every link type that is read, with whatever tunnels: the slow reader of the tests finds the same.
#![no_main]

use std::net::IpAddr;

use wsksim::source::Event;

mod reading;
#[path = "../../rust/capture/slow.rs"]
mod slow;

const LINKS: [u16; 16] = [0, 1, 9, 12, 14, 50, 51, 101, 105, 108, 113, 127, 228, 229, 276, 1];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&choice, frame)) = data.split_first() else { return };
    let link = LINKS[usize::from(choice % 16)];
    let mut bytes =
        vec![0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0];
    bytes.extend(u32::from(link).to_le_bytes());
    for word in [1, 0, frame.len() as u32, frame.len() as u32] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend_from_slice(frame);
    // From the server's side, midstream, with tunnels: one open for whatever segment is no SYN.
    let events = reading::read(0x80 + 1, &bytes).expect("a capture");
    let found = events.first().map(|event| match event {
        Event::Open { local, remote, .. } => {
            sorted([(local.address, local.port), (remote.address, remote.port)])
        }
        other => panic!("an open comes first: {other:?}"),
    });
    let wanted = match slow::frame(link, frame) {
        Ok((_, _, flags)) if flags & 0x16 == 0x02 => None,
        Ok((from, to, _)) => Some(sorted([from, to])),
        Err(_) => None,
    };
    assert_eq!(found, wanted, "link type {link}: {frame:02X?}");
});

fn sorted(mut ends: [(IpAddr, u16); 2]) -> [(IpAddr, u16); 2] {
    ends.sort_unstable();
    ends
}
