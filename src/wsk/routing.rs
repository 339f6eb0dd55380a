//! Routing: addresses that do not answer, are not there, or are this machine's no more; and the names of hosts.

use crate::core::status::NtStatus;
use crate::network::Party;
use crate::network::address::Address;
use crate::network::names::Names;
use crate::network::routes::Route;
use crate::wsk::machine::Turn;
use crate::wsk::socket::State;

impl Turn<'_> {
    /// From now on this becomes of requests to connect to an address, and of datagrams; port 0: to every port of the host.
    /// Connections that exist go on.
    pub fn set_route(&mut self, to: Address, route: Route) {
        self.on.routes.set(to, route);
    }

    /// An address is reached as usual again.
    pub fn restore_route(&mut self, to: Address) {
        let gone = self.on.routes.is_removed(to);
        self.on.routes.restore(to);
        if gone {
            self.addresses_changed();
            self.settle();
        }
    }

    /// The names of hosts.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.on.names
    }

    /// The names of hosts, to be changed.
    pub fn names_mut(&mut self) -> &mut Names {
        &mut self.on.names
    }

    /// Connections to `host` that wait to be accepted are gone unseen.
    fn drop_arrivals(&mut self, listener: u64, host: Address) {
        let lines = self.look(listener).into_iter().flat_map(|socket| socket.rest.arrivals.iter());
        let lines: Vec<_> = lines.map(|arrival| arrival.line).collect();
        for line in lines {
            let at = self.on.lines.get_mut(line);
            let Some(at) = at.filter(|at| at.ends[1].address.with_port(0) == host) else {
                continue;
            };
            at.ends[1].vanished = true;
            at.queued_at = 0;
            if let Some(Party::Remote(id)) = at.ends[0].party {
                self.note_missed(id);
            }
            self.at(listener).rest.arrivals.take(line, |_| true);
            self.leave(line, 1);
        }
    }

    /// This machine loses an address: its connections and connects from there end with `STATUS_CONNECTION_ABORTED` (U-45), and
    /// their peers hear nothing. Who connects there is told that there is no such host. It looks at every socket once, as what
    /// befalls the whole machine may.
    pub fn remove_address(&mut self, host: Address) {
        let host = host.with_port(0);
        self.on.routes.remove(host);
        let ids: Vec<_> = self.on.sockets.numbers().collect();
        for id in ids {
            let at = self.look(id).and_then(|socket| match socket.rest.remote {
                Some(to) if socket.state == State::Connecting => Some(socket.source(to)),
                _ => self.addresses(id).0,
            });
            if at.is_some_and(|at| at.with_port(0) == host) {
                self.lose(id, NtStatus::CONNECTION_ABORTED, false);
            }
            if self.look(id).is_some() {
                self.drop_arrivals(id, host);
                self.drop_inspections(id, host);
            }
        }
        self.addresses_changed();
        self.settle();
    }
}
