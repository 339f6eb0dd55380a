//! IRPs on their way through a driver's own devices: `IofCallDriver` and `IoCompleteRequest`, by the stack locations; and
//! the lock and the routine of a cancel.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, read, write};
use crate::c::kernel::{Ended, Kernel, run};
use crate::provider::processor;

/// Where members of an `IRP` lie.
const STATUS: usize = 48;
const PENDING_RETURNED: usize = 65;
const COUNT: usize = 66;
const CURRENT: usize = 67;
const CANCEL: usize = 68;
const CANCEL_IRQL: usize = 69;
const CANCEL_ROUTINE: usize = 104;
const LOCATION: usize = 184;
/// A stack location, and where its members lie.
const SIZE: usize = 72;
const CONTROL: usize = 3;
const DEVICE: usize = 40;
const ROUTINE: usize = 56;
/// `MajorFunction` in a `DRIVER_OBJECT`, and the highest.
const MAJOR: usize = 112;
const HIGHEST: u8 = 27;
/// `SL_PENDING_RETURNED`, `SL_INVOKE_ON_CANCEL`, `SL_INVOKE_ON_SUCCESS`, `SL_INVOKE_ON_ERROR`.
const PENDING: u8 = 0x1;
const ON_CANCEL: u8 = 0x20;
const ON_SUCCESS: u8 = 0x40;
const ON_ERROR: u8 = 0x80;
/// `NO_MORE_IRP_STACK_LOCATIONS`.
const NO_LOCATIONS: u32 = 0x35;

const INVALID_DEVICE_REQUEST: i32 = 0xC000_0010_u32.cast_signed();
const MORE_PROCESSING: i32 = 0xC000_0016_u32.cast_signed();

impl Kernel {
    /// Hands an IRP to a device of the driver's own.
    pub(crate) fn call_driver(&self, device: usize, irp: usize) -> i32 {
        let name = "IofCallDriver";
        if self.irp(irp, name).is_none() {
            return INVALID_DEVICE_REQUEST;
        }
        if !self.devices.borrow().has(device) {
            self.no_object(name);
        }
        let current = read::<i8>(irp + CURRENT) - 1;
        if current <= 0 {
            self.stop(Ended::BugCheck(NO_LOCATIONS, [irp, 0, 0, 0]));
        }
        write(irp + CURRENT, current);
        let location = read::<usize>(irp + LOCATION) - SIZE;
        write(irp + LOCATION, location);
        write(location + DEVICE, device);
        let major = read::<u8>(location).min(HIGHEST);
        let routine = read::<usize>(self.objects.at() + MAJOR + 8 * usize::from(major));
        if routine == 0 {
            write(irp + STATUS, INVALID_DEVICE_REQUEST);
            self.complete(irp, name);
            return INVALID_DEVICE_REQUEST;
        }
        memory::call_entry(routine, device, irp)
    }

    /// Completes an IRP, which nobody has done (K-2), and which no request of WSK's has (I-3).
    fn complete(&self, irp: usize, name: &'static str) {
        let Some(record) = self.irp(irp, name) else { return };
        if let Err(misuse) = record.check_there() {
            return self.misused(&misuse, name);
        }
        if record.in_use() {
            let found = format!("{name} was given an IRP whose request is under way");
            return self.report("I-3", found);
        }
        let count = read::<i8>(irp + COUNT);
        if read::<i8>(irp + CURRENT) > count + 1 {
            return self
                .report("K-2", format!("{name} was given an IRP that was completed before"));
        }
        loop {
            let location = read::<usize>(irp + LOCATION);
            let current = read::<i8>(irp + CURRENT) + 1;
            write(irp + CURRENT, current);
            write(irp + LOCATION, location + SIZE);
            if current > count + 1 {
                break;
            }
            let control = read::<u8>(location + CONTROL);
            write(irp + PENDING_RETURNED, control & PENDING);
            let [routine, context] = read::<[usize; 2]>(location + ROUTINE);
            let succeeded = read::<i32>(irp + STATUS) >= 0;
            let cancelled = read::<u8>(irp + CANCEL) != 0;
            let asked = control & if succeeded { ON_SUCCESS } else { ON_ERROR } != 0
                || cancelled && control & ON_CANCEL != 0;
            if asked && routine != 0 {
                // The one that allocated the IRP has no device.
                let device = if current == count + 1 { 0 } else { read(location + SIZE + DEVICE) };
                if memory::call_routine(routine, [device, irp, context]) == MORE_PROCESSING {
                    return;
                }
            } else if control & PENDING != 0 && current <= count {
                let above = location + SIZE + CONTROL;
                write(above, read::<u8>(above) | PENDING);
            }
        }
        if self.end_control(irp) {
            return;
        }
        // The system would free it, and tell a thread that asked for nothing.
        let found = format!("{name} completed an IRP of the driver's, and no routine took it over");
        self.report("I-3", found);
    }

    /// `IoCancelIrp`: runs the cancel routine that the driver has set, if there is one; whether there was.
    pub(crate) fn run_cancel_routine(&self, irp: usize) -> bool {
        let lock = self.cancel_lock();
        let level = self.acquire(lock, "IoCancelIrp");
        let routine = read::<usize>(irp + CANCEL_ROUTINE);
        write(irp + CANCEL_ROUTINE, 0_usize);
        if routine == 0 {
            self.release(lock, Some(level), "IoCancelIrp");
            return false;
        }
        write(irp + CANCEL_IRQL, level);
        let location = read::<usize>(irp + LOCATION);
        // One beyond the last is none.
        let inside = read::<i8>(irp + CURRENT) <= read::<i8>(irp + COUNT);
        let device = if inside { read::<usize>(location + DEVICE) } else { 0 };
        memory::call_two(routine, [device, irp]);
        if processor::here().level() as u8 != level {
            self.report_in("K-9", "a cancel routine left DISPATCH_LEVEL behind", routine as u64);
            self.lower_to(level);
        }
        true
    }

    /// The one lock of all cancels.
    fn cancel_lock(&self) -> usize {
        self.objects.at() + run::CANCEL_LOCK
    }
}

pub(crate) unsafe extern "C" fn call_driver(device: usize, irp: usize) -> i32 {
    border(place::IofCallDriver, |kernel| kernel.call_driver(device, irp))
}

pub(crate) unsafe extern "C" fn complete(irp: usize, _boost: i8) {
    border(place::IoCompleteRequest, |kernel| kernel.complete(irp, "IoCompleteRequest"));
}

pub(crate) unsafe extern "C" fn acquire_cancel_lock(level: usize) {
    border(place::IoAcquireCancelSpinLock, |kernel| {
        let before = kernel.acquire(kernel.cancel_lock(), "IoAcquireCancelSpinLock");
        write(level, before);
    });
}

pub(crate) unsafe extern "C" fn release_cancel_lock(level: u8) {
    border(place::IoReleaseCancelSpinLock, |kernel| {
        kernel.release(kernel.cancel_lock(), Some(level), "IoReleaseCancelSpinLock");
    });
}
