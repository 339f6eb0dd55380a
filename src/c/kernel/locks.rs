//! Locks: spin locks, and the level that goes with them. Only the scheduler interrupts a thread, so a lock that is held by
//! another thread is waited for by letting that one run.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::waits::{Until, Wait};
use crate::c::kernel::{Ended, Kernel, memory};
use crate::c::sanitizers;
use crate::core::irql::Irql;
use crate::provider::processor;

/// Where `KLOCK_QUEUE_HANDLE` keeps the lock and the level.
const QUEUE_LOCK: usize = 8;
const QUEUE_LEVEL: usize = 16;

impl Kernel {
    /// Acquires a lock at the present level, or at DISPATCH; the level before (K-5).
    fn acquire(&self, lock: usize, raise: bool, name: &'static str) -> u8 {
        let processor = processor::here();
        let before = processor.level();
        if raise {
            processor.set_level(before.max(Irql::Dispatch));
        }
        let current = self.current.get();
        loop {
            let holder = self.locks.borrow().get(&lock).copied();
            match holder {
                None => break,
                Some(holder) if holder == current => {
                    let last = self.touched.borrow().get(&lock).map(|touch| touch.site);
                    let at = last.map_or_else(String::new, |at| format!(" at {}", self.place(at)));
                    self.report(
                        "K-5",
                        format!("{name} was called for a lock that this thread acquired{at}"),
                    );
                    self.stop(Ended::Deadlock);
                }
                // It spins, and lets the holder run on.
                Some(_) => {
                    self.wait(Wait::new(name, Until::Objects(vec![lock], false), None));
                }
            }
        }
        self.locks.borrow_mut().insert(lock, current);
        sanitizers::acquire(lock);
        memory::write(lock, 1_usize);
        self.touch(lock, name);
        if let Some(thread) = self.threads.borrow_mut().get_mut(current) {
            thread.locks.push(lock);
        }
        before as u8
    }

    /// Releases a lock, and goes on at this level, or at the present one (K-5).
    fn release(&self, lock: usize, level: Option<u8>, name: &'static str) {
        let current = self.current.get();
        let holder = self.locks.borrow_mut().remove(&lock);
        if holder != Some(current) {
            if let Some(holder) = holder {
                self.locks.borrow_mut().insert(lock, holder);
            }
            self.report(
                "K-5",
                format!("{name} was called for a lock that this thread does not hold"),
            );
            return;
        }
        sanitizers::release(lock);
        memory::write(lock, 0_usize);
        if let Some(thread) = self.threads.borrow_mut().get_mut(current) {
            thread.locks.retain(|other| *other != lock);
        }
        if let Some(level) = level.and_then(|level| Irql::new(level.into())) {
            processor::here().set_level(level);
        }
        let waiting = {
            let threads = self.threads.borrow();
            let waits = |number: &u32| {
                let wait = threads.get(*number).and_then(|one| one.wait.as_ref());
                matches!(wait, Some(Wait { for_: Until::Objects(objects, _), .. }) if *objects == [lock])
            };
            threads.waiters.iter().copied().find(waits)
        };
        if let Some(number) = waiting {
            self.threads.borrow_mut().wake(number);
        }
    }

    /// A function of the driver's returns with locks that it holds (K-9).
    pub(crate) fn check_locks(&self, name: &str, start: u64) {
        let held = {
            let threads = self.threads.borrow();
            threads.get(self.current.get()).map_or(0, |thread| thread.locks.len())
        };
        if held > 0 {
            self.report_at("K-9", format!("{name} returned holding a spin lock"), start);
        }
    }
}

pub(crate) unsafe extern "C" fn initialize(lock: usize) {
    border(place::KeInitializeSpinLock, |_| memory::write(lock, 0_usize));
}

pub(crate) unsafe extern "C" fn acquire(lock: usize, level: usize) {
    border(place::KeAcquireSpinLock, |kernel| {
        let before = kernel.acquire(lock, true, "KeAcquireSpinLock");
        memory::write(level, before);
    });
}

pub(crate) unsafe extern "C" fn acquire_raise(lock: usize) -> u8 {
    border(place::KeAcquireSpinLockRaiseToDpc, |kernel| {
        kernel.acquire(lock, true, "KeAcquireSpinLockRaiseToDpc")
    })
}

pub(crate) unsafe extern "C" fn release(lock: usize, level: u8) {
    border(place::KeReleaseSpinLock, |kernel| {
        kernel.release(lock, Some(level), "KeReleaseSpinLock");
    });
}

pub(crate) unsafe extern "C" fn acquire_at_dpc(lock: usize) {
    border(place::KeAcquireSpinLockAtDpcLevel, |kernel| {
        kernel.acquire(lock, false, "KeAcquireSpinLockAtDpcLevel");
    });
}

pub(crate) unsafe extern "C" fn release_from_dpc(lock: usize) {
    border(place::KeReleaseSpinLockFromDpcLevel, |kernel| {
        kernel.release(lock, None, "KeReleaseSpinLockFromDpcLevel");
    });
}

pub(crate) unsafe extern "C" fn try_acquire(lock: usize) -> u8 {
    border(place::KeTryToAcquireSpinLockAtDpcLevel, |kernel| {
        let taken = kernel.locks.borrow().contains_key(&lock);
        if !taken {
            kernel.acquire(lock, false, "KeTryToAcquireSpinLockAtDpcLevel");
        }
        u8::from(!taken)
    })
}

pub(crate) unsafe extern "C" fn acquire_queued(lock: usize, handle: usize) {
    border(place::KeAcquireInStackQueuedSpinLock, |kernel| {
        let before = kernel.acquire(lock, true, "KeAcquireInStackQueuedSpinLock");
        memory::write(handle + QUEUE_LOCK, lock);
        memory::write(handle + QUEUE_LEVEL, before);
    });
}

pub(crate) unsafe extern "C" fn release_queued(handle: usize) {
    border(place::KeReleaseInStackQueuedSpinLock, |kernel| {
        let level = memory::read::<u8>(handle + QUEUE_LEVEL);
        let lock = memory::read::<usize>(handle + QUEUE_LOCK);
        kernel.release(lock, Some(level), "KeReleaseInStackQueuedSpinLock");
    });
}

pub(crate) unsafe extern "C" fn acquire_queued_at_dpc(lock: usize, handle: usize) {
    border(place::KeAcquireInStackQueuedSpinLockAtDpcLevel, |kernel| {
        kernel.acquire(lock, false, "KeAcquireInStackQueuedSpinLockAtDpcLevel");
        memory::write(handle + QUEUE_LOCK, lock);
    });
}

pub(crate) unsafe extern "C" fn release_queued_from_dpc(handle: usize) {
    border(place::KeReleaseInStackQueuedSpinLockFromDpcLevel, |kernel| {
        let lock = memory::read::<usize>(handle + QUEUE_LOCK);
        kernel.release(lock, None, "KeReleaseInStackQueuedSpinLockFromDpcLevel");
    });
}
