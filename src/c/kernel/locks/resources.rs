//! `ERESOURCE`: shared or exclusive, again and again by one thread, between its initialisation and its deletion.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::locks::{Asked, Kind, Mode};
use crate::c::site;

const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();

impl Kernel {
    /// What is no initialised resource ends the run (K-6).
    fn check_resource(&self, resource: usize, name: &'static str) {
        if !self.locks.borrow().resources.contains_key(&resource) {
            self.no_object(name);
        }
    }

    fn acquire_resource(&self, lock: usize, mode: Mode, waits: bool, name: &'static str) -> u8 {
        self.check_resource(lock, name);
        self.check_region(name);
        let asked = Asked { lock, kind: Kind::Resource, mode, name };
        if waits {
            self.take(asked);
            return 1;
        }
        u8::from(self.try_take(asked))
    }
}

pub(crate) unsafe extern "C" fn initialize(resource: usize) -> i32 {
    border(place::ExInitializeResourceLite, |kernel| {
        kernel.check_in_use(resource, 1, "ExInitializeResourceLite");
        kernel.locks.borrow_mut().resources.insert(resource, site::here());
        0
    })
}

pub(crate) unsafe extern "C" fn delete(resource: usize) -> i32 {
    border(place::ExDeleteResourceLite, |kernel| {
        let name = "ExDeleteResourceLite";
        if kernel.locks.borrow_mut().resources.remove(&resource).is_none() {
            kernel.report("K-2", format!("{name} was given what is no initialised resource"));
            return INVALID_PARAMETER;
        }
        kernel.check_in_use(resource, 1, name);
        0
    })
}

pub(crate) unsafe extern "C" fn acquire_exclusive(resource: usize, wait: u8) -> u8 {
    border(place::ExAcquireResourceExclusiveLite, |kernel| {
        let name = "ExAcquireResourceExclusiveLite";
        kernel.acquire_resource(resource, Mode::Exclusive, wait != 0, name)
    })
}

pub(crate) unsafe extern "C" fn acquire_shared(resource: usize, wait: u8) -> u8 {
    border(place::ExAcquireResourceSharedLite, |kernel| {
        let name = "ExAcquireResourceSharedLite";
        kernel.acquire_resource(resource, Mode::Shared, wait != 0, name)
    })
}

pub(crate) unsafe extern "C" fn release(resource: usize) {
    border(place::ExReleaseResourceLite, |kernel| {
        let (lock, name) = (resource, "ExReleaseResourceLite");
        kernel.check_resource(resource, name);
        kernel.give(Asked { lock, kind: Kind::Resource, mode: Mode::Shared, name }, None);
    });
}
