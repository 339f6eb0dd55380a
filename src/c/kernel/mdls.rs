//! MDLs: real memory with the places of the headers; every page is there, locked or not.

use crate::c::driver::always;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, Block};
use crate::c::site::{self, Stack};
use crate::c::structures::LONGEST_CHAIN;
use foldhash::HashMap;
use std::collections::VecDeque;

const PAGE: usize = 4_096;
/// `sizeof(MDL)`, and where its members lie.
const SIZE: usize = 48;
const FLAGS: usize = 10;
const MAPPED: usize = 24;
const START: usize = 32;
const COUNT: usize = 40;
const OFFSET: usize = 44;
/// `MDL_MAPPED_TO_SYSTEM_VA`, `MDL_PAGES_LOCKED`, `MDL_SOURCE_IS_NONPAGED_POOL`, `MDL_PARTIAL`.
const MAPPED_TO_SYSTEM: u16 = 0x1;
const LOCKED: u16 = 0x2;
const NONPAGED: u16 = 0x4;
const PARTIAL: u16 = 0x10;
/// `MdlAddress` of an IRP.
const MDL_ADDRESS: usize = 8;
const ACCESS_VIOLATION: i32 = 0xC000_0005_u32.cast_signed();
/// So many freed ones stay, to be told apart.
const RESTING: usize = 4_096;

/// The MDLs of a driver.
#[derive(Debug, Default)]
pub(crate) struct Mdls {
    /// In the order of their allocation, with its place.
    live: Vec<(Block, Stack)>,
    places: HashMap<usize, usize>,
    freed: HashMap<usize, u64>,
    resting: VecDeque<Block>,
}

impl Mdls {
    /// What was not freed, and where it was allocated (K-4).
    pub(crate) fn left(&self) -> Vec<(String, Stack)> {
        self.live.iter().map(|(_, at)| ("an MDL was not freed".to_owned(), *at)).collect()
    }

    /// Where one was freed that is not there any more.
    pub(crate) fn freed(&self, mdl: usize) -> Option<u64> {
        self.freed.get(&mdl).copied()
    }

    fn remove(&mut self, mdl: usize) -> Option<Block> {
        let place = self.places.remove(&mdl)?;
        let (block, _) = self.live.swap_remove(place);
        if let Some((moved, _)) = self.live.get(place) {
            self.places.insert(moved.at(), place);
        }
        Some(block)
    }
}

fn pages(address: usize, length: usize) -> usize {
    (address % PAGE + length).div_ceil(PAGE)
}

fn describe(mdl: usize, address: usize, length: u32) {
    let size = SIZE + 8 * pages(address, length as usize);
    memory::write(mdl, 0_usize);
    memory::write(mdl + 8, [size as u16, 0]);
    memory::write(mdl + START, address - address % PAGE);
    memory::write(mdl + COUNT, [length, (address % PAGE) as u32]);
}

fn virtual_address(mdl: usize) -> usize {
    memory::read::<usize>(mdl + START) + memory::read::<u32>(mdl + OFFSET) as usize
}

fn set_flags(mdl: usize, set: u16, clear: u16) {
    let flags = memory::read::<u16>(mdl + FLAGS);
    memory::write(mdl + FLAGS, flags & !clear | set);
}

pub(crate) unsafe extern "C" fn allocate(
    address: usize,
    length: u32,
    secondary: u8,
    _quota: u8,
    irp: usize,
) -> usize {
    border(place::IoAllocateMdl, |kernel| {
        if kernel.refuses_allocation() || kernel.fails(place::IoAllocateMdl) {
            return 0;
        }
        let Some(block) = Block::new(SIZE + 8 * pages(address, length as usize)) else { return 0 };
        let mdl = block.at();
        describe(mdl, address, length);
        let mut mdls = kernel.mdls.borrow_mut();
        let place = mdls.live.len();
        mdls.live.push((block, kernel.stack()));
        mdls.places.insert(mdl, place);
        if irp != 0 && secondary == 0 {
            memory::write(irp + MDL_ADDRESS, mdl);
        } else if irp != 0 {
            let mut last = memory::read::<usize>(irp + MDL_ADDRESS);
            let mut seen = 0;
            while last != 0 && memory::read::<usize>(last) != 0 && seen < LONGEST_CHAIN {
                (last, seen) = (memory::read::<usize>(last), seen + 1);
            }
            memory::write(last, mdl);
        }
        mdl
    })
}

pub(crate) unsafe extern "C" fn free(mdl: usize) {
    border(place::IoFreeMdl, |kernel| {
        let mut app = kernel.application();
        let may =
            kernel.driver().with_door(|door| door.may_free(&mut app, "IoFreeMdl", mdl as u64));
        if !always(may) {
            return;
        }
        let removed = kernel.mdls.borrow_mut().remove(mdl);
        let Some(block) = removed else {
            let before = kernel.mdls.borrow().freed(mdl).map(|at| kernel.place(at));
            let found = match before {
                Some(before) => {
                    format!("IoFreeMdl was given an MDL that was freed before at {before}")
                }
                None => "IoFreeMdl was given what IoAllocateMdl had not returned".into(),
            };
            return kernel.report("K-2", found);
        };
        let mut mdls = kernel.mdls.borrow_mut();
        mdls.freed.insert(mdl, site::here());
        mdls.resting.push_back(block);
        if mdls.resting.len() > RESTING
            && let Some(oldest) = mdls.resting.pop_front()
        {
            mdls.freed.remove(&oldest.at());
        }
    });
}

pub(crate) unsafe extern "C" fn build_partial(
    source: usize,
    target: usize,
    address: usize,
    length: u32,
) {
    border(place::IoBuildPartialMdl, |_| {
        let (start, count) = (virtual_address(source), memory::read::<u32>(source + COUNT));
        // 0: up to the end.
        let length = if length == 0 { (start + count as usize - address) as u32 } else { length };
        describe(target, address, length);
        let mapped = memory::read::<u16>(source + FLAGS) & (MAPPED_TO_SYSTEM | NONPAGED);
        set_flags(target, PARTIAL | mapped, 0);
        memory::write(target + MAPPED, address);
    });
}

pub(crate) unsafe extern "C" fn build_nonpaged(mdl: usize) {
    border(place::MmBuildMdlForNonPagedPool, |_| {
        memory::write(mdl + MAPPED, virtual_address(mdl));
        set_flags(mdl, NONPAGED, 0);
    });
}

pub(crate) unsafe extern "C" fn probe_and_lock(mdl: usize, _mode: u8, _operation: u32) -> i32 {
    border(place::MmProbeAndLockPages, |_| {
        // The first page is never there.
        if virtual_address(mdl) < PAGE {
            return ACCESS_VIOLATION;
        }
        set_flags(mdl, LOCKED, 0);
        0
    })
}

pub(crate) unsafe extern "C" fn unlock(mdl: usize) {
    border(place::MmUnlockPages, |_| set_flags(mdl, 0, LOCKED | MAPPED_TO_SYSTEM));
}

pub(crate) unsafe extern "C" fn map(
    mdl: usize,
    _mode: u8,
    _cache: u32,
    _address: usize,
    _bug_check: u32,
    _priority: u32,
) -> usize {
    border(place::MmMapLockedPagesSpecifyCache, |_| {
        let address = virtual_address(mdl);
        memory::write(mdl + MAPPED, address);
        set_flags(mdl, MAPPED_TO_SYSTEM, 0);
        address
    })
}

pub(crate) unsafe extern "C" fn unmap(_address: usize, mdl: usize) {
    border(place::MmUnmapLockedPages, |_| set_flags(mdl, 0, MAPPED_TO_SYSTEM));
}

pub(crate) unsafe extern "C" fn size_of(base: usize, length: usize) -> usize {
    border(place::MmSizeOfMdl, |_| SIZE + 8 * pages(base, length))
}
