//! Accepting: `WskAccept` and `WskAcceptEvent`, and the sockets that they yield (section 8).

use crate::core::counters::Withheld;
use crate::core::flags::Edge;
use crate::core::handlers::HandlerId;
use crate::core::status::NtStatus;
use crate::core::subsystem::Opening;
use crate::network::Party;
use crate::wsk::callbacks::{Call, Lent, Shown};
use crate::wsk::category::Category;
use crate::wsk::creating::Table;
use crate::wsk::errand::Lane;
use crate::wsk::events::event;
use crate::wsk::irp::{Completion, Irp, Place, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::{Accepting, Arrival, Socket, State};

impl Turn<'_> {
    /// A listening socket, or a stream socket; one that does not listen is in the wrong phase or role
    /// (O-5, U-15).
    pub(crate) fn listening(&mut self, id: u64) -> Result<&mut Socket, NtStatus> {
        let socket = self.usable(id)?;
        if socket.category != Category::Listen && !socket.stream {
            return Err(NtStatus::INVALID_DEVICE_REQUEST);
        }
        if socket.state == State::Listening {
            Ok(socket)
        } else {
            Err(NtStatus::INVALID_DEVICE_STATE)
        }
    }

    /// `WskAccept`; `table` belongs to the one socket that this call yields (L-5).
    pub fn accept(&mut self, id: u64, flags: u32, table: Table, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            let found = turn.listening(id).map(|_| ());
            if flags != 0 && found != Err(NtStatus::FILE_FORCED_CLOSED) {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            found?;
            // First come, first served, and before the event (U-32, A-9, E-28).
            let number = turn.at(id).rest.accepts.push_next(Accepting { irp, table });
            turn.wait_at(irp, Place::Accept(id, number));
            turn.serve_accepts(id);
            Ok(())
        })
    }

    pub(crate) fn cancel_accept(&mut self, id: u64, number: u32, irp: Irp) -> bool {
        let accepts = &mut self.at(id).rest.accepts;
        let accept = accepts.take(number.into(), |accept| accept.irp == irp);
        let cancelled = accept.is_some();
        self.on.letting.gone.extend(accept.map(|accept| (accept.table.owner, false)));
        cancelled
    }

    /// Gives waiting connections to waiting accepts.
    pub(crate) fn serve_accepts(&mut self, listener: u64) {
        loop {
            let socket = self.at(listener);
            if socket.rest.accepts.is_empty() || socket.rest.arrivals.is_empty() {
                return;
            }
            let (Some(accept), Some(arrival)) =
                (socket.rest.accepts.pop_front(), socket.rest.arrivals.pop_front())
            else {
                return;
            };
            // Every event is disabled, but the static ones.
            let id = self.make_accepted(listener, arrival, accept.table, 0);
            if !self.open_accepted(id) {
                self.dismantle(id, NtStatus::CANCELLED);
                self.forget(id);
                let failed = Completion::new(accept.irp, NtStatus::INSUFFICIENT_RESOURCES);
                self.finish(listener, failed);
                continue;
            }
            let (local, remote) = self.addresses(id);
            // The addresses are filled before completion.
            let yielded = Completion {
                socket: id,
                held: id,
                local,
                remote,
                lane: Lane::Accepts,
                ..Completion::success(accept.irp)
            };
            self.on.arrivals.accepted += 1;
            self.finish(listener, yielded);
            self.tell_accepted(id);
        }
    }

    /// The socket for a connection that waited; connection-oriented whatever accepted it (O-6).
    fn make_accepted(
        &mut self,
        listener: u64,
        arrival: Arrival,
        table: Table,
        inherited: u32,
    ) -> u64 {
        let id = self.new_socket();
        let window = self.on.policies.window;
        let at = self.on.lines.get_mut(arrival.line).expect("Invariant: an arrival has its line");
        at.queued_at = 0;
        at.ends[1].party = Some(Party::Socket(id));
        // What its peer sent; if it could not send everything, the window is full.
        let lies = !at.ends[1].incoming.is_empty();
        // Born in OPEN, or in PEER-FIN (L-20, U-9).
        let state = if at.ends[0].finished { State::PeerFin } else { State::Open };
        let from = self.at(listener);
        let mut socket = Socket::new(from.client, Category::Connection, table, window);
        (socket.family, socket.kind, socket.protocol) = (from.family, from.kind, from.protocol);
        socket.settings.keepalive = from.settings.keepalive;
        socket.settings.receive_buffer = from.settings.receive_buffer;
        let client = from.client;
        socket.state = state;
        socket.line = Some((arrival.line, 1));
        if arrival.inspected.is_some() {
            socket.rest.inspected = arrival.inspected;
        }
        socket.enabled = inherited;
        socket.statics = self.statics_of_client(client) & Category::Connection.statics(); // A-11, U-28
        self.adopt(id, client, socket);
        if lies {
            self.stir(arrival.line);
        }
        id
    }

    fn open_accepted(&mut self, id: u64) -> bool {
        let opened = self.open_core(id);
        if opened {
            self.note_unread(id);
        }
        opened
    }

    /// Tells the core what the peer did before the socket was open there (U-9).
    fn tell_accepted(&mut self, id: u64) {
        let (state, line) = (self.at(id).state, self.at(id).line);
        let finished = line.is_some_and(|(line, side)| {
            self.on.lines.get(line).is_some_and(|at| at.ends[1 - side].finished)
        });
        let replaced = state == State::Reset && self.is_replaced(id);
        if replaced {
            self.hold(id);
        }
        if finished && (state.is_live() || state == State::Reset) {
            self.post(id, Edge::Graceful);
        }
        if state == State::Reset {
            self.post(id, Edge::Abortive);
        }
        if replaced {
            if let Some(handle) = self.at(id).handle {
                let _ = self.core.supersede(handle);
            }
            self.unhold(id);
        }
        self.feed(id);
    }

    /// Whether an abort while `WskAcceptEvent` ran took the place of the finish before it, as it would have with the
    /// call over (D-27 only delays): the event was off (D-22), or the finish stood behind data that nobody was about
    /// to get (G-18).
    fn is_replaced(&mut self, id: u64) -> bool {
        let socket = self.at(id);
        let heard = socket.table.callbacks;
        socket.rest.reset_inside.is_some_and(|(events, unread)| {
            events & event::DISCONNECT == 0 || unread && events & heard & event::RECEIVE == 0
        })
    }

    /// What `WskAcceptEvent` is called with: both addresses and the new socket, whose context and table are
    /// NULL until the callback wrote them (L-6, L-7).
    pub(crate) fn show_arrival(&mut self, listener: u64) -> Shown {
        let socket = self.at(listener);
        let inherited = socket.inherit; // E-15
        let arrival =
            socket.rest.arrivals.pop_front().expect("Invariant: due errands have an arrival");
        let id = self.make_accepted(listener, arrival, Table::default(), inherited);
        let socket = self.at(id);
        socket.in_accept_event = true;
        let (Some(local), Some(remote)) = self.addresses(id) else {
            unreachable!("Invariant: an accepted socket has both addresses")
        };
        let call = Call::Accept { accepted: Some((local, remote, id)) };
        Shown { lent: Lent::Accepted(id), about: id, ..Shown::new(call) }
    }

    /// What `WskAcceptEvent` wrote through its out parameters; only the first time counts (L-10).
    /// From then on events may be enabled on the socket.
    pub fn accept_written(&mut self, accepted: u64, table: Table) -> bool {
        match self.on.sockets.get_mut(accepted) {
            Some(socket) if socket.in_accept_event && !socket.table.written => {
                socket.table = Table { written: true, ..table };
                true
            }
            _ => false,
        }
    }

    /// What `WskAcceptEvent` answered.
    pub(crate) fn end_accept(&mut self, id: u64, status: NtStatus) {
        let refused = status != NtStatus::SUCCESS;
        let open = self.on.sockets.get_mut(id).filter(|socket| socket.state != State::Closing);
        let Some(socket) = open else {
            // Closed inside the callback; a socket that is refused is the provider's to close.
            if refused && !self.on.shut {
                self.breach = Some("A-5");
            }
            return;
        };
        socket.in_accept_event = false;
        if socket.state == State::Dead && status == NtStatus::SUCCESS {
            self.announce_dead(id);
            return;
        }
        if status == NtStatus::SUCCESS && self.open_accepted(id) {
            self.on.arrivals.accepted += 1;
            // From here on it may be indicated (D-27).
            self.tell_accepted(id);
            self.unpark(id);
        } else {
            self.refuse_accepted(id);
        }
    }

    /// The application does not want the connection: the peer sees an abort, and what the peer
    /// did meanwhile is never indicated (D-18).
    fn refuse_accepted(&mut self, id: u64) {
        let opening = Opening { handler: HandlerId::NONE, enabled: false, kept: false, hold: true };
        if self.at(id).handle.is_none()
            && let Ok(handle) = self.core.open(0, opening)
        {
            self.at(id).handle = Some(handle);
            self.tell_accepted(id);
            self.at(id).handle = None;
            let _ = self.core.withhold(handle, Withheld::RefusedByApplication);
            let _ = self.core.close(handle);
        }
        self.dismantle(id, NtStatus::CANCELLED);
        self.forget(id);
    }
}
