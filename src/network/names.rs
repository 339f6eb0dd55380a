//! Names: which addresses a host's name stands for, without a name service.

use crate::network::address::Address;
use std::collections::BTreeMap;

/// Every name that a test author has given.
#[derive(Debug, Default)]
pub struct Names {
    /// By the name in lower case: names are compared without regard to it.
    of: BTreeMap<String, (String, Vec<Address>)>,
}

impl Names {
    /// From now on `name` stands for these hosts, whose ports do not matter.
    pub fn set(&mut self, name: &str, hosts: Vec<Address>) {
        self.of.insert(name.to_lowercase(), (name.to_owned(), hosts));
    }

    /// Forgets a name; whether it was known.
    pub fn remove(&mut self, name: &str) -> bool {
        self.of.remove(&name.to_lowercase()).is_some()
    }

    /// The hosts that a name stands for, in the order in which they were given.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&[Address]> {
        self.of.get(&name.to_lowercase()).map(|(_, hosts)| hosts.as_slice())
    }

    /// The first name, by the alphabet, that stands for a host, as it was given.
    #[must_use]
    pub fn name_of(&self, host: Address) -> Option<&str> {
        let host = host.with_port(0);
        let named = |hosts: &[Address]| hosts.iter().any(|one| one.with_port(0) == host);
        self.of.values().find(|(_, hosts)| named(hosts)).map(|(name, _)| name.as_str())
    }

    /// Every name, as it was given.
    #[must_use]
    pub fn all(&self) -> Vec<&str> {
        self.of.values().map(|(name, _)| name.as_str()).collect()
    }
}
