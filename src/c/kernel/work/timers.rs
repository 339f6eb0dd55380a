//! Timers: they lie in the driver's memory, and are due at an instant of virtual time.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, read, write};
use crate::c::kernel::waits::{TIMER, instant};
use crate::c::{sanitizers, site};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// Where members of a `KTIMER` lie.
const STATE: usize = 4;
const WAITERS: usize = 8;
const DPC: usize = 48;
const PERIOD: usize = 60;
const SIZE: usize = 64;
/// Units of time in a millisecond.
const MILLI: u64 = 10_000;

/// A timer that is set.
#[derive(Clone, Copy, Debug)]
struct Set {
    timer: usize,
    site: u64,
}

/// The timers that are set: when each is due, and which was set first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeMap<(u64, u64), Set>,
    last: u64,
}

impl Timers {
    /// The next instant.
    pub(crate) fn next(&self) -> Option<u64> {
        self.due.keys().next().map(|(due, _)| *due)
    }

    fn set(&mut self, set: Set, due: u64) {
        self.last += 1;
        self.due.insert((due, self.last), set);
    }

    /// Whether it was set.
    fn cancel(&mut self, timer: usize) -> bool {
        let before = self.due.len();
        self.due.retain(|_, other| other.timer != timer);
        self.due.len() < before
    }

    /// Where one was set that lies in these bytes.
    pub(super) fn within(&self, range: &Range<usize>) -> Option<u64> {
        self.due.values().find(|set| range.contains(&set.timer)).map(|set| set.site)
    }

    /// Where those were set that are due some time.
    pub(super) fn left(&self) -> Vec<u64> {
        self.due.values().map(|set| set.site).collect()
    }
}

impl Kernel {
    /// Timers whose instant has come.
    pub(crate) fn ring(self: &Rc<Self>) {
        while self.work.borrow().timers.next().is_some_and(|due| due <= self.now.get()) {
            let first = self.work.borrow_mut().timers.due.pop_first();
            let Some(((due, _), set)) = first else { return };
            let timer = set.timer;
            let period = read::<u32>(timer + PERIOD);
            if period > 0 {
                self.work.borrow_mut().timers.set(set, due + u64::from(period) * MILLI);
            }
            write(timer + STATE, 1_i32);
            self.signalled(timer);
            let dpc = read::<usize>(timer + DPC);
            if dpc != 0 {
                self.insert_dpc(dpc, None, set.site);
            }
        }
    }

    fn set_timer(&self, timer: usize, due: i64, period: u32, dpc: usize, name: &'static str) -> u8 {
        if timer == 0 || read::<usize>(timer + WAITERS) == 0 {
            self.no_object(name);
        }
        self.touch(timer, name);
        let mut work = self.work.borrow_mut();
        let before = work.timers.cancel(timer);
        write(timer + STATE, 0_i32);
        write(timer + DPC, dpc);
        sanitizers::release(dpc);
        write(timer + PERIOD, period);
        let due = instant(due, self.now.get());
        work.timers.set(Set { timer, site: site::here() }, due);
        u8::from(before)
    }

    fn prepare_timer(&self, timer: usize, kind: u32, name: &'static str) {
        self.check_in_use(timer, SIZE, name);
        memory::fill(timer, SIZE, 0);
        write(timer, [TIMER + u8::from(kind != 0), 0, 16, 0]);
        write(timer + WAITERS, [timer + WAITERS; 2]);
    }
}

pub(crate) unsafe extern "C" fn initialize(timer: usize) {
    border(place::KeInitializeTimer, |kernel| {
        kernel.prepare_timer(timer, 0, "KeInitializeTimer");
    });
}

pub(crate) unsafe extern "C" fn initialize_ex(timer: usize, kind: u32) {
    border(place::KeInitializeTimerEx, |kernel| {
        kernel.prepare_timer(timer, kind, "KeInitializeTimerEx");
    });
}

pub(crate) unsafe extern "C" fn set(timer: usize, due: i64, dpc: usize) -> u8 {
    border(place::KeSetTimer, |kernel| kernel.set_timer(timer, due, 0, dpc, "KeSetTimer"))
}

pub(crate) unsafe extern "C" fn set_ex(timer: usize, due: i64, period: i32, dpc: usize) -> u8 {
    border(place::KeSetTimerEx, |kernel| {
        kernel.set_timer(timer, due, period.cast_unsigned(), dpc, "KeSetTimerEx")
    })
}

/// The delay that is tolerable may be none, so it is none.
pub(crate) unsafe extern "C" fn set_coalescable(
    timer: usize,
    due: i64,
    period: u32,
    _tolerable: u32,
    dpc: usize,
) -> u8 {
    border(place::KeSetCoalescableTimer, |kernel| {
        kernel.set_timer(timer, due, period, dpc, "KeSetCoalescableTimer")
    })
}

pub(crate) unsafe extern "C" fn cancel(timer: usize) -> u8 {
    border(place::KeCancelTimer, |kernel| {
        kernel.touch(timer, "KeCancelTimer");
        u8::from(kernel.work.borrow_mut().timers.cancel(timer))
    })
}

pub(crate) unsafe extern "C" fn read_state(timer: usize) -> u8 {
    border(place::KeReadStateTimer, |_| u8::from(read::<i32>(timer + STATE) > 0))
}
