//! Attending: one callback of a socket at a time, whoever calls it (D-24, U-5), and what waits for it.
//!
//! A connection that was established has a core socket, which also calls `WskDisconnectEvent`; there
//! the word decides. Every other socket has no callback but errands: there a field decides.

use crate::core::handle::SocketHandle;
use crate::core::status::NtStatus;
use crate::core::subsystem::Attend;
use crate::wsk::errand::Kind;
use crate::wsk::events::event;
use crate::wsk::irp::Completion;
use crate::wsk::machine::Turn;

/// Whether a callback may begin.
pub(crate) enum Attended {
    /// It begins.
    Call,
    /// Later.
    Parked,
    /// Never: the socket is closed.
    Gone,
}

impl Turn<'_> {
    /// Nothing of the socket is indicated until as many `unhold` (D-20, D-27).
    pub(crate) fn hold(&mut self, id: u64) {
        let Some(socket) = self.on.sockets.get_mut(id) else { return };
        socket.holds += 1;
        if socket.holds == 1
            && let Some(handle) = socket.handle
        {
            let _ = self.core.hold(handle);
        }
    }

    /// The end of one `hold`.
    pub(crate) fn unhold(&mut self, id: u64) {
        let Some(socket) = self.on.sockets.get_mut(id) else { return };
        socket.holds -= 1;
        if socket.holds == 0 {
            if let Some(handle) = socket.handle {
                let _ = self.core.unhold(handle);
            }
            self.unpark(id);
        }
        self.try_close(id);
    }

    /// A callback of an errand wants to begin. One at a time, whatever its kind: the disconnect event
    /// counts too, for the core's word knows of both (D-24, U-5).
    pub(crate) fn attend(&mut self, id: u64, event: u32) -> Attended {
        let core = self.core;
        let Some(socket) = self.on.sockets.get_mut(id) else { return Attended::Gone };
        // Before `WskAcceptEvent` has returned nothing of the new socket is indicated (D-27).
        if socket.holds > 0 || socket.calling.is_some() || socket.in_accept_event {
            return Attended::Parked;
        }
        if let Some(handle) = socket.handle {
            match core.attend(handle) {
                Ok(Attend::Call) => {}
                Ok(Attend::Busy | Attend::Held) => return Attended::Parked,
                Err(_) => return Attended::Gone,
            }
        }
        socket.calling = Some(event);
        Attended::Call
    }

    /// A callback of an errand has returned (C-13, E-13).
    pub(crate) fn end_call(&mut self, id: u64, event: u32) {
        let Some(socket) = self.on.sockets.get_mut(id) else { return };
        socket.calling = None;
        socket.offered &= !event;
        if let Some(handle) = socket.handle {
            let end = self.core.attended(handle);
            if end.closed {
                self.on.letting.closed.push(handle.index);
                self.core_closed(id);
            }
        }
        self.end_disables(id, event);
        self.unpark(id);
        self.try_close(id);
        if self.look(id).is_some() {
            self.offer(id);
        }
    }

    /// A call of `WskDisconnectEvent` has ended and this machine wanted to hear of it.
    pub fn ended(&mut self, handle: SocketHandle) {
        let Some(id) = self.on.by_index.get(handle.index) else { return };
        if self.look(id).and_then(|socket| socket.handle) != Some(handle) {
            return;
        }
        self.end_disables(id, event::DISCONNECT);
        self.unpark(id);
        self.settle();
    }

    /// The close of a core socket completed behind a call of `WskDisconnectEvent` (C-13, C-15); the
    /// host releases its slot.
    pub fn closed(&mut self, index: u32) {
        if let Some(id) = self.on.by_index.get(index) {
            self.end_disables(id, event::DISCONNECT);
            self.core_closed(id);
            self.try_close(id);
        }
    }

    /// The core socket is closed for good.
    pub(crate) fn core_closed(&mut self, id: u64) {
        let socket = self.at(id);
        socket.core_closed = true;
        if let Some(handle) = socket.handle.take() {
            self.on.by_index.remove(handle.index);
        }
    }

    /// Disables that waited for a call of `event` complete with success (E-13, U-36, U-37).
    fn end_disables(&mut self, id: u64, event: u32) {
        let rest = self.on.sockets.get_mut(id).and_then(|socket| socket.rest.existing());
        let Some(rest) = rest.filter(|rest| !rest.disables.is_empty()) else { return };
        let all = std::mem::take(&mut rest.disables);
        let (ended, left): (Vec<_>, Vec<_>) = all.into_iter().partition(|(of, _)| *of == event);
        rest.disables = left;
        for (_, irp) in ended {
            self.finish(id, Completion::new(irp, NtStatus::SUCCESS));
        }
    }

    /// Errands that waited for the socket may be tried again, in their order.
    pub(crate) fn unpark(&mut self, id: u64) {
        if self.on.parked.is_empty() {
            return; // As mostly: the socket is not looked for.
        }
        if let Some(parked) = self.on.parked.remove(&id) {
            for errand in parked.into_iter().rev() {
                let is_call = !matches!(errand.kind, Kind::Complete(_));
                let spot = self.on.ready.push_front(errand);
                if is_call {
                    self.note_call(id, spot);
                }
            }
        }
    }
}
