//! Free list: indices of spent slots, or of drained queue segments, last in, first out.
//!
//! Algorithm: Treiber's stack (1986) whose head carries a tag that grows with every change, so that a
//! compare-exchange cannot succeed on a head that was popped and pushed again meanwhile. The links
//! lie with what the indices name. Progress: lock-free; a stopped thread delays nobody. A chain of any length is
//! taken or given back with one exchange.

use crate::core::sync::{Apart, AtomicU64, Ordering};

/// No slot: the end of a chain.
pub(crate) const NONE: u32 = u32::MAX;

/// The head: tag above, index of the topmost spent slot below.
#[derive(Debug)]
pub(crate) struct FreeList {
    head: Apart<AtomicU64>,
}

const fn head(tag: u32, index: u32) -> u64 {
    (tag as u64) << 32 | index as u64
}

impl FreeList {
    pub(crate) fn new() -> Self {
        Self { head: Apart(AtomicU64::new(head(0, NONE))) }
    }

    /// Takes up to `most` indices, each as `make` wants it; `next` reads the link of a slot.
    pub(crate) fn take<T>(
        &self,
        most: usize,
        next: impl Fn(u32) -> u32,
        make: impl Fn(u32) -> T,
        out: &mut Vec<T>,
    ) {
        let start = out.len();
        // Acquire pairs with the Release in `give`: the links of the chain are seen (row F1).
        let mut current = self.head.load(Ordering::Acquire);
        loop {
            out.truncate(start);
            let mut top = current as u32;
            while top != NONE && out.len() - start < most {
                out.push(make(top));
                // May be stale when another thread took the slot: then the tag has moved on and the
                // exchange below fails.
                top = next(top);
            }
            if out.len() == start {
                return;
            }
            let tag = (current >> 32) as u32;
            let new = head(tag.wrapping_add(1), top);
            match self.head.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(seen) => current = seen,
            }
        }
    }

    /// Takes the topmost index; allocates nothing.
    pub(crate) fn take_one(&self, next: impl Fn(u32) -> u32) -> Option<u32> {
        // Orderings as in `take` (row F1).
        let mut current = self.head.load(Ordering::Acquire);
        loop {
            let top = current as u32;
            if top == NONE {
                return None;
            }
            let tag = (current >> 32) as u32;
            let new = head(tag.wrapping_add(1), next(top));
            match self.head.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(top),
                Err(seen) => current = seen,
            }
        }
    }

    /// Gives back a chain that is already linked from `first` to `last`; `link` sets a slot's link.
    pub(crate) fn give(&self, first: u32, last: u32, link: impl Fn(u32, u32)) {
        let mut current = self.head.load(Ordering::Relaxed);
        loop {
            link(last, current as u32);
            let tag = (current >> 32) as u32;
            let new = head(tag.wrapping_add(1), first);
            // Release publishes the links to the Acquire in `take` (row F1).
            match self.head.compare_exchange(current, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(seen) => current = seen,
            }
        }
    }
}
