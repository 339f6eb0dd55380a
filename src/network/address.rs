//! Address: an IPv4 or IPv6 host and a port.

use std::hash::{Hash, Hasher};

/// `AF_INET`.
pub const AF_INET: u16 = 2;
/// `AF_INET6`.
pub const AF_INET6: u16 = 23;

/// A transport address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    family: u16,
    host: [u8; 16],
    port: u16,
}

impl Hash for Address {
    /// In words: a slice would be hashed with its length, and by a loop.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_ne_bytes(self.host));
        state.write_u32(u32::from(self.family) << 16 | u32::from(self.port));
    }
}

impl Address {
    /// An address of a known family with as many host bytes as it has; `None` for anything else.
    #[must_use]
    pub fn new(family: u16, host: &[u8], port: u16) -> Option<Self> {
        let length = match family {
            AF_INET => 4,
            AF_INET6 => 16,
            _ => return None,
        };
        if host.len() != length {
            return None;
        }
        let mut bytes = [0; 16];
        bytes[..length].copy_from_slice(host);
        Some(Self { family, host: bytes, port })
    }

    /// `AF_INET` or `AF_INET6`.
    #[must_use]
    pub const fn family(&self) -> u16 {
        self.family
    }

    /// The 4 or 16 bytes of the host.
    #[must_use]
    pub fn host(&self) -> &[u8] {
        &self.host[..if self.family == AF_INET { 4 } else { 16 }]
    }

    /// The port, in host order; 0 asks for any.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The same host with another port.
    #[must_use]
    pub const fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Whether the host is the wildcard.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.host == [0; 16]
    }

    /// The wildcard with the same family and port; `None` if this is it.
    #[must_use]
    pub fn wildcard(&self) -> Option<Self> {
        (!self.is_wildcard()).then_some(Self { host: [0; 16], ..*self })
    }

    /// Whether the host is this machine in any case.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        if self.family == AF_INET {
            self.host[0] == 127
        } else {
            self.host[..15] == [0; 15] && self.host[15] == 1
        }
    }

    /// Whether every host of the network is meant.
    #[must_use]
    pub fn is_broadcast(&self) -> bool {
        self.family == AF_INET && self.host[..4] == [255; 4]
    }

    /// Whether a group is meant.
    #[must_use]
    pub fn is_multicast(&self) -> bool {
        if self.family == AF_INET { self.host[0] >> 4 == 14 } else { self.host[0] == 255 }
    }

    /// The address from which `machine` reaches this one (L-15); the machines' own addresses are of
    /// the ranges for documentation.
    #[must_use]
    pub fn source(&self, machine: u8, port: u16) -> Self {
        let [loopback, own] = self.sources(machine);
        if self.is_loopback() { loopback.with_port(port) } else { own.with_port(port) }
    }

    /// The hosts as which `machine` reaches others of this family: itself, and all others (L-15).
    #[must_use]
    pub fn sources(&self, machine: u8) -> [Self; 2] {
        let (mut loopback, mut own) = ([0; 16], [0; 16]);
        if self.family == AF_INET {
            loopback[..4].copy_from_slice(&[127, 0, 0, 1]);
            own[..4].copy_from_slice(&[192, 0, 2, machine]);
        } else {
            loopback[15] = 1;
            own[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
            own[15] = machine;
        }
        [loopback, own].map(|host| Self { family: self.family, host, port: 0 })
    }

    /// How many crowds there are.
    pub const CROWDS: usize = 4;

    /// Which crowd reaches this address: those of the two families, and of this machine itself.
    #[must_use]
    pub fn crowd_of(&self) -> usize {
        usize::from(self.family == AF_INET) + 2 * usize::from(self.is_loopback())
    }

    /// The address from which host `number` of its crowd reaches this one: the first is `machine`'s, the others have the
    /// ranges for benchmarks (RFC 2544, RFC 5180), and of the loopback net where that is meant; IPv6 has no net of it.
    #[must_use]
    pub fn crowd(&self, machine: u8, number: u32) -> Self {
        if number == 0 {
            return self.source(machine, 0);
        }
        let mut host = [0; 16];
        let [_, high, middle, low] = number.to_be_bytes();
        if self.family == AF_INET {
            let net = if self.is_loopback() { [127, 1] } else { [198, 18] };
            host[..4].copy_from_slice(&[net[0], net[1] + high, middle, low]);
        } else {
            host[..6].copy_from_slice(&[0x20, 0x01, 0x00, 0x02, 0x00, 0x00]);
            host[13..].copy_from_slice(&[high, middle, low]);
        }
        Self { family: self.family, host, port: 0 }
    }
}
