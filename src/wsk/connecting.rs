//! Connecting: `WskConnect`, `WskConnectEx`, and how a connection comes to be on both sides.

use crate::core::status::NtStatus;
use crate::core::subsystem::Opening;
use crate::network::Party;
use crate::network::address::Address;
use crate::network::line::{End, Line};
use crate::network::ports::Transport;
use crate::network::remote::{Remote, RemoteState, RemoteStream};
use crate::network::routes::Route;
use crate::wsk::binding::refused;
use crate::wsk::category::Category;
use crate::wsk::events::event;
use crate::wsk::irp::{Completion, Irp, Place, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::{Arrival, Outgoing, Sending, State};
use crate::wsk::watching::Notice;

/// How much data `WskConnectEx` takes (L-17).
const CONNECT_DATA: usize = 65_535;

/// What became of an attempt to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialled {
    Established,
    /// It came to nothing.
    Failed(NtStatus),
    /// An inspection decides, or nobody answers.
    Waiting,
}

impl Turn<'_> {
    /// `WskConnect`, or `WskConnectEx` with its Buffer.
    pub fn connect(
        &mut self,
        id: u64,
        remote: Option<Address>,
        flags: u32,
        data: Option<Vec<u8>>,
        irp: Irp,
    ) -> Reply {
        self.request(id, irp, |turn| {
            let socket = turn.connection(id)?;
            let remote = remote.filter(|remote| remote.family() == socket.family);
            if flags != 0 {
                return Err(NtStatus::INVALID_PARAMETER); // L-17, U-26
            }
            let data = data.unwrap_or_default();
            if data.len() > CONNECT_DATA {
                return Err(NtStatus::BUFFER_OVERFLOW); // L-17
            }
            let remote = remote.ok_or(NtStatus::INVALID_PARAMETER)?;
            if socket.state != State::Bound {
                return Err(NtStatus::INVALID_DEVICE_STATE); // L-14, O-5
            }
            turn.begin_connect(id, remote, data);
            Ok(())
        })
    }

    /// Connects a bound socket for the IRP of this call.
    pub(crate) fn begin_connect(&mut self, id: u64, remote: Address, data: Vec<u8>) {
        let irp = self.current;
        let socket = self.at(id);
        socket.rest.remote = Some(remote);
        socket.rest.connect = Some((irp, data, socket.unseen));
        let (local, sharing, anywhere) =
            (socket.source(remote), socket.sharing(), socket.is_anywhere());
        self.wait_at(irp, Place::Connect(id));
        self.go(id, State::Connecting);
        // The address that it gets only now may be in use, as at a bind (L-15).
        let dialled = match self.on.ports.may_take(Transport::Tcp, local, sharing) {
            Err(refusal) if anywhere => Dialled::Failed(refused(refusal)),
            _ => self.dial(Party::Socket(id), local, remote),
        };
        if let Dialled::Failed(status) = dialled {
            self.connect_failed(Party::Socket(id), status);
        }
    }

    /// The port whose bytes are those of `to`'s the other way round, if somebody listens there and nobody at `to`.
    #[must_use]
    pub fn listens_at_swapped(&self, to: Address) -> Option<u16> {
        let swapped = to.port().swap_bytes();
        let listens = |port: u16| {
            let mut everyone = self.on.ports.everyone(Transport::Tcp, to.family(), port);
            everyone.any(|party| self.listens(party))
        };
        (swapped != to.port() && !listens(to.port()) && listens(swapped)).then_some(swapped)
    }

    /// The addresses at which sockets of this subsystem take connections, in the order in which they were made.
    #[must_use]
    pub fn listening_at(&self) -> Vec<Address> {
        let listening = self.on.sockets.iter().filter(|(_, one)| one.state == State::Listening);
        listening.filter_map(|(_, one)| one.rest.local).collect()
    }

    /// Whether somebody takes connections at an address.
    #[must_use]
    pub fn listens_at(&self, to: Address) -> bool {
        let to = if to.is_wildcard() { to.source(1, to.port()) } else { to };
        self.on.ports.find(Transport::Tcp, to).any(|party| self.listens(party))
    }

    /// `party` at `from` wants to reach `to`.
    pub(crate) fn dial(&mut self, party: Party, from: Address, to: Address) -> Dialled {
        const REFUSED: Dialled = Dialled::Failed(NtStatus::CONNECTION_REFUSED);
        if to.port() == 0 {
            return REFUSED;
        }
        // The wildcard as destination is this machine.
        let to = if to.is_wildcard() { to.source(1, to.port()) } else { to };
        match self.on.routes.find(to) {
            None if self.on.routes.is_removed(from) => {
                return Dialled::Failed(NtStatus::NETWORK_UNREACHABLE);
            }
            None => {}
            Some(Route::Silent) => return Dialled::Waiting,
            Some(Route::HostUnreachable) => return Dialled::Failed(NtStatus::HOST_UNREACHABLE),
            Some(Route::NetworkUnreachable) => {
                return Dialled::Failed(NtStatus::NETWORK_UNREACHABLE);
            }
        }
        let found = self.on.ports.find(Transport::Tcp, to).find(|party| self.listens(*party));
        match found {
            None => REFUSED,
            Some(Party::Socket(listener)) => {
                if self.at(listener).rest.arrivals.len() >= self.on.policies.backlog {
                    self.on.arrivals.full += 1;
                    return REFUSED;
                }
                if self.at(listener).settings.conditional {
                    self.inspect(listener, party, from, to);
                    return Dialled::Waiting;
                }
                self.establish(listener, party, from, to, None);
                Dialled::Established
            }
            Some(Party::Remote(listener)) => {
                self.establish_remote(listener, party, from, to);
                Dialled::Established
            }
        }
    }

    /// Whether a party takes connections.
    fn listens(&self, party: Party) -> bool {
        match party {
            Party::Socket(id) => self.has(id, |socket| socket.state == State::Listening),
            Party::Remote(id) => matches!(self.on.remotes.get(id), Some(Remote::Listener { .. })),
        }
    }

    /// A connection to a listening socket of this subsystem: it waits to be accepted.
    pub(crate) fn establish(
        &mut self,
        listener: u64,
        party: Party,
        from: Address,
        to: Address,
        inspected: Option<(u64, u32)>,
    ) {
        let line = self.on.last_line.next();
        let mine = self.window_of(party);
        let theirs = self.window_of(Party::Socket(listener));
        let ends = [End::new(Some(party), from, mine), End::new(None, to, theirs)];
        self.on
            .lines
            .insert(line, Line { ends, broken: false, queued_at: listener, stirred: false });
        self.at(listener).rest.arrivals.push(line, Arrival { line, inspected });
        self.connected(party, line, 0, from, to);
        self.serve_accepts(listener);
        self.offer(listener);
    }

    fn establish_remote(&mut self, listener: u64, party: Party, from: Address, to: Address) {
        let (line, remote) = (self.on.last_line.next(), self.on.last_remote.next());
        let mine = self.window_of(party);
        let theirs = self.on.policies.window;
        let ends =
            [End::new(Some(party), from, mine), End::new(Some(Party::Remote(remote)), to, theirs)];
        self.on.lines.insert(line, Line { ends, broken: false, queued_at: 0, stirred: false });
        let mut stream = RemoteStream::new(RemoteState::Open);
        stream.line = Some((line, 1));
        self.on.remotes.insert(remote, Remote::Stream(stream));
        if let Some(Remote::Listener { arrivals, .. }) = self.on.remotes.get_mut(listener) {
            arrivals.push_back(remote);
        }
        self.connected(party, line, 0, from, to);
    }

    fn window_of(&self, party: Party) -> usize {
        let asked = match party {
            Party::Socket(id) => self.look(id).and_then(|s| s.settings.receive_buffer),
            Party::Remote(_) => None,
        };
        asked.map_or(self.on.policies.window, |bytes| bytes as usize)
    }

    /// The side that asked for a connection has it.
    fn connected(&mut self, party: Party, line: u64, side: usize, from: Address, to: Address) {
        match party {
            Party::Remote(id) => {
                if let Some(remote) = self.remote_stream(id) {
                    remote.line = Some((line, side));
                    remote.state = RemoteState::Open;
                    // Nothing moves yet, for before it could send nothing.
                    debug_assert!(remote.outgoing.is_empty() && !remote.finishing);
                }
                self.note(id, Notice::Connected);
            }
            Party::Socket(id) => {
                let statics = self.statics_of(id) & Category::Connection.statics();
                let socket = self.at(id);
                socket.category = Category::Connection; // O-5
                socket.statics = statics;
                socket.line = Some((line, side));
                (socket.rest.local, socket.rest.remote) = (Some(from), Some(to));
                let Some((irp, data, unseen)) = socket.rest.connect.take() else { return };
                self.go(id, State::Open);
                if !self.open_core(id) {
                    self.at(id).rest.connect = Some((irp, data, unseen));
                    self.break_line(line, side);
                    self.leave(line, side);
                    self.at(id).line = None;
                    self.connect_failed(party, NtStatus::INSUFFICIENT_RESOURCES);
                    return;
                }
                if data.is_empty() {
                    self.at(id).unseen = false;
                    let socket = if unseen { id } else { 0 };
                    let done = Completion { held: id, socket, ..Completion::success(irp) };
                    self.finish(id, done);
                } else {
                    // Nothing is indicated before the IRP that brings the connection (D-27).
                    let sending = Sending { irp, kind: Outgoing::Connect, data, sent: 0 };
                    let number = self.at(id).sends.push_next(sending);
                    self.hold(id);
                    self.wait_at(irp, Place::Send(id, number));
                }
                self.stir(line);
            }
        }
    }

    /// A connect came to nothing: the socket may be tried again (U-43); one of `WskSocketConnect` was
    /// never seen and is gone. No indication (D-17).
    pub(crate) fn connect_failed(&mut self, party: Party, status: NtStatus) {
        match party {
            Party::Remote(id) => {
                // One that vanished hears no answer.
                let remote = self.remote_stream(id);
                if let Some(remote) = remote.filter(|r| r.state == RemoteState::Connecting) {
                    remote.state = RemoteState::Refused;
                    self.note(id, Notice::Refused);
                }
            }
            Party::Socket(id) => {
                let Some((irp, _, unseen)) = self.at(id).rest.connect.take() else { return };
                self.at(id).rest.remote = None;
                self.go(id, State::Bound);
                if unseen {
                    self.dismantle(id, NtStatus::CANCELLED);
                    self.forget(id);
                }
                self.finish(if unseen { 0 } else { id }, Completion::new(irp, status));
            }
        }
    }

    pub(crate) fn cancel_connect(&mut self, id: u64, irp: Irp) -> bool {
        let Some((_, _, unseen)) = self.at(id).rest.connect.take_if(|(own, ..)| *own == irp) else {
            return false;
        };
        self.hang_up(id);
        self.at(id).rest.remote = None;
        self.go(id, State::Bound); // U-43
        if unseen {
            self.dismantle(id, NtStatus::CANCELLED);
            self.forget(id);
        }
        true
    }

    /// Opens the core socket of an established connection, without which the disconnect event is never
    /// called (D-3); false when there is no room for it.
    pub(crate) fn open_core(&mut self, id: u64) -> bool {
        let core = self.core;
        let socket = self.at(id);
        let handler = socket.handler();
        let enabled = socket.callable(event::DISCONNECT) && !handler.is_none();
        let opening = Opening { handler, enabled, kept: true, hold: socket.holds > 0 };
        let (context, opened) = (socket.table.context, &mut self.on.opened);
        let all = core.open_many(1, opening, |_, _| context, opened);
        let (Ok(()), Some(handle)) = (all, opened.pop()) else { return false };
        let socket = self.at(id);
        socket.handle = Some(handle);
        socket.had_handle = true;
        self.clear_plan(handle);
        self.on.by_index.set(handle.index, id);
        true
    }
}
