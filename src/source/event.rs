//! Event: one thing that happened to one connection of the world outside.

use crate::source::Endpoint;

/// Tells one thing that happened to one connection.
///
/// Events come in the order of their packets. `connection` counts from 0 in the order of the opens, `packet` counts the
/// packets of the source from 1 (a capture's records, file by file), and `time_ns` is in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The handshake is complete.
    Open {
        /// The number of the new connection.
        connection: u64,
        /// The packet that completed the handshake.
        packet: u64,
        /// When that packet was recorded.
        time_ns: i64,
        /// Our end.
        local: Endpoint,
        /// The far end.
        remote: Endpoint,
    },
    /// The remote disconnected: at most one graceful edge, then at most one abortive edge, then nothing (D-21).
    Edge {
        /// The number of the connection.
        connection: u64,
        /// The packet with the FIN or the RST.
        packet: u64,
        /// When that packet was recorded.
        time_ns: i64,
        /// True for an RST, false for a FIN.
        abortive: bool,
    },
    /// The four-tuple of the connection was taken by a new connection.
    Close {
        /// The number of the old connection.
        connection: u64,
        /// The new connection's SYN.
        packet: u64,
        /// When that packet was recorded.
        time_ns: i64,
    },
}
