//! The two kinds of remote disconnect, and the `Flags` of `WskDisconnectEvent` (D-5 to D-7).

use crate::core::irql::Irql;

/// One remote disconnect of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edge {
    /// The remote application finished sending; this side may still send (D-13).
    Graceful = 0,
    /// The remote application tore the connection down; nothing works any more (D-14).
    Abortive = 1,
}

impl Edge {
    /// Both kinds, in the order in which a socket may see them (D-21).
    pub const BOTH: [Self; 2] = [Self::Graceful, Self::Abortive];

    /// The kind whose number is the lowest bit of `bits`.
    #[must_use]
    pub const fn from_bit(bits: u64) -> Self {
        if bits & 1 == 0 { Self::Graceful } else { Self::Abortive }
    }
}

/// The `Flags` parameter of `WskDisconnectEvent`: 0, 1, 8 or 9 (D-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DisconnectFlags(u32);

impl DisconnectFlags {
    /// `WSK_FLAG_ABORTIVE`: the peer aborted (D-6).
    pub const ABORTIVE: u32 = 0x1;
    /// `WSK_FLAG_AT_DISPATCH_LEVEL`: the call runs at DISPATCH (D-7).
    pub const AT_DISPATCH_LEVEL: u32 = 0x8;

    /// The flags of an indication of `edge` at `irql`; the level is always told (U-21), unless
    /// [`Options::set_dispatch_flag`](crate::core::subsystem::Options) is off.
    #[must_use]
    pub const fn new(edge: Edge, irql: Irql) -> Self {
        let at_dispatch = if irql.is_dispatch() { Self::AT_DISPATCH_LEVEL } else { 0 };
        Self(edge as u32 | at_dispatch)
    }

    /// The level of a call with these `Flags`, as they are before anything is left out of them.
    #[inline]
    #[must_use]
    pub const fn level(flags: u32) -> Irql {
        if flags & Self::AT_DISPATCH_LEVEL == 0 { Irql::Passive } else { Irql::Dispatch }
    }

    /// The flags as the ULONG that a handler gets.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// A dense number 0 to 3 for tables: bit 0 abortive, bit 1 at DISPATCH.
    #[must_use]
    pub const fn dense(self) -> usize {
        (self.0 & 1 | self.0 >> 2 & 2) as usize
    }
}
