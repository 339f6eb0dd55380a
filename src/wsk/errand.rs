//! Errands: completion routines and callbacks that a drive has to call, oldest first.
//!
//! `ready` holds those that may run, and the core knows how many they are. A drive that fetches a callback
//! whose socket is busy or on hold parks it; the end of that call or hold makes it ready again.

use crate::core::chooser::{CLIENTS, NETWORK, Point};
use crate::core::irql::Irql;
use crate::core::status::NtStatus;
use crate::wsk::attending::Attended;
use crate::wsk::callbacks::{Call, Ended, Lent, Row, Shown};
use crate::wsk::events::flags;
use crate::wsk::irp::Completion;
use crate::wsk::machine::Turn;
use crate::wsk::socket::State;

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
    Complete { socket: u64, held: u64, closes: u64, client: u64 },
    Call { socket: u64, row: &'static Row, about: u64, data: Vec<Vec<u8>> },
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

impl Turn<'_> {
    pub(crate) fn queue(&mut self, socket: u64, kind: Kind) {
        let (token, edges) = (self.new_id(), self.core.edges_queued());
        self.on.ready.push_back(Errand { token, socket, kind, edges });
    }

    /// Fetches the next errand that may run.
    pub fn next_errand(&mut self) -> Option<Fetched> {
        while let Some(place) = self.choose() {
            let errand = self.on.ready.remove(place)?;
            if let Some(fetched) = self.begin(errand) {
                return Some(fetched);
            }
        }
        None
    }

    /// Whether an errand may run.
    #[must_use]
    pub fn has_errands(&self) -> bool {
        !self.on.ready.is_empty()
    }

    /// How many edges come before the next errand, `oldest` being the number of the oldest that is
    /// queued: those that were queued before it; where the order is chosen, one or none.
    pub fn edges_first(&mut self, oldest: u64) -> u64 {
        let Some(first) = self.on.ready.front() else { return 0 };
        let older = (first.edges + 1).saturating_sub(oldest);
        if !self.core.options().explores() {
            return older;
        }
        if oldest > self.core.edges_queued() {
            return 0; // no edge waits
        }
        let edge_is_older = older > 0;
        let threads = self.on.ready.iter().map(|errand| self.thread_of(errand.socket));
        let errand = self.core.leader(threads).unwrap_or(CLIENTS);
        let thread = |option: u32| if (option == 0) == edge_is_older { NETWORK } else { errand };
        let other = self.core.choose_thread(Point::Turn, 2, thread) == 1;
        u64::from(edge_is_older != other)
    }

    /// The thread whose priority an errand has: that of its connection's edges, if it has any.
    fn thread_of(&self, socket: u64) -> u64 {
        match self.look(socket).map(|socket| socket.handle) {
            None => CLIENTS,
            Some(Some(handle)) => u64::from(handle.index),
            Some(None) => 1 << 32 | socket,
        }
    }

    /// Fetches the completion of an IRP that was decided inside a completion routine which has returned
    /// by now; `None` if a drive has fetched it, or it is not decided.
    pub fn next_deferred(&mut self, irp: u64) -> Option<Fetched> {
        let waits = |errand: &Errand| match &errand.kind {
            Kind::Complete(done) => done.deferred && done.irp == irp,
            _ => false,
        };
        let place = self.on.ready.iter().rposition(waits)?;
        let errand = self.on.ready.remove(place)?;
        let Kind::Complete(done) = errand.kind else { return None };
        // On its caller's thread, so at the level which that has.
        Some(self.begin_completion(errand.token, errand.socket, done, Irql::Passive))
    }

    fn begin_completion(
        &mut self,
        token: u64,
        socket: u64,
        done: Box<Completion>,
        irql: Irql,
    ) -> Fetched {
        let (held, closes, client) = (done.held, done.closes, done.client);
        self.on.running.insert(token, Running::Complete { socket, held, closes, client });
        let call = Call::Complete(done);
        Fetched { token, irql, socket: 0, flags: 0, call, row: None, lent: Lent::Nothing }
    }

    fn choose(&mut self) -> Option<usize> {
        if self.on.ready.is_empty() {
            return None;
        }
        if !self.core.options().explores() {
            return Some(0);
        }
        let mut seen = std::collections::HashSet::new();
        let firsts: Vec<_> = (0..self.on.ready.len())
            .filter(|&place| {
                let socket = self.on.ready[place].socket;
                socket == 0 || seen.insert(socket)
            })
            .collect();
        let thread = |option: u32| self.thread_of(self.on.ready[firsts[option as usize]].socket);
        let chosen = self.core.choose_thread(Point::Errand, firsts.len() as u32, thread);
        Some(firsts[chosen as usize])
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
        self.on.running.insert(token, running);
        Some(Fetched { token, irql, socket, flags, call, row: Some(row), lent })
    }

    /// Takes back an offer that nothing came of.
    fn withdraw(&mut self, socket: u64, event: u32) {
        if let Some(owner) = self.on.sockets.get_mut(&socket) {
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
        let running = self.on.running.remove(&token)?;
        match running {
            Running::Complete { socket, held, closes, client } => {
                if let Some(owner) = self.on.sockets.get_mut(&socket) {
                    owner.unfinished -= 1;
                    self.unhold(socket);
                }
                if held != 0 {
                    self.unhold(held);
                }
                if closes != 0 {
                    self.forget(closes);
                }
                if let Some(client) = self.on.clients.get_mut(&client) {
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
