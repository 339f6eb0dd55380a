//! Remote: a lightweight application at the other side, without WSK.

use crate::network::address::Address;
use crate::network::queue::Queue;
use crate::network::stream::Stream;
use std::collections::VecDeque;

/// What a remote end does.
#[derive(Debug)]
pub enum Remote {
    /// It listens; connections that nobody took yet.
    Listener {
        /// Where.
        address: Address,
        /// Remote ends that `remote_accept` will return.
        arrivals: VecDeque<u64>,
    },
    /// It stands at a connection.
    Stream(RemoteStream),
    /// It sends and receives datagrams.
    Datagram {
        /// Where.
        address: Address,
        /// What came, with its sender.
        inbox: VecDeque<(Vec<u8>, Address)>,
    },
}

/// Where a remote end's connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteState {
    /// The listener has not decided.
    Connecting,
    /// The listener refused.
    Refused,
    /// Established.
    Open,
    /// This end finished sending.
    Finished,
    /// Torn down by either side.
    Aborted,
    /// It does not answer.
    Vanished,
    /// Its application closed it: what it had sent still goes out, and data that arrives is answered with a reset.
    Closed,
}

impl RemoteState {
    /// What users read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Refused => "refused",
            Self::Open => "open",
            Self::Finished => "finished",
            Self::Aborted => "aborted",
            Self::Vanished => "vanished",
            Self::Closed => "closed",
        }
    }
}

/// What a remote end wants to send.
#[derive(Debug)]
pub struct Unsent {
    /// All of it.
    pub data: Vec<u8>,
    /// So many bytes of it are sent.
    pub sent: usize,
}

/// A remote end of a connection.
#[derive(Debug)]
pub struct RemoteStream {
    /// Where its connection stands.
    pub state: RemoteState,
    /// Its connection and which end of it.
    pub line: Option<(u64, usize)>,
    /// Its port, if it took one to connect, and whether that is leased.
    pub bound: Option<(Address, bool)>,
    /// It takes what arrives out of the window at once.
    pub reading: bool,
    /// What it took.
    pub inbox: Stream,
    /// What it wants to send and does not fit yet.
    pub outgoing: Queue<Unsent>,
    /// It finishes once everything is sent.
    pub finishing: bool,
    /// Its application closed it: it is gone when its connection is.
    pub closed: bool,
    /// It saw the other end finish.
    pub seen_finish: bool,
    /// It saw the other end abort.
    pub seen_abort: bool,
}

impl RemoteStream {
    /// An end that has done nothing yet.
    #[must_use]
    pub fn new(state: RemoteState) -> Self {
        Self {
            state,
            line: None,
            bound: None,
            reading: true,
            inbox: Stream::new(usize::MAX),
            outgoing: Queue::default(),
            finishing: false,
            closed: false,
            seen_finish: false,
            seen_abort: false,
        }
    }
}
