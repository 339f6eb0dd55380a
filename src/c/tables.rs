//! Tables: the callbacks of a driver, in the order of the headers (contract 1.8).
#![allow(non_snake_case, non_camel_case_types, reason = "names of the headers")]

use crate::c::structures::{
    SOCKADDR, WSK_DATA_INDICATION, WSK_DATAGRAM_INDICATION, WSK_INSPECT_ID, WSK_SOCKET,
};
use crate::core::error::CoreError;
use crate::core::handlers::HandlerId;
use crate::core::subsystem::Subsystem;
use crate::provider::TableKind;
use crate::wsk::{Category, callback, event};
use std::ffi::c_void;
use std::ptr;

/// `PFN_WSK_RECEIVE_EVENT`: SocketContext, Flags, DataIndication, BytesIndicated, BytesAccepted.
pub type PFN_WSK_RECEIVE_EVENT = Option<
    unsafe extern "C" fn(*mut c_void, u32, *mut WSK_DATA_INDICATION, usize, *mut usize) -> i32,
>;
/// `PFN_WSK_DISCONNECT_EVENT`: SocketContext, Flags.
pub type PFN_WSK_DISCONNECT_EVENT = Option<unsafe extern "C" fn(*mut c_void, u32) -> i32>;
/// `PFN_WSK_SEND_BACKLOG_EVENT`: SocketContext, IdealBacklogSize.
pub type PFN_WSK_SEND_BACKLOG_EVENT = Option<unsafe extern "C" fn(*mut c_void, usize) -> i32>;
/// `PFN_WSK_ACCEPT_EVENT`: SocketContext, Flags, LocalAddress, RemoteAddress, AcceptSocket, AcceptSocketContext,
/// AcceptSocketDispatch.
pub type PFN_WSK_ACCEPT_EVENT = Option<
    unsafe extern "C" fn(
        *mut c_void,
        u32,
        *mut SOCKADDR,
        *mut SOCKADDR,
        *mut WSK_SOCKET,
        *mut *mut c_void,
        *mut *const WSK_CLIENT_CONNECTION_DISPATCH,
    ) -> i32,
>;
/// `PFN_WSK_INSPECT_EVENT`: SocketContext, LocalAddress, RemoteAddress, InspectID; returns a WSK_INSPECT_ACTION.
pub type PFN_WSK_INSPECT_EVENT = Option<
    unsafe extern "C" fn(*mut c_void, *mut SOCKADDR, *mut SOCKADDR, *mut WSK_INSPECT_ID) -> i32,
>;
/// `PFN_WSK_ABORT_EVENT`: SocketContext, InspectID.
pub type PFN_WSK_ABORT_EVENT =
    Option<unsafe extern "C" fn(*mut c_void, *mut WSK_INSPECT_ID) -> i32>;
/// `PFN_WSK_RECEIVE_FROM_EVENT`: SocketContext, Flags, DataIndication.
pub type PFN_WSK_RECEIVE_FROM_EVENT =
    Option<unsafe extern "C" fn(*mut c_void, u32, *mut WSK_DATAGRAM_INDICATION) -> i32>;

/// `WSK_CLIENT_CONNECTION_DISPATCH`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct WSK_CLIENT_CONNECTION_DISPATCH {
    /// Data has arrived.
    pub WskReceiveEvent: PFN_WSK_RECEIVE_EVENT,
    /// The remote has disconnected.
    pub WskDisconnectEvent: PFN_WSK_DISCONNECT_EVENT,
    /// The ideal size of the send backlog has changed.
    pub WskSendBacklogEvent: PFN_WSK_SEND_BACKLOG_EVENT,
}

/// `WSK_CLIENT_LISTEN_DISPATCH`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct WSK_CLIENT_LISTEN_DISPATCH {
    /// A connection is there.
    pub WskAcceptEvent: PFN_WSK_ACCEPT_EVENT,
    /// A connection is asked for.
    pub WskInspectEvent: PFN_WSK_INSPECT_EVENT,
    /// Who asked for it has given up.
    pub WskAbortEvent: PFN_WSK_ABORT_EVENT,
}

/// `WSK_CLIENT_DATAGRAM_DISPATCH`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct WSK_CLIENT_DATAGRAM_DISPATCH {
    /// Datagrams have arrived.
    pub WskReceiveFromEvent: PFN_WSK_RECEIVE_FROM_EVENT,
}

/// The tables that a driver supplied with a socket, as their addresses.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch {
    connection: *const WSK_CLIENT_CONNECTION_DISPATCH,
    listen: *const WSK_CLIENT_LISTEN_DISPATCH,
    datagram: *const WSK_CLIENT_DATAGRAM_DISPATCH,
}

// SAFETY: tables are read, never written; whoever makes a `Dispatch` vouches for them.
unsafe impl Send for Dispatch {}
// SAFETY: as above.
unsafe impl Sync for Dispatch {}

impl Dispatch {
    /// No table at all (O-7).
    pub const NONE: Self =
        Self { connection: ptr::null(), listen: ptr::null(), datagram: ptr::null() };

    /// The table of a connection; NULL is as good as an empty one.
    ///
    /// # Safety
    ///
    /// The table, and the functions in it, stay until the close of the last socket with it has completed (O-8).
    #[must_use]
    pub const unsafe fn of_connection(table: *const WSK_CLIENT_CONNECTION_DISPATCH) -> Self {
        Self { connection: table, ..Self::NONE }
    }

    /// The table of a listener, likewise.
    ///
    /// # Safety
    ///
    /// As [`of_connection`](Self::of_connection).
    #[must_use]
    pub const unsafe fn of_listener(table: *const WSK_CLIENT_LISTEN_DISPATCH) -> Self {
        Self { listen: table, ..Self::NONE }
    }

    /// The table of a datagram socket, likewise.
    ///
    /// # Safety
    ///
    /// As [`of_connection`](Self::of_connection).
    #[must_use]
    pub const unsafe fn of_datagrams(table: *const WSK_CLIENT_DATAGRAM_DISPATCH) -> Self {
        Self { datagram: table, ..Self::NONE }
    }

    /// The table of a socket of this category, as an address of which C knows no more.
    pub(crate) fn of(category: Category, table: usize) -> Self {
        if table == 0 {
            return Self::NONE;
        }
        let of_stream = || {
            let table = ptr::with_exposed_provenance::<[usize; 2]>(table);
            // SAFETY: the driver vouches for the table that it supplies with a socket (O-8).
            let [listen, connection] = unsafe { table.read_unaligned() };
            Self {
                listen: ptr::with_exposed_provenance(listen),
                connection: ptr::with_exposed_provenance(connection),
                ..Self::NONE
            }
        };
        match category {
            Category::Basic => Self::NONE,
            Category::Listen => Self { listen: ptr::with_exposed_provenance(table), ..Self::NONE },
            Category::Connection => {
                Self { connection: ptr::with_exposed_provenance(table), ..Self::NONE }
            }
            Category::Datagram => {
                Self { datagram: ptr::with_exposed_provenance(table), ..Self::NONE }
            }
            Category::Stream => of_stream(),
        }
    }

    /// Of which kind they are: their type told it when this was made.
    pub(crate) fn kind(&self) -> TableKind {
        match (self.connection.is_null(), self.listen.is_null(), self.datagram.is_null()) {
            (false, true, true) => TableKind::Connection,
            (true, false, true) => TableKind::Listen,
            (true, true, false) => TableKind::Datagram,
            (true, true, true) => TableKind::Null,
            _ => TableKind::Unknown,
        }
    }

    pub(crate) fn connection(&self) -> WSK_CLIENT_CONNECTION_DISPATCH {
        // SAFETY: NULL, or a table that is there, as promised when this was made.
        let table = unsafe { self.connection.as_ref() };
        table.copied().unwrap_or_default()
    }

    pub(crate) fn listener(&self) -> WSK_CLIENT_LISTEN_DISPATCH {
        // SAFETY: NULL, or a table that is there, as promised when this was made.
        let table = unsafe { self.listen.as_ref() };
        table.copied().unwrap_or_default()
    }

    pub(crate) fn datagrams(&self) -> WSK_CLIENT_DATAGRAM_DISPATCH {
        // SAFETY: NULL, or a table that is there, as promised when this was made.
        let table = unsafe { self.datagram.as_ref() };
        table.copied().unwrap_or_default()
    }

    /// `WskDisconnectEvent`, which the core calls.
    ///
    /// # Errors
    ///
    /// [`CoreError::HandlerLimit`].
    pub(crate) fn handler(&self, core: &Subsystem) -> Result<HandlerId, CoreError> {
        match self.connection().WskDisconnectEvent {
            None => Ok(HandlerId::NONE),
            Some(function) => core.native_handler(function as usize as u64),
        }
    }

    /// Which callbacks are not NULL, but for `WskDisconnectEvent`, which is the core's.
    pub(crate) fn callbacks(&self) -> u32 {
        let (connection, listener) = (self.connection(), self.listener());
        let bits = [
            (connection.WskReceiveEvent.is_some(), event::RECEIVE),
            (connection.WskSendBacklogEvent.is_some(), event::SEND_BACKLOG),
            (listener.WskAcceptEvent.is_some(), event::ACCEPT),
            (listener.WskInspectEvent.is_some(), callback::INSPECT),
            (listener.WskAbortEvent.is_some(), callback::ABORT),
            (self.datagrams().WskReceiveFromEvent.is_some(), event::RECEIVE_FROM),
        ];
        bits.into_iter().filter(|(is_there, _)| *is_there).map(|(_, bit)| bit).sum()
    }
}
