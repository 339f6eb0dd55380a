//! Sockets: a subsystem, its connections, and many of them at once.

#[forbid(unsafe_code)]
pub(crate) mod bulk;
#[forbid(unsafe_code)]
pub(crate) mod connecting;
#[forbid(unsafe_code)]
pub(crate) mod connection;
#[forbid(unsafe_code)]
pub(crate) mod fleet;
#[forbid(unsafe_code)]
pub(crate) mod ledger;
pub(crate) mod selecting;
#[forbid(unsafe_code)]
pub(crate) mod subsystem;
