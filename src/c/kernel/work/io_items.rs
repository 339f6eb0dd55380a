//! Work items of a device: while one is queued or runs, the system keeps the device and the driver.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, Block};
use crate::c::{sanitizers, site};
use crate::core::irql::Irql;
use std::collections::BTreeMap;
use std::ops::Range;

/// `IoSizeofWorkItem`.
const SIZE: usize = 64;

#[derive(Debug)]
struct Item {
    /// None of one that lies in the driver's memory.
    block: Option<Block>,
    object: usize,
    /// Where it was made.
    site: u64,
    /// Where it was queued, until its routine begins.
    queued: Option<u64>,
}

/// The work items that were allocated or initialised, and how many of each object's run.
#[derive(Debug, Default)]
pub(crate) struct IoItems {
    known: BTreeMap<usize, Item>,
    running: Vec<usize>,
    /// Freed ones stay, to be told apart.
    resting: Vec<Block>,
}

impl IoItems {
    /// Where one was queued that lies in these bytes.
    pub(super) fn within(&self, range: Range<usize>) -> Option<u64> {
        self.known.range(range).find_map(|(_, item)| item.queued)
    }

    /// Where those were allocated that were not freed.
    pub(super) fn left(&self) -> Vec<u64> {
        let allocated = self.known.values().filter(|item| item.block.is_some());
        let mut left: Vec<u64> = allocated.map(|item| item.site).collect();
        left.sort_unstable();
        left
    }

    /// Whether one of this object's is queued or runs.
    pub(super) fn uses(&self, object: usize) -> bool {
        let queued = self.known.values().any(|item| item.object == object && item.queued.is_some());
        queued || self.running.contains(&object)
    }
}

impl Kernel {
    /// What is no object of a device or of the driver ends the run (K-6).
    fn check_device(&self, object: usize, name: &'static str) {
        if object != self.objects.at() && !self.devices.borrow().has(object) {
            self.no_object(name);
        }
    }

    fn make_item(&self, at: usize, block: Option<Block>, object: usize) {
        let item = Item { block, object, site: site::here(), queued: None };
        self.work.borrow_mut().io_items.known.insert(at, item);
    }

    /// Gives a work item back (K-2), which may not be queued then (K-11).
    fn drop_item(&self, at: usize, name: &'static str) {
        let removed = self.work.borrow_mut().io_items.known.remove(&at);
        let Some(item) = removed else {
            return self.report("K-2", format!("{name} was given what is no work item"));
        };
        if let Some(queued) = item.queued {
            let queued = self.place(queued);
            let found = format!("{name} was given a work item that was queued at {queued}");
            self.report("K-11", found);
        }
        self.work.borrow_mut().io_items.resting.extend(item.block);
    }

    fn queue_item(
        self: &std::rc::Rc<Self>,
        at: usize,
        routine: usize,
        context: usize,
        extended: bool,
    ) {
        let name = if extended { "IoQueueWorkItemEx" } else { "IoQueueWorkItem" };
        let (object, before) = match self.work.borrow_mut().io_items.known.get_mut(&at) {
            Some(item) => (item.object, item.queued.replace(site::here())),
            None => (0, None),
        };
        if object == 0 {
            self.no_object(name);
        }
        if let Some(before) = before {
            if let Some(item) = self.work.borrow_mut().io_items.known.get_mut(&at) {
                item.queued = Some(before);
            }
            let before = self.place(before);
            let found = format!("{name} was given a work item that was queued at {before}");
            return self.report("K-11", found);
        }
        sanitizers::release(at);
        self.start_item(routine, move |kernel| {
            sanitizers::acquire(at);
            {
                let items = &mut kernel.work.borrow_mut().io_items;
                if let Some(item) = items.known.get_mut(&at) {
                    item.queued = None;
                }
                items.running.push(object);
            }
            if extended {
                memory::call_three(routine, [object, context, at]);
            } else {
                memory::call_two(routine, [object, context]);
            }
            kernel.returned("a work item", routine as u64, Irql::Passive);
            let running = &mut kernel.work.borrow_mut().io_items.running;
            if let Some(place) = running.iter().position(|other| *other == object) {
                running.remove(place);
            }
        });
    }
}

pub(crate) unsafe extern "C" fn allocate(device: usize) -> usize {
    border(place::IoAllocateWorkItem, |kernel| {
        kernel.check_device(device, "IoAllocateWorkItem");
        if kernel.fails(place::IoAllocateWorkItem) {
            return 0;
        }
        let Some(block) = Block::new(SIZE) else { return 0 };
        let at = block.at();
        kernel.make_item(at, Some(block), device);
        at
    })
}

pub(crate) unsafe extern "C" fn free(item: usize) {
    border(place::IoFreeWorkItem, |kernel| kernel.drop_item(item, "IoFreeWorkItem"));
}

pub(crate) unsafe extern "C" fn initialize(object: usize, item: usize) {
    border(place::IoInitializeWorkItem, |kernel| {
        kernel.check_device(object, "IoInitializeWorkItem");
        kernel.make_item(item, None, object);
    });
}

pub(crate) unsafe extern "C" fn uninitialize(item: usize) {
    border(place::IoUninitializeWorkItem, |kernel| {
        kernel.drop_item(item, "IoUninitializeWorkItem");
    });
}

pub(crate) unsafe extern "C" fn size_of() -> u32 {
    border(place::IoSizeofWorkItem, |_| SIZE as u32)
}

pub(crate) unsafe extern "C" fn queue(item: usize, routine: usize, _kind: u32, context: usize) {
    border(place::IoQueueWorkItem, |kernel| kernel.queue_item(item, routine, context, false));
}

pub(crate) unsafe extern "C" fn queue_ex(item: usize, routine: usize, _kind: u32, context: usize) {
    border(place::IoQueueWorkItemEx, |kernel| kernel.queue_item(item, routine, context, true));
}
