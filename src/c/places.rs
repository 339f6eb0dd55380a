//! Places: memory that drivers are shown piece by piece, in arrays that never move: an address tells at once which piece it
//! is, or that it is none. A place that is given back is not given again before many others are given back too, so that a
//! driver that uses it still is told apart from who has a new one.

use std::collections::VecDeque;

/// Places of the first array; each further one has as many as there are, up to the largest.
const FIRST: usize = 64;
const LARGEST: usize = 65_536;

#[derive(Debug)]
struct Array<T> {
    first: *mut T,
    length: usize,
    /// The place of its first among all.
    place: usize,
}

/// Pieces of memory by their places.
#[derive(Debug)]
pub(crate) struct Places<T> {
    /// By address.
    arrays: Vec<Array<T>>,
    pointers: Vec<*mut T>,
    /// Places that nobody has, those first that nobody ever had.
    free: VecDeque<u32>,
    fresh: usize,
    /// So many places rest before one is given again.
    resting: usize,
}

// SAFETY: the arrays are this one's alone to free, and what of them a driver reads from any thread its owner knows.
unsafe impl<T: Send> Send for Places<T> {}

impl<T: Default> Places<T> {
    /// None yet; so many rest before one is given again.
    pub(crate) fn new(resting: usize) -> Self {
        let (arrays, pointers, free) = (Vec::new(), Vec::new(), VecDeque::new());
        Self { arrays, pointers, free, fresh: 0, resting }
    }

    /// A place that nobody has.
    #[inline]
    pub(crate) fn take(&mut self) -> u32 {
        // Those that rest are behind those that nobody had.
        if self.fresh == 0 && self.free.len() <= self.resting {
            self.grow();
        }
        self.fresh = self.fresh.saturating_sub(1);
        self.free.pop_front().expect("Invariant: it has just grown, or more than rest")
    }

    /// Nobody has a place any more.
    #[inline]
    pub(crate) fn give(&mut self, place: u32) {
        self.free.push_back(place);
    }

    /// Room for more, if what is there is in use or rests.
    #[cold]
    fn grow(&mut self) {
        let length = self.pointers.len().clamp(FIRST, LARGEST);
        let array = (0..length).map(|_| T::default()).collect::<Box<[_]>>();
        let first = Box::into_raw(array).cast::<T>();
        let place = self.pointers.len();
        let after = self.arrays.partition_point(|other| other.first.addr() < first.addr());
        self.arrays.insert(after, Array { first, length, place });
        self.pointers.extend((0..length).map(|step| first.wrapping_add(step)));
        self.fresh = length;
        (place..place + length).rev().for_each(|place| self.free.push_front(place as u32));
    }
}

impl<T> Places<T> {
    /// Where a place lies.
    #[inline]
    pub(crate) fn at(&self, place: u32) -> *mut T {
        self.pointers[place as usize]
    }

    /// Where all places lie, also those that nobody has.
    pub(crate) fn all(&self) -> impl Iterator<Item = *mut T> {
        self.pointers.iter().copied()
    }

    /// The place that an address is the beginning of.
    #[inline]
    pub(crate) fn of(&self, address: usize) -> Option<u32> {
        let after = self.arrays.partition_point(|array| array.first.addr() <= address);
        let array = &self.arrays[after.checked_sub(1)?];
        let bytes = address - array.first.addr();
        let step = bytes / size_of::<T>();
        let is_one = step < array.length && bytes.is_multiple_of(size_of::<T>());
        is_one.then_some((array.place + step) as u32)
    }
}

impl<T> Drop for Places<T> {
    fn drop(&mut self) {
        for array in &self.arrays {
            let slice = std::ptr::slice_from_raw_parts_mut(array.first, array.length);
            // SAFETY: `grow` made it of a box of that length, and nobody else frees it.
            drop(unsafe { Box::from_raw(slice) });
        }
    }
}
