//! Every link type, VLAN tags, IPv6 extension headers, fragments, and packets cut by the recorder.

use wsksim::capture::Skip;

use crate::build::{
    ACK, CLIENT, CONVERSATION, Outcome, SERVER, Tcp, conversation, ethernet, ipv4, ipv6, pcap,
    pcap_with_link, read, tcp, words,
};

/// A conversation whose segments are wrapped one by one.
fn wrapped(link: u32, wrap: impl Fn(&Tcp) -> Vec<u8>) -> Outcome {
    read(&pcap_with_link(link, &conversation().iter().map(wrap).collect::<Vec<_>>()))
}

/// Why the only packet of a capture was skipped.
fn reason(frame: &[u8]) -> Skip {
    let outcome = read(&pcap(&[frame.to_vec()]));
    let skipped: Vec<_> = outcome.counts.skipped.iter().collect();
    let &[(reason, 1)] = &skipped[..] else { panic!("one packet, skipped once: {skipped:?}") };
    assert_eq!((outcome.counts.packets, outcome.counts.tcp_packets), (1, 0));
    assert_eq!(outcome.damage, None);
    reason
}

#[test]
fn ethernet_is_read_with_any_number_of_tags() {
    for tags in [&[][..], &[0x8100], &[0x88A8, 0x8100], &[0x9100, 0x8100], &[0x8100; 6]] {
        for version in [4, 6] {
            let outcome = wrapped(1, |segment| {
                let (mut kind, mut payload) = match version {
                    4 => (0x0800_u16, segment.ipv4()),
                    _ => (0x86DD, segment.ipv6()),
                };
                for tag in tags.iter().rev() {
                    payload = [&[0x20, 7][..], &kind.to_be_bytes(), &payload].concat();
                    kind = *tag;
                }
                ethernet(kind, &payload)
            });
            assert_eq!(words(&outcome), CONVERSATION, "{tags:X?}, IPv{version}");
        }
    }
}

#[test]
fn linux_cooked_is_read_in_both_versions() {
    let first =
        |kind: u16| [&[0, 0, 3, 4, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0][..], &kind.to_be_bytes()].concat();
    let second = |kind: u16| [&kind.to_be_bytes()[..], &[0; 18]].concat();
    assert_eq!(words(&wrapped(113, |s| [first(0x0800), s.ipv4()].concat())), CONVERSATION);
    assert_eq!(words(&wrapped(113, |s| [first(0x86DD), s.ipv6()].concat())), CONVERSATION);
    assert_eq!(words(&wrapped(276, |s| [second(0x0800), s.ipv4()].concat())), CONVERSATION);
    assert_eq!(words(&wrapped(276, |s| [second(0x86DD), s.ipv6()].concat())), CONVERSATION);
    let tag = [0, 9, 8, 0];
    assert_eq!(
        words(&wrapped(113, |s| [&first(0x8100)[..], &tag, &s.ipv4()].concat())),
        CONVERSATION
    );
}

#[test]
fn raw_ip_is_read_under_each_of_its_numbers() {
    for link in [12, 14, 101] {
        assert_eq!(words(&wrapped(link, |s| s.ipv4())), CONVERSATION, "{link}");
        assert_eq!(words(&wrapped(link, |s| s.ipv6())), CONVERSATION, "{link}");
    }
    assert_eq!(words(&wrapped(228, |s| s.ipv4())), CONVERSATION);
    assert_eq!(words(&wrapped(229, |s| s.ipv6())), CONVERSATION);
    assert_eq!(wrapped(228, |s| s.ipv6()).counts.skipped.get(Skip::Malformed), 5);
}

#[test]
fn loopback_is_read_in_both_byte_orders_and_with_each_family() {
    for link in [0, 108] {
        for family in [2_u32, 24, 28, 30, 10] {
            for word in [family.to_le_bytes(), family.to_be_bytes()] {
                let outcome = wrapped(link, |segment| {
                    let packet = if family == 2 { segment.ipv4() } else { segment.ipv6() };
                    [&word[..], &packet].concat()
                });
                assert_eq!(words(&outcome), CONVERSATION, "link {link}, family {word:?}");
            }
        }
        assert_eq!(
            wrapped(link, |s| [&[7, 0, 0, 0][..], &s.ipv4()].concat())
                .counts
                .skipped
                .get(Skip::NotIp),
            5
        );
    }
}

#[test]
fn ipv6_extension_headers_are_passed() {
    let hop = |next: u8| [&[next, 0][..], &[0; 6]].concat();
    let long = |next: u8| [&[next, 2][..], &[0; 22]].concat();
    let first_fragment = |next: u8| vec![next, 0, 0, 1, 0, 0, 0, 9];
    let auth = |next: u8| [&[next, 4][..], &[0; 22]].concat();
    for (first, headers) in [
        (0, hop(6)),
        (0, [hop(43), long(60), hop(6)].concat()),
        (44, first_fragment(6)),
        (60, [hop(44), first_fragment(51), auth(6)].concat()),
    ] {
        let outcome =
            wrapped(229, |s| ipv6(s.from.0, s.to.0, first, &[&headers[..], &s.header()].concat()));
        assert_eq!(words(&outcome), CONVERSATION, "first header {first}");
    }
    let outcome = wrapped(228, |s| ipv4(s.from.0, s.to.0, 51, 0, &[auth(6), s.header()].concat()));
    assert_eq!(words(&outcome), CONVERSATION);
}

#[test]
fn later_fragments_are_skipped_and_first_ones_read() {
    let header = tcp(CLIENT, SERVER, ACK).header();
    assert_eq!(reason(&ethernet(0x0800, &ipv4(1, 2, 6, 185, &header))), Skip::Fragment);
    assert_eq!(reason(&ethernet(0x0800, &ipv4(1, 2, 6, 0x2001, &header))), Skip::Fragment);
    let later = [&[6, 0, 0, 9, 0, 0, 0, 9][..], &header].concat();
    assert_eq!(reason(&ethernet(0x86DD, &ipv6(1, 2, 44, &later))), Skip::Fragment);
    // The payload of a later fragment is no header, whatever the fragment header calls it.
    assert_eq!(
        reason(&ethernet(0x86DD, &ipv6(1, 2, 44, &[60, 0, 0, 9, 0, 0, 0, 9]))),
        Skip::Fragment
    );
    let outcome = wrapped(228, |s| ipv4(s.from.0, s.to.0, 6, 0x2000, &s.header()));
    assert_eq!(words(&outcome), CONVERSATION);
}

#[test]
fn a_packet_needs_its_tcp_header_up_to_the_flags_and_no_more() {
    for length in 0..=60 {
        let cut = |packet: Vec<u8>| packet[..packet.len().min(length)].to_vec();
        for (link, needed, outcome) in [
            (1, 14 + 20 + 14, wrapped(1, |s| cut(s.frame()))),
            (228, 20 + 14, wrapped(228, |s| cut(s.ipv4()))),
            (229, 40 + 14, wrapped(229, |s| cut(s.ipv6()))),
        ] {
            if length >= needed {
                assert_eq!(words(&outcome), CONVERSATION, "link {link}, {length} bytes");
            } else {
                assert_eq!(
                    outcome.counts.skipped.get(Skip::CutShort),
                    5,
                    "link {link}, {length} bytes"
                );
                assert_eq!(outcome.counts.tcp_packets, 0, "link {link}, {length} bytes");
            }
        }
    }
}

#[test]
fn a_packet_cut_inside_an_extension_header_is_skipped() {
    let headers =
        [&[44, 0, 0, 0, 0, 0, 0, 0][..], &[60, 0, 0, 1, 0, 0, 0, 9], &[6, 0, 0, 0, 0, 0, 0, 0]]
            .concat();
    for length in 0..headers.len() {
        assert_eq!(
            reason(&ethernet(0x86DD, &ipv6(1, 2, 0, &headers[..length]))),
            Skip::CutShort,
            "{length}"
        );
    }
}

#[test]
fn the_total_length_of_an_ipv4_header_does_not_matter() {
    for length in [0_u16, 1, 19, 20, 21, 39, 1500, u16::MAX] {
        let outcome = wrapped(228, |segment| {
            let mut packet = segment.ipv4();
            packet[2..4].copy_from_slice(&length.to_be_bytes());
            packet
        });
        assert_eq!(words(&outcome), CONVERSATION, "total length {length}");
    }
}

#[test]
fn ipv4_options_are_passed() {
    let outcome = wrapped(228, |segment| {
        let mut packet = segment.ipv4();
        packet[0] = 0x47;
        packet.splice(20..20, [1; 8]);
        packet
    });
    assert_eq!(words(&outcome), CONVERSATION);
}

#[test]
fn what_is_no_tcp_is_counted_by_reason() {
    let header = tcp(CLIENT, SERVER, ACK).header();
    assert_eq!(reason(&ethernet(0x0806, &[0; 28])), Skip::NotIp);
    assert_eq!(reason(&ethernet(0x0026, &[0; 38])), Skip::NotIp);
    assert_eq!(reason(&ethernet(0x0800, &ipv4(1, 2, 17, 0, &header))), Skip::NotTcp);
    assert_eq!(reason(&ethernet(0x86DD, &ipv6(1, 2, 58, &header))), Skip::NotTcp);
    assert_eq!(reason(&ethernet(0x86DD, &ipv6(1, 2, 59, &[]))), Skip::NotTcp);
    assert_eq!(reason(&ethernet(0x0800, &ipv6(1, 2, 6, &header))), Skip::Malformed);
    let mut packet = ipv4(1, 2, 6, 0, &header);
    packet[0] = 0x44;
    assert_eq!(reason(&ethernet(0x0800, &packet)), Skip::Malformed);
    let mut short = header;
    short[12] = 0x40;
    assert_eq!(reason(&ethernet(0x0800, &ipv4(1, 2, 6, 0, &short))), Skip::Malformed);
    assert_eq!(reason(&[]), Skip::CutShort);
}
