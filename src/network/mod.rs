//! The simulated network: addresses, ports, byte streams and remote ends, in plain data.
//!
//! Sequential: its holder changes it. It calls nobody; the contract machine moves the bytes and tells the
//! ends what came.

pub mod address;
mod leases;
pub mod line;
pub mod names;
pub mod ports;
pub mod queue;
pub mod remote;
pub mod routes;
mod sharers;
pub mod stream;

/// Who stands at an end or owns a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// A WSK socket, by id.
    Socket(u64),
    /// A remote end, by id.
    Remote(u64),
}
