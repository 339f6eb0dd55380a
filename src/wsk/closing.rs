//! Closing: `WskCloseSocket`, which cancels, tears down, and waits for callbacks.

use crate::core::status::NtStatus;
use crate::core::subsystem::Closing;
use crate::network::Party;
use crate::network::ports::Transport;
use crate::wsk::category::Category;
use crate::wsk::irp::{Completion, Irp, Place, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::State;

impl Turn<'_> {
    /// `WskCloseSocket`; it needs an IRP (C-6). It never fails on a valid socket (C-17); cancelling its IRP is ignored
    /// (U-38). Pending while a callback of the socket runs, which may be where it is called from (C-8, C-13,
    /// C-15), or IRPs of it are not completed (C-14). Afterwards every use is refused (C-16, U-41).
    /// Whether another thread is inside a function of the socket (C-7) only its caller can know.
    pub fn close(&mut self, id: u64, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            let Some(socket) = turn.on.sockets.get_mut(id).filter(|s| s.state != State::Closing)
            else {
                turn.breach = Some("C-16");
                return Err(NtStatus::FILE_FORCED_CLOSED);
            };
            let retained = !socket.rest.lists.is_empty();
            socket.close = Some(irp);
            turn.wait_at(irp, Place::Fixed);
            turn.dismantle(id, NtStatus::CANCELLED);
            turn.go(id, State::Closing);
            turn.close_core(id);
            turn.try_close(id);
            // Lists that the application kept had to be released before (C-22).
            if retained {
                turn.breach = Some("C-22");
            }
            Ok(())
        })
    }

    /// Closes the core socket, if there is one; a call of it that runs is waited for (C-13).
    pub(crate) fn close_core(&mut self, id: u64) {
        let socket = self.at(id);
        match socket.handle {
            None => socket.core_closed = true,
            Some(handle) => match self.core.close(handle) {
                Ok(Closing::Pending) => {}
                Ok(Closing::Done) => {
                    self.on.letting.closed.push(handle.index);
                    self.core_closed(id);
                }
                // The core was closed before: who did that released the slot.
                Err(_) => self.core_closed(id),
            },
        }
    }

    /// Whether a close now aborts the connection (C-11): not one that is fully disconnected both ways
    /// (C-12), nor in silent mode (G-20).
    pub(crate) fn breaks_on_close(&mut self, id: u64) -> bool {
        let state = self.at(id).state;
        let finished = state == State::BothFin && !self.is_finishing(id);
        state.is_live() && !finished && !self.at(id).settings.silent
    }

    /// Ends every request of the socket with `status` and Information 0 (C-9, C-10).
    pub(crate) fn cancel_requests(&mut self, id: u64, status: NtStatus) {
        self.drop_errands(id);
        self.fail_transfers(id, status);
        self.fail_others(id, status);
    }

    /// Ends what the socket takes part in, whatever its category: its requests, its place in the
    /// network, its errands (D-25).
    pub(crate) fn dismantle(&mut self, id: u64, status: NtStatus) {
        let broken = self.at(id).line.filter(|_| self.breaks_on_close(id));
        self.drop_errands(id);
        if let Some((line, side)) = broken {
            self.fail_transfers(id, status);
            self.break_line(line, side);
        }
        self.cancel_requests(id, status);
        if let Some((line, side)) = self.at(id).line.take() {
            self.leave(line, side);
        }
        let Some(rest) = self.at(id).rest.existing() else { return };
        // Connections that were accepted stay (C-19); those that wait are refused.
        let arrivals = std::mem::take(&mut rest.arrivals);
        for arrival in arrivals.iter() {
            self.break_line(arrival.line, 1);
            self.leave(arrival.line, 1);
        }
        self.refuse_inspections(id);
        let socket = self.at(id);
        if let Some(bound) = socket.rest.bound.take() {
            let transport = match socket.category {
                Category::Datagram => Transport::Udp,
                _ => Transport::Tcp,
            };
            self.on.ports.unbind(transport, bound, Party::Socket(id));
        }
    }

    /// Requests other than sends and receives: connect, accept, datagrams, address change, disables.
    fn fail_others(&mut self, id: u64, status: NtStatus) {
        let Some(rest) = self.at(id).rest.existing() else { return };
        let mut irps: Vec<_> = rest.connect.take().map(|(irp, ..)| irp).into_iter().collect();
        let accepts = std::mem::take(&mut rest.accepts);
        irps.extend(accepts.iter().map(|accept| accept.irp));
        irps.extend(rest.datagram_receives.take_all().map(|(irp, _)| irp));
        irps.extend(rest.address_change.take());
        irps.extend(rest.disables.drain(..).map(|(_, irp)| irp));
        self.on.letting.gone.extend(accepts.iter().map(|accept| (accept.table.owner, false)));
        self.hang_up(id);
        for irp in irps {
            self.finish(id, Completion::new(irp, status));
        }
    }

    /// No callback of the socket starts any more (D-25, U-8).
    fn drop_errands(&mut self, id: u64) {
        if !self.on.parked.is_empty() {
            self.on.parked.remove(&id);
        }
        let socket = self.at(id);
        socket.offered = 0;
        for spot in std::mem::take(&mut socket.calls).iter() {
            self.on.ready.take(spot);
        }
    }

    /// Completes a close once nothing of the socket is left (C-13, C-14).
    pub(crate) fn try_close(&mut self, id: u64) {
        let Some(socket) = self.on.sockets.get_mut(id) else { return };
        let ready = socket.state == State::Closing
            && socket.core_closed
            && socket.calling.is_none()
            && socket.unfinished == 0;
        if !ready {
            return;
        }
        if let Some(irp) = socket.close.take() {
            self.finish(0, Completion { closes: id, ..Completion::success(irp) });
        } else if socket.abandoned {
            self.forget(id);
        }
    }

    /// The socket is gone and its object freed (O-2): its close IRP is completed.
    pub(crate) fn forget(&mut self, id: u64) {
        let Some(socket) = self.on.sockets.get(id) else { return };
        let client = socket.client;
        self.on.letting.gone.push((socket.table.owner, socket.had_handle));
        self.on.sockets.discard(id);
        self.forget_age(id);
        self.on.changes += 1;
        self.on.tokens.retain(|(_, held)| *held != id);
        if let Some(client) = self.on.clients.get_mut(&client) {
            client.sockets -= 1;
        }
    }
}
