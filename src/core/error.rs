//! What the core refuses, each with the values that were found.

/// Why an operation on the core was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoreError {
    /// The handle is of an earlier life of its slot, or of none.
    #[error(
        "asked for connection {0}; its slot has been reused or never opened; open a connection and use its handle"
    )]
    Stale(crate::core::handle::SocketHandle),
    /// The socket was closed.
    #[error("asked for connection {0}; it is closed; open another [U-41]")]
    Closed(crate::core::handle::SocketHandle),
    /// The subsystem was closed.
    #[error("asked to open a socket; the subsystem is closed; make another subsystem")]
    SubsystemClosed,
    /// No more sockets may be open.
    #[error(
        "asked to open {asked} sockets; {open} of at most {limit} are open; close some, or raise max_sockets"
    )]
    SocketLimit {
        /// How many were asked for.
        asked: u64,
        /// How many slots are in use.
        open: u64,
        /// How many may be.
        limit: u64,
    },
    /// The operating system has no more memory.
    #[error("asked to open {asked} sockets; there is no memory for them; open fewer")]
    NoMemory {
        /// How many were asked for.
        asked: u64,
    },
    /// The event has no callback to enable (E-11).
    #[error(
        "asked to enable WSK_EVENT_DISCONNECT; the socket has no handler; give one when connecting [E-11]"
    )]
    NoHandler,
    /// Another drive is running, or this is a callback (one drive at a time).
    #[error("asked to drive; the subsystem is being driven already; wait until that drive ended")]
    Driven,
    /// A handler table is full.
    #[error("asked to register a handler; {limit} are registered; reuse handlers")]
    HandlerLimit {
        /// How many may be registered.
        limit: u64,
    },
}

/// What became of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Answer {
    /// Accepted and waiting for a drive.
    Queued = 0,
    /// Accepted; it waits until the event is enabled (D-22).
    Held = 1,
    /// Refused: the handle is of an earlier life of its slot.
    Stale = 2,
    /// Refused: the socket is closed.
    Closed = 3,
    /// Refused: the same kind again, or anything after an abortive edge (D-21).
    Repeated = 4,
    /// Refused: as many edges wait as may.
    Limit = 5,
}

impl Answer {
    /// How many answers there are.
    pub const COUNT: usize = 6;

    /// Whether the edge was accepted and will get exactly one fate.
    #[must_use]
    pub const fn accepted(self) -> bool {
        matches!(self, Self::Queued | Self::Held)
    }
}
