//! System: which one it says it is, its processors, numbers that only look random, and its functions by name.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::{KERNEL, place};
use crate::c::kernel::memory::{self, read, write};
use crate::c::kernel::table;
use crate::c::surface::{Function, How};

/// Where members of an `RTL_OSVERSIONINFOW` lie, and what it says: Windows 10 as the headers have it.
const VERSION: usize = 4;
const NUMBERS: [u32; 4] = [10, 0, 22_000, 2];
/// How many processors there are; a thread stays on one.
const PROCESSORS: u32 = 2;
/// `ALL_PROCESSOR_GROUPS`.
const ALL_GROUPS: u16 = 0xFFFF;
/// `MAXLONG`.
const MOST: u64 = 0x7FFF_FFFF;

pub(crate) unsafe extern "C" fn version(information: usize) -> i32 {
    border(place::RtlGetVersion, |_| {
        write(information + VERSION, NUMBERS);
        write(information + VERSION + 16, 0_u16);
        0
    })
}

/// As the documentation has it, the seed is changed, and the number is below `MAXLONG`.
pub(crate) unsafe extern "C" fn random(seed: usize) -> u32 {
    border(place::RtlRandomEx, |_| {
        let next = u64::from(read::<u32>(seed)).wrapping_mul(48_271).wrapping_add(12_345) % MOST;
        write(seed, next as u32);
        (next.wrapping_mul(16_807) % MOST) as u32
    })
}

pub(crate) unsafe extern "C" fn processor_count(affinity: usize) -> u32 {
    border(place::KeQueryActiveProcessorCount, |_| {
        write(affinity, (1_usize << PROCESSORS) - 1);
        PROCESSORS
    })
}

pub(crate) unsafe extern "C" fn processor_count_ex(group: u16) -> u32 {
    border(place::KeQueryActiveProcessorCountEx, |_| {
        if group == 0 || group == ALL_GROUPS { PROCESSORS } else { 0 }
    })
}

pub(crate) unsafe extern "C" fn processor_number(number: usize) -> u32 {
    border(place::KeGetCurrentProcessorNumberEx, |kernel| {
        let here = kernel.current.get() % PROCESSORS;
        write(number, [0_u8, 0, here as u8, 0]);
        here
    })
}

/// NULL for what the kernel does not have, and for what a driver has to call by its name here: functions that raise.
pub(crate) unsafe extern "C" fn routine_address(name: usize) -> usize {
    border(place::MmGetSystemRoutineAddress, |_| {
        let name = String::from_utf16_lossy(&memory::wide(name));
        let mut slots = Function::slots().take(KERNEL);
        let place = slots.position(|function| function.name == name && function.how == How::Import);
        place.map_or(0, |place| table::table()[place])
    })
}
