//! Socket: what the machine knows of one.

use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerId;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::network::ports::Sharing;
use crate::wsk::calls::Calls;
use crate::wsk::category::Category;
use crate::wsk::creating::Table;
use crate::wsk::inspecting::Inspection;
use crate::wsk::irp::{Completion, Irp};
use crate::wsk::lineup::Lineup;
use std::collections::{BTreeMap, VecDeque};
use std::ops::{Deref, DerefMut};

/// Where a socket stands (contract 3.3; the last two rows are of other categories).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Created.
    New,
    /// Bound.
    Bound,
    /// The connect IRP is pending.
    Connecting,
    /// Both halves live.
    Open,
    /// The peer finished sending.
    PeerFin,
    /// A graceful `WskDisconnect` was accepted.
    SelfFin,
    /// Both ends finished.
    BothFin,
    /// Aborted by the peer, or lost (U-12).
    Reset,
    /// Aborted by this side.
    Aborted,
    /// Non-functional (L-21).
    Dead,
    /// `WskCloseSocket` was accepted.
    Closing,
    /// A listening socket that listens.
    Listening,
}

impl State {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::New,
        Self::Bound,
        Self::Connecting,
        Self::Open,
        Self::PeerFin,
        Self::SelfFin,
        Self::BothFin,
        Self::Reset,
        Self::Aborted,
        Self::Dead,
        Self::Closing,
        Self::Listening,
    ];
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Listening as usize + 1;

    /// As the contract writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Bound => "BOUND",
            Self::Connecting => "CONNECTING",
            Self::Open => "OPEN",
            Self::PeerFin => "PEER-FIN",
            Self::SelfFin => "SELF-FIN",
            Self::BothFin => "BOTH-FIN",
            Self::Reset => "RESET",
            Self::Aborted => "ABORTED",
            Self::Dead => "DEAD",
            Self::Closing => "CLOSING",
            Self::Listening => "LISTENING",
        }
    }

    /// Bytes may still come, or lie here.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::PeerFin | Self::SelfFin | Self::BothFin)
    }

    /// The connection exists or existed (E-8).
    pub(crate) const fn was_open(self) -> bool {
        self.is_live() || matches!(self, Self::Reset | Self::Aborted)
    }
}

/// A receive that waits.
#[derive(Debug)]
pub(crate) struct Receiving {
    pub(crate) irp: Irp,
    pub(crate) length: usize,
    pub(crate) wait_all: bool,
    pub(crate) drain: bool,
    /// What a WAITALL receive has got so far.
    pub(crate) got: Vec<u8>,
}

impl Receiving {
    /// It ends with a failure. A cancelled one tells how many bytes it has taken: they are in its buffer, and gone from the
    /// stream (I-8, U-46).
    pub(crate) fn ended(self, status: NtStatus) -> Completion {
        let failed = Completion::new(self.irp, status).of_receive();
        if status != NtStatus::CANCELLED || self.got.is_empty() {
            return failed;
        }
        Completion { information: self.got.len() as u64, data: Some(self.got), ..failed }
    }
}

/// What a request on the way out is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// A send: Information is its length.
    Send,
    /// The data of a `WskConnectEx`, whose IRP yields the connection.
    Connect,
    /// A graceful disconnect, after its data (G-5).
    Disconnect,
}

/// A send or graceful disconnect that waits.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) irp: Irp,
    pub(crate) kind: Outgoing,
    pub(crate) data: Vec<u8>,
    pub(crate) sent: usize,
}

impl Sending {
    /// Whether it can be cancelled: a send while nothing of it is taken, a graceful disconnect always (I-14).
    pub(crate) const fn may_be_cancelled(&self) -> bool {
        match self.kind {
            Outgoing::Send => self.sent == 0,
            Outgoing::Connect => false,
            Outgoing::Disconnect => true,
        }
    }
}

/// An accept that waits, with what its socket will get (L-5).
#[derive(Debug)]
pub(crate) struct Accepting {
    pub(crate) irp: Irp,
    pub(crate) table: Table,
}

/// A connection that waits to be accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) line: u64,
    pub(crate) inspected: Option<(u64, u32)>,
}

/// A datagram that waits.
#[derive(Debug)]
pub(crate) struct Datagram {
    pub(crate) data: Vec<u8>,
    pub(crate) from: Address,
    pub(crate) broadcast: bool,
}

/// What the application may set by options.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) reuse: bool,
    pub(crate) exclusive: bool,
    pub(crate) keepalive: bool,
    pub(crate) broadcast: bool,
    pub(crate) receive_buffer: Option<u32>,
    pub(crate) conditional: bool,
    pub(crate) silent: bool,
    pub(crate) security: u32,
}

/// One socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) client: u64,
    pub(crate) category: Category,
    /// It was made as a stream socket (O-5).
    pub(crate) stream: bool,
    pub(crate) family: u16,
    pub(crate) kind: u16,
    pub(crate) protocol: u32,
    pub(crate) table: Table,
    pub(crate) state: State,
    pub(crate) settings: Settings,
    /// Events enabled on this socket, or inherited by it (E-2).
    pub(crate) enabled: u32,
    /// Events that are on for good (E-20, E-24).
    pub(crate) statics: u32,
    /// A listener's events for the sockets that it hands over (E-15).
    pub(crate) inherit: u32,
    pub(crate) line: Option<(u64, usize)>,
    pub(crate) handle: Option<SocketHandle>,
    pub(crate) had_handle: bool,
    /// Reasons to indicate nothing (D-20, D-27).
    pub(crate) holds: u32,
    /// The event whose callback runs as an errand.
    pub(crate) calling: Option<u32>,
    /// Events for which an errand waits or runs.
    pub(crate) offered: u32,
    /// Where its callbacks stand among the errands that may run.
    pub(crate) calls: Calls,
    /// Completions of this socket that are queued or running.
    pub(crate) unfinished: u32,
    pub(crate) receives: Lineup<Receiving>,
    pub(crate) sends: Lineup<Sending>,
    pub(crate) paused: bool,
    /// Segments are lent to a receive callback.
    pub(crate) lending: bool,
    /// What the core was told of unread data (G-18).
    pub(crate) unread: bool,
    pub(crate) backlog: usize,
    pub(crate) close: Option<Irp>,
    /// Closed with the whole subsystem: no IRP waits for it.
    pub(crate) abandoned: bool,
    /// The core's close is complete, or there is no core socket.
    pub(crate) core_closed: bool,
    /// It came through `WskAcceptEvent`, whose call has not returned (L-7, D-27).
    pub(crate) in_accept_event: bool,
    /// A socket of `WskSocketConnect` whose IRP is pending: nobody has seen it.
    pub(crate) unseen: bool,
    /// What few connections have.
    pub(crate) rest: Rest,
}

/// What listeners and datagram sockets have, and few connections.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    /// What it was bound to, and connects to; of a connection see [`addresses`](crate::wsk::Turn::addresses).
    pub(crate) local: Option<Address>,
    pub(crate) remote: Option<Address>,
    /// What is bound in the network, and is to be given back.
    pub(crate) bound: Option<Address>,
    pub(crate) fixed_remote: Option<Address>,
    pub(crate) fixed_send_to: Option<Address>,
    /// Disables that wait for the end of a running call: of which event, and their IRP.
    pub(crate) disables: Vec<(u32, Irp)>,
    pub(crate) connect: Option<(Irp, Vec<u8>, bool)>,
    pub(crate) accepts: Lineup<Accepting>,
    /// By the number of the line.
    pub(crate) arrivals: Lineup<Arrival>,
    pub(crate) inspections: BTreeMap<u32, Inspection>,
    pub(crate) inspected: Option<(u64, u32)>,
    pub(crate) lists: BTreeMap<u64, Vec<bool>>,
    /// The list of the receive callback that runs, and which of its items were not released yet (C-20).
    pub(crate) shown: Option<(u64, Vec<bool>)>,
    pub(crate) datagrams: VecDeque<Datagram>,
    /// How many bytes they are.
    pub(crate) unread: usize,
    pub(crate) datagram_receives: Lineup<(Irp, usize)>,
    pub(crate) address_change: Option<Irp>,
    /// The events that were enabled when the peer aborted while that call ran, and whether data was unread.
    pub(crate) reset_inside: Option<(u32, bool)>,
}

/// [`Seldom`], made when first written: a connection that has none of it is half as large.
#[derive(Debug, Default)]
pub(crate) struct Rest(Option<Box<Seldom>>);

impl Rest {
    /// What there is of it.
    pub(crate) fn existing(&mut self) -> Option<&mut Seldom> {
        self.0.as_deref_mut()
    }
}

impl Deref for Rest {
    type Target = Seldom;

    fn deref(&self) -> &Seldom {
        static NOTHING: Seldom = Seldom {
            local: None,
            remote: None,
            bound: None,
            fixed_remote: None,
            fixed_send_to: None,
            disables: Vec::new(),
            connect: None,
            accepts: Lineup::new(),
            arrivals: Lineup::new(),
            inspections: BTreeMap::new(),
            inspected: None,
            lists: BTreeMap::new(),
            shown: None,
            datagrams: VecDeque::new(),
            unread: 0,
            datagram_receives: Lineup::new(),
            address_change: None,
            reset_inside: None,
        };
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Rest {
    fn deref_mut(&mut self) -> &mut Seldom {
        self.0.get_or_insert_default()
    }
}

impl Socket {
    pub(crate) fn new(client: u64, category: Category, table: Table, window: usize) -> Self {
        Self {
            client,
            category,
            stream: matches!(category, Category::Stream),
            family: 0,
            kind: 0,
            protocol: 0,
            table,
            state: State::New,
            settings: Settings::default(),
            enabled: 0,
            statics: 0,
            inherit: 0,
            line: None,
            handle: None,
            had_handle: false,
            holds: 0,
            calling: None,
            offered: 0,
            calls: Calls::default(),
            unfinished: 0,
            receives: Lineup::new(),
            sends: Lineup::new(),
            paused: false,
            lending: false,
            unread: false,
            backlog: window,
            close: None,
            abandoned: false,
            core_closed: false,
            in_accept_event: false,
            unseen: false,
            rest: Rest::default(),
        }
    }

    /// A connection-oriented socket, or a stream socket that is not a listener.
    pub(crate) fn is_connection(&self) -> bool {
        matches!(self.category, Category::Connection | Category::Stream)
    }

    /// How it wants to share its address.
    pub(crate) fn sharing(&self) -> Sharing {
        match self.settings {
            settings if settings.exclusive => Sharing::Exclusive,
            settings if settings.reuse => Sharing::Reuse,
            _ => Sharing::Default,
        }
    }

    /// Whether it gets an address only when it connects (L-15).
    pub(crate) fn is_anywhere(&self) -> bool {
        self.rest.local.is_some_and(|local| local.is_wildcard())
    }

    /// The address from which it reaches `to`: bound to the wildcard, it gets one when it connects (L-15).
    pub(crate) fn source(&self, to: Address) -> Address {
        match self.rest.local {
            Some(local) if !local.is_wildcard() => local,
            local => to.source(1, local.map_or(0, |local| local.port())),
        }
    }

    /// The callbacks that may be called: enabled, and not NULL (E-1, E-25, U-17).
    pub(crate) fn callable(&self, event: u32) -> bool {
        (self.enabled | self.statics) & event != 0 && self.table.callbacks & event != 0
    }

    /// The handler of the disconnect event, if its entry is not NULL.
    pub(crate) fn handler(&self) -> HandlerId {
        self.table.handler
    }
}
