//! Legacy pcap: a file header of 24 bytes, then records of 16 bytes and a packet each.
//!
//! Source: draft-ietf-opsawg-pcap; both byte orders, micro- and nanoseconds. `pcap-parser` reads the file header; the
//! four words before each packet are read here.
//! Damaged: a record that is cut, or that states more bytes than [`PACKET_CAP`].

use std::io;

use pcap_parser::pcap::parse_pcap_header;

use super::error::Damage;
use super::figures::grouped;
use super::file::{ANOTHER, Next, PACKET_CAP, Record, RecordLink, another_begins};
use super::layer::Layer;
use super::source::Source;

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;

/// The header of a pcap file, as far as its records depend on it.
#[derive(Debug)]
pub(super) struct Pcap {
    big_endian: bool,
    /// Nanoseconds in one unit of a record's second word.
    fraction_ns: i64,
    link: Layer,
}

impl Pcap {
    /// Says whether a file that begins with `magic` is one of the four kinds read here.
    pub(super) fn knows(magic: [u8; 4]) -> bool {
        [0xA1B2_C3D4, 0xA1B2_3C4D, 0xD4C3_B2A1, 0x4D3C_B2A1].contains(&u32::from_le_bytes(magic))
    }

    /// Reads the file header: the link type's number, and nothing else when that type is not read; or what is wrong.
    pub(super) fn open(source: &mut Source) -> io::Result<Result<(Option<Self>, u32), String>> {
        let count = source.fill(FILE_HEADER)?;
        let Ok((_, header)) = parse_pcap_header(source.data()) else {
            return Ok(Err(format!(
                "the file ends after {count} bytes, its header has {FILE_HEADER}"
            )));
        };
        if header.version_major != 2 {
            let (major, minor) = (header.version_major, header.version_minor);
            return Ok(Err(format!("its version is {major}.{minor}, only 2.x is known")));
        }
        // The upper six bits tell the length of a frame check sequence.
        let number = header.network.0.cast_unsigned() & 0x03FF_FFFF;
        source.consume(FILE_HEADER);
        let pcap = Layer::from_number(number).map(|link| Self {
            big_endian: header.is_bigendian(),
            fraction_ns: if header.is_nanosecond_precision() { 1 } else { 1000 },
            link,
        });
        Ok(Ok((pcap, number)))
    }

    /// Reads the next record if all of it is at hand and it is not too long.
    #[inline(always)]
    pub(super) fn at_hand(&self, data: &[u8]) -> Option<Record> {
        let words = self.words(data.first_chunk()?);
        let captured = words[2] as usize;
        // An empty record may be the header of another file, so it is looked at more closely.
        if captured.wrapping_sub(1) >= PACKET_CAP || captured > data.len() - RECORD_HEADER {
            return None;
        }
        Some(self.record(words))
    }

    #[inline(always)]
    fn record(&self, [seconds, fraction, captured, _]: [u32; 4]) -> Record {
        let time_ns = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * self.fraction_ns;
        let (link, end) = (RecordLink::Known(self.link), RECORD_HEADER + captured as usize);
        Record { time_ns, link, start: RECORD_HEADER, end, length: end }
    }

    /// Reads a record's seconds, fraction of a second, captured and original length.
    #[inline(always)]
    fn words(&self, header: &[u8; RECORD_HEADER]) -> [u32; 4] {
        let &[a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3] = header;
        let bytes = [[a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3], [d0, d1, d2, d3]];
        // One question for all four: one for each would be asked for each.
        if self.big_endian { bytes.map(u32::from_be_bytes) } else { bytes.map(u32::from_le_bytes) }
    }

    /// Brings the next record to hand from the file, or says that there is none.
    #[cold]
    pub(super) fn fetch(&self, source: &mut Source) -> io::Result<Next> {
        let damaged =
            |source: &Source, text| Ok(Next::Damaged(Damage { offset: source.offset(), text }));
        let count = source.fill(RECORD_HEADER)?;
        if count == 0 {
            return Ok(Next::End);
        }
        let Some(header) = source.data().first_chunk() else {
            let text = format!(
                "the file ends after {count} of the {RECORD_HEADER} bytes of a record header"
            );
            return damaged(source, text);
        };
        if another_begins(source.data()) {
            return damaged(source, ANOTHER.to_owned());
        }
        let words = self.words(header);
        let captured = words[2] as usize;
        if captured > PACKET_CAP {
            let text = format!(
                "a record states {} bytes of packet, more than the limit of {}",
                grouped(captured),
                grouped(PACKET_CAP)
            );
            return damaged(source, text);
        }
        let count = source.fill(RECORD_HEADER + captured)?;
        let found = count - RECORD_HEADER;
        if found < captured {
            let text = format!(
                "a record states {} bytes of packet, the file ends after {} of them",
                grouped(captured),
                grouped(found)
            );
            return damaged(source, text);
        }
        Ok(Next::Record(self.record(words)))
    }
}
