//! A slow reader of frames, written from the RFCs: it recurses, knows nothing of the product's, and is the oracle of the
//! property tests. It says which segment a frame carries, or under which reason none is found.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Source, destination, flags.
pub(crate) type Seen = Result<((IpAddr, u16), (IpAddr, u16), u8), &'static str>;

const CUT: Seen = Err("cut short");
const MALFORMED: Seen = Err("malformed");
const NOT_IP: Seen = Err("not IP");
const NOT_TCP: Seen = Err("not TCP");

/// Sixteen bits at a place, from the most significant byte.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from(*bytes.get(at)?) << 8 | u16::from(*bytes.get(at + 1)?))
}

pub(crate) fn frame(link: u16, bytes: &[u8]) -> Seen {
    match link {
        0 | 108 if bytes.len() < 4 => CUT,
        0 | 108 => {
            let family = match bytes {
                [family, 0, 0, 0, ..] | [0, 0, 0, family, ..] => *family,
                _ => 0,
            };
            if [2, 10, 24, 28, 30].contains(&family) { any_ip(&bytes[4..], 0) } else { NOT_IP }
        }
        1 => ethernet(bytes, 0),
        9 | 50 => ppp(bytes, 0),
        51 => pppoe(bytes, 0),
        12 | 14 | 101 => any_ip(bytes, 0),
        228 => ipv4(bytes, 0),
        229 => ipv6(bytes, 0),
        105 => wifi(bytes, false),
        127 => radiotap(bytes),
        113 if bytes.len() < 16 => CUT,
        113 => typed(u16_at(bytes, 14).unwrap(), &bytes[16..], 0),
        276 if bytes.len() < 20 => CUT,
        276 => typed(u16_at(bytes, 0).unwrap(), &bytes[20..], 0),
        _ => panic!("link type {link}"),
    }
}

fn ethernet(bytes: &[u8], depth: u32) -> Seen {
    if bytes.len() < 14 {
        return CUT;
    }
    typed(u16_at(bytes, 12).unwrap(), &bytes[14..], depth)
}

fn typed(number: u16, bytes: &[u8], depth: u32) -> Seen {
    match number {
        0..=1500 => {
            // Only SNAP is read; as much of it as there is has to look like it.
            for (at, wanted) in
                [[0xAA, 0xAA], [0xAA, 0xAA], [3, 3], [0, 0], [0, 0], [0, 0xF8]].iter().enumerate()
            {
                match bytes.get(at) {
                    None => return CUT,
                    Some(byte) if !wanted.contains(byte) => return NOT_IP,
                    Some(_) => {}
                }
            }
            match u16_at(bytes, 6) {
                Some(number) => typed(number, &bytes[8..], depth),
                None => CUT,
            }
        }
        0x0800 => ipv4(bytes, depth),
        0x86DD => ipv6(bytes, depth),
        0x8100 | 0x88A8 | 0x9100 => match u16_at(bytes, 2) {
            Some(number) => typed(number, &bytes[4..], depth),
            None => CUT,
        },
        0x8847 | 0x8848 => labels(bytes, depth),
        0x8864 => pppoe(bytes, depth),
        0x6558 => ethernet(bytes, depth),
        0x880B => ppp(bytes, depth),
        _ => NOT_IP,
    }
}

fn labels(bytes: &[u8], depth: u32) -> Seen {
    if bytes.len() < 4 {
        return CUT;
    }
    let last = bytes[2] % 2 == 1;
    if last { any_ip(&bytes[4..], depth) } else { labels(&bytes[4..], depth) }
}

fn pppoe(bytes: &[u8], depth: u32) -> Seen {
    if bytes.len() < 6 {
        return CUT;
    }
    if bytes[0] != 0x11 {
        return MALFORMED;
    }
    if bytes[1] == 0 { ppp(&bytes[6..], depth) } else { NOT_IP }
}

fn ppp(mut bytes: &[u8], depth: u32) -> Seen {
    if bytes.len() >= 2 && bytes[0] == 0xFF && bytes[1] == 3 {
        bytes = &bytes[2..];
    }
    let Some(&first) = bytes.first() else { return CUT };
    let (number, rest) = if first & 1 == 1 {
        (u16::from(first), &bytes[1..])
    } else {
        match u16_at(bytes, 0) {
            Some(number) => (number, &bytes[2..]),
            None => return CUT,
        }
    };
    match number {
        0x21 => ipv4(rest, depth),
        0x57 => ipv6(rest, depth),
        0x281 | 0x283 => labels(rest, depth),
        _ => NOT_IP,
    }
}

fn wifi(bytes: &[u8], padded: bool) -> Seen {
    if bytes.len() < 2 {
        return CUT;
    }
    let (control, flags) = (bytes[0], bytes[1]);
    if control & 0b11 != 0 {
        return MALFORMED;
    }
    // Type 2 is data; subtypes 4 to 7 and 12 to 15 have no body.
    if control & 0b1100 != 0b1000 || control & 0b0100_0000 != 0 {
        return NOT_IP;
    }
    if flags & 0x40 != 0 {
        return Err("encrypted");
    }
    if bytes.len() < 24 {
        return CUT;
    }
    if bytes[22] & 15 != 0 {
        return Err("IP fragment");
    }
    let mut at = if flags & 3 == 3 { 30 } else { 24 };
    if control & 0x80 != 0 {
        match bytes.get(at) {
            None => return CUT,
            Some(quality) if quality & 0x80 != 0 => return Err("aggregate"),
            Some(_) => at += 2,
        }
        if flags & 0x80 != 0 {
            at += 4;
        }
    }
    while padded && at % 4 != 0 {
        at += 1;
    }
    if bytes.len() < at { CUT } else { typed(0, &bytes[at..], 0) }
}

fn radiotap(bytes: &[u8]) -> Seen {
    if bytes.len() < 8 {
        return CUT;
    }
    let length = usize::from(bytes[2]) + 256 * usize::from(bytes[3]);
    if bytes[0] != 0 || length < 8 {
        return MALFORMED;
    }
    if bytes.len() < length {
        return CUT;
    }
    let header = &bytes[..length];
    // Presence words, as long as their highest bit says that another one follows.
    let mut at = 4;
    while header.get(at + 3).is_some_and(|byte| byte & 0x80 != 0) {
        at += 4;
    }
    at += 4;
    if header[4] & 1 != 0 {
        while at % 8 != 0 {
            at += 1;
        }
        at += 8;
    }
    let padded = header[4] & 2 != 0 && header.get(at).is_some_and(|flags| flags & 0x20 != 0);
    wifi(&bytes[length..], padded)
}

fn any_ip(bytes: &[u8], depth: u32) -> Seen {
    match bytes.first() {
        None => CUT,
        Some(0x40..=0x4F) => ipv4(bytes, depth),
        Some(0x60..=0x6F) => ipv6(bytes, depth),
        Some(_) => NOT_IP,
    }
}

fn ipv4(bytes: &[u8], depth: u32) -> Seen {
    let Some(&first) = bytes.first() else { return CUT };
    let header = usize::from(first % 16) * 4;
    if bytes.len() < 20 {
        return CUT;
    }
    if first / 16 != 4 || header < 20 {
        return MALFORMED;
    }
    if bytes.len() < header {
        return CUT;
    }
    if u16_at(bytes, 6).unwrap() & 0x1FFF != 0 {
        return Err("IP fragment");
    }
    let address = |at: usize| {
        IpAddr::V4(Ipv4Addr::new(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]))
    };
    carried(bytes[9], &bytes[header..], (address(12), address(16)), depth)
}

fn ipv6(bytes: &[u8], depth: u32) -> Seen {
    if bytes.len() < 40 {
        return CUT;
    }
    if bytes[0] / 16 != 6 {
        return MALFORMED;
    }
    let address = |at: usize| {
        let bytes: [u8; 16] = bytes[at..at + 16].try_into().unwrap();
        IpAddr::V6(Ipv6Addr::from(bytes))
    };
    carried(bytes[6], &bytes[40..], (address(8), address(24)), depth)
}

fn carried(protocol: u8, bytes: &[u8], ends: (IpAddr, IpAddr), depth: u32) -> Seen {
    let deeper = |seen: fn(&[u8], u32) -> Seen, bytes: &[u8]| {
        if depth == 8 { Err("nested too deep") } else { seen(bytes, depth + 1) }
    };
    let deeper_typed = |number: u16, bytes: &[u8]| {
        if depth == 8 { Err("nested too deep") } else { typed(number, bytes, depth + 1) }
    };
    match protocol {
        6 => {
            if bytes.len() < 14 {
                return CUT;
            }
            if bytes[12] / 16 < 5 {
                return MALFORMED;
            }
            let port = |at| u16_at(bytes, at).unwrap();
            Ok(((ends.0, port(0)), (ends.1, port(2)), bytes[13]))
        }
        0 | 43 | 60 => {
            let Some(&[next, words]) = bytes.first_chunk() else { return CUT };
            let length = 8 + 8 * usize::from(words);
            if bytes.len() < length { CUT } else { carried(next, &bytes[length..], ends, depth) }
        }
        44 => {
            if bytes.len() < 8 {
                return CUT;
            }
            if u16_at(bytes, 2).unwrap() >> 3 != 0 {
                return Err("IP fragment");
            }
            carried(bytes[0], &bytes[8..], ends, depth)
        }
        51 => {
            if bytes.len() < 12 {
                return CUT;
            }
            if bytes[1] == 0 {
                return MALFORMED;
            }
            let length = 8 + 4 * usize::from(bytes[1]);
            if bytes.len() < length {
                CUT
            } else {
                carried(bytes[0], &bytes[length..], ends, depth)
            }
        }
        4 => deeper(ipv4, bytes),
        41 => deeper(ipv6, bytes),
        137 => deeper(labels, bytes),
        47 => {
            let (Some(flags), Some(number)) = (u16_at(bytes, 0), u16_at(bytes, 2)) else {
                return CUT;
            };
            let words = |mask: u16| (flags & mask).count_ones() as usize;
            let length = match flags & 7 {
                0 if flags & 0x4000 == 0 => 4 + 4 * words(0xB000),
                1 if number == 0x880B && flags & 0x1000 != 0 => 12 + 4 * words(0x0080),
                _ => return NOT_TCP,
            };
            if bytes.len() < length { CUT } else { deeper_typed(number, &bytes[length..]) }
        }
        17 => {
            if bytes.len() < 8 {
                return NOT_TCP;
            }
            let (port, bytes) = (u16_at(bytes, 2).unwrap(), &bytes[8..]);
            match (port, bytes) {
                (4789 | 8472 | 6081 | 2152, []) => CUT,
                (4789 | 8472, [first, ..]) if first & 8 == 0 => NOT_TCP,
                (4789 | 8472, _) => {
                    if bytes.len() < 8 {
                        CUT
                    } else {
                        deeper(ethernet, &bytes[8..])
                    }
                }
                (6081, [first, ..]) => {
                    if bytes.len() < 4 {
                        return CUT;
                    }
                    if *first > 0x3F {
                        return NOT_TCP;
                    }
                    let length = 8 + 4 * usize::from(*first);
                    if bytes.len() < length {
                        return CUT;
                    }
                    deeper_typed(u16_at(bytes, 2).unwrap(), &bytes[length..])
                }
                (2152, [first, rest @ ..]) => {
                    let Some(&message) = rest.first() else { return CUT };
                    if first & 0xF0 != 0x30 || message != 255 {
                        return NOT_TCP;
                    }
                    let mut at = if first & 7 == 0 { 8 } else { 12 };
                    if bytes.len() < at {
                        return CUT;
                    }
                    let mut next = if first & 4 == 0 { 0 } else { bytes[11] };
                    while next != 0 {
                        let Some(&words) = bytes.get(at) else { return CUT };
                        if words == 0 {
                            return MALFORMED;
                        }
                        at += 4 * usize::from(words);
                        if bytes.len() < at {
                            return CUT;
                        }
                        next = bytes[at - 1];
                    }
                    deeper(any_ip, &bytes[at..])
                }
                _ => NOT_TCP,
            }
        }
        _ => NOT_TCP,
    }
}
