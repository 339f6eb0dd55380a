//! Event masks and flags, with the values of the headers (contract 1.2, 1.3).

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
