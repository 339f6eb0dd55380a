//! Timing: a host around another one that times the calls it makes.
//!
//! Only a drive that was asked to time its calls is built with it, so that no other drive holds an
//! instruction of it. Two looks at the clock per timed call: *service* is the time between them,
//! *response* the time from the edge's planned instant to the second. A batch is one call: each of
//! its edges has the whole call as its service, for none is answered before the call returns.
//!
//! The planned instants lie in one word per slot (`core::planned`).

use crate::core::dispatch::{Batch, Drive, Host, Step};
use crate::core::findings::Subject;
use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::handlers::{HandlerId, HandlerKind};
use crate::core::indication::{Breach, Indication, Verdict};
use crate::core::irql::CallLevel;
use crate::core::planned::Planned;
use crate::core::sync::{AtomicU64, Mutex, Ordering};
use crate::storm::noise::Noise;
use crate::storm::series::Series;
use std::sync::Arc;
use std::time::Instant;

/// What a storm times, shared by its generator and its drives.
#[derive(Debug)]
pub struct Timing {
    made: Instant,
    /// Nanoseconds from `made` to the beginning.
    zero: AtomicU64,
    /// Of the edges that are on their way; empty without a rate.
    planned: Arc<Planned>,
    /// One call in this many is timed; 0 for none.
    every: u64,
    /// Notes that no drive holds at present.
    notes: Mutex<Vec<Notes>>,
    /// Service and latency of accepts.
    accepts: Mutex<Option<(Series, Series)>>,
    noise: Mutex<Noise>,
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
        Self::growing(slots, every).filter(|made| made.planned.reserve())
    }

    /// Likewise, but memory is taken for the slots that are used, when they are. `None` if there is none for a list.
    #[must_use]
    pub fn growing(slots: usize, every: u64) -> Option<Self> {
        Some(Self {
            made: Instant::now(),
            zero: AtomicU64::new(0),
            planned: Arc::new(Planned::new(slots)?),
            every,
            notes: Mutex::new(Vec::new()),
            accepts: Mutex::new(None),
            noise: Mutex::new(Noise::default()),
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
        // It may have been put forward by more than has passed.
        self.passed().wrapping_sub(self.zero.load(Ordering::Relaxed))
    }

    #[inline]
    fn passed(&self) -> u64 {
        let passed = self.made.elapsed();
        passed.as_secs() * 1_000_000_000 + u64::from(passed.subsec_nanos())
    }

    /// The planned instants of edges.
    #[must_use]
    pub fn planned(&self) -> &Arc<Planned> {
        &self.planned
    }

    /// Puts the clock forward: so much time is left out.
    pub fn skip(&self, nanoseconds: u64) {
        // Relaxed: as in `begin`.
        self.zero.fetch_sub(nanoseconds, Ordering::Relaxed);
    }

    /// Listens for so many nanoseconds to what else the host does.
    pub fn listen(&self, nanoseconds: u64) {
        self.noise.lock().listen(nanoseconds);
    }

    /// What was heard of it.
    #[must_use]
    pub fn noise(&self) -> Noise {
        *self.noise.lock()
    }

    /// An application has taken a connection that was to come at `planned`, by a call that was entered at `entered`.
    pub fn accepted(&self, planned: u64, entered: u64) {
        let returned = self.now();
        let mut accepts = self.accepts.lock();
        let (service, latency) = accepts.get_or_insert_with(|| (Series::new(), Series::new()));
        service.record(returned.saturating_sub(entered), 1);
        latency.record(returned.saturating_sub(planned), 1);
    }

    /// A connection that was to come at `planned` was over before an application took it: it has waited until now.
    pub fn missed(&self, planned: u64) {
        let waited = self.now().saturating_sub(planned);
        let mut accepts = self.accepts.lock();
        let (_, latency) = accepts.get_or_insert_with(|| (Series::new(), Series::new()));
        latency.record(waited, 1);
    }

    /// Service and latency of accepts so far, with what those have waited that wait still, which were to come at these
    /// instants; `None` if there were none.
    #[must_use]
    pub fn accepts(&self, waiting: &[u64]) -> Option<(Series, Series)> {
        let mut accepts = self.accepts.lock().clone();
        for planned in waiting {
            let (_, latency) = accepts.get_or_insert_with(|| (Series::new(), Series::new()));
            latency.record(self.now().saturating_sub(*planned), 1);
        }
        accepts
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

    /// Makes the call of these edges, each with its slot, and notes how long they took.
    #[inline]
    fn timed<R>(
        &mut self,
        edges: impl ExactSizeIterator<Item = (u32, Edge)> + Clone,
        call: impl FnOnce(&mut H) -> R,
    ) -> R {
        if !self.is_due() {
            let result = call(self.host);
            edges.for_each(|(slot, edge)| self.timing.planned.clear(slot, edge));
            return result;
        }
        let entered = self.timing.now();
        let result = call(self.host);
        let returned = self.timing.now();
        let Some(notes) = &mut self.notes else { return result };
        notes.service.record(returned - entered, edges.len() as u64);
        for (slot, edge) in edges {
            if let Some(planned) = self.timing.planned.get(slot, edge) {
                notes.response.record(returned.saturating_sub(planned), 1);
                self.timing.planned.clear(slot, edge);
            }
        }
        result
    }
}

/// The slot of an edge, and its kind, which is the lowest bit of `Flags` (D-6).
fn edge_of(indication: &Indication) -> (u32, Edge) {
    (indication.handle.index, Edge::from_bit(u64::from(indication.flags)))
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
        let edge = edge_of(indication);
        self.timed(std::iter::once(edge), |host| host.call(indication))
    }

    fn call_native(
        &mut self,
        indication: &Indication,
        level: CallLevel,
        call: impl FnOnce() -> Verdict,
    ) -> Verdict {
        let edge = edge_of(indication);
        self.timed(std::iter::once(edge), |host| host.call_native(indication, level, call))
    }

    fn call_batch(
        &mut self,
        handler: HandlerId,
        batch: &Batch<'_>,
        breach: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        let edge =
            |row: usize| (batch.handle(row).index, Edge::from_bit(u64::from(batch.flags[row])));
        self.timed((0..batch.len()).map(edge), |host| host.call_batch(handler, batch, breach))
    }

    fn foresees(&mut self, indices: impl Iterator<Item = u32> + Clone) {
        self.host.foresees(indices);
    }

    fn closed(&mut self, index: u32) {
        self.host.closed(index);
    }

    fn subject(&self, handle: SocketHandle) -> Subject {
        self.host.subject(handle)
    }

    fn ended(&mut self, handle: SocketHandle) {
        self.host.ended(handle);
    }

    fn runs_errands(&self) -> bool {
        self.host.runs_errands()
    }
}
