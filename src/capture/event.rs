//! What a reader is asked for and what it answers: the viewpoint and the events of a capture.

use super::endpoint::Endpoint;

/// Says whose side of each connection is ours; the other one is the remote whose disconnects count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Local {
    /// The server is ours, the client is the remote.
    #[default]
    Server,
    /// The client is ours, the server is the remote.
    Client,
    /// Each flow is two connections: first the server's viewpoint, then the client's, with the next number.
    Both,
}

/// Says what becomes of packets inside tunnels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tunnels {
    /// The innermost TCP segment is followed.
    #[default]
    On,
    /// They are counted under a reason of their own.
    Off,
}

/// Holds the choices under which a capture is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whose side is ours.
    pub local: Local,
    /// Whether a flow whose handshake is not, or not all, in the file counts from its first proof on.
    pub midstream: bool,
    /// Whether tunnels are opened.
    pub tunnels: Tunnels,
}

/// Tells one thing that happened to one connection of a capture.
///
/// Events come in packet order. `connection` counts from 0 in the order of the opens, `packet` counts the records of
/// the file from 1, and `time_ns` is in nanoseconds since 1970.
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
