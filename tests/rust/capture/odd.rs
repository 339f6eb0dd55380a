//! Captures in which a reader and its users easily part, each with what a viewer's user expects of it.

use std::path::{Path, PathBuf};

use wsksim::capture::{CaptureReader, Counts, Local, Options, Skip};

use crate::build::{Outcome, drain, words};

fn odd(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/captures/odd").join(name)
}

fn read(name: &str, local: Local, midstream: bool) -> Outcome {
    let options = Options { local, midstream, ..Options::default() };
    drain(&mut CaptureReader::open(&odd(name), options).unwrap())
}

/// The edges that a server and a client see, by packet.
fn edges(name: &str, midstream: bool) -> [Vec<String>; 2] {
    [Local::Server, Local::Client].map(|local| {
        let told = words(&read(name, local, midstream));
        told.into_iter().filter(|word| !word.starts_with("open")).collect()
    })
}

fn counts(name: &str) -> Counts {
    read(name, Local::Server, false).counts
}

#[test]
fn blocks_that_a_viewer_numbers_are_numbered() {
    for name in ["01-journal-blocks.pcapng", "02-custom-blocks.pcapng"] {
        assert_eq!(edges(name, false), [["fin 0 @6"], ["fin 0 @7"]], "{name}");
        let counts = counts(name);
        assert_eq!((counts.packets, counts.tcp_packets), (8, 6), "{name}");
        assert_eq!(counts.skipped.get(Skip::NoPacket), 2, "{name}");
    }
}

#[test]
fn one_graceful_end_of_each_side_is_read_whatever_is_around_it() {
    for name in [
        "03-wifi-native-105.pcapng",
        "04-handshake-reordered.pcap",
        "10-tunnel-vxlan.pcap",
        "11-tunnel-nvgre.pcap",
        "12-tunnel-ip-in-ip.pcap",
        "13-pppoe.pcap",
        "14-mpls.pcap",
        "15-null-family2-ipv6.pcap",
        "16-gzip.pcap.gz",
        "25-ppp.pcap",
        "24-pcapng-version-1.1.pcapng",
    ] {
        assert_eq!(edges(name, false), [["fin 0 @4"], ["fin 0 @5"]], "{name}");
        let counts = counts(name);
        assert_eq!((counts.packets, counts.tcp_packets, counts.established), (6, 6, 1), "{name}");
        assert_eq!(counts.bytes_read, counts.bytes_total, "{name}");
        assert_eq!(counts.tunnelled, if name.contains("tunnel") { 6 } else { 0 }, "{name}");
    }
}

#[test]
fn one_sided_flows_are_read_with_midstream() {
    let none: [Vec<String>; 2] = [vec![], vec![]];
    for (name, wanted) in [
        ("05-client-side-only.pcap", [vec!["fin 0 @4"], vec![]]),
        ("06-server-side-only-after-syn.pcap", [vec![], vec!["fin 0 @3"]]),
    ] {
        assert_eq!(edges(name, true), wanted, "{name}");
        assert_eq!(edges(name, false), none, "{name}");
        let mut reader = CaptureReader::open(&odd(name), Options::default()).unwrap();
        drain(&mut reader);
        assert_eq!(reader.missed_midstream(), (0, 1), "{name}");
    }
}

#[test]
fn what_other_options_would_give_is_counted() {
    let mut reader =
        CaptureReader::open(&odd("19-only-midstream.pcap"), Options::default()).unwrap();
    assert_eq!(drain(&mut reader).counts.established, 0);
    assert_eq!(reader.missed_midstream(), (4, 1));
    let counts = counts("20-only-server-ends.pcap");
    assert_eq!((counts.edges, counts.edges_of_local), (0, 1));
}

#[test]
fn what_the_page_decides_is_so() {
    for (name, wanted) in [
        ("07-rst-not-accepted.pcap", [vec!["rst 0 @4"], vec![]]),
        ("08-syn-on-open-connection.pcap", [vec!["close 0 @4"], vec!["close 0 @4"]]),
        ("09-pktmon-drop-verdict.pcapng", [vec!["fin 0 @4"], vec![]]),
        ("21-fin-and-rst.pcap", [vec!["rst 0 @4"], vec![]]),
        ("22-syn-fin.pcap", [vec![], vec!["fin 0 @4"]]),
        ("23-rst-ack-as-third.pcap", [vec![], vec![]]),
    ] {
        assert_eq!(edges(name, false), wanted, "{name}");
    }
}

#[test]
fn a_second_capture_behind_the_first_is_named() {
    let outcome = read("18-two-pcaps-joined.pcap", Local::Server, false);
    let damage = outcome.damage.expect("two files are no file");
    assert_eq!((damage.offset, outcome.counts.packets), (444, 6));
    assert!(damage.text.starts_with("another capture begins here"), "{}", damage.text);
    let text = CaptureReader::open(&odd("17-modified-pcap.pcap"), Options::default())
        .unwrap_err()
        .to_string();
    assert!(text.contains("modified (patched) pcap; convert it with: editcap"), "{text}");
}
