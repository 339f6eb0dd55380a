//! The two container formats behind one face: which one a file is, and its next record.

use std::io;
use std::path::Path;

use super::error::{CaptureError, Damage};
use super::foreign::{START, foreign};
use super::layer::Layer;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::source::Source;
use super::unpack::Broken;

/// The longest packet that is read; Linux and `tcpdump` never record a longer one.
pub(super) const PACKET_CAP: usize = 256 * 1024;

/// One packet record; its bytes are at hand in the source, from which nothing was consumed yet.
#[derive(Debug)]
pub(super) struct Record {
    /// Nanoseconds since 1970.
    pub(super) time_ns: i64,
    pub(super) link: RecordLink,
    /// Where the packet begins and ends in [`Source::data`].
    pub(super) start: usize,
    pub(super) end: usize,
    /// How much to consume to get behind the record.
    pub(super) length: usize,
}

/// How a record's first byte is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum RecordLink {
    Known(Layer),
    /// A link type that is not read.
    Unsupported(u32),
    NoInterface,
}

/// What stands next in a file.
#[derive(Debug)]
pub(super) enum Next {
    Record(Record),
    /// A block without a packet that a viewer numbers like one; it is behind the reader.
    Numbered,
    End,
    Damaged(Damage),
}

/// A recognised file.
#[derive(Debug)]
pub(super) enum Container {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Container {
    /// Recognises the content and reads the header of the file.
    pub(super) fn open(source: &mut Source, path: &Path) -> Result<Self, CaptureError> {
        let failed = |source| unreadable(path, source);
        let count = source.fill(4).map_err(failed)?;
        if count == 0 {
            return Err(CaptureError::Empty { path: path.to_path_buf() });
        }
        let header =
            |format, found| CaptureError::Header { path: path.to_path_buf(), format, found };
        match source.data().first_chunk::<4>() {
            Some([0x0A, 0x0D, 0x0D, 0x0A]) => Pcapng::open(source)
                .map_err(failed)?
                .map(Self::Pcapng)
                .map_err(|found| header("pcapng", found)),
            Some(magic) if Pcap::knows(*magic) => {
                let pcap = Pcap::open(source).map_err(failed)?;
                let (pcap, number) = pcap.map_err(|found| header("pcap", found))?;
                match pcap {
                    Some(pcap) => Ok(Self::Pcap(pcap)),
                    None => Err(CaptureError::LinkType { path: path.to_path_buf(), number }),
                }
            }
            _ => {
                source.fill(START).map_err(failed)?;
                Err(foreign(path, source.data()))
            }
        }
    }

    /// Returns the name of the format.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Pcap(_) => "pcap",
            Self::Pcapng(_) => "pcapng",
        }
    }

    /// Reads the next packet record if it is simply there. What it gives is used at once and never put together in
    /// memory with what [`Container::fetch`] gives: such a copy would cost more than the reading.
    #[inline(always)]
    pub(super) fn at_hand(&mut self, source: &Source) -> Option<Record> {
        match self {
            Self::Pcap(pcap) => pcap.at_hand(source.data()),
            Self::Pcapng(pcapng) => pcapng.at_hand(source.data()),
        }
    }

    /// Brings the next packet record to hand, whatever it takes.
    pub(super) fn fetch(&mut self, source: &mut Source) -> io::Result<Next> {
        match self {
            Self::Pcap(pcap) => pcap.fetch(source),
            Self::Pcapng(pcapng) => pcapng.next(source),
        }
    }
}

/// Reads the four bytes at `at` in the given byte order; `None` behind the end of `data`.
pub(super) fn word(data: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let bytes = *data.get(at..)?.first_chunk::<4>()?;
    Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

/// The start of a file cannot be read: the system failed, or the content cannot be unpacked.
fn unreadable(path: &Path, source: io::Error) -> CaptureError {
    let path = path.to_path_buf();
    match Broken::of(&source) {
        Some(Broken { found, advice }) => {
            let advice = if advice.is_empty() { "copy or pack the file again" } else { advice };
            CaptureError::Packed { path, found: found.clone(), advice }
        }
        None => CaptureError::Open { path, source },
    }
}

/// What is said where a second file begins.
pub(super) const ANOTHER: &str = "another capture begins here, as if files had been joined byte by byte; \
     cut the file there, or join the parts with mergecap";

/// Says whether a file header stands where a record or a block was expected.
pub(super) fn another_begins(data: &[u8]) -> bool {
    match data.first_chunk::<8>() {
        Some(&[0x0A, 0x0D, 0x0D, 0x0A, ..]) => {
            word(data, 8, false).is_some_and(|magic| [0x1A2B_3C4D, 0x4D3C_2B1A].contains(&magic))
        }
        Some(&[a, b, c, d, version @ ..]) => {
            Pcap::knows([a, b, c, d]) && [[2, 0, 4, 0], [0, 2, 0, 4]].contains(&version)
        }
        None => false,
    }
}
