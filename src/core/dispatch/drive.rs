//! Drive: the loop from the queue to the handlers, on one thread.
//!
//! A drive takes a batch of entries, asks for the cache lines that the next ones need, and then for
//! each entry: begin (one exchange on the socket word, which makes this thread the socket's owner),
//! call, finish (one exchange, which also looks for what came meanwhile). Counts are added once per
//! step. Entries taken but not begun go back to the queue's front when the drive ends.

use crate::core::dispatch::batch::Batch;
use crate::core::dispatch::handler::{Breach, HandlerId, HandlerKind, Host, Indication, Verdict};
use crate::core::dispatch::native::NativeCallback;
use crate::core::dispatch::team::Ticket;
use crate::core::event_queue::Found as Taking;
use crate::core::event_queue::entry::Taken;
use crate::core::findings::{Finding, Found};
use crate::core::flags::{DisconnectFlags, Edge};
use crate::core::handle::SocketHandle;
use crate::core::irql::IrqlSource;
use crate::core::limits::TAKE;
use crate::core::prefetch::{prefetch, prefetch_address};
use crate::core::random::Random;
use crate::core::socket_table::Slot;
use crate::core::socket_table::word::Begun;
use crate::core::subsystem::{Check, Subsystem};
use crate::core::sync::Ordering;

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
    subsystem: &'s Subsystem,
    /// This drive's row in the black box, and its place among the workers.
    row: usize,
    /// Not to be taken at once by one of several workers.
    most: usize,
    taken: Vec<Taken>,
    next: usize,
    irql: IrqlSource,
    /// Calls made since the counts were last added, graceful and abortive.
    tally: [u64; 2],
    made: u64,
    journal: Vec<(SocketHandle, u32)>,
    batch: Batch,
    native: Option<(HandlerId, NativeCallback)>,
}

impl<'s> Drive<'s> {
    /// The only drive: on the caller's thread, under its own ticket.
    #[must_use]
    pub fn alone(ticket: &Ticket<'s>) -> Self {
        let random = *ticket.subsystem().irql_stream.lock();
        Self::new(ticket.subsystem(), 0, 1, random)
    }

    /// One of `workers` drives, numbered from 0, that share a ticket.
    #[must_use]
    pub fn worker(subsystem: &'s Subsystem, number: usize, workers: usize) -> Self {
        let random = Random::new(subsystem.options.seed, 0x1000 + number as u64);
        Self::new(subsystem, number, workers, random)
    }

    fn new(subsystem: &'s Subsystem, row: usize, workers: usize, random: Random) -> Self {
        Self {
            subsystem,
            row,
            most: if workers > 1 { (TAKE / 8).max(1) } else { TAKE },
            taken: Vec::with_capacity(TAKE),
            next: 0,
            irql: IrqlSource::new(subsystem.options.irql, random),
            tally: [0; 2],
            made: 0,
            journal: Vec::new(),
            batch: Batch::default(),
            native: None,
        }
    }

    /// How many calls this drive has made.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.made
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
            // Relaxed: a request to stop, acted on at the next edge.
            if self.subsystem.halt.load(Ordering::Relaxed) {
                return Step::Halted;
            }
            if self.made >= end {
                return Step::Spent;
            }
            if self.next == self.taken.len() {
                match self.take(end - self.made) {
                    Taking::Some(_) => {}
                    Taking::Nothing => return Step::Empty,
                    Taking::Unready => return Step::Unready,
                }
            }
            let taken = self.taken[self.next];
            let slot = self.subsystem.table.slot(taken.entry.index());
            // Stable: a slot is not opened again while the queue holds an entry of it.
            let handler = HandlerId::from_bits(slot.handler());
            if !host.admits(handler.kind()) {
                return Step::Other(handler.kind());
            }
            let ended = match handler.kind() {
                HandlerKind::Batch => self.call_batch(host, handler, end),
                _ => self.call_one(host, handler, slot, taken),
            };
            if let Some(step) = ended {
                return step;
            }
        }
    }

    fn take(&mut self, calls: u64) -> Taking {
        self.add_up();
        self.taken.clear();
        self.next = 0;
        let most = self.most.min(usize::try_from(calls).unwrap_or(usize::MAX));
        let found = self.subsystem.queue.take(most, &mut self.taken);
        for ahead in 0..SLOT_AHEAD {
            self.fetch_slot(ahead);
        }
        for ahead in 0..CONTEXT_AHEAD {
            self.fetch_context(ahead);
        }
        found
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
    fn begin(&mut self, handler: HandlerId, slot: &Slot, taken: Taken) -> Option<Indication> {
        self.next += 1;
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
            self.journal.push((handle, flags));
        }
        self.subsystem.note_call_started(number, handle, edge);
        let edge_number = taken.edge_number;
        Some(Indication { handler, handle, context: slot.context(), flags, edge_number })
    }

    /// Ends the call of an indication (C-13, E-14).
    #[inline]
    fn finish<H: Host>(&self, host: &mut H, slot: &Slot, handle: SocketHandle, edge: Edge) {
        self.subsystem.note_call_ended(handle, edge);
        let changed = slot.change(|word| {
            let finished = word.finish();
            Ok::<_, std::convert::Infallible>((finished.word, finished))
        });
        let Ok((_, finished)) = changed;
        if finished.owed != 0 {
            self.subsystem.push_owed(handle.index, finished.owed);
        }
        if finished.closed {
            self.subsystem.close_completed(handle, finished.word);
            host.closed(handle.index);
        }
    }

    fn call_one<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        slot: &Slot,
        taken: Taken,
    ) -> Option<Step> {
        let indication = self.begin(handler, slot, taken)?;
        let verdict = match handler.kind() {
            HandlerKind::Native => self.call_native(&indication),
            _ => host.call(&indication),
        };
        self.finish(host, slot, indication.handle, Edge::from_bit(u64::from(indication.flags)));
        match verdict {
            Verdict::Success => None,
            Verdict::Stop => Some(Step::Stopped),
            Verdict::Breach(breach) => self.judge(&indication, *breach),
        }
    }

    #[inline]
    fn call_native(&mut self, indication: &Indication) -> Verdict {
        let callback = match self.native {
            Some((handler, callback)) if handler == indication.handler => callback,
            _ => {
                let address = self.subsystem.natives.address(indication.handler);
                let callback = NativeCallback::at(address);
                self.native = Some((indication.handler, callback));
                callback
            }
        };
        let status = match self.black_box() {
            None => callback.call(indication.context, indication.flags),
            Some(row) => {
                write_row(row, indication);
                let status = callback.call(indication.context, indication.flags);
                row[0].store(0, Ordering::Relaxed);
                status
            }
        };
        if status == 0 {
            return Verdict::Success;
        }
        let found = Found::Status(status);
        Verdict::Breach(Box::new(Breach { found, context_text: None, stop: false }))
    }

    fn call_batch<H: Host>(&mut self, host: &mut H, handler: HandlerId, end: u64) -> Option<Step> {
        let mut batch = std::mem::take(&mut self.batch);
        batch.clear();
        while self.next < self.taken.len() && self.made < end {
            let taken = self.taken[self.next];
            let slot = self.subsystem.table.slot(taken.entry.index());
            if HandlerId::from_bits(slot.handler()) != handler {
                break;
            }
            // A second edge of a socket in this batch waits for the next one, and keeps its place.
            if !batch.is_empty() && slot.load().is_running() {
                break;
            }
            if let Some(indication) = self.begin(handler, slot, taken) {
                batch.push(&indication);
            }
        }
        let step = if batch.is_empty() { None } else { self.call_rows(host, handler, &batch) };
        self.batch = batch;
        step
    }

    fn call_rows<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        batch: &Batch,
    ) -> Option<Step> {
        let mut breaches = Vec::new();
        let verdict = host
            .call_batch(handler, batch, &mut |position, breach| breaches.push((position, breach)));
        for (&handle, &flags) in batch.handles.iter().zip(&batch.flags) {
            let slot = self.subsystem.table.slot(handle.index);
            self.finish(host, slot, handle, Edge::from_bit(u64::from(flags)));
        }
        let stop = matches!(verdict, Verdict::Stop);
        if let Verdict::Breach(breach) = verdict {
            breaches.push((0, *breach));
        }
        let mut ended = stop.then_some(Step::Stopped);
        for (position, breach) in breaches {
            let indication = Indication {
                handler,
                handle: batch.handles[position],
                context: batch.contexts[position],
                flags: batch.flags[position],
                edge_number: batch.edge_numbers[position],
            };
            ended = self.judge(&indication, breach).or(ended);
        }
        ended
    }

    /// Counts a breach, keeps its finding, and tells whether the drive ends (D-8, U-22).
    #[cold]
    fn judge(&self, indication: &Indication, breach: Breach) -> Option<Step> {
        let before = self.subsystem.counters.finding();
        let finding = Finding {
            rule: "D-8",
            found: breach.found,
            handle: indication.handle,
            context: indication.context,
            context_text: breach.context_text,
            edge_number: indication.edge_number,
            flags: indication.flags,
        };
        let check = self.subsystem.options.check;
        if check != Check::Off && before < crate::core::limits::MAX_FINDINGS as u64 {
            self.subsystem.findings.keep(finding.clone());
        }
        match (breach.stop, check) {
            (true, _) => Some(Step::Stopped),
            (false, Check::Raise) => Some(Step::Breach(Box::new(finding))),
            (false, _) => None,
        }
    }

    fn black_box(&self) -> Option<&'static [std::sync::atomic::AtomicU64]> {
        self.subsystem.options.black_box?.get(self.row * ROW..(self.row + 1) * ROW)
    }

    /// Adds what this drive did to the shared books.
    fn add_up(&mut self) {
        let tally = std::mem::take(&mut self.tally);
        self.subsystem.counters.indicated(tally);
        self.subsystem.settle(tally[0] + tally[1]);
        if !self.journal.is_empty() {
            self.subsystem.journal.lock().append(&mut self.journal);
        }
        if let Some(black_box) = self.subsystem.options.black_box {
            self.write_counts(black_box);
        }
    }

    fn write_counts(&self, black_box: &'static [std::sync::atomic::AtomicU64]) {
        let counts = self.subsystem.counts();
        let withheld = counts.withheld.iter().sum();
        let refused = counts.refused.iter().sum();
        let [posted_graceful, posted_abortive] = counts.posted;
        let [graceful, abortive] = counts.indicated;
        let values = [
            posted_graceful,
            posted_abortive,
            graceful,
            abortive,
            withheld,
            counts.held,
            refused,
            counts.findings,
        ];
        for (word, value) in black_box.iter().skip(8).zip(values) {
            word.store(value, Ordering::Relaxed);
        }
        if let Some([_, _, _, _, _, begun, abortive, ..]) = self.black_box() {
            begun.store(0, Ordering::Relaxed);
            abortive.store(0, Ordering::Relaxed);
        }
    }
}

/// Words of one row of the black box.
const ROW: usize = 16;

/// Writes down which call is about to be made, for whoever finds this process dead.
fn write_row(row: &[std::sync::atomic::AtomicU64], indication: &Indication) {
    // Relaxed throughout: the reader is another process that looks after this one has died.
    let values = [
        indication.edge_number,
        indication.handle.bits(),
        u64::from(indication.flags),
        indication.context,
    ];
    for (word, value) in row[1..5].iter().zip(values) {
        word.store(value, Ordering::Relaxed);
    }
    row[5].fetch_add(1, Ordering::Relaxed);
    row[6].fetch_add(u64::from(indication.flags & 1), Ordering::Relaxed);
    row[0].store(1, Ordering::Relaxed);
}

impl Drop for Drive<'_> {
    fn drop(&mut self) {
        self.add_up();
        self.subsystem.queue.put_back(&self.taken[self.next..]);
        if self.row == 0 {
            *self.subsystem.irql_stream.lock() = self.irql.random();
        }
    }
}
