//! Shutting: the whole subsystem is closed, and every request with it.
//!
//! As if each socket were closed at one and the same time, without an IRP of its own: what is pending
//! ends as a close ends it (C-9, C-10), callbacks that run are waited for (C-13), none starts (D-25), and
//! remote ends see an abort (C-11). From then on the provider is not there: every function is refused with
//! `STATUS_DEVICE_NOT_READY`, which is no mistake of the application's.

use crate::core::status::NtStatus;
use crate::wsk::irp::{Completion, Irp, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::State;

impl Turn<'_> {
    /// Closes everything; again does nothing. Completions wait as errands, those of one socket in the
    /// order of `WskCloseSocket`, the oldest socket's first.
    pub fn shut(&mut self) {
        if std::mem::replace(&mut self.on.shut, true) {
            return;
        }
        self.on.changes += 1; // Who waits for the provider, or for a client's end, gives up (O-14).
        self.cancel_list_changes(None);
        let sockets = self.on.sockets.iter();
        let open: Vec<_> = sockets
            .filter(|(_, socket)| socket.state != State::Closing)
            .map(|(id, _)| id)
            .collect();
        // First the requests of all, then the connections: a socket's own close ends its requests, not
        // that its peer, which closes as well, resets it.
        let mut broken = Vec::new();
        for &id in &open {
            if self.breaks_on_close(id) {
                broken.extend(self.at(id).line);
            }
            self.cancel_requests(id, NtStatus::CANCELLED);
            self.at(id).abandoned = true;
            self.go(id, State::Closing);
        }
        for (line, side) in broken {
            self.break_line(line, side);
        }
        for id in open {
            self.dismantle(id, NtStatus::CANCELLED);
            self.close_core(id);
            self.try_close(id);
        }
        self.settle();
    }

    /// The answer of every function once the subsystem is closed; an IRP is completed with it (I-4).
    pub(crate) fn refuse(&mut self, irp: Irp) -> Reply {
        if irp == 0 {
            return self.answer(NtStatus::DEVICE_NOT_READY, Vec::new());
        }
        self.inline(0, Completion::new(irp, NtStatus::DEVICE_NOT_READY))
    }
}
