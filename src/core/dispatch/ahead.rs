//! Ahead: the entries that one drive has taken and not begun, and the cache lines asked for before
//! they are needed.
//!
//! Two stages, a block at a time: the slots of a block two blocks before its first edge is begun, and
//! one block before, what their contexts point to. A block's requests stand together because the
//! exchanges of an edge are fences: spread between them, each request's page walk would be waited for
//! by itself, in a block they overlap.

use crate::core::dispatch::Tray;
use crate::core::event_queue::entry::Taken;
use crate::core::prefetch::{prefetch, prefetch_address};
use crate::core::socket_table::{Slot, SocketTable};
use std::sync::Arc;

/// Edges between two requests for cache lines.
const BLOCK: usize = 8;

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
    taken: Vec<Taken>,
    /// The first of `taken` with their slots: as many as were asked for.
    found: Vec<Found<'s>>,
    /// Of how many of them the contexts' lines were asked for.
    contexts: usize,
    /// Below this place nothing is to be asked for, and slots are found.
    reached: usize,
    /// The next of `taken`, unless a tray says so.
    next: usize,
    /// Where other workers find what this one has not begun.
    tray: Option<Arc<Tray>>,
}

impl<'s> Ahead<'s> {
    /// Room for `most` entries; with a tray when other workers may steal them.
    pub(super) fn new(table: &'s SocketTable, most: usize, tray: Option<Arc<Tray>>) -> Self {
        let (taken, found) = (Vec::with_capacity(most), Vec::with_capacity(most));
        Self { table, taken, found, contexts: 0, reached: 0, next: 0, tray }
    }

    pub(super) fn tray(&self) -> Option<&Arc<Tray>> {
        self.tray.as_ref()
    }

    /// Has `take` put entries, as many as it likes, in the place of those that were begun.
    pub(super) fn refill<T>(
        &mut self,
        take: impl FnOnce(&mut Vec<Taken>, Option<&Tray>) -> T,
    ) -> T {
        self.taken.clear();
        self.found.clear();
        (self.contexts, self.reached, self.next) = (0, 0, 0);
        let answer = take(&mut self.taken, self.tray.as_deref());
        self.find(2 * BLOCK);
        answer
    }

    /// The next entry with its place and its slot, if one is left.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<(usize, Found<'s>)> {
        let place = match &self.tray {
            None => self.next,
            Some(tray) => tray.next()?,
        };
        if place >= self.reached && !self.reach(place) {
            return None;
        }
        Some((place, self.found[place]))
    }

    /// Makes the entry at `place` this drive's to begin; false if another worker stole it.
    #[inline(always)]
    pub(super) fn claim(&mut self, place: usize) -> bool {
        self.next = place + 1;
        self.tray.as_ref().is_none_or(|tray| tray.claim(place))
    }

    /// Asks for what the block of `place` and those behind it need; false if there is no such place.
    #[inline(never)]
    fn reach(&mut self, place: usize) -> bool {
        if place >= self.taken.len() {
            return false;
        }
        let end = (place / BLOCK + 1) * BLOCK;
        self.find(end + 2 * BLOCK);
        self.reached = end.min(self.found.len());
        let contexts = (end + BLOCK).min(self.found.len());
        for found in self.found.get(self.contexts..contexts).unwrap_or_default() {
            prefetch_address(found.slot.context());
        }
        self.contexts = contexts;
        true
    }

    /// Finds the slots of the entries before `end`, and asks for their lines.
    fn find(&mut self, end: usize) {
        let (table, end) = (self.table, end.min(self.taken.len()));
        let more = self.taken.get(self.found.len()..end).unwrap_or_default();
        self.found.extend(more.iter().map(|&taken| {
            let slot = table.slot(taken.entry.index());
            prefetch(slot);
            Found { taken, slot }
        }));
    }

    /// Takes out what is left and will not be begun here.
    pub(super) fn leave(&mut self) -> Vec<Taken> {
        match &self.tray {
            None => self.taken.split_off(self.next),
            Some(tray) => std::iter::from_fn(|| tray.steal()).collect(),
        }
    }
}
