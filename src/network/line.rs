//! Line: one connection between two ends.

use crate::network::Party;
use crate::network::address::Address;
use crate::network::stream::Stream;

/// One end of a connection.
#[derive(Debug)]
pub struct End {
    /// Who stands here; nobody while the connection waits in an accept queue, or after it left.
    pub party: Option<Party>,
    /// The address of this end.
    pub address: Address,
    /// What the other end sent and nobody has read here.
    pub incoming: Stream,
    /// This end finished sending: its FIN arrived at the other.
    pub finished: bool,
    /// This end does not answer any more.
    pub vanished: bool,
}

impl End {
    /// An end that has sent nothing.
    #[must_use]
    pub fn new(party: Option<Party>, address: Address, window: usize) -> Self {
        Self { party, address, incoming: Stream::new(window), finished: false, vanished: false }
    }
}

/// One connection.
#[derive(Debug)]
pub struct Line {
    /// Its ends: 0 connected, 1 listened.
    pub ends: [End; 2],
    /// It was torn down: nothing moves any more.
    pub broken: bool,
    /// The listening socket in whose accept queue it waits; 0 for none.
    pub queued_at: u64,
    /// Its holder is about to see what moves on it.
    pub stirred: bool,
}

impl Line {
    /// Whether both ends have sent everything.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.ends.iter().all(|end| end.finished)
    }

    /// Whether nobody stands at it any more.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.ends.iter().all(|end| end.party.is_none())
    }
}
