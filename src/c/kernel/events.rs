//! Events: events and semaphores, which lie in the driver's memory.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory;
use crate::c::kernel::waits::SEMAPHORE;
use crate::c::sanitizers;

/// Where `SignalState` and `WaitListHead` of a `DISPATCHER_HEADER` lie, and `Limit` of a `KSEMAPHORE`.
const STATE: usize = 4;
const WAITERS: usize = 8;
const LIMIT: usize = 24;

fn initialize(object: usize, kind: u8, words: u8, state: i32) {
    memory::write(object, [kind, 0, words, 0]);
    memory::write(object + STATE, state);
    // An empty list, as drivers may find it.
    memory::write(object + WAITERS, [object + WAITERS; 2]);
}

impl Kernel {
    /// Changes the state of an object; the one before.
    fn change(&self, object: usize, state: i32, name: &'static str) -> i32 {
        self.touch(object, name);
        let before = memory::read::<i32>(object + STATE);
        memory::write(object + STATE, state);
        if state > before {
            self.signalled(object);
        }
        before
    }
}

pub(crate) unsafe extern "C" fn initialize_event(event: usize, kind: u32, state: u8) {
    border(place::KeInitializeEvent, |kernel| {
        kernel.touch(event, "KeInitializeEvent");
        initialize(event, kind as u8, 6, i32::from(state != 0));
    });
}

pub(crate) unsafe extern "C" fn set_event(event: usize, _increment: i32, _wait: u8) -> i32 {
    border(place::KeSetEvent, |kernel| kernel.change(event, 1, "KeSetEvent"))
}

pub(crate) unsafe extern "C" fn clear_event(event: usize) {
    border(place::KeClearEvent, |kernel| {
        kernel.change(event, 0, "KeClearEvent");
    });
}

pub(crate) unsafe extern "C" fn reset_event(event: usize) -> i32 {
    border(place::KeResetEvent, |kernel| kernel.change(event, 0, "KeResetEvent"))
}

pub(crate) unsafe extern "C" fn read_event(event: usize) -> i32 {
    border(place::KeReadStateEvent, |_| {
        sanitizers::acquire(event);
        memory::read::<i32>(event + STATE)
    })
}

pub(crate) unsafe extern "C" fn initialize_semaphore(semaphore: usize, count: i32, limit: i32) {
    border(place::KeInitializeSemaphore, |kernel| {
        kernel.touch(semaphore, "KeInitializeSemaphore");
        initialize(semaphore, SEMAPHORE, 8, count);
        memory::write(semaphore + LIMIT, limit);
    });
}

pub(crate) unsafe extern "C" fn release_semaphore(
    semaphore: usize,
    _increment: i32,
    adjustment: i32,
    _wait: u8,
) -> i32 {
    border(place::KeReleaseSemaphore, |kernel| {
        kernel.touch(semaphore, "KeReleaseSemaphore");
        let before = memory::read::<i32>(semaphore + STATE);
        memory::write(semaphore + STATE, before.saturating_add(adjustment));
        // One release may end several waits.
        kernel.signalled(semaphore);
        before
    })
}

pub(crate) unsafe extern "C" fn read_semaphore(semaphore: usize) -> i32 {
    border(place::KeReadStateSemaphore, |_| memory::read::<i32>(semaphore + STATE))
}
