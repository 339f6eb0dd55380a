//! Content that is no capture, as far as it can be named, and what turns it into one.

use std::path::Path;

use super::error::CaptureError;

/// How many bytes are looked at.
pub(super) const START: usize = 264;

const DECOMPRESS: &str = "decompress it first";
const UNTAR: &str = "unpack it, such as with: tar -xf FILE, and name the folder";
const EDITCAP: &str = "convert it with: editcap FILE out.pcapng";
const ETL: &str =
    "convert it with: etl2pcapng FILE out.pcapng, or: pktmon etl2pcap FILE --out out.pcapng";
const KNOWN: [(&[u8], &str, &str); 14] = [
    (b"BZh", "it looks bzip2-compressed", "decompress it first, such as with: bunzip2 FILE"),
    (
        &[0xFD, b'7', b'z', b'X', b'Z'],
        "it looks xz-compressed",
        "decompress it first, such as with: unxz FILE",
    ),
    (
        &[0x04, 0x22, 0x4D, 0x18],
        "it looks lz4-compressed",
        "decompress it first, such as with: unlz4 FILE",
    ),
    (
        b"PK\x03\x04",
        "it is a zip archive",
        "unpack it, such as with: unzip FILE, and name what is in it",
    ),
    (b"PK\x05\x06", "it is an empty zip archive", "pack it again, with a capture in it"),
    (b"PK\x07\x08", "it is a zip archive in parts", "join and unpack it, and name what is in it"),
    (
        &[b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C],
        "it is a 7z archive",
        "unpack it, such as with: 7z x FILE, and name what is in it",
    ),
    (
        b"Rar!\x1A\x07",
        "it is a rar archive",
        "unpack it, such as with: unrar x FILE, and name what is in it",
    ),
    (
        b"MSCF",
        "it is a cabinet (.cab)",
        "unpack it, such as with: cabextract FILE, and name what is in it",
    ),
    (b"snoop\0\0\0", "it is a snoop capture", EDITCAP),
    (b"GMBU", "it is a Network Monitor 2 capture", EDITCAP),
    (b"RTSS", "it is a Network Monitor 1 capture", EDITCAP),
    (&[0x34, 0xCD, 0xB2, 0xA1], "it is a modified (patched) pcap", EDITCAP),
    (&[0xA1, 0xB2, 0xCD, 0x34], "it is a modified (patched) pcap", EDITCAP),
];

/// Describes content that is no capture, from its first bytes.
pub(super) fn foreign(path: &Path, start: &[u8]) -> CaptureError {
    let hex = start.iter().take(4).map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
    let known = KNOWN.iter().find(|(magic, _, _)| start.starts_with(magic));
    let (looks, advice) = match known {
        Some(&(_, looks, advice)) => (looks, advice),
        // Behind the name of the first file in it, and what is known about that.
        None if start.get(257..).is_some_and(|rest| rest.starts_with(b"ustar")) => {
            ("it is a tar archive", UNTAR)
        }
        None if is_trace(start) => ("it is a Windows event trace (.etl)", ETL),
        None if [0x1F, 0x8B].starts_with(&start[..start.len().min(2)]) && start.len() > 1 => {
            ("it is gzip inside of gzip", DECOMPRESS)
        }
        None if start.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) => {
            ("it is zstd inside of another compression", DECOMPRESS)
        }
        None if is_erf(start) => ("it looks like an ERF capture of a DAG card", EDITCAP),
        // A name decides nothing, but it may say more than content that nobody knows.
        None if is_named(path, "etl") => ("by its name it is a Windows event trace", ETL),
        None if is_named(path, "erf") => ("by its name it is an ERF capture", EDITCAP),
        None => {
            let advice =
                "record with tcpdump, dumpcap or Wireshark, or convert a trace (.etl) to pcapng";
            let found = format!("it is no capture that is known: the file begins with {hex}");
            return CaptureError::Foreign { path: path.to_path_buf(), found, advice };
        }
    };
    let found = format!("the file begins with {hex}: {looks}");
    CaptureError::Foreign { path: path.to_path_buf(), found, advice }
}

fn is_named(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

/// A trace begins with a buffer, whose first event, behind 72 bytes, is the header of the trace: version 2, for 32 or 64
/// bits, with the two flags of such a header.
fn is_trace(start: &[u8]) -> bool {
    let Some((buffer, event)) = start.split_at_checked(0x48) else { return false };
    let size = buffer.first_chunk().map_or(0, |&bytes| u32::from_le_bytes(bytes));
    size >= 1024 && size % 512 == 0 && matches!(event, [2, 0, 1 | 2, 0xC0, ..])
}

/// A record of ERF has no magic: a type in use, a length that holds its header, and a time whose whole seconds, in the
/// upper half of a little-endian number, are of this century. Text may look so too, but has no control characters, which
/// the length of a record begins with; and where the next record is at hand, it is one as well.
fn is_erf(start: &[u8]) -> bool {
    let Some(length) = erf_record(start) else { return false };
    let next = start.get(length..).filter(|next| next.len() >= 16);
    !is_text(&start[..16]) && next.is_none_or(|next| erf_record(next).is_some())
}

/// Whether it is the beginning of a text in UTF-8.
fn is_text(bytes: &[u8]) -> bool {
    let mut chunks = bytes.utf8_chunks();
    let whole = chunks.next().map_or("", |chunk| chunk.valid());
    bytes.len() - whole.len() < 4
        && !whole.contains(|one: char| one.is_control() && !one.is_whitespace())
}

/// The length of the record of ERF that begins here.
fn erf_record(start: &[u8]) -> Option<usize> {
    let &[_, _, _, _, s0, s1, s2, s3, kind, _, high, low, ..] = start.first_chunk::<16>()?;
    let seconds = u32::from_le_bytes([s0, s1, s2, s3]);
    let length = u16::from_be_bytes([high, low]);
    let is_record = (1..=48).contains(&(kind & 0x7F))
        && length >= 16
        && (946_684_800..4_102_444_800).contains(&seconds);
    is_record.then_some(usize::from(length))
}
