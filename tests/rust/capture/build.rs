//! Builds captures byte by byte, and reads them to their end.

use std::io::{Cursor, Write as _};
use std::path::Path;

use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use wsksim::capture::{CaptureError, CaptureReader, Counts, Damage, Local, Options};
use wsksim::source::Event;

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const ACK: u8 = 0x10;

pub(crate) const ETHERNET: u32 = 1;

/// Everything a capture gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) counts: Counts,
    pub(crate) damage: Option<Damage>,
}

/// Reads to the end.
pub(crate) fn drain(reader: &mut CaptureReader) -> Outcome {
    let mut events = Vec::new();
    while !reader.done() {
        reader.read(1000, &mut events).unwrap();
    }
    Outcome { events, counts: reader.counts(), damage: reader.damage().cloned() }
}

/// Opens a capture that is in memory.
pub(crate) fn open(bytes: &[u8], options: Options) -> Result<CaptureReader, CaptureError> {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    CaptureReader::from_reader(Path::new("built"), reader, bytes.len() as u64, options)
}

/// Reads a whole capture that is in memory, with the server's viewpoint.
pub(crate) fn read(bytes: &[u8]) -> Outcome {
    drain(&mut open(bytes, Options::default()).unwrap())
}

/// Reads a whole capture that is in memory, with any viewpoint.
pub(crate) fn read_with(bytes: &[u8], local: Local, midstream: bool) -> Outcome {
    drain(&mut open(bytes, Options { local, midstream, ..Options::default() }).unwrap())
}

/// The byte order and the clock of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) big_endian: bool,
    pub(crate) nanoseconds: bool,
}

pub(crate) const LITTLE: Kind = Kind { big_endian: false, nanoseconds: false };

impl Kind {
    pub(crate) fn u16(self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    pub(crate) fn u32(self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    pub(crate) fn pcap_header(self, link: u32) -> Vec<u8> {
        let magic = if self.nanoseconds { 0xA1B2_3C4D } else { 0xA1B2_C3D4 };
        let mut bytes = self.u32(magic).to_vec();
        bytes.extend(self.u16(2));
        bytes.extend(self.u16(4));
        for word in [0, 0, 65_535, link] {
            bytes.extend(self.u32(word));
        }
        bytes
    }

    pub(crate) fn pcap_record(self, seconds: u32, fraction: u32, packet: &[u8]) -> Vec<u8> {
        let length = packet.len() as u32;
        let words = [seconds, fraction, length, length].map(|word| self.u32(word));
        [&words.concat(), packet].concat()
    }

    pub(crate) fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = body.len().next_multiple_of(4) - body.len();
        let length = (12 + body.len() + padding) as u32;
        let frame = self.u32(length);
        [&self.u32(kind), &frame, body, &vec![0; padding], &frame].concat()
    }

    pub(crate) fn section(self) -> Vec<u8> {
        let body = [&self.u32(0x1A2B_3C4D)[..], &self.u16(1), &self.u16(0), &[0xFF; 8]].concat();
        self.block(0x0A0D_0D0A, &body)
    }

    /// An interface description; `options` are (code, value).
    pub(crate) fn interface(
        self,
        link: u16,
        snap_length: u32,
        options: &[(u16, &[u8])],
    ) -> Vec<u8> {
        let mut body = [&self.u16(link)[..], &[0, 0], &self.u32(snap_length)].concat();
        for (code, value) in options {
            body.extend(self.u16(*code));
            body.extend(self.u16(value.len() as u16));
            body.extend_from_slice(value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        if !options.is_empty() {
            body.extend([0; 4]);
        }
        self.block(1, &body)
    }

    pub(crate) fn enhanced(self, interface: u32, ticks: u64, packet: &[u8]) -> Vec<u8> {
        self.packet_block(6, self.u32(interface), ticks, packet)
    }

    pub(crate) fn obsolete(self, interface: u16, drops: u16, ticks: u64, packet: &[u8]) -> Vec<u8> {
        let [a, b] = self.u16(interface);
        let [c, d] = self.u16(drops);
        self.packet_block(2, [a, b, c, d], ticks, packet)
    }

    fn packet_block(self, kind: u32, first: [u8; 4], ticks: u64, packet: &[u8]) -> Vec<u8> {
        let length = packet.len() as u32;
        let words = [(ticks >> 32) as u32, ticks as u32, length, length].map(|word| self.u32(word));
        self.block(kind, &[&first, &words.concat()[..], packet].concat())
    }
}

/// A little-endian pcap of Ethernet frames, one record a second.
pub(crate) fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    pcap_with_link(ETHERNET, frames)
}

pub(crate) fn pcap_with_link(link: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = LITTLE.pcap_header(link);
    for (at, frame) in frames.iter().enumerate() {
        bytes.extend(LITTLE.pcap_record(at as u32 + 1, 0, frame));
    }
    bytes
}

/// One TCP segment, without payload; `sequence` counts as in a real header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tcp {
    pub(crate) from: (u8, u16),
    pub(crate) to: (u8, u16),
    pub(crate) flags: u8,
    pub(crate) sequence: u32,
    pub(crate) acknowledgment: u32,
}

pub(crate) const CLIENT: (u8, u16) = (1, 40_000);
pub(crate) const SERVER: (u8, u16) = (2, 80);

/// A segment between two hosts 10.0.0.x (or fd00::x) with the usual numbers.
pub(crate) fn tcp(from: (u8, u16), to: (u8, u16), flags: u8) -> Tcp {
    Tcp { from, to, flags, sequence: 1000, acknowledgment: 2000 }
}

impl Tcp {
    pub(crate) fn sequence(self, sequence: u32) -> Self {
        Self { sequence, ..self }
    }

    pub(crate) fn acknowledging(self, acknowledgment: u32) -> Self {
        Self { acknowledgment, ..self }
    }

    pub(crate) fn header(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.from.1.to_be_bytes());
        bytes.extend(self.to.1.to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.acknowledgment.to_be_bytes());
        bytes.extend([0x50, self.flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        bytes
    }

    pub(crate) fn ipv4(self) -> Vec<u8> {
        ipv4(self.from.0, self.to.0, 6, 0, &self.header())
    }

    pub(crate) fn ipv6(self) -> Vec<u8> {
        ipv6(self.from.0, self.to.0, 6, &self.header())
    }

    pub(crate) fn frame(self) -> Vec<u8> {
        ethernet(0x0800, &self.ipv4())
    }
}

/// `fragment` is the word of flags and offset.
pub(crate) fn ipv4(from: u8, to: u8, protocol: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let length = (20 + payload.len()) as u16;
    let mut bytes = vec![0x45, 0];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0, 1]);
    bytes.extend(fragment.to_be_bytes());
    bytes.extend([64, protocol, 0, 0, 10, 0, 0, from, 10, 0, 0, to]);
    bytes.extend_from_slice(payload);
    bytes
}

pub(crate) fn ipv6(from: u8, to: u8, next: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend([next, 64]);
    for host in [from, to] {
        bytes.extend([0xFD, 0]);
        bytes.extend([0; 13]);
        bytes.push(host);
    }
    bytes.extend_from_slice(payload);
    bytes
}

pub(crate) fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], &ether_type.to_be_bytes(), payload].concat()
}

/// SYN, SYN+ACK, ACK between [`CLIENT`] and [`SERVER`].
pub(crate) fn handshake() -> [Tcp; 3] {
    [tcp(CLIENT, SERVER, SYN), tcp(SERVER, CLIENT, SYN | ACK), tcp(CLIENT, SERVER, ACK)]
}

/// A handshake, then the client's FIN and RST: one open, one graceful and one abortive edge for a local server.
pub(crate) fn conversation() -> Vec<Tcp> {
    let [syn, answer, ack] = handshake();
    vec![syn, answer, ack, tcp(CLIENT, SERVER, FIN | ACK), tcp(CLIENT, SERVER, RST)]
}

pub(crate) fn frames(segments: &[Tcp]) -> Vec<Vec<u8>> {
    segments.iter().map(|segment| segment.frame()).collect()
}

/// Each event as short words: `open 0 @3`, `fin 0 @4`, `rst 0 @5`, `close 0 @6`.
pub(crate) fn words(outcome: &Outcome) -> Vec<String> {
    let word = |event: &Event| match *event {
        Event::Open { connection, packet, .. } => format!("open {connection} @{packet}"),
        Event::Edge { connection, packet, abortive, .. } => {
            format!("{} {connection} @{packet}", if abortive { "rst" } else { "fin" })
        }
        Event::Close { connection, packet, .. } => format!("close {connection} @{packet}"),
    };
    outcome.events.iter().map(word).collect()
}

/// What [`conversation`] gives in packets 1 to 5.
pub(crate) const CONVERSATION: [&str; 3] = ["open 0 @3", "fin 0 @4", "rst 0 @5"];

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(Cursor::new(bytes.to_vec()), CompressionLevel::Fastest)
}
