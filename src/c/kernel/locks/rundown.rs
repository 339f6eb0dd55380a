//! `EX_RUNDOWN_REF`: a count of users in the driver's memory, and a bit that says that there will be no more.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{read, write};
use crate::c::kernel::waits::{Until, Wait};
use crate::c::sanitizers;

/// Users are counted by twos, beside the bit of a rundown that has begun.
const USER: usize = 2;
const BEGUN: usize = 1;

impl Kernel {
    /// The rundown begins anew, which nobody may use then (K-14).
    fn reset_rundown(&self, reference: usize, name: &'static str) {
        let value = read::<usize>(reference);
        if value != BEGUN {
            self.report(
                "K-14",
                format!("{name} was called for a rundown that has not come to its end"),
            );
        }
        write(reference, 0_usize);
    }
}

pub(crate) unsafe extern "C" fn initialize(reference: usize) {
    border(place::ExInitializeRundownProtection, |kernel| {
        kernel.touch(reference, "ExInitializeRundownProtection");
        write(reference, 0_usize);
    });
}

pub(crate) unsafe extern "C" fn acquire(reference: usize) -> u8 {
    border(place::ExAcquireRundownProtection, |kernel| {
        let value = read::<usize>(reference);
        if value & BEGUN != 0 {
            return 0;
        }
        kernel.touch(reference, "ExAcquireRundownProtection");
        write(reference, value + USER);
        1
    })
}

pub(crate) unsafe extern "C" fn release(reference: usize) {
    border(place::ExReleaseRundownProtection, |kernel| {
        let value = read::<usize>(reference);
        if value < USER {
            let found =
                "ExReleaseRundownProtection was called more often than ExAcquireRundownProtection";
            return kernel.report("K-14", found);
        }
        kernel.touch(reference, "ExReleaseRundownProtection");
        write(reference, value - USER);
        if value - USER == BEGUN {
            kernel.tell(reference);
        }
    });
}

pub(crate) unsafe extern "C" fn wait(reference: usize) {
    border(place::ExWaitForRundownProtectionRelease, |kernel| {
        let name = "ExWaitForRundownProtectionRelease";
        write(reference, read::<usize>(reference) | BEGUN);
        while read::<usize>(reference) >= USER {
            kernel.wait(Wait::new(name, Until::Told(reference), None));
        }
        sanitizers::acquire(reference);
    });
}

pub(crate) unsafe extern "C" fn completed(reference: usize) {
    border(place::ExRundownCompleted, |kernel| {
        if read::<usize>(reference) >= USER {
            kernel.report("K-14", "ExRundownCompleted was called while the rundown has users");
            return;
        }
        write(reference, BEGUN);
    });
}

pub(crate) unsafe extern "C" fn reinitialize(reference: usize) {
    border(place::ExReInitializeRundownProtection, |kernel| {
        kernel.reset_rundown(reference, "ExReInitializeRundownProtection");
    });
}
