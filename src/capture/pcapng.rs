//! pcapng: sections of blocks; interfaces are described once, packets name theirs.
//!
//! Source: draft-ietf-opsawg-pcapng. `pcap-parser` reads section headers and interface descriptions. Packet blocks are
//! read here: the crate allocates for each packet with options, and leaves the obsolete Packet Block unread.
//! Full: a block that is read has at most 1 MiB, a skipped one 16 MiB, a section 65,536 interfaces; more is damage.
//! Damaged: a block that is cut, whose two lengths differ, or whose packet does not fit in it.

use std::io;

use pcap_parser::pcapng::{
    self as parser, parse_block_be, parse_block_le, parse_sectionheaderblock,
};

use super::error::Damage;
use super::figures::grouped;
use super::file::{ANOTHER, Next, PACKET_CAP, Record, RecordLink, another_begins, word};
use super::interface::Interface;
use super::source::{BUFFER, Source};

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// Blocks that hold no packet, and that a viewer numbers like one: a systemd journal entry, custom blocks with and
/// without leave to copy, and the system calls of sysdig in its three forms.
const NUMBERED: [u32; 6] = [9, 0x0BAD, 0x4000_0BAD, 0x204, 0x216, 0x221];

const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;
const SKIPPED_CAP: usize = 16 << 20;
const INTERFACE_CAP: usize = 1 << 16;
/// The shortest block: type, length, length again.
const BLOCK_FRAME: usize = 12;

/// The section being read.
#[derive(Debug)]
pub(super) struct Pcapng {
    big_endian: bool,
    interfaces: Vec<Interface>,
    /// The time of the last packet, given to simple packets, which have none.
    time_ns: i64,
    /// A block of which nothing is wanted but its end; kept, because a pipe may be left in the middle of one.
    passed: Option<Passed>,
}

#[derive(Clone, Copy, Debug)]
struct Passed {
    kind: u32,
    stated: u32,
    /// Where it begins in the file.
    offset: u64,
    /// Bytes before the length at its end.
    left: u64,
}

/// What a block was.
enum Block {
    Packet(Record),
    /// It holds no packet, and a viewer numbers it.
    Numbered,
    Other,
}

/// What stopped a block from being read: the operating system, or its content.
enum Stop {
    Failed(io::Error),
    Broken(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Pcapng {
    /// Reads the first section header; or says what is wrong with it.
    pub(super) fn open(source: &mut Source) -> io::Result<Result<Self, String>> {
        let mut pcapng =
            Self { big_endian: false, interfaces: Vec::new(), time_ns: 0, passed: None };
        match pcapng.step(source) {
            Ok(_) => Ok(Ok(pcapng)),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Broken(text)) => Ok(Err(text)),
        }
    }

    /// Reads the next block if it is an enhanced packet of which all is at hand and nothing is wrong.
    #[inline(always)]
    pub(super) fn at_hand(&mut self, data: &[u8]) -> Option<Record> {
        const START: usize = 28;
        let header = data.first_chunk::<START>()?;
        let field = |at| word(header, at, self.big_endian);
        let length = field(4)? as usize;
        let name = field(8)? as usize;
        let captured = field(20)? as usize;
        let room = length.checked_sub(START + 4)?;
        let block = data.get(..length)?;
        if field(0)? != ENHANCED_PACKET || !length.is_multiple_of(4) || length > BUFFER {
            return None;
        }
        if word(block, length - 4, self.big_endian) != field(4) || captured > room.min(PACKET_CAP) {
            return None;
        }
        let ticks = u64::from(field(12)?) << 32 | u64::from(field(16)?);
        let interface = self.interfaces.get(name)?;
        self.time_ns = interface.time_ns(ticks);
        let (time_ns, link, end) = (self.time_ns, interface.link, START + captured);
        Some(Record { time_ns, link, start: START, end, length })
    }

    /// Brings the next packet to hand; the blocks before it are behind the reader.
    pub(super) fn next(&mut self, source: &mut Source) -> io::Result<Next> {
        loop {
            let offset = self.passed.map_or(source.offset(), |passed| passed.offset);
            if self.passed.is_none() && source.fill(BLOCK_FRAME)? == 0 {
                return Ok(Next::End);
            }
            match self.step(source) {
                Ok(Block::Packet(record)) => return Ok(Next::Record(record)),
                Ok(Block::Numbered) => return Ok(Next::Numbered),
                Ok(Block::Other) => {}
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Broken(text)) => return Ok(Next::Damaged(Damage { offset, text })),
            }
        }
    }

    /// Reads one block. A packet stays at hand, any other block is consumed.
    fn step(&mut self, source: &mut Source) -> Result<Block, Stop> {
        if self.passed.is_some() {
            return self.pass(source);
        }
        let count = source.fill(BLOCK_FRAME)?;
        let cut = || {
            Stop::Broken(format!(
                "the file ends after {count} of the {BLOCK_FRAME} bytes of a block's frame"
            ))
        };
        let data = source.data();
        // The number of a section header reads the same in both byte orders.
        let kind = word(data, 0, self.big_endian).ok_or_else(cut)?;
        if kind == SECTION_HEADER {
            self.big_endian = match word(data, 8, false).ok_or_else(cut)? {
                BYTE_ORDER_MAGIC => false,
                magic if magic.swap_bytes() == BYTE_ORDER_MAGIC => true,
                magic => {
                    return broken(format!(
                        "a section header has the byte-order magic 0x{magic:08X}"
                    ));
                }
            };
        }
        let stated =
            word(data, 4, self.big_endian).filter(|_| count >= BLOCK_FRAME).ok_or_else(cut)?;
        if kind != SECTION_HEADER && another_begins(data) {
            return broken(ANOTHER.to_owned());
        }
        let length = usize::try_from(stated).unwrap_or(usize::MAX);
        if length < BLOCK_FRAME || length % 4 != 0 {
            return broken(format!(
                "a block of type {kind} states a length of {} bytes",
                grouped(stated)
            ));
        }
        let (cap, held) = match kind {
            SECTION_HEADER
            | INTERFACE_DESCRIPTION
            | OBSOLETE_PACKET
            | SIMPLE_PACKET
            | ENHANCED_PACKET => (BUFFER, length),
            _ => (SKIPPED_CAP, BLOCK_FRAME),
        };
        if length > cap {
            return broken(format!(
                "a block of type {kind} states {} bytes, more than the limit of {}",
                grouped(stated),
                grouped(cap)
            ));
        }
        if held < length {
            let (offset, left) = (source.offset(), u64::from(stated) - 4);
            self.passed = Some(Passed { kind, stated, offset, left });
            return self.pass(source);
        }
        let count = source.fill(held)?;
        if count < held {
            return broken(cut_short(stated, count as u64));
        }
        let block = &source.data()[..length];
        self.check_end(block, length - 4, stated)?;
        match kind {
            SECTION_HEADER => self.begin_section(block)?,
            INTERFACE_DESCRIPTION => self.add_interface(block)?,
            SIMPLE_PACKET => return self.simple_packet(block).map(Block::Packet),
            OBSOLETE_PACKET | ENHANCED_PACKET => {
                return self.packet(block, kind).map(Block::Packet);
            }
            _ => {}
        }
        source.consume(length);
        Ok(if NUMBERED.contains(&kind) { Block::Numbered } else { Block::Other })
    }

    /// Goes on with a block of which nothing is wanted but its end.
    fn pass(&mut self, source: &mut Source) -> Result<Block, Stop> {
        let Some(passed) = &mut self.passed else { return Ok(Block::Other) };
        source.skip(&mut passed.left)?;
        let count = source.fill(4)?.min(4);
        let Passed { kind, stated, left, .. } = *passed;
        self.passed = None;
        if left > 0 || count < 4 {
            return broken(cut_short(stated, u64::from(stated) - 4 - left + count as u64));
        }
        self.check_end(source.data(), 0, stated)?;
        source.consume(4);
        Ok(if NUMBERED.contains(&kind) { Block::Numbered } else { Block::Other })
    }

    /// Checks the length that a block repeats at its end.
    fn check_end(&self, data: &[u8], at: usize, stated: u32) -> Result<(), Stop> {
        match word(data, at, self.big_endian) {
            Some(again) if again == stated => Ok(()),
            again => broken(format!(
                "a block states {} bytes at its start and {} at its end",
                grouped(stated),
                again.map_or("nothing".to_owned(), grouped)
            )),
        }
    }

    fn begin_section(&mut self, block: &[u8]) -> Result<(), Stop> {
        let Ok((_, header)) = parse_sectionheaderblock(block) else {
            return broken(format!(
                "a section header of {} bytes cannot be read",
                grouped(block.len())
            ));
        };
        if header.major_version != 1 {
            let (major, minor) = (header.major_version, header.minor_version);
            return broken(format!("a section has version {major}.{minor}, only 1.x is known"));
        }
        self.interfaces.clear();
        Ok(())
    }

    fn add_interface(&mut self, block: &[u8]) -> Result<(), Stop> {
        let parse = if self.big_endian { parse_block_be } else { parse_block_le };
        let Ok((_, parser::Block::InterfaceDescription(description))) = parse(block) else {
            return broken(format!(
                "an interface description of {} bytes cannot be read",
                grouped(block.len())
            ));
        };
        if self.interfaces.len() == INTERFACE_CAP {
            return broken(format!(
                "a section describes more than {} interfaces",
                grouped(INTERFACE_CAP)
            ));
        }
        self.interfaces.push(Interface::new(&description, self.big_endian));
        Ok(())
    }

    /// Reads an enhanced packet, or an obsolete one, which differs in the first word alone.
    fn packet(&mut self, block: &[u8], kind: u32) -> Result<Record, Stop> {
        const START: usize = 28;
        let field = |at| word(block, at, self.big_endian);
        let (Some(name), Some(high), Some(low), Some(captured)) =
            (field(8), field(12), field(16), field(20))
        else {
            return broken(format!(
                "a packet block has {} bytes, too few for its fields",
                block.len()
            ));
        };
        let end = check_packet(block, START, captured)?;
        // An obsolete packet has 16 bits of interface, then 16 bits that count drops.
        let name = match (kind, self.big_endian) {
            (OBSOLETE_PACKET, true) => name >> 16,
            (OBSOLETE_PACKET, false) => name & 0xFFFF,
            _ => name,
        };
        let mut link = RecordLink::NoInterface;
        if let Some(interface) =
            usize::try_from(name).ok().and_then(|name| self.interfaces.get(name))
        {
            link = interface.link;
            self.time_ns = interface.time_ns(u64::from(high) << 32 | u64::from(low));
        }
        Ok(Record { time_ns: self.time_ns, link, start: START, end, length: block.len() })
    }

    /// Reads a simple packet: no time, always the first interface, cut where that one cuts.
    fn simple_packet(&mut self, block: &[u8]) -> Result<Record, Stop> {
        const START: usize = 12;
        let Some(original) = word(block, 8, self.big_endian).filter(|_| block.len() >= START + 4)
        else {
            return broken(format!(
                "a simple packet block has {} bytes, too few for its fields",
                block.len()
            ));
        };
        let (link, snap_length) = match self.interfaces.first() {
            Some(interface) => (interface.link, interface.snap_length),
            None => (RecordLink::NoInterface, 0),
        };
        let captured = if snap_length == 0 { original } else { original.min(snap_length) };
        let end = check_packet(block, START, captured)?;
        Ok(Record { time_ns: self.time_ns, link, start: START, end, length: block.len() })
    }
}

/// Checks a packet's stated length against the limit and the block around it; returns where the packet ends.
fn check_packet(block: &[u8], start: usize, stated: u32) -> Result<usize, Stop> {
    let Some(room) = block.len().checked_sub(start + 4) else {
        return broken(format!("a packet block has {} bytes, too few for its fields", block.len()));
    };
    match usize::try_from(stated) {
        Ok(captured) if captured <= room.min(PACKET_CAP) => Ok(start + captured),
        _ => broken(format!(
            "a packet block states {} bytes of packet and has room for {}, the limit is {}",
            grouped(stated),
            grouped(room),
            grouped(PACKET_CAP)
        )),
    }
}

fn cut_short(stated: u32, found: u64) -> String {
    format!(
        "a block states {} bytes, the file ends after {} of them",
        grouped(stated),
        grouped(found)
    )
}

fn broken<T>(text: String) -> Result<T, Stop> {
    Err(Stop::Broken(text))
}
