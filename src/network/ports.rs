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
