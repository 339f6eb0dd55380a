//! Levels: `KeRaiseIrql` and its relatives; what a thread says of itself; `PAGED_CODE`.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory;
use crate::core::irql::Irql;
use crate::provider::{levels, processor};

pub(crate) unsafe extern "C" fn current() -> u8 {
    border(place::KeGetCurrentIrql, |_| processor::here().level() as u8)
}

pub(crate) unsafe extern "C" fn raise(level: u8, before: usize) {
    border(place::KeRaiseIrql, |kernel| match levels::raise(Irql::new(level.into())) {
        Ok(level) => memory::write(before, level as u8),
        Err(range) => {
            memory::write(before, range.lowest as u8);
            kernel
                .report("K-9", format!("KeRaiseIrql was given {level} at {}", range.lowest.name()));
        }
    });
}

pub(crate) unsafe extern "C" fn lower(level: u8) {
    border(place::KeLowerIrql, |kernel| {
        if let Err(range) = levels::lower(Irql::new(level.into())) {
            kernel.report(
                "K-9",
                format!("KeLowerIrql was given {level} at {}", range.highest.name()),
            );
        }
    });
}

pub(crate) unsafe extern "C" fn paged_code(file: usize, line: u32) {
    border(place::wsksim_paged_code, |kernel| {
        let level = processor::here().level();
        if level > Irql::Apc {
            let file = memory::text(file);
            let found = format!("PAGED_CODE at {file}:{line} was reached at {}", level.name());
            kernel.report("Q-1", found);
        }
    });
}

pub(crate) unsafe extern "C" fn current_thread() -> usize {
    border(place::KeGetCurrentThread, |kernel| {
        let threads = kernel.threads.borrow();
        threads.get(kernel.current.get()).map_or(0, |thread| thread.object.at())
    })
}

/// The number of a thread's handle-like identity.
const STEP: usize = 4;

pub(crate) unsafe extern "C" fn current_thread_id() -> usize {
    border(place::PsGetCurrentThreadId, |kernel| STEP * kernel.current.get() as usize)
}

pub(crate) unsafe extern "C" fn current_process_id() -> usize {
    border(place::PsGetCurrentProcessId, |_| STEP)
}

/// The one process: the system's. Drivers only hand it back.
pub(crate) unsafe extern "C" fn current_process() -> usize {
    border(place::IoGetCurrentProcess, |kernel| kernel.objects.at())
}

pub(crate) unsafe extern "C" fn set_priority(_thread: usize, _priority: i32) -> i32 {
    border(place::KeSetPriorityThread, |_| 8)
}

pub(crate) unsafe extern "C" fn set_base_priority(_thread: usize, _increment: i32) -> i32 {
    border(place::KeSetBasePriorityThread, |_| 0)
}

pub(crate) unsafe extern "C" fn frames() -> usize {
    // No point of the scheduler: it belongs to a block of the driver's code.
    border(place::wsksim_frames, |kernel| {
        let threads = kernel.threads.borrow();
        threads.get(kernel.current.get()).map_or(0, |thread| thread.frames())
    })
}
