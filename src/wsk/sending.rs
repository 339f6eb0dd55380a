//! Sending: `WskSend`, in order and as fast as the peer's window allows (G-15).

use crate::core::status::NtStatus;
use crate::wsk::category::Category;
use crate::wsk::events::flags;
use crate::wsk::irp::{Completion, Irp, Place, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::{Outgoing, Sending, Socket, State};

impl Turn<'_> {
    /// A socket that is neither closed nor non-functional (U-41, L-21).
    pub(crate) fn usable(&mut self, id: u64) -> Result<&mut Socket, NtStatus> {
        match self.on.sockets.get_mut(id) {
            Some(socket) if socket.state == State::Dead => Err(NtStatus::FILE_FORCED_CLOSED),
            Some(socket) if socket.state != State::Closing => Ok(socket),
            _ => {
                self.breach = Some("C-16");
                Err(NtStatus::FILE_FORCED_CLOSED)
            }
        }
    }

    /// A connection-oriented or stream socket; a stream socket that listens is in the wrong role
    /// (O-5, U-15, C-1).
    pub(crate) fn connection(&mut self, id: u64) -> Result<&mut Socket, NtStatus> {
        let socket = self.usable(id)?;
        match socket.category {
            Category::Connection | Category::Stream => Ok(socket),
            Category::Listen if socket.stream => Err(NtStatus::INVALID_DEVICE_STATE),
            _ => Err(NtStatus::INVALID_DEVICE_REQUEST),
        }
    }

    /// Whether a half of the connection may still be sent on: the columns `WskSend` and
    /// `WskDisconnect 0` of table 6.1 (U-25).
    pub(crate) fn may_send(&mut self, id: u64) -> Result<(), NtStatus> {
        let socket = self.at(id);
        match socket.state {
            // The peer's finish does not end this half (D-13).
            State::Open | State::PeerFin if !socket.settings.silent => Ok(()),
            State::Reset => Err(NtStatus::CONNECTION_RESET), // D-14
            State::Aborted => Err(NtStatus::CONNECTION_ABORTED), // G-8
            // Also in silent mode (G-20) and before the connection exists (L-12).
            _ => Err(NtStatus::INVALID_DEVICE_STATE),
        }
    }

    /// `WskSend`.
    pub fn send(&mut self, id: u64, data: Vec<u8>, flags: u32, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            turn.connection(id)?;
            if flags & !flags::NODELAY != 0 {
                return Err(NtStatus::NOT_SUPPORTED); // G-14
            }
            turn.may_send(id)?;
            if data.is_empty() && turn.at(id).sends.is_empty() {
                // Nothing goes on the wire (U-40).
                turn.finish(id, Completion::success(irp));
                return Ok(());
            }
            turn.queue_send(id, Outgoing::Send, data);
            Ok(())
        })
    }

    /// Queues a send, or a graceful disconnect with its data, behind those before it (G-4).
    pub(crate) fn queue_send(&mut self, id: u64, kind: Outgoing, data: Vec<u8>) {
        let irp = self.current;
        let number = self.at(id).sends.push_next(Sending { irp, kind, data, sent: 0 });
        self.wait_at(irp, Place::Send(id, number));
        self.stir_of(id);
    }

    /// Whether a send or disconnect that waits can be cancelled.
    pub(crate) fn may_cancel_send(&mut self, id: u64, number: u32, irp: Irp) -> bool {
        let sends = &mut self.at(id).sends;
        let sending = sends.get_mut(number.into(), |sending| sending.irp == irp);
        sending.is_some_and(|sending| sending.may_be_cancelled())
    }

    /// A send is cancelled only while nothing of it is taken, a graceful disconnect as long as it pends (I-14): it never was
    /// if nothing of it is taken, else the rest of it goes on without its IRP (U-25).
    pub(crate) fn cancel_send(&mut self, id: u64, number: u32, irp: Irp) -> bool {
        let socket = self.at(id);
        let is_meant = |sending: &Sending| sending.irp == irp;
        let Some(sending) = socket.sends.get_mut(number.into(), is_meant) else { return false };
        let kind = sending.kind;
        if !sending.may_be_cancelled() {
            return false;
        }
        if kind == Outgoing::Disconnect && sending.sent > 0 {
            sending.irp = 0;
            return true;
        }
        socket.sends.take(number.into(), is_meant);
        if kind == Outgoing::Disconnect {
            let state = self.at(id).state;
            let back = match state {
                State::SelfFin => State::Open,
                // The peer finished meanwhile.
                State::BothFin => State::PeerFin,
                other => other,
            };
            self.go(id, back);
        }
        self.stir_of(id);
        true
    }
}
