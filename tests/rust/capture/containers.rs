//! Byte orders, clocks, sections, interfaces and block kinds of the two container formats.

use wsksim::capture::{Options, Skip};
use wsksim::source::Event;

use crate::build::{
    ACK, CLIENT, CONVERSATION, ETHERNET, FIN, Kind, LITTLE, SERVER, conversation, drain, frames,
    handshake, open, pcap, read, tcp, words,
};

const BIG: Kind = Kind { big_endian: true, nanoseconds: false };

/// The times of the events, in nanoseconds.
fn times(events: &[Event]) -> Vec<i64> {
    let time = |event: &Event| match *event {
        Event::Open { time_ns, .. }
        | Event::Edge { time_ns, .. }
        | Event::Close { time_ns, .. } => time_ns,
    };
    events.iter().map(time).collect()
}

/// A section with one interface, then a conversation of enhanced packets, one tick apart from `start`.
fn section(kind: Kind, snap_length: u32, options: &[(u16, &[u8])], start: u64) -> Vec<u8> {
    let mut bytes = [kind.section(), kind.interface(1, snap_length, options)].concat();
    for (at, frame) in frames(&conversation()).iter().enumerate() {
        bytes.extend(kind.enhanced(0, start + at as u64, frame));
    }
    bytes
}

#[test]
fn pcap_is_read_in_both_byte_orders_and_both_clocks() {
    for big_endian in [false, true] {
        for nanoseconds in [false, true] {
            let kind = Kind { big_endian, nanoseconds };
            let mut bytes = kind.pcap_header(ETHERNET);
            for frame in frames(&conversation()) {
                bytes.extend(kind.pcap_record(1_700_000_000, 123_456, &frame));
            }
            let outcome = read(&bytes);
            assert_eq!(words(&outcome), CONVERSATION, "{kind:?}");
            let fraction = if nanoseconds { 123_456 } else { 123_456_000 };
            assert_eq!(
                times(&outcome.events),
                [1_700_000_000_000_000_000 + fraction; 3],
                "{kind:?}"
            );
            assert_eq!(outcome.damage, None, "{kind:?}");
        }
    }
}

#[test]
fn seconds_beyond_2038_are_read() {
    let mut bytes = LITTLE.pcap_header(ETHERNET);
    for segment in handshake() {
        bytes.extend(LITTLE.pcap_record(u32::MAX, 999_999, &segment.frame()));
    }
    assert_eq!(times(&read(&bytes).events), [4_294_967_295_999_999_000]);
}

#[test]
fn bits_above_the_link_type_are_ignored() {
    let mut bytes = LITTLE.pcap_header(0x5400_0000 | ETHERNET);
    for frame in frames(&conversation()) {
        bytes.extend(LITTLE.pcap_record(1, 0, &frame));
    }
    assert_eq!(words(&read(&bytes)), CONVERSATION);
}

#[test]
fn pcapng_is_read_in_both_byte_orders() {
    for kind in [LITTLE, BIG] {
        let outcome = read(&section(kind, 0, &[], 5_000_000));
        assert_eq!(words(&outcome), CONVERSATION, "{kind:?}");
        // Without an option a tick is a microsecond.
        assert_eq!(
            times(&outcome.events),
            [5_000_002_000, 5_000_003_000, 5_000_004_000],
            "{kind:?}"
        );
    }
}

#[test]
fn each_resolution_of_an_interface_is_honoured() {
    const S: i64 = 1_000_000_000;
    // Byte of the option, ticks of packet 1, then the time of packet 3 in nanoseconds.
    let rows = [
        (0, 7, 9 * S),
        (3, 7000, 7 * S + 2_000_000),
        (6, 7_000_000, 7 * S + 2000),
        (9, 7_000_000_000, 7 * S + 2),
        (12, 7_000_000_000_000, 7 * S),
        (127, 7_000_000_000_000, 0),
        (0x80, 7, 9 * S),
        (0x80 | 1, 14, 8 * S),
        (0x80 | 10, 7 << 10, 7 * S + 2 * S / 1024),
        (0x80 | 32, 7 << 32, 7 * S),
        (0x80 | 127, 7 << 32, 0),
        (0, u64::MAX - 10, i64::MAX),
    ];
    for kind in [LITTLE, BIG] {
        for (byte, start, wanted) in rows {
            let outcome = read(&section(kind, 0, &[(9, &[byte])], start));
            assert_eq!(times(&outcome.events)[0], wanted, "{kind:?}, resolution {byte}");
        }
    }
}

#[test]
fn the_offset_of_an_interface_is_honoured_in_both_byte_orders() {
    for (offset, wanted) in [(3600, 3_607_000_002_000), (-10, -2_999_998_000), (i64::MAX, i64::MAX)]
    {
        let value = i64::to_le_bytes(offset);
        let outcome = read(&section(LITTLE, 0, &[(14, &value)], 7_000_000));
        assert_eq!(times(&outcome.events)[0], wanted);
        let value = i64::to_be_bytes(offset);
        let outcome = read(&section(BIG, 0, &[(14, &value)], 7_000_000));
        assert_eq!(times(&outcome.events)[0], wanted);
    }
}

#[test]
fn options_behind_the_end_of_their_list_are_ignored() {
    let outcome = read(&section(LITTLE, 0, &[(2, b"eth0"), (0, &[]), (9, &[9])], 7_000_000));
    assert_eq!(times(&outcome.events)[0], 7_000_002_000);
}

#[test]
fn packets_of_interfaces_with_their_own_clocks_and_links_are_one_conversation() {
    let mut bytes = LITTLE.section();
    bytes.extend(LITTLE.interface(1, 0, &[(9, &[3])]));
    bytes.extend(LITTLE.interface(101, 0, &[(9, &[9]), (14, &5_i64.to_le_bytes())]));
    let [syn, answer, ack] = handshake();
    bytes.extend(LITTLE.enhanced(0, 1000, &syn.frame()));
    bytes.extend(LITTLE.enhanced(1, 2_000_000_000, &answer.ipv4()));
    bytes.extend(LITTLE.enhanced(0, 8000, &ack.frame()));
    bytes.extend(LITTLE.enhanced(1, 4_000_000_000, &tcp(CLIENT, SERVER, FIN | ACK).ipv4()));
    let outcome = read(&bytes);
    assert_eq!(words(&outcome), ["open 0 @3", "fin 0 @4"]);
    assert_eq!(times(&outcome.events), [8_000_000_000, 9_000_000_000]);
}

#[test]
fn a_new_section_has_its_own_byte_order_and_interfaces() {
    let segments = conversation();
    let mut bytes = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    bytes.extend(frames(&segments[..2]).iter().flat_map(|frame| LITTLE.enhanced(0, 1, frame)));
    bytes.extend(BIG.section());
    bytes.extend(BIG.enhanced(0, 1, &segments[2].frame()));
    bytes.extend(BIG.interface(101, 0, &[]));
    bytes.extend(segments[2..].iter().flat_map(|segment| BIG.enhanced(0, 1, &segment.ipv4())));
    let outcome = read(&bytes);
    assert_eq!(words(&outcome), ["open 0 @4", "fin 0 @5", "rst 0 @6"]);
    assert_eq!(outcome.counts.skipped.get(Skip::UnknownInterface), 1);
}

#[test]
fn simple_packets_use_the_first_interface_and_the_time_before_them() {
    let mut bytes =
        [LITTLE.section(), LITTLE.interface(1, 60, &[]), LITTLE.interface(101, 0, &[])].concat();
    let [syn, answer, ack] = handshake().map(|segment| segment.frame());
    bytes.extend(LITTLE.enhanced(0, 9_000_000, &syn));
    bytes.extend(LITTLE.block(3, &[&54_u32.to_le_bytes()[..], &answer].concat()));
    // 1500 bytes were on the wire, the interface records 60.
    let recorded = [&ack[..], &[0; 6]].concat();
    bytes.extend(LITTLE.block(3, &[&1500_u32.to_le_bytes()[..], &recorded].concat()));
    let outcome = read(&bytes);
    assert_eq!(words(&outcome), ["open 0 @3"]);
    assert_eq!(times(&outcome.events), [9_000_000_000]);
    assert_eq!(outcome.damage, None);
}

#[test]
fn obsolete_packets_are_read() {
    for kind in [LITTLE, BIG] {
        let mut bytes =
            [kind.section(), kind.interface(101, 0, &[]), kind.interface(1, 0, &[])].concat();
        for (at, frame) in frames(&conversation()).iter().enumerate() {
            bytes.extend(kind.obsolete(1, 0xFFFF, 10 + at as u64, frame));
        }
        let outcome = read(&bytes);
        assert_eq!(words(&outcome), CONVERSATION, "{kind:?}");
        assert_eq!(times(&outcome.events), [12_000, 13_000, 14_000], "{kind:?}");
    }
}

#[test]
fn blocks_that_are_not_understood_are_skipped_whatever_their_size() {
    let mut bytes = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    for (frame, length) in frames(&conversation()).iter().zip([0, 1, 5000, 3 << 20, 9]) {
        bytes.extend(LITTLE.block(0x0BAD_CAFE, &vec![6; length]));
        bytes.extend(LITTLE.enhanced(0, 1, frame));
    }
    let outcome = read(&bytes);
    assert_eq!(words(&outcome), CONVERSATION);
    assert_eq!((outcome.damage, outcome.counts.bytes_read), (None, bytes.len() as u64));
}

#[test]
fn options_of_a_packet_are_ignored() {
    let mut bytes = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    for frame in frames(&conversation()) {
        let plain = LITTLE.enhanced(0, 1, &frame);
        let comment = [&[1, 0, 5, 0][..], b"hello\0\0\0", &[0; 4]].concat();
        bytes.extend(LITTLE.block(6, &[&plain[8..plain.len() - 4], &comment].concat()));
    }
    assert_eq!(words(&read(&bytes)), CONVERSATION);
}

#[test]
fn packets_of_an_unsupported_interface_are_skipped_and_counted() {
    let mut bytes =
        [LITTLE.section(), LITTLE.interface(1, 0, &[]), LITTLE.interface(147, 0, &[])].concat();
    for frame in frames(&conversation()) {
        bytes.extend(LITTLE.enhanced(1, 1, &frame));
        bytes.extend(LITTLE.enhanced(0, 1, &frame));
    }
    let mut reader = open(&bytes, Options::default()).unwrap();
    let outcome = drain(&mut reader);
    assert_eq!(reader.skipped_link_types().iter().collect::<Vec<_>>(), [(&147, &5)]);
    assert_eq!(words(&outcome), ["open 0 @6", "fin 0 @8", "rst 0 @10"]);
    let skipped: Vec<_> =
        outcome.counts.skipped.iter().map(|(reason, count)| (reason.name(), count)).collect();
    assert_eq!(skipped, [("link type", 5)]);
    assert_eq!((outcome.counts.packets, outcome.counts.tcp_packets), (10, 5));
}

#[test]
fn the_first_packet_of_any_kind_sets_the_first_time() {
    let mut reader = open(&pcap(&[b"no frame".to_vec()]), Options::default()).unwrap();
    assert_eq!(reader.first_time_ns(), None);
    let outcome = drain(&mut reader);
    assert_eq!((outcome.counts.packets, outcome.counts.tcp_packets), (1, 0));
    assert!(reader.first_time_ns().is_some());
}
