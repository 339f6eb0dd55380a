//! `SLIST_HEADER`: a stack of entries, each on a boundary of 16 bytes, whose head counts them.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{read, write};
use crate::c::sanitizers;

/// The first word of a head: how many there are, and above that how often it was changed. The second: the first entry.
const FIRST: usize = 8;
const DEPTH: u64 = 0xFFFF;
const CHANGE: u64 = 0x1_0000;
/// What heads and entries lie on.
const BOUNDARY: usize = 16;
/// An entry that is pushed is looked for among so many.
const LOOKED_AT: usize = 64;

impl Kernel {
    /// An entry is pushed that is in the list already, or lies on another boundary (K-15).
    fn check_entry(&self, head: usize, entry: usize, name: &'static str) {
        for (what, at) in [("a head", head), ("an entry", entry)] {
            if !at.is_multiple_of(BOUNDARY) {
                let found = format!("{name} was given {what} that does not lie on 16 bytes");
                self.report("K-15", found);
            }
        }
        let depth = usize::from(read::<u16>(head));
        let mut next = read::<usize>(head + FIRST);
        for _ in 0..depth.min(LOOKED_AT) {
            if next == entry {
                let found = format!("{name} was given an entry that is in the list already");
                return self.report("K-15", found);
            }
            next = read::<usize>(next);
        }
    }
}

fn change(head: usize, depth: u64, first: usize) {
    let before = read::<u64>(head) & !DEPTH;
    write(head, before.wrapping_add(CHANGE) | depth & DEPTH);
    write(head + FIRST, first);
}

pub(crate) unsafe extern "C" fn initialize(head: usize) {
    border(place::InitializeSListHead, |_| write(head, [0_u64; 2]));
}

pub(crate) unsafe extern "C" fn push(head: usize, entry: usize) -> usize {
    border(place::InterlockedPushEntrySList, |kernel| {
        kernel.check_entry(head, entry, "InterlockedPushEntrySList");
        let (before, depth) = (read::<usize>(head + FIRST), read::<u64>(head) & DEPTH);
        write(entry, before);
        sanitizers::release(head);
        change(head, depth + 1, entry);
        before
    })
}

pub(crate) unsafe extern "C" fn pop(head: usize) -> usize {
    border(place::InterlockedPopEntrySList, |_| {
        let (first, depth) = (read::<usize>(head + FIRST), read::<u64>(head) & DEPTH);
        sanitizers::acquire(head);
        if first != 0 {
            change(head, depth.saturating_sub(1), read::<usize>(first));
        }
        first
    })
}

pub(crate) unsafe extern "C" fn flush(head: usize) -> usize {
    border(place::ExInterlockedFlushSList, |_| {
        sanitizers::acquire(head);
        let first = read::<usize>(head + FIRST);
        change(head, 0, 0);
        first
    })
}

pub(crate) unsafe extern "C" fn depth(head: usize) -> u16 {
    border(place::ExQueryDepthSList, |_| read::<u16>(head))
}
