//! Planned: for which instants the edges were planned that are on their way in each slot.
//!
//! Who posts sets a word before the post, the drive clears it behind the call: a word that is not 0 says that an edge of
//! that kind is still on its way in its slot.

use crate::core::flags::Edge;
use crate::core::sync::{AtomicU64, OnceLock, Ordering};

/// Slots of one piece, which is made when the first of them is planned for, unless all are reserved: so memory goes with
/// the slots that are used, and no single step of making it takes long.
const PIECE: usize = 1 << 16;

/// The words of one slot, one for each kind.
type Words = [AtomicU64; 2];

/// Planned instant + 1 of the edges that are on their way in each slot.
#[derive(Debug, Default)]
pub struct Planned {
    pieces: Box<[OnceLock<Box<[Words]>>]>,
    /// How many slots there are.
    slots: usize,
}

impl Planned {
    /// Words for so many slots; `None` if there is no memory for a list of their pieces. What is in a slot beyond is not
    /// known.
    #[must_use]
    pub fn new(slots: usize) -> Option<Self> {
        let mut pieces = Vec::new();
        let several = slots.div_ceil(PIECE);
        pieces.try_reserve_exact(several).ok()?;
        pieces.resize_with(several, OnceLock::new);
        Some(Self { pieces: pieces.into(), slots })
    }

    #[inline]
    fn word(&self, slot: u32, edge: Edge) -> Option<&AtomicU64> {
        let piece = self.pieces.get(slot as usize / PIECE)?.get()?;
        piece.get(slot as usize % PIECE).map(|words| &words[edge as usize])
    }

    /// Makes all pieces; whether there is memory for them.
    #[must_use]
    pub fn reserve(&self) -> bool {
        (0..self.pieces.len()).all(|at| self.make_piece(at))
    }

    /// Makes a piece, if it is not there; whether it is now. Without it, the instants of its slots are not known.
    #[cold]
    fn make_piece(&self, at: usize) -> bool {
        let Some(piece) = self.pieces.get(at) else { return false };
        let size = PIECE.min(self.slots - at * PIECE);
        let mut words = Vec::new();
        if piece.get().is_none() && words.try_reserve_exact(size).is_ok() {
            words.resize_with(size, Words::default);
            let _ = piece.set(words.into());
        }
        piece.get().is_some()
    }

    /// Whether an edge last planned for a slot has not been handled.
    #[inline]
    #[must_use]
    pub fn is_on_its_way(&self, slot: u32) -> bool {
        // Acquire pairs with the Release in `clear`: what the call did with its context is seen by who
        // renews it (row P1).
        let is_set = |word: &AtomicU64| word.load(Ordering::Acquire) != 0;
        Edge::BOTH.into_iter().filter_map(|edge| self.word(slot, edge)).any(is_set)
    }

    /// Notes when the slot's next edge of a kind is due; to be called before it is posted.
    #[inline]
    pub fn plan(&self, slot: u32, edge: Edge, instant: u64) {
        let made = || self.make_piece(slot as usize / PIECE).then(|| self.word(slot, edge));
        if let Some(word) = self.word(slot, edge).or_else(|| made().flatten()) {
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
