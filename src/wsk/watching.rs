//! Watching: what happens to remote ends, for whoever lives at many of them.
//!
//! A storm has ten thousand remote ends open and more. It is told which of them something happened to; looking at each
//! after every call would cost more than the calls.

use crate::network::Party;
use crate::wsk::machine::Turn;
use crate::wsk::socket::State;
use foldhash::HashMap;

/// Something happened to a remote end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It is connected.
    Connected,
    /// Its connect was refused.
    Refused,
    /// Bytes arrived at it.
    Arrived,
    /// All that it had to send is sent, and its half is over.
    Sent,
    /// Its peer has finished.
    Finished,
    /// Its peer tore the connection down.
    Aborted,
    /// It tore the connection down itself, by a call or by its answer to late data.
    Reset,
}

/// What has happened at listening sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Connections that the application took.
    pub accepted: u64,
    /// Connections that were refused because as many as the backlog waited already.
    pub full: u64,
    /// Connections of remote ends that were over before the application took them.
    pub missed: u64,
}

/// Since when the sockets stand as they stand, by a clock that somebody else moves.
#[derive(Debug, Default)]
pub(crate) struct Ages {
    now: u64,
    since: HashMap<u64, u64>,
}

/// A socket that is there still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its number.
    pub socket: u64,
    /// Its state.
    pub state: State,
    /// Since when it has this state.
    pub since: u64,
    /// The remote end at the other side of its connection, if there is one.
    pub remote: Option<u64>,
}

impl Turn<'_> {
    /// From now on notices are kept until they are taken, and it is known since when sockets stand as they stand.
    pub fn watch_remotes(&mut self) {
        self.on.notices.get_or_insert_default();
        self.on.ages.get_or_insert_default();
    }

    /// Moves the clock by which sockets have their ages.
    pub fn set_age(&mut self, now: u64) {
        if let Some(ages) = &mut self.on.ages {
            ages.now = now;
        }
    }

    /// A socket has entered a state.
    pub(crate) fn note_age(&mut self, socket: u64) {
        if let Some(ages) = &mut self.on.ages {
            ages.since.insert(socket, ages.now);
        }
    }

    /// A socket is gone.
    pub(crate) fn forget_age(&mut self, socket: u64) {
        if let Some(ages) = &mut self.on.ages {
            ages.since.remove(&socket);
        }
    }

    /// The sockets that are there, those first that have stood as they stand for the longest time.
    #[must_use]
    pub fn left(&self) -> Vec<Left> {
        let since = |id| self.on.ages.as_ref().and_then(|ages| ages.since.get(&id).copied());
        let state = |id| self.state(id).map(|state| (id, state));
        let there = self.on.sockets.numbers().filter_map(state);
        let mut left: Vec<_> = there
            .map(|(socket, state)| {
                let (since, remote) = (since(socket).unwrap_or(0), self.remote_of(socket));
                Left { socket, state, since, remote }
            })
            .collect();
        left.sort_by_key(|one| (one.since, one.socket));
        left
    }

    /// Takes the notices, in the order in which things happened, behind those that `into` holds.
    pub fn take_notices(&mut self, into: &mut Vec<(u64, Notice)>) {
        if let Some(notices) = &mut self.on.notices {
            into.append(notices);
        }
    }

    pub(crate) fn note(&mut self, remote: u64, notice: Notice) {
        if let Some(notices) = &mut self.on.notices {
            notices.push((remote, notice));
        }
    }

    /// How many sockets there are, of every category, those included whose close is not complete.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.on.sockets.len()
    }

    /// The connection of a remote end is over, and nobody has taken it.
    pub(crate) fn note_missed(&mut self, remote: u64) {
        self.on.arrivals.missed += 1;
        self.plan_missed(remote);
    }

    /// The remote ends whose connections wait to be accepted.
    #[must_use]
    pub fn waiting_remotes(&self) -> Vec<u64> {
        let arrivals = self.on.sockets.values().flat_map(|socket| socket.rest.arrivals.iter());
        let parties = arrivals.filter_map(|one| self.on.lines.get(one.line)?.ends[0].party);
        let remotes = parties.filter_map(|party| match party {
            Party::Remote(remote) => Some(remote),
            Party::Socket(_) => None,
        });
        remotes.collect()
    }

    /// What has happened at listening sockets so far.
    #[must_use]
    pub fn arrivals(&self) -> Arrivals {
        self.on.arrivals
    }
}
