//! Calls: where the callbacks of one socket stand among the errands that may run.
//!
//! A connection has one at a time, mostly; a listener may have one for each request.

use crate::wsk::ready::Spot;
use std::collections::BTreeSet;

/// Spots, each once.
#[derive(Debug, Default)]
#[allow(
    clippy::box_collection,
    reason = "each socket has one of these; few have more than one callback"
)]
pub(crate) enum Calls {
    #[default]
    None,
    One(Spot),
    Many(Box<BTreeSet<Spot>>),
}

impl Calls {
    /// One more.
    pub(crate) fn add(&mut self, spot: Spot) {
        match self {
            Self::None => *self = Self::One(spot),
            Self::One(first) => *self = Self::Many(Box::new(BTreeSet::from([*first, spot]))),
            Self::Many(spots) => drop(spots.insert(spot)),
        }
    }

    /// One less, if it is here.
    pub(crate) fn remove(&mut self, spot: Spot) {
        match self {
            Self::None => {}
            Self::One(only) if *only == spot => *self = Self::None,
            Self::One(_) => {}
            Self::Many(spots) => drop(spots.remove(&spot)),
        }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Spot> {
        let (one, many) = match self {
            Self::None => (None, None),
            Self::One(only) => (Some(*only), None),
            Self::Many(spots) => (None, Some(spots.iter().copied())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}
