//! `ExInterlockedInsertHeadList` and its relatives: a list that a spin lock guards, which the caller does not hold.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{read, write};

/// `Flink` and `Blink` of a `LIST_ENTRY`.
const NEXT: usize = 0;
const PREVIOUS: usize = 8;

impl Kernel {
    /// Acts on a list with its lock held; what is no initialised list ends the run (K-6).
    fn with_list<T>(
        &self,
        head: usize,
        lock: usize,
        name: &'static str,
        act: impl FnOnce() -> T,
    ) -> T {
        if head == 0 || read::<usize>(head + NEXT) == 0 {
            self.no_object(name);
        }
        let level = self.acquire(lock, name);
        let result = act();
        self.release(lock, Some(level), name);
        result
    }
}

/// Puts an entry between two that follow each other.
fn link(entry: usize, previous: usize, next: usize) {
    write(entry, [next, previous]);
    write(previous + NEXT, entry);
    write(next + PREVIOUS, entry);
}

/// The entry, or NULL where there is none but the head.
fn other_than(head: usize, entry: usize) -> usize {
    if entry == head { 0 } else { entry }
}

pub(crate) unsafe extern "C" fn insert_head(head: usize, entry: usize, lock: usize) -> usize {
    border(place::ExInterlockedInsertHeadList, |kernel| {
        kernel.with_list(head, lock, "ExInterlockedInsertHeadList", || {
            let first = read::<usize>(head + NEXT);
            link(entry, head, first);
            other_than(head, first)
        })
    })
}

pub(crate) unsafe extern "C" fn insert_tail(head: usize, entry: usize, lock: usize) -> usize {
    border(place::ExInterlockedInsertTailList, |kernel| {
        kernel.with_list(head, lock, "ExInterlockedInsertTailList", || {
            let last = read::<usize>(head + PREVIOUS);
            link(entry, last, head);
            other_than(head, last)
        })
    })
}

pub(crate) unsafe extern "C" fn remove_head(head: usize, lock: usize) -> usize {
    border(place::ExInterlockedRemoveHeadList, |kernel| {
        kernel.with_list(head, lock, "ExInterlockedRemoveHeadList", || {
            let first = read::<usize>(head + NEXT);
            if first != head {
                let next = read::<usize>(first + NEXT);
                write(head + NEXT, next);
                write(next + PREVIOUS, head);
            }
            other_than(head, first)
        })
    })
}
