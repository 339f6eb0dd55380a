//! Which connections are wanted, by host and port.

use std::net::IpAddr;
use std::str::FromStr;

use super::end::{End as _, End4, End6};

/// Lets a segment pass if one of its ends has a wanted address, and one of them a wanted port.
///
/// Written as `host=ADDRESS`, `host=ADDRESS/BITS` and `port=NUMBER`. Several hosts, or several ports, are alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Addresses and masks of IPv4, and of IPv6.
    hosts_4: Vec<(u32, u32)>,
    hosts_6: Vec<(u128, u128)>,
    ports: Vec<u16>,
}

/// A part of a filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "filter: asked for host=ADDRESS, host=ADDRESS/BITS or port=NUMBER; found {found}; {advice}"
)]
pub struct FilterError {
    /// What was found, in words.
    pub found: String,
    /// What to do about it.
    pub advice: &'static str,
}

impl Filter {
    /// Reads the parts of a filter; nothing for no parts.
    ///
    /// # Errors
    ///
    /// A part that names neither a host nor a port.
    pub fn read<'a>(parts: impl IntoIterator<Item = &'a str>) -> Result<Option<Self>, FilterError> {
        let mut filter = Self::default();
        for part in parts {
            let wrong = |advice| FilterError { found: format!("{part:?}"), advice };
            match part.split_once('=') {
                Some(("host", host)) => filter.add_host(host).ok_or_else(|| {
                    wrong("write an address in figures, such as host=10.0.0.1 or host=fd00::/8")
                })?,
                Some(("port", port)) => match u16::from_str(port) {
                    // No connection of TCP has an end at port 0.
                    Ok(port @ 1..) => filter.ports.push(port),
                    Ok(0) | Err(_) => {
                        return Err(wrong("write a port from 1 to 65535, such as port=443"));
                    }
                },
                _ => return Err(wrong("begin it with host= or port=")),
            }
        }
        Ok((filter != Self::default()).then_some(filter))
    }

    fn add_host(&mut self, host: &str) -> Option<()> {
        let (address, bits) = match host.split_once('/') {
            Some((address, bits)) => (address, Some(u32::from_str(bits).ok()?)),
            None => (host, None),
        };
        let (address, bits) = match IpAddr::from_str(address).ok()? {
            // `::ffff:1.2.3.4` is how systems write an address of IPv4; no packet of IPv6 has it.
            IpAddr::V6(address) if bits.is_none_or(|bits| (96..=128).contains(&bits)) => {
                match address.to_ipv4_mapped() {
                    Some(address) => (IpAddr::V4(address), bits.map(|bits| bits - 96)),
                    None => (IpAddr::V6(address), bits),
                }
            }
            address => (address, bits),
        };
        match address {
            IpAddr::V4(address) => {
                let bits = bits.unwrap_or(32);
                let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits)?).unwrap_or(0);
                self.hosts_4.push((u32::from(address) & mask, mask));
            }
            IpAddr::V6(address) => {
                let bits = bits.unwrap_or(128);
                let mask = u128::MAX.checked_shl(128_u32.checked_sub(bits)?).unwrap_or(0);
                self.hosts_6.push((u128::from(address) & mask, mask));
            }
        }
        Some(())
    }

    pub(super) fn admits_4(&self, a: End4, b: End4) -> bool {
        let wanted = |end: End4| self.hosts_4.iter().any(|(net, mask)| end.bits() & mask == *net);
        self.admits(wanted(a) || wanted(b), a.port(), b.port())
    }

    pub(super) fn admits_6(&self, a: End6, b: End6) -> bool {
        let wanted = |end: End6| self.hosts_6.iter().any(|(net, mask)| end.bits() & mask == *net);
        self.admits(wanted(a) || wanted(b), a.port(), b.port())
    }

    fn admits(&self, host: bool, a: u16, b: u16) -> bool {
        let any_host = self.hosts_4.is_empty() && self.hosts_6.is_empty();
        let port = self.ports.is_empty() || self.ports.contains(&a) || self.ports.contains(&b);
        (host || any_host) && port
    }
}
