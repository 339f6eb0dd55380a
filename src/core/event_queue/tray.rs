//! Tray: the entries that one worker took out of the queue and has not begun, where idle workers can
//! steal them.
//!
//! A worker takes entries by the batch, so a handler that blocks would hold up the sockets behind it
//! (D-24: callbacks of different sockets may overlap). Algorithm: the owner says with a plain store
//! which entry it approaches, and begins it with the exchange on the socket's word that a call needs
//! anyway. A thief says which entry it is after, stirs that socket's word, so that a begin on its way
//! fails and looks at the tray again, and only then looks how far the owner is: an entry that the
//! owner had not approached by then is the thief's. An owner that meets a thief waits on the tray's lock
//! for the thief's verdict. Progress: between two takes an owner waits for nobody, except for a
//! thief that is after its very next entry; thieves, who are idle, wait for each other.

use crate::core::event_queue::entry::Taken;
use crate::core::limits::TEAM_TAKE;
use crate::core::sync::{Apart, AtomicU64, AtomicUsize, Mutex, Ordering};

/// One worker's entries.
#[derive(Debug)]
pub(crate) struct Tray {
    /// Places below it the owner has approached.
    approached: Apart<AtomicUsize>,
    /// As [`Gone`] reads it; changed under the lock.
    gone: Apart<AtomicU64>,
    entries: Mutex<Vec<Taken>>,
}

/// The latest places without a gap that belong to thieves, or one is after the last of them: where
/// they begin, and the one behind them. The owner has left all before them behind.
#[derive(Clone, Copy)]
struct Gone {
    first: u32,
    end: u32,
}

impl Gone {
    const fn bits(self) -> u64 {
        (self.first as u64) << 32 | self.end as u64
    }

    const fn from_bits(bits: u64) -> Self {
        Self { first: (bits >> 32) as u32, end: bits as u32 }
    }

    const fn has(self, place: usize) -> bool {
        self.first as usize <= place && place < self.end as usize
    }

    /// With the place of the oldest entry that is left.
    const fn and(self, place: usize) -> Self {
        let place = place as u32;
        Self { first: if place == self.end { self.first } else { place }, end: place + 1 }
    }
}

impl Tray {
    pub(crate) fn new() -> Self {
        Self {
            approached: Apart(AtomicUsize::new(0)),
            gone: Apart(AtomicU64::new(0)),
            entries: Mutex::new(Vec::with_capacity(TEAM_TAKE)),
        }
    }

    /// Puts entries in the place of those that were there; only the owner does, when each of them was
    /// begun or stolen. What comes out of the queue is put here under the queue's consumer lock.
    pub(crate) fn fill(&self, taken: impl Iterator<Item = Taken>) {
        let mut entries = self.entries.lock();
        entries.clear();
        entries.extend(taken);
        // Relaxed: the owner's own, and thieves look under the lock.
        self.approached.store(0, Ordering::Relaxed);
        self.gone.store(0, Ordering::Relaxed);
    }

    /// The owner is about to begin the entry at `place`.
    #[inline]
    pub(crate) fn approach(&self, place: usize) {
        // Relaxed: a thief sees it through the socket's word, which the owner's begin releases and
        // the thief's stir acquires (row S1).
        self.approached.store(place + 1, Ordering::Relaxed);
    }

    /// Whether no thief is after the entry at `place`. The owner asks between a look at the socket's
    /// word and the exchange that begins the call.
    #[inline]
    pub(crate) fn is_left(&self, place: usize) -> bool {
        // Relaxed: a word that was stirred before the owner's look at it brings this along; one that is
        // stirred after it lets the exchange fail (row S1).
        !self.gone().has(place)
    }

    /// [`is_left`](Self::is_left), when a thief that is stealing has ended.
    #[cold]
    pub(crate) fn is_left_after_all(&self, place: usize) -> bool {
        let _verdict = self.entries.lock();
        self.is_left(place)
    }

    /// Takes the oldest entry that the owner has not approached, for another worker. `stir` changes the
    /// word of the entry's socket, and nothing that it means.
    pub(crate) fn steal(&self, stir: impl Fn(Taken)) -> Option<Taken> {
        let entries = self.entries.lock();
        loop {
            let (before, place) = (self.gone(), self.next());
            let taken = *entries.get(place)?;
            self.gone.store(before.and(place).bits(), Ordering::Relaxed);
            stir(taken);
            if self.approached.load(Ordering::Relaxed) <= place {
                return Some(taken);
            }
            // The owner was faster: it has begun this one, or will when the lock is free.
            self.gone.store(before.bits(), Ordering::Relaxed);
        }
    }

    /// Takes out what is left; only the owner does, between two calls.
    pub(crate) fn leave(&self) -> Vec<Taken> {
        let mut entries = self.entries.lock();
        entries.drain(..).skip(self.next()).collect()
    }

    /// The place of the oldest entry that nobody was after.
    pub(crate) fn next(&self) -> usize {
        self.approached.load(Ordering::Relaxed).max(self.gone().end as usize)
    }

    fn gone(&self) -> Gone {
        Gone::from_bits(self.gone.load(Ordering::Relaxed))
    }
}

/// A drive's right to begin the entry at a place of what it has taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'t> {
    pub(crate) tray: Option<&'t Tray>,
    pub(crate) place: usize,
}

impl Claim<'_> {
    /// Whether it stands; asked between a look at the socket's word and the exchange on it.
    #[inline(always)]
    pub(crate) fn stands(self) -> bool {
        self.tray.is_none_or(|tray| tray.is_left(self.place))
    }

    /// [`stands`](Self::stands), when a thief that is after the entry has got it or given it up.
    pub(crate) fn stands_after_all(self) -> bool {
        self.tray.is_none_or(|tray| tray.is_left_after_all(self.place))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::core::event_queue::entry::Entry;
    use crate::core::flags::Edge;
    use proptest::prelude::*;
    use std::cell::Cell;
    use std::collections::BTreeSet;

    fn taken(edge_number: u64) -> Taken {
        Taken { edge_number, entry: Entry::new(edge_number as u32, Edge::Graceful) }
    }

    #[derive(Clone, Copy, Debug)]
    enum Act {
        /// The owner approaches its next entry, and begins it if it is left.
        Begin,
        Steal,
        /// A thief has said which entry it is after when the owner approaches its next one.
        Meet,
        /// The owner leaves, and comes back with entries more.
        Refill(usize),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            4 => Just(Act::Begin),
            4 => Just(Act::Steal),
            2 => Just(Act::Meet),
            1 => (0usize..9).prop_map(Act::Refill),
        ];
        proptest::collection::vec(act, 0..200)
    }

    /// An owner and its tray; every number that came to somebody.
    struct Owner {
        tray: Tray,
        numbers: Vec<u64>,
        next: Cell<usize>,
        came: BTreeSet<u64>,
    }

    impl Owner {
        fn came(&mut self, number: u64) {
            assert!(self.came.insert(number), "{number} came twice");
        }

        fn begin(&mut self) {
            let place = self.next.get();
            let Some(&number) = self.numbers.get(place) else { return };
            self.next.set(place + 1);
            self.tray.approach(place);
            if self.tray.is_left(place) && self.tray.is_left_after_all(place) {
                self.came(number);
            }
        }
    }

    proptest! {
        #[test]
        fn what_lies_on_a_tray_comes_to_somebody_once(acts in acts()) {
            let tray = Tray::new();
            let mut owner =
                Owner { tray, numbers: Vec::new(), next: Cell::new(0), came: BTreeSet::new() };
            let mut filled = 0;
            for act in acts.into_iter().chain([Act::Refill(0)]) {
                match act {
                    Act::Begin => owner.begin(),
                    Act::Steal => {
                        let stolen = owner.tray.steal(|_| ());
                        if let Some(stolen) = stolen {
                            owner.came(stolen.edge_number);
                        }
                    }
                    Act::Meet => {
                        // The owner waits for the verdict, so it approaches one at most.
                        let waits_for = Cell::new(None);
                        let stolen = owner.tray.steal(|_| {
                            let place = owner.next.get();
                            if waits_for.get().is_none() && place < owner.numbers.len() {
                                owner.next.set(place + 1);
                                owner.tray.approach(place);
                                assert!(!owner.tray.is_left(place), "the thief came first");
                                waits_for.set(Some(place));
                            }
                        });
                        if let Some(stolen) = stolen {
                            owner.came(stolen.edge_number);
                        }
                        if let Some(place) = waits_for.get()
                            && owner.tray.is_left_after_all(place)
                        {
                            owner.came(owner.numbers[place]);
                        }
                    }
                    Act::Refill(more) => {
                        let left = owner.tray.leave();
                        left.iter().for_each(|left| owner.came(left.edge_number));
                        owner.numbers = (filled..filled + more as u64).collect();
                        filled += more as u64;
                        owner.next.set(0);
                        owner.tray.fill(owner.numbers.iter().map(|&number| taken(number)));
                        prop_assert_eq!(owner.tray.next(), 0);
                    }
                }
            }
            prop_assert_eq!(owner.came.len() as u64, filled);
        }
    }
}
