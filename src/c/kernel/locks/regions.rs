//! Critical regions, in which normal kernel APCs are disabled.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::locks::Kind;
use crate::c::site;
use crate::core::irql::Irql;
use crate::provider::processor;

impl Kernel {
    /// Whether normal kernel APCs are disabled: inside a critical region, and while a mutex is held.
    fn apcs_disabled(&self) -> bool {
        let current = self.current.get();
        let threads = self.threads.borrow();
        let inside = threads.get(current).is_some_and(|thread| !thread.regions.is_empty());
        inside || self.locks.borrow().has(current, Kind::Mutex)
    }

    /// A lock is acquired that wants normal kernel APCs to be disabled (K-13).
    pub(crate) fn check_region(&self, name: &'static str) {
        if processor::here().level() < Irql::Apc && !self.apcs_disabled() {
            self.report("K-13", format!("{name} was called outside of a critical region"));
        }
    }
}

pub(crate) unsafe extern "C" fn enter() {
    border(place::KeEnterCriticalRegion, |kernel| {
        let mut threads = kernel.threads.borrow_mut();
        if let Some(thread) = threads.get_mut(kernel.current.get()) {
            thread.regions.push(site::here());
            threads.regions += 1;
        }
    });
}

pub(crate) unsafe extern "C" fn leave() {
    border(place::KeLeaveCriticalRegion, |kernel| {
        let entered = {
            let mut threads = kernel.threads.borrow_mut();
            let current = threads.get_mut(kernel.current.get());
            let entered = current.and_then(|thread| thread.regions.pop());
            threads.regions -= usize::from(entered.is_some());
            entered
        };
        if entered.is_none() {
            kernel.report("K-13", "KeLeaveCriticalRegion was called outside of a critical region");
        }
    });
}

pub(crate) unsafe extern "C" fn are_apcs_disabled() -> u8 {
    border(place::KeAreApcsDisabled, |kernel| u8::from(kernel.apcs_disabled()))
}
