//! Link types: which ones are read, and the headers of Ethernet, loopback and Linux cooked captures.
//!
//! Source: the link-type registry of the pcap drafts; IEEE 802.1Q for tags, IEEE 802.2 for LLC and SNAP, RFC 3032 for
//! MPLS. `etherparse` reads Ethernet and VLAN headers; of the others one word matters, which is read here.

use etherparse::{EtherType, Ethernet2HeaderSlice, SingleVlanHeaderSlice};

use super::counts::Skip;
use super::end::{End4, End6};
use super::ip::{self, Sent};
use super::layer::{Behind, Layer};
use super::tunnel;

/// The highest Ethernet "type" that is the length of an LLC packet.
const LONGEST_LLC: u16 = 1500;
const MPLS: u16 = 0x8847;
const MPLS_MULTICAST: u16 = 0x8848;
const PPPOE_SESSION: u16 = 0x8864;
/// Ethernet inside GRE and Geneve.
const TRANSPARENT_ETHERNET: u16 = 0x6558;
/// PPP inside GRE.
const PPP: u16 = 0x880B;

impl Layer {
    /// The numbers that [`Layer::from_number`] knows, for error texts.
    pub(super) const SUPPORTED: &'static str = "0 (null), 1 (Ethernet), 9, 50 and 51 (PPP), 12, 14 and 101 (raw IP), \
         105 (802.11), 108 (loop), 113 and 276 (Linux cooked), 127 (radiotap), 228 (IPv4), 229 (IPv6)";

    pub(super) const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 | 108 => Some(Self::Loopback),
            1 => Some(Self::Ethernet),
            9 | 50 => Some(Self::Ppp),
            12 | 14 | 101 => Some(Self::Ip),
            51 => Some(Self::Pppoe),
            105 => Some(Self::Wifi { padded: false }),
            113 => Some(Self::LinuxCooked),
            127 => Some(Self::Radiotap),
            228 => Some(Self::Ipv4),
            229 => Some(Self::Ipv6),
            276 => Some(Self::LinuxCooked2),
            _ => None,
        }
    }

    /// Finds the TCP header in a frame of the commonest form with IPv4.
    #[inline(always)]
    pub(super) fn plain_4(self, frame: &[u8]) -> Option<Sent<End4>> {
        ip::plain_4(self.plain_payload(frame, EtherType::IPV4)?)
    }

    /// Finds the TCP header in a frame of the commonest form with IPv6.
    #[inline(always)]
    pub(super) fn plain_6(self, frame: &[u8]) -> Option<Sent<End6>> {
        ip::plain_6(self.plain_payload(frame, EtherType::IPV6)?)
    }

    /// Opens the tunnel in a frame of the commonest form.
    #[inline(always)]
    pub(super) fn plain_tunnel(self, frame: &[u8]) -> Option<(EtherType, &[u8])> {
        tunnel::plain(self.plain_payload(frame, EtherType::IPV4)?)
    }

    /// Goes behind a link header that has one length only; raw IP tells its version itself.
    #[inline(always)]
    fn plain_payload(self, frame: &[u8], version: EtherType) -> Option<&[u8]> {
        let (at, length) = match self {
            Self::Ethernet => (12, 14),
            Self::LinuxCooked => (14, 16),
            Self::Ip | Self::Ipv4 if version == EtherType::IPV4 => return Some(frame),
            Self::Ip | Self::Ipv6 if version == EtherType::IPV6 => return Some(frame),
            _ => return None,
        };
        let payload = frame.get(length..)?;
        (frame[at..at + 2] == version.0.to_be_bytes()).then_some(payload)
    }
}

/// Reads an Ethernet header.
pub(super) fn ethernet(frame: &[u8]) -> Behind<'_> {
    let header = Ethernet2HeaderSlice::from_slice(frame).map_err(|_| Skip::CutShort)?;
    Ok((Layer::EtherType(header.ether_type().0), &frame[header.slice().len()..]))
}

/// Goes behind an Ethernet type; a VLAN tag has another one behind it.
pub(super) fn ether_type(number: u16, payload: &[u8]) -> Behind<'_> {
    let layer = match EtherType(number) {
        EtherType::IPV4 => Layer::Ipv4,
        EtherType::IPV6 => Layer::Ipv6,
        EtherType::VLAN_TAGGED_FRAME
        | EtherType::PROVIDER_BRIDGING
        | EtherType::VLAN_DOUBLE_TAGGED_FRAME => {
            let tag = SingleVlanHeaderSlice::from_slice(payload).map_err(|_| Skip::CutShort)?;
            return Ok((Layer::EtherType(tag.ether_type().0), &payload[tag.slice().len()..]));
        }
        EtherType(MPLS | MPLS_MULTICAST) => Layer::Mpls,
        EtherType(PPPOE_SESSION) => Layer::Pppoe,
        EtherType(TRANSPARENT_ETHERNET) => Layer::Ethernet,
        EtherType(PPP) => Layer::Ppp,
        EtherType(..=LONGEST_LLC) => return llc(payload),
        _ => return Err(Skip::NotIp),
    };
    Ok((layer, payload))
}

/// Reads an LLC header with SNAP, behind which an Ethernet type stands; no other form carries IP today.
pub(super) fn llc(payload: &[u8]) -> Behind<'_> {
    // Three bytes of LLC, then the organisation: none, or the one for bridged Ethernet types.
    const SNAP: [[u8; 6]; 2] = [[0xAA, 0xAA, 3, 0, 0, 0], [0xAA, 0xAA, 3, 0, 0, 0xF8]];
    let Some((&[ref header @ .., high, low], rest)) = payload.split_first_chunk::<8>() else {
        let begins = |header: &[u8; 6]| header.starts_with(&payload[..payload.len().min(6)]);
        return Err(if SNAP.iter().any(begins) { Skip::CutShort } else { Skip::NotIp });
    };
    if !SNAP.iter().any(|snap| header == snap) {
        return Err(Skip::NotIp);
    }
    Ok((Layer::EtherType(u16::from_be_bytes([high, low])), rest))
}

/// Reads a Linux cooked header: an Ethernet type at a fixed place.
pub(super) fn cooked(frame: &[u8], at: usize, length: usize) -> Behind<'_> {
    let payload = frame.get(length..).ok_or(Skip::CutShort)?;
    let number = frame.get(at..).and_then(|rest| rest.first_chunk::<2>()).ok_or(Skip::CutShort)?;
    Ok((Layer::EtherType(u16::from_be_bytes(*number)), payload))
}

/// Reads the family word of BSD loopback frames; its values name IPv6 differently on each system, and some writers put
/// the one of IPv4 before everything, so the packet itself says its version.
pub(super) fn loopback(frame: &[u8]) -> Behind<'_> {
    let (family, payload) = frame.split_first_chunk::<4>().ok_or(Skip::CutShort)?;
    // Families are small, so the smaller reading is the right byte order.
    match u32::from_le_bytes(*family).min(u32::from_be_bytes(*family)) {
        2 | 10 | 24 | 28 | 30 => Ok((Layer::Ip, payload)),
        _ => Err(Skip::NotIp),
    }
}

/// Goes through the labels of MPLS to the last one; what follows says its version itself.
pub(super) fn mpls(mut labels: &[u8]) -> Behind<'_> {
    loop {
        let (label, rest) = labels.split_first_chunk::<4>().ok_or(Skip::CutShort)?;
        if label[2] & 1 != 0 {
            return Ok((Layer::Ip, rest));
        }
        labels = rest;
    }
}
