//! Dying: a socket turns non-functional (L-21, L-22), or its connection is lost by timeout (U-12).

use crate::core::counters::Withheld;
use crate::core::status::NtStatus;
use crate::network::Party;
use crate::wsk::callbacks::CALLBACKS;
use crate::wsk::errand::Kind;
use crate::wsk::machine::Turn;
use crate::wsk::socket::State;

impl Turn<'_> {
    /// The provider loses the transport under a socket.
    pub fn make_dead(&mut self, id: u64) {
        let Some(socket) = self.on.sockets.get_mut(id) else { return };
        if matches!(socket.state, State::Dead | State::Closing) {
            return;
        }
        // The peer hears nothing: the transport is gone.
        if let Some((line, side)) = socket.line
            && let Some(at) = self.on.lines.get_mut(line)
        {
            at.ends[side].vanished = true;
        }
        self.dismantle(id, NtStatus::FILE_FORCED_CLOSED);
        self.go(id, State::Dead);
        // No WskDisconnectEvent (D-26, U-11).
        if let Some(handle) = self.at(id).handle {
            let _ = self.core.withhold(handle, Withheld::NonFunctional);
            let _ = self.core.set_unread(handle, false);
        }
        // While `WskAcceptEvent` runs its table may not be written yet: the end of that call announces it.
        if !self.at(id).in_accept_event {
            self.announce_dead(id);
        }
        self.settle();
    }

    /// Announces once through each event that is enabled that a socket is non-functional (L-22, A-8).
    pub(crate) fn announce_dead(&mut self, id: u64) {
        for row in CALLBACKS.into_iter().filter(|row| row.notice.is_some()) {
            let socket = self.at(id);
            if (row.heard)(socket) {
                socket.offered |= row.event;
                self.queue(id, Kind::Notice(row));
            }
        }
    }

    /// The connection of a socket is lost by timeout: an abortive indication; pending IRPs end with
    /// `STATUS_IO_TIMEOUT`, later calls with `STATUS_CONNECTION_RESET` (U-12). A connect that nobody has answered ends with
    /// it too (U-43). Whether there was anything to lose.
    pub fn timeout(&mut self, id: u64) -> bool {
        let lost = self.lose(id, NtStatus::IO_TIMEOUT, false);
        self.settle();
        lost
    }

    /// The connection of a remote end that vanished is lost by timeout at its peer, and the end is gone. Whether there was
    /// anything to lose: also one that waits to be accepted.
    pub fn remote_timeout(&mut self, id: u64) -> bool {
        let line = self.remote_stream(id).and_then(|remote| remote.line);
        let queued = line.is_some_and(|(line, _)| self.is_queued(line));
        let peer = line.and_then(|(line, side)| self.on.lines.get(line)?.ends[1 - side].party);
        let lost = matches!(peer, Some(Party::Socket(socket)) if self.timeout(socket));
        self.remote_drop(id);
        self.settle();
        lost || queued
    }

    /// This machine ends the connection at whose other end this remote end stands, which sees a reset unless it vanished
    /// (U-45). Whether there was anything to end: not before it was accepted.
    pub fn remote_kill(&mut self, id: u64) -> bool {
        let line = self.remote_stream(id).and_then(|remote| remote.line);
        let peer = line.and_then(|(line, side)| self.on.lines.get(line)?.ends[1 - side].party);
        matches!(peer, Some(Party::Socket(socket)) if self.kill(socket))
    }

    /// This machine ends the connection of a socket, or its connect: its requests end with `STATUS_CONNECTION_ABORTED`, and
    /// an abortive indication follows (U-45); the peer sees a reset. Whether there was anything to end.
    pub fn kill(&mut self, id: u64) -> bool {
        let lost = self.lose(id, NtStatus::CONNECTION_ABORTED, true);
        self.settle();
        lost
    }

    /// Ends a connection or a connect from outside with `status`; the peer sees it only if it is `told`.
    pub(crate) fn lose(&mut self, id: u64, status: NtStatus, told: bool) -> bool {
        let Some(socket) = self.on.sockets.get_mut(id) else { return false };
        let (state, line) = (socket.state, socket.line);
        if state == State::Connecting {
            self.give_up(Party::Socket(id));
            self.connect_failed(Party::Socket(id), status);
            return true;
        }
        if !state.is_live() {
            return false;
        }
        if let Some((line, side)) = line
            && !told
            && let Some(at) = self.on.lines.get_mut(line)
        {
            at.ends[side].vanished = true;
        }
        // Before the line is broken: whether data lay unread decides what is indicated (G-18).
        self.reset(id, status);
        if let Some((line, side)) = line {
            self.break_line(line, side);
        }
        true
    }
}
