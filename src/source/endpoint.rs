//! Endpoint: one end of a connection of the world outside, an address and a port, as users see it.

use std::fmt;
use std::net::IpAddr;

/// Names one end of a connection; written as `address|port`, IPv6 addresses in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// The address.
    pub address: IpAddr,
    /// The TCP port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}|{}", self.address, self.port)
    }
}
