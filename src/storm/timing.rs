//! Timing: a host around another one that times the calls it makes.
//!
//! Only a drive that was asked to time its calls is built with it, so that no other drive holds an
//! instruction of it. Two looks at the clock per timed call: *service* is the time between them,
//! *response* the time from the edge's planned instant to the second. A batch is one call: each of
//! its edges has the whole call as its service, for none is answered before the call returns.
//!
//! The planned instants lie in one word per slot. The generator sets a word before it posts, the
//! drive clears it behind the call: a word that is not 0 says that the slot's edge is still on its way.

use crate::core::dispatch::{Batch, Drive, Host, Step};
use crate::core::handle::SocketHandle;
use crate::core::handlers::{HandlerId, HandlerKind};
use crate::core::indication::{Breach, Indication, Verdict};
use crate::core::irql::CallLevel;
use crate::core::sync::{AtomicU64, Mutex, Ordering};
use crate::storm::series::Series;
use std::time::Instant;

/// What a storm times, shared by its generator and its drives.
#[derive(Debug)]
pub struct Timing {
    made: Instant,
    /// Nanoseconds from `made` to the beginning.
    zero: AtomicU64,
    /// Planned instant + 1 of the edge that is on its way in each slot; empty without a rate.
    planned: Box<[AtomicU64]>,
    /// One call in this many is timed; 0 for none.
    every: u64,
    /// Notes that no drive holds at present.
    notes: Mutex<Vec<Notes>>,
}

/// What one drive has timed. No other thread writes to it, so it needs no exchange.
#[derive(Debug)]
struct Notes {
    service: Series,
    response: Series,
    /// Calls until the next one is timed.
    skip: u64,
}

impl Timing {
    /// Times one call in `every`; with planned instants for `slots` slots, or for none. `None` if there is no memory
    /// for them.
    #[must_use]
    pub fn new(slots: usize, every: u64) -> Option<Self> {
        let mut planned = Vec::new();
        planned.try_reserve_exact(slots).ok()?;
        planned.extend((0..slots).map(|_| AtomicU64::new(0)));
        Some(Self {
            made: Instant::now(),
            zero: AtomicU64::new(0),
            planned: planned.into(),
            every,
            notes: Mutex::new(Vec::new()),
        })
    }

    /// Makes this moment the beginning, to which planned instants refer; nothing was posted yet.
    pub fn begin(&self) {
        // Relaxed: drives read it behind the post of an edge that came later (row Q1).
        self.zero.store(self.passed(), Ordering::Relaxed);
    }

    /// Nanoseconds since the beginning.
    #[inline]
    #[must_use]
    pub fn now(&self) -> u64 {
        self.passed() - self.zero.load(Ordering::Relaxed)
    }

    #[inline]
    fn passed(&self) -> u64 {
        let passed = self.made.elapsed();
        passed.as_secs() * 1_000_000_000 + u64::from(passed.subsec_nanos())
    }

    /// Whether the edge last planned for a slot has not been handled.
    #[inline]
    #[must_use]
    pub fn is_on_its_way(&self, slot: u32) -> bool {
        // Acquire pairs with the Release in `clear`: what the call did with its context is seen by who
        // renews it (row P1).
        self.planned.get(slot as usize).is_some_and(|word| word.load(Ordering::Acquire) != 0)
    }

    /// Notes when the slot's next edge is due; to be called before it is posted.
    #[inline]
    pub fn plan(&self, slot: u32, instant: u64) {
        if let Some(word) = self.planned.get(slot as usize) {
            // Relaxed: the post that follows releases it, the drive's take acquires it (row Q1).
            word.store(instant.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// The slot's edge needs no further waiting for.
    #[inline]
    pub fn clear(&self, slot: u32) {
        if let Some(word) = self.planned.get(slot as usize) {
            // Release: see `is_on_its_way` (row P1).
            word.store(0, Ordering::Release);
        }
    }

    #[inline]
    fn planned(&self, slot: u32) -> Option<u64> {
        let word = self.planned.get(slot as usize)?.load(Ordering::Relaxed);
        word.checked_sub(1)
    }

    /// One step of a drive, its calls timed.
    pub fn step<H: Host>(&self, drive: &mut Drive<'_>, host: &mut H, calls: u64) -> Step {
        let notes = self.notes.lock().pop();
        let notes = notes.unwrap_or_else(|| {
            let (service, response) = (Series::new(), Series::new());
            Notes { service, response, skip: 0 }
        });
        drive.step(&mut Timed { timing: self, notes: Some(notes), host }, calls)
    }

    /// Service and response so far, without what a running step has noted.
    #[must_use]
    pub fn series(&self) -> (Series, Series) {
        let mut all = (Series::new(), Series::new());
        for notes in self.notes.lock().iter() {
            all.0.add(&notes.service);
            all.1.add(&notes.response);
        }
        all
    }
}

/// A host that has another one make its calls, and times them.
#[derive(Debug)]
pub struct Timed<'t, H> {
    timing: &'t Timing,
    /// Given back when this is dropped, also when a panic drops it.
    notes: Option<Notes>,
    host: &'t mut H,
}

impl<H> Timed<'_, H> {
    /// Whether the next call is one of those that are timed.
    #[inline]
    fn is_due(&mut self) -> bool {
        let Some(notes) = &mut self.notes else { return false };
        if self.timing.every == 0 {
            return false;
        }
        if notes.skip > 0 {
            notes.skip -= 1;
            return false;
        }
        notes.skip = self.timing.every - 1;
        true
    }

    /// Makes the call of the edges in `slots`, and notes how long they took.
    #[inline]
    fn timed<R>(
        &mut self,
        slots: impl ExactSizeIterator<Item = u32> + Clone,
        call: impl FnOnce(&mut H) -> R,
    ) -> R {
        if !self.is_due() {
            let result = call(self.host);
            slots.for_each(|slot| self.timing.clear(slot));
            return result;
        }
        let entered = self.timing.now();
        let result = call(self.host);
        let returned = self.timing.now();
        let Some(notes) = &mut self.notes else { return result };
        notes.service.record(returned - entered, slots.len() as u64);
        for slot in slots {
            if let Some(planned) = self.timing.planned(slot) {
                notes.response.record(returned.saturating_sub(planned), 1);
                self.timing.clear(slot);
            }
        }
        result
    }
}

impl<H> Drop for Timed<'_, H> {
    fn drop(&mut self) {
        self.timing.notes.lock().extend(self.notes.take());
    }
}

impl<H: Host> Host for Timed<'_, H> {
    fn admits(&self, kind: HandlerKind) -> bool {
        self.host.admits(kind)
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        let slot = indication.handle.index;
        self.timed(std::iter::once(slot), |host| host.call(indication))
    }

    fn call_native(
        &mut self,
        indication: &Indication,
        level: CallLevel,
        call: impl FnOnce() -> Verdict,
    ) -> Verdict {
        let slot = indication.handle.index;
        self.timed(std::iter::once(slot), |host| host.call_native(indication, level, call))
    }

    fn call_batch(
        &mut self,
        handler: HandlerId,
        batch: &Batch<'_>,
        breach: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        let slots = (0..batch.len()).map(|row| batch.handle(row).index);
        self.timed(slots, |host| host.call_batch(handler, batch, breach))
    }

    fn closed(&mut self, index: u32) {
        self.host.closed(index);
    }

    fn ended(&mut self, handle: SocketHandle) {
        self.host.ended(handle);
    }

    fn runs_errands(&self) -> bool {
        self.host.runs_errands()
    }
}
