//! Deferred routines: a `KDPC` is queued once, and its routine runs at DISPATCH, when the chooser says.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, read, write};
use crate::c::kernel::threads::Kind;
use crate::c::kernel::waits::{Until, Wait};
use crate::c::kernel::{Ended, Kernel};
use crate::c::{sanitizers, site};
use crate::core::irql::Irql;
use crate::provider::processor;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// Where members of a `KDPC` lie.
const ROUTINE: usize = 24;
const ARGUMENTS: usize = 40;
const QUEUED: usize = 56;
const SIZE: usize = 64;
/// Told when a deferred routine has returned; no object of a driver's lies there.
const FLUSHED: usize = 1;
/// The number of the key by which a sanitizer knows it, like a thread's.
const FLUSHES: u32 = u32::MAX;

/// The DPCs that are queued, with the number of each queueing and its place, and those whose routine runs.
#[derive(Debug, Default)]
pub(crate) struct Dpcs {
    queued: BTreeMap<usize, (u64, u64)>,
    running: BTreeMap<u64, u64>,
    last: u64,
}

impl Dpcs {
    /// Where one was queued that lies in these bytes.
    pub(super) fn within(&self, range: Range<usize>) -> Option<u64> {
        self.queued.range(range).next().map(|(_, (_, site))| *site)
    }

    /// Where those were queued that have not come to their end.
    pub(super) fn left(&self) -> Vec<u64> {
        let mut left: Vec<(u64, u64)> = self
            .queued
            .values()
            .copied()
            .chain(self.running.iter().map(|(a, b)| (*a, *b)))
            .collect();
        left.sort_unstable();
        left.into_iter().map(|(_, site)| site).collect()
    }
}

impl Kernel {
    /// Queues a DPC, unless it is queued; whether it was done.
    pub(super) fn insert_dpc(
        self: &Rc<Self>,
        dpc: usize,
        arguments: Option<[usize; 2]>,
        site: u64,
    ) -> bool {
        let number = {
            let dpcs = &mut self.work.borrow_mut().dpcs;
            if dpcs.queued.contains_key(&dpc) {
                return false;
            }
            dpcs.last += 1;
            dpcs.queued.insert(dpc, (dpcs.last, site));
            dpcs.last
        };
        if let Some(arguments) = arguments {
            write(dpc + ARGUMENTS, arguments);
        }
        write(dpc + QUEUED, 1_usize);
        sanitizers::release(dpc);
        let routine = read::<usize>(dpc + ROUTINE);
        let started = self.start(Kind::Deferred, routine as u64, move |kernel| {
            kernel.run_dpc(dpc, number);
        });
        if started.is_none() {
            self.end(Ended::Failed("no room for one more stack".into()));
        }
        true
    }

    fn run_dpc(&self, dpc: usize, number: u64) {
        {
            let dpcs = &mut self.work.borrow_mut().dpcs;
            match dpcs.queued.get(&dpc) {
                Some((queued, _)) if *queued == number => {}
                // It was removed.
                _ => return,
            }
            let (_, site) = dpcs.queued.remove(&dpc).unwrap_or_default();
            dpcs.running.insert(number, site);
        }
        let [routine, context] = read::<[usize; 2]>(dpc + ROUTINE);
        let [one, other] = read::<[usize; 2]>(dpc + ARGUMENTS);
        write(dpc + QUEUED, 0_usize);
        sanitizers::acquire(dpc);
        processor::here().set_level(Irql::Dispatch);
        memory::call_deferred(routine, dpc, [context, one, other]);
        self.returned("a deferred routine", routine as u64, Irql::Dispatch);
        self.work.borrow_mut().dpcs.running.remove(&number);
        sanitizers::release(sanitizers::of_thread(FLUSHES));
        self.tell(FLUSHED);
    }
}

pub(crate) unsafe extern "C" fn initialize(dpc: usize, routine: usize, context: usize) {
    border(place::KeInitializeDpc, |kernel| {
        kernel.check_in_use(dpc, SIZE, "KeInitializeDpc");
        memory::fill(dpc, SIZE, 0);
        write(dpc + ROUTINE, [routine, context]);
    });
}

pub(crate) unsafe extern "C" fn insert(dpc: usize, one: usize, other: usize) -> u8 {
    border(place::KeInsertQueueDpc, |kernel| {
        if dpc == 0 || read::<usize>(dpc + ROUTINE) == 0 {
            kernel.no_object("KeInsertQueueDpc");
        }
        u8::from(kernel.insert_dpc(dpc, Some([one, other]), site::here()))
    })
}

pub(crate) unsafe extern "C" fn remove(dpc: usize) -> u8 {
    border(place::KeRemoveQueueDpc, |kernel| {
        let removed = kernel.work.borrow_mut().dpcs.queued.remove(&dpc).is_some();
        if removed {
            write(dpc + QUEUED, 0_usize);
        }
        u8::from(removed)
    })
}

pub(crate) unsafe extern "C" fn flush() {
    border(place::KeFlushQueuedDpcs, |kernel| {
        let last = kernel.work.borrow().dpcs.last;
        let earlier = || {
            let work = kernel.work.borrow();
            let queued = work.dpcs.queued.values().map(|(number, _)| number);
            queued.chain(work.dpcs.running.keys()).any(|number| *number <= last)
        };
        while earlier() {
            kernel.wait(Wait::new("KeFlushQueuedDpcs", Until::Told(FLUSHED), None));
        }
        sanitizers::acquire(sanitizers::of_thread(FLUSHES));
    });
}
