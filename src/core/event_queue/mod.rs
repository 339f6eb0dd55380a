//! Event queue: posting threads push entries, the running drive takes them, oldest first.
//!
//! Algorithm: a ring of words that carry their lap, after Vyukov's bounded queue; a poster claims
//! places with one `fetch_add`, also for a whole batch. Progress: claiming is wait-free; a poster
//! stopped between its claim and its stores delays the takers at that place, no other poster. Takers
//! share one lock, taken once per batch. Full: cannot be, a socket has at most two entries and the
//! ring has room for them. Closed: the socket word refuses before a place is claimed.
//!
//! Parking is decided on the claim word: a taker that found nothing sets its lowest bit with an
//! exchange that fails when a place was claimed meanwhile; the poster's own `fetch_add` tells it that
//! the bit was set. So no wake-up is lost, and posting costs no extra fence.

pub(crate) mod entry;
mod ring;
mod signals;
pub(crate) mod tray;

pub(crate) use crate::core::event_queue::signals::Signals;

use crate::core::event_queue::entry::{Entry, Taken};
use crate::core::event_queue::ring::{Ring, SEGMENT_WORDS};
use crate::core::event_queue::signals::{ERRAND, HALT, PAUSE};
use crate::core::limits::POST;
use crate::core::socket_table::NoMemory;
use crate::core::sync::{Apart, AtomicU64, Condvar, Mutex, MutexGuard, Ordering, wait, wait_for};
use std::collections::VecDeque;
use std::time::Duration;

/// Set in the claim word while a taker sleeps.
const PARKED: u64 = 1;
/// One place in the claim word.
const PLACE: u64 = 2;
/// How long `wait_quiet` waits at most, so that its caller can check for signals.
const NAP: Duration = Duration::from_millis(10);

/// What a taker found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This many entries.
    Some(usize),
    /// Nothing is queued.
    Nothing,
    /// A poster has claimed the next place and not stored into it yet.
    Unready,
}

/// Who takes entries out of the queue.
pub(crate) trait Taker {
    /// One more is this taker's.
    fn takes(&mut self, taken: Taken);
    /// These were all; nobody else can find the queue empty because of them before this returns.
    fn took_all(&mut self);
}

/// How many places had been claimed when a taker looked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen(u64);

#[derive(Debug)]
struct Consumer {
    /// Place of the next entry.
    head: u64,
    /// Entries that came out and were not begun; they are older than all in the ring.
    returned: VecDeque<Taken>,
}

/// Who sleeps; under one lock with the two bells.
#[derive(Debug, Default)]
struct Sleep {
    sleepers: usize,
    stopped: bool,
}

/// The queue of one subsystem.
#[derive(Debug)]
pub(crate) struct EventQueue {
    /// Next place to claim, times two, plus `PARKED`.
    claim: Apart<AtomicU64>,
    consumer: Apart<Mutex<Consumer>>,
    /// Copy of `Consumer::head` for those who only want to know whether there is work.
    head: Apart<AtomicU64>,
    /// Copy of `Consumer::returned.len()`, likewise.
    returned: AtomicU64,
    /// As `Signals` reads it.
    signals: Apart<AtomicU64>,
    ring: Ring,
    sleep: Mutex<Sleep>,
    work: Condvar,
    quiet: Condvar,
}

impl EventQueue {
    pub(crate) fn new() -> Self {
        Self {
            claim: Apart(AtomicU64::new(0)),
            consumer: Apart(Mutex::new(Consumer { head: 0, returned: VecDeque::new() })),
            head: Apart(AtomicU64::new(0)),
            returned: AtomicU64::new(0),
            signals: Apart(AtomicU64::new(0)),
            ring: Ring::new(),
            sleep: Mutex::new(Sleep::default()),
            work: Condvar::new(),
            quiet: Condvar::new(),
        }
    }

    /// Makes room for the entries of `sockets` slots. Blocking: it allocates.
    pub(crate) fn reserve(&self, sockets: u32) -> Result<(), NoMemory> {
        self.ring.reserve(sockets)
    }

    /// Pushes entries whose bits the caller has set in their socket words, in this order. With `alone`,
    /// the caller is the only thread in the core (see `turns`).
    #[inline]
    pub(crate) fn push(&self, alone: bool, entries: &[Entry]) {
        debug_assert!(entries.len() <= POST, "Invariant: a bulk post pushes at most POST entries");
        if entries.is_empty() {
            return;
        }
        let before = self.claim(alone, entries.len());
        let first = before / PLACE;
        let last = first + entries.len() as u64 - 1;
        if first.is_multiple_of(SEGMENT_WORDS) || first / SEGMENT_WORDS != last / SEGMENT_WORDS {
            self.provide(first, last);
        }
        let (mut place, mut left) = (first, entries);
        while !left.is_empty() {
            let segment = self.ring.segment(place / SEGMENT_WORDS);
            let (now, later) = left.split_at(left.len().min(segment.room(place)));
            segment.store(place, now);
            place += now.len() as u64;
            left = later;
        }
        if before & PARKED != 0 {
            self.wake();
        }
    }

    /// [`push`](Self::push) of one entry.
    #[inline]
    pub(crate) fn push_one(&self, alone: bool, entry: Entry) {
        let before = self.claim(alone, 1);
        let place = before / PLACE;
        if place.is_multiple_of(SEGMENT_WORDS) {
            self.provide(place, place);
        }
        self.ring.segment(place / SEGMENT_WORDS).store(place, &[entry]);
        if before & PARKED != 0 {
            self.wake();
        }
    }

    /// Claims the next `count` places; returns the claim word before.
    #[inline]
    fn claim(&self, alone: bool, count: usize) -> u64 {
        let claimed = PLACE * count as u64;
        if alone {
            // A taker that sleeps is a guest, so nobody else changes the word.
            let before = self.claim.load(Ordering::Relaxed);
            self.claim.store(before + claimed, Ordering::Release);
            before
        } else {
            // AcqRel: a claim sees the storage that was freed before it (row Q2) and is seen by the
            // taker's exchange in `park` (row Q3).
            self.claim.fetch_add(claimed, Ordering::AcqRel)
        }
    }

    /// Gives storage to the segments after those whose first place is claimed by `first..=last`.
    #[cold]
    fn provide(&self, first: u64, last: u64) {
        for segment in first.div_ceil(SEGMENT_WORDS)..=last / SEGMENT_WORDS {
            self.ring.provide(segment + 1);
        }
    }

    #[cold]
    fn wake(&self) {
        let sleep = self.sleep.lock();
        // Relaxed: ordered by the lock, which sleepers hold from setting the bit to sleeping.
        self.claim.fetch_and(!PARKED, Ordering::Relaxed);
        // Whoever set the bit sleeps by now. Rung outside the lock, which the woken would only queue for.
        drop(sleep);
        self.work.notify_all();
    }

    /// Hands up to `most` entries to `taker`, oldest first.
    #[inline]
    pub(crate) fn take(&self, most: usize, taker: &mut impl Taker) -> (Found, Seen) {
        let mut consumer = self.consumer.lock();
        let seen = Seen(self.claim.load(Ordering::Relaxed) / PLACE);
        let found = self.take_locked(&mut consumer, most, |taken| taker.takes(taken));
        taker.took_all();
        self.publish(&consumer);
        (found, seen)
    }

    fn publish(&self, consumer: &Consumer) {
        // Relaxed: hints; who acts on them checks under a lock or with an exchange.
        self.head.store(consumer.head, Ordering::Relaxed);
        self.returned.store(consumer.returned.len() as u64, Ordering::Relaxed);
    }

    #[inline]
    fn take_locked(
        &self,
        consumer: &mut MutexGuard<'_, Consumer>,
        most: usize,
        mut out: impl FnMut(Taken),
    ) -> Found {
        let again = consumer.returned.len().min(most);
        consumer.returned.drain(..again).for_each(&mut out);
        // Acquire: claims up to here are seen, and with them their posters' socket words (row Q3).
        let claimed = self.claim.load(Ordering::Acquire) / PLACE;
        let end = claimed.min(consumer.head + (most - again) as u64);
        let first = consumer.head;
        let mut place = first;
        let mut unready = false;
        while place < end && !unready {
            let segment = self.ring.segment(place / SEGMENT_WORDS);
            let stop = end.min((segment.number + 1) * SEGMENT_WORDS);
            place += segment.load(place..stop, &mut out);
            unready = place < stop;
            if place == (segment.number + 1) * SEGMENT_WORDS {
                self.ring.recycle(segment);
            }
        }
        consumer.head = place;
        match again + (place - first) as usize {
            0 if unready => Found::Unready,
            0 => Found::Nothing,
            taken => Found::Some(taken),
        }
    }

    /// Puts back entries that were taken and not begun, before everything else, in their order.
    pub(crate) fn put_back(&self, entries: &[Taken]) {
        if entries.is_empty() {
            return;
        }
        let mut consumer = self.consumer.lock();
        consumer.returned.extend(entries);
        // Several workers may put back at once; the edge numbers restore the order.
        consumer.returned.make_contiguous().sort_by_key(|taken| taken.edge_number);
        self.publish(&consumer);
    }

    /// Looks through everything queued and keeps what `keep` wants, in order. Entries that a poster
    /// is still storing stay where they are.
    pub(crate) fn sift(&self, mut keep: impl FnMut(Entry) -> bool) {
        let mut consumer = self.consumer.lock();
        let mut all = Vec::new();
        while let Found::Some(_) = self.take_locked(&mut consumer, 4096, |taken| all.push(taken)) {}
        all.retain(|taken| keep(taken.entry));
        consumer.returned.extend(all);
        self.publish(&consumer);
    }

    /// Whether something may be queued; cheap, for spinning.
    pub(crate) fn has_work(&self) -> bool {
        // Relaxed: a hint; a taker looks under the lock.
        self.returned.load(Ordering::Relaxed) != 0
            || self.claim.load(Ordering::Relaxed) / PLACE != self.head.load(Ordering::Relaxed)
    }

    /// Sleeps until something is queued or the takers are told to stop; true when to stop. `seen` is
    /// from the `take` that found nothing: whatever was queued since may already lie on another
    /// taker's tray. `takers` is how many threads take: when all of them sleep, `quiet` is rung.
    pub(crate) fn park(&self, takers: usize, seen: Seen) -> bool {
        let mut sleep = self.sleep.lock();
        loop {
            if sleep.stopped {
                return true;
            }
            let claim = self.claim.load(Ordering::Relaxed);
            // A stale head only says "work" when there is none, and the next `take` refreshes it.
            let head = self.head.load(Ordering::Relaxed);
            let empty = self.returned.load(Ordering::Relaxed) == 0 && claim / PLACE == head;
            if !empty || claim / PLACE != seen.0 {
                return false;
            }
            // Fails when a place was claimed since the load: then there is work. Once it succeeded,
            // the next poster's `fetch_add` sees the bit (row Q3).
            if self
                .claim
                .compare_exchange(claim, claim | PARKED, Ordering::AcqRel, Ordering::Relaxed)
                .is_err()
            {
                continue;
            }
            // An errand that came before the exchange is seen here; one that comes later sees the
            // bit (row Q4).
            if self.signals() != Signals::NONE {
                return false;
            }
            sleep.sleepers += 1;
            if sleep.sleepers == takers {
                self.quiet.notify_all();
            }
            sleep = wait(&self.work, sleep);
            sleep.sleepers -= 1;
        }
    }

    /// Waits a moment for all `takers` to sleep with nothing queued; true when that is so.
    pub(crate) fn wait_quiet(&self, takers: usize) -> bool {
        let sleep = self.sleep.lock();
        if self.is_quiet(&sleep, takers) {
            return true;
        }
        let sleep = wait_for(&self.quiet, sleep, NAP);
        self.is_quiet(&sleep, takers)
    }

    fn is_quiet(&self, sleep: &Sleep, takers: usize) -> bool {
        // With all takers asleep the head stands still, and the bit is set only while nobody claimed
        // a place since: a poster clears it under this lock.
        let claim = self.claim.load(Ordering::Acquire);
        sleep.sleepers == takers
            && self.signals() == Signals::NONE
            && claim & PARKED != 0
            && claim / PLACE == self.head.load(Ordering::Relaxed)
    }

    /// Tells sleeping takers, and those that will sleep, to stop; or lets a new drive's take again.
    pub(crate) fn set_stopped(&self, stopped: bool) {
        let mut sleep = self.sleep.lock();
        sleep.stopped = stopped;
        // Relaxed: a request, acted on at the next edge; sleepers look under the lock.
        if stopped {
            self.signals.fetch_or(HALT, Ordering::Relaxed);
        } else {
            self.signals.fetch_and(!(HALT | PAUSE), Ordering::Relaxed);
        }
        self.work.notify_all();
    }

    /// As `set_stopped(true)`, without the lock: takers that sleep are left asleep.
    pub(crate) fn stop_here(&self) {
        self.signals.fetch_or(HALT, Ordering::Relaxed);
    }

    /// Asks the present drive to end its step after the running call, or takes that back.
    pub(crate) fn set_pause(&self, pause: bool) {
        // Relaxed: a request, acted on at the next edge.
        if pause {
            self.signals.fetch_or(PAUSE, Ordering::Relaxed);
        } else {
            self.signals.fetch_and(!PAUSE, Ordering::Relaxed);
        }
    }

    /// What a drive has to look at before the next edge.
    #[inline]
    pub(crate) fn signals(&self) -> Signals {
        // Relaxed: see `set_stopped`; errands are fetched under the contract machine's lock.
        Signals(self.signals.load(Ordering::Relaxed))
    }

    /// How many places were ever claimed: the number of the latest edge.
    pub(crate) fn claimed(&self) -> u64 {
        // Relaxed: compared with edge numbers, it orders nothing.
        self.claim.load(Ordering::Relaxed) / PLACE
    }

    /// The number of the oldest edge that was not taken; of the next one, if all were.
    pub(crate) fn oldest(&self) -> u64 {
        let consumer = self.consumer.lock();
        consumer.returned.front().map_or(consumer.head + 1, |taken| taken.edge_number)
    }

    /// The contract machine has `count` more errands for a drive.
    pub(crate) fn add_errands(&self, count: u64) {
        if count == 0 {
            return;
        }
        self.signals.fetch_add(ERRAND * count, Ordering::Relaxed);
        // AcqRel: orders the count before the look at the bit, against the exchange in `park` and
        // the look at the count behind it (row Q4).
        if self.claim.fetch_add(0, Ordering::AcqRel) & PARKED != 0 {
            self.wake();
        }
    }

    /// `count` errands were fetched.
    pub(crate) fn take_errands(&self, count: u64) {
        self.signals.fetch_sub(ERRAND * count, Ordering::Relaxed);
    }
}
