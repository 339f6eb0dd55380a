//! Why a capture cannot be read at all, and what damage in the middle of one looks like.

use std::io;
use std::path::{Path, PathBuf};

use super::figures::grouped;
use super::layer::Layer;
use super::link_names::named;

/// Tells why a capture cannot be opened, or that the operating system failed while it was read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The file cannot be opened.
    #[error(
        "open capture {}: asked to read a file; found {source}; check the path and its permissions",
        shown(path)
    )]
    Open {
        /// The file asked for.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },
    /// A folder holds no capture.
    #[error(
        "open captures {}: asked to read the captures of a folder; found {}; \
         name another folder, or one file, to hear what is wrong with it",
        shown(path),
        entries(*files)
    )]
    Folder {
        /// The folder asked for.
        path: PathBuf,
        /// How many entries it holds.
        files: usize,
    },
    /// A pipe was named together with other files.
    #[error(
        "open captures {}: asked to read it together with other files; found that {}, so its place in time \
         cannot be known before it is read; read it alone, or save it to a file first",
        shown(path),
        if path.as_os_str() == "-" { "it is the standard input" } else { "it is no regular file" }
    )]
    Pipe {
        /// The path asked for.
        path: PathBuf,
    },
    /// The file holds nothing.
    #[error(
        "open capture {}: asked to read pcap or pcapng; found that the file is empty; \
         record again and let the recorder finish",
        shown(path)
    )]
    Empty {
        /// The file asked for.
        path: PathBuf,
    },
    /// The content is neither pcap nor pcapng.
    #[error(
        "open capture {}: asked to read pcap or pcapng; found that {found}; {advice}",
        shown(path)
    )]
    Foreign {
        /// The file asked for.
        path: PathBuf,
        /// What the first bytes look like.
        found: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// The file starts like a capture, but its header is cut or contradicts itself.
    #[error(
        "open capture {}: asked to read {format}; found that {found}; \
         nothing after such a header can be trusted, record or copy the file again",
        shown(path)
    )]
    Header {
        /// The file asked for.
        path: PathBuf,
        /// What the first bytes promise, `pcap` or `pcapng`.
        format: &'static str,
        /// What is wrong with the header.
        found: String,
    },
    /// A compressed file cannot be unpacked, not even its first bytes.
    #[error(
        "open capture {}: asked to read a compressed capture; found that {found}; {advice}",
        shown(path)
    )]
    Packed {
        /// The file asked for.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// Every packet of a pcap file has a link type that is not read.
    #[error(
        "open capture {}: asked to read pcap; found that its link type is {}; record on an interface with one of {}",
        shown(path),
        named(*number),
        Layer::SUPPORTED
    )]
    LinkType {
        /// The file asked for.
        path: PathBuf,
        /// The link type in the file header.
        number: u32,
    },
    /// Every packet of a pcapng file came through an interface whose link type is not read.
    #[error(
        "open capture {}: asked to read pcapng; found that all its packets have link type {}; \
         record on an interface with one of {}",
        shown(path),
        listed(numbers),
        Layer::SUPPORTED
    )]
    LinkTypes {
        /// The file asked for.
        path: PathBuf,
        /// The link types of its packets, in ascending order.
        numbers: Vec<u32>,
    },
    /// Whoever opened files did not want to wait for their order.
    #[error(
        "open captures: asked to put files in order; found that this was to be stopped; name fewer files at once"
    )]
    Stopped,
    /// The operating system failed in the middle of the file.
    #[error(
        "read capture {}: asked for the bytes from offset {} on; found {source}; check the disk or the pipe",
        shown(path),
        grouped(*offset)
    )]
    Read {
        /// The file asked for.
        path: PathBuf,
        /// How many bytes had been read.
        offset: u64,
        /// What the operating system answered.
        source: io::Error,
    },
}

impl CaptureError {
    /// Says what was found, without what was asked and what to do: for one file of several.
    pub(super) fn found(&self) -> String {
        match self {
            Self::Open { source, .. } | Self::Read { source, .. } => {
                format!("it cannot be opened: {source}")
            }
            Self::Empty { .. } => "the file is empty".to_owned(),
            Self::Foreign { found, .. }
            | Self::Header { found, .. }
            | Self::Packed { found, .. } => found.clone(),
            Self::LinkType { number, .. } => format!("its link type is {}", named(*number)),
            Self::Folder { .. } | Self::Pipe { .. } | Self::LinkTypes { .. } | Self::Stopped => {
                self.to_string()
            }
        }
    }
}

/// Says where a capture became unreadable, and what was found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Byte offset of the first record or block that could not be read.
    pub offset: u64,
    /// What was found there, in words.
    pub text: String,
}

/// What a folder without captures holds.
fn entries(number: usize) -> String {
    match number {
        0 => "that it is empty".to_owned(),
        1 => "that the one entry in it is none".to_owned(),
        _ => format!("none among its {} entries", grouped(number)),
    }
}

/// Characters of a path that a message has at most; hardly a file has a longer name.
const LONGEST: usize = 500;

/// The path as text, with bytes that are no text as `\xff`.
fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

/// The numbers with commas between them, the first few of many.
fn listed(numbers: &[u32]) -> String {
    const MOST: usize = 8;
    let first: Vec<_> = numbers.iter().take(MOST).map(|&number| named(number)).collect();
    let more = if numbers.len() > MOST { ", ..." } else { "" };
    format!("{}{more}", first.join(", "))
}
