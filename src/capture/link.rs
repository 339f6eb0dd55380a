//! From the first byte of a frame to its IP header, for each link type that is read.
//!
//! Source: the link-type registry of the pcap drafts. `etherparse` reads Ethernet and VLAN headers; the cooked and
//! loopback headers, of which one word matters, are read here.

use etherparse::{EtherType, Ethernet2HeaderSlice, SingleVlanHeaderSlice};

use super::counts::Skip;
use super::endpoint::{End4, End6};
use super::ip::{self, Packet, Sent};

/// A link type that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// A family word in either byte order, then IP.
    Loopback,
    Ethernet,
    /// IP at once, the version in its first byte.
    Raw,
    Ipv4,
    Ipv6,
    LinuxCooked,
    LinuxCooked2,
}

impl Link {
    /// The numbers that [`Link::from_number`] knows, for error texts.
    pub(super) const SUPPORTED: &'static str = "0 (null), 1 (Ethernet), 12, 14 and 101 (raw IP), 108 (loop), \
         113 and 276 (Linux cooked), 228 (IPv4), 229 (IPv6)";

    pub(super) const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 | 108 => Some(Self::Loopback),
            1 => Some(Self::Ethernet),
            12 | 14 | 101 => Some(Self::Raw),
            113 => Some(Self::LinuxCooked),
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

    /// Goes behind a link header that has one length only; raw IP tells its version itself.
    #[inline(always)]
    fn plain_payload(self, frame: &[u8], version: EtherType) -> Option<&[u8]> {
        let (at, length) = match self {
            Self::Ethernet => (12, 14),
            Self::LinuxCooked => (14, 16),
            Self::Raw | Self::Ipv4 if version == EtherType::IPV4 => return Some(frame),
            Self::Raw | Self::Ipv6 if version == EtherType::IPV6 => return Some(frame),
            _ => return None,
        };
        let payload = frame.get(length..)?;
        (frame[at..at + 2] == version.0.to_be_bytes()).then_some(payload)
    }

    /// Finds the TCP header in a frame, or says why there is none.
    pub(super) fn packet(self, frame: &[u8]) -> Result<Packet, Skip> {
        match self {
            Self::Ethernet => {
                let header = Ethernet2HeaderSlice::from_slice(frame).map_err(|_| Skip::CutShort)?;
                behind_ether_type(header.ether_type(), &frame[header.slice().len()..])
            }
            Self::LinuxCooked => cooked(frame, 14, 16),
            Self::LinuxCooked2 => cooked(frame, 0, 20),
            Self::Loopback => loopback(frame),
            Self::Ipv4 => ip::version_4(frame),
            Self::Ipv6 => ip::version_6(frame),
            Self::Raw => match frame.first().ok_or(Skip::CutShort)? >> 4 {
                4 => ip::version_4(frame),
                6 => ip::version_6(frame),
                _ => Err(Skip::NotIp),
            },
        }
    }
}

/// Reads a Linux cooked header: an Ethernet type at a fixed place.
fn cooked(frame: &[u8], at: usize, length: usize) -> Result<Packet, Skip> {
    let payload = frame.get(length..).ok_or(Skip::CutShort)?;
    let ether_type =
        frame.get(at..).and_then(|rest| rest.first_chunk::<2>()).ok_or(Skip::CutShort)?;
    behind_ether_type(EtherType(u16::from_be_bytes(*ether_type)), payload)
}

/// Reads the family word of BSD loopback frames; its values name IPv6 differently on each system.
fn loopback(frame: &[u8]) -> Result<Packet, Skip> {
    let (family, payload) = frame.split_first_chunk::<4>().ok_or(Skip::CutShort)?;
    // Families are small, so the smaller reading is the right byte order.
    match u32::from_le_bytes(*family).min(u32::from_be_bytes(*family)) {
        2 => ip::version_4(payload),
        10 | 24 | 28 | 30 => ip::version_6(payload),
        _ => Err(Skip::NotIp),
    }
}

/// Goes through VLAN tags, as many as there are, to IP.
fn behind_ether_type(mut ether_type: EtherType, mut payload: &[u8]) -> Result<Packet, Skip> {
    loop {
        match ether_type {
            EtherType::IPV4 => return ip::version_4(payload),
            EtherType::IPV6 => return ip::version_6(payload),
            EtherType::VLAN_TAGGED_FRAME
            | EtherType::PROVIDER_BRIDGING
            | EtherType::VLAN_DOUBLE_TAGGED_FRAME => {
                let tag = SingleVlanHeaderSlice::from_slice(payload).map_err(|_| Skip::CutShort)?;
                ether_type = tag.ether_type();
                payload = &payload[tag.slice().len()..];
            }
            _ => return Err(Skip::NotIp),
        }
    }
}
