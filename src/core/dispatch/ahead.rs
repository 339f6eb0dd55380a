//! Ahead: the entries that one drive has taken and not begun, and the cache lines asked for before
//! they are needed: a slot some edges before its own edge is begun, and when it has come, what its
//! context points to.

use crate::core::event_queue::Taker;
use crate::core::event_queue::entry::Taken;
use crate::core::event_queue::tray::{Claim, Tray};
use crate::core::prefetch::{prefetch, prefetch_address};
use crate::core::socket_table::{Slot, SocketTable};
use std::sync::Arc;

/// How many edges ahead a slot is asked for, and how many ahead what its context points to.
const SLOT_AHEAD: usize = 24;
const CONTEXT_AHEAD: usize = 12;
/// How many contexts are asked for together, where that is wanted.
const BLOCK: usize = 8;

/// When the lines are asked for that contexts point to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Contexts {
    /// Never: the handler gets them as numbers.
    Never,
    /// One with each edge, for handlers that take no longer than that.
    Each,
    /// A block at a time, for handlers that go through much memory themselves: a block's page walks
    /// overlap, and the measured gain is 8 ns per Python call in random order (docs/performance.md).
    Blocks,
}

/// An entry and the slot that it names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'s> {
    pub(super) taken: Taken,
    pub(super) slot: &'s Slot,
}

/// What one drive has before it.
#[derive(Debug)]
pub(super) struct Ahead<'s> {
    table: &'s SocketTable,
    /// What was taken, and behind it the last one again, `SLOT_AHEAD` times.
    found: Vec<Found<'s>>,
    /// How many were taken.
    taken: usize,
    /// The next of them.
    next: usize,
    /// Where other workers find what this one has not begun.
    tray: Option<Arc<Tray>>,
}

impl<'s> Ahead<'s> {
    /// Room for `most` entries; with a tray when other workers may steal them.
    pub(super) fn new(table: &'s SocketTable, most: usize, tray: Option<Arc<Tray>>) -> Self {
        Self { table, found: Vec::with_capacity(most + SLOT_AHEAD), taken: 0, next: 0, tray }
    }

    pub(super) fn tray(&self) -> Option<&Arc<Tray>> {
        self.tray.as_ref()
    }

    /// Makes room: all that was taken was begun.
    pub(super) fn clear(&mut self) {
        self.found.clear();
        (self.taken, self.next) = (0, 0);
    }

    /// What was taken since, before it is asked for.
    pub(super) fn fresh(&mut self) -> &mut [Found<'s>] {
        &mut self.found
    }

    /// Asks for the first lines of what was taken.
    pub(super) fn ask(&mut self) {
        self.taken = self.found.len();
        for found in self.found.iter().take(SLOT_AHEAD) {
            prefetch(found.slot);
        }
        // Waits for the first slots; one by one, each edge would wait for its own.
        for found in self.found.iter().take(CONTEXT_AHEAD) {
            prefetch_address(found.slot.context());
        }
        if let Some(&last) = self.found.last() {
            self.found.extend([last; SLOT_AHEAD]);
        }
    }

    /// The next entry with its place, if one is left.
    #[inline(always)]
    pub(super) fn next(&mut self, contexts: Contexts) -> Option<(usize, Found<'s>)> {
        let place = self.next;
        let ahead = self.found.get(place..=place + SLOT_AHEAD)?;
        prefetch(ahead[SLOT_AHEAD].slot);
        match contexts {
            Contexts::Never => {}
            Contexts::Each => prefetch_address(ahead[CONTEXT_AHEAD].slot.context()),
            Contexts::Blocks if place.is_multiple_of(BLOCK) => {
                for found in &ahead[BLOCK..2 * BLOCK] {
                    prefetch_address(found.slot.context());
                }
            }
            Contexts::Blocks => {}
        }
        Some((place, ahead[0]))
    }

    /// The indices of what was taken.
    pub(super) fn indices(&self) -> impl Iterator<Item = u32> + Clone {
        self.found[..self.taken].iter().map(|found| found.taken.entry.index())
    }

    /// The number of the next entry's edge, if one is left.
    pub(super) fn oldest(&self) -> Option<u64> {
        let place = self.tray.as_ref().map_or(self.next, |tray| tray.next());
        self.found[..self.taken].get(place).map(|found| found.taken.edge_number)
    }

    /// Leaves the entry at `place` behind if another worker has stolen it; whether it did.
    #[inline]
    pub(super) fn passes(&mut self, place: usize) -> bool {
        let claim = Claim { tray: self.tray.as_deref(), place };
        let stolen = !claim.stands() && !claim.stands_after_all();
        if stolen {
            self.next = place + 1;
        }
        stolen
    }

    /// This drive is about to begin the entry at `place`, unless another worker steals it.
    #[inline(always)]
    pub(super) fn claim(&mut self, place: usize) -> Claim<'_> {
        self.next = place + 1;
        let tray = self.tray.as_deref();
        if let Some(tray) = tray {
            tray.approach(place);
        }
        Claim { tray, place }
    }

    /// Takes out what is left and will not be begun here.
    pub(super) fn leave(&mut self) -> Vec<Taken> {
        match &self.tray {
            None => self.found[self.next..self.taken].iter().map(|found| found.taken).collect(),
            Some(tray) => tray.leave(),
        }
    }
}

impl Taker for Ahead<'_> {
    #[inline(always)]
    fn takes(&mut self, taken: Taken) {
        let slot = self.table.slot(taken.entry.index());
        self.found.push(Found { taken, slot });
    }

    fn took_all(&mut self) {
        if let Some(tray) = &self.tray {
            tray.fill(self.found.iter().map(|found| found.taken));
        }
    }
}
