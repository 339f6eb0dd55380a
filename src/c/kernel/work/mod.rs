//! Work that the system does later: timers, deferred routines, work items. Each runs as a coroutine of its own, and the
//! chooser says when.

#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod dpcs;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod io_items;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod items;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod timers;

use crate::c::kernel::Kernel;
use crate::c::kernel::work::dpcs::Dpcs;
use crate::c::kernel::work::io_items::IoItems;
use crate::c::kernel::work::items::Items;
use crate::c::kernel::work::timers::Timers;
use crate::core::irql::Irql;
use crate::provider::processor;

/// What is to be done later.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(super) timers: Timers,
    dpcs: Dpcs,
    items: Items,
    io_items: IoItems,
}

impl Work {
    /// What lies in these bytes and waits to be done: what it is, and since where.
    pub(crate) fn within(&self, from: usize, length: usize) -> Option<(String, u64)> {
        let range = from..from.saturating_add(length);
        let timer = self.timers.within(&range).map(|site| ("a timer that is set", site));
        let dpc = || self.dpcs.within(range.clone()).map(|site| ("a DPC that is queued", site));
        let item =
            || self.items.within(range.clone()).map(|site| ("a work item that is queued", site));
        let io =
            || self.io_items.within(range.clone()).map(|site| ("a work item that is queued", site));
        timer.or_else(dpc).or_else(item).or_else(io).map(|(what, site)| (what.to_owned(), site))
    }

    /// What would run when the driver is gone, and since where (K-12).
    pub(crate) fn left(&self) -> Vec<(String, u64)> {
        let told = |what: &str, sites: Vec<u64>| {
            let what = format!("{what} when the driver is unloaded");
            sites.into_iter().map(move |site| (what.clone(), site)).collect::<Vec<_>>()
        };
        let mut left = told("a timer is set", self.timers.left());
        left.extend(told("a DPC has not come to its end", self.dpcs.left()));
        left.extend(told("a work item has not come to its end", self.items.left()));
        left
    }

    /// Work items that were allocated and not freed, and where (K-4).
    pub(crate) fn items_left(&self) -> Vec<(String, u64)> {
        let left = self.io_items.left().into_iter();
        left.map(|site| ("IoFreeWorkItem was not called for a work item".to_owned(), site))
            .collect()
    }

    /// Whether a work item of this device is queued or runs.
    pub(crate) fn uses(&self, device: usize) -> bool {
        self.io_items.uses(device)
    }
}

impl Kernel {
    /// A routine of the driver's has returned, which began at a level (K-9).
    fn returned(&self, name: &str, routine: u64, began: Irql) {
        let left = processor::here().level();
        if left != began {
            let found = format!("{name} left {} behind", left.name());
            self.report_in("K-9", found, routine);
        }
        self.check_locks(name);
        processor::here().set_level(Irql::Passive);
    }
}
