//! Black box: words shared with a process that watches this one, so that a handler's crash can be
//! told with the edge that caused it.
//!
//! One row of 16 words per worker. Words 0 to 6: whether a native call runs, its edge number, handle,
//! Flags and context, and how many native calls, and abortive ones, were ever begun in this row. In the
//! first row also words 8 to 15: the counts, as they stood when a drive last took a batch or ended a
//! step. They lack what other threads have posted since.

use crate::core::counters::Counts;
use crate::core::indication::Indication;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of one row.
const ROW: usize = 16;

/// Shared words that stay valid until the process ends.
#[derive(Clone, Copy, Debug)]
pub struct BlackBox(&'static [AtomicU64]);

// Every access is Relaxed: the reader is another process that looks after this one has died.
impl BlackBox {
    /// A box of one row at least; later workers' rows may be missing.
    #[must_use]
    pub fn new(words: &'static [AtomicU64]) -> Option<Self> {
        (words.len() >= ROW).then_some(Self(words))
    }

    fn row(self, row: usize) -> Option<&'static [AtomicU64]> {
        self.0.get(row * ROW..(row + 1) * ROW)
    }

    /// Writes down which call is about to be made.
    pub(crate) fn write_begin(self, row: usize, indication: &Indication) {
        let Some(row) = self.row(row) else { return };
        let values = [
            indication.edge_number,
            indication.handle.bits(),
            u64::from(indication.flags),
            indication.context,
        ];
        for (word, value) in row[1..5].iter().zip(values) {
            word.store(value, Ordering::Relaxed);
        }
        // One thread writes a row.
        for (word, step) in row[5..7].iter().zip([1, u64::from(indication.flags & 1)]) {
            word.store(word.load(Ordering::Relaxed) + step, Ordering::Relaxed);
        }
        row[0].store(1, Ordering::Relaxed);
    }

    /// Writes down that the call has returned.
    pub(crate) fn write_end(self, row: usize) {
        if let Some(row) = self.row(row) {
            row[0].store(0, Ordering::Relaxed);
        }
    }

    /// Writes the counts.
    pub(crate) fn write_counts(self, counts: &Counts) {
        let [posted_graceful, posted_abortive] = counts.posted;
        let [graceful, abortive] = counts.indicated;
        let values = [
            posted_graceful,
            posted_abortive,
            graceful,
            abortive,
            counts.withheld.iter().sum(),
            counts.held,
            counts.refused.iter().sum(),
            counts.findings,
        ];
        for (word, value) in self.0[8..ROW].iter().zip(values) {
            word.store(value, Ordering::Relaxed);
        }
    }
}
