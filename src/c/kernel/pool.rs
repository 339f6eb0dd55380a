//! Pool: memory that a driver allocates, by tag and place of the call. What is freed stays for a while, so that it is told
//! apart from what is allocated next.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, Block};
use crate::c::sanitizers;
use crate::c::site::{self, Stack};
use foldhash::HashMap;
use std::collections::{BTreeMap, VecDeque};

/// So many bytes a driver has in all, as a machine of a moderate size gives it.
const ROOM: usize = 512 << 20;
/// So many bytes of freed memory stay.
const RESTING: usize = 8 << 20;
/// What uninitialised memory holds, and freed memory.
pub(crate) const FRESH: u8 = 0xCD;
const FREED: u8 = 0xDD;
/// `POOL_FLAG_UNINITIALIZED`.
const UNINITIALIZED: u64 = 0x2;
/// A tag that is not looked at.
const NO_TAG: u32 = 0;
/// The tag of `ExAllocatePool`.
const NONE: u32 = u32::from_le_bytes(*b"None");
/// The tag of strings.
const STRING: u32 = u32::from_le_bytes(*b"Strg");

#[derive(Debug)]
struct Allocated {
    block: Block,
    length: usize,
    tag: u32,
    stack: Stack,
}

/// A driver's pool.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    live: BTreeMap<usize, Allocated>,
    /// Bytes of these.
    used: usize,
    /// Freed blocks that stay, and where each was freed.
    freed: HashMap<usize, u64>,
    resting: VecDeque<Block>,
    bytes: usize,
}

/// A tag as the driver writes it.
fn name_of(tag: u32) -> String {
    let letters =
        tag.to_le_bytes().map(|byte| if byte.is_ascii_graphic() { byte as char } else { ' ' });
    format!("'{}'", letters.iter().collect::<String>())
}

impl Pool {
    /// What was not freed, and where it was allocated (K-1).
    pub(crate) fn left(&self) -> Vec<(String, Stack)> {
        let told = |one: &Allocated| {
            let found = format!("{} bytes of tag {} were not freed", one.length, name_of(one.tag));
            (found, one.stack)
        };
        self.live.values().map(told).collect()
    }

    fn rest(&mut self, at: usize, block: Block, freed: u64) {
        memory::fill(block.at(), block.length(), FREED);
        sanitizers::poison(block.at(), block.length());
        self.bytes += block.length();
        self.freed.insert(at, freed);
        self.resting.push_back(block);
        while self.bytes > RESTING
            && let Some(block) = self.resting.pop_front()
        {
            self.bytes -= block.length();
            sanitizers::unpoison(block.at(), block.length());
            self.freed.remove(&block.at());
        }
    }
}

/// How far beyond a block an address is still told of it.
const NEAR: usize = 64;

/// What the pool of the driver that runs knows of an address, for the reader of a sanitizer's report: how long the block is,
/// where in it the address lies, and where it was allocated and freed, as addresses of the driver's file.
pub(crate) fn told_of(address: usize) -> String {
    super::border::running(|kernel| kernel.told_of(address)).flatten().unwrap_or_default()
}

impl Kernel {
    fn told_of(&self, address: usize) -> Option<String> {
        let pool = self.pool.try_borrow().ok()?;
        let near = |at: usize, length: usize| {
            (at.saturating_sub(NEAR)..at + length + NEAR).contains(&address)
        };
        let file = |site: u64| if site == 0 { 0 } else { site.wrapping_sub(self.image.base) };
        let told = |at: usize, length: usize, allocated: u64, freed: u64| {
            let place = address as i64 - at as i64;
            format!("block {length} {place} {:x} {:x}", file(allocated), file(freed))
        };
        let freed = pool.resting.iter().find(|block| near(block.at(), block.length()));
        if let Some(block) = freed {
            let site = pool.freed.get(&block.at()).copied().unwrap_or_default();
            return Some(told(block.at(), block.length(), 0, site));
        }
        let mut live = pool.live.range(..=address + NEAR).rev().take(2);
        let (at, one) = live.find(|(at, one)| near(**at, one.length))?;
        Some(told(*at, one.length, one.stack.at, 0))
    }

    pub(crate) fn allocate(&self, length: usize, tag: u32, byte: u8) -> usize {
        if self.refuses_allocation() {
            return 0;
        }
        if length > ROOM - self.pool.borrow().used {
            return 0;
        }
        // As in Windows, what fills pages begins with one.
        let boundary = if length >= 4_096 { 4_096 } else { 16 };
        let Some(block) = Block::aligned(length, boundary) else { return 0 };
        if byte != 0 {
            memory::fill(block.at(), block.length(), byte);
        }
        let at = block.at();
        let allocated = Allocated { block, length, tag, stack: self.stack() };
        let mut pool = self.pool.borrow_mut();
        pool.used += length;
        pool.live.insert(at, allocated);
        at
    }

    /// Allocates, unless that fails here.
    fn ask_pool(&self, place: usize, length: usize, tag: u32, byte: u8) -> usize {
        if self.fails(place) { 0 } else { self.allocate(length, tag, byte) }
    }

    /// Frees memory of this tag (K-2, K-3).
    pub(crate) fn free_pool(&self, at: usize, tag: u32, name: &'static str) {
        let found = {
            let mut pool = self.pool.borrow_mut();
            match pool.live.remove(&at) {
                Some(found) => {
                    pool.used -= found.length;
                    Ok(found)
                }
                None => Err(pool.freed.get(&at).copied()),
            }
        };
        let Allocated { block, length, tag: own, stack } = match found {
            Ok(found) => found,
            Err(Some(before)) => {
                let found = format!(
                    "{name} was given memory that was freed before at {}",
                    self.place(before)
                );
                return self.report_against("K-2", found, before);
            }
            Err(None) => {
                return self.report(
                    "K-2",
                    format!("{name} was given what was not allocated from the pool"),
                );
            }
        };
        if tag != NO_TAG && tag != own {
            let found = format!(
                "{name} was given the tag {}, and the memory has {}",
                name_of(tag),
                name_of(own)
            );
            self.report_against("K-3", found, stack.at);
        }
        self.check_held(at, length, name);
        self.check_in_use(at, length, name);
        self.pool.borrow_mut().rest(at, block, site::here());
    }

    /// Memory of a string that the kernel makes.
    pub(crate) fn allocate_string(&self, length: usize) -> usize {
        self.allocate(length, STRING, 0)
    }

    /// Frees it; NULL is none.
    pub(crate) fn free_string(&self, at: usize, name: &'static str) {
        if at != 0 {
            self.free_pool(at, STRING, name);
        }
    }

    /// Whether the provider still holds some of it: a context before its close completed (C-14), or memory of a request that
    /// waits (I-9).
    pub(crate) fn check_held(&self, at: usize, length: usize, name: &'static str) {
        if self.driver().has_context(at, length) {
            self.report(
                "C-14",
                format!("{name} was given a socket's context, whose close has not completed"),
            );
        }
        if let Some(site) = self.driver().user_of(at, length) {
            let found = format!("{name} was given memory of a request that is under way");
            self.report_against("I-9", found, site);
        }
    }
}

pub(crate) unsafe extern "C" fn allocate(_kind: u32, length: usize) -> usize {
    border(place::ExAllocatePool, |kernel| {
        kernel.ask_pool(place::ExAllocatePool, length, NONE, FRESH)
    })
}

pub(crate) unsafe extern "C" fn allocate_tagged(_kind: u32, length: usize, tag: u32) -> usize {
    border(place::ExAllocatePoolWithTag, |kernel| {
        kernel.ask_pool(place::ExAllocatePoolWithTag, length, tag, FRESH)
    })
}

pub(crate) unsafe extern "C" fn allocate_quota(_kind: u32, length: usize, tag: u32) -> usize {
    border(place::ExAllocatePoolWithQuotaTag, |kernel| kernel.allocate(length, tag, FRESH))
}

pub(crate) unsafe extern "C" fn allocate_zero(_kind: u32, length: usize, tag: u32) -> usize {
    border(place::ExAllocatePoolZero, |kernel| {
        kernel.ask_pool(place::ExAllocatePoolZero, length, tag, 0)
    })
}

pub(crate) unsafe extern "C" fn allocate_fresh(_kind: u32, length: usize, tag: u32) -> usize {
    border(place::ExAllocatePoolUninitialized, |kernel| {
        kernel.ask_pool(place::ExAllocatePoolUninitialized, length, tag, FRESH)
    })
}

pub(crate) unsafe extern "C" fn allocate_2(flags: u64, length: usize, tag: u32) -> usize {
    border(place::ExAllocatePool2, |kernel| {
        let byte = if flags & UNINITIALIZED == 0 { 0 } else { FRESH };
        kernel.ask_pool(place::ExAllocatePool2, length, tag, byte)
    })
}

pub(crate) unsafe extern "C" fn free(at: usize) {
    border(place::ExFreePool, |kernel| kernel.free_pool(at, NO_TAG, "ExFreePool"));
}

pub(crate) unsafe extern "C" fn free_tagged(at: usize, tag: u32) {
    border(place::ExFreePoolWithTag, |kernel| kernel.free_pool(at, tag, "ExFreePoolWithTag"));
}

pub(crate) unsafe extern "C" fn free_2(at: usize, tag: u32, _parameters: usize, _count: u32) {
    border(place::ExFreePool2, |kernel| kernel.free_pool(at, tag, "ExFreePool2"));
}
