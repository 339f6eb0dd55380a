//! Disconnecting: `WskDisconnect`, graceful and abortive (section 6).

use crate::core::counters::Withheld;
use crate::core::status::NtStatus;
use crate::wsk::events::flags;
use crate::wsk::irp::{Completion, Irp, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::{Outgoing, State};

impl Turn<'_> {
    /// `WskDisconnect`: `data` is its Buffer, `None` for NULL. It never closes (C-5).
    pub fn disconnect(&mut self, id: u64, data: Option<Vec<u8>>, flags: u32, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            turn.connection(id)?;
            if flags & !flags::ABORTIVE != 0 {
                turn.breach = Some("C-2");
                return Err(NtStatus::INVALID_PARAMETER); // C-2, U-26
            }
            if flags == flags::ABORTIVE && data.is_some() {
                turn.breach = Some("C-3");
                return Err(NtStatus::INVALID_PARAMETER); // C-3, U-26
            }
            if flags == flags::ABORTIVE {
                turn.abort_here(id)?;
                turn.finish(id, Completion::success(irp));
                return Ok(());
            }
            turn.may_send(id)?;
            let state = turn.at(id).state;
            turn.queue_send(id, Outgoing::Disconnect, data.unwrap_or_default());
            let to = if state == State::PeerFin { State::BothFin } else { State::SelfFin };
            turn.go(id, to);
            Ok(())
        })
    }

    /// The column `WskDisconnect ABORTIVE` of table 6.1.
    fn abort_here(&mut self, id: u64) -> Result<(), NtStatus> {
        let socket = self.at(id);
        if socket.settings.silent {
            return Err(NtStatus::INVALID_DEVICE_STATE); // G-20
        }
        let state = socket.state;
        match state {
            // No effect: nothing is left to tear down.
            State::Reset | State::Aborted => Ok(()),
            State::BothFin if !self.is_finishing(id) => Ok(()),
            state if state.is_live() => {
                self.abort_locally(id, NtStatus::CONNECTION_ABORTED);
                self.go(id, State::Aborted);
                self.note_unread(id);
                Ok(())
            }
            _ => Err(NtStatus::INVALID_DEVICE_STATE),
        }
    }

    /// Whether this side's finish is accepted and not sent: a hung disconnect can still be forced to
    /// an end (G-6, G-7), although both sides finished.
    pub(crate) fn is_finishing(&self, id: u64) -> bool {
        let kinds = self.look(id).into_iter().flat_map(|socket| socket.sends.iter());
        kinds.into_iter().any(|sending| sending.kind == Outgoing::Disconnect)
    }

    /// This side tears the connection down: its requests end with `status` (G-7, G-8), the peer sees
    /// an abort (C-4, C-11), and edges not indicated yet never will be (D-16, U-34).
    pub(crate) fn abort_locally(&mut self, id: u64, status: NtStatus) {
        let socket = self.at(id);
        let handle = socket.handle;
        let line = socket.line;
        self.fail_transfers(id, status);
        if let Some(handle) = handle {
            let _ = self.core.withhold(handle, Withheld::AbortedLocally);
        }
        if let Some((line, side)) = line {
            self.break_line(line, side);
        }
    }
}
