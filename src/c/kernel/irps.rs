//! IRPs: real memory with the places of the headers; what the provider knows of each stands in a record, by address. So
//! does that of one which lies in the driver's own memory.

use crate::c::irp::{Called, IRP, PIO_COMPLETION_ROUTINE};
use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::Block;
use crate::c::site::Stack;
use crate::core::status::NtStatus;
use crate::provider::{Irp, Misuse, Switches};
use foldhash::HashMap;
use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

/// So many freed ones stay, to be told apart.
const RESTING: usize = 4_096;

#[derive(Debug)]
struct Known {
    record: Arc<Irp>,
    /// None of one that lies in the driver's own memory.
    block: Option<Block>,
    locations: i8,
    stack: Stack,
    /// Which one it was, for an order that addresses do not have.
    serial: u64,
}

/// The IRPs of a driver.
#[derive(Debug, Default)]
pub(crate) struct Irps {
    known: Vec<Option<Known>>,
    free: Vec<usize>,
    places: HashMap<usize, usize>,
    /// The address that was looked for last, and its place: a driver names an IRP several times for one request.
    last: Cell<Option<(usize, usize)>>,
    resting: VecDeque<usize>,
    serial: u64,
}

impl Irps {
    /// What was not freed, and where it was allocated (K-4).
    pub(crate) fn left(&self) -> Vec<(String, Stack)> {
        let known = self.known.iter().flatten();
        let mut live: Vec<_> =
            known.filter(|one| one.block.is_some() && !one.record.is_freed()).collect();
        live.sort_unstable_by_key(|one| one.serial);
        live.into_iter().map(|one| ("an IRP was not freed".to_owned(), one.stack)).collect()
    }

    fn find(&self, at: usize) -> Option<&Known> {
        let place = match self.last.get() {
            Some((last, place)) if last == at => place,
            _ => {
                let place = *self.places.get(&at)?;
                self.last.set(Some((at, place)));
                place
            }
        };
        self.known[place].as_ref()
    }

    /// The record of an IRP; `None` if there is none at that address.
    pub(crate) fn record(&self, at: usize) -> Option<Arc<Irp>> {
        self.find(at).map(|known| Arc::clone(&known.record))
    }

    /// An IRP of so many stack locations is there from now on.
    fn add(&mut self, at: usize, block: Option<Block>, locations: i8, stack: Stack) {
        self.remove(at);
        self.serial += 1;
        let record = Arc::new(Irp::new(false));
        record.set_locations(locations.max(0).cast_unsigned());
        let known = Known { record, block, locations, stack, serial: self.serial };
        let place = self.free.pop().unwrap_or_else(|| {
            self.known.push(None);
            self.known.len() - 1
        });
        self.known[place] = Some(known);
        self.places.insert(at, place);
    }

    fn remove(&mut self, at: usize) {
        if let Some(place) = self.places.remove(&at) {
            self.known[place] = None;
            self.free.push(place);
            self.last.set(None);
        }
    }
}

/// The IRP at an address.
pub(crate) fn at(address: usize) -> *mut IRP {
    ptr::with_exposed_provenance_mut(address)
}

impl Kernel {
    pub(crate) fn allocate_irp(&self, locations: i8) -> usize {
        if self.refuses_allocation() {
            return 0;
        }
        let Some(block) = Block::new(IRP::size(locations)) else { return 0 };
        let address = block.at();
        // SAFETY: it is as long.
        unsafe { IRP::initialize(at(address), locations) };
        let stack = self.stack();
        self.irps.borrow_mut().add(address, Some(block), locations, stack);
        address
    }

    /// Looks at an IRP that the driver names, if it is one.
    fn with_irp<T>(&self, address: usize, name: &str, look: impl FnOnce(&Known) -> T) -> Option<T> {
        let seen = self.irps.borrow().find(address).map(look);
        if seen.is_none() {
            let found = format!("{name} was given what is no IRP");
            self.report("I-3", found);
        }
        seen
    }

    /// The record of an IRP that the driver names, if it is one, and whether it lies in the driver's own memory.
    pub(crate) fn named_irp(&self, address: usize, name: &str) -> Option<(Arc<Irp>, bool)> {
        let look = |known: &Known| (Arc::clone(&known.record), known.block.is_none());
        self.with_irp(address, name, look)
    }

    /// The record of an IRP that the driver names, if it is one.
    pub(crate) fn irp(&self, address: usize, name: &str) -> Option<Arc<Irp>> {
        self.with_irp(address, name, |known| Arc::clone(&known.record))
    }

    pub(crate) fn misused(&self, misuse: &Misuse, name: &str) {
        let mut app = self.application();
        let report = misuse.report(name);
        crate::c::driver::always(self.driver().with_door(|door| door.report(&mut app, report)));
    }

    fn set_routine(&self, irp: usize, routine: usize, context: usize, on: [u8; 3]) {
        let name = "IoSetCompletionRoutine";
        let [success, error, cancel] = on.map(|on| on != 0);
        let switches = Switches { success, error, cancel };
        let set = |known: &Known| known.record.set_routine(routine != 0, switches);
        match self.with_irp(irp, name, set) {
            None => return,
            Some(Err(misuse)) => return self.misused(&misuse, name),
            Some(Ok(())) => {}
        }
        let routine = ptr::with_exposed_provenance::<()>(routine);
        // SAFETY: NULL is none, and any other address the driver vouches for.
        let routine = unsafe { std::mem::transmute::<*const (), PIO_COMPLETION_ROUTINE>(routine) };
        let context: *mut c_void = ptr::with_exposed_provenance_mut(context);
        // SAFETY: it is there, and at rest.
        unsafe { IRP::set_called(at(irp), Called { routine, context }, switches) };
    }

    /// An IRP of the system's own is over.
    pub(crate) fn forget_irp(&self, irp: usize) {
        let known = self.irps.borrow().record(irp);
        if let Some(record) = known {
            // It is at rest: its request was no request of WSK's.
            let _ = record.free();
        }
    }

    fn free_irp(&self, irp: usize) {
        let name = "IoFreeIrp";
        let Some(record) = self.irp(irp, name) else { return };
        if self.irps.borrow().find(irp).is_some_and(|known| known.block.is_none()) {
            return self.report("K-2", "IoFreeIrp was given an IRP of the driver's own memory");
        }
        if let Err(misuse) = record.free() {
            return self.misused(&misuse, name);
        }
        let mut irps = self.irps.borrow_mut();
        irps.resting.push_back(irp);
        if irps.resting.len() > RESTING
            && let Some(oldest) = irps.resting.pop_front()
        {
            irps.remove(oldest);
        }
    }
}

pub(crate) unsafe extern "C" fn allocate(locations: i8, _quota: u8) -> usize {
    border(place::IoAllocateIrp, |kernel| {
        if kernel.fails(place::IoAllocateIrp) { 0 } else { kernel.allocate_irp(locations) }
    })
}

pub(crate) unsafe extern "C" fn free(irp: usize) {
    border(place::IoFreeIrp, |kernel| kernel.free_irp(irp));
}

pub(crate) unsafe extern "C" fn reuse(irp: usize, status: i32) {
    border(place::IoReuseIrp, |kernel| {
        let name = "IoReuseIrp";
        let reuse = |known: &Known| known.record.reuse().map(|_| known.locations);
        let locations = match kernel.with_irp(irp, name, reuse) {
            None => return,
            Some(Err(misuse)) => return kernel.misused(&misuse, name),
            Some(Ok(locations)) => locations,
        };
        // SAFETY: it is there with so many locations, and at rest.
        unsafe { IRP::initialize(at(irp), locations) };
        let status = NtStatus::from_bits(status.cast_unsigned());
        // SAFETY: likewise.
        unsafe { IRP::write(at(irp), status, 0, false) };
    });
}

pub(crate) unsafe extern "C" fn initialize(irp: usize, size: u16, locations: i8) {
    border(place::IoInitializeIrp, |kernel| {
        let before = kernel.irps.borrow().record(irp);
        if before.is_some_and(|record| record.in_use()) {
            kernel.report("I-3", "IoInitializeIrp was given an IRP whose request is under way");
            return;
        }
        // No more locations than there is room for.
        let room = usize::from(size).saturating_sub(IRP::size(0)) / (IRP::size(1) - IRP::size(0));
        let locations = locations.min(room as i8);
        // SAFETY: the driver says that there is room.
        unsafe { IRP::initialize(at(irp), locations) };
        let stack = kernel.stack();
        kernel.irps.borrow_mut().add(irp, None, locations, stack);
    });
}

pub(crate) unsafe extern "C" fn set_completion_routine(
    irp: usize,
    routine: usize,
    context: usize,
    on_success: u8,
    on_error: u8,
    on_cancel: u8,
) {
    border(place::IoSetCompletionRoutine, |kernel| {
        kernel.set_routine(irp, routine, context, [on_success, on_error, on_cancel]);
    });
}

pub(crate) unsafe extern "C" fn set_completion_routine_ex(
    _device: usize,
    irp: usize,
    routine: usize,
    context: usize,
    on_success: u8,
    on_error: u8,
    on_cancel: u8,
) -> i32 {
    border(place::IoSetCompletionRoutineEx, |kernel| {
        kernel.set_routine(irp, routine, context, [on_success, on_error, on_cancel]);
        0
    })
}

pub(crate) unsafe extern "C" fn cancel(irp: usize) -> u8 {
    border(place::IoCancelIrp, |kernel| {
        let name = "IoCancelIrp";
        let Some(record) = kernel.irp(irp, name) else { return 0 };
        if let Err(misuse) = record.check_there() {
            kernel.misused(&misuse, name);
            return 0;
        }
        // SAFETY: it is there.
        unsafe { (*at(irp)).Cancel = 1 };
        let own = kernel.run_cancel_routine(irp);
        u8::from(kernel.driver().cancel(&record) || own)
    })
}
