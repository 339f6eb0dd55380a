//! Timers: they lie in the driver's memory, and are due at an instant of virtual time.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, read, write};
use crate::c::kernel::threads::Kind;
use crate::c::kernel::waits::{TIMER, instant};
use crate::c::sanitizers;
use crate::core::irql::Irql;
use crate::provider::processor;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Where members of a `KTIMER` lie, and of a `KDPC`.
const STATE: usize = 4;
const WAITERS: usize = 8;
const DPC: usize = 48;
const PERIOD: usize = 60;
const ROUTINE: usize = 24;
/// Units of time in a millisecond.
const MILLI: u64 = 10_000;

/// The timers that are set: when each is due, and which was set first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeMap<(u64, u64), usize>,
    last: u64,
}

impl Timers {
    /// The next instant.
    pub(crate) fn next(&self) -> Option<u64> {
        self.due.keys().next().map(|(due, _)| *due)
    }

    fn set(&mut self, timer: usize, due: u64) {
        self.last += 1;
        self.due.insert((due, self.last), timer);
    }

    /// Whether it was set.
    fn cancel(&mut self, timer: usize) -> bool {
        let before = self.due.len();
        self.due.retain(|_, other| *other != timer);
        self.due.len() < before
    }
}

impl Kernel {
    /// Timers whose instant has come.
    pub(crate) fn ring(self: &Rc<Self>) {
        while self.timers.borrow().next().is_some_and(|due| due <= self.now.get()) {
            let Some(((due, _), timer)) = self.timers.borrow_mut().due.pop_first() else { return };
            let period = read::<u32>(timer + PERIOD);
            if period > 0 {
                self.timers.borrow_mut().set(timer, due + u64::from(period) * MILLI);
            }
            write(timer + STATE, 1_i32);
            self.signalled(timer);
            let dpc = read::<usize>(timer + DPC);
            if dpc != 0 {
                let routine = read::<usize>(dpc + ROUTINE);
                self.start(Kind::Arbitrary, routine as u64, move |_| {
                    sanitizers::acquire(timer);
                    processor::here().set_level(Irql::Dispatch);
                    let arguments = read::<[usize; 3]>(dpc + ROUTINE + 8);
                    memory::call_deferred(routine, dpc, arguments);
                    processor::here().set_level(Irql::Passive);
                });
            }
        }
    }

    fn set_timer(&self, timer: usize, due: i64, period: u32, dpc: usize) -> u8 {
        self.touch(timer, "KeSetTimer");
        let before = self.timers.borrow_mut().cancel(timer);
        write(timer + STATE, 0_i32);
        write(timer + DPC, dpc);
        write(timer + PERIOD, period);
        let due = instant(due, self.now.get());
        self.timers.borrow_mut().set(timer, due);
        u8::from(before)
    }
}

fn prepare(timer: usize, kind: u32) {
    memory::fill(timer, 64, 0);
    write(timer, [TIMER + u8::from(kind != 0), 0, 16, 0]);
    write(timer + WAITERS, [timer + WAITERS; 2]);
}

pub(crate) unsafe extern "C" fn initialize(timer: usize) {
    border(place::KeInitializeTimer, |_| prepare(timer, 0));
}

pub(crate) unsafe extern "C" fn initialize_ex(timer: usize, kind: u32) {
    border(place::KeInitializeTimerEx, |_| prepare(timer, kind));
}

pub(crate) unsafe extern "C" fn set(timer: usize, due: i64, dpc: usize) -> u8 {
    border(place::KeSetTimer, |kernel| kernel.set_timer(timer, due, 0, dpc))
}

pub(crate) unsafe extern "C" fn set_ex(timer: usize, due: i64, period: i32, dpc: usize) -> u8 {
    border(place::KeSetTimerEx, |kernel| kernel.set_timer(timer, due, period.cast_unsigned(), dpc))
}

pub(crate) unsafe extern "C" fn cancel(timer: usize) -> u8 {
    border(place::KeCancelTimer, |kernel| {
        kernel.touch(timer, "KeCancelTimer");
        u8::from(kernel.timers.borrow_mut().cancel(timer))
    })
}

pub(crate) unsafe extern "C" fn read_state(timer: usize) -> u8 {
    border(place::KeReadStateTimer, |_| u8::from(read::<i32>(timer + STATE) > 0))
}

pub(crate) unsafe extern "C" fn initialize_dpc(dpc: usize, routine: usize, context: usize) {
    border(place::KeInitializeDpc, |_| {
        memory::fill(dpc, 64, 0);
        write(dpc + ROUTINE, [routine, context]);
    });
}
