//! Foresight: memory that is asked for before it is needed. In a storm each call is about another connection, whose socket,
//! line and remote end lie anywhere; one after the other each would be waited for.

use crate::network::Party;
use crate::network::remote::Remote;
use crate::wsk::machine::{Machine, Turn};

/// So many sockets are not asked for ahead.
const FEW: usize = 4;
/// How many remote ends ahead each of their lines of memory is asked for: the end, its line, the socket there.
const AHEAD: [usize; 3] = [24, 16, 8];

impl Machine {
    /// These core sockets' edges are next: asks for the memory of their sockets, of those's lines, and of the remote ends
    /// there, all together, where one after the other would be waited for.
    pub fn foresee(&self, indices: impl Iterator<Item = u32> + Clone) {
        // A few are not worth the lock.
        if indices.clone().nth(FEW).is_none() {
            return;
        }
        let inner = self.inner.lock();
        if inner.policies.plain {
            return;
        }
        let ids = indices.filter_map(|index| inner.by_index.get(index));
        ids.clone().for_each(|id| inner.sockets.foresee(id));
        let lines = ids.filter_map(|id| inner.sockets.get(id)?.line).map(|(line, _)| line);
        lines.clone().for_each(|line| inner.lines.foresee(line));
        lines.filter_map(|line| inner.lines.get(line)).for_each(|line| {
            for end in &line.ends {
                if let Some(Party::Remote(remote)) = end.party {
                    inner.remotes.foresee(remote);
                }
            }
        });
    }
}

impl Turn<'_> {
    /// Deals with remote ends one after the other, and asks for the memory of those that come soon.
    pub fn each_remote(&mut self, remotes: &[u64], mut deal: impl FnMut(&mut Self, u64)) {
        for (place, &remote) in remotes.iter().enumerate() {
            self.foresee_remotes(place, |later| remotes.get(later).copied());
            deal(self, remote);
        }
    }

    /// Remote ends are dealt with one after the other; asks for what those need that come soon after `place`. `at` tells
    /// which end stands at a place.
    pub fn foresee_remotes(&self, place: usize, at: impl Fn(usize) -> Option<u64>) {
        if self.on.policies.plain {
            return;
        }
        let [end, line, socket] = AHEAD.map(|ahead| at(place + ahead));
        if let Some(id) = end {
            self.on.remotes.foresee(id);
        }
        if let Some(id) = line.and_then(|id| self.line_of(id)) {
            self.on.lines.foresee(id);
        }
        let line = socket.and_then(|id| self.line_of(id)).and_then(|id| self.on.lines.get(id));
        for end in line.iter().flat_map(|line| &line.ends) {
            if let Some(Party::Socket(id)) = end.party {
                self.on.sockets.foresee(id);
            }
        }
    }

    fn line_of(&self, remote: u64) -> Option<u64> {
        match self.on.remotes.get(remote)? {
            Remote::Stream(remote) => remote.line.map(|(line, _)| line),
            _ => None,
        }
    }
}
