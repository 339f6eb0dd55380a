//! Names: what `WskGetAddressInfo` finds. Literal addresses and numbers of ports only; no name service is simulated.

use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, AF_INET6, Address};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What `Hints` ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// `ai_family`; 0 takes either.
    pub family: u32,
    /// A reserved member is set.
    pub reserved: bool,
}

/// What `WskGetAddressInfo` is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'q> {
    /// `NodeName`; `None` for the wildcard.
    pub node: Option<&'q str>,
    /// `ServiceName`; `None` for port 0.
    pub service: Option<&'q str>,
    /// What `Hints` ask for.
    pub hints: Hints,
}

/// The address that a name stands for.
///
/// # Errors
///
/// `INVALID_PARAMETER`: neither name is given, or a reserved member of the hints is set. `NOT_FOUND`: it is no literal
/// address of that family, or the service no number of a port (1.9).
pub fn resolve(question: &Question<'_>) -> Result<Address, NtStatus> {
    let Question { node, service, hints } = *question;
    if node.is_none() && service.is_none() || hints.reserved {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let port = match service {
        None | Some("") => 0,
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.trim_start_matches('0').parse::<u16>().or_else(|_| {
                if text.bytes().all(|byte| byte == b'0') { Ok(0) } else { Err(NtStatus::NOT_FOUND) }
            })?
        }
        Some(_) => return Err(NtStatus::NOT_FOUND),
    };
    let wildcard = if hints.family == u32::from(AF_INET6) { "::" } else { "0.0.0.0" };
    let text = node.unwrap_or(wildcard);
    let found = if text.contains(':') {
        let host: Ipv6Addr = text.parse().map_err(|_| NtStatus::NOT_FOUND)?;
        Address::new(AF_INET6, &host.octets(), port)
    } else {
        let host: Ipv4Addr = text.parse().map_err(|_| NtStatus::NOT_FOUND)?;
        Address::new(AF_INET, &host.octets(), port)
    };
    found
        .filter(|found| hints.family == 0 || hints.family == u32::from(found.family()))
        .ok_or(NtStatus::NOT_FOUND)
}
