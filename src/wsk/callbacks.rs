//! Callbacks: the table of those that errands call, one row each, and what each is called with.
//!
//! A row says when its callback has something to tell, what it is called with, and what its end means; the
//! provider judges the answer by the same row. `WskDisconnectEvent` has none: the core calls it.

use crate::core::irql::Irql;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::network::stream::Segment;
use crate::wsk::events::{callback, event};
use crate::wsk::inspecting;
use crate::wsk::irp::Completion;
use crate::wsk::machine::Turn;
use crate::wsk::socket::Socket;

/// What is to be called.
#[derive(Debug)]
pub enum Call {
    /// A completion routine.
    Complete(Box<Completion>),
    /// `WskReceiveEvent`; no segments: the socket is non-functional (L-22).
    Receive {
        /// Names the list in `release`.
        list: u64,
        /// The data indicated.
        segments: Option<Vec<Segment>>,
    },
    /// `WskReceiveFromEvent`, likewise.
    ReceiveFrom {
        /// Names the list in `release`.
        list: u64,
        /// The datagrams indicated, with their senders.
        datagrams: Option<Vec<(Vec<u8>, Address)>>,
    },
    /// `WskAcceptEvent`; nothing accepted: the listener is non-functional.
    Accept {
        /// Both addresses and the accepted socket.
        accepted: Option<(Address, Address, u64)>,
    },
    /// `WskInspectEvent`, likewise.
    Inspect {
        /// Both addresses and the request's id.
        request: Option<(Address, Address, (u64, u32))>,
    },
    /// `WskAbortEvent`.
    Abort {
        /// The request's id.
        id: (u64, u32),
    },
    /// `WskSendBacklogEvent`.
    SendBacklog {
        /// The ideal backlog size.
        size: usize,
    },
}

/// What the application has of the provider's while a callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lent {
    /// Nothing.
    Nothing,
    /// A list, of so many bytes.
    List(u64, usize),
    /// A list of datagrams.
    Datagrams(u64),
    /// A socket that the listener may take.
    Accepted(u64),
    /// The notice that the socket is non-functional (L-22), whose answer means nothing.
    Notice,
}

/// What a callback is about to be called with.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) call: Call,
    pub(crate) lent: Lent,
    /// What its end is about: an accepted socket, or the serial of a request; else 0.
    pub(crate) about: u64,
    /// The unread data that it is lent.
    pub(crate) data: Vec<Segment>,
}

impl Shown {
    pub(crate) const fn new(call: Call) -> Self {
        Self { call, lent: Lent::Nothing, about: 0, data: Vec::new() }
    }
}

/// A callback that has returned.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) socket: u64,
    pub(crate) about: u64,
    pub(crate) data: Vec<Segment>,
    pub(crate) status: NtStatus,
    pub(crate) accepted: Option<usize>,
}

/// One callback of the client tables.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// The highest level that it is entered at (D-9).
    pub highest: Irql,
    /// What it may answer.
    pub allowed: &'static [NtStatus],
    /// What to do instead of another answer, which does what the second half says.
    pub advice: &'static str,
    /// What counts where it gave no answer.
    pub default: NtStatus,
    /// The rule that another answer breaks.
    pub rule: &'static str,
    /// Its bit of `event` or of `callback`.
    pub(crate) event: u32,
    /// Whether it has `Flags`, which may say `WSK_FLAG_AT_DISPATCH_LEVEL`.
    pub(crate) has_flags: bool,
    /// Whether the application hears it: not NULL, and switched on.
    pub(crate) heard: fn(&Socket) -> bool,
    /// Whether an errand about this still has something to tell (E-14).
    pub(crate) due: fn(&Turn<'_>, u64, u64) -> bool,
    /// Begins a call of the socket about this.
    pub(crate) show: fn(&mut Turn<'_>, u64, u64) -> Shown,
    /// What the callback's answer does.
    pub(crate) end: fn(&mut Turn<'_>, Ended),
    /// What it is called with when the socket is non-functional, if it then is (L-22).
    pub(crate) notice: Option<fn() -> Call>,
}

/// `WskReceiveEvent` (G-16).
pub(crate) static RECEIVE: Row = Row {
    name: "WskReceiveEvent",
    highest: Irql::Dispatch,
    allowed: &[NtStatus::SUCCESS, NtStatus::PENDING, NtStatus::DATA_NOT_ACCEPTED],
    advice: "Return STATUS_SUCCESS, STATUS_PENDING or STATUS_DATA_NOT_ACCEPTED; whatever else is ignored.",
    default: NtStatus::SUCCESS,
    rule: "G-16",
    event: event::RECEIVE,
    has_flags: true,
    heard: |socket| socket.callable(event::RECEIVE),
    due: |turn, id, _| turn.may_indicate(id),
    show: |turn, id, _| turn.show_data(id),
    end: |turn, call| turn.end_receive(call.socket, call.data, call.status, call.accepted),
    notice: Some(|| Call::Receive { list: 0, segments: None }),
};
/// `WskReceiveFromEvent` (E-26).
pub(crate) static RECEIVE_FROM: Row = Row {
    name: "WskReceiveFromEvent",
    highest: Irql::Dispatch,
    allowed: &[NtStatus::SUCCESS, NtStatus::PENDING, NtStatus::DATA_NOT_ACCEPTED],
    advice: "Return STATUS_SUCCESS, STATUS_PENDING or STATUS_DATA_NOT_ACCEPTED; whatever else is ignored.",
    default: NtStatus::SUCCESS,
    rule: "U-22",
    event: event::RECEIVE_FROM,
    has_flags: true,
    heard: |socket| socket.callable(event::RECEIVE_FROM),
    due: |turn, id, _| turn.has(id, |it| (RECEIVE_FROM.heard)(it) && !it.rest.datagrams.is_empty()),
    show: |turn, id, _| turn.show_datagrams(id),
    end: |turn, call| turn.end_receive_from(call.socket, call.status),
    notice: Some(|| Call::ReceiveFrom { list: 0, datagrams: None }),
};
/// `WskAcceptEvent`.
pub(crate) static ACCEPT: Row = Row {
    name: "WskAcceptEvent",
    highest: Irql::Dispatch,
    allowed: &[NtStatus::SUCCESS, NtStatus::REQUEST_NOT_ACCEPTED],
    advice: "Return STATUS_SUCCESS or STATUS_REQUEST_NOT_ACCEPTED; whatever else refuses the connection.",
    default: NtStatus::REQUEST_NOT_ACCEPTED,
    rule: "A-5",
    event: event::ACCEPT,
    has_flags: true,
    heard: |socket| socket.callable(event::ACCEPT),
    due: |turn, id, _| turn.has(id, |it| (ACCEPT.heard)(it) && !it.rest.arrivals.is_empty()),
    show: |turn, id, _| turn.show_arrival(id),
    end: |turn, call| turn.end_accept(call.about, call.status),
    notice: Some(|| Call::Accept { accepted: None }),
};
/// `WskInspectEvent`.
pub(crate) static INSPECT: Row = Row {
    name: "WskInspectEvent",
    highest: Irql::Dispatch,
    allowed: &[
        NtStatus::from_bits(inspecting::REJECT),
        NtStatus::from_bits(inspecting::ACCEPT),
        NtStatus::from_bits(inspecting::PEND),
    ],
    advice: "Return WskInspectReject, WskInspectAccept or WskInspectPend; whatever else rejects the request.",
    default: NtStatus::from_bits(inspecting::REJECT),
    rule: "U-22",
    event: callback::INSPECT,
    has_flags: false,
    heard: |socket| socket.settings.conditional && socket.table.callbacks & callback::INSPECT != 0,
    due: |turn, id, serial| turn.has(id, |it| it.rest.inspections.contains_key(&(serial as u32))),
    show: |turn, id, serial| turn.show_request(id, serial as u32),
    end: |turn, call| turn.end_inspect(call.socket, call.about as u32, call.status.bits()),
    notice: Some(|| Call::Inspect { request: None }),
};
/// `WskAbortEvent`.
pub(crate) static ABORT: Row = Row {
    name: "WskAbortEvent",
    highest: Irql::Dispatch,
    allowed: &[NtStatus::SUCCESS],
    advice: "Return STATUS_SUCCESS; whatever else is ignored.",
    default: NtStatus::SUCCESS,
    rule: "U-22",
    event: callback::ABORT,
    has_flags: false,
    heard: |socket| socket.table.callbacks & callback::ABORT != 0,
    due: |turn, id, _| turn.has(id, ABORT.heard),
    show: |_, id, serial| Shown::new(Call::Abort { id: (id, serial as u32) }),
    end: |_, _| {},
    notice: None,
};
/// `WskSendBacklogEvent`.
pub(crate) static SEND_BACKLOG: Row = Row {
    name: "WskSendBacklogEvent",
    highest: Irql::Dispatch,
    allowed: &[NtStatus::SUCCESS],
    advice: "Return STATUS_SUCCESS; whatever else is ignored.",
    default: NtStatus::SUCCESS,
    rule: "U-22",
    event: event::SEND_BACKLOG,
    has_flags: false,
    heard: |socket| socket.callable(event::SEND_BACKLOG),
    due: |turn, id, _| turn.has(id, SEND_BACKLOG.heard),
    show: |_, _, size| Shown::new(Call::SendBacklog { size: size as usize }),
    end: |_, _| {},
    notice: None,
};

/// The callbacks that errands call.
pub static CALLBACKS: [&Row; 6] =
    [&RECEIVE, &RECEIVE_FROM, &ACCEPT, &INSPECT, &ABORT, &SEND_BACKLOG];
