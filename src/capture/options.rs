//! Options: how a capture is read: whose side is ours, and which flows and tunnels count.

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
