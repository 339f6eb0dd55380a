//! Large pages: advice to the system, without effect on the program.

use std::mem::MaybeUninit;

/// A large page of the common architectures, in bytes.
pub(crate) const LARGE_PAGE: usize = 2 << 20;

/// Asks the system to map the whole large pages within `memory` at once when they are first touched; a
/// system that will not maps small ones. For memory that will be filled: what is touched is mapped.
pub(crate) fn ask_for_large_pages<T>(memory: &[MaybeUninit<T>]) {
    #[cfg(target_os = "linux")]
    {
        let start = memory.as_ptr().cast::<u8>();
        let before = start.align_offset(LARGE_PAGE);
        let bytes = size_of_val(memory).saturating_sub(before) / LARGE_PAGE * LARGE_PAGE;
        if bytes > 0 {
            let first = start.wrapping_add(before).cast_mut();
            // SAFETY: the range lies within `memory`, and the advice changes no contents.
            let _ = unsafe { libc::madvise(first.cast(), bytes, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}
