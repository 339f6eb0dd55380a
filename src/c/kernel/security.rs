//! Security: descriptors that a driver hands to WSK. Nobody is refused by one here.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, write};

const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
const INSUFFICIENT_RESOURCES: i32 = 0xC000_009A_u32.cast_signed();
/// The tag of descriptors, and how long they are: `SECURITY_DESCRIPTOR_REVISION` and nothing else.
const TAG: u32 = u32::from_le_bytes(*b"SeSd");
const LENGTH: usize = 40;
/// `sizeof(SECURITY_SUBJECT_CONTEXT)`.
const CONTEXT: usize = 32;

pub(crate) unsafe extern "C" fn capture_context(context: usize) {
    border(place::SeCaptureSubjectContext, |_| memory::fill(context, CONTEXT, 0));
}

pub(crate) unsafe extern "C" fn release_context(_context: usize) {
    border(place::SeReleaseSubjectContext, |_| ());
}

pub(crate) unsafe extern "C" fn assign(
    _parent: usize,
    _explicit: usize,
    out: usize,
    _is_directory: u8,
    _context: usize,
    _mapping: usize,
    _kind: u32,
) -> i32 {
    border(place::SeAssignSecurity, |kernel| {
        if out == 0 {
            return INVALID_PARAMETER;
        }
        let descriptor = kernel.allocate(LENGTH, TAG, 0);
        write(descriptor, 1_u8);
        write(out, descriptor);
        if descriptor == 0 { INSUFFICIENT_RESOURCES } else { 0 }
    })
}

pub(crate) unsafe extern "C" fn deassign(place: usize) -> i32 {
    border(place::SeDeassignSecurity, |kernel| {
        let descriptor = memory::read::<usize>(place);
        if descriptor != 0 {
            kernel.free_pool(descriptor, TAG, "SeDeassignSecurity");
        }
        write(place, 0_usize);
        0
    })
}

/// `FILE_GENERIC_READ`, `FILE_GENERIC_WRITE`, `FILE_GENERIC_EXECUTE`, `FILE_ALL_ACCESS`.
static FILE_MAPPING: [u32; 4] = [0x0012_0089, 0x0012_0116, 0x0012_00A0, 0x001F_01FF];

pub(crate) unsafe extern "C" fn file_mapping() -> usize {
    border(place::IoGetFileObjectGenericMapping, |_| FILE_MAPPING.as_ptr().expose_provenance())
}
