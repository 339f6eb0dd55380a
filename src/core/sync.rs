//! The one way to atomics, locks and waiting: std's, or loom's models of them.
//!
//! Everything concurrent in `src/core` is built from these names, so that the loom models run the
//! code that ships. Locks hand back a guard and cannot be poisoned: what a panic leaves behind is looked at as
//! it is, and a panic under loom ends the model. A lock knows nothing beyond its own words, so that the child of a
//! fork can make and use its own whatever the parent's threads were waiting for (docs/adr/0016).
//!
//! `CountU64` and `CountI64` are std's atomics in every build. They are for counts that decide
//! nothing that a model checks: as model atomics they would multiply the schedules to explore
//! without one more property being checked.

#[cfg(not(loom))]
mod real {
    pub(crate) use std::hint::spin_loop;
    use std::sync::PoisonError;
    use std::sync::TryLockError;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
    pub(crate) use std::sync::{Condvar, MutexGuard, OnceLock};
    pub(crate) use std::thread::yield_now;

    /// std's mutex without its poison.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::sync::Mutex::new(value))
        }

        #[inline]
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// The guard, if nobody has it.
        #[allow(dead_code, reason = "for the collector of the bindings")]
        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            match self.0.try_lock() {
                Ok(guard) => Some(guard),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            }
        }
    }

    /// Waits until notified.
    pub(crate) fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until notified, or until `limit` passed.
    pub(crate) fn wait_for<'a, T>(
        condvar: &Condvar,
        guard: MutexGuard<'a, T>,
        limit: std::time::Duration,
    ) -> MutexGuard<'a, T> {
        condvar.wait_timeout(guard, limit).unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(loom)]
mod model {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
    pub(crate) use loom::thread::yield_now;
    pub(crate) use std::sync::OnceLock;

    const POISON: &str = "Invariant: a panic ends the model before a lock is poisoned";

    /// loom's mutex with our signature.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect(POISON)
        }
    }

    /// loom's condition variable with our signature.
    #[derive(Debug, Default)]
    pub(crate) struct Condvar(loom::sync::Condvar);

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(loom::sync::Condvar::new())
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }
    }

    /// Waits until notified.
    pub(crate) fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        condvar.0.wait(guard).expect(POISON)
    }

    /// Waits until notified: a model has no clock, so a lost wake-up shows as a deadlock.
    pub(crate) fn wait_for<'a, T>(
        condvar: &Condvar,
        guard: MutexGuard<'a, T>,
        _limit: std::time::Duration,
    ) -> MutexGuard<'a, T> {
        wait(condvar, guard)
    }
}

pub(crate) use std::sync::atomic::{AtomicI64 as CountI64, AtomicU64 as CountU64};

#[cfg(loom)]
pub(crate) use model::*;
#[cfg(not(loom))]
pub(crate) use real::*;

/// Keeps its value on cache lines of its own: 128 bytes, because x86 fetches lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Apart<T>(pub(crate) T);

impl<T> std::ops::Deref for Apart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
