//! Errands: completion routines and callbacks that a drive has to call, oldest first.
//!
//! `ready` holds those that may run, and the core knows how many they are. A drive that fetches a callback
//! whose socket is busy or on hold parks it; the end of that call or hold makes it ready again.

use crate::core::chooser::{CLIENTS, NETWORK, Point};
use crate::core::flags::DisconnectFlags;
use crate::core::irql::Irql;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::wsk::attending::Attended;
use crate::wsk::events::{callback, event, flags};
use crate::wsk::irp::Completion;
use crate::wsk::machine::Turn;

/// What is to be called.
#[derive(Debug)]
pub(crate) enum Kind {
    Complete(Box<Completion>),
    Receive,
    ReceiveFrom,
    Accept,
    Inspect(u32),
    Abort((u64, u32)),
    SendBacklog(usize),
    /// The one notice that a socket is non-functional, through this callback (L-22).
    Notice(u32),
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
    Receive { socket: u64, lent: Vec<Vec<u8>> },
    ReceiveFrom { socket: u64 },
    Accept { socket: u64, accepted: u64 },
    Inspect { socket: u64, serial: u32 },
    Other { socket: u64, event: u32 },
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
}

/// What to call.
#[derive(Debug)]
pub enum Call {
    /// A completion routine.
    Complete(Box<Completion>),
    /// `WskReceiveEvent`; no segments: the socket is non-functional (L-22).
    Receive {
        /// Names the list in `release`.
        list: u64,
        /// The data indicated.
        segments: Option<Vec<Vec<u8>>>,
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

impl Call {
    /// Whether a callback is called, and not a completion routine.
    #[must_use]
    pub const fn is_callback(&self) -> bool {
        !matches!(self, Self::Complete(_))
    }
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
        Fetched { token, irql, socket: 0, flags: 0, call: Call::Complete(done) }
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

    /// The event whose callback an errand calls.
    fn event_of(kind: &Kind) -> u32 {
        match kind {
            Kind::Complete(_) => 0,
            Kind::Receive => event::RECEIVE,
            Kind::ReceiveFrom => event::RECEIVE_FROM,
            Kind::Accept => event::ACCEPT,
            Kind::Inspect(_) => callback::INSPECT,
            Kind::Abort(_) => callback::ABORT,
            Kind::SendBacklog(_) => event::SEND_BACKLOG,
            Kind::Notice(event) => *event,
        }
    }

    /// Begins an errand; `None` when it is parked, or there is nothing to call any more (E-14, D-25).
    fn begin(&mut self, errand: Errand) -> Option<Fetched> {
        let Errand { token, socket, kind, edges } = errand;
        let event = Self::event_of(&kind);
        if let Kind::Complete(done) = kind {
            let irql = self.draw_irql();
            return Some(self.begin_completion(token, socket, done, irql));
        }
        if !self.is_due(socket, &kind) {
            self.withdraw(socket, event);
            return None;
        }
        match self.attend(socket, event) {
            Attended::Call => {}
            Attended::Gone => return None,
            Attended::Parked => {
                let errand = Errand { token, socket, kind, edges };
                self.on.parked.entry(socket).or_default().push_back(errand);
                return None;
            }
        }
        let irql = self.draw_irql();
        let (running, call) = self.make_call(socket, &kind, event);
        self.on.running.insert(token, running);
        let told = irql.is_dispatch() && self.core.options().set_dispatch_flag;
        let has_flags =
            matches!(call, Call::Receive { .. } | Call::ReceiveFrom { .. } | Call::Accept { .. });
        debug_assert_eq!(flags::AT_DISPATCH_LEVEL, DisconnectFlags::AT_DISPATCH_LEVEL);
        let flags = if told && has_flags { flags::AT_DISPATCH_LEVEL } else { 0 };
        Some(Fetched { token, irql, socket, flags, call })
    }

    /// Takes back an offer that nothing came of.
    fn withdraw(&mut self, socket: u64, event: u32) {
        if let Some(owner) = self.on.sockets.get_mut(&socket) {
            owner.offered &= !event;
        }
    }

    fn make_call(&mut self, socket: u64, kind: &Kind, event: u32) -> (Running, Call) {
        let list = self.new_id();
        match kind {
            Kind::Receive => {
                let lent = self.lend(socket);
                self.at(socket).shown = Some((list, vec![true]));
                let segments = Some(lent.clone());
                (Running::Receive { socket, lent }, Call::Receive { list, segments })
            }
            Kind::ReceiveFrom => {
                let datagrams = self.take_datagrams(socket);
                self.at(socket).shown = Some((list, vec![true; datagrams.len()]));
                let call = Call::ReceiveFrom { list, datagrams: Some(datagrams) };
                (Running::ReceiveFrom { socket }, call)
            }
            Kind::Accept => {
                let accepted = self.take_arrival(socket);
                (
                    Running::Accept { socket, accepted: accepted.2 },
                    Call::Accept { accepted: Some(accepted) },
                )
            }
            Kind::Inspect(serial) => {
                let request = Some(self.ask(socket, *serial));
                (Running::Inspect { socket, serial: *serial }, Call::Inspect { request })
            }
            Kind::Abort(id) => (Running::Other { socket, event }, Call::Abort { id: *id }),
            Kind::SendBacklog(size) => {
                (Running::Other { socket, event }, Call::SendBacklog { size: *size })
            }
            Kind::Notice(_) | Kind::Complete(_) => {
                let call = match event {
                    event::RECEIVE => Call::Receive { list: 0, segments: None },
                    event::RECEIVE_FROM => Call::ReceiveFrom { list: 0, datagrams: None },
                    event::ACCEPT => Call::Accept { accepted: None },
                    _ => Call::Inspect { request: None },
                };
                (Running::Other { socket, event }, call)
            }
        }
    }

    /// Whether an errand that waited still has something to call.
    fn is_due(&self, socket: u64, kind: &Kind) -> bool {
        let Some(owner) = self.look(socket) else { return false };
        if owner.close.is_some() || owner.state == crate::wsk::socket::State::Closing {
            return false; // D-25
        }
        match kind {
            Kind::Receive => self.may_indicate(socket),
            Kind::ReceiveFrom => owner.callable(event::RECEIVE_FROM) && !owner.datagrams.is_empty(),
            Kind::Accept => owner.callable(event::ACCEPT) && !owner.arrivals.is_empty(),
            Kind::Inspect(serial) => owner.inspections.contains_key(serial),
            Kind::SendBacklog(_) => owner.callable(event::SEND_BACKLOG),
            Kind::Notice(callback::INSPECT) => owner.table.callbacks & callback::INSPECT != 0,
            Kind::Notice(event) => owner.callable(*event),
            Kind::Abort(_) => owner.table.callbacks & callback::ABORT != 0,
            Kind::Complete(_) => true,
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
            Running::Receive { socket, lent } => {
                self.end_receive(socket, lent, status, accepted);
                self.end_call(socket, event::RECEIVE);
            }
            Running::ReceiveFrom { socket } => {
                self.end_receive_from(socket, status);
                self.end_call(socket, event::RECEIVE_FROM);
            }
            Running::Accept { socket, accepted } => {
                self.end_accept(accepted, status);
                self.end_call(socket, event::ACCEPT);
            }
            Running::Inspect { socket, serial } => {
                self.end_inspect(socket, serial, status.bits());
                self.end_call(socket, callback::INSPECT);
            }
            Running::Other { socket, event } => self.end_call(socket, event),
        }
        self.settle();
        self.breach.take()
    }
}
