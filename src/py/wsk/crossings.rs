//! Crossings: how often this thread passes the border between Python and the provider, counted in builds with the
//! feature `history` only. A call of a C application passes none, so each crossing is what Python costs.

#[cfg(feature = "history")]
use std::cell::Cell;

#[cfg(feature = "history")]
thread_local! {
    /// Calls in, and calls out.
    static COUNTS: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Python has called the provider.
#[inline]
pub(crate) fn inward() {
    #[cfg(feature = "history")]
    COUNTS.with(|counts| counts.set((counts.get().0 + 1, counts.get().1)));
}

/// The provider calls Python.
#[inline]
pub(crate) fn outward() {
    #[cfg(feature = "history")]
    COUNTS.with(|counts| counts.set((counts.get().0, counts.get().1 + 1)));
}

/// Takes this thread's counts: calls in, calls out.
#[cfg(feature = "history")]
#[pyo3::pyfunction]
pub(crate) fn _take_crossings() -> (u64, u64) {
    COUNTS.with(Cell::take)
}
