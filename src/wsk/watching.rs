//! Watching: what happens to remote ends, for whoever lives at many of them.
//!
//! A storm has ten thousand remote ends open and more. It is told which of them something happened to; looking at each
//! after every call would cost more than the calls.

use crate::wsk::machine::Turn;

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
}

impl Turn<'_> {
    /// From now on notices are kept until they are taken.
    pub fn watch_remotes(&mut self) {
        self.on.notices.get_or_insert_default();
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

    /// What has happened at listening sockets so far.
    #[must_use]
    pub fn arrivals(&self) -> Arrivals {
        self.on.arrivals
    }
}
