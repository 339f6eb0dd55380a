//! Chain: requests that a completion routine makes, whose own routines make the next ones.
//!
//! A request that is decided at once is completed on its caller's stack, but not inside a completion routine: there the
//! call answers `STATUS_PENDING`, and a drive runs the routine of the new request (I-5, I-11). So a chain of any length
//! needs the stack of one, and what else is due comes between its links (docs/adr/0014).

use std::cell::Cell;

thread_local! {
    /// How many completion routines run on this thread, one inside another.
    static ROUTINES: Cell<u32> = const { Cell::new(0) };
}

/// Whether a completion routine runs on this thread, on whatever stack.
#[must_use]
pub fn is_chained() -> bool {
    ROUTINES.get() > 0
}

/// Ends a routine, also when a panic does.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        ROUTINES.set(ROUTINES.get() - 1);
    }
}

/// Runs a completion routine.
pub(crate) fn run<T>(routine: impl FnOnce() -> T) -> T {
    ROUTINES.set(ROUTINES.get() + 1);
    let _end = End;
    routine()
}

/// How many routines run on a stack, while that does not run; exchanged with this thread's.
pub(crate) fn exchange(routines: &mut u32) {
    *routines = ROUTINES.replace(*routines);
}
