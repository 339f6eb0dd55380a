//! From an IP header to the first fourteen bytes of the TCP header: addresses, ports, sequence, flags.
//!
//! Nearly every packet has an IP header without options, and TCP behind it; such a packet is read here, field by field,
//! and its fields are not put together before its flow is looked up: 50 bytes that are written as words and copied at
//! once cost more time than all of the parsing. `etherparse` reads all other headers and the extension headers. The
//! lengths that an IP header states are ignored: offload engines leave zero there, and no byte behind the flags is
//! needed. For the same reason a TCP header may be cut after its flags, which `etherparse` does not accept.

use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice,
    Ipv6RawExtHeaderSlice, err,
};

use super::counts::Skip;
use super::end::{End4, End6};

/// What a TCP segment says about its flow, besides whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) flags: Flags,
}

/// A segment, behind its source and its destination.
pub(super) type Sent<E> = (E, E, Segment);

/// A segment of either version.
#[derive(Clone, Copy, Debug)]
pub(super) enum Packet {
    V4(Sent<End4>),
    V6(Sent<End6>),
}

/// What an IP packet carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inside<'a> {
    Tcp(Packet),
    /// Another protocol, and its bytes.
    Other(IpNumber, &'a [u8]),
}

/// Source and destination of a packet.
#[derive(Clone, Copy, Debug)]
enum Addresses {
    V4([u8; 4], [u8; 4]),
    V6([u8; 16], [u8; 16]),
}

/// The protocol number of TCP.
const TCP: u8 = 6;
/// As much of a TCP header as is read.
const TCP_BYTES: usize = 14;

/// The flag byte of a TCP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) const fn byte(self) -> u8 {
        self.0
    }

    /// Neither FIN nor SYN nor RST.
    pub(super) const fn is_plain(self) -> bool {
        self.0 & 0x07 == 0
    }

    pub(super) const fn fin(self) -> bool {
        self.0 & 0x01 != 0
    }

    pub(super) const fn syn(self) -> bool {
        self.0 & 0x02 != 0
    }

    pub(super) const fn rst(self) -> bool {
        self.0 & 0x04 != 0
    }

    pub(super) const fn ack(self) -> bool {
        self.0 & 0x10 != 0
    }
}

/// Reads an IPv4 packet that has no options, is no later fragment, and carries TCP.
#[inline(always)]
pub(super) fn plain_4(packet: &[u8]) -> Option<Sent<End4>> {
    let (header, rest) = packet.split_first_chunk::<20>()?;
    let [first, _, _, _, _, _, f0, f1, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = *header;
    let fragment = u16::from_be_bytes([f0, f1]) & 0x1FFF;
    if first != 0x45 || fragment != 0 || protocol != TCP {
        return None;
    }
    let (source_port, destination_port, segment) = tcp(rest.first_chunk()?)?;
    let source = End4::new([s0, s1, s2, s3], source_port);
    Some((source, End4::new([d0, d1, d2, d3], destination_port), segment))
}

/// Goes behind an IPv4 header of the form that is commonest around a tunnel; gives the protocol too.
#[inline(always)]
pub(super) fn plain_other(packet: &[u8]) -> Option<(u8, &[u8])> {
    let (&[first, _, _, _, _, _, f0, f1, _, protocol, ..], payload) =
        packet.split_first_chunk::<20>()?;
    let is_plain = first == 0x45 && u16::from_be_bytes([f0, f1]) & 0x1FFF == 0;
    let may_be_tunnel =
        matches!(IpNumber(protocol), IpNumber::UDP | IpNumber::GRE | IpNumber::IPV4);
    (is_plain && may_be_tunnel).then_some((protocol, payload))
}

/// Reads an IPv6 packet without extension headers that carries TCP.
#[inline(always)]
pub(super) fn plain_6(packet: &[u8]) -> Option<Sent<End6>> {
    let (fields, rest) = packet.split_first_chunk::<8>()?;
    let (source, rest) = rest.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    if fields[0] >> 4 != 6 || fields[6] != TCP {
        return None;
    }
    let (source_port, destination_port, segment) = tcp(rest.first_chunk()?)?;
    Some((End6::new(*source, source_port), End6::new(*destination, destination_port), segment))
}

/// Reads any IPv4 packet.
pub(super) fn version_4(packet: &[u8]) -> Result<Inside<'_>, Skip> {
    if let Some((protocol, payload)) = plain_other(packet) {
        return Ok(Inside::Other(IpNumber(protocol), payload));
    }
    let header = Ipv4HeaderSlice::from_slice(packet).map_err(|error| match error {
        err::ipv4::HeaderSliceError::Len(_) => Skip::CutShort,
        err::ipv4::HeaderSliceError::Content(_) => Skip::Malformed,
    })?;
    let payload = &packet[header.slice().len()..];
    if header.fragments_offset().value() > 0 {
        return Err(Skip::Fragment);
    }
    let addresses = Addresses::V4(header.source(), header.destination());
    behind_extensions(header.protocol(), payload, addresses)
}

/// Reads any IPv6 packet.
pub(super) fn version_6(packet: &[u8]) -> Result<Inside<'_>, Skip> {
    let header = Ipv6HeaderSlice::from_slice(packet).map_err(|error| match error {
        err::ipv6::HeaderSliceError::Len(_) => Skip::CutShort,
        err::ipv6::HeaderSliceError::Content(_) => Skip::Malformed,
    })?;
    let addresses = Addresses::V6(header.source(), header.destination());
    behind_extensions(header.next_header(), &packet[header.slice().len()..], addresses)
}

/// Goes through extension headers, as many as there are, to TCP or something else.
///
/// Header by header, because the crate's iterator over a lax list of them trusts that the list was not cut.
fn behind_extensions(
    mut next: IpNumber,
    mut rest: &[u8],
    addresses: Addresses,
) -> Result<Inside<'_>, Skip> {
    loop {
        let length;
        match next {
            IpNumber::TCP => return behind_headers(addresses, rest).map(Inside::Tcp),
            IpNumber::IPV6_HEADER_HOP_BY_HOP
            | IpNumber::IPV6_ROUTE_HEADER
            | IpNumber::IPV6_DESTINATION_OPTIONS => {
                let header = Ipv6RawExtHeaderSlice::from_slice(rest).map_err(|_| Skip::CutShort)?;
                (next, length) = (header.next_header(), header.slice().len());
            }
            IpNumber::IPV6_FRAGMENTATION_HEADER => {
                let header =
                    Ipv6FragmentHeaderSlice::from_slice(rest).map_err(|_| Skip::CutShort)?;
                if header.fragment_offset().value() > 0 {
                    return Err(Skip::Fragment);
                }
                (next, length) = (header.next_header(), header.slice().len());
            }
            IpNumber::AUTHENTICATION_HEADER => {
                let header = IpAuthHeaderSlice::from_slice(rest).map_err(|error| match error {
                    err::ip_auth::HeaderSliceError::Len(_) => Skip::CutShort,
                    err::ip_auth::HeaderSliceError::Content(_) => Skip::Malformed,
                })?;
                (next, length) = (header.next_header(), header.slice().len());
            }
            _ => return Ok(Inside::Other(next, rest)),
        }
        rest = &rest[length..];
    }
}

/// Reads TCP behind all headers of IP.
fn behind_headers(addresses: Addresses, header: &[u8]) -> Result<Packet, Skip> {
    let header = header.first_chunk().ok_or(Skip::CutShort)?;
    let (from, to, segment) = tcp(header).ok_or(Skip::Malformed)?;
    Ok(match addresses {
        Addresses::V4(source, destination) => {
            Packet::V4((End4::new(source, from), End4::new(destination, to), segment))
        }
        Addresses::V6(source, destination) => {
            Packet::V6((End6::new(source, from), End6::new(destination, to), segment))
        }
    })
}

/// Reads ports, and what the flow rules need; nothing from a header that contradicts itself.
#[inline(always)]
fn tcp(header: &[u8; TCP_BYTES]) -> Option<(u16, u16, Segment)> {
    let [s0, s1, d0, d1, n0, n1, n2, n3, a0, a1, a2, a3, offset, flags] = *header;
    // The header's own length in words of four bytes; five is the least.
    if offset >> 4 < 5 {
        return None;
    }
    let segment = Segment {
        sequence: u32::from_be_bytes([n0, n1, n2, n3]),
        acknowledgment: u32::from_be_bytes([a0, a1, a2, a3]),
        flags: Flags(flags),
    };
    Some((u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]), segment))
}
