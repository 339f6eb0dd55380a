//! Sharers: who is bound to one address, the first one first.
//!
//! Mostly that is one party. Where many share an address each may leave at the same cost.

use crate::network::Party;
use crate::network::ports::Sharing;
use foldhash::HashMap;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding {
    pub(crate) party: Party,
    pub(crate) sharing: Sharing,
    /// Its place in the order of all bindings.
    pub(crate) serial: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Many {
    by_serial: BTreeMap<u64, Binding>,
    serials: HashMap<Party, u64>,
}

/// Those who are bound to one address; each of them once.
#[derive(Debug)]
pub(crate) enum Sharers {
    One(Binding),
    Many(Box<Many>),
}

impl Many {
    fn add(&mut self, binding: Binding) {
        self.serials.insert(binding.party, binding.serial);
        self.by_serial.insert(binding.serial, binding);
    }
}

impl Sharers {
    /// One more; its serial is the largest.
    pub(crate) fn add(&mut self, binding: Binding) {
        if let Self::One(first) = *self {
            let mut many = Many::default();
            many.add(first);
            *self = Self::Many(Box::new(many));
        }
        if let Self::Many(many) = self {
            many.add(binding);
        }
    }

    /// A party leaves: its serial, if it was here, and whether nobody is left.
    pub(crate) fn remove(&mut self, party: Party) -> Option<(u64, bool)> {
        match self {
            Self::One(only) => (only.party == party).then_some((only.serial, true)),
            Self::Many(many) => {
                let serial = many.serials.remove(&party)?;
                many.by_serial.remove(&serial)?;
                Some((serial, many.serials.is_empty()))
            }
        }
    }

    /// How those who are here share, which decides for a newcomer. Where there are several, each reuses the address.
    pub(crate) fn sharing(&self) -> Sharing {
        match self {
            Self::One(only) => only.sharing,
            Self::Many(_) => Sharing::Reuse,
        }
    }

    /// All parties, the first one first.
    pub(crate) fn parties(&self) -> impl Iterator<Item = Party> {
        let (one, many) = match self {
            Self::One(only) => (Some(only), None),
            Self::Many(many) => (None, Some(many.by_serial.values())),
        };
        one.into_iter().chain(many.into_iter().flatten()).map(|binding| binding.party)
    }
}
