//! Frames of IEEE 802.11, as they are and behind radiotap: the data frames whose content is readable.
//!
//! Source: IEEE 802.11-2020, 9.2 and 9.3.2 for the header; radiotap.org for what stands before it.

use super::counts::Skip;
use super::layer::{Behind, Layer};
use super::link;

const DATA: u8 = 2;
/// Bits of the subtype of a data frame.
const WITHOUT_DATA: u8 = 4;
const QUALITY: u8 = 8;
/// Bits of the second byte.
const BOTH_SYSTEMS: u8 = 3;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;
/// The bit of the QoS field that says that several packets follow.
const SEVERAL: u8 = 0x80;

/// Goes behind the header of a data frame, whose length depends on what the frame says of itself, to LLC.
pub(super) fn frame(frame: &[u8], padded: bool) -> Behind<'_> {
    let &[control, flags, ..] = frame.first_chunk::<2>().ok_or(Skip::CutShort)?;
    let subtype = control >> 4;
    if control & 3 != 0 {
        return Err(Skip::Malformed);
    }
    if control >> 2 & 3 != DATA || subtype & WITHOUT_DATA != 0 {
        return Err(Skip::NotIp);
    }
    if flags & PROTECTED != 0 {
        return Err(Skip::Encrypted);
    }
    let header = frame.first_chunk::<24>().ok_or(Skip::CutShort)?;
    // The low half of this byte numbers the fragments of a frame.
    if header[22] & 0x0F != 0 {
        return Err(Skip::Fragment);
    }
    let mut length = 24;
    if flags & BOTH_SYSTEMS == BOTH_SYSTEMS {
        length += 6;
    }
    if subtype & QUALITY != 0 {
        if frame.get(length).ok_or(Skip::CutShort)? & SEVERAL != 0 {
            return Err(Skip::Aggregate);
        }
        length += if flags & ORDER == 0 { 2 } else { 6 };
    }
    if padded {
        length = length.next_multiple_of(4);
    }
    link::llc(frame.get(length..).ok_or(Skip::CutShort)?)
}

/// Goes behind a radiotap header, which states its own length.
pub(super) fn radiotap(frame: &[u8]) -> Behind<'_> {
    let &[version, _, low, high, ..] = frame.first_chunk::<8>().ok_or(Skip::CutShort)?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    if version != 0 || length < 8 {
        return Err(Skip::Malformed);
    }
    let (header, rest) = frame.split_at_checked(length).ok_or(Skip::CutShort)?;
    Ok((Layer::Wifi { padded: says_padded(header) }, rest))
}

/// Looks for the flag that the 802.11 header is followed by padding.
fn says_padded(header: &[u8]) -> bool {
    const MORE: u32 = 1 << 31;
    const CLOCK: u32 = 1;
    const FLAGS: u32 = 2;
    const PADDED: u8 = 0x20;
    let words = header[4..].chunks_exact(4).map(|word| {
        let &[a, b, c, d] = word else { return 0 };
        u32::from_le_bytes([a, b, c, d])
    });
    let first = words.clone().next().unwrap_or(0);
    let mut at = 4 + 4 * (1 + words.take_while(|word| word & MORE != 0).count());
    if first & CLOCK != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    first & FLAGS != 0 && header.get(at).is_some_and(|flags| flags & PADDED != 0)
}
