//! Tunnels in IP: what an IP packet carries besides TCP, where that is another packet.
//!
//! Source: RFC 2003, 2473 and 4213 for IP in IP; RFC 2784, 2890, 2637 and 7637 for GRE and NVGRE; RFC 7348 for VXLAN;
//! RFC 8926 for Geneve; 3GPP TS 29.281 for GTP-U; RFC 4023 for MPLS in IP.
//! A datagram to the port of a tunnel whose header does not look like that tunnel's is no tunnel.

use etherparse::{EtherType, IpNumber};

use super::counts::Skip;
use super::layer::{Behind, Layer};
use super::{ip, link};

const UDP_HEADER: usize = 8;
const VXLAN: u16 = 4789;
/// What Linux took before a port was assigned.
const LINUX_VXLAN: u16 = 8472;
/// The flag of every header of VXLAN.
const NETWORK_IS_VALID: u8 = 0x08;
/// UDP, VXLAN, and Ethernet.
const VXLAN_HEADERS: usize = UDP_HEADER + 8 + 14;
/// What a mirror of Ethernet calls itself in GRE; it is not opened.
const ERSPAN: [u16; 2] = [0x88BE, 0x22EB];
const GENEVE: u16 = 6081;
const GTP_USER: u16 = 2152;

/// Opens a tunnel whose outer packet has the commonest form: IPv4 without options, and no later fragment. Gives the
/// Ethernet type of what it holds, where that is IP at once or behind one header of Ethernet.
#[inline(always)]
pub(super) fn plain(packet: &[u8]) -> Option<(EtherType, &[u8])> {
    const UDP: u8 = IpNumber::UDP.0;
    let (protocol, payload) = ip::plain_other(packet)?;
    // The headers of VXLAN have one length, so they are looked at together.
    if protocol == UDP
        && let Some((headers, inside)) = payload.split_first_chunk::<VXLAN_HEADERS>()
        && is_vxlan(u16::from_be_bytes([headers[2], headers[3]]))
        && headers[UDP_HEADER] & NETWORK_IS_VALID != 0
    {
        return Some((EtherType(u16::from_be_bytes([headers[28], headers[29]])), inside));
    }
    plain_behind(IpNumber(protocol), payload)
}

fn plain_behind(protocol: IpNumber, payload: &[u8]) -> Option<(EtherType, &[u8])> {
    match behind(protocol, payload).ok()? {
        (Layer::Ethernet, frame) => match link::ethernet(frame).ok()? {
            (Layer::EtherType(number), packet) => Some((EtherType(number), packet)),
            _ => None,
        },
        (Layer::EtherType(number), packet) => Some((EtherType(number), packet)),
        (Layer::Ipv4, packet) => Some((EtherType::IPV4, packet)),
        (Layer::Ipv6, packet) => Some((EtherType::IPV6, packet)),
        _ => None,
    }
}

const fn is_vxlan(port: u16) -> bool {
    matches!(port, VXLAN | LINUX_VXLAN)
}

/// Goes behind the header of a tunnel.
pub(super) fn behind(protocol: IpNumber, payload: &[u8]) -> Behind<'_> {
    match protocol {
        IpNumber::IPV4 => Ok((Layer::Ipv4, payload)),
        IpNumber::IPV6 => Ok((Layer::Ipv6, payload)),
        IpNumber::GRE => gre(payload),
        IpNumber::UDP => udp(payload),
        IpNumber::MPLS_IN_IP => Ok((Layer::Mpls, payload)),
        _ => Err(Skip::NotTcp),
    }
}

fn udp(datagram: &[u8]) -> Behind<'_> {
    let (&[_, _, high, low, ..], payload) =
        datagram.split_first_chunk::<UDP_HEADER>().ok_or(Skip::NotTcp)?;
    match u16::from_be_bytes([high, low]) {
        port if is_vxlan(port) => vxlan(payload),
        GENEVE => geneve(payload),
        GTP_USER => gtp(payload),
        _ => Err(Skip::NotTcp),
    }
}

/// GRE, with Ethernet inside for NVGRE; the enhanced GRE of PPTP has version 1 and PPP inside.
fn gre(packet: &[u8]) -> Behind<'_> {
    const CHECKSUM: u8 = 0x80;
    const ROUTING: u8 = 0x40;
    const KEY: u8 = 0x20;
    const SEQUENCE: u8 = 0x10;
    const ACKNOWLEDGMENT: u8 = 0x80;
    const PPP: u16 = 0x880B;
    let &[flags, version, high, low] = packet.first_chunk().ok_or(Skip::CutShort)?;
    let number = u16::from_be_bytes([high, low]);
    if ERSPAN.contains(&number) {
        return Err(Skip::NotIp);
    }
    let optional = |bit| if flags & bit == 0 { 0 } else { 4 };
    let length = match version & 7 {
        0 if flags & ROUTING == 0 => 4 + optional(CHECKSUM) + optional(KEY) + optional(SEQUENCE),
        // Without a sequence number it is an acknowledgment, and holds nothing.
        1 if number == PPP && flags & SEQUENCE != 0 => {
            12 + if version & ACKNOWLEDGMENT == 0 { 0 } else { 4 }
        }
        _ => return Err(Skip::NotTcp),
    };
    Ok((Layer::EtherType(number), packet.get(length..).ok_or(Skip::CutShort)?))
}

/// Names the tunnel that an IP packet seems to hold, and that is not opened.
pub(super) fn unopened(protocol: IpNumber, payload: &[u8]) -> Option<&'static str> {
    match protocol {
        IpNumber::GRE => {
            let &[_, _, high, low] = payload.first_chunk()?;
            ERSPAN.contains(&u16::from_be_bytes([high, low])).then_some("ERSPAN")
        }
        IpNumber::ETHER_IP => Some("EtherIP"),
        IpNumber::LAYER2_TUNNELING_PROTOCOL => Some("L2TP"),
        IpNumber::UDP => {
            let (&[source_high, source_low, high, low, ..], inside) =
                payload.split_first_chunk::<UDP_HEADER>()?;
            let port = u16::from_be_bytes([high, low]);
            match (port, inside) {
                // The flags of a valid network, and of a protocol that is named.
                (4790, [flags, ..]) if flags & 0x0C == 0x0C => Some("VXLAN-GPE"),
                // Version 2, and data, which have no bit of control.
                (1701, [flags, version, ..]) if flags & 0x80 == 0 && version & 0x0F == 2 => {
                    Some("L2TP")
                }
                (6635, [_, ..]) => Some("MPLS over UDP"),
                // An IPv6 packet, perhaps behind what tells the port of a client.
                _ if (port == 3544 || u16::from_be_bytes([source_high, source_low]) == 3544)
                    && matches!(inside, [0x60, ..] | [0, 0 | 1, ..]) =>
                {
                    Some("Teredo")
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Eight bytes, then Ethernet.
fn vxlan(packet: &[u8]) -> Behind<'_> {
    let &[flags, ..] = packet.first_chunk::<1>().ok_or(Skip::CutShort)?;
    if flags & NETWORK_IS_VALID == 0 {
        return Err(Skip::NotTcp);
    }
    Ok((Layer::Ethernet, packet.get(8..).ok_or(Skip::CutShort)?))
}

/// Eight bytes and options, then what the Ethernet type among them says.
fn geneve(packet: &[u8]) -> Behind<'_> {
    let &[first, _, high, low] = packet.first_chunk().ok_or(Skip::CutShort)?;
    if first >> 6 != 0 {
        return Err(Skip::NotTcp);
    }
    let options = usize::from(first & 0x3F) * 4;
    let payload = packet.get(8 + options..).ok_or(Skip::CutShort)?;
    Ok((Layer::EtherType(u16::from_be_bytes([high, low])), payload))
}

/// Version 1 of GTP for user data: eight bytes, four more if one of three flags is set, extension headers, then IP.
fn gtp(packet: &[u8]) -> Behind<'_> {
    const VERSION_AND_TYPE: u8 = 0xF0;
    const USER_DATA: u8 = 0xFF;
    const LONGER: u8 = 0x07;
    const EXTENDED: u8 = 0x04;
    let &[flags, message] = packet.first_chunk().ok_or(Skip::CutShort)?;
    if flags & VERSION_AND_TYPE != 0x30 || message != USER_DATA {
        return Err(Skip::NotTcp);
    }
    let mut length = if flags & LONGER == 0 { 8 } else { 12 };
    let mut rest = packet.get(length..).ok_or(Skip::CutShort)?;
    // The last byte of each header, these four among them, says what the next one is.
    let mut next = if flags & EXTENDED == 0 { 0 } else { packet[length - 1] };
    while next != 0 {
        length = usize::from(*rest.first().ok_or(Skip::CutShort)?) * 4;
        if length == 0 {
            return Err(Skip::Malformed);
        }
        let (header, behind) = rest.split_at_checked(length).ok_or(Skip::CutShort)?;
        (next, rest) = (header[length - 1], behind);
    }
    Ok((Layer::Ip, rest))
}
