//! Ports: which party is bound where, and which may share an address (sharing-transport-addresses.md).
//!
//! By address: what is bound elsewhere costs nothing. A client that only connects leases an ephemeral port, of which a
//! host has 16,384: one bit each, once they are many, for nobody looks for who has it.

use crate::network::Party;
use crate::network::address::Address;
use crate::network::leases::{COUNT, Leases};
use crate::network::sharers::{Binding, Sharers};
use foldhash::HashMap;
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
            self.leases.add(transport, address);
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
        self.leases.draw(transport, host, COUNT).ok_or(Refusal::NoPort)
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
        self.leases.draw(transport, host, COUNT / 2).ok_or(Refusal::NoPort)
    }

    /// Gives back a port that was leased.
    pub fn end_lease(&mut self, transport: Transport, address: Address) {
        self.leases.end(transport, address);
    }

    /// Whether a second binding may stand beside those that are there: the published table of sharing modes.
    fn check(
        &self,
        transport: Transport,
        address: Address,
        sharing: Sharing,
    ) -> Result<(), Refusal> {
        self.may_take(transport, address, sharing)?;
        if let Some(wildcard) = address.wildcard() {
            // Else an access check, which passes: nobody's security descriptor is looked at.
            let exclusive = |there: &Sharers| there.sharing() == Sharing::Exclusive;
            let denied = self.at(transport, wildcard).is_some_and(exclusive);
            return if denied { Err(Refusal::Denied) } else { Ok(()) };
        }
        if sharing == Sharing::Exclusive && self.has_any(transport, address) {
            return Err(Refusal::InUse);
        }
        Ok(())
    }

    /// Whether somebody with this way of sharing may have the very address, whatever stands at the wildcard: also a party
    /// that is bound there, and takes an address when it connects (L-15).
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn may_take(
        &self,
        transport: Transport,
        address: Address,
        sharing: Sharing,
    ) -> Result<(), Refusal> {
        let there = match self.at(transport, address) {
            Some(there) => there.sharing(),
            None if self.leases.has(transport, address) => Sharing::Default,
            None => return Ok(()),
        };
        match (there, sharing) {
            (Sharing::Reuse, Sharing::Reuse) => Ok(()),
            (_, Sharing::Reuse) => Err(Refusal::Denied),
            (Sharing::Reuse, Sharing::Default) if !address.is_wildcard() => Err(Refusal::Denied),
            _ => Err(Refusal::InUse),
        }
    }

    /// Whether anybody has the port of a wildcard at an address of this machine.
    fn has_any(&self, transport: Transport, wildcard: Address) -> bool {
        let (family, port) = (wildcard.family(), wildcard.port());
        let is_own = |party| matches!(party, Party::Socket(_));
        let hosts = wildcard.sources(1).map(|host| host.with_port(port));
        let held = |&host: &Address| {
            self.at(transport, host).is_some() || self.leases.has(transport, host)
        };
        hosts.iter().any(held) || self.everyone(transport, family, port).any(is_own)
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
        // Mostly the first one is meant, and the wildcard is not asked.
        let wildcard = move || self.at(transport, address.wildcard()?);
        let wildcard = std::iter::once_with(wildcard).flatten();
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

#[cfg(test)]
mod tests;
