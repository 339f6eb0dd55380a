//! `FAST_MUTEX`: it raises the level to APC, unless the driver has disabled APCs by itself.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::locks::{Asked, Kind, Mode};
use crate::c::kernel::memory::{read, write};
use crate::c::kernel::{Kernel, memory};
use crate::core::irql::Irql;
use crate::provider::processor;

/// Where members of a `FAST_MUTEX` lie; its event says whether it was initialised.
const OWNER: usize = 8;
const EVENT: usize = 24;
const WAITERS: usize = EVENT + 8;
const LEVEL: usize = 48;
const SIZE: usize = 56;

fn asked(lock: usize, name: &'static str) -> Asked {
    Asked { lock, kind: Kind::FastMutex, mode: Mode::Exclusive, name }
}

impl Kernel {
    /// What is no initialised fast mutex ends the run (K-6).
    fn check_fast_mutex(&self, mutex: usize, name: &'static str) {
        if mutex == 0 || read::<usize>(mutex + WAITERS) != mutex + WAITERS {
            self.no_object(name);
        }
    }

    fn acquire_fast_mutex(&self, mutex: usize, name: &'static str) {
        self.check_fast_mutex(mutex, name);
        self.take(asked(mutex, name));
        self.own_fast_mutex(mutex);
    }

    fn own_fast_mutex(&self, mutex: usize) {
        write(mutex, 0_i32);
        let owner = self.threads.borrow().get(self.current.get()).map_or(0, |one| one.object.at());
        write(mutex + OWNER, owner);
    }

    fn release_fast_mutex(&self, mutex: usize, name: &'static str) -> bool {
        self.check_fast_mutex(mutex, name);
        let released = self.give(asked(mutex, name), None);
        if released {
            write(mutex, 1_i32);
            write(mutex + OWNER, 0_usize);
        }
        released
    }
}

/// Raises to APC; the level before.
fn raise() -> u32 {
    let processor = processor::here();
    let before = processor.level();
    processor.set_level(before.max(Irql::Apc));
    before as u32
}

pub(crate) unsafe extern "C" fn initialize(mutex: usize) {
    border(place::ExInitializeFastMutex, |kernel| {
        kernel.check_in_use(mutex, SIZE, "ExInitializeFastMutex");
        memory::fill(mutex, SIZE, 0);
        write(mutex, 1_i32);
        write(mutex + EVENT, [1_u8, 0, 6, 0]);
        write(mutex + WAITERS, [mutex + WAITERS; 2]);
    });
}

pub(crate) unsafe extern "C" fn acquire(mutex: usize) {
    border(place::ExAcquireFastMutex, |kernel| {
        let before = raise();
        kernel.acquire_fast_mutex(mutex, "ExAcquireFastMutex");
        write(mutex + LEVEL, before);
    });
}

pub(crate) unsafe extern "C" fn try_acquire(mutex: usize) -> u8 {
    border(place::ExTryToAcquireFastMutex, |kernel| {
        let name = "ExTryToAcquireFastMutex";
        kernel.check_fast_mutex(mutex, name);
        let taken = kernel.try_take(asked(mutex, name));
        if taken {
            kernel.own_fast_mutex(mutex);
            write(mutex + LEVEL, raise());
        }
        u8::from(taken)
    })
}

pub(crate) unsafe extern "C" fn release(mutex: usize) {
    border(place::ExReleaseFastMutex, |kernel| {
        let level = read::<u32>(mutex + LEVEL);
        if kernel.release_fast_mutex(mutex, "ExReleaseFastMutex") {
            kernel.lower_to(level as u8);
        }
    });
}

pub(crate) unsafe extern "C" fn acquire_unsafe(mutex: usize) {
    border(place::ExAcquireFastMutexUnsafe, |kernel| {
        kernel.check_region("ExAcquireFastMutexUnsafe");
        kernel.acquire_fast_mutex(mutex, "ExAcquireFastMutexUnsafe");
    });
}

pub(crate) unsafe extern "C" fn release_unsafe(mutex: usize) {
    border(place::ExReleaseFastMutexUnsafe, |kernel| {
        kernel.release_fast_mutex(mutex, "ExReleaseFastMutexUnsafe");
    });
}
