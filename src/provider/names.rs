//! Names: what `WskGetAddressInfo` and `WskGetNameInfo` find: literal addresses, numbers of ports, and the names that a test
//! author has given. No name service is asked.

use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, AF_INET6, Address};
use crate::network::names::Names;
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

/// `NI_NUMERICHOST`: the address as text, although it has a name.
const NI_NUMERICHOST: u32 = 0x2;
/// `NI_NAMEREQD`: a name, or nothing.
const NI_NAMEREQD: u32 = 0x4;

/// The host's name that `WskGetNameInfo` writes; `None` where it writes the address as text.
///
/// # Errors
///
/// `NOT_FOUND`: `flags` demand a name, and the host has none.
pub fn name_of(address: Address, flags: u32, names: &Names) -> Result<Option<String>, NtStatus> {
    let name = names.name_of(address).filter(|_| flags & NI_NUMERICHOST == 0);
    if name.is_none() && flags & NI_NAMEREQD != 0 {
        return Err(NtStatus::NOT_FOUND);
    }
    Ok(name.map(str::to_owned))
}

/// The addresses that a name stands for.
///
/// # Errors
///
/// `INVALID_PARAMETER`: neither name is given, a reserved member of the hints is set, or nobody is told what was found
/// (I-15). `NOT_FOUND`: it is neither a literal address of that family nor one of `names` with one, or the service no
/// number of a port (1.9).
pub fn resolve(question: &Question<'_>, names: &Names) -> Result<Vec<Address>, NtStatus> {
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
    let fits = |found: &Address| hints.family == 0 || hints.family == u32::from(found.family());
    if let Some(hosts) = node.and_then(|node| names.find(node)) {
        let found = hosts.iter().map(|host| host.with_port(port)).filter(fits).collect::<Vec<_>>();
        return if found.is_empty() { Err(NtStatus::NOT_FOUND) } else { Ok(found) };
    }
    let found = if text.contains(':') {
        let host: Ipv6Addr = text.parse().map_err(|_| NtStatus::NOT_FOUND)?;
        Address::new(AF_INET6, &host.octets(), port)
    } else {
        let host: Ipv4Addr = text.parse().map_err(|_| NtStatus::NOT_FOUND)?;
        Address::new(AF_INET, &host.octets(), port)
    };
    found.filter(fits).map(|found| vec![found]).ok_or(NtStatus::NOT_FOUND)
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
