//! Turns: the interpreter order. Whether the threads that use a subsystem enter it one after another, so
//! that none changes it while another is in the middle of a change.
//!
//! A locked read-modify-write costs about 7 ns even when nobody else is there, and an edge needs two.
//! Callers that hold one lock whenever they enter the core, as Python threads hold the interpreter's,
//! may promise it once (`Subsystem::take_turns`). From then on the frequent transitions are made with
//! a plain load and store while nobody is inside without the lock. A thread that holds the lock announces
//! such a guest (`Subsystem::guest`), so the count cannot rise in the middle of a change.

use crate::core::sync::{Apart, AtomicU64, Ordering};

/// How many threads may be in the core without the lock that the others share.
#[derive(Debug)]
pub(crate) struct Turns {
    guests: Apart<AtomicU64>,
}

impl Turns {
    /// Nobody has promised anything: as if a guest was always there.
    pub(crate) fn new() -> Self {
        Self { guests: Apart(AtomicU64::new(1)) }
    }

    /// Whether this thread is the only one in the core until it lets the lock go.
    #[inline(always)]
    pub(crate) fn alone(&self) -> bool {
        // Acquire pairs with the Release in `leave`: what guests did is seen (row R1).
        self.guests.load(Ordering::Acquire) == 0
    }

    pub(crate) fn enter(&self) {
        // Relaxed: whoever has the next turn sees it through the lock that turns are taken under, and
        // the guest through whatever lets it begin.
        self.guests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.guests.fetch_sub(1, Ordering::Release);
    }
}

/// A thread that is, or is about to be, in the core without holding the turn; gone when dropped.
#[derive(Debug)]
pub struct Guest<'s>(pub(crate) &'s Turns);

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
