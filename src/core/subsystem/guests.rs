//! Guests: the promise of the interpreter order, and the threads that are announced as outside of it.

use crate::core::subsystem::Subsystem;
use crate::core::turns::Guest;

impl Subsystem {
    /// Promises the interpreter order: each thread that calls a method which changes this subsystem, or a
    /// drive of it, holds one and the same lock from the call's beginning to its end, except while a
    /// [`Guest`] lives. Handlers that a drive calls may let others have the lock. Called once.
    ///
    /// # Safety
    ///
    /// With a broken promise, two threads may change one socket's word at once and a change be lost:
    /// then a handler can be called with a context whose close has completed.
    #[allow(unsafe_code, reason = "see Safety")]
    pub unsafe fn take_turns(&self) {
        self.turns.leave();
    }

    /// Announces a thread that will be in the core without the lock, until the guest is dropped. The
    /// caller holds the lock; it need not be the guest itself.
    pub fn guest(&self) -> Guest<'_> {
        self.guest_enters();
        Guest(&self.turns)
    }

    /// [`guest`](Self::guest) for a thread that outlives the caller; undone by
    /// [`guest_leaves`](Self::guest_leaves).
    pub fn guest_enters(&self) {
        self.turns.enter();
    }

    /// A guest that [`guest_enters`](Self::guest_enters) announced has left the core for good.
    pub fn guest_leaves(&self) {
        self.turns.leave();
    }

    /// Whether the interpreter order holds and no guest is there.
    #[inline(always)]
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.turns.alone()
    }
}
