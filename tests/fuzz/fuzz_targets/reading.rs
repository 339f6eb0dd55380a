//! Reads bytes as a capture, in every way that users can ask for, and checks what has to hold of any bytes.

use std::io::Cursor;
use std::path::Path;

use wsksim::capture::{CaptureError, CaptureReader, Local, Options, Skip, Tunnels};
use wsksim::source::Event;

/// No more records than this of one input: empty ones in a bomb would take the fuzzer's time.
const MOST: u64 = 100_000;

/// The options that the first byte chooses.
pub fn options(choice: u8) -> Options {
    let local = [Local::Server, Local::Client, Local::Both][usize::from(choice % 3)];
    let tunnels = if choice & 0x40 == 0 { Tunnels::On } else { Tunnels::Off };
    Options { local, midstream: choice & 0x80 != 0, tunnels }
}

/// Reads to the end, under options that the first byte chooses.
#[allow(dead_code, reason = "one of the targets has files instead")]
pub fn read(choice: u8, bytes: &[u8]) -> Option<Vec<Event>> {
    let source = Box::new(Cursor::new(bytes.to_vec()));
    let opened =
        CaptureReader::from_reader(Path::new("fuzz"), source, bytes.len() as u64, options(choice));
    drain(choice, &mut opened.ok()?)
}

/// Reads to the end, and checks what was counted.
pub fn drain(choice: u8, reader: &mut CaptureReader) -> Option<Vec<Event>> {
    let local = options(choice).local;
    let mut events = Vec::new();
    while !reader.done() && reader.counts().packets < MOST {
        match reader.read(usize::from(choice) + 1, &mut events) {
            Ok(()) => {}
            Err(CaptureError::LinkTypes { .. }) => return None,
            Err(error) => panic!("bytes in memory do not fail: {error}"),
        }
    }
    let counts = reader.counts();
    let skipped: u64 = counts.skipped.iter().map(|(_, count)| count).sum();
    assert_eq!(counts.tcp_packets + skipped - counts.skipped.get(Skip::FlowLimit), counts.packets);
    assert!(counts.established <= counts.flows);
    assert!(counts.edges <= 2 * counts.established * if local == Local::Both { 2 } else { 1 });
    let edges = events.iter().filter(|event| matches!(event, Event::Edge { .. })).count();
    assert_eq!(counts.edges, edges as u64);
    Some(events)
}
