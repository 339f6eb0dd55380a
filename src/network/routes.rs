//! Routes: what becomes of packets to an address, whoever listens there, and which addresses this machine has lost.

use crate::network::address::Address;
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of packets to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Nobody answers.
    Silent,
    /// A router answers that there is no such host.
    HostUnreachable,
    /// A router answers that there is no such network.
    NetworkUnreachable,
}

/// Every address that is not reached as usual.
#[derive(Debug, Default)]
pub struct Routes {
    /// Port 0 stands for every port of the host.
    of: BTreeMap<Address, Route>,
    /// Hosts, with port 0.
    removed: BTreeSet<Address>,
}

impl Routes {
    /// From now on this becomes of packets to `to`; with port 0, to every port of that host.
    pub fn set(&mut self, to: Address, route: Route) {
        self.of.insert(to, route);
    }

    /// Packets to `to` arrive as usual again, and the machine has the address again if it had been removed; with port 0
    /// that goes for every port of the host.
    pub fn restore(&mut self, to: Address) {
        let whole = to.port() == 0;
        self.of.retain(|of, _| *of != to && !(whole && of.with_port(0) == to));
        self.removed.remove(&to.with_port(0));
    }

    /// What becomes of packets to `to`, if they do not arrive as usual.
    #[must_use]
    pub fn find(&self, to: Address) -> Option<Route> {
        let host = to.with_port(0);
        let own = self.of.get(&to).or_else(|| self.of.get(&host)).copied();
        own.or_else(|| self.removed.contains(&host).then_some(Route::HostUnreachable))
    }

    /// This machine has the address of `host` no more.
    pub fn remove(&mut self, host: Address) {
        self.removed.insert(host.with_port(0));
    }

    /// Whether this machine has lost the address of `host`.
    #[must_use]
    pub fn is_removed(&self, host: Address) -> bool {
        self.removed.contains(&host.with_port(0))
    }
}
