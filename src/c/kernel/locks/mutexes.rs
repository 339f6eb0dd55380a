//! `KMUTEX`: an object that is waited for, and that its owner may wait for again.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::locks::{Asked, Kind, Mode};
use crate::c::kernel::memory::{read, write};
use crate::c::kernel::waits::MUTANT;
use crate::c::kernel::{Kernel, memory};

/// Where members of a `KMUTEX` lie.
const STATE: usize = 4;
const WAITERS: usize = 8;
pub(crate) const OWNER: usize = 40;
/// `sizeof(KMUTEX)`, and in words of a header.
const SIZE: usize = 56;
const WORDS: u8 = 14;

impl Kernel {
    /// Releases a mutex of this thread's; its state before (K-10).
    fn release_mutex(&self, mutex: usize, name: &'static str) -> i32 {
        let current = self.current.get();
        let (state, owner) = (read::<i32>(mutex + STATE), read::<usize>(mutex + OWNER));
        let own = self.threads.borrow().get(current).is_some_and(|one| one.object.at() == owner);
        if !own || read::<u8>(mutex) != MUTANT {
            self.report(
                "K-10",
                format!("{name} was called for a mutex that this thread does not hold"),
            );
            return state;
        }
        write(mutex + STATE, state + 1);
        self.locks.borrow_mut().release(mutex, current, None);
        self.touch(mutex, name);
        if state == 0 {
            write(mutex + OWNER, 0_usize);
            self.signalled(mutex);
        }
        state
    }
}

/// A thread has a mutex whose wait is over.
pub(crate) fn asked(mutex: usize, name: &'static str) -> Asked {
    Asked { lock: mutex, kind: Kind::Mutex, mode: Mode::Exclusive, name }
}

pub(crate) unsafe extern "C" fn initialize(mutex: usize, _level: u32) {
    border(place::KeInitializeMutex, |kernel| {
        kernel.check_in_use(mutex, SIZE, "KeInitializeMutex");
        kernel.touch(mutex, "KeInitializeMutex");
        memory::fill(mutex, SIZE, 0);
        write(mutex, [MUTANT, 0, WORDS, 0]);
        write(mutex + STATE, 1_i32);
        write(mutex + WAITERS, [mutex + WAITERS; 2]);
    });
}

pub(crate) unsafe extern "C" fn release(mutex: usize, _wait: u8) -> i32 {
    border(place::KeReleaseMutex, |kernel| kernel.release_mutex(mutex, "KeReleaseMutex"))
}

pub(crate) unsafe extern "C" fn read_state(mutex: usize) -> i32 {
    border(place::KeReadStateMutex, |_| read::<i32>(mutex + STATE))
}
