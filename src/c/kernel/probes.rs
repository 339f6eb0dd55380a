//! Probes: whether memory is there. All of a driver's is the process's own, so what it asks is answered by the system's list.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;

const PAGE: usize = 4_096;
/// `MmUserProbeAddress`: what lies above it is no user's.
const END: usize = 0x7FFF_FFFF_0000;
const ACCESS_VIOLATION: i32 = 0xC000_0005_u32.cast_signed();
const DATATYPE_MISALIGNMENT: i32 = 0x8000_0002_u32.cast_signed();

/// Whether each page of these bytes is there, and can be written to if that is asked.
fn is_there(at: usize, length: usize, writable: bool) -> bool {
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return at >= PAGE };
    let (mut next, end) = (at - at % PAGE, at.saturating_add(length.max(1)));
    for line in maps.lines() {
        let Some((range, rights)) = line.split_once(' ') else { continue };
        let Some((from, to)) = range.split_once('-') else { continue };
        let parsed = (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16));
        let (Ok(from), Ok(to)) = parsed else { continue };
        let fits = rights.starts_with('r') && (!writable || rights[1..].starts_with('w'));
        if fits && (from..to).contains(&next) {
            next = to;
        }
        if next >= end {
            return true;
        }
    }
    false
}

/// What a probe raises: nothing for no bytes.
fn probe(at: usize, length: usize, alignment: u32, writable: bool) -> i32 {
    if length == 0 {
        return 0;
    }
    if alignment > 0 && !at.is_multiple_of(alignment as usize) {
        return DATATYPE_MISALIGNMENT;
    }
    match at.checked_add(length) {
        Some(end) if end <= END && (!writable || is_there(at, length, true)) => 0,
        _ => ACCESS_VIOLATION,
    }
}

/// As in Windows it looks at the range alone: reading may still fail.
pub(crate) unsafe extern "C" fn for_read(at: usize, length: usize, alignment: u32) -> i32 {
    border(place::ProbeForRead, |_| probe(at, length, alignment, false))
}

pub(crate) unsafe extern "C" fn for_write(at: usize, length: usize, alignment: u32) -> i32 {
    border(place::ProbeForWrite, |_| probe(at, length, alignment, true))
}

pub(crate) unsafe extern "C" fn is_valid(at: usize) -> u8 {
    border(place::MmIsAddressValid, |_| u8::from(is_there(at, 1, false)))
}
