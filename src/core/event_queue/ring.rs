//! Ring of segments: where the queue's words lie.
//!
//! Algorithm: a ring of 64-bit words that carry their lap (after Vyukov's sequence numbers), cut into
//! segments that travel: when a segment is drained it becomes the ring's last one again. So the ring
//! grows by segments, never moves a word, and its memory is the segments that were ever needed.
//! A directory maps segment numbers, which only grow, to storage; a segment's number is also the tag
//! of its words, so a word left from an earlier life is never taken for a new one.

use crate::core::event_queue::entry::Entry;
use crate::core::socket_table::{NoMemory, Slab};
use crate::core::sync::{AtomicU64, Mutex, Ordering, spin_loop, yield_now};

/// Words of one segment.
pub(crate) const SEGMENT_WORDS: u64 = 1 << SEGMENT_BITS;
#[cfg(not(loom))]
const SEGMENT_BITS: u32 = 14;
#[cfg(loom)]
const SEGMENT_BITS: u32 = 1;

/// More segments than the ring can ever have.
#[cfg(not(loom))]
const DIRECTORY: usize = (2 * crate::core::limits::MAX_SOCKETS as usize / SEGMENT_WORDS as usize)
    .next_power_of_two()
    * 2;
#[cfg(loom)]
const DIRECTORY: usize = 8;
/// Segments beyond two words per socket: the one being drained and the one being filled.
const SLACK: u64 = 2;
/// Tags are 31 bits, 0 stands for "never stored".
const TAGS: u64 = (1 << 31) - 1;

/// The storage under the queue.
#[derive(Debug)]
pub(crate) struct Ring {
    words: Slab<AtomicU64, SEGMENT_BITS>,
    /// Segment number modulo its length to storage number plus one; 0 while none is assigned.
    directory: Directory,
    /// The first segment number without storage.
    assigned: AtomicU64,
    /// How many segments have storage; the lock is taken to grow only.
    made: Mutex<u32>,
}

#[derive(Debug)]
struct Directory(Slab<AtomicU64, DIRECTORY_BITS>);

/// Entries of the directory's first segment, as a power of two.
#[cfg(not(loom))]
const DIRECTORY_BITS: u32 = 8;
#[cfg(loom)]
const DIRECTORY_BITS: u32 = 3;

impl Directory {
    /// The entry of a segment number, once the directory was made.
    fn at(&self, segment: u64) -> Option<&AtomicU64> {
        self.0.get((segment % DIRECTORY as u64) as usize)
    }
}

fn tag(segment: u64) -> u64 {
    segment % TAGS + 1
}

/// One segment with its storage, as a poster or a taker uses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'r> {
    pub(crate) number: u64,
    storage: u64,
    words: &'r [AtomicU64],
}

impl Segment<'_> {
    /// Stores an entry at a claimed place.
    #[inline]
    pub(crate) fn store(self, place: u64, entry: Entry) {
        let word = &self.words[(place % SEGMENT_WORDS) as usize];
        // Release pairs with the Acquire in `load` (row Q1).
        word.store(entry.tagged(tag(self.number)), Ordering::Release);
    }

    /// The entry at a claimed place, once it was stored.
    #[inline]
    pub(crate) fn load(self, place: u64) -> Option<Entry> {
        let word = &self.words[(place % SEGMENT_WORDS) as usize];
        // Acquire pairs with the Release in `store` (row Q1).
        Entry::untag(word.load(Ordering::Acquire), tag(self.number))
    }
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self {
            words: Slab::new(),
            directory: Directory(Slab::new()),
            assigned: AtomicU64::new(0),
            made: Mutex::new(0),
        }
    }

    /// Makes room for the two words of each of `sockets` slots. Blocking: it allocates.
    pub(crate) fn reserve(&self, sockets: u32) -> Result<(), NoMemory> {
        let needed = (2 * u64::from(sockets)).div_ceil(SEGMENT_WORDS) + SLACK;
        let mut made = self.made.lock();
        while u64::from(*made) < needed {
            let first = *made as usize * SEGMENT_WORDS as usize;
            self.words.grow(first..first + SEGMENT_WORDS as usize)?;
            // All of it before it is needed: `recycle` must not fail.
            self.directory.0.grow(0..DIRECTORY)?;
            self.assign(u64::from(*made));
            *made += 1;
        }
        Ok(())
    }

    /// Makes `storage` the ring's last segment.
    fn assign(&self, storage: u64) {
        // Relaxed: only the number's uniqueness matters.
        let number = self.assigned.fetch_add(1, Ordering::Relaxed);
        let entry = self.directory.at(number).expect("Invariant: `reserve` made the directory");
        // Release pairs with the Acquire in `segment` (row Q2).
        entry.store(storage + 1, Ordering::Release);
    }

    /// The segment with this number. Two words per socket plus `SLACK` are always assigned ahead of
    /// the head, so it has storage before anyone can claim a place in it; the wait covers a drive
    /// that stopped inside `recycle`.
    pub(crate) fn segment(&self, number: u64) -> Segment<'_> {
        let mut spins = 0u32;
        loop {
            // Acquire pairs with the Release in `assign` (row Q2).
            let entry = self.directory.at(number);
            let storage = entry.map_or(0, |entry| entry.load(Ordering::Acquire));
            if storage != 0 {
                return self.at(number, storage - 1);
            }
            spins += 1;
            if spins < 64 { spin_loop() } else { yield_now() }
        }
    }

    fn at(&self, number: u64, storage: u64) -> Segment<'_> {
        let start = (storage * SEGMENT_WORDS) as usize;
        let words = self.words.run(start, SEGMENT_WORDS as usize);
        let words = words.expect("Invariant: an assigned segment has storage");
        Segment { number, storage, words }
    }

    /// Moves a drained segment to the ring's end. Only the holder of the consumer lock calls this.
    pub(crate) fn recycle(&self, segment: Segment<'_>) {
        // Relaxed: nobody looks up a drained number again; a claim that needs the new number comes
        // after the `assign` below through the socket word whose entry bit was cleared after it.
        if let Some(entry) = self.directory.at(segment.number) {
            entry.store(0, Ordering::Relaxed);
        }
        self.assign(segment.storage);
    }
}
