//! Ports: which party is bound where, and which may share an address (sharing-transport-addresses.md).
//!
//! By address: what is bound elsewhere costs nothing. A client that only connects leases an ephemeral port, of which a
//! host has 16,384: one bit each, once they are many, for nobody looks for who has it.

use crate::network::Party;
use crate::network::address::Address;
use crate::network::leases::Leases;
use crate::network::sharers::{Binding, Sharers};
use foldhash::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

/// Which ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

/// How a party wants to share its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// Neither option is set.
    #[default]
    Default,
    /// `SO_REUSEADDR`.
    Reuse,
    /// `SO_EXCLUSIVEADDRUSE`.
    Exclusive,
}

/// Why an address cannot be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody is there.
    InUse,
    /// Somebody is there and does not share.
    Denied,
    /// No ephemeral port is left.
    NoPort,
}

/// Every binding of the network.
#[derive(Debug, Default)]
pub struct Ports {
    bindings: HashMap<(Transport, Address), Sharers>,
    /// Who is bound to a port, whatever the host, in the order of the bindings.
    everyone: BTreeMap<(Transport, u16, u16, u64), Party>,
    last: u64,
    leases: Leases,
    /// Leases over which somebody who reuses addresses is bound: few.
    covered: HashSet<(Transport, Address)>,
}

impl Ports {
    /// Binds `party`; port 0 takes an ephemeral one. Returns the address with its port.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn bind(
        &mut self,
        transport: Transport,
        address: Address,
        sharing: Sharing,
        party: Party,
    ) -> Result<Address, Refusal> {
        let address = if address.port() == 0 {
            self.lease(transport, address)?
        } else {
            self.check(transport, address, sharing)?;
            if self.at(transport, address).is_none() && !self.leases.add(transport, address) {
                self.covered.insert((transport, address));
            }
            address
        };
        self.last += 1;
        let serial = self.last;
        let binding = Binding { party, sharing, serial };
        match self.bindings.entry((transport, address)) {
            Entry::Occupied(there) => there.into_mut().add(binding),
            Entry::Vacant(free) => drop(free.insert(Sharers::One(binding))),
        }
        self.everyone.insert((transport, address.family(), address.port(), serial), party);
        Ok(address)
    }

    /// An ephemeral port of `host` for a client that nobody looks for; to be given back by [`end_lease`](Self::end_lease).
    ///
    /// # Errors
    ///
    /// [`Refusal::NoPort`].
    pub fn lease(&mut self, transport: Transport, host: Address) -> Result<Address, Refusal> {
        self.leases.draw(transport, host).ok_or(Refusal::NoPort)
    }

    /// Likewise, as long as half of the host's ports are left to others.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoPort`].
    pub fn lease_of_half(
        &mut self,
        transport: Transport,
        host: Address,
    ) -> Result<Address, Refusal> {
        if self.leases.is_half_taken(transport, host) {
            return Err(Refusal::NoPort);
        }
        self.lease(transport, host)
    }

    /// Gives back a port that was leased; it stays taken while somebody is bound over it.
    pub fn end_lease(&mut self, transport: Transport, address: Address) {
        if self.covered.is_empty() || !self.covered.remove(&(transport, address)) {
            self.leases.end(transport, address);
        }
    }

    /// Whether a second binding may stand beside those that are there: the published table of sharing modes.
    fn check(
        &self,
        transport: Transport,
        address: Address,
        sharing: Sharing,
    ) -> Result<(), Refusal> {
        if let Some(there) = self.at(transport, address) {
            beside(there.strictest(), sharing, true)?;
        } else if self.leases.has(transport, address) {
            beside(Sharing::Default, sharing, true)?;
        }
        match address.wildcard().and_then(|wildcard| self.at(transport, wildcard)) {
            Some(there) => beside(there.strictest(), sharing, false),
            None => Ok(()),
        }
    }

    fn at(&self, transport: Transport, address: Address) -> Option<&Sharers> {
        self.bindings.get(&(transport, address))
    }

    /// Gives back what `party` has bound at `address`.
    pub fn unbind(&mut self, transport: Transport, address: Address, party: Party) {
        let Some(there) = self.bindings.get_mut(&(transport, address)) else { return };
        let Some((serial, is_left)) = there.remove(party) else { return };
        self.everyone.remove(&(transport, address.family(), address.port(), serial));
        if is_left {
            self.bindings.remove(&(transport, address));
            self.end_lease(transport, address);
        }
    }

    /// Who may be meant by `address`: those bound to that very host first, then the wildcard.
    pub fn find(&self, transport: Transport, address: Address) -> impl Iterator<Item = Party> {
        let wildcard = address.wildcard().and_then(|wildcard| self.at(transport, wildcard));
        self.at(transport, address).into_iter().chain(wildcard).flat_map(Sharers::parties)
    }

    /// Everyone at a port, whatever the host, but for those who leased it.
    pub fn everyone(
        &self,
        transport: Transport,
        family: u16,
        port: u16,
    ) -> impl Iterator<Item = Party> {
        let (first, last) = ((transport, family, port, 0), (transport, family, port, u64::MAX));
        self.everyone.range(first..=last).map(|(_, party)| *party)
    }
}

/// Whether `second` may stand beside `first` at the `same` address, or beside the wildcard's.
fn beside(first: Sharing, second: Sharing, same: bool) -> Result<(), Refusal> {
    match (first, second) {
        (Sharing::Exclusive, Sharing::Reuse) => Err(Refusal::Denied),
        (Sharing::Exclusive, _) if !same => Err(Refusal::Denied),
        (_, Sharing::Reuse) => Ok(()),
        _ if same => Err(Refusal::InUse),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Party, Ports, Refusal, Sharing, Transport::Tcp};
    use crate::network::address::{AF_INET, Address};
    use proptest::prelude::*;
    use std::collections::HashSet;

    /// The ephemeral ports.
    const FIRST: u16 = 49_152;
    /// So many ports are left where a host is nearly full.
    const LEFT: u16 = 3;

    fn host(place: usize) -> Address {
        // This machine's two, a stranger's, and the wildcard.
        let hosts = [[127, 0, 0, 1], [192, 0, 2, 1], [10, 0, 0, 1], [0; 4]];
        Address::new(AF_INET, &hosts[place % 4], 0).expect("four bytes")
    }

    /// What holds a port in the plain model.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Holder {
        Lease,
        Bound(Party, Sharing),
    }

    /// Everything that is held, in the order in which that came about.
    #[derive(Default)]
    struct Plain(Vec<(Address, Holder)>);

    impl Plain {
        fn holders(&self, address: Address) -> impl Iterator<Item = Holder> {
            self.0.iter().filter(move |(at, _)| *at == address).map(|(_, holder)| *holder)
        }

        /// Whether a draw may give this port of a host.
        fn is_free(&self, address: Address) -> bool {
            let mut others = vec![address];
            match address.wildcard() {
                Some(wildcard) => others.push(wildcard),
                None => others.extend([host(0), host(1)].map(|own| own.with_port(address.port()))),
            }
            others.into_iter().all(|other| self.holders(other).next().is_none())
        }

        /// The published table of sharing modes, holder by holder.
        fn refusal(&self, address: Address, sharing: Sharing) -> Option<Refusal> {
            let of = |holder| match holder {
                Holder::Lease => Sharing::Default,
                Holder::Bound(_, sharing) => sharing,
            };
            let bound = |at: Address| {
                let bound = self.holders(at).filter(|holder| matches!(holder, Holder::Bound(..)));
                bound.map(of).collect::<Vec<_>>()
            };
            // Who is bound over a lease has decided for it.
            let mut same = bound(address);
            if same.is_empty() {
                same = self.holders(address).map(of).collect();
            }
            let wildcard = address.wildcard().map(bound).unwrap_or_default();
            let denied = match sharing {
                Sharing::Reuse => {
                    same.contains(&Sharing::Exclusive) || wildcard.contains(&Sharing::Exclusive)
                }
                _ => same.is_empty() && wildcard.contains(&Sharing::Exclusive),
            };
            let in_use = sharing != Sharing::Reuse && !same.is_empty();
            denied.then_some(Refusal::Denied).or(in_use.then_some(Refusal::InUse))
        }

        fn let_go(&mut self, address: Address, holder: impl Fn(Holder) -> bool) {
            let place = self.0.iter().position(|&(at, held)| at == address && holder(held));
            self.0.remove(place.expect("who lets go has held it"));
        }

        fn found(&self, address: Address) -> Vec<Party> {
            let hosts = [Some(address), address.wildcard()].into_iter().flatten();
            let holders = hosts.flat_map(|at| self.holders(at));
            let bound = holders.filter_map(|holder| match holder {
                Holder::Bound(party, _) => Some(party),
                Holder::Lease => None,
            });
            bound.collect()
        }
    }

    proptest! {
        /// Ports are as a plain list of who holds what has them, however they are found and kept.
        #[test]
        fn are_a_plain_list(
            full in prop::option::of(0..4_usize),
            steps in prop::collection::vec((0..7_u8, 0..4_usize, 0..8_u16, 0..64_usize), 1..120),
        ) {
            let (mut ports, mut plain) = (Ports::default(), Plain::default());
            if let Some(full) = full {
                for _ in 0..=u16::MAX - FIRST - LEFT {
                    // Not in the list: nobody lets go of them, and the steps name other ports.
                    prop_assert!(ports.lease(Tcp, host(full)).is_ok());
                }
            }
            let filled = |address: Address| {
                let of = |place: usize| full == Some(place) && address.port() <= u16::MAX - LEFT;
                match address.with_port(0) {
                    at if at == host(3) => of(0) || of(1) || of(3),
                    at => of(3) || (0..3).any(|place| at == host(place) && of(place)),
                }
            };
            for (step, (what, at, port, which)) in steps.into_iter().enumerate() {
                let party = Party::Socket(step as u64);
                let address = host(at).with_port(u16::MAX - port % LEFT);
                let sharing = [Sharing::Default, Sharing::Reuse, Sharing::Exclusive][which % 3];
                match what {
                    0 | 1 => match ports.lease(Tcp, host(at)) {
                        Ok(leased) => {
                            prop_assert!(plain.is_free(leased) && !filled(leased), "{leased:?}");
                            plain.0.push((leased, Holder::Lease));
                        }
                        Err(refusal) => {
                            prop_assert_eq!(refusal, Refusal::NoPort);
                            let all = (FIRST..=u16::MAX).map(|port| host(at).with_port(port));
                            let free = all.filter(|&one| !filled(one) && plain.is_free(one));
                            prop_assert_eq!(free.count(), 0);
                        }
                    },
                    2 | 3 => {
                        let expected = plain.refusal(address, sharing);
                        let bound = ports.bind(Tcp, address, sharing, party);
                        prop_assert_eq!(bound.err(), expected);
                        if expected.is_none() {
                            plain.0.push((address, Holder::Bound(party, sharing)));
                        }
                    }
                    4 => if let Ok(bound) = ports.bind(Tcp, host(at), sharing, party) {
                        prop_assert!(plain.is_free(bound) && !filled(bound));
                        plain.0.push((bound, Holder::Bound(party, sharing)));
                    },
                    _ if !plain.0.is_empty() => {
                        let (address, holder) = plain.0[which % plain.0.len()];
                        match holder {
                            Holder::Lease => ports.end_lease(Tcp, address),
                            Holder::Bound(party, _) => ports.unbind(Tcp, address, party),
                        }
                        plain.let_go(address, |held| held == holder);
                    }
                    _ => {}
                }
                let found: Vec<_> = ports.find(Tcp, address).collect();
                prop_assert_eq!(found, plain.found(address));
                let everyone = plain.0.iter().filter(|(at, _)| at.port() == address.port());
                let everyone = everyone.filter_map(|(_, holder)| match holder {
                    Holder::Bound(party, _) => Some(*party),
                    Holder::Lease => None,
                });
                prop_assert!(ports.everyone(Tcp, AF_INET, address.port()).eq(everyone));
            }
        }
    }

    /// A lease outlives who is bound over it, and a binding the lease under it.
    #[test]
    fn neither_ends_what_is_another_s() {
        let mut ports = Ports::default();
        let (first, second) = (Party::Socket(1), Party::Socket(2));
        let leased = ports.lease(Tcp, host(0)).expect("all are free");
        for lease_first in [false, true] {
            ports.bind(Tcp, leased, Sharing::Reuse, first).expect("it reuses");
            if lease_first {
                ports.end_lease(Tcp, leased);
            } else {
                ports.unbind(Tcp, leased, first);
            }
            let bound = ports.bind(Tcp, leased, Sharing::Default, second);
            assert_eq!(bound, Err(Refusal::InUse));
        }
        ports.unbind(Tcp, leased, first);
        assert_eq!(ports.bind(Tcp, leased, Sharing::Default, second), Ok(leased));
    }

    /// The application has its half of this machine's own host, and what it draws at the wildcard is no client's.
    #[test]
    fn clients_leave_half_of_the_own_host() {
        let mut ports = Ports::default();
        let clients = std::iter::from_fn(|| ports.lease_of_half(Tcp, host(0)).ok());
        let clients: HashSet<_> = clients.map(|client| client.port()).collect();
        assert_eq!(clients.len(), 8_192);
        for number in 0..8_192 {
            let party = Party::Socket(number);
            let bound = ports.bind(Tcp, host(3), Sharing::Default, party).expect("its half");
            assert!(!clients.contains(&bound.port()));
        }
        let one_more = ports.bind(Tcp, host(3), Sharing::Default, Party::Socket(9_000));
        assert_eq!(one_more, Err(Refusal::NoPort));
    }
}
