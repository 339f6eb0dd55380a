//! Leaving: how remote ends and listeners go away, and what their peers see of it.

use crate::network::Party;
use crate::network::ports::Transport;
use crate::network::remote::{Remote, RemoteState};
use crate::wsk::machine::Turn;

impl Turn<'_> {
    /// A remote end is closed as `closesocket` closes a socket without linger (U-47): what it has sent still goes out, and
    /// then its half ends; data that arrives later is answered with a reset, and so is the close if data lies unread. A
    /// remote listener or datagram port closes at once, and resets who waits to be accepted.
    pub fn remote_close(&mut self, id: u64) {
        match self.on.remotes.get(id) {
            Some(Remote::Stream(remote)) if remote.line.is_some() => self.close_stream(id),
            _ => self.remote_drop(id),
        }
        self.settle();
    }

    fn close_stream(&mut self, id: u64) {
        let Some(remote) = self.remote_stream(id) else { return };
        let (state, unread) = (remote.state, !remote.inbox.is_empty());
        let Some((line, side)) = remote.line else { return };
        if state == RemoteState::Closed {
            return; // What it had sent still goes out.
        }
        let alive = matches!(state, RemoteState::Open | RemoteState::Finished);
        let lying = self.on.lines.get(line).is_some_and(|at| !at.ends[side].incoming.is_empty());
        if !alive || unread || lying {
            self.remote_drop(id);
            return;
        }
        if let Some(remote) = self.remote_stream(id) {
            remote.closed = true;
            remote.state = RemoteState::Closed;
            remote.finishing |= state == RemoteState::Open;
        }
        self.stir(line);
        self.bury(line, side);
    }

    /// A remote end, listener or datagram port is gone at once; a connection that is still open is torn down.
    pub(crate) fn remote_drop(&mut self, id: u64) {
        match self.on.remotes.get(id) {
            None => return,
            Some(Remote::Listener { address, arrivals }) => {
                let (address, arrivals) = (*address, arrivals.clone());
                self.on.ports.unbind(Transport::Tcp, address, Party::Remote(id));
                for arrival in arrivals {
                    self.remote_drop(arrival);
                }
            }
            Some(Remote::Datagram { address, .. }) => {
                let address = *address;
                self.on.ports.unbind(Transport::Udp, address, Party::Remote(id));
            }
            Some(Remote::Stream(remote)) => {
                let (state, line, bound) = (remote.state, remote.line, remote.bound);
                if state == RemoteState::Connecting {
                    self.give_up(Party::Remote(id));
                }
                if let Some((line, side)) = line {
                    let over = self.on.lines.get(line).is_some_and(|at| at.is_finished());
                    if !over {
                        self.break_line(line, side);
                    }
                    // It vanished: the connection waits on, and nobody is there any more.
                    if self.is_queued(line) {
                        self.note_missed(id);
                    }
                    self.leave(line, side);
                }
                match bound {
                    Some((bound, true)) => self.on.ports.end_lease(Transport::Tcp, bound),
                    Some((bound, false)) => {
                        self.on.ports.unbind(Transport::Tcp, bound, Party::Remote(id));
                    }
                    None => {}
                }
            }
        }
        self.on.remotes.discard(id);
        self.forget_plan(id);
    }

    /// Whether a connection waits to be accepted.
    pub(crate) fn is_queued(&self, line: u64) -> bool {
        self.on.lines.get(line).is_some_and(|at| at.queued_at != 0)
    }

    /// A closed remote end is gone once nothing can come over its connection any more.
    pub(crate) fn bury(&mut self, line: u64, side: usize) {
        let Some(at) = self.on.lines.get(line) else { return };
        let Some(Party::Remote(id)) = at.ends[side].party else { return };
        let alone = at.ends[1 - side].party.is_none() && at.queued_at == 0;
        let over = at.broken || at.is_finished() || alone;
        if over && self.remote_stream(id).is_some_and(|remote| remote.closed) {
            self.remote_drop(id);
        }
    }

    /// Likewise for both ends of a line.
    pub(crate) fn bury_both(&mut self, line: u64) {
        self.bury(line, 0);
        self.bury(line, 1);
    }

    /// A party leaves its end; the line goes when both did.
    pub(crate) fn leave(&mut self, line: u64, side: usize) {
        let Some(at) = self.on.lines.get_mut(line) else { return };
        at.ends[side].party = None;
        // One that waits to be accepted stays, although its peer vanished and is gone.
        if at.is_left() && at.queued_at == 0 {
            self.on.lines.discard(line);
        }
        self.bury(line, 1 - side);
    }

    /// Whether nothing more will come to a remote end, and all that came was read.
    #[must_use]
    pub fn remote_ended(&self, id: u64) -> bool {
        let Some(Remote::Stream(remote)) = self.on.remotes.get(id) else { return true };
        let lies =
            remote.line.and_then(|(line, side)| self.on.lines.get(line).map(|at| (at, side)));
        let lies = lies.is_some_and(|(at, side)| !at.ends[side].incoming.is_empty());
        let over = match remote.state {
            RemoteState::Connecting | RemoteState::Vanished => false,
            RemoteState::Open | RemoteState::Finished => remote.seen_finish,
            RemoteState::Refused | RemoteState::Aborted | RemoteState::Closed => true,
        };
        over && !lies && remote.inbox.is_empty()
    }
}
