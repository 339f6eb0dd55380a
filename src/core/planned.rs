//! Planned: for which instants the edges were planned that are on their way in each slot.
//!
//! Who posts sets a word before the post, the drive clears it behind the call: a word that is not 0 says that an edge of
//! that kind is still on its way in its slot.

use crate::core::flags::Edge;
use crate::core::sync::{AtomicU64, Ordering};

/// Planned instant + 1 of the edges that are on their way in each slot, a word for each kind.
#[derive(Debug, Default)]
pub struct Planned(Box<[[AtomicU64; 2]]>);

impl Planned {
    /// Words for so many slots; `None` if there is no memory for them. What is in a slot beyond is not known.
    #[must_use]
    pub fn new(slots: usize) -> Option<Self> {
        let mut words = Vec::new();
        words.try_reserve_exact(slots).ok()?;
        words.extend((0..slots).map(|_| [AtomicU64::new(0), AtomicU64::new(0)]));
        Some(Self(words.into()))
    }

    #[inline]
    fn word(&self, slot: u32, edge: Edge) -> Option<&AtomicU64> {
        self.0.get(slot as usize).map(|words| &words[edge as usize])
    }

    /// Whether an edge last planned for a slot has not been handled.
    #[inline]
    #[must_use]
    pub fn is_on_its_way(&self, slot: u32) -> bool {
        // Acquire pairs with the Release in `clear`: what the call did with its context is seen by who
        // renews it (row P1).
        let is_set = |word: &AtomicU64| word.load(Ordering::Acquire) != 0;
        self.0.get(slot as usize).is_some_and(|words| words.iter().any(is_set))
    }

    /// Notes when the slot's next edge of a kind is due; to be called before it is posted.
    #[inline]
    pub fn plan(&self, slot: u32, edge: Edge, instant: u64) {
        if let Some(word) = self.word(slot, edge) {
            // Relaxed: the post that follows releases it, the drive's take acquires it (row Q1).
            word.store(instant.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// An edge of the slot needs no further waiting for.
    #[inline]
    pub fn clear(&self, slot: u32, edge: Edge) {
        if let Some(word) = self.word(slot, edge) {
            // Release: see `is_on_its_way` (row P1).
            word.store(0, Ordering::Release);
        }
    }

    /// No edge of the slot needs further waiting for.
    pub fn clear_all(&self, slot: u32) {
        Edge::BOTH.into_iter().for_each(|edge| self.clear(slot, edge));
    }

    /// When the edge of a kind that is on its way in a slot was due.
    #[inline]
    #[must_use]
    pub fn get(&self, slot: u32, edge: Edge) -> Option<u64> {
        self.word(slot, edge)?.load(Ordering::Relaxed).checked_sub(1)
    }
}
