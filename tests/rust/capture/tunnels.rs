//! Tunnels and link types: real captures put into each of them, and random nests of headers against a slow reader.

use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use wsksim::capture::{CaptureReader, Choice, Filter, Input, Local, Options, Skip, Tunnels};
use wsksim::source::Event;

use crate::build::{
    ACK, CONVERSATION, LITTLE, Outcome, conversation, drain, ethernet, open, pcap, pcap_with_link,
    read_with, tcp, words,
};
use crate::slow;
use crate::wrap::{LINKS, TUNNELS, Wrap};

/// Time and IP packet of each record of a real capture.
fn packets(name: &str) -> Vec<(u32, u32, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/captures");
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut packets = Vec::new();
    if word(0) == 0x0A0D_0D0A {
        let mut at = 0;
        while at < bytes.len() {
            if word(at) == 6 {
                let packet = &bytes[at + 28..at + 28 + word(at + 20) as usize];
                packets.push((word(at + 12), word(at + 16), packet[14..].to_vec()));
            }
            at += word(at + 4) as usize;
        }
        return packets;
    }
    let link_header = if word(20) == 276 { 20 } else { 14 };
    let mut at = 24;
    while at < bytes.len() {
        let end = at + 16 + word(at + 8) as usize;
        packets.push((word(at), word(at + 4), bytes[at + 16 + link_header..end].to_vec()));
        at = end;
    }
    packets
}

/// What is read of these packets when each is put into tunnels, the first of them innermost, and then into a frame.
fn read_wrapped(
    packets: &[(u32, u32, Vec<u8>)],
    tunnels: &[Wrap],
    (link, (_, frame)): (u16, Wrap),
) -> Outcome {
    let mut bytes = LITTLE.pcap_header(u32::from(link));
    for (seconds, fraction, packet) in packets {
        let packet = tunnels.iter().fold(packet.clone(), |inner, (_, wrap)| wrap(&inner));
        bytes.extend(LITTLE.pcap_record(*seconds, *fraction, &frame(&packet)));
    }
    read_with(&bytes, Local::Both, false)
}

const ETHERNET: (u16, Wrap) = LINKS[3];

/// An IPv4 packet of a protocol.
fn of_protocol(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 9, 9, 9, 1, 9, 9, 9, 2];
    packet.extend(payload);
    packet
}

#[test]
fn tunnels_that_are_not_opened_are_named() {
    let udp = |from: u16, to: u16, payload: &[u8]| {
        let header = [from.to_be_bytes(), to.to_be_bytes(), [0, 0], [0, 0]].concat();
        of_protocol(17, &[&header, payload].concat())
    };
    for (name, packet) in [
        ("ERSPAN", of_protocol(47, &[0x10, 0, 0x88, 0xBE, 0, 0, 0, 1, 0x10, 0])),
        ("ERSPAN", of_protocol(47, &[0x10, 0, 0x22, 0xEB, 0, 0, 0, 1, 0x20, 0])),
        ("EtherIP", of_protocol(97, &[0x30, 0])),
        ("L2TP", of_protocol(115, &[0, 0, 0, 1])),
        ("L2TP", udp(1701, 1701, &[0x40, 2, 0, 20, 0, 1, 0, 1])),
        ("VXLAN-GPE", udp(5000, 4790, &[0x0C, 0, 0, 3, 0, 0, 1, 0])),
        ("Teredo", udp(5000, 3544, &[0x60, 0, 0, 0])),
        ("Teredo", udp(3544, 5000, &[0, 1, 0, 0])),
        ("MPLS over UDP", udp(5000, 6635, &[0, 1, 1, 64])),
    ] {
        let mut reader = open(&pcap_with_link(101, &[packet]), Options::default()).unwrap();
        let outcome = drain(&mut reader);
        let skipped: Vec<_> = outcome.counts.skipped.iter().collect();
        let reason = if name == "ERSPAN" { Skip::NotIp } else { Skip::NotTcp };
        assert_eq!(skipped, [(reason, 1)], "{name}");
        let named: Vec<_> = reader.unopened_tunnels().iter().collect();
        assert_eq!(named, [(&name, &1)]);
    }
    // Control messages of L2TP, other bytes on these ports, and other protocols.
    for packet in [
        udp(1701, 1701, &[0xC8, 2, 0, 20]),
        udp(5000, 3544, b"hello"),
        udp(5000, 4790, &[0x08, 0, 0, 0]),
        udp(5000, 53, &[0x60, 0]),
        of_protocol(1, &[8, 0]),
        of_protocol(47, &[0, 0, 0x88, 0xB7]),
        of_protocol(17, &[1]),
    ] {
        let mut reader = open(&pcap_with_link(101, &[packet]), Options::default()).unwrap();
        drain(&mut reader);
        assert!(reader.unopened_tunnels().is_empty());
    }
}

#[test]
fn a_filter_leaves_out_what_is_in_a_tunnel_too() {
    let vxlan = TUNNELS.iter().find(|(name, _)| *name == "VXLAN").unwrap().1;
    let frames: Vec<_> = conversation().iter().map(|segment| vxlan(&segment.ipv4())).collect();
    for (part, tunnelled) in [("port=80", 5), ("port=81", 0)] {
        let path = std::env::temp_dir().join(format!("wsksim-vxlan-{}", std::process::id()));
        std::fs::write(&path, pcap_with_link(101, &frames)).unwrap();
        let filter = Filter::read([part]).unwrap();
        let choice = Choice { filter, ..Choice::default() };
        let inputs = [Input::Path(path.clone())];
        let mut reader = CaptureReader::open_all(&inputs, Options::default(), choice).unwrap();
        let counts = drain(&mut reader).counts;
        std::fs::remove_file(&path).unwrap();
        assert_eq!((counts.tcp_packets, counts.tunnelled), (tunnelled, tunnelled), "{part}");
        assert_eq!(counts.skipped.get(Skip::Filter), 5 - tunnelled);
    }
}

fn same_edges_in_every_tunnel(name: &str, every_pair: bool) {
    let packets = packets(name);
    let bare = read_wrapped(&packets, &[], ETHERNET);
    assert!(bare.counts.edges > 50, "{name} has edges");
    let check = |tunnels: &[Wrap], link| {
        let outcome = read_wrapped(&packets, tunnels, link);
        let names = || tunnels.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert!(outcome.events == bare.events, "{name} in {:?} and {}", names(), link.1.0);
        let inside = if tunnels.is_empty() { 0 } else { bare.counts.tcp_packets };
        assert_eq!(outcome.counts.tunnelled, inside, "{name} in {:?}", names());
    };
    for (at, tunnel) in TUNNELS.iter().enumerate() {
        check(&[*tunnel], ETHERNET);
        for (beside, other) in TUNNELS.iter().enumerate() {
            if every_pair || beside == (at + 1) % TUNNELS.len() {
                check(&[*tunnel, *other], ETHERNET);
            }
        }
    }
    for link in LINKS {
        check(&[], link);
    }
}

#[test]
fn mixed_v4_in_every_tunnel_and_every_two_has_its_edges() {
    same_edges_in_every_tunnel("mixed_v4.pcap", true);
}

#[test]
fn mixed_v6_in_every_tunnel_and_every_two_has_its_edges() {
    same_edges_in_every_tunnel("mixed_v6.pcap", true);
}

#[test]
fn the_other_captures_in_every_tunnel_have_their_edges() {
    for name in [
        "mixed_v4.pcapng",
        "mixed_v4_snap58.pcap",
        "mixed_v6_nsec.pcap",
        "web_close.pcap",
        "web_keepalive.pcap",
    ] {
        same_edges_in_every_tunnel(name, false);
    }
}

#[test]
fn tunnels_are_opened_up_to_a_depth() {
    for (depth, read) in [(1, true), (8, true), (9, false), (300, false)] {
        for (name, wrap) in TUNNELS {
            if depth == 300 && name.contains("VXLAN") {
                continue; // Longer than a datagram can say.
            }
            let frames: Vec<_> = conversation()
                .iter()
                .map(|segment| {
                    let packet = (0..depth).fold(segment.ipv4(), |inner, _| wrap(&inner));
                    ethernet(if packet[0] >> 4 == 4 { 0x0800 } else { 0x86DD }, &packet)
                })
                .collect();
            let outcome = read_with(&pcap(&frames), Local::Server, false);
            let wanted: &[_] = if read { &CONVERSATION } else { &[] };
            assert_eq!(words(&outcome), wanted, "{depth} times {name}");
            let too_deep = outcome.counts.skipped.get(Skip::TooDeep);
            assert_eq!(too_deep, if read { 0 } else { 5 }, "{depth} times {name}");
        }
    }
}

#[test]
fn closed_tunnels_are_counted_with_what_they_hold() {
    for (name, wrap) in TUNNELS {
        let frames: Vec<_> = conversation().iter().map(|segment| wrap(&segment.ipv4())).collect();
        let options = Options { tunnels: Tunnels::Off, ..Options::default() };
        let mut reader = open(&pcap_with_link(101, &frames), options).unwrap();
        let outcome = drain(&mut reader);
        assert_eq!(outcome.events, [], "{name}");
        assert_eq!(outcome.counts.skipped.get(Skip::Tunnel), 5, "{name}");
        assert_eq!(reader.missed_tunnels(), (1, 2), "{name}");
    }
}

#[test]
fn what_only_looks_like_a_tunnel_is_none() {
    let datagram = |port: u16, payload: &[u8]| {
        let udp = [&[0xC3, 0x50][..], &port.to_be_bytes(), &[0, 0, 0, 0], payload].concat();
        crate::build::ipv4(1, 2, 17, 0, &udp)
    };
    let frame = tcp((1, 1), (2, 2), ACK).frame();
    let inner = tcp((1, 1), (2, 2), ACK).ipv4();
    for packet in [
        datagram(53, &[&[8, 0, 0, 0, 0, 0, 1, 0], &frame[..]].concat()),
        datagram(4789, &[&[0, 0, 0, 0, 0, 0, 1, 0], &frame[..]].concat()),
        datagram(6081, &[&[0x80, 0, 0x65, 0x58, 0, 0, 1, 0], &frame[..]].concat()),
        datagram(2152, &[&[0x50, 0xFF, 0, 40, 0, 0, 0, 5], &inner[..]].concat()),
        datagram(2152, &[&[0x30, 1, 0, 40, 0, 0, 0, 5], &inner[..]].concat()),
    ] {
        let outcome = read_with(&pcap_with_link(101, &[packet]), Local::Server, true);
        assert_eq!((outcome.counts.tcp_packets, outcome.counts.skipped.get(Skip::NotTcp)), (0, 1));
    }
}

/// What a byte of a frame is set to, and under which reason the frame is then skipped.
type Lie = (usize, u8, &'static str);

#[test]
fn lengths_that_lie_at_every_layer_are_told() {
    let packet = tcp((1, 40_000), (2, 80), ACK).ipv4();
    let link = |name: &str| LINKS.into_iter().find(|(_, (known, _))| *known == name).unwrap();
    let tunnel = |name: &str| TUNNELS.into_iter().find(|(known, _)| *known == name).unwrap().1;
    let lies: [(&str, &str, &[Lie]); 6] = [
        // The length of an IP packet and of a datagram are ignored; those of headers are not.
        (
            "raw",
            "IP in IPv4",
            &[
                (2, 0xFF, ""),
                (3, 0, ""),
                (0, 0x44, "malformed"),
                (0, 0x4F, "cut short"),
                (20, 0x4F, "cut short"),
                (20, 0x41, "malformed"),
                (52, 0x40, "malformed"),
            ],
        ),
        ("raw", "VXLAN", &[(24, 0xFF, ""), (25, 0, "")]),
        (
            "raw",
            "Geneve of IP with options",
            &[(28, 0x3F, "cut short"), (28, 0x00, "malformed"), (28, 0x42, "not TCP")],
        ),
        (
            "raw",
            "GTP-U with extension headers",
            &[(30, 0xFF, ""), (40, 0, "malformed"), (40, 0xFF, "cut short"), (44, 0, "malformed")],
        ),
        ("raw", "PPTP", &[(24, 0xFF, ""), (21, 0x81, "not IP")]),
        (
            "radiotap",
            "GRE",
            &[
                (2, 7, "malformed"),
                (2, 0xFF, "cut short"),
                (3, 0xFF, "cut short"),
                (2, 9, "malformed"),
            ],
        ),
    ];
    let mut wrong = Vec::new();
    for (frame, around, lies) in lies {
        let (link, (_, wrap)) = link(frame);
        let frame = wrap(&tunnel(around)(&packet));
        assert!(found(link, &frame).is_ok(), "{around}");
        for &(at, byte, reason) in lies {
            let mut frame = frame.clone();
            frame[at] = byte;
            let told = found(link, &frame).err().unwrap_or_default();
            assert_eq!(slow::frame(link, &frame).err().unwrap_or_default(), told, "{around}");
            if told != reason {
                wrong.push((around, at, byte, told));
            }
        }
    }
    assert_eq!(wrong, []);
}

/// What the product finds in one frame, in the words of the slow reader.
fn found(link: u16, frame: &[u8]) -> Result<[(IpAddr, u16); 2], String> {
    let bytes = pcap_with_link(u32::from(link), &[frame.to_vec()]);
    let outcome = read_with(&bytes, Local::Server, true);
    match outcome.events[..] {
        [Event::Open { local, remote, .. }, ..] => {
            let mut ends = [(local.address, local.port), (remote.address, remote.port)];
            ends.sort_unstable();
            Ok(ends)
        }
        _ => {
            let reason = outcome.counts.skipped.iter().next().map(|(reason, _)| reason.name());
            Err(reason.unwrap_or("a SYN").to_owned())
        }
    }
}

/// A segment in up to three tunnels and a frame, some of whose bytes are changed, and that may be cut.
fn nested() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let tunnels = prop::collection::vec(0..TUNNELS.len(), 0..4);
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    let cut = prop::option::weighted(0.3, any::<prop::sample::Index>());
    (any::<bool>(), tunnels, 0..LINKS.len(), changes, cut).prop_map(
        |(new, tunnels, link, changes, cut)| {
            let segment = tcp((1, 40_000), (2, 80), ACK);
            let packet = if new { segment.ipv6() } else { segment.ipv4() };
            let packet = tunnels.iter().fold(packet, |inner, &tunnel| (TUNNELS[tunnel].1)(&inner));
            let (link, (_, wrap)) = LINKS[link];
            let mut frame = wrap(&packet);
            for (index, byte) in changes {
                let at = index.index(frame.len());
                frame[at] = byte;
            }
            if let Some(cut) = cut {
                frame.truncate(cut.index(frame.len() + 1));
            }
            (link, frame)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn every_frame_says_what_the_slow_reader_says((link, frame) in nested()) {
        let wanted = match slow::frame(link, &frame) {
            // A SYN opens nothing by itself, so nothing can be seen of its ends.
            Ok((_, _, flags)) if flags & 0x12 == 0x02 && flags & 4 == 0 => Err("a SYN".to_owned()),
            Ok((from, to, _)) => {
                let mut ends = [from, to];
                ends.sort_unstable();
                Ok(ends)
            }
            Err(reason) => Err(reason.to_owned()),
        };
        prop_assert_eq!(found(link, &frame), wanted, "link type {}: {:02X?}", link, frame);
    }
}

/// One pcapng of a segment in every tunnel, two tunnels, and every link type; and its interfaces' link types.
fn zoo() -> (Vec<u8>, Vec<(u16, Vec<u8>)>) {
    let mut frames = Vec::new();
    for (number, (link, (_, wrap))) in LINKS.iter().enumerate() {
        for version in [4, 6] {
            let segment = tcp((1, 40_000 + number as u16), (2, 80), ACK);
            let packet = if version == 4 { segment.ipv4() } else { segment.ipv6() };
            frames.push((*link, wrap(&packet)));
            for (_, tunnel) in TUNNELS {
                frames.push((*link, wrap(&tunnel(&packet))));
                frames.push((*link, wrap(&TUNNELS[number % TUNNELS.len()].1(&tunnel(&packet)))));
            }
        }
    }
    let mut links: Vec<_> = frames.iter().map(|(link, _)| *link).collect();
    links.dedup();
    let mut bytes = LITTLE.section();
    for link in &links {
        bytes.extend(LITTLE.interface(*link, 0, &[]));
    }
    for (link, frame) in &frames {
        let interface = links.iter().position(|known| known == link).unwrap();
        bytes.extend(LITTLE.enhanced(interface as u32, 1, frame));
    }
    (bytes, frames)
}

#[test]
fn a_viewer_finds_the_same_innermost_ports() {
    let (bytes, frames) = zoo();
    for (link, frame) in &frames {
        assert!(slow::frame(*link, frame).is_ok(), "link type {link}: {frame:02X?}");
    }
    let outcome = read_with(&bytes, Local::Both, true);
    assert_eq!(outcome.counts.tcp_packets, frames.len() as u64);
    let path = std::env::temp_dir().join(format!("wsksim-zoo-{}.pcapng", std::process::id()));
    std::fs::write(&path, &bytes).unwrap();
    let viewer = Command::new("tshark")
        .args(["-r", path.to_str().unwrap(), "-d", "udp.port==8472,vxlan", "-T", "fields"])
        .args([
            "-E",
            "occurrence=l",
            "-e",
            "frame.number",
            "-e",
            "tcp.srcport",
            "-e",
            "tcp.dstport",
        ])
        .output();
    let read = CaptureReader::open(&path, Options::default()).is_ok();
    std::fs::remove_file(&path).unwrap();
    assert!(read);
    let Ok(viewer) = viewer else {
        eprintln!("SKIPPED: tshark is not installed");
        return;
    };
    let text = String::from_utf8(viewer.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), frames.len());
    for (line, (link, frame)) in lines.iter().zip(&frames) {
        let ((_, from), (_, to), _) = slow::frame(*link, frame).unwrap();
        assert!(
            line.ends_with(&format!("\t{from}\t{to}")),
            "{line}, link type {link}: {frame:02X?}"
        );
    }
}
