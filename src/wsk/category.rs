//! Category: the five kinds of sockets (O-3).

use crate::wsk::events::event;

/// What a socket is; the number is the `Flags` of `WskSocket` (contract 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// `WSK_FLAG_BASIC_SOCKET`.
    Basic = 0,
    /// `WSK_FLAG_LISTEN_SOCKET`.
    Listen = 1,
    /// `WSK_FLAG_CONNECTION_SOCKET`.
    Connection = 2,
    /// `WSK_FLAG_DATAGRAM_SOCKET`.
    Datagram = 4,
    /// `WSK_FLAG_STREAM_SOCKET`, before its role is fixed (O-5).
    Stream = 8,
}

impl Category {
    /// The category that `Flags` names; two at once name none (L-2, U-30).
    #[must_use]
    pub const fn from_flags(flags: u32) -> Option<Self> {
        match flags {
            0 => Some(Self::Basic),
            1 => Some(Self::Listen),
            2 => Some(Self::Connection),
            4 => Some(Self::Datagram),
            8 => Some(Self::Stream),
            _ => None,
        }
    }

    /// The events that its sockets may enable (E-6).
    #[must_use]
    pub const fn events(self) -> u32 {
        match self {
            Self::Basic | Self::Stream => 0,
            Self::Listen => event::ACCEPT | event::CONNECTION,
            Self::Connection => event::CONNECTION,
            Self::Datagram => event::RECEIVE_FROM,
        }
    }

    /// The bits of a static mask that apply to its sockets themselves (E-20).
    #[must_use]
    pub const fn statics(self) -> u32 {
        match self {
            Self::Listen => event::ACCEPT,
            other => other.events(),
        }
    }
}
