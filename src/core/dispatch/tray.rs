//! Tray: the entries that one worker took out of the queue and has not begun, where idle workers can
//! steal them.
//!
//! A worker takes entries by the batch, so a handler that blocks would hold up the sockets behind it
//! (D-24: callbacks of different sockets may overlap). Algorithm: one cursor word {refills, next,
//! length}; owner and thieves claim an entry with one exchange on it, which fails if the tray was
//! claimed from or refilled meanwhile. Progress: lock-free; a stopped thread delays nobody.

use crate::core::event_queue::entry::{Entry, Taken};
use crate::core::limits::TEAM_TAKE;
use crate::core::sync::{Apart, AtomicU64, Ordering};

/// One worker's entries.
#[derive(Debug)]
pub(crate) struct Tray {
    cursor: Apart<AtomicU64>,
    entries: [AtomicU64; TEAM_TAKE],
    edge_numbers: [AtomicU64; TEAM_TAKE],
}

/// The cursor's parts: how often the tray was filled, the next entry, how many there are.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Cursor(u64);

impl Cursor {
    const fn new(refills: u64, next: usize, length: usize) -> Self {
        Self(refills << 32 | (next as u64) << 16 | length as u64)
    }

    const fn refills(self) -> u64 {
        self.0 >> 32
    }

    const fn next(self) -> usize {
        (self.0 >> 16 & 0xFFFF) as usize
    }

    const fn length(self) -> usize {
        (self.0 & 0xFFFF) as usize
    }
}

impl Tray {
    pub(crate) fn new() -> Self {
        Self {
            cursor: Apart(AtomicU64::new(0)),
            entries: std::array::from_fn(|_| AtomicU64::new(0)),
            edge_numbers: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    fn cursor(&self, ordering: Ordering) -> Cursor {
        Cursor(self.cursor.load(ordering))
    }

    /// Puts entries on the empty tray; only its owner does, under the queue's consumer lock.
    pub(crate) fn fill(&self, taken: &[Taken]) {
        let cursor = self.cursor(Ordering::Relaxed);
        debug_assert!(cursor.next() == cursor.length(), "Invariant: only an empty tray is filled");
        for (place, taken) in taken.iter().enumerate() {
            // Relaxed: published by the cursor; a thief that read half of them fails to claim.
            self.entries[place].store(taken.entry.bits(), Ordering::Relaxed);
            self.edge_numbers[place].store(taken.edge_number, Ordering::Relaxed);
        }
        let filled = Cursor::new((cursor.refills() + 1) & 0xFFFF_FFFF, 0, taken.len());
        // Release pairs with the Acquire in `steal`: the entries are seen (row S1).
        self.cursor.store(filled.0, Ordering::Release);
    }

    /// The place of the owner's next entry, if there is one.
    pub(crate) fn next(&self) -> Option<usize> {
        let cursor = self.cursor(Ordering::Relaxed);
        (cursor.next() < cursor.length()).then_some(cursor.next())
    }

    /// Claims the entry at `place` for the owner; false if a thief was faster.
    pub(crate) fn claim(&self, place: usize) -> bool {
        let cursor = self.cursor(Ordering::Relaxed);
        cursor.next() == place && self.advance(cursor)
    }

    fn advance(&self, cursor: Cursor) -> bool {
        let after = Cursor::new(cursor.refills(), cursor.next() + 1, cursor.length());
        // AcqRel: a claim comes before the refill that overwrites its entry (row S1).
        self.cursor.compare_exchange(cursor.0, after.0, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Claims the next entry for another worker.
    pub(crate) fn steal(&self) -> Option<Taken> {
        loop {
            let cursor = self.cursor(Ordering::Acquire);
            let place = cursor.next();
            if place >= cursor.length() {
                return None;
            }
            let entry = Entry::from_bits(self.entries[place].load(Ordering::Relaxed));
            let edge_number = self.edge_numbers[place].load(Ordering::Relaxed);
            if self.advance(cursor) {
                return Some(Taken { edge_number, entry });
            }
        }
    }
}
