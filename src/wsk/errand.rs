//! Errands: completion routines and callbacks that a drive has to call, oldest first, or as the chooser says.
//!
//! `ready` holds those that may run, and the core knows how many they are. A drive that fetches a callback
//! whose socket is busy or on hold parks it; the end of that call or hold makes it ready again.

use crate::core::chooser::{CLIENTS, NETWORK, Point};
use crate::core::irql::Irql;
use crate::core::limits::TAKE;
use crate::core::prefetch::prefetch_all;
use crate::core::status::NtStatus;
use crate::network::stream::Segment;
use crate::wsk::attending::Attended;
use crate::wsk::callbacks::{Call, Ended, Lent, Row, Shown};
use crate::wsk::events::{event, flags};
use crate::wsk::irp::Completion;
use crate::wsk::machine::Turn;
use crate::wsk::ready::Spot;
use crate::wsk::socket::State;

/// What comes in its own order; what is in another lane of the same socket may overtake it (docs/simulated.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Receives, and receives of datagrams: their bytes are in order.
    Receives,
    /// Sends, and the graceful disconnect behind them (G-4).
    Sends,
    /// Accepts: first come, first served (U-32).
    Accepts,
    /// A request by itself, such as an option.
    Request(u64),
    /// A callback, about this.
    Callback(u32, u64),
}

/// What an errand is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A completion routine.
    Complete(Box<Completion>),
    /// A callback, about this: the serial of a request, a backlog's size, or nothing (0).
    Call(&'static Row, u64),
    /// The one notice through this callback that the socket is non-functional (L-22).
    Notice(&'static Row),
}

/// One errand that waits.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) token: u64,
    pub(crate) socket: u64,
    pub(crate) kind: Kind,
    /// How many edges had been queued before it.
    pub(crate) edges: u64,
}

/// One errand under way.
#[derive(Debug)]
pub(crate) enum Running {
    Complete { socket: u64, first: bool, held: u64, closes: u64, client: u64 },
    Call { socket: u64, row: &'static Row, about: u64, data: Vec<Segment> },
    Notice { socket: u64, row: &'static Row },
}

/// What the host performs, outside the lock.
#[derive(Debug)]
pub struct Fetched {
    /// Names it in [`Turn::finish_errand`].
    pub token: u64,
    /// The level to call at (D-9).
    pub irql: Irql,
    /// The socket whose callback it is; 0 for a completion.
    pub socket: u64,
    /// `Flags` of the callback, if it has any (1.3).
    pub flags: u32,
    /// What to call.
    pub call: Call,
    /// The callback's row; `None` for a completion.
    pub row: Option<&'static Row>,
    /// What the callback is lent.
    pub lent: Lent,
}

/// What a drive does next.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "it is on its way to who performs it, and nearly always an errand"
)]
pub enum Due {
    /// It calls so many edges.
    Edges(u64),
    /// It performs an errand.
    Errand(Fetched),
    /// There is no errand.
    Nothing,
}

/// From among so many of the oldest errands the next one is chosen, where it is: as many as of the edges.
const CONSIDERED: usize = TAKE;

/// How many errands ahead a socket is asked for.
const AHEAD: usize = 8;

impl Errand {
    /// Tells the priority of what it does apart from others of its socket; 0 for what the peer's doings lead to. Of the
    /// machine's own numbers alone: those of IRPs are the whole process's.
    fn strand(&self) -> u64 {
        match self.lane() {
            Lane::Receives | Lane::Callback(event::RECEIVE, _) => 0,
            Lane::Sends => 1,
            Lane::Accepts => 2,
            Lane::Request(_) => 3 | (self.token & 0xFFFF) << 4,
            Lane::Callback(event, about) => 4 | ((u64::from(event) ^ about << 12) & 0xFFFF) << 4,
        }
    }

    /// In which order it stands.
    fn lane(&self) -> Lane {
        match &self.kind {
            Kind::Complete(done) => done.lane,
            Kind::Call(row, about) => Lane::Callback(row.event, *about),
            Kind::Notice(row) => Lane::Callback(row.event, u64::MAX),
        }
    }
}

impl Turn<'_> {
    pub(crate) fn queue(&mut self, socket: u64, kind: Kind) {
        let (token, edges) = (self.new_id(), self.core.edges_queued());
        let is_call = !matches!(kind, Kind::Complete(_));
        let spot = self.on.ready.push_back(Errand { token, socket, kind, edges });
        if is_call {
            self.note_call(socket, spot);
        }
    }

    /// Remembers where a callback of a socket stands, so that it can be taken back.
    pub(crate) fn note_call(&mut self, socket: u64, spot: Spot) {
        if let Some(owner) = self.on.sockets.get_mut(socket) {
            owner.calls.add(spot);
        }
    }

    /// What comes next: the edges before the next errand, `oldest` being the number of the oldest that is queued, or that
    /// errand.
    pub fn next_due(&mut self, oldest: u64) -> Due {
        if !self.has_errands() {
            return Due::Nothing;
        }
        match self.edges_first(oldest) {
            0 => self.next_errand().map_or(Due::Nothing, Due::Errand),
            edges => Due::Edges(edges),
        }
    }

    /// Fetches the next errand that may run.
    pub fn next_errand(&mut self) -> Option<Fetched> {
        self.cancel_late();
        while let Some(spot) = self.choose() {
            let errand = self.on.ready.take(spot)?;
            if !matches!(errand.kind, Kind::Complete(_))
                && let Some(owner) = self.on.sockets.get_mut(errand.socket)
            {
                owner.calls.remove(spot);
            }
            if let Some(fetched) = self.begin(errand) {
                return Some(fetched);
            }
            self.cancel_late();
        }
        None
    }

    /// Once nothing else is left to do, cancels that have lost so far take effect (I-12).
    pub(crate) fn cancel_late(&mut self) {
        while self.on.ready.is_empty()
            && let Some(irp) = self.on.late.pop_front()
        {
            self.cancel_now(irp);
        }
    }

    /// Whether an errand may run.
    #[must_use]
    pub fn has_errands(&self) -> bool {
        self.on.due() > 0
    }

    /// How many edges come before the next errand, `oldest` being the number of the oldest that is
    /// queued: those that were queued before it; where the order is chosen, one or none.
    pub fn edges_first(&mut self, oldest: u64) -> u64 {
        let Some(first) = self.on.ready.first() else {
            // Cancels that are late come last.
            return (self.core.edges_queued() + 1).saturating_sub(oldest);
        };
        let older = (first.edges + 1).saturating_sub(oldest);
        if !self.core.options().explores() {
            return older;
        }
        if oldest > self.core.edges_queued() {
            return 0; // no edge waits
        }
        let edge_is_older = older > 0;
        let ready = self.on.ready.iter().take(CONSIDERED);
        let threads = ready.map(|(_, errand)| self.thread_of(errand));
        let errand = self.core.leader(threads).unwrap_or(CLIENTS);
        let thread = |option: u32| if (option == 0) == edge_is_older { NETWORK } else { errand };
        let other = self.core.choose_thread(Point::Turn, 2, thread) == 1;
        u64::from(edge_is_older != other)
    }

    /// The thread whose priority an errand has: that of its connection's edges for what the peer's doings lead to, one of
    /// its own for every other lane.
    fn thread_of(&self, errand: &Errand) -> u64 {
        let lane = errand.strand() << 40;
        match self.look(errand.socket).map(|socket| socket.handle) {
            None => CLIENTS,
            Some(Some(handle)) => lane | u64::from(handle.index),
            Some(None) => lane | 1 << 32 | errand.socket,
        }
    }

    fn begin_completion(
        &mut self,
        token: u64,
        socket: u64,
        done: Box<Completion>,
        irql: Irql,
    ) -> Fetched {
        let (first, held) = (done.first, done.held);
        let (closes, client) = (done.closes, done.client);
        self.on.running.push((token, Running::Complete { socket, first, held, closes, client }));
        let call = Call::Complete(done);
        Fetched { token, irql, socket: 0, flags: 0, call, row: None, lent: Lent::Nothing }
    }

    /// Asks for the memory of what comes soon: in a storm each errand is about another socket.
    fn foresee(&self) {
        if let Some(Errand { kind: Kind::Complete(done), .. }) = self.on.ready.later(2 * AHEAD) {
            prefetch_all(&**done);
        }
        if let Some(Errand { socket, kind, .. }) = self.on.ready.later(AHEAD) {
            let id = match kind {
                Kind::Complete(done) if done.closes != 0 => done.closes,
                _ => *socket,
            };
            self.on.sockets.foresee(id);
        }
    }

    fn choose(&mut self) -> Option<Spot> {
        if !self.on.policies.plain {
            self.foresee();
        }
        if self.on.ready.is_empty() || !self.core.options().explores() {
            return self.on.ready.head();
        }
        let mut seen = foldhash::HashSet::default();
        let firsts: Vec<_> = self
            .on
            .ready
            .iter()
            .take(CONSIDERED)
            .filter(|(_, errand)| errand.socket == 0 || seen.insert((errand.socket, errand.lane())))
            .collect();
        let thread = |option: u32| self.thread_of(firsts[option as usize].1);
        let chosen = self.core.choose_thread(Point::Errand, firsts.len() as u32, thread);
        Some(firsts[chosen as usize].0)
    }

    /// Begins an errand; `None` when it is parked, or there is nothing to call any more (E-14, D-25).
    fn begin(&mut self, errand: Errand) -> Option<Fetched> {
        let Errand { token, socket, kind, edges } = errand;
        let (row, about) = match kind {
            Kind::Complete(done) => {
                let irql = self.draw_irql();
                return Some(self.begin_completion(token, socket, done, irql));
            }
            Kind::Call(row, about) => (row, Some(about)),
            Kind::Notice(row) => (row, None),
        };
        if !self.is_due(socket, row, about) {
            self.withdraw(socket, row.event);
            return None;
        }
        match self.attend(socket, row.event) {
            Attended::Call => {}
            Attended::Gone => return None,
            Attended::Parked => {
                let errand = Errand { token, socket, kind, edges };
                self.on.parked.entry(socket).or_default().push_back(errand);
                return None;
            }
        }
        let irql = self.draw_irql();
        let told = irql.is_dispatch() && self.core.options().set_dispatch_flag;
        let flags = if told && row.has_flags { flags::AT_DISPATCH_LEVEL } else { 0 };
        let (running, call, lent) = match (about, row.notice) {
            (None, Some(notice)) => (Running::Notice { socket, row }, notice(), Lent::Notice),
            _ => {
                let shown = (row.show)(self, socket, about.unwrap_or_default());
                let Shown { call, lent, about, data } = shown;
                (Running::Call { socket, row, about, data }, call, lent)
            }
        };
        self.on.running.push((token, running));
        Some(Fetched { token, irql, socket, flags, call, row: Some(row), lent })
    }

    /// Takes back an offer that nothing came of.
    fn withdraw(&mut self, socket: u64, event: u32) {
        if let Some(owner) = self.on.sockets.get_mut(socket) {
            owner.offered &= !event;
        }
    }

    /// Whether an errand that waited still has something to call.
    fn is_due(&self, socket: u64, row: &Row, about: Option<u64>) -> bool {
        let Some(owner) = self.look(socket) else { return false };
        if owner.close.is_some() || owner.state == State::Closing {
            return false; // D-25
        }
        match about {
            Some(about) => (row.due)(self, socket, about),
            None => (row.heard)(owner),
        }
    }

    /// The host performed an errand. `status` is what the callback returned, `accepted` its
    /// BytesAccepted.
    pub fn finish_errand(
        &mut self,
        token: u64,
        status: NtStatus,
        accepted: Option<usize>,
    ) -> Option<&'static str> {
        let place = self.on.running.iter().rposition(|(other, _)| *other == token)?;
        let (_, running) = self.on.running.swap_remove(place);
        match running {
            Running::Complete { socket, first, held, closes, client } => {
                if let Some(owner) = self.on.sockets.get_mut(socket) {
                    owner.unfinished -= 1;
                    if first {
                        self.unhold(socket);
                    }
                    self.try_close(socket);
                }
                if held != 0 {
                    self.unhold(held);
                }
                if closes != 0 {
                    self.forget(closes);
                }
                if client != 0
                    && let Some(client) = self.on.clients.get_mut(&client)
                {
                    client.unfinished -= 1;
                    self.on.changes += 1;
                }
            }
            Running::Call { socket, row, about, data } => {
                (row.end)(self, Ended { socket, about, data, status, accepted });
                self.end_call(socket, row.event);
            }
            Running::Notice { socket, row } => self.end_call(socket, row.event),
        }
        self.settle();
        self.breach.take()
    }
}
