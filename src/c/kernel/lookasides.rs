//! Lookaside lists: entries of one length and tag. Here each comes from the pool, so that one which is freed is told from
//! the next.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::{memory, pool};
use crate::c::site;
use std::collections::BTreeMap;

const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();

/// A list of the driver's.
#[derive(Clone, Copy, Debug)]
struct List {
    length: usize,
    tag: u32,
    /// The driver's own functions, or 0.
    allocate: usize,
    free: usize,
    /// The type of pool that they are given.
    kind: u32,
    /// The list is given to them too.
    extended: bool,
    /// Where it was initialised.
    site: u64,
}

/// The lists that were initialised and not deleted, and whose each entry is that is in use.
#[derive(Debug, Default)]
pub(crate) struct Lookasides {
    lists: BTreeMap<usize, List>,
    entries: BTreeMap<usize, usize>,
}

impl Lookasides {
    /// A list that lies in these bytes, and where it was initialised.
    pub(crate) fn within(&self, from: usize, length: usize) -> Option<(String, u64)> {
        let (_, list) = self.lists.range(from..from.saturating_add(length)).next()?;
        Some(("a lookaside list that was not deleted".to_owned(), list.site))
    }

    /// Lists that were not deleted, and where each was initialised (K-4).
    pub(crate) fn left(&self) -> Vec<(String, u64)> {
        let mut left: Vec<_> = self.lists.values().map(|list| list.site).collect();
        left.sort_unstable();
        left.into_iter().map(|site| ("a lookaside list was not deleted".to_owned(), site)).collect()
    }
}

impl Kernel {
    fn begin_list(&self, at: usize, list: List, name: &'static str) {
        self.check_in_use(at, 1, name);
        self.lookasides.borrow_mut().lists.insert(at, list);
    }

    fn delete_list(&self, at: usize, name: &'static str) {
        if self.lookasides.borrow_mut().lists.remove(&at).is_none() {
            self.report("K-2", format!("{name} was given what is no lookaside list"));
        }
    }

    /// The list at an address; what is none ends the run (K-6).
    fn list(&self, at: usize, name: &'static str) -> List {
        let list = self.lookasides.borrow().lists.get(&at).copied();
        list.unwrap_or_else(|| self.no_object(name))
    }

    fn allocate_entry(&self, at: usize, name: &'static str) -> usize {
        let list = self.list(at, name);
        let List { length, tag, kind, .. } = list;
        let entry = match (list.allocate, list.extended) {
            (0, _) => self.allocate(length, tag, pool::FRESH),
            (function, extended) => {
                let list = if extended { at } else { 0 };
                memory::call_allocate(function, kind, length, tag, list)
            }
        };
        if entry != 0 {
            self.lookasides.borrow_mut().entries.insert(entry, at);
        }
        entry
    }

    /// Gives an entry back to the list that it came from (K-2).
    fn free_entry(&self, at: usize, entry: usize, name: &'static str) {
        let list = self.list(at, name);
        if self.lookasides.borrow_mut().entries.remove(&entry).is_some_and(|own| own != at) {
            self.report("K-2", format!("{name} was given an entry of another lookaside list"));
        }
        match (list.free, list.extended) {
            (0, _) => self.free_pool(entry, list.tag, name),
            (function, true) => memory::call_two(function, [entry, at]),
            (function, false) => memory::call(function, entry),
        }
    }
}

pub(crate) unsafe extern "C" fn initialize(
    at: usize,
    allocate: usize,
    free: usize,
    _flags: u32,
    length: usize,
    tag: u32,
    _depth: u16,
) {
    border(place::ExInitializeNPagedLookasideList, |kernel| {
        let site = site::here();
        let list = List { length, tag, allocate, free, kind: 0, extended: false, site };
        kernel.begin_list(at, list, "ExInitializeNPagedLookasideList");
    });
}

pub(crate) unsafe extern "C" fn delete(at: usize) {
    border(place::ExDeleteNPagedLookasideList, |kernel| {
        kernel.delete_list(at, "ExDeleteNPagedLookasideList");
    });
}

pub(crate) unsafe extern "C" fn allocate(at: usize) -> usize {
    border(place::ExAllocateFromNPagedLookasideList, |kernel| {
        let fails = kernel.fails(place::ExAllocateFromNPagedLookasideList);
        if fails { 0 } else { kernel.allocate_entry(at, "ExAllocateFromNPagedLookasideList") }
    })
}

pub(crate) unsafe extern "C" fn free(at: usize, entry: usize) {
    border(place::ExFreeToNPagedLookasideList, |kernel| {
        kernel.free_entry(at, entry, "ExFreeToNPagedLookasideList");
    });
}

pub(crate) unsafe extern "C" fn initialize_ex(
    at: usize,
    allocate: usize,
    free: usize,
    kind: u32,
    _flags: u32,
    length: usize,
    tag: u32,
    _depth: u16,
) -> i32 {
    border(place::ExInitializeLookasideListEx, |kernel| {
        if at == 0 || length == 0 {
            return INVALID_PARAMETER;
        }
        let list = List { length, tag, allocate, free, kind, extended: true, site: site::here() };
        kernel.begin_list(at, list, "ExInitializeLookasideListEx");
        0
    })
}

pub(crate) unsafe extern "C" fn delete_ex(at: usize) {
    border(place::ExDeleteLookasideListEx, |kernel| {
        kernel.delete_list(at, "ExDeleteLookasideListEx");
    });
}

pub(crate) unsafe extern "C" fn allocate_ex(at: usize) -> usize {
    border(place::ExAllocateFromLookasideListEx, |kernel| {
        let fails = kernel.fails(place::ExAllocateFromLookasideListEx);
        if fails { 0 } else { kernel.allocate_entry(at, "ExAllocateFromLookasideListEx") }
    })
}

pub(crate) unsafe extern "C" fn free_ex(at: usize, entry: usize) {
    border(place::ExFreeToLookasideListEx, |kernel| {
        kernel.free_entry(at, entry, "ExFreeToLookasideListEx");
    });
}
