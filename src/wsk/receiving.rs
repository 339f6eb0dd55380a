//! Receiving: `WskReceive`, and how unread data reaches requests and callbacks.

use crate::core::status::NtStatus;
use crate::wsk::callbacks::{ACCEPT, RECEIVE, RECEIVE_FROM, Row};
use crate::wsk::category::Category;
use crate::wsk::errand::Kind;
use crate::wsk::events::flags;
use crate::wsk::irp::{Completion, Irp, Place, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::{Receiving, State};

impl Turn<'_> {
    /// `WskReceive` of `length` bytes.
    pub fn receive(&mut self, id: u64, length: usize, flags: u32, irp: Irp) -> Reply {
        self.request(id, irp, |turn| turn.begin_receive(id, length, flags))
    }

    fn begin_receive(&mut self, id: u64, length: usize, flags: u32) -> Result<(), NtStatus> {
        let irp = self.current;
        let state = self.connection(id)?.state;
        if flags & !(flags::WAITALL | flags::DRAIN) != 0 {
            return Err(NtStatus::NOT_SUPPORTED); // G-14
        }
        let drain = flags & flags::DRAIN != 0;
        let wait_all = flags & flags::WAITALL != 0;
        if drain && (wait_all || length != 0) {
            return Err(NtStatus::INVALID_PARAMETER); // G-13, U-26
        }
        // Table 6.1.
        match state {
            State::Reset => return Err(NtStatus::CONNECTION_RESET), // D-14
            State::Aborted => return Err(NtStatus::CONNECTION_ABORTED),
            state if !state.is_live() => return Err(NtStatus::INVALID_DEVICE_STATE),
            _ if self.at(id).settings.silent => return Err(NtStatus::INVALID_DEVICE_STATE), // G-20
            _ => {}
        }
        if length == 0 && !drain {
            // Resuming must not depend on new data (U-39, G-17).
            self.at(id).paused = false;
            self.finish(id, Completion::success(irp).of_receive());
            self.stir_of(id);
            self.feed(id);
            return Ok(());
        }
        let receive = Receiving { irp, length, wait_all, drain, got: Vec::new() };
        let number = self.at(id).receives.push_next(receive);
        self.wait_at(irp, Place::Receive(id, number));
        self.stir_of(id);
        self.feed(id);
        Ok(())
    }

    /// What a cancelled receive completes with; `None` if it does not wait.
    pub(crate) fn cancel_receive(&mut self, id: u64, number: u32, irp: Irp) -> Option<Completion> {
        let socket = self.at(id);
        let receive = socket.receives.take(number.into(), |receive| receive.irp == irp)?;
        // It completes, if not with success: nothing competes with the receive event any more (U-20).
        socket.paused = false;
        self.stir_of(id);
        Some(receive.ended(NtStatus::CANCELLED))
    }

    /// Gives unread data to the requests that wait (G-1, G-2, G-10, G-11, G-12), and then offers the rest
    /// to the receive event; true when bytes left the window.
    pub(crate) fn feed(&mut self, id: u64) -> bool {
        let Some(socket) = self.on.sockets.get_mut(id) else { return false };
        let Some((line, side)) = socket.line else { return false };
        let Some(at) = self.on.lines.get_mut(line) else { return false };
        let ended = at.ends[1 - side].finished;
        let incoming = &mut at.ends[side].incoming;
        if socket.settings.silent {
            // Input is dropped without trace (G-20).
            let dropped = !incoming.is_empty();
            incoming.clear();
            return dropped;
        }
        if !socket.state.is_live() || socket.lending {
            return false;
        }
        if incoming.is_empty() && socket.receives.is_empty() {
            // Nothing lies here, and nobody waits: all there is to do is to say so.
            if socket.unread {
                self.note_unread(id);
            }
            return false;
        }
        let (mut moved, mut done) = (false, Vec::new());
        while let Some(receive) = socket.receives.front_mut() {
            let bytes = if receive.drain {
                moved |= !incoming.is_empty();
                incoming.clear();
                Vec::new()
            } else {
                incoming.take(receive.length - receive.got.len())
            };
            moved |= !bytes.is_empty();
            receive.got.extend(bytes);
            let full = !receive.drain && receive.got.len() == receive.length;
            let some = !receive.drain && !receive.wait_all && !receive.got.is_empty();
            // A graceful end completes every receive with what it has (G-1, G-2, G-11, G-12).
            if !(full || some || ended && incoming.is_empty()) {
                break;
            }
            done.extend(socket.receives.pop_front());
        }
        if !done.is_empty() {
            socket.paused = false; // U-20
        }
        for receive in done {
            let mut completion = Completion::count(receive.irp, receive.got.len()).of_receive();
            completion.data = Some(receive.got);
            self.finish(id, completion);
        }
        self.note_unread(id);
        self.offer(id);
        moved
    }

    /// Tells the core whether data stands before the graceful edge (D-19, G-18, U-6).
    pub(crate) fn note_unread(&mut self, id: u64) {
        let after_data = self.on.policies.graceful_after_data;
        let Some(socket) = self.on.sockets.get_mut(id) else { return };
        let incoming = socket.line.and_then(|(line, side)| {
            self.on.lines.get(line).map(|at| !at.ends[side].incoming.is_empty())
        });
        let live = socket.state.is_live();
        let unread = after_data && live && (socket.lending || incoming.unwrap_or(false));
        if unread != socket.unread
            && let Some(handle) = socket.handle
        {
            socket.unread = unread;
            let _ = self.core.set_unread(handle, unread);
        }
    }

    /// Whether unread data may be indicated now (E-1, E-28, G-17).
    pub(crate) fn may_indicate(&self, id: u64) -> bool {
        let Some(socket) = self.look(id) else { return false };
        let incoming = socket.line.and_then(|(line, side)| {
            self.on.lines.get(line).map(|at| !at.ends[side].incoming.is_empty())
        });
        (RECEIVE.heard)(socket)
            && socket.state.is_live()
            && !socket.paused
            && !socket.lending
            && !socket.in_accept_event
            && socket.receives.is_empty()
            && incoming.unwrap_or(false)
    }

    /// Queues the callbacks that have something to tell.
    pub(crate) fn offer(&mut self, id: u64) {
        let Some(socket) = self.look(id) else { return };
        if socket.close.is_some() || matches!(socket.state, State::Closing | State::Dead) {
            return;
        }
        // A stream socket may be either, and is neither before it is.
        let rows: &[&'static Row] = match socket.category {
            Category::Connection => &[&RECEIVE],
            Category::Listen => &[&ACCEPT],
            Category::Datagram => &[&RECEIVE_FROM],
            Category::Stream => &[&RECEIVE, &ACCEPT],
            Category::Basic => &[],
        };
        let offered = socket.offered;
        for row in rows {
            if offered & row.event == 0 && (row.due)(self, id, 0) {
                self.at(id).offered |= row.event;
                self.queue(id, Kind::Call(row, 0));
            }
        }
    }
}
