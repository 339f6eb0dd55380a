//! Ring of segments: where the queue's words lie.
//!
//! Algorithm: a ring of 64-bit words that carry their lap (after Vyukov's sequence numbers), cut into
//! segments. A directory maps segment numbers, which only grow, to storage; a segment's number is
//! also the tag of its words, so a word left from an earlier life is never taken for a new one.
//! Drained storage goes to a free list and is used again first, so the ring touches only as many
//! segments as were ever full at a time. The poster that claims the first place of a segment gives
//! the next segment its storage; posters who get there before it did wait for it.

use crate::core::event_queue::entry::{Entry, Taken};
use crate::core::socket_table::free_list::FreeList;
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
/// Segments beyond two words per socket: one being drained, one being filled, one ahead.
const SLACK: u64 = 3;
/// How often a poster looks again before it lets others run.
#[cfg(not(loom))]
const SPINS: u32 = 64;
#[cfg(loom)]
const SPINS: u32 = 0;
/// Links of the first segment of the slab that holds them, as a power of two.
const LINK_BITS: u32 = 6;
/// Tags fit 31 bits, 0 stands for "never stored".
const TAGS: u64 = 1 << 30;

/// The storage under the queue.
#[derive(Debug)]
pub(crate) struct Ring {
    words: Slab<AtomicU64, SEGMENT_BITS>,
    /// Segment number modulo its length to storage number plus one; 0 while none is assigned.
    directory: Directory,
    /// Storage that no segment has.
    spare: FreeList,
    /// The links of `spare`, by storage number.
    links: Slab<AtomicU64, LINK_BITS>,
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
    #[inline]
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
    /// How many places of the segment there are from this one on.
    pub(crate) fn room(self, place: u64) -> usize {
        (SEGMENT_WORDS - place % SEGMENT_WORDS) as usize
    }

    /// Stores entries at claimed places of this segment.
    #[inline]
    pub(crate) fn store(self, place: u64, entries: &[Entry]) {
        let tag = tag(self.number);
        let words = &self.words[(place % SEGMENT_WORDS) as usize..];
        for (word, entry) in words.iter().zip(entries) {
            // Release pairs with the Acquire in `load` (row Q1).
            word.store(entry.tagged(tag), Ordering::Release);
        }
    }

    /// Hands on the entries at claimed places of this segment, up to the first that was not stored yet;
    /// returns how many they were.
    #[inline]
    pub(crate) fn load(self, places: std::ops::Range<u64>, mut out: impl FnMut(Taken)) -> u64 {
        let tag = tag(self.number);
        let start = (places.start % SEGMENT_WORDS) as usize;
        let words = &self.words[start..start + (places.end - places.start) as usize];
        let mut edge_number = places.start;
        for word in words {
            // Acquire pairs with the Release in `store` (row Q1).
            let word = word.load(Ordering::Acquire);
            if !Entry::is_tagged(word, tag) {
                break;
            }
            edge_number += 1;
            out(Taken { edge_number, entry: Entry::untag(word) });
        }
        edge_number - places.start
    }
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self {
            words: Slab::new(),
            directory: Directory(Slab::new()),
            spare: FreeList::new(),
            links: Slab::new(),
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
            self.links.grow(*made as usize..*made as usize + 1)?;
            // All of it before it is needed: a post must not fail.
            self.directory.0.grow(0..DIRECTORY)?;
            if *made == 0 {
                self.assign(0, 0)
            } else {
                self.spare(*made)
            }
            *made += 1;
        }
        Ok(())
    }

    fn spare(&self, storage: u32) {
        let link = |from: u32, to: u32| {
            let link = self.links.get(from as usize).expect("Invariant: made with the storage");
            link.store(u64::from(to), Ordering::Relaxed);
        };
        self.spare.give(storage, storage, link);
    }

    /// Gives the segment `number` storage. The two words of every socket, and `SLACK` segments more,
    /// have storage, so some is spare whenever a place before this segment was claimed.
    #[cold]
    pub(crate) fn provide(&self, number: u64) {
        let next = |storage: u32| {
            let link = self.links.get(storage as usize).expect("Invariant: made with the storage");
            link.load(Ordering::Relaxed) as u32
        };
        let storage = self.spare.take_one(next);
        self.assign(number, storage.expect("Invariant: two words per socket have storage"));
    }

    fn assign(&self, number: u64, storage: u32) {
        let entry = self.directory.at(number).expect("Invariant: `reserve` made the directory");
        // Release pairs with the Acquire in `segment` (row Q2).
        entry.store(u64::from(storage) + 1, Ordering::Release);
    }

    /// The segment with this number, once it has storage.
    #[inline]
    pub(crate) fn segment(&self, number: u64) -> Segment<'_> {
        let storage = self.storage(number).unwrap_or_else(|| self.wait_for_storage(number));
        self.at(number, storage)
    }

    #[inline]
    fn storage(&self, number: u64) -> Option<u64> {
        // Acquire pairs with the Release in `assign` (row Q2).
        self.directory.at(number)?.load(Ordering::Acquire).checked_sub(1)
    }

    #[cold]
    fn wait_for_storage(&self, number: u64) -> u64 {
        let mut spins = 0u32;
        loop {
            if let Some(storage) = self.storage(number) {
                return storage;
            }
            spins += 1;
            if spins < SPINS { spin_loop() } else { yield_now() }
        }
    }

    #[inline]
    fn at(&self, number: u64, storage: u64) -> Segment<'_> {
        let start = (storage * SEGMENT_WORDS) as usize;
        let words = self.words.run(start, SEGMENT_WORDS as usize);
        let words = words.expect("Invariant: an assigned segment has storage");
        Segment { number, storage, words }
    }

    /// Frees a drained segment's storage. Only the holder of the consumer lock calls this.
    pub(crate) fn recycle(&self, segment: Segment<'_>) {
        if let Some(entry) = self.directory.at(segment.number) {
            // Relaxed: nobody looks up a drained number again, and by the time the directory comes
            // round to this entry, whole laps of claims and takes lie between.
            entry.store(0, Ordering::Relaxed);
        }
        self.spare(segment.storage as u32);
    }
}
