//! Files that are cut or lie about lengths: what stands before is delivered, the place is named, nothing hangs.

use std::io::{self, Read};
use std::path::Path;

use wsksim::capture::{CaptureError, CaptureReader, Options};

use crate::build::{
    CONVERSATION, ETHERNET, LITTLE, Outcome, conversation, drain, frames, handshake, open, read,
    words,
};

/// A file as its pieces: a header, then records or blocks, and how many bytes of them the reader needs to open it.
struct Pieces {
    pieces: Vec<Vec<u8>>,
    /// Which pieces hold a packet.
    packets: Vec<bool>,
}

fn pcap_pieces() -> Pieces {
    let mut pieces = vec![LITTLE.pcap_header(ETHERNET)];
    pieces.extend(frames(&conversation()).iter().map(|frame| LITTLE.pcap_record(1, 0, frame)));
    let packets = (0..pieces.len()).map(|at| at > 0).collect();
    Pieces { pieces, packets }
}

fn pcapng_pieces() -> Pieces {
    let [a, b, c, d, e] = &frames(&conversation())[..] else { panic!("five packets") };
    let pieces = vec![
        LITTLE.section(),
        LITTLE.interface(1, 0, &[(2, b"eth0"), (9, &[9])]),
        LITTLE.enhanced(0, 1, a),
        LITTLE.block(0x0BAD_CAFE, &[7; 41]),
        LITTLE.obsolete(0, 0, 2, b),
        LITTLE.block(3, &[&54_u32.to_le_bytes()[..], c].concat()),
        LITTLE.enhanced(0, 4, d),
        LITTLE.section(),
        LITTLE.interface(1, 0, &[]),
        LITTLE.enhanced(0, 5, e),
    ];
    let packets = [false, false, true, false, true, true, true, false, false, true].to_vec();
    Pieces { pieces, packets }
}

fn check_every_cut(Pieces { pieces, packets }: &Pieces) {
    let bytes = pieces.concat();
    let whole = read(&bytes);
    assert_eq!((words(&whole), &whole.damage), (CONVERSATION.map(str::to_owned).to_vec(), &None));
    for cut in 0..bytes.len() {
        let Ok(mut reader) = open(&bytes[..cut], Options::default()) else {
            assert!(cut < pieces[0].len(), "cut at {cut}: the header is whole");
            continue;
        };
        assert!(cut >= pieces[0].len(), "cut at {cut}: the header is not whole");
        let outcome = drain(&mut reader);
        let (mut offset, mut before) = (0, 0);
        for (piece, packet) in pieces.iter().zip(packets) {
            if offset + piece.len() > cut {
                break;
            }
            offset += piece.len();
            before += u64::from(*packet);
        }
        let damage = outcome.damage.as_ref().map(|damage| damage.offset);
        assert_eq!(damage, (offset < cut).then_some(offset as u64), "cut at {cut}");
        assert_eq!(
            (outcome.counts.packets, outcome.counts.bytes_total),
            (before, cut as u64),
            "cut at {cut}"
        );
        assert_eq!(outcome.events, whole.events[..outcome.events.len()], "cut at {cut}");
    }
}

#[test]
fn pcap_cut_at_each_offset_names_the_record() {
    check_every_cut(&pcap_pieces());
}

#[test]
fn pcapng_cut_at_each_offset_names_the_block() {
    check_every_cut(&pcapng_pieces());
}

/// The offset and the text of the damage.
fn damage(outcome: &Outcome) -> (u64, &str) {
    let damage = outcome.damage.as_ref().expect("the file is damaged");
    (damage.offset, &damage.text)
}

#[test]
fn a_pcap_record_that_lies_about_its_length_is_damage() {
    let start =
        [LITTLE.pcap_header(ETHERNET), LITTLE.pcap_record(1, 0, &handshake()[0].frame())].concat();
    for (stated, text) in [
        (u32::MAX, "states 4,294,967,295 bytes of packet, more than the limit of 262,144"),
        (u32::MAX - 15, "more than the limit"),
        (0x8000_0000, "more than the limit"),
        (262_145, "more than the limit"),
        (262_144, "states 262,144 bytes of packet, the file ends after 40 of them"),
        (41, "states 41 bytes of packet, the file ends after 40 of them"),
    ] {
        let mut bytes = start.clone();
        for word in [2, 0, stated, 60] {
            bytes.extend(LITTLE.u32(word));
        }
        bytes.extend([0; 40]);
        let outcome = read(&bytes);
        let (offset, found) = damage(&outcome);
        assert_eq!(offset, start.len() as u64);
        assert!(found.contains(text), "{found}");
        assert_eq!((outcome.counts.packets, outcome.counts.bytes_read), (1, offset));
    }
}

#[test]
fn the_longest_packet_is_read_and_so_is_an_empty_one() {
    let mut frame = handshake()[0].frame();
    frame.resize(262_144, 0);
    let mut bytes = LITTLE.pcap_header(ETHERNET);
    for _ in 0..9 {
        bytes.extend(LITTLE.pcap_record(1, 0, &frame));
        bytes.extend(LITTLE.pcap_record(1, 0, &[]));
    }
    let outcome = read(&bytes);
    assert_eq!((outcome.counts.packets, outcome.counts.tcp_packets, outcome.damage), (18, 9, None));
}

#[test]
fn a_pcapng_block_that_lies_about_its_length_is_damage() {
    let start = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    for kind in [1, 2, 3, 6, 0x0A0D_0D0A, 5, 0x0BAD_CAFE] {
        for stated in [
            0,
            4,
            8,
            11,
            13,
            61,
            (1 << 20) + 4,
            (16 << 20) + 4,
            0x7FFF_FFFC,
            u32::MAX - 3,
            u32::MAX,
        ] {
            let mut bytes = [&start[..], &LITTLE.u32(kind), &LITTLE.u32(stated)].concat();
            bytes.extend(LITTLE.u32(0x1A2B_3C4D));
            bytes.extend([0; 52]);
            let outcome = read(&bytes);
            let (offset, text) = damage(&outcome);
            assert_eq!(offset, start.len() as u64, "type {kind}, {stated} bytes: {text}");
            assert!(text.contains("block"), "{text}");
        }
    }
}

#[test]
fn a_block_whose_two_lengths_differ_is_damage() {
    for kind in [1, 2, 3, 6, 0x0A0D_0D0A, 0x0BAD_CAFE] {
        let start = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
        let mut block =
            LITTLE.block(kind, &[LITTLE.u32(0x1A2B_3C4D), [0; 4], [0; 4], [0; 4]].concat());
        *block.last_mut().unwrap() = 9;
        let outcome = read(&[start.clone(), block].concat());
        assert_eq!(damage(&outcome).0, start.len() as u64, "type {kind}");
    }
}

#[test]
fn a_packet_that_does_not_fit_in_its_block_is_damage() {
    let start = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    let frame = handshake()[0].frame();
    for stated in [57_u32, 1 << 20, u32::MAX - 3, u32::MAX] {
        let mut block = LITTLE.enhanced(0, 1, &frame);
        block[20..24].copy_from_slice(&stated.to_le_bytes());
        let outcome = read(&[start.clone(), block].concat());
        assert_eq!(damage(&outcome).0, start.len() as u64, "{stated} bytes");
        let simple = LITTLE.block(3, &[&stated.to_le_bytes()[..], &frame].concat());
        let outcome = read(&[start.clone(), simple].concat());
        assert_eq!(damage(&outcome).0, start.len() as u64, "{stated} bytes");
    }
}

#[test]
fn blocks_too_short_for_their_fields_are_damage() {
    let start = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    for (kind, needed) in [(1, 8), (2, 20), (3, 4), (6, 20)] {
        for length in (0..needed).step_by(4) {
            let bytes = [start.clone(), LITTLE.block(kind, &vec![0; length])].concat();
            let outcome = read(&bytes);
            assert_eq!(damage(&outcome).0, start.len() as u64, "type {kind}, {length} bytes");
        }
    }
}

#[test]
fn a_later_section_that_cannot_be_read_is_damage() {
    let start = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    let mut version = LITTLE.section();
    version[12] = 2;
    let mut order = LITTLE.section();
    order[8] = 0;
    for section in [version, order] {
        let outcome = read(&[start.clone(), section].concat());
        assert_eq!(damage(&outcome).0, start.len() as u64);
    }
}

#[test]
fn a_section_with_too_many_interfaces_is_damage() {
    let interface = LITTLE.interface(1, 0, &[]);
    let bytes = [LITTLE.section(), interface.repeat(65_537)].concat();
    let outcome = read(&bytes);
    assert_eq!(damage(&outcome).0, (bytes.len() - interface.len()) as u64);
}

/// Hands out a capture a few bytes at a time, then fails.
struct Failing {
    bytes: Vec<u8>,
    at: usize,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Err(io::Error::other("the disk is gone"));
        }
        let count = rest.len().min(7).min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

#[test]
fn a_failing_disk_is_an_error_and_the_events_before_it_are_kept() {
    for Pieces { pieces, .. } in [pcap_pieces(), pcapng_pieces()] {
        let reader = Box::new(Failing { bytes: pieces.concat(), at: 0 });
        let mut reader =
            CaptureReader::from_reader(Path::new("disk"), reader, 0, Options::default()).unwrap();
        let mut events = Vec::new();
        for _ in 0..2 {
            let error = reader.read(1000, &mut events).unwrap_err();
            assert!(matches!(error, CaptureError::Read { .. }), "{error}");
        }
        assert_eq!((events.len(), reader.done(), reader.counts().packets), (3, false, 5));
    }
}

#[test]
fn a_block_length_that_is_no_multiple_of_four_is_damage() {
    let start = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    let length = LITTLE.u32(17);
    let block = [&LITTLE.u32(0x0BAD_CAFE), &length, &[0; 5][..], &length].concat();
    let outcome = read(&[start.clone(), block].concat());
    assert_eq!(damage(&outcome).0, start.len() as u64);
}

#[test]
fn the_limit_of_a_packet_holds_in_pcapng_too() {
    let start = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    let mut frame = handshake()[0].frame();
    frame.resize(262_144, 0);
    let longest = LITTLE.enhanced(0, 1, &frame);
    frame.push(0);
    let outcome = read(&[start.clone(), longest.clone(), LITTLE.enhanced(0, 1, &frame)].concat());
    assert_eq!(damage(&outcome).0, (start.len() + longest.len()) as u64);
    assert_eq!(outcome.counts.tcp_packets, 1);
}
