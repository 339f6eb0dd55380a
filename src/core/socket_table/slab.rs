//! Slab: an array that grows by segments and never moves an element.
//!
//! A directory of lazily made segments, each twice as long as the one before, so that a handful of
//! elements cost a page and hundreds of millions a few dozen allocations. Look-up is wait-free: one
//! acquire load of the segment's pointer, then an index. Growth is blocking: threads that need the
//! same missing segment wait for the one that makes it. A segment comes zeroed from the allocator, so
//! that memory which no element ever used stays unmapped. Long segments ask for large pages, because
//! elements are met in random order and a page walk costs as much as a cache miss.

use crate::core::sync::OnceLock;

/// A type whose fresh value is all zero bytes, so that a segment can be taken as the allocator gives
/// it.
///
/// # Safety
///
/// A value of all zero bytes is valid and fresh, the type needs no drop, and it may be shared between
/// threads.
#[allow(unsafe_code, reason = "the promise that `Segment` builds on")]
pub(crate) unsafe trait Zeroed: Sized + Sync {
    /// The fresh value, made element by element where atomics are modelled.
    #[cfg(loom)]
    fn fresh() -> Self;
}

// SAFETY: std's `AtomicU64` has the layout of `u64`, for which zero is a value, needs no drop and is
// shared by its purpose. Under loom, where this does not hold, `fresh` is used instead.
#[allow(unsafe_code, reason = "see SAFETY")]
unsafe impl Zeroed for crate::core::sync::AtomicU64 {
    #[cfg(loom)]
    fn fresh() -> Self {
        Self::new(0)
    }
}

/// The allocator had no memory for a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoMemory;

/// More segments than any limit of ours needs.
const SEGMENTS: usize = 32;

/// An array whose first segment has `1 << BASE_BITS` elements.
#[derive(Debug)]
pub(crate) struct Slab<T, const BASE_BITS: u32> {
    segments: [OnceLock<Segment<T>>; SEGMENTS],
}

impl<T: Zeroed, const BASE_BITS: u32> Slab<T, BASE_BITS> {
    pub(crate) fn new() -> Self {
        Self { segments: [const { OnceLock::new() }; SEGMENTS] }
    }

    /// Segment and place of the element at `index`: segment n begins at `(2^n - 1) << BASE_BITS`.
    #[inline]
    const fn locate(index: usize) -> (usize, usize) {
        let shifted = index + (1 << BASE_BITS);
        let top = shifted.ilog2();
        ((top - BASE_BITS) as usize, shifted ^ (1 << top))
    }

    /// The element at `index`, if its segment was made.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let (segment, place) = Self::locate(index);
        self.segments.get(segment)?.get()?.elements().get(place)
    }

    /// The `count` elements from `start` on, if they lie in one segment that was made.
    #[inline]
    pub(crate) fn run(&self, start: usize, count: usize) -> Option<&[T]> {
        let (segment, place) = Self::locate(start);
        self.segments.get(segment)?.get()?.elements().get(place..place + count)
    }

    /// Makes every segment that `indices` needs.
    pub(crate) fn grow(&self, indices: std::ops::Range<usize>) -> Result<(), NoMemory> {
        if indices.is_empty() {
            return Ok(());
        }
        let (first, _) = Self::locate(indices.start);
        let (last, _) = Self::locate(indices.end - 1);
        for number in first..=last {
            let segment = self.segments.get(number).ok_or(NoMemory)?;
            if segment.get().is_none() {
                let made = Segment::new(1 << (number as u32 + BASE_BITS)).ok_or(NoMemory)?;
                // Another thread may have been faster: then this one's memory goes back untouched.
                let _ = segment.set(made);
            }
        }
        Ok(())
    }
}

#[cfg(not(loom))]
mod memory {
    use super::Zeroed;
    use crate::core::large_pages::{LARGE_PAGE, ask_for_large_pages};
    use std::alloc::{Layout, alloc_zeroed, dealloc};
    use std::mem::MaybeUninit;
    use std::ptr::NonNull;

    /// A cache line: elements never straddle one that they could fit.
    const LINE: usize = 64;

    /// Zeroed elements at a cache-line boundary, or at a large page's when there are enough of them.
    ///
    /// The allocator zeroes lazily only for its own alignment, so the memory has room to shift the
    /// first element to the boundary.
    #[derive(Debug)]
    pub(crate) struct Segment<T> {
        memory: NonNull<u8>,
        layout: Layout,
        first: NonNull<T>,
        length: usize,
    }

    // SAFETY: the raw pointers are to memory that only this segment owns and that is handed out as
    // shared references to `T`, which `Zeroed` requires to be `Sync`; nothing refers to a thread.
    #[allow(unsafe_code, reason = "see SAFETY")]
    unsafe impl<T: Zeroed> Send for Segment<T> {}
    // SAFETY: as for `Send`.
    #[allow(unsafe_code, reason = "see SAFETY")]
    unsafe impl<T: Zeroed> Sync for Segment<T> {}

    impl<T: Zeroed> Segment<T> {
        #[allow(unsafe_code, reason = "memory that stays unmapped until it is used")]
        pub(crate) fn new(length: usize) -> Option<Self> {
            const {
                assert!(
                    size_of::<T>() > 0 && align_of::<T>() <= LINE && !std::mem::needs_drop::<T>()
                )
            };
            let bytes = length.checked_mul(size_of::<T>())?;
            let boundary = if bytes < LARGE_PAGE { LINE } else { LARGE_PAGE };
            let layout = Layout::from_size_align(bytes.checked_add(boundary)?, 1).ok()?;
            // SAFETY: the layout has a size above zero.
            let memory = NonNull::new(unsafe { alloc_zeroed(layout) })?;
            let shift = memory.align_offset(boundary);
            // SAFETY: the shift is below the boundary, and as many bytes more than the elements were
            // allocated.
            let first = unsafe { memory.add(shift) }.cast::<T>();
            // SAFETY: `length` elements lie at `first`, in memory of this segment's own.
            ask_for_large_pages(unsafe {
                std::slice::from_raw_parts(first.cast::<MaybeUninit<T>>().as_ptr(), length)
            });
            Some(Self { memory, layout, first, length })
        }

        #[inline]
        #[allow(unsafe_code, reason = "the elements of the segment's own memory")]
        pub(crate) fn elements(&self) -> &[T] {
            // SAFETY: `length` elements lie at `first`, aligned, zeroed, hence valid by `Zeroed`, and
            // live as long as the segment. Were it wrong, every table test would read garbage.
            unsafe { std::slice::from_raw_parts(self.first.as_ptr(), self.length) }
        }
    }

    impl<T> Drop for Segment<T> {
        #[allow(unsafe_code, reason = "gives the memory back")]
        fn drop(&mut self) {
            // SAFETY: allocated in `new` with this layout; the elements need no drop.
            unsafe { dealloc(self.memory.as_ptr(), self.layout) };
        }
    }
}

#[cfg(loom)]
mod memory {
    use super::Zeroed;

    /// Elements one by one, as loom's atomics want it.
    #[derive(Debug)]
    pub(crate) struct Segment<T>(Box<[T]>);

    impl<T: Zeroed> Segment<T> {
        pub(crate) fn new(length: usize) -> Option<Self> {
            Some(Self((0..length).map(|_| T::fresh()).collect()))
        }

        pub(crate) fn elements(&self) -> &[T] {
            &self.0
        }
    }
}

use memory::Segment;
