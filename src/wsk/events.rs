//! Event masks, flags and control codes, with the values of the headers (contract 1.2 to 1.4).

use crate::core::flags::DisconnectFlags;

/// `WSK_EVENT_*`: bits of `EventMask`.
pub mod event {
    /// `WSK_EVENT_SEND_BACKLOG`.
    pub const SEND_BACKLOG: u32 = 0x10;
    /// `WSK_EVENT_RECEIVE`.
    pub const RECEIVE: u32 = 0x40;
    /// `WSK_EVENT_DISCONNECT`.
    pub const DISCONNECT: u32 = 0x80;
    /// `WSK_EVENT_RECEIVE_FROM`.
    pub const RECEIVE_FROM: u32 = 0x100;
    /// `WSK_EVENT_ACCEPT`.
    pub const ACCEPT: u32 = 0x200;
    /// `WSK_EVENT_DISABLE`.
    pub const DISABLE: u32 = 0x8000_0000;
    /// The events of a connection, and of a listener for inheritance (E-6).
    pub const CONNECTION: u32 = RECEIVE | DISCONNECT | SEND_BACKLOG;
}

/// Callbacks that no event mask names, beside the bits of [`event`].
pub mod callback {
    /// `WskInspectEvent` is not NULL.
    pub const INSPECT: u32 = 0x1;
    /// `WskAbortEvent` is not NULL.
    pub const ABORT: u32 = 0x2;
}

const _: () = assert!(flags::AT_DISPATCH_LEVEL == DisconnectFlags::AT_DISPATCH_LEVEL);

/// `Flags` of calls and callbacks.
pub(crate) mod flags {
    /// `WSK_FLAG_ABORTIVE` of `WskDisconnect`.
    pub(crate) const ABORTIVE: u32 = 0x1;
    /// `WSK_FLAG_AT_DISPATCH_LEVEL` of every callback that has flags.
    pub(crate) const AT_DISPATCH_LEVEL: u32 = 0x8;
    /// `WSK_FLAG_NODELAY` of `WskSend`.
    pub(crate) const NODELAY: u32 = 0x2;
    /// `WSK_FLAG_WAITALL` of `WskReceive`.
    pub(crate) const WAITALL: u32 = 0x2;
    /// `WSK_FLAG_DRAIN` of `WskReceive`.
    pub(crate) const DRAIN: u32 = 0x4;
    /// `MSG_TRUNC` of a datagram.
    pub(crate) const MSG_TRUNC: u32 = 0x100;
    /// `MSG_BCAST` of a datagram.
    pub(crate) const MSG_BCAST: u32 = 0x400;
}

/// Control codes of `WskIoctl` (1.4).
pub mod ioctl {
    /// `SIO_WSK_SET_REMOTE_ADDRESS`.
    pub const WSK_SET_REMOTE_ADDRESS: u32 = 0x8F00_0001;
    /// `SIO_WSK_REGISTER_EXTENSION`.
    pub const WSK_REGISTER_EXTENSION: u32 = 0xCF00_0002;
    /// `SIO_WSK_QUERY_IDEAL_SEND_BACKLOG`.
    pub const WSK_QUERY_IDEAL_SEND_BACKLOG: u32 = 0x4F00_0003;
    /// `SIO_WSK_QUERY_RECEIVE_BACKLOG`.
    pub const WSK_QUERY_RECEIVE_BACKLOG: u32 = 0x4F00_0004;
    /// `SIO_WSK_QUERY_INSPECT_ID`.
    pub const WSK_QUERY_INSPECT_ID: u32 = 0x4F00_0005;
    /// `SIO_WSK_SET_SENDTO_ADDRESS`.
    pub const WSK_SET_SENDTO_ADDRESS: u32 = 0x8F00_0006;
    /// `SIO_WSK_SET_TCP_SILENT_MODE`.
    pub const WSK_SET_TCP_SILENT_MODE: u32 = 0x2F00_0007;
    /// `SIO_ADDRESS_LIST_QUERY`.
    pub const ADDRESS_LIST_QUERY: u32 = 0x4800_0016;
    /// `SIO_ADDRESS_LIST_CHANGE`.
    pub const ADDRESS_LIST_CHANGE: u32 = 0x2800_0017;
    /// `SIO_ADDRESS_LIST_SORT`.
    pub const ADDRESS_LIST_SORT: u32 = 0xC800_0019;
}
