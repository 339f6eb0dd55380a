//! Prefetch: a hint to the processor, without effect on the program.

/// Asks for the cache line at `address`, which need not be valid.
#[inline]
pub(crate) fn prefetch_address(address: u64) {
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "a hint: the instruction never faults, whatever the address")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: PREFETCHT0 is defined for every address and changes no memory; every x86-64
        // processor has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::without_provenance(address as usize)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Asks for all cache lines of `value`.
#[inline]
pub(crate) fn prefetch_all<T>(value: &T) {
    let begin = std::ptr::from_ref(value).addr() as u64;
    for line in (0..size_of::<T>() as u64).step_by(64) {
        prefetch_address(begin + line);
    }
}

/// Asks for the cache line where `value` begins.
#[inline]
pub(crate) fn prefetch<T>(value: &T) {
    prefetch_address(std::ptr::from_ref(value).addr() as u64);
}
