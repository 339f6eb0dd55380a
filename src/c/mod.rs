//! C: drivers that are written in C, as applications of the provider: tables of callbacks, called without the
//! interpreter.
//!
//! The functions that a driver calls, and what runs it, are in the room `kernel`. A test or a bench that stands in for a
//! driver uses the provider's door with a [`CApplication`].
//!
//! No lock is held while a function of the driver runs, so each may call back in (I-16, D-11).

#[allow(unsafe_code, reason = "calls the driver's functions with memory that is lent to it")]
mod application;
mod contexts;
mod driver;
mod host;
#[allow(unsafe_code, reason = "IRPs are the driver's, by address")]
mod irp;
#[cfg(unix)]
pub mod kernel;
#[allow(unsafe_code, reason = "fills what is lent to a request")]
mod lending;
#[allow(unsafe_code, reason = "lists of indications are linked by address")]
mod lists;
mod ordering;
#[allow(unsafe_code, reason = "arrays that drivers have by address")]
mod places;
#[allow(unsafe_code, reason = "calls a sanitizer's runtime")]
mod sanitizers;
mod site;
#[allow(unsafe_code, reason = "shows sockets by address")]
mod sockets;
#[allow(unsafe_code, reason = "walks MDLs of the driver's")]
mod structures;
pub mod surface;
#[allow(unsafe_code, reason = "reads the driver's tables")]
mod tables;
mod watching;

pub use crate::c::application::CApplication;
pub use crate::c::driver::{Driver, Whose};
pub use crate::c::irp::{IRP, PIO_COMPLETION_ROUTINE};
pub use crate::c::lending::Lending;
pub use crate::c::structures::{
    IO_STATUS_BLOCK, MDL, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6, WSK_BUF, WSK_DATA_INDICATION,
    WSK_DATAGRAM_INDICATION, WSK_INSPECT_ID, WSK_SOCKET,
};
pub use crate::c::tables::{
    Dispatch, PFN_WSK_ABORT_EVENT, PFN_WSK_ACCEPT_EVENT, PFN_WSK_DISCONNECT_EVENT,
    PFN_WSK_INSPECT_EVENT, PFN_WSK_RECEIVE_EVENT, PFN_WSK_RECEIVE_FROM_EVENT,
    PFN_WSK_SEND_BACKLOG_EVENT, WSK_CLIENT_CONNECTION_DISPATCH, WSK_CLIENT_DATAGRAM_DISPATCH,
    WSK_CLIENT_LISTEN_DISPATCH,
};
