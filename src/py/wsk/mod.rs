//! The WSK functions for Python: views of IRPs, the calls, and how Python's callbacks are called.

pub(crate) mod application;
pub(crate) mod arguments;
pub(crate) mod call;
pub(crate) mod clients;
pub(crate) mod completion;
pub(crate) mod controls;
pub(crate) mod crossings;
pub(crate) mod filling;
pub(crate) mod findings;
pub(crate) mod irp;
pub(crate) mod lending;
pub(crate) mod moments;
pub(crate) mod patience;
pub(crate) mod provider;
pub(crate) mod remotes;
pub(crate) mod sockets;
pub(crate) mod status_block;
pub(crate) mod stopping;
pub(crate) mod supplied;
pub(crate) mod tables;
pub(crate) mod values;
