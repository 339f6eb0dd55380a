//! Planned: for which instant the edge was planned that is on its way in each slot.
//!
//! Who posts sets a word before the post, the drive clears it behind the call: a word that is not 0 says that the slot's
//! edge is still on its way.

use crate::core::sync::{AtomicU64, Ordering};

/// Planned instant + 1 of the edge that is on its way in each slot.
#[derive(Debug, Default)]
pub struct Planned(Box<[AtomicU64]>);

impl Planned {
    /// Words for so many slots; `None` if there is no memory for them. What is in a slot beyond is not known.
    #[must_use]
    pub fn new(slots: usize) -> Option<Self> {
        let mut words = Vec::new();
        words.try_reserve_exact(slots).ok()?;
        words.extend((0..slots).map(|_| AtomicU64::new(0)));
        Some(Self(words.into()))
    }

    /// Whether the edge last planned for a slot has not been handled.
    #[inline]
    #[must_use]
    pub fn is_on_its_way(&self, slot: u32) -> bool {
        // Acquire pairs with the Release in `clear`: what the call did with its context is seen by who
        // renews it (row P1).
        self.0.get(slot as usize).is_some_and(|word| word.load(Ordering::Acquire) != 0)
    }

    /// Notes when the slot's next edge is due; to be called before it is posted.
    #[inline]
    pub fn plan(&self, slot: u32, instant: u64) {
        if let Some(word) = self.0.get(slot as usize) {
            // Relaxed: the post that follows releases it, the drive's take acquires it (row Q1).
            word.store(instant.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// Likewise, unless an edge is on its way in the slot already, which then is waited for from its own instant.
    #[inline]
    pub fn plan_first(&self, slot: u32, instant: u64) {
        if self.get(slot).is_none() {
            self.plan(slot, instant);
        }
    }

    /// The slot's edge needs no further waiting for.
    #[inline]
    pub fn clear(&self, slot: u32) {
        if let Some(word) = self.0.get(slot as usize) {
            // Release: see `is_on_its_way` (row P1).
            word.store(0, Ordering::Release);
        }
    }

    /// When the edge that is on its way in a slot was due.
    #[inline]
    #[must_use]
    pub fn get(&self, slot: u32) -> Option<u64> {
        let word = self.0.get(slot as usize)?.load(Ordering::Relaxed);
        word.checked_sub(1)
    }
}
