//! Drive: the loop from the queue to the handlers, on one thread.
//!
//! A drive takes a batch of entries, asks for the cache lines that the next ones need (`ahead`), and
//! then for each entry: begin (one exchange on the socket word, which makes this thread the socket's
//! owner), call, finish (one exchange, which also looks for what came meanwhile). Counts are added once
//! per step. Entries taken but not begun go back to the queue's front when the drive ends.

use crate::core::chooser::Point;
use crate::core::dispatch::ahead::{Ahead, Contexts, Found as Entry};
use crate::core::dispatch::batch::Batch;
use crate::core::dispatch::caller::Caller;
use crate::core::dispatch::host::Host;
use crate::core::dispatch::step::Step;
use crate::core::dispatch::ticket::Ticket;
use crate::core::event_queue::entry::Taken;
use crate::core::event_queue::tray::Tray;
use crate::core::event_queue::{Found as Taking, Seen, Signals, Taker};
use crate::core::handlers::{HandlerId, HandlerKind};
use crate::core::irql::IrqlSource;
use crate::core::limits::{TAKE, TEAM_TAKE};
use crate::core::random::Random;
use crate::core::subsystem::Subsystem;
use crate::core::sync::Ordering;
use std::sync::Arc;

/// One thread's way through the queue.
#[derive(Debug)]
pub struct Drive<'s> {
    pub(super) caller: Caller<'s>,
    pub(super) ahead: Ahead<'s>,
    pub(super) batch: Batch<'s>,
    /// This drive's row in the black box, and its place among the workers.
    pub(super) row: usize,
    /// How many drives share the queue.
    workers: usize,
    /// The next step's calls come before errands that wait.
    passes: bool,
    /// How far the queue had been filled at the last look.
    seen: Seen,
}

impl<'s> Drive<'s> {
    /// The only drive: on the caller's thread, under its own ticket.
    #[must_use]
    pub fn alone(ticket: &Ticket<'s>) -> Self {
        let irql = *ticket.subsystem().irql_stream.lock();
        Self::new(ticket.subsystem(), 0, 1, irql, None)
    }

    /// One of `workers` drives, numbered from 0, that share a ticket.
    #[must_use]
    pub fn worker(subsystem: &'s Subsystem, number: usize, workers: usize) -> Self {
        let random = Random::new(subsystem.options.seed, 0x1000 + number as u64);
        let irql = IrqlSource::new(subsystem.options.irql, Some(random));
        subsystem.teams.fetch_add(1, Ordering::Relaxed);
        let tray = (workers > 1).then(|| Arc::new(Tray::new()));
        subsystem.trays.lock().extend(tray.clone());
        Self::new(subsystem, number, workers, irql, tray)
    }

    fn new(
        subsystem: &'s Subsystem,
        row: usize,
        workers: usize,
        irql: IrqlSource,
        tray: Option<Arc<Tray>>,
    ) -> Self {
        Self {
            caller: Caller::new(subsystem, irql),
            ahead: Ahead::new(
                &subsystem.table,
                if tray.is_some() { TEAM_TAKE } else { TAKE },
                tray,
            ),
            batch: Batch::new(),
            row,
            workers,
            passes: false,
            seen: Seen::default(),
        }
    }

    /// Counts calls that the host made as errands.
    pub fn count_calls(&mut self, calls: u64) {
        self.caller.count_calls(calls);
    }

    /// How many calls this drive has made.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.caller.made()
    }

    /// The number of the oldest edge that this drive or the queue has; of the next one, if none has.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.ahead.oldest().unwrap_or_else(|| self.caller.subsystem.queue.oldest())
    }

    /// Whether errands wait for the edges of the next step, and not the other way.
    pub fn pass_errands(&mut self, passes: bool) {
        self.passes = passes;
    }

    /// Sleeps until something is queued or the drive is told to stop; true when to stop. Called when
    /// a step came back empty.
    pub fn rest(&self) -> bool {
        self.caller.subsystem.queue.park(self.workers, self.seen)
    }

    /// Makes at most `calls` calls, oldest edge first.
    pub fn step<H: Host>(&mut self, host: &mut H, calls: u64) -> Step {
        let end = self.made().saturating_add(calls);
        let step = self.run(host, end);
        self.caller.add_up();
        step
    }

    fn run<H: Host>(&mut self, host: &mut H, end: u64) -> Step {
        loop {
            let signals = self.caller.subsystem.queue.signals();
            if signals != Signals::NONE
                && let Some(step) = self.heed(signals, host.runs_errands())
            {
                return step;
            }
            if self.made() >= end {
                return Step::Spent;
            }
            let Some((place, next)) = self.ahead.next(Contexts::Never) else {
                match self.take(end - self.made()) {
                    Taking::Some(_) => {
                        host.foresees(self.ahead.indices());
                        continue;
                    }
                    Taking::Nothing => return Step::Empty,
                    Taking::Unready => return Step::Unready,
                }
            };
            if self.ahead.passes(place) {
                continue;
            }
            // Of the entry's life, unless the entry is stolen just now: a slot is not opened again while an
            // entry of it was not begun. A handler of another life does no harm, for `begin` finds out.
            let handler = HandlerId::from_bits(next.slot.handler());
            if !host.admits(handler.kind()) {
                return Step::Other(handler.kind());
            }
            let ended = match handler.kind() {
                HandlerKind::Batch => self.call_batch(host, handler, end),
                HandlerKind::Native => self.call_native(host, handler, end),
                _ => self.call_host(host, handler, end),
            };
            if let Some(step) = ended {
                return step;
            }
        }
    }

    /// What a signal ends the step with.
    #[cold]
    #[inline(never)]
    fn heed(&self, signals: Signals, runs_errands: bool) -> Option<Step> {
        if signals.halt() {
            return Some(Step::Halted);
        }
        if signals.pause() {
            self.caller.subsystem.queue.set_pause(false);
            return Some(Step::Spent);
        }
        (runs_errands && !self.passes).then_some(Step::Errands)
    }

    fn take(&mut self, calls: u64) -> Taking {
        self.caller.add_up();
        let subsystem = self.caller.subsystem;
        let calls = usize::try_from(calls).unwrap_or(usize::MAX);
        let teamed = self.ahead.tray().is_some();
        let explores = subsystem.options.explores() && !teamed;
        let most = if teamed { TEAM_TAKE } else { TAKE };
        // To be drawn from, even if few calls are to be made: what is left goes back.
        let most = if explores { most } else { most.min(calls) };
        self.ahead.clear();
        let (mut found, seen) = subsystem.queue.take(most, &mut self.ahead);
        if found == Taking::Nothing
            && teamed
            && let Some(stolen) = steal(subsystem)
        {
            self.ahead.takes(stolen);
            self.ahead.took_all();
            found = Taking::Some(1);
        }
        if explores {
            arrange(subsystem, self.ahead.fresh());
        }
        self.ahead.ask();
        self.seen = seen;
        self.caller.write_counts();
        found
    }
}

/// Puts entries in the order that is chosen for them.
#[cold]
fn arrange(subsystem: &Subsystem, entries: &mut [Entry<'_>]) {
    let mut chooser = subsystem.chooser.lock();
    for place in 0..entries.len() {
        let left = &mut entries[place..];
        let thread = |option: u32| u64::from(left[option as usize].taken.entry.index());
        let chosen = chooser.choose_thread(Point::Edge, left.len() as u32, thread);
        left[..=chosen as usize].rotate_right(1);
    }
}

/// Takes one entry from another worker's tray.
fn steal(subsystem: &Subsystem) -> Option<Taken> {
    let stir = |taken: Taken| subsystem.table.slot(taken.entry.index()).stir();
    subsystem.trays.lock().iter().find_map(|tray| tray.steal(stir))
}

impl Drop for Drive<'_> {
    fn drop(&mut self) {
        self.caller.add_up();
        let subsystem = self.caller.subsystem;
        subsystem.queue.put_back(&self.ahead.leave());
        if let Some(tray) = self.ahead.tray() {
            subsystem.trays.lock().retain(|other| !Arc::ptr_eq(other, tray));
        }
        if self.row == 0 {
            *subsystem.irql_stream.lock() = self.caller.irql();
        }
    }
}
