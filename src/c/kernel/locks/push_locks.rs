//! `EX_PUSH_LOCK`: shared or exclusive, inside a critical region, and never twice by one thread.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::locks::{Asked, Kind, Mode};
use crate::c::kernel::{Kernel, memory};

impl Kernel {
    fn acquire_push_lock(&self, lock: usize, mode: Mode, name: &'static str) {
        self.check_region(name);
        self.take(Asked { lock, kind: Kind::PushLock, mode, name });
        memory::write(lock, 1_usize);
    }

    fn release_push_lock(&self, lock: usize, mode: Mode, name: &'static str) {
        if self.give(Asked { lock, kind: Kind::PushLock, mode, name }, Some(mode)) {
            let held = self.locks.borrow().within(lock, 1).is_some();
            memory::write(lock, usize::from(held));
        }
    }
}

pub(crate) unsafe extern "C" fn initialize(lock: usize) {
    border(place::ExInitializePushLock, |kernel| {
        kernel.check_in_use(lock, 1, "ExInitializePushLock");
        memory::write(lock, 0_usize);
    });
}

pub(crate) unsafe extern "C" fn acquire_exclusive(lock: usize, _flags: u32) {
    border(place::ExAcquirePushLockExclusiveEx, |kernel| {
        kernel.acquire_push_lock(lock, Mode::Exclusive, "ExAcquirePushLockExclusive");
    });
}

pub(crate) unsafe extern "C" fn acquire_shared(lock: usize, _flags: u32) {
    border(place::ExAcquirePushLockSharedEx, |kernel| {
        kernel.acquire_push_lock(lock, Mode::Shared, "ExAcquirePushLockShared");
    });
}

pub(crate) unsafe extern "C" fn release_exclusive(lock: usize, _flags: u32) {
    border(place::ExReleasePushLockExclusiveEx, |kernel| {
        kernel.release_push_lock(lock, Mode::Exclusive, "ExReleasePushLockExclusive");
    });
}

pub(crate) unsafe extern "C" fn release_shared(lock: usize, _flags: u32) {
    border(place::ExReleasePushLockSharedEx, |kernel| {
        kernel.release_push_lock(lock, Mode::Shared, "ExReleasePushLockShared");
    });
}
