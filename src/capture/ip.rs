//! From an IP header to the first fourteen bytes of the TCP header: addresses, ports, sequence, flags.
//!
//! `etherparse` reads IP headers and extension headers. The lengths that an IP header states are ignored: offload
//! engines leave zero there, and no byte behind the flags is needed. For the same reason a TCP header may be cut after
//! its flags, which `etherparse` does not accept.

use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice,
    Ipv6RawExtHeaderSlice, err,
};

use super::counts::Skip;

/// What a TCP segment says about its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) addresses: Addresses,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) flags: Flags,
}

/// Source and destination of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addresses {
    V4([u8; 4], [u8; 4]),
    V6([u8; 16], [u8; 16]),
}

/// The flag byte of a TCP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
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

/// Reads an IPv4 packet.
pub(super) fn version_4(packet: &[u8]) -> Result<Segment, Skip> {
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

/// Reads an IPv6 packet.
pub(super) fn version_6(packet: &[u8]) -> Result<Segment, Skip> {
    let header = Ipv6HeaderSlice::from_slice(packet).map_err(|error| match error {
        err::ipv6::HeaderSliceError::Len(_) => Skip::CutShort,
        err::ipv6::HeaderSliceError::Content(_) => Skip::Malformed,
    })?;
    let addresses = Addresses::V6(header.source(), header.destination());
    behind_extensions(header.next_header(), &packet[header.slice().len()..], addresses)
}

/// Goes through extension headers, as many as there are, to TCP.
///
/// Header by header, because the crate's iterator over a lax list of them trusts that the list was not cut.
fn behind_extensions(
    mut next: IpNumber,
    mut rest: &[u8],
    addresses: Addresses,
) -> Result<Segment, Skip> {
    loop {
        let length;
        match next {
            IpNumber::TCP => return tcp(addresses, rest),
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
            _ => return Err(Skip::NotTcp),
        }
        rest = &rest[length..];
    }
}

/// Reads as much of a TCP header as the flow rules need.
fn tcp(addresses: Addresses, header: &[u8]) -> Result<Segment, Skip> {
    let &[s0, s1, d0, d1, n0, n1, n2, n3, a0, a1, a2, a3, offset, flags] =
        header.first_chunk::<14>().ok_or(Skip::CutShort)?;
    // The header's own length in words of four bytes; five is the least.
    if offset >> 4 < 5 {
        return Err(Skip::Malformed);
    }
    Ok(Segment {
        addresses,
        source_port: u16::from_be_bytes([s0, s1]),
        destination_port: u16::from_be_bytes([d0, d1]),
        sequence: u32::from_be_bytes([n0, n1, n2, n3]),
        acknowledgment: u32::from_be_bytes([a0, a1, a2, a3]),
        flags: Flags(flags),
    })
}
