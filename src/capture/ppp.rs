//! PPP, as a link type of its own, behind PPPoE, and inside GRE.
//!
//! Source: RFC 1661 and RFC 1662 for the frame and its two optional compressions, RFC 2516 for PPPoE.

use super::counts::Skip;
use super::layer::{Behind, Layer};

/// Reads the protocol of a PPP frame; address and control before it may have been left out, and so may its first byte.
pub(super) fn frame(frame: &[u8]) -> Behind<'_> {
    let frame = frame.strip_prefix(&[0xFF, 0x03]).unwrap_or(frame);
    let (protocol, payload) = match *frame {
        // Only the last byte of a protocol is odd.
        [low, ref rest @ ..] if low % 2 == 1 => (u16::from(low), rest),
        [high, low, ref rest @ ..] => (u16::from_be_bytes([high, low]), rest),
        _ => return Err(Skip::CutShort),
    };
    match protocol {
        0x0021 => Ok((Layer::Ipv4, payload)),
        0x0057 => Ok((Layer::Ipv6, payload)),
        0x0281 | 0x0283 => Ok((Layer::Mpls, payload)),
        _ => Err(Skip::NotIp),
    }
}

/// Reads the header of a PPPoE session.
pub(super) fn over_ethernet(packet: &[u8]) -> Behind<'_> {
    let (&[version, code, ..], payload) = packet.split_first_chunk::<6>().ok_or(Skip::CutShort)?;
    match (version, code) {
        (0x11, 0) => Ok((Layer::Ppp, payload)),
        // Discovery.
        (0x11, _) => Err(Skip::NotIp),
        _ => Err(Skip::Malformed),
    }
}
