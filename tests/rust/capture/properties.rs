//! Properties over random and mutated captures.
//!
//! 1. Whatever the bytes are, opening and reading neither panics nor runs on: it ends behind the last byte.
//! 2. No more packets are counted than the bytes can hold, and every record is a segment or skipped.
//! 3. A connection has one open, at most one graceful edge, then at most one abortive one, then nothing but its close.
//! 4. How many records a call asks for changes nothing.
//! 5. A frame of the commonest form, which has a reader of its own, says what it says behind a VLAN tag, where it has none.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use wsksim::capture::{CaptureError, Local, Options, Skip};
use wsksim::source::Event;

use crate::build::{
    Kind, LITTLE, Outcome, conversation, ethernet, frames, open, pcap, pcap_with_link, read_with,
};

static REAL: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/captures");
    ["mixed_v4.pcap", "mixed_v4.pcapng", "mixed_v6_nsec.pcap", "web_keepalive.pcap"]
        .iter()
        .map(|name| {
            let mut bytes = std::fs::read(folder.join(name)).unwrap();
            bytes.truncate(20_000);
            bytes
        })
        .collect()
});

fn check(bytes: &[u8], options: Options) {
    let Ok(mut reader) = open(bytes, options) else { return };
    let mut events = Vec::new();
    while !reader.done() {
        // The one error that reading bytes in memory can end with: no packet's link type is supported.
        if let Err(error) = reader.read(1000, &mut events) {
            assert!(matches!(error, CaptureError::LinkTypes { .. }), "{error:?}");
            assert_eq!(events, [], "nothing was understood");
            return;
        }
    }
    let outcome = Outcome { events, counts: reader.counts(), damage: reader.damage().cloned() };
    let counts = outcome.counts;
    assert!(counts.bytes_read <= bytes.len() as u64);
    assert!(counts.packets * 12 <= bytes.len() as u64, "no block is shorter");
    let skipped: u64 = counts.skipped.iter().map(|(_, count)| count).sum();
    assert_eq!(counts.tcp_packets + skipped - counts.skipped.get(Skip::FlowLimit), counts.packets);
    match &outcome.damage {
        Some(damage) => assert!(damage.offset < bytes.len() as u64),
        None => assert_eq!(counts.bytes_read, bytes.len() as u64),
    }
    check_connections(&outcome, options);
    let mut again = open(bytes, options).unwrap();
    let mut events = Vec::new();
    while !again.done() {
        again.read(1, &mut events).unwrap();
    }
    assert_eq!(events, outcome.events);
}

fn check_connections(outcome: &Outcome, options: Options) {
    // Graceful, abortive, closed.
    let mut states: HashMap<u64, [bool; 3]> = HashMap::new();
    let mut last = 0;
    for event in &outcome.events {
        let packet = match *event {
            Event::Open { connection, packet, .. } => {
                assert_eq!(connection, states.len() as u64);
                states.insert(connection, [false; 3]);
                packet
            }
            Event::Edge { connection, packet, abortive, .. } => {
                let state = states.get_mut(&connection).expect("opened before");
                assert!(!state[1] && !state[2] && (abortive || !state[0]));
                state[usize::from(abortive)] = true;
                packet
            }
            Event::Close { connection, packet, .. } => {
                let state = states.get_mut(&connection).expect("opened before");
                assert!(!std::mem::replace(&mut state[2], true));
                packet
            }
        };
        assert!(last <= packet && packet <= outcome.counts.packets);
        last = packet;
    }
    let views = if options.local == Local::Both { 2 } else { 1 };
    assert_eq!(states.len() as u64, views * outcome.counts.established);
    assert!(outcome.counts.established <= outcome.counts.flows);
}

fn options() -> impl Strategy<Value = Options> {
    let local = prop_oneof![Just(Local::Server), Just(Local::Client), Just(Local::Both)];
    (local, any::<bool>()).prop_map(|(local, midstream)| Options {
        local,
        midstream,
        ..Options::default()
    })
}

/// Bytes behind a header that is right, so that they are read as records.
fn headed() -> impl Strategy<Value = Vec<u8>> {
    let kind = (any::<bool>(), any::<bool>())
        .prop_map(|(big_endian, nanoseconds)| Kind { big_endian, nanoseconds });
    let header = (
        kind,
        any::<bool>(),
        prop::sample::select(vec![0_u16, 1, 12, 101, 108, 113, 228, 229, 276]),
    );
    (header, prop::collection::vec(any::<u8>(), 0..600)).prop_map(
        |((kind, pcapng, link), mut rest)| {
            // Small lengths, or the first record is never whole.
            for at in [8, 9, 10, 11] {
                if let Some(byte) = rest.get_mut(at) {
                    *byte &= if (at == 8) == kind.big_endian { 0 } else { 0x3F };
                }
            }
            let header = if pcapng {
                [kind.section(), kind.interface(link, 0, &[])].concat()
            } else {
                kind.pcap_header(u32::from(link))
            };
            [header, rest].concat()
        },
    )
}

/// A record or a block whose packet is random.
fn packets() -> impl Strategy<Value = Vec<u8>> {
    let packet = prop::collection::vec(any::<u8>(), 0..90);
    let link = prop::sample::select(vec![0_u16, 1, 9, 51, 101, 105, 108, 113, 127, 228, 229, 276]);
    (link, any::<bool>(), prop::collection::vec(packet, 0..12)).prop_map(
        |(link, pcapng, packets)| {
            let mut bytes = if pcapng {
                [LITTLE.section(), LITTLE.interface(link, 0, &[])].concat()
            } else {
                LITTLE.pcap_header(u32::from(link))
            };
            for mut packet in packets {
                // Half of them look like IP from the first byte on.
                if let [first, ..] = &mut packet[..] {
                    *first = [0x45, 0x46, 0x60, *first][usize::from(*first % 4)];
                }
                bytes.extend(if pcapng {
                    LITTLE.enhanced(0, 1, &packet)
                } else {
                    LITTLE.pcap_record(1, 1, &packet)
                });
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), options in options()) {
        check(&bytes, options);
    }

    #[test]
    fn random_bytes_behind_a_header_never_panic(bytes in headed(), options in options()) {
        check(&bytes, options);
    }

    #[test]
    fn random_packets_never_panic(bytes in packets(), options in options()) {
        check(&bytes, options);
    }

    #[test]
    fn mutated_captures_never_panic(
        file in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        length in 0..=20_000_usize,
        options in options(),
    ) {
        let mut bytes = REAL[file].clone();
        bytes.truncate(length);
        for (index, byte) in changes {
            if !bytes.is_empty() {
                let at = index.index(bytes.len());
                bytes[at] = byte;
            }
        }
        check(&bytes, options);
    }

    #[test]
    fn shuffled_segments_keep_the_rules(
        order in prop::collection::vec((0..5_usize, 0..3_u32, any::<bool>()), 0..60),
        options in options(),
    ) {
        let segments: Vec<_> = order
            .into_iter()
            .map(|(at, sequence, back)| {
                let mut segment = conversation()[at].sequence(sequence);
                if back {
                    std::mem::swap(&mut segment.from, &mut segment.to);
                }
                segment
            })
            .collect();
        check(&pcap(&frames(&segments)), options);
    }

    #[test]
    fn commonest_form_is_read_as_any_other(
        order in prop::collection::vec((0..5_usize, any::<bool>()), 1..12),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, any::<u8>()), 0..4),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..60_usize), 0..3),
        options in options(),
    ) {
        let mut packets: Vec<_> = order
            .into_iter()
            .map(|(at, new)| {
                let segment = conversation()[at];
                if new { (0x86DD, segment.ipv6()) } else { (0x0800, segment.ipv4()) }
            })
            .collect();
        for (index, at, byte) in changes {
            index.get_mut(&mut packets).1[at] = byte;
        }
        for (index, length) in cuts {
            index.get_mut(&mut packets).1.truncate(length);
        }
        let outcome = |bytes: &[u8]| {
            let mut outcome = read_with(bytes, options.local, options.midstream);
            (outcome.counts.bytes_read, outcome.counts.bytes_total) = (0, 0);
            outcome
        };
        let plain: Vec<_> = packets.iter().map(|(kind, packet)| ethernet(*kind, packet)).collect();
        let tagged: Vec<_> = packets
            .iter()
            .map(|(kind, packet)| ethernet(0x8100, &[&[0, 1], &kind.to_be_bytes()[..], packet].concat()))
            .collect();
        let cooked: Vec<_> = packets
            .iter()
            .map(|(kind, packet)| [&[0; 14], &kind.to_be_bytes()[..], packet].concat())
            .collect();
        let blocks = plain.iter().map(|frame| LITTLE.enhanced(0, 1, frame));
        let blocks = [vec![LITTLE.section(), LITTLE.interface(1, 0, &[])], blocks.collect()].concat();
        let expected = outcome(&pcap(&tagged));
        prop_assert_eq!(&outcome(&pcap(&plain)), &expected);
        prop_assert_eq!(&outcome(&pcap_with_link(113, &cooked)), &expected);
        let events = expected.events.len();
        prop_assert_eq!(outcome(&blocks.concat()).events.len(), events);
    }
}
