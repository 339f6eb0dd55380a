//! Ready: the errands that may run, oldest first, each at a place by which it can be taken back.
//!
//! An errand that is taken out of the middle leaves a gap; neighbouring gaps are one, which is stepped over at once. So what a
//! socket takes back, and what a chosen order takes early, costs the same however many others there are.

use crate::wsk::errand::Errand;
use std::collections::VecDeque;

/// Where an errand stands: its distance from the first one that was ever queued.
pub(crate) type Spot = i64;

/// Room for so many is kept.
const KEPT: usize = 512;

/// A place.
#[derive(Debug)]
enum Place {
    Errand(Errand),
    /// So many places are empty: it stands at the first and at the last of them.
    Gap(usize),
}

/// The errands that may run.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    queue: VecDeque<Place>,
    /// The spot of the queue's front.
    front: Spot,
    live: usize,
    /// The most that there were since it was empty.
    most: usize,
}

impl Ready {
    /// Queues an errand behind all others.
    pub(crate) fn push_back(&mut self, errand: Errand) -> Spot {
        self.queue.push_back(Place::Errand(errand));
        self.live += 1;
        self.most = self.most.max(self.live);
        self.front + self.queue.len() as Spot - 1
    }

    /// Queues an errand before all others.
    pub(crate) fn push_front(&mut self, errand: Errand) -> Spot {
        self.queue.push_front(Place::Errand(errand));
        self.live += 1;
        self.front -= 1;
        self.front
    }

    /// The oldest errand.
    pub(crate) fn first(&self) -> Option<&Errand> {
        self.later(0) // No gap is ever at the front.
    }

    /// The errand that comes so many after the oldest one, if there is no gap.
    pub(crate) fn later(&self, after: usize) -> Option<&Errand> {
        match self.queue.get(after)? {
            Place::Errand(errand) => Some(errand),
            Place::Gap(_) => None,
        }
    }

    /// The spot of the oldest errand.
    pub(crate) fn head(&self) -> Option<Spot> {
        (self.live > 0).then_some(self.front)
    }

    /// Takes the errand at a spot.
    pub(crate) fn take(&mut self, spot: Spot) -> Option<Errand> {
        if spot == self.front {
            return self.pop_front();
        }
        let place = usize::try_from(spot - self.front).ok()?;
        let here = self.queue.get_mut(place)?;
        if matches!(here, Place::Gap(_)) {
            return None;
        }
        let Place::Errand(errand) = std::mem::replace(here, Place::Gap(1)) else { return None };
        self.live -= 1;
        self.close_up(place);
        if self.live == 0 {
            self.rest();
        }
        Some(errand)
    }

    /// Takes the oldest errand, and the gap behind it.
    fn pop_front(&mut self) -> Option<Errand> {
        let Place::Errand(errand) = self.queue.pop_front()? else {
            unreachable!("Invariant: no gap is at the front")
        };
        self.live -= 1;
        self.front += 1;
        if let Some(&Place::Gap(length)) = self.queue.front() {
            self.queue.drain(..length);
            self.front += length as Spot;
        }
        if self.live == 0 {
            self.rest();
        }
        Some(errand)
    }

    /// Gives memory back that a storm before the last one needed.
    fn rest(&mut self) {
        let most = std::mem::take(&mut self.most).max(KEPT);
        if self.queue.capacity() / 8 > most {
            self.queue.shrink_to(most);
        }
    }

    /// Joins a new gap with its neighbours; one at either end goes.
    fn close_up(&mut self, place: usize) {
        let gap = |place: Option<&Place>| match place {
            Some(&Place::Gap(length)) => length,
            _ => 0,
        };
        let before = gap(place.checked_sub(1).and_then(|place| self.queue.get(place)));
        let after = gap(self.queue.get(place + 1));
        let (first, last, length) = (place - before, place + after, before + 1 + after);
        if first == 0 {
            self.queue.drain(..length);
            self.front += length as Spot;
        } else if last + 1 == self.queue.len() {
            self.queue.truncate(first);
        } else {
            self.queue[first] = Place::Gap(length);
            self.queue[last] = Place::Gap(length);
        }
    }

    /// Every errand with its spot, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Spot, &Errand)> {
        let mut place = 0;
        std::iter::from_fn(move || {
            loop {
                match self.queue.get(place)? {
                    Place::Gap(length) => place += length,
                    Place::Errand(errand) => {
                        place += 1;
                        return Some((self.front + place as Spot - 1, errand));
                    }
                }
            }
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.live == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Ready;
    use crate::core::status::NtStatus;
    use crate::wsk::errand::{Errand, Kind};
    use crate::wsk::irp::Completion;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn errand(token: u64) -> Errand {
        let done = Completion::new(token, NtStatus::SUCCESS);
        Errand { token, socket: 0, kind: Kind::Complete(Box::new(done)), edges: 0 }
    }

    proptest! {
        /// Each spot has its errand until that is taken, and the others keep theirs.
        #[test]
        fn each_spot_has_its_errand(steps in prop::collection::vec((0..4_u8, 0..64_usize), 1..200)) {
            let (mut ready, mut known) = (Ready::default(), BTreeMap::new());
            for (token, (what, which)) in steps.into_iter().enumerate() {
                let token = token as u64;
                match what {
                    0 => drop(known.insert(ready.push_back(errand(token)), token)),
                    1 => drop(known.insert(ready.push_front(errand(token)), token)),
                    _ => {
                        if let Some(&spot) = known.keys().nth(which % known.len().max(1)) {
                            let taken = ready.take(spot).map(|errand| errand.token);
                            prop_assert_eq!(taken, known.remove(&spot));
                            prop_assert!(ready.take(spot).is_none());
                        }
                    }
                }
                prop_assert_eq!(ready.len(), known.len());
                prop_assert_eq!(ready.head(), known.keys().next().copied());
                let first = ready.first().map(|errand| errand.token);
                prop_assert_eq!(first, known.values().next().copied());
                let all: Vec<_> = ready.iter().map(|(spot, errand)| (spot, errand.token)).collect();
                prop_assert!(all.into_iter().eq(known.iter().map(|(&spot, &token)| (spot, token))));
            }
        }
    }
}
