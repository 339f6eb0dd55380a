//! Compact: just enough of a core to compare the two designs of per-socket order.
//!
//! Sockets of 32 bytes, rings of words that carry their lap, posting by one exchange on the socket's
//! word and one claim per 64 edges, the same prefetch and the same handler call. What differs is who
//! decides that a call runs: `OWNED` is design (a), a lane per worker whose owner swaps the socket it
//! begins into its own word; otherwise design (b), bits in the socket's word and one queue for all.

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const OPEN: u64 = 1 << 0;
const CLOSING: u64 = 1 << 1;
const ENABLED: u64 = 1 << 2;
const RUNNING: u64 = 1 << 3;
const POSTED: u64 = 1 << 4;
const WAITING: u64 = 1 << 6;
const ENTRY: u64 = 1 << 8;
const GENERATION: u64 = 1 << 32;
/// Added to an owner's word by an asker, so that asking is a true exchange.
const ASKED: u64 = 1 << 40;

const POST: usize = 64;
const SLOT_AHEAD: usize = 24;
const TAG_SHIFT: u32 = 33;

/// What a driver's handler looks like.
pub(crate) type Handler = extern "system" fn(u64, u32) -> i32;

#[repr(C, align(32))]
struct Socket {
    word: AtomicU64,
    context: u64,
}

#[repr(align(128))]
struct Apart<T>(T);

/// A queue and, in design (a), the word of the worker that owns it.
struct Lane {
    claim: Apart<AtomicU64>,
    head: Apart<Mutex<u64>>,
    owner: Apart<AtomicU64>,
    words: Box<[AtomicU64]>,
}

impl Lane {
    fn tag(&self, place: u64) -> u64 {
        (place / self.words.len() as u64 + 1) << TAG_SHIFT
    }

    fn word(&self, place: u64) -> &AtomicU64 {
        &self.words[place as usize & (self.words.len() - 1)]
    }

    fn push(&self, indices: &[u32]) {
        let first = self.claim.0.fetch_add(indices.len() as u64, Ordering::AcqRel);
        for (place, index) in (first..).zip(indices) {
            self.word(place).store(self.tag(place) | u64::from(*index), Ordering::Release);
        }
    }

    fn take(&self, most: u64, out: &mut Vec<u32>) {
        out.clear();
        let mut head = self.head.0.lock().expect("no call runs under the lock");
        let end = self.claim.0.load(Ordering::Acquire).min(*head + most);
        while *head < end {
            let word = self.word(*head).load(Ordering::Acquire);
            if word >> TAG_SHIFT != self.tag(*head) >> TAG_SHIFT {
                break;
            }
            out.push(word as u32);
            *head += 1;
        }
    }
}

/// Sockets, lanes and one handler.
pub(crate) struct Compact<const OWNED: bool> {
    sockets: Box<[Socket]>,
    lanes: Vec<Lane>,
    handler: Handler,
}

impl<const OWNED: bool> Compact<OWNED> {
    pub(crate) fn new(count: usize, workers: usize, handler: Handler) -> Self {
        let lanes = if OWNED { workers } else { 1 };
        let lane = || Lane {
            claim: Apart(AtomicU64::new(0)),
            head: Apart(Mutex::new(0)),
            owner: Apart(AtomicU64::new(0)),
            words: (0..(2 * count).next_power_of_two()).map(|_| AtomicU64::new(0)).collect(),
        };
        let sockets = (0..count as u64).map(|context| Socket { word: AtomicU64::new(0), context });
        Self {
            sockets: sockets.collect(),
            lanes: (0..lanes).map(|_| lane()).collect(),
            handler: black_box(handler),
        }
    }

    /// Begins a new life of every socket.
    pub(crate) fn open(&self) {
        for socket in &self.sockets {
            let generation = socket.word.load(Ordering::Relaxed) & !(GENERATION - 1);
            socket.word.store((generation + GENERATION) | OPEN | ENABLED, Ordering::Release);
        }
    }

    fn change<T>(&self, index: u32, change: impl Fn(u64) -> Option<(u64, T)>) -> Option<T> {
        let word = &self.sockets[index as usize].word;
        let mut current = word.load(Ordering::Relaxed);
        loop {
            let (new, verdict) = change(current)?;
            let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
            match word.compare_exchange_weak(current, new, success, failure) {
                Ok(_) => return Some(verdict),
                Err(seen) => current = seen,
            }
        }
    }

    fn prefetch(&self, indices: &[u32], at: usize) {
        if let Some(index) = indices.get(at) {
            super::prefetch(&raw const self.sockets[*index as usize]);
        }
    }

    /// Posts a graceful edge to each socket, in this order.
    pub(crate) fn post_many(&self, generation: u64, order: &[u32]) {
        let mut batches = vec![Vec::with_capacity(POST); self.lanes.len()];
        let marks = if OWNED { POSTED } else { POSTED | WAITING | ENTRY };
        for (number, &index) in order.iter().enumerate() {
            self.prefetch(order, number + 16);
            let accepted = self.change(index, |word| {
                let fits =
                    word / GENERATION == generation && word & (OPEN | CLOSING | POSTED) == OPEN;
                fits.then_some((word | marks, ()))
            });
            assert!(accepted.is_some(), "each socket gets one edge per life");
            let lane = index as usize % self.lanes.len();
            batches[lane].push(index);
            if batches[lane].len() == POST {
                self.lanes[lane].push(&batches[lane]);
                batches[lane].clear();
            }
        }
        for (lane, batch) in self.lanes.iter().zip(&batches) {
            lane.push(batch);
        }
    }

    /// Empties what worker `number` serves; gives how many calls were made.
    pub(crate) fn drain(&self, number: usize, workers: usize) -> u64 {
        let lane = &self.lanes[if OWNED { number } else { 0 }];
        let mut taken = Vec::with_capacity(512);
        let mut made = 0;
        loop {
            lane.take(if workers > 1 { 64 } else { 512 }, &mut taken);
            if taken.is_empty() {
                return made;
            }
            (0..SLOT_AHEAD).for_each(|at| self.prefetch(&taken, at));
            for (at, &index) in taken.iter().enumerate() {
                self.prefetch(&taken, at + SLOT_AHEAD);
                made += u64::from(if OWNED {
                    self.call_owned(lane, index)
                } else {
                    self.call_shared(index)
                });
            }
            if OWNED {
                lane.owner.0.swap(0, Ordering::AcqRel);
            }
        }
    }

    /// Design (a): this swap begins the call and ends the one before; then one load of the socket.
    #[inline]
    fn call_owned(&self, lane: &Lane, index: u32) -> bool {
        lane.owner.0.swap(u64::from(index) + 1, Ordering::AcqRel);
        let socket = &self.sockets[index as usize];
        let word = socket.word.load(Ordering::Acquire);
        let calls = word & (OPEN | CLOSING | ENABLED) == OPEN | ENABLED;
        if calls {
            black_box((self.handler)(socket.context, 0));
        }
        calls
    }

    /// Design (b): one exchange begins the call, one ends it and looks for what came meanwhile.
    #[inline]
    fn call_shared(&self, index: u32) -> bool {
        let begun = self.change(index, |word| {
            let taken = word & !ENTRY;
            let calls =
                word & (OPEN | CLOSING | ENABLED | RUNNING | WAITING) == OPEN | ENABLED | WAITING;
            Some((if calls { taken & !WAITING | RUNNING } else { taken }, calls))
        });
        let calls = begun == Some(true);
        if calls {
            black_box((self.handler)(self.sockets[index as usize].context, 0));
            let owed = self.change(index, |word| {
                let word = word & !RUNNING;
                let closed = word & CLOSING != 0;
                let after = if closed { word & !(CLOSING | OPEN) } else { word };
                Some((after, word & WAITING != 0 && word & ENTRY == 0))
            });
            assert_ne!(black_box(owed), Some(true), "nothing was deferred");
        }
        calls
    }

    /// Closes every socket, none of which is being called; gives how many were done at once.
    pub(crate) fn close_all(&self) -> u64 {
        let mut done = 0;
        for index in 0..self.sockets.len() as u32 {
            let idle = self.change(index, |word| {
                let idle = word & RUNNING == 0;
                let closed = if OWNED { word | CLOSING } else { word & !OPEN };
                Some((closed & !(ENABLED | WAITING), idle))
            });
            let idle = if OWNED {
                let lane = &self.lanes[index as usize % self.lanes.len()];
                let owner = lane.owner.0.fetch_add(ASKED, Ordering::AcqRel);
                owner & (ASKED - 1) != u64::from(index) + 1
            } else {
                idle == Some(true)
            };
            done += u64::from(idle);
        }
        done
    }
}
