//! Flow: bytes, finishes and aborts move between the two ends of a line until nothing moves any more.

use crate::core::flags::Edge;
use crate::core::ledger::Ledger;
use crate::core::status::NtStatus;
use crate::network::Party;
use crate::network::remote::{Remote, RemoteState, RemoteStream};
use crate::wsk::callbacks::SEND_BACKLOG;
use crate::wsk::errand::{Kind, Lane};
use crate::wsk::events::event;
use crate::wsk::irp::Completion;
use crate::wsk::machine::Turn;
use crate::wsk::socket::{Outgoing, Sending, State};
use crate::wsk::watching::Notice;
use std::cmp::Reverse;

/// How often the ideal send backlog may double.
const BACKLOG_DOUBLES: usize = 16;

/// Whether a party is a remote end that its application has closed.
fn is_closed(remotes: &Ledger<Remote>, party: Option<Party>) -> bool {
    let Some(Party::Remote(id)) = party else { return false };
    matches!(remotes.get(id), Some(Remote::Stream(remote)) if remote.closed)
}

impl Turn<'_> {
    /// Something changed on a line: it is looked at before the turn ends.
    pub(crate) fn stir(&mut self, line: u64) {
        let Some(at) = self.on.lines.get_mut(line) else { return };
        if !at.stirred {
            at.stirred = true;
            self.on.stirred.push(Reverse(line));
        }
    }

    /// Stirs the line of a socket.
    pub(crate) fn stir_of(&mut self, id: u64) {
        if let Some((line, _)) = self.look(id).and_then(|socket| socket.line) {
            self.stir(line);
        }
    }

    /// Moves what can move on every stirred line.
    pub(crate) fn settle(&mut self) {
        while let Some(Reverse(line)) = self.on.stirred.pop() {
            let Some(at) = self.on.lines.get_mut(line) else { continue };
            at.stirred = false;
            loop {
                let (sends, reads) = self.waiting_at(line);
                let mut moved = false;
                for side in [0, 1] {
                    let sent = sends[side] && self.send_from(line, side);
                    let read = (sent || reads[1 - side]) && self.read_at(line, 1 - side);
                    moved |= sent || read;
                }
                if !moved {
                    break;
                }
            }
        }
    }

    /// At which ends of a line somebody wants to send, and at which something is to be read or looked at.
    fn waiting_at(&self, line: u64) -> ([bool; 2], [bool; 2]) {
        let Some(at) = self.on.lines.get(line) else { return Default::default() };
        let wants = |side: usize| {
            let lies = !at.ends[side].incoming.is_empty();
            match at.ends[side].party {
                None => (false, false),
                Some(Party::Socket(id)) => self.look(id).map_or((false, false), |socket| {
                    let looks = lies || socket.unread || !socket.receives.is_empty();
                    (!socket.sends.is_empty(), looks)
                }),
                Some(Party::Remote(id)) => match self.on.remotes.get(id) {
                    Some(Remote::Stream(remote)) => {
                        (remote.finishing || !remote.outgoing.is_empty(), lies)
                    }
                    _ => (false, false),
                },
            }
        };
        let [(sends, reads), (sends_back, reads_back)] = [wants(0), wants(1)];
        ([sends, sends_back], [reads, reads_back])
    }

    fn send_from(&mut self, line: u64, side: usize) -> bool {
        let Some(at) = self.on.lines.get(line) else { return false };
        if at.broken || at.ends[side].vanished {
            return false;
        }
        match at.ends[side].party {
            Some(Party::Socket(id)) => self.send_of_socket(line, side, id),
            Some(Party::Remote(id)) => self.send_of_remote(line, side, id),
            None => false,
        }
    }

    fn send_of_socket(&mut self, line: u64, side: usize, id: u64) -> bool {
        let mut moved = false;
        loop {
            let Some(socket) = self.on.sockets.get_mut(id) else { return moved };
            let Some(sending) = socket.sends.front_mut() else { return moved };
            let other =
                &mut self.on.lines.get_mut(line).expect("Invariant: found above").ends[1 - side];
            // A peer that vanished acknowledges nothing, also no finish (G-15, G-6).
            let silent = other.vanished;
            if sending.sent < sending.data.len() && is_closed(&self.on.remotes, other.party) {
                self.answer_with_reset(line, 1 - side);
                return true;
            }
            if !silent && sending.sent == 0 {
                // All of it at once, as mostly: then it is not copied.
                let length = sending.data.len();
                match other.incoming.push_whole(std::mem::take(&mut sending.data)) {
                    Ok(()) => sending.sent = length,
                    Err(data) => sending.data = data,
                }
                moved |= sending.sent > 0;
            }
            let rest = sending.data.get(sending.sent..).unwrap_or_default();
            let taken = if silent { 0 } else { other.incoming.push(rest) };
            sending.sent += taken;
            moved |= taken > 0;
            if sending.sent < sending.data.len() {
                self.note_backlog(id);
                return moved;
            }
            if silent && sending.kind == Outgoing::Disconnect {
                return moved;
            }
            // All of it is sent (G-15).
            let sending = socket.sends.pop_front().expect("Invariant: looked at above");
            moved = true;
            let done = match sending.kind {
                Outgoing::Send => Completion::count(sending.irp, sending.sent),
                Outgoing::Connect => Completion {
                    held: id,
                    socket: if socket.unseen { id } else { 0 },
                    ..Completion::count(sending.irp, sending.sent)
                },
                Outgoing::Disconnect => {
                    // The sends before it are done (G-4): the half ends.
                    self.finish_half(line, side);
                    Completion::success(sending.irp)
                }
            };
            self.end_sending(id, &sending, done);
            if sending.kind == Outgoing::Connect {
                self.at(id).unseen = false;
            }
        }
    }

    /// Completes what was on the way out, unless its IRP was cancelled meanwhile.
    fn end_sending(&mut self, id: u64, sending: &Sending, done: Completion) {
        if sending.irp != 0 {
            // What a disconnect ends is over before that is indicated (D-20); a send that was sent is not (6.2).
            let first = !done.status.is_success();
            self.finish(id, Completion { first, lane: Lane::Sends, ..done });
        }
        if sending.kind == Outgoing::Connect {
            self.unhold(id);
        }
    }

    /// Data arrives at a remote end whose application closed it (U-47): the answer is a reset. It comes from the network,
    /// so also the send that led to it ends by an errand.
    fn answer_with_reset(&mut self, line: u64, side: usize) {
        let current = std::mem::take(&mut self.current);
        self.break_line(line, side);
        self.bury(line, side);
        self.current = current;
    }

    /// A send had to wait: a larger backlog would keep the connection busy.
    fn note_backlog(&mut self, id: u64) {
        let window = self.on.policies.window;
        let socket = self.at(id);
        if socket.backlog >= window.saturating_mul(BACKLOG_DOUBLES)
            || socket.offered & SEND_BACKLOG.event != 0
        {
            return;
        }
        socket.backlog = socket.backlog.saturating_mul(2);
        let size = socket.backlog;
        if (SEND_BACKLOG.heard)(socket) {
            socket.offered |= SEND_BACKLOG.event;
            self.queue(id, Kind::Call(&SEND_BACKLOG, size as u64));
        }
    }

    fn send_of_remote(&mut self, line: u64, side: usize, id: u64) -> bool {
        let other =
            &mut self.on.lines.get_mut(line).expect("Invariant: found above").ends[1 - side];
        let closed = is_closed(&self.on.remotes, other.party);
        let Some(Remote::Stream(remote)) = self.on.remotes.get_mut(id) else { return false };
        if closed && !remote.outgoing.is_empty() {
            self.answer_with_reset(line, 1 - side);
            return true;
        }
        let mut moved = false;
        while let Some(mut first) = remote.outgoing.pop_front() {
            if first.sent == 0 {
                // All of it at once, as mostly: then it is not copied.
                match other.incoming.push_whole(first.data) {
                    Ok(()) => {
                        moved = true;
                        continue;
                    }
                    Err(data) => first.data = data,
                }
            }
            let taken = other.incoming.push(&first.data[first.sent..]);
            moved |= taken > 0;
            first.sent += taken;
            if first.sent < first.data.len() {
                remote.outgoing.push_front(first);
                return moved;
            }
        }
        if remote.finishing {
            remote.finishing = false;
            self.finish_half(line, side);
            moved = true;
        }
        moved
    }

    /// The end at `side` has sent everything and finishes (C-4).
    fn finish_half(&mut self, line: u64, side: usize) {
        let at = self.on.lines.get_mut(line).expect("Invariant: the caller found the line");
        at.ends[side].finished = true;
        let own = at.ends[side].party;
        match at.ends[1 - side].party {
            Some(Party::Socket(id)) => self.peer_finished(id),
            Some(Party::Remote(id)) => {
                if let Some(remote) = self.remote_stream(id) {
                    remote.seen_finish = true;
                }
                self.note(id, Notice::Finished);
            }
            None => {}
        }
        if let Some(Party::Remote(id)) = own {
            self.note(id, Notice::Sent);
        }
        self.bury_both(line);
    }

    /// The peer of a socket whose connection is established finished (D-2, D-3, D-6, G-1). Nothing is
    /// done on the application's behalf: its half stays open (D-15), for this transport has half-open
    /// connections (G-9).
    fn peer_finished(&mut self, id: u64) {
        let socket = self.at(id);
        if socket.settings.silent {
            return; // Input is dropped without trace (G-20).
        }
        match socket.state {
            State::Open => self.go(id, State::PeerFin),
            // Both at once: each gets one graceful indication (U-33).
            State::SelfFin => self.go(id, State::BothFin),
            _ => return,
        }
        // The receives that this ends complete first (D-20, U-7), and data stands before the edge (G-18).
        self.feed(id);
        // The core accepts each kind once (D-21, U-3).
        self.post(id, Edge::Graceful);
    }

    fn read_at(&mut self, line: u64, side: usize) -> bool {
        let Some(at) = self.on.lines.get(line) else { return false };
        match at.ends[side].party {
            Some(Party::Socket(id)) => self.feed(id),
            Some(Party::Remote(id)) => self.read_by_remote(line, side, id),
            None => false,
        }
    }

    pub(crate) fn read_by_remote(&mut self, line: u64, side: usize, id: u64) -> bool {
        let Some(Remote::Stream(remote)) = self.on.remotes.get_mut(id) else { return false };
        let Some(at) = self.on.lines.get_mut(line) else { return false };
        let end = &mut at.ends[side];
        if !remote.reading || end.vanished || end.incoming.is_empty() {
            return false;
        }
        remote.inbox.take_over(&mut end.incoming);
        self.note(id, Notice::Arrived);
        true
    }

    pub(crate) fn remote_stream(&mut self, id: u64) -> Option<&mut RemoteStream> {
        match self.on.remotes.get_mut(id) {
            Some(Remote::Stream(remote)) => Some(remote),
            _ => None,
        }
    }

    /// The end at `side` tears the connection down; the other end sees it (D-6, A-6), also after a
    /// graceful finish (G-19, U-1), unless this one does not answer any more.
    pub(crate) fn break_line(&mut self, line: u64, side: usize) {
        let Some(at) = self.on.lines.get_mut(line) else { return };
        if at.broken || at.ends[side].vanished {
            return;
        }
        at.broken = true;
        at.ends[side].incoming.clear();
        let own = at.ends[side].party;
        let (other, queued_at) = (at.ends[1 - side].party, std::mem::take(&mut at.queued_at));
        if queued_at != 0
            && let Some(Party::Remote(id)) = at.ends[0].party
        {
            self.note_missed(id);
        }
        match other {
            Some(Party::Socket(id)) => self.reset(id, NtStatus::CONNECTION_RESET),
            Some(Party::Remote(id)) => {
                // One that vanished sees nothing any more.
                let remote = self.remote_stream(id);
                if let Some(remote) = remote.filter(|r| r.state != RemoteState::Vanished) {
                    remote.seen_abort = true;
                    remote.state = RemoteState::Aborted;
                    remote.outgoing.clear();
                    self.note(id, Notice::Aborted);
                }
            }
            // It waited to be accepted: nobody sees it (U-9).
            None if queued_at != 0 => {
                if let Some(listener) = self.on.sockets.get_mut(queued_at) {
                    listener.rest.arrivals.take(line, |_| true);
                }
            }
            None => {}
        }
        if let Some(Party::Remote(id)) = own {
            self.note(id, Notice::Reset);
        }
        self.bury_both(line);
    }

    /// The connection of a socket is torn down by the peer, or lost (U-12).
    pub(crate) fn reset(&mut self, id: u64, status: NtStatus) {
        let after_data = self.on.policies.graceful_after_data;
        let socket = self.at(id);
        if socket.settings.silent || !socket.state.is_live() {
            return; // G-20; the first one processed wins (U-34).
        }
        let (events, inside) = (socket.enabled | socket.statics, socket.in_accept_event);
        if let Some((line, side)) = socket.line
            && let Some(at) = self.on.lines.get_mut(line)
        {
            let unread = after_data && !at.ends[side].incoming.is_empty();
            at.ends[side].incoming.clear(); // G-3
            if inside {
                self.at(id).rest.reset_inside = Some((events, unread));
            }
        }
        self.go(id, State::Reset);
        self.fail_transfers(id, status);
        // Behind data that nobody takes, the abortive edge takes the graceful one's place (G-18). Data
        // that the receive event has, or was about to get, only delayed it: both are indicated (D-22),
        // unless the running callback pauses yet.
        let socket = self.at(id);
        if socket.lending || socket.callable(event::RECEIVE) && !socket.paused {
            self.note_unread(id);
        }
        self.post(id, Edge::Abortive);
        self.note_unread(id);
    }

    /// Ends every pending send, receive and disconnect of a socket (6.2).
    pub(crate) fn fail_transfers(&mut self, id: u64, status: NtStatus) {
        let socket = self.at(id);
        if socket.receives.is_empty() && socket.sends.is_empty() {
            return;
        }
        let receives: Vec<_> = socket.receives.take_all().collect();
        let sends: Vec<_> = socket.sends.take_all().collect();
        for receive in receives {
            self.finish(id, receive.ended(status));
        }
        for sending in sends {
            self.end_sending(id, &sending, Completion::new(sending.irp, status));
        }
    }
}
