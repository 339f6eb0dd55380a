//! Puts packets into frames and tunnels, byte by byte, from the RFCs and with none of the reader's code.

use crate::build::{ethernet, ipv4, ipv6};

/// What a packet is put into: a name, and the packet around it.
pub(crate) type Wrap = (&'static str, fn(&[u8]) -> Vec<u8>);

fn protocol(inner: &[u8]) -> u8 {
    if inner[0] >> 4 == 4 { 4 } else { 41 }
}

pub(crate) fn ether_type(inner: &[u8]) -> u16 {
    if inner[0] >> 4 == 4 { 0x0800 } else { 0x86DD }
}

fn framed(inner: &[u8]) -> Vec<u8> {
    ethernet(ether_type(inner), inner)
}

fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let length = (8 + payload.len()) as u16;
    [&50_000_u16.to_be_bytes()[..], &port.to_be_bytes(), &length.to_be_bytes(), &[0, 0], payload]
        .concat()
}

fn gre(flags: u16, number: u16, optional: &[u8], payload: &[u8]) -> Vec<u8> {
    let header = [&flags.to_be_bytes()[..], &number.to_be_bytes(), optional, payload].concat();
    ipv4(7, 8, 47, 0, &header)
}

/// A PPP frame as it stands in a tunnel: without address and control.
fn ppp(inner: &[u8]) -> Vec<u8> {
    [if inner[0] >> 4 == 4 { &[0x00, 0x21][..] } else { &[0x00, 0x57] }, inner].concat()
}

/// Every tunnel that is read: IP in, IP out.
pub(crate) const TUNNELS: [Wrap; 17] = [
    ("IP in IPv4", |inner| ipv4(7, 8, protocol(inner), 0, inner)),
    ("IP in IPv6", |inner| ipv6(7, 8, protocol(inner), inner)),
    ("GRE", |inner| gre(0, ether_type(inner), &[], inner)),
    ("GRE with every field", |inner| gre(0xB000, ether_type(inner), &[9; 12], inner)),
    ("GRE in IPv6", |inner| {
        ipv6(7, 8, 47, &[&[0, 0][..], &ether_type(inner).to_be_bytes(), inner].concat())
    }),
    ("NVGRE", |inner| gre(0x2000, 0x6558, &[0, 1, 2, 3], &framed(inner))),
    ("PPTP", |inner| gre(0x3001, 0x880B, &[0, 9, 0, 1, 0, 0, 0, 7], &ppp(inner))),
    ("PPTP with acknowledgment", |inner| gre(0x3081, 0x880B, &[7; 12], &ppp(inner))),
    ("VXLAN", |inner| {
        ipv4(7, 8, 17, 0, &udp(4789, &[&[8, 0, 0, 0, 0, 0, 1, 0], &framed(inner)[..]].concat()))
    }),
    ("VXLAN in IPv6, Linux", |inner| {
        ipv6(7, 8, 17, &udp(8472, &[&[8, 0, 0, 0, 0, 0, 1, 0], &framed(inner)[..]].concat()))
    }),
    ("VXLAN with a tag", |inner| {
        let tagged = [&[0, 7][..], &ether_type(inner).to_be_bytes(), inner].concat();
        let frame = ethernet(0x8100, &tagged);
        ipv4(7, 8, 17, 0, &udp(4789, &[&[8, 0, 0, 0, 0, 0, 1, 0], &frame[..]].concat()))
    }),
    ("Geneve", |inner| {
        ipv4(
            7,
            8,
            17,
            0,
            &udp(6081, &[&[0, 0, 0x65, 0x58, 0, 0, 1, 0], &framed(inner)[..]].concat()),
        )
    }),
    ("Geneve of IP with options", |inner| {
        let [high, low] = ether_type(inner).to_be_bytes();
        let header = [2, 0, high, low, 0, 0, 1, 0, 1, 2, 3, 1, 5, 6, 7, 8];
        ipv4(7, 8, 17, 0, &udp(6081, &[&header[..], inner].concat()))
    }),
    ("GTP-U", |inner| {
        let [high, low] = (inner.len() as u16).to_be_bytes();
        ipv4(7, 8, 17, 0, &udp(2152, &[&[0x30, 0xFF, high, low, 0, 0, 0, 5], inner].concat()))
    }),
    ("GTP-U with a sequence number", |inner| {
        let [high, low] = (4 + inner.len() as u16).to_be_bytes();
        let header = [0x32, 0xFF, high, low, 0, 0, 0, 5, 0, 1, 0, 0];
        ipv4(7, 8, 17, 0, &udp(2152, &[&header[..], inner].concat()))
    }),
    ("GTP-U with extension headers", |inner| {
        let [high, low] = (16 + inner.len() as u16).to_be_bytes();
        // 0x85 is a PDU session container of one word, 0xC0 a PDCP number, of two words here.
        let header = [0x34, 0xFF, high, low, 0, 0, 0, 5, 0, 0, 0, 0x85];
        let extensions = [1, 0, 0, 0xC0, 2, 0, 0, 0, 0, 0, 0, 0];
        ipv4(7, 8, 17, 0, &udp(2152, &[&header[..], &extensions, inner].concat()))
    }),
    ("MPLS in IP", |inner| ipv4(7, 8, 137, 0, &[&[0, 1, 1, 64], inner].concat())),
];

/// Every link type and what may stand behind it: IP in, a frame out.
pub(crate) const LINKS: [(u16, Wrap); 29] = [
    (0, ("null", |inner| [&[if inner[0] >> 4 == 4 { 2 } else { 24 }, 0, 0, 0], inner].concat())),
    (0, ("null of IPv4 whatever follows", |inner| [&[2, 0, 0, 0], inner].concat())),
    (108, ("loop", |inner| [&[0, 0, 0, if inner[0] >> 4 == 4 { 2 } else { 30 }], inner].concat())),
    (1, ("Ethernet", framed)),
    (
        1,
        ("one tag", |inner| {
            ethernet(0x8100, &[&[0, 1], &ether_type(inner).to_be_bytes()[..], inner].concat())
        }),
    ),
    (
        1,
        ("two tags", |inner| {
            let tags = [0, 1, 0x81, 0, 0, 2];
            ethernet(0x88A8, &[&tags, &ether_type(inner).to_be_bytes()[..], inner].concat())
        }),
    ),
    (
        1,
        ("SNAP", |inner| {
            let llc = [0xAA, 0xAA, 3, 0, 0, 0];
            let length = (8 + inner.len()).min(1500) as u16;
            ethernet(length, &[&llc, &ether_type(inner).to_be_bytes()[..], inner].concat())
        }),
    ),
    (1, ("MPLS", |inner| ethernet(0x8847, &[&[0, 1, 1, 64], inner].concat()))),
    (
        1,
        ("three labels of MPLS", |inner| {
            ethernet(0x8847, &[&[0, 1, 0, 64, 0, 2, 0, 64, 0, 3, 1, 64], inner].concat())
        }),
    ),
    (
        1,
        ("a tag and PPPoE", |inner| {
            let [high, low] = (2 + inner.len() as u16).to_be_bytes();
            let header = [0, 1, 0x88, 0x64, 0x11, 0, 0, 9, high, low];
            ethernet(0x8100, &[&header[..], &ppp(inner)].concat())
        }),
    ),
    (
        1,
        ("PPPoE", |inner| {
            let [high, low] = (2 + inner.len() as u16).to_be_bytes();
            ethernet(0x8864, &[&[0x11, 0, 0, 9, high, low], &ppp(inner)[..]].concat())
        }),
    ),
    (
        1,
        ("PPPoE and MPLS", |inner| {
            let [high, low] = (6 + inner.len() as u16).to_be_bytes();
            let header = [0x11, 0, 0, 9, high, low, 0x02, 0x81, 0, 1, 1, 64];
            ethernet(0x8864, &[&header[..], inner].concat())
        }),
    ),
    (9, ("PPP", |inner| [&[0xFF, 3], &ppp(inner)[..]].concat())),
    (9, ("PPP without address", ppp)),
    (9, ("PPP with a short protocol", |inner| [&[0xFF, 3], &ppp(inner)[1..]].concat())),
    (50, ("PPP over a serial line", |inner| [&[0xFF, 3], &ppp(inner)[..]].concat())),
    (
        51,
        ("PPPoE alone", |inner| {
            let [high, low] = (2 + inner.len() as u16).to_be_bytes();
            [&[0x11, 0, 0, 9, high, low], &ppp(inner)[..]].concat()
        }),
    ),
    (12, ("raw", <[u8]>::to_vec)),
    (101, ("raw IP", <[u8]>::to_vec)),
    (105, ("802.11", |inner| wifi(0x08, 0x01, &[], inner))),
    (105, ("802.11 with four addresses", |inner| wifi(0x08, 0x03, &[6; 6], inner))),
    (105, ("802.11 with QoS", |inner| wifi(0x88, 0x02, &[5, 0], inner))),
    (105, ("802.11 with QoS and HT", |inner| wifi(0x88, 0x81, &[5, 0, 1, 2, 3, 4], inner))),
    (
        105,
        ("802.11 with everything", |inner| {
            wifi(0x88, 0x83, &[6, 6, 6, 6, 6, 6, 5, 0, 1, 2, 3, 4], inner)
        }),
    ),
    (
        127,
        ("radiotap", |inner| {
            [&[0, 0, 8, 0, 0, 0, 0, 0], &wifi(0x08, 0x01, &[], inner)[..]].concat()
        }),
    ),
    (
        127,
        ("radiotap with a clock and padding", |inner| {
            // Two presence words, the clock at 16, the flags behind it.
            let mut header = vec![0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0];
            header.extend([1, 2, 3, 4, 5, 6, 7, 8, 0x20]);
            [&header[..], &wifi(0x88, 0x02, &[5, 0, 0, 0], inner)].concat()
        }),
    ),
    (
        113,
        ("Linux cooked", |inner| [&[0; 14], &ether_type(inner).to_be_bytes()[..], inner].concat()),
    ),
    (
        276,
        ("Linux cooked 2", |inner| {
            [&ether_type(inner).to_be_bytes()[..], &[0; 18], inner].concat()
        }),
    ),
    (
        276,
        ("Linux cooked 2 with a tag", |inner| {
            let tagged = [&[0, 7], &ether_type(inner).to_be_bytes()[..], inner].concat();
            [&[0x81, 0][..], &[0; 18], &tagged].concat()
        }),
    ),
];

/// A data frame; `more` stands between its header and LLC.
fn wifi(control: u8, flags: u8, more: &[u8], inner: &[u8]) -> Vec<u8> {
    let addresses = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 3]].concat();
    let llc = [0xAA, 0xAA, 3, 0, 0, 0];
    let number = ether_type(inner).to_be_bytes();
    [&[control, flags, 0, 0][..], &addresses, &[0x10, 0], more, &llc, &number, inner].concat()
}
