//! Inspecting: conditional accept, before the handshake.

use crate::core::status::NtStatus;
use crate::network::Party;
use crate::network::address::Address;
use crate::network::remote::RemoteState;
use crate::wsk::callbacks::{ABORT, Call, INSPECT, Shown};
use crate::wsk::errand::{Kind, Running};
use crate::wsk::irp::{Completion, Irp, Reply};
use crate::wsk::machine::Turn;

/// `WskInspectReject`, `WskInspectAccept` and `WskInspectPend` (1.5).
pub(crate) const REJECT: u32 = 0;
pub(crate) const ACCEPT: u32 = 1;
pub(crate) const PEND: u32 = 2;

/// A connection request that a conditional listener has not decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inspection {
    party: Party,
    from: Address,
    to: Address,
    /// `WskInspectEvent` was called for it.
    asked: bool,
    /// The peer gave up while the callback ran.
    gone: bool,
}

impl Inspection {
    /// Whether the application was asked, and its answer can still matter to the peer.
    const fn is_undecided(&self) -> bool {
        self.asked && !self.gone
    }
}

impl Turn<'_> {
    /// A request arrives at a conditional listener.
    pub(crate) fn inspect(&mut self, listener: u64, party: Party, from: Address, to: Address) {
        let serial = (self.new_id() & u64::from(u32::MAX)) as u32;
        let inspection = Inspection { party, from, to, asked: false, gone: false };
        self.at(listener).rest.inspections.insert(serial, inspection);
        self.on.requests.insert(party, (listener, serial));
        self.queue(listener, Kind::Call(&INSPECT, u64::from(serial)));
    }

    /// Tells the application that a request which it was asked about is gone.
    fn abort_request(&mut self, listener: u64, serial: u32) {
        self.queue(listener, Kind::Call(&ABORT, u64::from(serial)));
    }

    /// What `WskInspectEvent` is called with.
    pub(crate) fn show_request(&mut self, listener: u64, serial: u32) -> Shown {
        let inspections = &mut self.at(listener).rest.inspections;
        let inspection = inspections.get_mut(&serial).expect("Invariant: due errands have theirs");
        inspection.asked = true;
        let request = (inspection.to, inspection.from, (listener, serial));
        let call = Call::Inspect { request: Some(request) };
        Shown { about: u64::from(serial), ..Shown::new(call) }
    }

    /// What `WskInspectEvent` answered.
    pub(crate) fn end_inspect(&mut self, listener: u64, serial: u32, action: u32) {
        let Some(socket) = self.on.sockets.get_mut(listener) else { return };
        let Some(&inspection) = socket.rest.inspections.get(&serial) else { return };
        if inspection.gone {
            socket.rest.inspections.remove(&serial);
            if matches!(action, ACCEPT | PEND) {
                // Dropped before it was established, after Accept or Pend.
                self.abort_request(listener, serial);
            }
            return;
        }
        match action {
            PEND => {}
            ACCEPT => self.admit(listener, serial, inspection),
            // Reject, and what is no action: dropped, no event follows.
            _ => self.reject(listener, serial, inspection),
        }
    }

    /// A request that is decided is no request any more.
    fn decide(&mut self, listener: u64, serial: u32, inspection: Inspection) {
        self.at(listener).rest.inspections.remove(&serial);
        self.on.requests.remove(&inspection.party);
    }

    fn reject(&mut self, listener: u64, serial: u32, inspection: Inspection) {
        self.decide(listener, serial, inspection);
        self.connect_failed(inspection.party, NtStatus::CONNECTION_REFUSED);
    }

    fn admit(&mut self, listener: u64, serial: u32, inspection: Inspection) {
        self.decide(listener, serial, inspection);
        let Inspection { party, from, to, .. } = inspection;
        if self.is_silent(party) {
            // The handshake is never answered: dropped before it was established.
            self.abort_request(listener, serial);
            return;
        }
        self.establish(listener, party, from, to, Some((listener, serial)));
    }

    /// `WskInspectComplete` for a request that the application left undecided. Ids are compared
    /// by content.
    pub fn inspect_complete(&mut self, id: u64, of: (u64, u32), action: u32, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            let socket = turn.listening(id)?;
            if !matches!(action, REJECT | ACCEPT) {
                return Err(NtStatus::INVALID_PARAMETER); // U-26
            }
            let found = (of.0 == id).then(|| socket.rest.inspections.get(&of.1).copied()).flatten();
            // An aborted request, also while its callback runs, or one of before: nothing is established.
            if let Some(inspection) = found.filter(Inspection::is_undecided) {
                if action == ACCEPT {
                    turn.admit(id, of.1, inspection);
                } else {
                    turn.reject(id, of.1, inspection);
                }
            }
            turn.finish(id, Completion::success(irp));
            Ok(())
        })
    }

    /// A party that waits for a decision gives up: `WskAbortEvent` if the application was asked
    /// nothing if it never heard of it.
    pub(crate) fn give_up(&mut self, party: Party) {
        // One that asks again while the callback of its first request runs has two, and the first is gone already.
        let Some((listener, serial)) = self.on.requests.remove(&party) else { return };
        let running = self.at(listener).calling == Some(INSPECT.event);
        let asked_now = running && self.is_inspecting(listener, serial);
        let inspections = &mut self.at(listener).rest.inspections;
        if asked_now {
            if let Some(inspection) = inspections.get_mut(&serial) {
                inspection.gone = true;
            }
        } else if inspections.remove(&serial).is_some_and(|inspection| inspection.asked) {
            self.abort_request(listener, serial);
        }
    }

    /// A remote end that does not answer any more.
    fn is_silent(&self, party: Party) -> bool {
        let Party::Remote(id) = party else { return false };
        self.remote_state(id).is_none_or(|state| state == RemoteState::Vanished)
    }

    fn is_inspecting(&self, listener: u64, serial: u32) -> bool {
        self.on.running.iter().any(|(_, running)| match running {
            Running::Call { socket, row, about, .. } => {
                (*socket, row.event, *about) == (listener, INSPECT.event, u64::from(serial))
            }
            _ => false,
        })
    }

    /// A socket that was connecting does so no more.
    pub(crate) fn hang_up(&mut self, id: u64) {
        if self.look(id).is_some_and(|socket| socket.state == crate::wsk::socket::State::Connecting)
        {
            self.give_up(Party::Socket(id));
        }
    }

    /// This machine loses the address `host`: undecided requests to it are dropped, and their peers hear nothing.
    pub(crate) fn drop_inspections(&mut self, listener: u64, host: Address) {
        let undecided =
            self.look(listener).into_iter().flat_map(|one| one.rest.inspections.values());
        let theirs = undecided.filter(|one| one.to.with_port(0) == host && !one.gone);
        for party in theirs.map(|one| one.party).collect::<Vec<_>>() {
            self.give_up(party);
        }
    }

    /// A conditional listener goes: its undecided requests are refused.
    pub(crate) fn refuse_inspections(&mut self, listener: u64) {
        let inspections = std::mem::take(&mut self.at(listener).rest.inspections);
        for inspection in inspections.into_values().filter(|inspection| !inspection.gone) {
            self.on.requests.remove(&inspection.party);
            self.connect_failed(inspection.party, NtStatus::CONNECTION_REFUSED);
        }
    }
}
