//! End: an endpoint in the form that flows are looked up by.

use crate::source::Endpoint;
use std::hash::Hash;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An end in a form that is short, ordered and quick to hash.
pub(super) trait End: Copy + Ord + Hash {
    fn endpoint(self) -> Endpoint;
    fn port(self) -> u16;
}

/// Address and port in the lower 48 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct End4(u64);

impl End4 {
    #[inline]
    pub(super) fn new(address: [u8; 4], port: u16) -> Self {
        Self(u64::from(u32::from_be_bytes(address)) << 16 | u64::from(port))
    }

    pub(super) const fn bits(self) -> u32 {
        (self.0 >> 16) as u32
    }
}

impl End for End4 {
    fn endpoint(self) -> Endpoint {
        let [_, _, a, b, c, d, ..] = self.0.to_be_bytes();
        Endpoint { address: Ipv4Addr::new(a, b, c, d).into(), port: self.port() }
    }

    fn port(self) -> u16 {
        self.0 as u16
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct End6([u64; 2], u16);

impl End6 {
    #[inline]
    pub(super) fn new(address: [u8; 16], port: u16) -> Self {
        let bits = u128::from_be_bytes(address);
        Self([(bits >> 64) as u64, bits as u64], port)
    }

    pub(super) const fn bits(self) -> u128 {
        (self.0[0] as u128) << 64 | self.0[1] as u128
    }
}

impl End for End6 {
    fn endpoint(self) -> Endpoint {
        Endpoint { address: Ipv6Addr::from_bits(self.bits()).into(), port: self.1 }
    }

    fn port(self) -> u16 {
        self.1
    }
}
