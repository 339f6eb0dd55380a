//! Contexts: which addresses are contexts of sockets that are there, by where they lie.
//!
//! Asked for at each accept and each close, and for the bytes of each block that is freed: so by hash, a stretch of memory
//! an entry, and not in an order that each step would have to keep.

use foldhash::HashMap;

/// A stretch has so many bytes, as two to the power of this.
const BITS: u32 = 6;

/// The contexts in one stretch, and how many sockets have each; most stretches have one.
#[derive(Debug, Default)]
struct Stretch {
    first: (u64, u32),
    more: Vec<(u64, u32)>,
}

impl Stretch {
    fn all(&self) -> impl Iterator<Item = &(u64, u32)> {
        std::iter::once(&self.first).chain(&self.more).filter(|(_, count)| *count > 0)
    }

    /// The count of one; a new one has 0.
    fn count(&mut self, context: u64) -> &mut u32 {
        if self.first.1 == 0 || self.first.0 == context {
            // One that nobody has gives its place away, unless it stands among the others.
            if self.first.1 > 0 || !self.more.iter().any(|(other, _)| *other == context) {
                self.first.0 = context;
                return &mut self.first.1;
            }
        }
        let known = self.more.iter().position(|(other, _)| *other == context);
        let place = known.unwrap_or_else(|| {
            self.more.push((context, 0));
            self.more.len() - 1
        });
        &mut self.more[place].1
    }
}

/// The contexts of a driver's sockets.
#[derive(Debug, Default)]
pub(crate) struct Contexts {
    /// Stretches that are empty stay for the next socket, until they are more than the others.
    stretches: HashMap<u64, Stretch>,
    /// How many sockets have one.
    live: usize,
}

/// So many empty stretches stay in any case.
const EMPTY: usize = 1_024;

impl Contexts {
    /// One more socket has it.
    pub(crate) fn add(&mut self, context: u64) {
        self.live += 1;
        if let Some(stretch) = self.stretches.get_mut(&(context >> BITS)) {
            *stretch.count(context) += 1;
            return;
        }
        if self.stretches.len() > 2 * self.live + EMPTY {
            self.stretches.retain(|_, stretch| stretch.all().next().is_some());
        }
        let stretch = Stretch { first: (context, 1), more: Vec::new() };
        self.stretches.insert(context >> BITS, stretch);
    }

    /// One socket less has it.
    pub(crate) fn remove(&mut self, context: u64) {
        let Some(stretch) = self.stretches.get_mut(&(context >> BITS)) else { return };
        self.live -= 1;
        *stretch.count(context) -= 1;
        if !stretch.more.is_empty() {
            stretch.more.retain(|(_, count)| *count > 0);
        }
    }

    /// Whether one lies in these bytes.
    pub(crate) fn lies_in(&self, from: u64, length: u64) -> bool {
        if self.live == 0 || length == 0 {
            return false;
        }
        let last = from.saturating_add(length - 1);
        let inside =
            |stretch: &Stretch| stretch.all().any(|(context, _)| (from..=last).contains(context));
        let stretches = from >> BITS..=last >> BITS;
        // Of much memory the contexts are fewer.
        if last - from >= (self.stretches.len() as u64) << BITS {
            return self.stretches.values().any(inside);
        }
        stretches.into_iter().any(|place| self.stretches.get(&place).is_some_and(inside))
    }
}

#[cfg(test)]
mod tests {
    use super::Contexts;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// It is a map in the order of addresses that counts.
        #[test]
        fn is_a_map_that_counts(
            steps in prop::collection::vec((0..3_u8, 0..400_u64, 0..300_u64), 1..200)
        ) {
            let (mut contexts, mut map) = (Contexts::default(), BTreeMap::<u64, u32>::new());
            for (what, at, length) in steps {
                match what {
                    0 => {
                        contexts.add(at);
                        *map.entry(at).or_default() += 1;
                    }
                    1 if map.get(&at).is_some_and(|count| *count > 0) => {
                        contexts.remove(at);
                        *map.get_mut(&at).expect("it is there") -= 1;
                        map.retain(|_, count| *count > 0);
                    }
                    _ => {
                        let lies = map.range(at..at + length).next().is_some();
                        prop_assert_eq!(contexts.lies_in(at, length), lies);
                    }
                }
            }
            map.into_iter().for_each(|(at, count)| (0..count).for_each(|_| contexts.remove(at)));
            prop_assert!(!contexts.lies_in(0, u64::MAX) && contexts.live == 0);
        }
    }
}
