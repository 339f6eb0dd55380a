//! From the first byte of a frame to the innermost TCP header, one header after the other.
//!
//! Algorithm: a loop over "what do these bytes begin with"; each header says what stands behind it. Nothing recurses, and
//! each step leaves bytes behind, so a frame of nested headers costs its own length.
//! Full: at most [`DEPTH`] tunnels are opened inside each other; a packet with more is counted as [`Skip::TooDeep`].

use super::counts::Skip;
use super::ip::{self, Inside, Packet};
use super::{link, ppp, tunnel, wifi};

/// How many tunnels inside each other are opened.
pub(super) const DEPTH: u32 = 8;

/// What a stretch of bytes begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// A family word in either byte order, then IP.
    Loopback,
    Ethernet,
    LinuxCooked,
    LinuxCooked2,
    /// What this Ethernet type announces; up to 1,500 it is a length, and LLC follows.
    EtherType(u16),
    /// IP at once, the version in its first byte.
    Ip,
    Ipv4,
    Ipv6,
    Mpls,
    Ppp,
    Pppoe,
    /// A frame of 802.11; with `padded`, its header is followed by up to three bytes.
    Wifi {
        padded: bool,
    },
    Radiotap,
}

/// What stands behind a header, and its bytes.
pub(super) type Behind<'a> = Result<(Layer, &'a [u8]), Skip>;

/// The innermost segment of a frame, or why there is none; and how many tunnels it is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) packet: Result<Packet, Skip>,
    pub(super) tunnels: u32,
    /// A tunnel that is not opened, by name.
    pub(super) unopened: Option<&'static str>,
}

impl Layer {
    /// Finds the innermost TCP header in a frame, or says why there is none.
    pub(super) fn innermost(self, frame: &[u8]) -> Found {
        let mut found = Found { packet: Err(Skip::NotTcp), tunnels: 0, unopened: None };
        found.packet = innermost(self, frame, &mut found);
        found
    }
}

fn innermost(mut layer: Layer, mut rest: &[u8], found: &mut Found) -> Result<Packet, Skip> {
    loop {
        (layer, rest) = match layer {
            Layer::Ipv4 | Layer::Ipv6 => {
                let inside =
                    if layer == Layer::Ipv4 { ip::version_4(rest) } else { ip::version_6(rest) };
                match inside? {
                    Inside::Tcp(packet) => return Ok(packet),
                    Inside::Other(protocol, payload) => {
                        let behind = tunnel::behind(protocol, payload).inspect_err(|_| {
                            found.unopened = tunnel::unopened(protocol, payload)
                        })?;
                        found.tunnels += 1;
                        if found.tunnels > DEPTH {
                            return Err(Skip::TooDeep);
                        }
                        behind
                    }
                }
            }
            Layer::Ip => match rest.first().ok_or(Skip::CutShort)? >> 4 {
                4 => (Layer::Ipv4, rest),
                6 => (Layer::Ipv6, rest),
                _ => return Err(Skip::NotIp),
            },
            Layer::Ethernet => match layer.plain_4(rest) {
                // What a tunnel holds is mostly of the commonest form.
                Some(sent) => return Ok(Packet::V4(sent)),
                None => link::ethernet(rest)?,
            },
            Layer::EtherType(number) => link::ether_type(number, rest)?,
            Layer::LinuxCooked => link::cooked(rest, 14, 16)?,
            Layer::LinuxCooked2 => link::cooked(rest, 0, 20)?,
            Layer::Loopback => link::loopback(rest)?,
            Layer::Mpls => link::mpls(rest)?,
            Layer::Ppp => ppp::frame(rest)?,
            Layer::Pppoe => ppp::over_ethernet(rest)?,
            Layer::Wifi { padded } => wifi::frame(rest, padded)?,
            Layer::Radiotap => wifi::radiotap(rest)?,
        };
    }
}
