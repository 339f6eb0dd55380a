//! Ports: which party is bound where, and which may share an address (sharing-transport-addresses.md).

use crate::network::Party;
use crate::network::address::Address;
use std::collections::BTreeMap;

/// Which ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    address: Address,
    sharing: Sharing,
}

/// The first ephemeral port.
const EPHEMERAL: u16 = 49_152;

/// Every binding of the network.
#[derive(Debug)]
pub struct Ports {
    bindings: BTreeMap<(Transport, u16, u16), Vec<Binding>>,
    next: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self { bindings: BTreeMap::new(), next: EPHEMERAL }
    }
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
        let address =
            if address.port() == 0 { self.ephemeral(transport, address)? } else { address };
        let key = (transport, address.family(), address.port());
        let there = self.bindings.entry(key).or_default();
        for first in there.iter() {
            check(first, &address, sharing)?;
        }
        there.push(Binding { party, address, sharing });
        Ok(address)
    }

    fn ephemeral(&mut self, transport: Transport, address: Address) -> Result<Address, Refusal> {
        for _ in EPHEMERAL..=u16::MAX {
            let port = self.next;
            self.next = if port == u16::MAX { EPHEMERAL } else { port + 1 };
            let taken = self.bindings.get(&(transport, address.family(), port));
            if taken.is_none_or(Vec::is_empty) {
                return Ok(address.with_port(port));
            }
        }
        Err(Refusal::NoPort)
    }

    /// Gives back what `party` has bound at `address`.
    pub fn unbind(&mut self, transport: Transport, address: Address, party: Party) {
        let key = (transport, address.family(), address.port());
        if let Some(there) = self.bindings.get_mut(&key) {
            there.retain(|binding| binding.party != party);
            if there.is_empty() {
                self.bindings.remove(&key);
            }
        }
    }

    /// Who may be meant by `address`: those bound to that very host first, then the wildcard.
    #[must_use]
    pub fn find(&self, transport: Transport, address: Address) -> Vec<Party> {
        let there = self.bindings.get(&(transport, address.family(), address.port()));
        let there = || there.into_iter().flatten();
        let exact = there().filter(|binding| binding.address == address);
        let wildcard = there().filter(|b| b.address.is_wildcard() && !address.is_wildcard());
        exact.chain(wildcard).map(|binding| binding.party).collect()
    }

    /// Everyone at a port, whatever the host.
    #[must_use]
    pub fn everyone(&self, transport: Transport, family: u16, port: u16) -> Vec<Party> {
        let there = self.bindings.get(&(transport, family, port));
        there.into_iter().flatten().map(|binding| binding.party).collect()
    }
}

/// Whether a second binding may stand beside a first one: the published table of sharing modes.
fn check(first: &Binding, second: &Address, sharing: Sharing) -> Result<(), Refusal> {
    let same = first.address == *second;
    if !same && !first.address.is_wildcard() {
        return Ok(());
    }
    match (first.sharing, sharing) {
        (Sharing::Exclusive, Sharing::Reuse) => Err(Refusal::Denied),
        (Sharing::Exclusive, _) if !same => Err(Refusal::Denied),
        (_, Sharing::Reuse) => Ok(()),
        _ if same => Err(Refusal::InUse),
        _ => Ok(()),
    }
}
