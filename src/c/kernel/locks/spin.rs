//! Spin locks, and the level that goes with them.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::locks::{Asked, Kind, Mode};
use crate::c::kernel::{Kernel, memory};
use crate::core::irql::Irql;
use crate::provider::processor;

/// Where `KLOCK_QUEUE_HANDLE` keeps the lock and the level.
const QUEUE_LOCK: usize = 8;
const QUEUE_LEVEL: usize = 16;

fn asked(lock: usize, name: &'static str) -> Asked {
    Asked { lock, kind: Kind::Spin, mode: Mode::Exclusive, name }
}

impl Kernel {
    /// The level of a spin lock begins; the one before.
    pub(super) fn raise(&self) -> u8 {
        let processor = processor::here();
        let before = processor.level();
        processor.set_level(before.max(Irql::Dispatch));
        before as u8
    }

    /// Goes back to the level that the driver says it had before.
    pub(crate) fn lower_to(&self, level: u8) {
        if let Some(level) = Irql::new(level.into()) {
            processor::here().set_level(level);
        }
    }

    /// Acquires a lock at DISPATCH; the level before.
    pub(crate) fn acquire(&self, lock: usize, name: &'static str) -> u8 {
        let before = self.raise();
        self.acquire_here(lock, name);
        before
    }

    /// Acquires a lock at the present level, which has to be DISPATCH (K-5).
    fn acquire_at_dpc(&self, lock: usize, name: &'static str) {
        let level = processor::here().level();
        if level < Irql::Dispatch {
            self.report("K-5", format!("{name} was called at {}", level.name()));
        }
        self.acquire_here(lock, name);
    }

    fn acquire_here(&self, lock: usize, name: &'static str) {
        self.take(asked(lock, name));
        memory::write(lock, 1_usize);
    }

    /// Releases a lock, and goes on at this level, or at the present one.
    pub(crate) fn release(&self, lock: usize, level: Option<u8>, name: &'static str) {
        if !self.give(asked(lock, name), None) {
            return;
        }
        memory::write(lock, 0_usize);
        if let Some(level) = level {
            self.lower_to(level);
        }
    }
}

pub(crate) unsafe extern "C" fn initialize(lock: usize) {
    border(place::KeInitializeSpinLock, |kernel| {
        kernel.check_in_use(lock, 1, "KeInitializeSpinLock");
        memory::write(lock, 0_usize);
    });
}

pub(crate) unsafe extern "C" fn acquire(lock: usize, level: usize) {
    border(place::KeAcquireSpinLock, |kernel| {
        let before = kernel.acquire(lock, "KeAcquireSpinLock");
        memory::write(level, before);
    });
}

pub(crate) unsafe extern "C" fn acquire_raise(lock: usize) -> u8 {
    border(place::KeAcquireSpinLockRaiseToDpc, |kernel| {
        kernel.acquire(lock, "KeAcquireSpinLockRaiseToDpc")
    })
}

pub(crate) unsafe extern "C" fn release(lock: usize, level: u8) {
    border(place::KeReleaseSpinLock, |kernel| {
        kernel.release(lock, Some(level), "KeReleaseSpinLock");
    });
}

pub(crate) unsafe extern "C" fn acquire_at_dpc(lock: usize) {
    border(place::KeAcquireSpinLockAtDpcLevel, |kernel| {
        kernel.acquire_at_dpc(lock, "KeAcquireSpinLockAtDpcLevel");
    });
}

pub(crate) unsafe extern "C" fn release_from_dpc(lock: usize) {
    border(place::KeReleaseSpinLockFromDpcLevel, |kernel| {
        kernel.release(lock, None, "KeReleaseSpinLockFromDpcLevel");
    });
}

pub(crate) unsafe extern "C" fn try_acquire(lock: usize) -> u8 {
    border(place::KeTryToAcquireSpinLockAtDpcLevel, |kernel| {
        let taken = kernel.try_take(asked(lock, "KeTryToAcquireSpinLockAtDpcLevel"));
        if taken {
            memory::write(lock, 1_usize);
        }
        u8::from(taken)
    })
}

pub(crate) unsafe extern "C" fn acquire_queued(lock: usize, handle: usize) {
    border(place::KeAcquireInStackQueuedSpinLock, |kernel| {
        let before = kernel.acquire(lock, "KeAcquireInStackQueuedSpinLock");
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
        kernel.acquire_at_dpc(lock, "KeAcquireInStackQueuedSpinLockAtDpcLevel");
        memory::write(handle + QUEUE_LOCK, lock);
    });
}

pub(crate) unsafe extern "C" fn release_queued_from_dpc(handle: usize) {
    border(place::KeReleaseInStackQueuedSpinLockFromDpcLevel, |kernel| {
        let lock = memory::read::<usize>(handle + QUEUE_LOCK);
        kernel.release(lock, None, "KeReleaseInStackQueuedSpinLockFromDpcLevel");
    });
}
