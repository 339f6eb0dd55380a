//! Names: what `WskGetAddressInfo` finds, and what `WskGetNameInfo` is asked. Literal addresses and numbers of ports only; no name service is simulated.

use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, AF_INET6, Address};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What `Hints` ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// `ai_family`; 0 takes either.
    pub family: u32,
    /// `ai_addrlen`.
    pub address_length: u64,
    /// `ai_canonname`, `ai_addr` and `ai_next`: which of them are not NULL.
    pub pointers: [bool; 3],
}

impl Hints {
    /// Whether a reserved member is set: only the first four may be.
    fn is_reserved(&self) -> bool {
        self.address_length != 0 || self.pointers.contains(&true)
    }
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
    /// `Result` is not NULL.
    pub result: bool,
    /// `Irp` is not NULL.
    pub irp: bool,
}

/// The address that a name stands for.
///
/// # Errors
///
/// `INVALID_PARAMETER`: neither name is given, a reserved member of the hints is set, or nobody is told what was found
/// (I-15). `NOT_FOUND`: it is no literal
/// address of that family, or the service no number of a port (1.9).
pub fn resolve(question: &Question<'_>) -> Result<Address, NtStatus> {
    let Question { node, service, hints, result, irp } = *question;
    let unasked = node.is_none() && service.is_none();
    if unasked || hints.is_reserved() || !result || !irp {
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

/// What `WskGetNameInfo` is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameQuestion {
    /// `SockAddr`; `None` for NULL, and for what is none.
    pub address: Option<Address>,
    /// `SockAddrLength`.
    pub length: u64,
    /// How many bytes the address takes.
    pub memory: u64,
    /// `NodeName` or `ServiceName` is not NULL.
    pub wanted: bool,
    /// `Irp` is not NULL.
    pub irp: bool,
}

impl NameQuestion {
    /// Whether it can be answered, always with the number (1.9).
    ///
    /// # Errors
    ///
    /// `INVALID_PARAMETER`: an argument is NULL, or of a wrong size (U-26, I-15).
    pub fn check(&self) -> Result<(), NtStatus> {
        let Self { address, length, memory, wanted, irp } = *self;
        if address.is_some() && length == memory && wanted && irp {
            Ok(())
        } else {
            Err(NtStatus::INVALID_PARAMETER)
        }
    }
}

/// Whether the `Length` of a UNICODE_STRING counts whole characters within its memory (U-26).
#[must_use]
pub const fn counted_fits(length: u64, memory: u64) -> bool {
    length <= memory && length.is_multiple_of(2)
}
