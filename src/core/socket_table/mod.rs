//! Socket table: one 32-byte slot per socket, found by index, owned by generation.
//!
//! A slab of slots that grows without moving, a free list of spent slots, and a count of slots never
//! used. Look-up is wait-free. Taking and giving back slots is lock-free, except that the first use
//! of a new segment waits for its allocation. Full: `take` returns fewer slots than asked for. A slot
//! whose generation would wrap is retired.

pub(crate) mod free_list;
mod frequent;
mod slab;
pub(crate) mod word;

use crate::core::socket_table::free_list::{FreeList, NONE};
pub(crate) use crate::core::socket_table::slab::{NoMemory, Slab, Zeroed};
use crate::core::socket_table::word::Word;
use crate::core::sync::{Apart, AtomicU32, AtomicU64, Ordering};

/// Where one socket lives; half a cache line.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Slot {
    /// State, as [`Word`] reads it.
    pub(crate) word: AtomicU64,
    /// What the application gave as SocketContext: an integer to the core (O-9).
    context: AtomicU64,
    /// Which handler is called.
    handler: AtomicU32,
    /// The next spent slot, while this one is spent.
    link: AtomicU32,
    /// Room for what costs more than a word, and two slots to a cache line.
    _attached: AtomicU64,
}

// SAFETY: every field is an atomic integer of std, for which zero bytes are the fresh value. Under
// loom, where atomics are no plain integers, `fresh` is used instead.
#[allow(unsafe_code, reason = "see SAFETY")]
unsafe impl Zeroed for Slot {
    #[cfg(loom)]
    fn fresh() -> Self {
        Self {
            word: AtomicU64::new(0),
            context: AtomicU64::new(0),
            handler: AtomicU32::new(0),
            link: AtomicU32::new(0),
            _attached: AtomicU64::new(0),
        }
    }
}

impl Slot {
    /// The context; valid while the caller knows the socket's life has not ended.
    #[inline]
    pub(crate) fn context(&self) -> u64 {
        // Relaxed: written before the word of this life was published with Release (row W1).
        self.context.load(Ordering::Relaxed)
    }

    /// The handler's number; valid as long as the context is.
    #[inline]
    pub(crate) fn handler(&self) -> u32 {
        self.handler.load(Ordering::Relaxed)
    }

    /// The word as it stands.
    #[inline]
    pub(crate) fn load(&self) -> Word {
        // Acquire pairs with the Release of whoever changed the word last (row W1).
        Word(self.word.load(Ordering::Acquire))
    }

    /// Puts `new` in the place of `current` with one read-modify-write; false if the word is another, or
    /// for no reason at all: then [`change`](Self::change) looks. A thread that is `alone` in the core
    /// (see `turns`) needs no locked one.
    #[inline(always)]
    pub(crate) fn exchange(&self, alone: bool, current: Word, new: Word) -> bool {
        if alone {
            let same = self.word.load(Ordering::Relaxed) == current.0;
            if same {
                // Release as in `change`: a guest may come next (row R1).
                self.word.store(new.0, Ordering::Release);
            }
            return same;
        }
        // Orderings as in `change` (row W1).
        let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
        self.word.compare_exchange_weak(current.0, new.0, success, failure).is_ok()
    }

    /// Makes a frequent transition with one read-modify-write, from the word as it stands; `None` when
    /// it does not fit or the word changed meanwhile.
    #[inline(always)]
    pub(crate) fn at_once(
        &self,
        alone: bool,
        change: impl FnOnce(Word) -> Option<Word>,
    ) -> Option<Word> {
        // Acquire: `change` may look at what came before the word became this (row S1).
        let current = Word(self.word.load(Ordering::Acquire));
        let new = change(current)?;
        if alone {
            self.word.store(new.0, Ordering::Release);
            return Some(new);
        }
        self.exchange(false, current, new).then_some(new)
    }

    /// Applies `change` with one successful read-modify-write and hands back its verdict and the word
    /// before it. `change` returns the new word; an error leaves the word as it is.
    #[inline]
    pub(crate) fn change<T, E>(
        &self,
        mut change: impl FnMut(Word) -> Result<(Word, T), E>,
    ) -> Result<(Word, T), E> {
        // Acquire, also below: `change` may look at what came before the word became this (row S1).
        let mut current = self.word.load(Ordering::Acquire);
        loop {
            let (new, verdict) = change(Word(current))?;
            // AcqRel: the winner sees what earlier winners wrote, later ones see what it wrote
            // (row W1).
            match self.word.compare_exchange_weak(
                current,
                new.0,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok((Word(current), verdict)),
                Err(seen) => current = seen,
            }
        }
    }

    /// Changes the word and nothing that it means: an exchange from a word loaded before fails.
    #[cold]
    pub(crate) fn stir(&self) {
        let Ok(_) = self.change(|word| Ok::<_, std::convert::Infallible>((word.stirred(), ())));
    }
}

/// Slots of the first segment, as a power of two.
#[cfg(not(loom))]
const SLOT_BITS: u32 = 10;
#[cfg(loom)]
const SLOT_BITS: u32 = 2;

/// All slots of one subsystem.
#[derive(Debug)]
pub(crate) struct SocketTable {
    slots: Slab<Slot, SLOT_BITS>,
    free: FreeList,
    /// Slots below this number have been used.
    used: Apart<AtomicU32>,
    limit: u32,
}

impl SocketTable {
    /// An empty table for up to `limit` sockets.
    pub(crate) fn new(limit: u32) -> Self {
        Self { slots: Slab::new(), free: FreeList::new(), used: Apart(AtomicU32::new(0)), limit }
    }

    /// The slot at `index`, if it was ever made.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&Slot> {
        self.slots.get(index as usize)
    }

    /// The slot at an index that came out of this table.
    ///
    /// # Panics
    ///
    /// If it did not: that is a bug of ours.
    #[inline]
    pub(crate) fn slot(&self, index: u32) -> &Slot {
        self.get(index).expect("Invariant: entries and free indices name slots that were made")
    }

    /// How many slots were ever used: an upper bound of every index.
    pub(crate) fn used(&self) -> u32 {
        // Acquire pairs with the Release in `take_fresh` (row F2).
        self.used.load(Ordering::Acquire)
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// Takes up to `count` slots, spent ones first, each as `make` wants its index. `prepare` is called
    /// with a range of new indices before any of them is handed out.
    pub(crate) fn take<T>(
        &self,
        count: usize,
        prepare: impl Fn(std::ops::Range<u32>) -> Result<(), NoMemory>,
        make: impl Fn(u32) -> T,
        out: &mut Vec<T>,
    ) -> Result<(), NoMemory> {
        let start = out.len();
        // Relaxed: the Acquire on the head ordered the link before.
        self.free.take(count, |index| self.slot(index).link.load(Ordering::Relaxed), &make, out);
        let missing = count - (out.len() - start);
        if missing > 0 { self.take_fresh(missing, prepare, make, out) } else { Ok(()) }
    }

    fn take_fresh<T>(
        &self,
        count: usize,
        prepare: impl Fn(std::ops::Range<u32>) -> Result<(), NoMemory>,
        make: impl Fn(u32) -> T,
        out: &mut Vec<T>,
    ) -> Result<(), NoMemory> {
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            let end = self.limit.min(used.saturating_add(u32::try_from(count).unwrap_or(u32::MAX)));
            if end == used {
                return Ok(());
            }
            self.slots.grow(used as usize..end as usize)?;
            prepare(used..end)?;
            // Release: whoever reads the new bound finds the segments (row F2).
            match self.used.compare_exchange(used, end, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    out.extend((used..end).map(make));
                    return Ok(());
                }
                Err(seen) => used = seen,
            }
        }
    }

    /// Writes what a call will need and publishes the first word of a new life; returns its generation.
    pub(crate) fn open(
        &self,
        index: u32,
        context: u64,
        handler: u32,
        word: impl Fn(u32) -> Word,
    ) -> u32 {
        let slot = self.slot(index);
        // Relaxed: this thread took the index off the free list, nobody else writes the slot.
        let generation = Word(slot.word.load(Ordering::Relaxed)).generation() + 1;
        slot.context.store(context, Ordering::Relaxed);
        slot.handler.store(handler, Ordering::Relaxed);
        // Release pairs with every Acquire on the word: the life's context is seen (row W1).
        slot.word.store(word(generation).0, Ordering::Release);
        generation
    }

    /// Gives spent slots back; the first of them is the first to be taken again.
    pub(crate) fn free(&self, indices: impl IntoIterator<Item = u32>) {
        let link = |from: u32, to: u32| self.slot(from).link.store(to, Ordering::Relaxed);
        let mut ends: Option<(u32, u32)> = None;
        for index in indices {
            let word = Word(self.slot(index).word.load(Ordering::Relaxed));
            debug_assert!(word.is_spent(), "Invariant: only a spent slot is freed");
            if word.generation() == u32::MAX {
                continue; // Its next life could not be told from its first: retired.
            }
            ends = Some(match ends {
                None => (index, index),
                Some((first, last)) => {
                    link(last, index);
                    (first, index)
                }
            });
        }
        if let Some((first, last)) = ends {
            self.free.give(first, last, link);
        }
    }
}

const _: () = assert!(NONE > crate::core::limits::MAX_SOCKETS, "NONE names no slot");
#[cfg(not(loom))]
const _: () = assert!(size_of::<Slot>() == 32, "two slots to a cache line");
