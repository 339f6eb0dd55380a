//! Drive: the loop from the queue to the handlers, on one thread.
//!
//! A drive takes a batch of entries, asks for the cache lines that the next ones need, and then for
//! each entry: begin (one exchange on the socket word, which makes this thread the socket's owner),
//! call, finish (one exchange, which also looks for what came meanwhile). Counts are added once per
//! step. Entries taken but not begun go back to the queue's front when the drive ends.

use crate::core::dispatch::Tray;
use crate::core::dispatch::batch::Batch;
use crate::core::dispatch::handler::{HandlerId, HandlerKind, Host, Indication};
use crate::core::dispatch::native::NativeCallback;
use crate::core::dispatch::team::Ticket;
use crate::core::event_queue::entry::Taken;
use crate::core::event_queue::{Found as Taking, Seen, Signals};
use crate::core::findings::Finding;
use crate::core::flags::{DisconnectFlags, Edge};
use crate::core::handle::SocketHandle;
use crate::core::irql::IrqlSource;
use crate::core::limits::{TAKE, TEAM_TAKE};
use crate::core::prefetch::{prefetch, prefetch_address};
use crate::core::random::Random;
use crate::core::socket_table::Slot;
use crate::core::socket_table::word::Begun;
use crate::core::subsystem::Subsystem;
use std::sync::Arc;

/// Why a step ended.
#[derive(Debug)]
pub enum Step {
    /// Nothing is queued.
    Empty,
    /// A poster is about to store the next entry; try again.
    Unready,
    /// As many calls were made as the step was allowed.
    Spent,
    /// The next edge's handler is of a kind that the host does not admit.
    Other(HandlerKind),
    /// The contract machine has completions or other callbacks to make.
    Errands,
    /// The host asked to stop.
    Stopped,
    /// The drive was told to stop.
    Halted,
    /// A breach ends the drive, because the subsystem checks with [`Check::Raise`].
    Breach(Box<Finding>),
}

/// How many entries ahead a slot is fetched, and how many ahead the context it names.
const SLOT_AHEAD: usize = 24;
const CONTEXT_AHEAD: usize = 12;

/// One thread's way through the queue.
#[derive(Debug)]
pub struct Drive<'s> {
    pub(super) subsystem: &'s Subsystem,
    /// This drive's row in the black box, and its place among the workers.
    pub(super) row: usize,
    /// How many drives share the queue.
    workers: usize,
    pub(super) taken: Vec<Taken>,
    /// The next of `taken`, unless a tray says so.
    pub(super) next: usize,
    /// Where other workers find what this one has not begun.
    tray: Option<Arc<Tray>>,
    /// How far the queue had been filled at the last look.
    seen: Seen,
    irql: IrqlSource,
    /// The bits of `Flags` that handlers are told (U-21).
    pub(super) told: u32,
    /// Calls made since the counts were last added, graceful and abortive.
    tally: [u64; 2],
    pub(super) made: u64,
    journal: Vec<(SocketHandle, u32)>,
    pub(super) batch: Batch,
    pub(super) native: Option<(HandlerId, NativeCallback)>,
}

impl<'s> Drive<'s> {
    /// The only drive: on the caller's thread, under its own ticket.
    #[must_use]
    pub fn alone(ticket: &Ticket<'s>) -> Self {
        let irql = *ticket.subsystem().irql_stream.lock();
        Self::new(ticket.subsystem(), 0, 1, irql)
    }

    /// One of `workers` drives, numbered from 0, that share a ticket.
    #[must_use]
    pub fn worker(subsystem: &'s Subsystem, number: usize, workers: usize) -> Self {
        let random = Random::new(subsystem.options.seed, 0x1000 + number as u64);
        let irql = IrqlSource::new(subsystem.options.irql, random);
        let mut drive = Self::new(subsystem, number, workers, irql);
        if workers > 1 {
            let tray = Arc::new(Tray::new());
            subsystem.trays.lock().push(Arc::clone(&tray));
            drive.tray = Some(tray);
        }
        drive
    }

    fn new(subsystem: &'s Subsystem, row: usize, workers: usize, irql: IrqlSource) -> Self {
        Self {
            subsystem,
            row,
            workers,
            taken: Vec::with_capacity(TAKE),
            next: 0,
            tray: None,
            seen: Seen::default(),
            irql,
            told: subsystem.options.told_flags(),
            tally: [0; 2],
            made: 0,
            journal: Vec::new(),
            batch: Batch::default(),
            native: None,
        }
    }

    /// Counts a call that the host made as an errand.
    pub fn count_call(&mut self) {
        self.made += 1;
    }

    /// How many calls this drive has made.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.made
    }

    /// The number of the oldest edge that this drive or the queue has; of the next one, if none has.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        let taken = self.place().map(|place| self.taken[place].edge_number);
        taken.unwrap_or_else(|| self.subsystem.queue.oldest())
    }

    /// Sleeps until something is queued or the drive is told to stop; true when to stop. Called when
    /// a step came back empty.
    pub fn rest(&self) -> bool {
        self.subsystem.queue.park(self.workers, self.seen)
    }

    /// Makes at most `calls` calls, oldest edge first.
    pub fn step<H: Host>(&mut self, host: &mut H, calls: u64) -> Step {
        let end = self.made.saturating_add(calls);
        let step = self.run(host, end);
        self.add_up();
        step
    }

    fn run<H: Host>(&mut self, host: &mut H, end: u64) -> Step {
        loop {
            match self.subsystem.queue.signals() {
                Signals::NONE => {}
                signals if signals.halt() => return Step::Halted,
                _ if host.runs_errands() => return Step::Errands,
                _ => {}
            }
            if self.made >= end {
                return Step::Spent;
            }
            let Some(place) = self.place() else {
                match self.take(end - self.made) {
                    Taking::Some(_) => continue,
                    Taking::Nothing => return Step::Empty,
                    Taking::Unready => return Step::Unready,
                }
            };
            let taken = self.taken[place];
            let slot = self.subsystem.table.slot(taken.entry.index());
            // Stable: a slot is not opened again while the queue holds an entry of it.
            let handler = HandlerId::from_bits(slot.handler());
            if !host.admits(handler.kind()) {
                return Step::Other(handler.kind());
            }
            let ended = match handler.kind() {
                HandlerKind::Batch => self.call_batch(host, handler, end),
                _ if self.claim(place) => self.call_one(host, handler, slot, taken),
                _ => None,
            };
            if let Some(step) = ended {
                return step;
            }
        }
    }

    /// Where in `taken` the next entry lies, if one is left.
    #[inline]
    pub(super) fn place(&self) -> Option<usize> {
        match &self.tray {
            None => (self.next < self.taken.len()).then_some(self.next),
            Some(tray) => tray.next(),
        }
    }

    /// Makes the entry at `place` this drive's to begin; false if another worker stole it.
    #[inline]
    pub(super) fn claim(&mut self, place: usize) -> bool {
        self.next = place + 1;
        self.tray.as_ref().is_none_or(|tray| tray.claim(place))
    }

    fn take(&mut self, calls: u64) -> Taking {
        self.add_up();
        self.taken.clear();
        self.next = 0;
        let calls = usize::try_from(calls).unwrap_or(usize::MAX);
        let most = if self.tray.is_some() { TEAM_TAKE } else { TAKE }.min(calls);
        let tray = self.tray.as_ref();
        let (found, seen) = self.subsystem.queue.take(most, &mut self.taken, |taken| {
            if let Some(tray) = tray {
                tray.fill(taken);
            }
        });
        self.seen = seen;
        self.write_counts();
        if found == Taking::Nothing
            && let Some(own) = &self.tray
            && let Some(stolen) = self.steal()
        {
            self.taken.push(stolen);
            own.fill(&self.taken);
            return Taking::Some(1);
        }
        for ahead in 0..SLOT_AHEAD {
            self.fetch_slot(ahead);
        }
        for ahead in 0..CONTEXT_AHEAD {
            self.fetch_context(ahead);
        }
        found
    }

    /// Takes one entry from another worker's tray.
    fn steal(&self) -> Option<Taken> {
        self.subsystem.trays.lock().iter().find_map(|tray| tray.steal())
    }

    #[inline]
    fn fetch_slot(&self, at: usize) {
        if let Some(taken) = self.taken.get(at) {
            prefetch(self.subsystem.table.slot(taken.entry.index()));
        }
    }

    #[inline]
    fn fetch_context(&self, at: usize) {
        if let Some(taken) = self.taken.get(at) {
            prefetch_address(self.subsystem.table.slot(taken.entry.index()).context());
        }
    }

    /// Takes the entry at `next` and begins its edge; gives the indication if there is one to make.
    #[inline]
    pub(super) fn begin(
        &mut self,
        handler: HandlerId,
        slot: &Slot,
        taken: Taken,
    ) -> Option<Indication> {
        self.fetch_slot(self.next + SLOT_AHEAD);
        self.fetch_context(self.next + CONTEXT_AHEAD);
        let (edge, index) = (taken.entry.edge(), taken.entry.index());
        let number = self.subsystem.note_number();
        let changed = slot.change(|word| {
            let (after, call) = match word.begin(edge) {
                Begun::Call(after) => (after, true),
                Begun::Drop(after) | Begun::Defer(after) => (after, false),
            };
            Ok::<_, std::convert::Infallible>((after, (after, call)))
        });
        let Ok((before, (after, call))) = changed;
        if !call {
            self.subsystem.dropped(index, before, after);
            return None;
        }
        let handle = SocketHandle { generation: after.generation(), index };
        let flags = DisconnectFlags::new(edge, self.irql.next()).bits();
        self.tally[edge as usize] += 1;
        self.made += 1;
        if self.subsystem.options.journal {
            self.journal.push((handle, flags & self.told));
        }
        self.subsystem.note_call_started(number, handle, edge);
        let edge_number = taken.edge_number;
        Some(Indication { handler, handle, context: slot.context(), flags, edge_number })
    }

    /// Ends the call of an indication (C-13, E-14).
    #[inline]
    pub(super) fn finish<H: Host>(
        &self,
        host: &mut H,
        slot: &Slot,
        handle: SocketHandle,
        edge: Edge,
    ) {
        let number = self.subsystem.note_number();
        let changed = slot.change(|word| {
            let finished = word.finish();
            Ok::<_, std::convert::Infallible>((finished.word, finished))
        });
        let Ok((_, finished)) = changed;
        self.subsystem.note_call_ended(number, handle, edge);
        if finished.owed != 0 {
            self.subsystem.push_owed(handle.index, finished.owed);
        }
        if finished.closed {
            self.subsystem.note_close_completed(number, handle);
            self.subsystem.close_completed(handle, finished.word);
            host.closed(handle.index);
        }
        if finished.wanted {
            host.ended(handle);
        }
    }

    /// Adds what this drive did to the shared books.
    fn add_up(&mut self) {
        let tally = std::mem::take(&mut self.tally);
        self.subsystem.counters.indicated(tally);
        self.subsystem.settle(tally[0] + tally[1]);
        if !self.journal.is_empty() {
            self.subsystem.journal.lock().append(&mut self.journal);
        }
        self.write_counts();
    }

    /// Tells the black box what is known now: before the calls of a batch, and after them.
    fn write_counts(&self) {
        if let Some(black_box) = self.subsystem.options.black_box {
            black_box.write_counts(&self.subsystem.counts());
        }
    }
}

impl Drop for Drive<'_> {
    fn drop(&mut self) {
        self.add_up();
        let left = match &self.tray {
            None => self.taken.split_off(self.next),
            Some(tray) => std::iter::from_fn(|| tray.steal()).collect(),
        };
        self.subsystem.queue.put_back(&left);
        if let Some(tray) = &self.tray {
            self.subsystem.trays.lock().retain(|other| !Arc::ptr_eq(other, tray));
        }
        if self.row == 0 {
            *self.subsystem.irql_stream.lock() = self.irql;
        }
    }
}
