//! Slab: an array that grows by segments and never moves an element.
//!
//! A directory of lazily made segments. Look-up is wait-free: one acquire load of the segment's
//! pointer, then an index. Growth is blocking: threads that need the same missing segment wait for
//! the one that makes it. A segment comes zeroed from the allocator, so that memory which no socket
//! ever used stays unmapped.

use crate::core::sync::OnceLock;

/// Elements of one segment, as a power of two.
#[cfg(not(loom))]
pub(crate) const SEGMENT_BITS: u32 = 18;
#[cfg(loom)]
pub(crate) const SEGMENT_BITS: u32 = 3;

/// Elements of one segment.
pub(crate) const SEGMENT: usize = 1 << SEGMENT_BITS;

/// A type whose fresh value is all zero bytes, so that a segment can be taken as the allocator gives
/// it.
///
/// # Safety
///
/// A value of all zero bytes is valid and equal to `fresh()`.
#[allow(unsafe_code, reason = "the promise that `zeroed_segment` builds on")]
pub(crate) unsafe trait Zeroed: Sized {
    /// The fresh value, made element by element where atomics are modelled.
    #[cfg(loom)]
    fn fresh() -> Self;
}

// SAFETY: std's `AtomicU64` has the layout of `u64`, for which zero is a value, and its fresh value
// is `AtomicU64::new(0)`. Under loom, where this does not hold, `fresh` is used instead.
#[allow(unsafe_code, reason = "see SAFETY")]
unsafe impl Zeroed for crate::core::sync::AtomicU64 {
    #[cfg(loom)]
    fn fresh() -> Self {
        Self::new(0)
    }
}

/// An array of up to a fixed number of elements.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    segments: Box<[OnceLock<Box<[T]>>]>,
}

impl<T: Zeroed> Slab<T> {
    /// An empty slab that may grow to `limit` elements, rounded up to whole segments.
    pub(crate) fn new(limit: usize) -> Self {
        let count = limit.div_ceil(SEGMENT);
        Self { segments: (0..count).map(|_| OnceLock::new()).collect() }
    }

    /// The element at `index`, if its segment was made.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.segments.get(index >> SEGMENT_BITS)?.get()?.get(index & (SEGMENT - 1))
    }

    /// Up to `count` elements from `start` on that lie in one segment, if it was made.
    pub(crate) fn run(&self, start: usize, count: usize) -> Option<&[T]> {
        let within = start & (SEGMENT - 1);
        self.segments.get(start >> SEGMENT_BITS)?.get()?.get(within..within + count)
    }

    /// Makes every segment that `indices` needs.
    pub(crate) fn grow(&self, indices: std::ops::Range<usize>) {
        if indices.is_empty() {
            return;
        }
        let first = indices.start >> SEGMENT_BITS;
        let last = (indices.end - 1) >> SEGMENT_BITS;
        for segment in &self.segments[first..=last] {
            segment.get_or_init(zeroed_segment);
        }
    }
}

#[cfg(not(loom))]
#[allow(unsafe_code, reason = "one allocation per segment that stays unmapped until used")]
fn zeroed_segment<T: Zeroed>() -> Box<[T]> {
    let memory = Box::<[T]>::new_zeroed_slice(SEGMENT);
    // SAFETY: the allocation is zeroed and `T: Zeroed` says that zero bytes are its fresh value. Were
    // it wrong, `a_fresh_slot_is_free` and every table test would read garbage.
    unsafe { memory.assume_init() }
}

#[cfg(loom)]
fn zeroed_segment<T: Zeroed>() -> Box<[T]> {
    (0..SEGMENT).map(|_| T::fresh()).collect()
}
