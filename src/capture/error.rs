//! Why a capture cannot be read at all, and what damage in the middle of one looks like.

use std::io;
use std::path::{Path, PathBuf};

use super::link::Link;

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
    /// The path names a directory.
    #[error(
        "open capture {}: asked to read a file; found a directory; name one capture inside it",
        shown(path)
    )]
    Directory {
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
    /// Every packet of a pcap file has a link type that is not read.
    #[error(
        "open capture {}: asked to read pcap; found that its link type is {number}; record on an interface with one of {}",
        shown(path),
        Link::SUPPORTED
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
        Link::SUPPORTED
    )]
    LinkTypes {
        /// The file asked for.
        path: PathBuf,
        /// The link types of its packets, in ascending order.
        numbers: Vec<u32>,
    },
    /// The operating system failed in the middle of the file.
    #[error(
        "read capture {}: asked for the bytes from offset {offset} on; found {source}; check the disk or the pipe",
        shown(path)
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

/// Says where a capture became unreadable, and what was found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Byte offset of the first record or block that could not be read.
    pub offset: u64,
    /// What was found there, in words.
    pub text: String,
}

/// The path as text, with bytes that are no text as `\xff`.
fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// The numbers with commas between them, the first few of many.
fn listed(numbers: &[u32]) -> String {
    const MOST: usize = 8;
    let first: Vec<_> = numbers.iter().take(MOST).map(u32::to_string).collect();
    let more = if numbers.len() > MOST { ", ..." } else { "" };
    format!("{}{more}", first.join(", "))
}

/// Describes content that is no capture, from its first bytes.
pub(super) fn foreign(path: &Path, start: &[u8]) -> CaptureError {
    const DECOMPRESS: &str = "decompress it first";
    const CONVERT: &str = "convert it to pcapng first, for example with editcap";
    const KNOWN: [(&[u8], &str, &str); 11] = [
        (&[0x1F, 0x8B], "it looks gzip-compressed", DECOMPRESS),
        (b"BZh", "it looks bzip2-compressed", DECOMPRESS),
        (&[0xFD, b'7', b'z', b'X', b'Z'], "it looks xz-compressed", DECOMPRESS),
        (&[0x28, 0xB5, 0x2F, 0xFD], "it looks zstd-compressed", DECOMPRESS),
        (&[0x04, 0x22, 0x4D, 0x18], "it looks lz4-compressed", DECOMPRESS),
        (b"PK", "it looks like a zip archive", "unpack it first"),
        (b"snoop\0\0\0", "it is a snoop capture", CONVERT),
        (b"GMBU", "it is a Network Monitor 2 capture", CONVERT),
        (b"RTSS", "it is a Network Monitor 1 capture", CONVERT),
        (&[0x34, 0xCD, 0xB2, 0xA1], "it is a modified (patched) pcap", CONVERT),
        (&[0xA1, 0xB2, 0xCD, 0x34], "it is a modified (patched) pcap", CONVERT),
    ];
    let hex = start.iter().take(4).map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
    let (found, advice) = KNOWN
        .iter()
        .find(|(magic, _, _)| start.starts_with(magic))
        .map(|&(_, looks, advice)| (format!("the file begins with {hex}: {looks}"), advice))
        .unwrap_or_else(|| {
            let found = format!("the file begins with {hex}, as neither of them does");
            (
                found,
                "record with tcpdump, dumpcap or Wireshark, or convert a trace (.etl) to pcapng",
            )
        });
    CaptureError::Foreign { path: path.to_path_buf(), found, advice }
}
