//! `ExQueueWorkItem`: work items in the driver's memory, of which the system knows only while they are queued.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, read};
use crate::c::kernel::threads::Kind;
use crate::c::kernel::{Ended, Kernel};
use crate::c::{sanitizers, site};
use crate::core::irql::Irql;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// Where members of a `WORK_QUEUE_ITEM` lie.
const ROUTINE: usize = 16;

/// Those that are queued, each with the place of the call, and those whose routine runs, by number.
#[derive(Debug, Default)]
pub(crate) struct Items {
    queued: BTreeMap<usize, u64>,
    running: BTreeMap<u64, u64>,
    last: u64,
}

impl Items {
    /// Where one was queued that lies in these bytes.
    pub(super) fn within(&self, range: Range<usize>) -> Option<u64> {
        self.queued.range(range).next().map(|(_, site)| *site)
    }

    /// Where those were queued that have not come to their end.
    pub(super) fn left(&self) -> Vec<u64> {
        let mut queued: Vec<u64> = self.queued.values().copied().collect();
        queued.sort_unstable();
        queued.extend(self.running.values());
        queued
    }
}

impl Kernel {
    /// A coroutine for a work item, or the run ends.
    pub(super) fn start_item(
        self: &Rc<Self>,
        routine: usize,
        act: impl FnOnce(&Rc<Self>) + 'static,
    ) {
        if self.start(Kind::Work, routine as u64, act).is_none() {
            self.end(Ended::Failed("no room for one more stack".into()));
        }
    }
}

pub(crate) unsafe extern "C" fn queue(item: usize, _kind: u32) {
    border(place::ExQueueWorkItem, |kernel| {
        let name = "ExQueueWorkItem";
        if item == 0 || read::<usize>(item + ROUTINE) == 0 {
            kernel.no_object(name);
        }
        let before = kernel.work.borrow().items.queued.get(&item).copied();
        if let Some(before) = before {
            let before = kernel.place(before);
            let found = format!("{name} was given a work item that was queued at {before}");
            return kernel.report("K-11", found);
        }
        kernel.work.borrow_mut().items.queued.insert(item, site::here());
        let [routine, parameter] = read::<[usize; 2]>(item + ROUTINE);
        sanitizers::release(item);
        kernel.start_item(routine, move |kernel| {
            sanitizers::acquire(item);
            let number = {
                let items = &mut kernel.work.borrow_mut().items;
                let site = items.queued.remove(&item).unwrap_or_default();
                items.last += 1;
                let number = items.last;
                items.running.insert(number, site);
                number
            };
            memory::call(routine, parameter);
            kernel.returned("a work item", routine as u64, Irql::Passive);
            kernel.work.borrow_mut().items.running.remove(&number);
        });
    });
}
