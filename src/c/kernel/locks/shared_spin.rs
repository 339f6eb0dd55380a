//! `EX_SPIN_LOCK`: a spin lock that several threads share, or one has.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::locks::{Asked, Kind, Mode};
use crate::c::kernel::{Kernel, memory};

/// What the lock holds while one thread has it; else it counts those that share it.
const EXCLUSIVE: u32 = 0x8000_0000;

impl Kernel {
    fn acquire_shared_spin(&self, lock: usize, mode: Mode, name: &'static str) -> u8 {
        let before = self.raise();
        self.take(Asked { lock, kind: Kind::Spin, mode, name });
        let value = memory::read::<u32>(lock);
        memory::write(lock, if mode == Mode::Exclusive { EXCLUSIVE } else { value + 1 });
        before
    }

    fn release_shared_spin(&self, lock: usize, mode: Mode, level: u8, name: &'static str) {
        if self.give(Asked { lock, kind: Kind::Spin, mode, name }, Some(mode)) {
            let value = memory::read::<u32>(lock);
            memory::write(lock, if mode == Mode::Exclusive { 0 } else { value.saturating_sub(1) });
            self.lower_to(level);
        }
    }
}

pub(crate) unsafe extern "C" fn acquire_exclusive(lock: usize) -> u8 {
    border(place::ExAcquireSpinLockExclusive, |kernel| {
        kernel.acquire_shared_spin(lock, Mode::Exclusive, "ExAcquireSpinLockExclusive")
    })
}

pub(crate) unsafe extern "C" fn release_exclusive(lock: usize, level: u8) {
    border(place::ExReleaseSpinLockExclusive, |kernel| {
        kernel.release_shared_spin(lock, Mode::Exclusive, level, "ExReleaseSpinLockExclusive");
    });
}

pub(crate) unsafe extern "C" fn acquire_shared(lock: usize) -> u8 {
    border(place::ExAcquireSpinLockShared, |kernel| {
        kernel.acquire_shared_spin(lock, Mode::Shared, "ExAcquireSpinLockShared")
    })
}

pub(crate) unsafe extern "C" fn release_shared(lock: usize, level: u8) {
    border(place::ExReleaseSpinLockShared, |kernel| {
        kernel.release_shared_spin(lock, Mode::Shared, level, "ExReleaseSpinLockShared");
    });
}
