//! Time: virtual, in units of 100 ns. It passes only when nothing else can happen.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory;

/// The system's time at the beginning of a run: 1 January 2024, in units since 1601.
pub(crate) const BEGINNING: u64 = 133_485_408_000_000_000;
/// `KeQueryTimeIncrement`.
const INCREMENT: u32 = 156_250;
/// Ticks of the performance counter in a second: its unit is that of time.
const FREQUENCY: i64 = 10_000_000;

pub(crate) unsafe extern "C" fn query_system_time(time: usize) {
    border(place::KeQuerySystemTime, |kernel| {
        memory::write(time, BEGINNING + kernel.now.get());
    });
}

pub(crate) unsafe extern "C" fn query_system_time_precise(time: usize) {
    border(place::KeQuerySystemTimePrecise, |kernel| {
        memory::write(time, BEGINNING + kernel.read_clock());
    });
}

pub(crate) unsafe extern "C" fn query_interrupt_time() -> u64 {
    border(place::KeQueryInterruptTime, |kernel| kernel.read_clock())
}

pub(crate) unsafe extern "C" fn query_tick_count(count: usize) {
    border(place::KeQueryTickCount, |kernel| {
        memory::write(count, kernel.read_clock() / u64::from(INCREMENT));
    });
}

pub(crate) unsafe extern "C" fn query_time_increment() -> u32 {
    border(place::KeQueryTimeIncrement, |_| INCREMENT)
}

pub(crate) unsafe extern "C" fn query_performance_counter(frequency: usize) -> i64 {
    border(place::KeQueryPerformanceCounter, |kernel| {
        memory::write(frequency, FREQUENCY);
        kernel.read_clock() as i64
    })
}

pub(crate) unsafe extern "C" fn stall(microseconds: u32) {
    border(place::KeStallExecutionProcessor, |kernel| {
        kernel.now.set(kernel.now.get() + 10 * u64::from(microseconds));
    });
}

impl super::Kernel {
    /// A look at the clock: it moves a little, so that a poll ends.
    fn read_clock(&self) -> u64 {
        self.now.set(self.now.get() + 10);
        self.now.get()
    }
}
