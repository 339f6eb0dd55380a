//! Sight: a socket as its application sees it.

/// What the application can see of an open socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// `WSK_EVENT_DISCONNECT` is enabled.
    pub enabled: bool,
    /// The remote has not aborted (D-13, D-14).
    pub can_send: bool,
    /// The remote has neither finished nor aborted.
    pub can_receive: bool,
}
