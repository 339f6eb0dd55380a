//! Ports: which party is bound where, and which may share an address (sharing-transport-addresses.md).
//!
//! By address: what is bound elsewhere costs nothing. A client that only connects leases an ephemeral port, of which a
//! host has 16,384: one bit each, once they are many, for nobody looks for who has it.

use crate::network::Party;
use crate::network::address::Address;
use crate::network::leases::Leases;
use foldhash::HashMap;
use std::collections::BTreeMap;

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

#[derive(Clone, Copy, Debug)]
struct Binding {
    party: Party,
    sharing: Sharing,
    /// Its place in the order of all bindings.
    serial: u64,
}

/// Every binding of the network.
#[derive(Debug, Default)]
pub struct Ports {
    bindings: HashMap<(Transport, Address), Vec<Binding>>,
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
        let there = self.bindings.entry((transport, address)).or_default();
        there.push(Binding { party, sharing, serial });
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
        let mut leased = self.leases.has(transport, address);
        for first in self.at(transport, address) {
            leased = false;
            beside(first.sharing, sharing, true)?;
        }
        if leased {
            beside(Sharing::Default, sharing, true)?;
        }
        if let Some(wildcard) = address.wildcard() {
            for first in self.at(transport, wildcard) {
                beside(first.sharing, sharing, false)?;
            }
        }
        Ok(())
    }

    fn at(&self, transport: Transport, address: Address) -> &[Binding] {
        self.bindings.get(&(transport, address)).map_or(&[], Vec::as_slice)
    }

    /// Gives back what `party` has bound at `address`.
    pub fn unbind(&mut self, transport: Transport, address: Address, party: Party) {
        let Some(there) = self.bindings.get_mut(&(transport, address)) else { return };
        let everyone = &mut self.everyone;
        there.retain(|binding| {
            let key = (transport, address.family(), address.port(), binding.serial);
            binding.party != party || everyone.remove(&key).is_none()
        });
        if there.is_empty() {
            self.bindings.remove(&(transport, address));
            self.leases.end(transport, address);
        }
    }

    /// Who may be meant by `address`: those bound to that very host first, then the wildcard.
    pub fn find(&self, transport: Transport, address: Address) -> impl Iterator<Item = Party> {
        let wildcard = address.wildcard().map_or(&[][..], |wildcard| self.at(transport, wildcard));
        self.at(transport, address).iter().chain(wildcard).map(|binding| binding.party)
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
