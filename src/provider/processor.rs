//! Processor: what a thread carries as the virtual processor that it stands for: its IRQL, and the calls of
//! applications that it is inside of.
//!
//! Every handler runs under this record, however it was given: a drive sets the level for the call, compares it
//! afterwards, and puts it back. A host keeps the record, so that a call costs plain stores and one
//! compare, and no look-up of the thread's own memory.

use crate::core::dispatch::Batch;
use crate::core::findings::Finding;
use crate::core::flags::DisconnectFlags;
use crate::core::handle::SocketHandle;
use crate::core::indication::{Breach, Indication, Verdict};
use crate::core::irql::{CallLevel, Irql, IrqlPolicy};
use crate::provider::chain;
use crate::provider::custody::Identity;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The callback that a drive calls by itself.
pub const DISCONNECT: &str = "WskDisconnectEvent";

/// One call of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The callback, or whatever else is called.
    pub name: &'static str,
    /// The machine's number of the socket that it is about; 0 for none, or for one that only the core knows.
    pub socket: u64,
    /// The number of the subsystem that calls.
    pub owner: u32,
    /// The `Flags` of the callback, if it has any.
    pub flags: u32,
}

/// A call of a disconnect handler for one edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerCall {
    /// The socket.
    pub handle: SocketHandle,
    /// The edge's number, from 1.
    pub edge_number: u64,
    /// The `Flags` of the call, its level always among them.
    pub flags: u32,
}

/// In `handle`: no disconnect handler runs. Generations begin at 1, so no socket has this handle.
const NOBODY: u64 = 0;
/// In `handle`: a handler runs, for several sockets or for one that was not noted. Indices are smaller, so no
/// socket has this handle.
const SEVERAL: u64 = u64::MAX;
/// The `Flags` have so many bits (D-5); the edge's number stands above them.
const FLAG_BITS: u32 = 4;

/// One thread's record.
#[derive(Debug, Default)]
pub struct Processor {
    level: Cell<Irql>,
    /// Whose disconnect handlers run here: drives do not nest, but what runs inside one may use another
    /// subsystem.
    owner: Cell<u32>,
    /// The socket whose disconnect handler runs.
    handle: Cell<u64>,
    /// Its edge's number above its `Flags`.
    edge: Cell<u64>,
    /// Calls for one edge each that the owner's drives began here, and how many of an abortive edge: what a dying
    /// process tells of its last batch.
    begun: Cell<u64>,
    begun_abortive: Cell<u64>,
    /// Calls of other callbacks and of routines, innermost last, each with the level that it began upon.
    frames: RefCell<Vec<(Frame, Irql)>>,
}

thread_local! {
    static HERE: Rc<Processor> = Rc::default();
    /// This thread has its record: looking at it allocates nothing any more.
    static THERE: Cell<bool> = const { Cell::new(false) };
}

/// This thread's record.
#[must_use]
pub fn here() -> Rc<Processor> {
    THERE.set(true);
    HERE.with(Rc::clone)
}

/// The present level of this thread.
#[must_use]
pub fn level() -> Irql {
    THERE.set(true);
    HERE.with(|processor| processor.level())
}

/// The call of a disconnect handler, of whatever subsystem, that this thread is in; it is for the handler of a signal,
/// so it only reads.
#[must_use]
pub fn call_at_death() -> Option<HandlerCall> {
    if !THERE.get() {
        return None;
    }
    HERE.with(|processor| processor.handler_call(processor.owner.get()))
}

/// How many calls for one edge the drives of one subsystem have begun on this thread, and how many of them for an
/// abortive edge; it is for the handler of a signal, so it only reads.
#[must_use]
pub fn begun_at_death() -> [u64; 2] {
    if !THERE.get() {
        return [0; 2];
    }
    HERE.with(|processor| [processor.begun.get(), processor.begun_abortive.get()])
}

impl Processor {
    /// The present level.
    #[inline]
    #[must_use]
    pub fn level(&self) -> Irql {
        self.level.get()
    }

    /// Raises or lowers the level.
    #[inline]
    pub fn set_level(&self, level: Irql) {
        self.level.set(level);
    }

    /// A call begins; when the guard is dropped it has ended, and the level is what it is now.
    #[must_use]
    pub fn enter(self: &Rc<Self>, frame: Frame) -> Entered {
        self.begin(frame);
        Entered(Some(Rc::clone(self)))
    }

    /// As [`enter`](Self::enter), for those who call [`leave`](Self::leave) themselves.
    pub fn begin(&self, frame: Frame) {
        self.frames.borrow_mut().push((frame, self.level()));
    }

    /// The innermost call has ended: puts the level back, and returns the one that the call ended at.
    pub fn leave(&self) -> Irql {
        let left = self.level();
        let frame = self.frames.borrow_mut().pop();
        if let Some((_, before)) = frame {
            self.set_level(before);
        }
        left
    }

    /// The innermost call that runs on this thread. A disconnect handler is always the outermost: no drive
    /// begins inside a call.
    #[must_use]
    pub fn inside(&self) -> Option<Frame> {
        let innermost = self.frames.borrow().last().map(|(frame, _)| *frame);
        let handler = || {
            let flags = match self.handle.get() {
                SEVERAL => 0,
                _ => self.edge.get() as u32 & ((1 << FLAG_BITS) - 1),
            };
            Frame { name: DISCONNECT, socket: 0, owner: self.owner.get(), flags }
        };
        innermost.or_else(|| (self.handle.get() != NOBODY).then(handler))
    }

    /// The call of a disconnect handler of the subsystem `owner` that runs on this thread; none for a
    /// batch, which is not about one edge, and for a C handler, whose edges are not noted.
    #[must_use]
    pub fn handler_call(&self, owner: u32) -> Option<HandlerCall> {
        let (bits, edge) = (self.handle.get(), self.edge.get());
        if bits == NOBODY || bits == SEVERAL || self.owner.get() != owner {
            return None;
        }
        let handle = SocketHandle::from_bits(bits);
        let flags = edge as u32 & ((1 << FLAG_BITS) - 1);
        Some(HandlerCall { handle, edge_number: edge >> FLAG_BITS, flags })
    }

    /// A drive of the subsystem `owner` calls handlers on this thread from now on.
    #[must_use]
    pub fn driving(self: &Rc<Self>, owner: u32) -> Driving {
        if self.owner.replace(owner) != owner {
            self.begun.set(0);
            self.begun_abortive.set(0);
        }
        Driving { level: self.level(), processor: Rc::clone(self) }
    }
}

/// What a stack carries while it does not run, for those who run several on one thread.
#[derive(Debug)]
pub struct Carried {
    record: Processor,
    routines: u32,
    identity: Identity,
}

impl Carried {
    /// That of a thread which has done nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { record: Processor::default(), routines: 0, identity: Identity::new() }
    }

    /// This thread carries this from here on, and this what the thread did.
    pub fn exchange(&mut self) {
        let (here, own) = (here(), &self.record);
        here.level.swap(&own.level);
        here.owner.swap(&own.owner);
        here.handle.swap(&own.handle);
        here.edge.swap(&own.edge);
        here.begun.swap(&own.begun);
        here.begun_abortive.swap(&own.begun_abortive);
        here.frames.swap(&own.frames);
        chain::exchange(&mut self.routines);
        self.identity.exchange();
    }
}

impl Default for Carried {
    fn default() -> Self {
        Self::new()
    }
}

/// A call that runs; it has ended when this is dropped.
#[derive(Debug)]
pub struct Entered(Option<Rc<Processor>>);

impl Entered {
    /// Ends the call; returns the level that it ended at. The level from before is put back.
    #[must_use]
    pub fn leave(mut self) -> Irql {
        self.0.take().map_or(Irql::Passive, |processor| processor.leave())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(processor) = self.0.take() {
            processor.leave();
        }
    }
}

/// One drive's calls of disconnect handlers on this thread. The thread's own level comes back whenever the
/// drive [rests](Self::rest), and when this is dropped.
#[derive(Debug)]
pub struct Driving {
    processor: Rc<Processor>,
    /// The thread's own level.
    level: Irql,
}

impl Driving {
    /// A call for one edge begins; returns the level that it is entered with.
    #[inline(always)]
    pub fn begin(&self, indication: &Indication) -> Irql {
        let level = DisconnectFlags::level(indication.flags);
        let processor = &*self.processor;
        processor.handle.set(indication.handle.bits());
        processor.edge.set(indication.edge_number << FLAG_BITS | u64::from(indication.flags));
        processor.level.set(level);
        processor.begun.set(processor.begun.get() + 1);
        let abortive = u64::from(indication.flags & DisconnectFlags::ABORTIVE);
        processor.begun_abortive.set(processor.begun_abortive.get() + abortive);
        level
    }

    /// A call for a batch begins; returns the level that it is entered with.
    pub fn begin_batch(&self, batch: &Batch<'_>) -> Irql {
        let level = batch.level();
        self.processor.handle.set(SEVERAL);
        self.processor.level.set(level);
        level
    }

    /// The call has returned that was entered at `level`; gives the level that it left behind instead, if it
    /// did. Between two calls of a drive nobody looks at the level, so the next call sets it.
    #[inline(always)]
    #[must_use]
    pub fn left(&self, level: Irql) -> Option<Irql> {
        let left = self.processor.level.get();
        (left != level).then_some(left)
    }

    /// A step of C handlers begins, whose calls run at this level unless theirs is drawn. During such a step
    /// the thread counts as inside a call that is about no edge: noting each would cost a C handler's call 8%
    /// more instructions.
    pub fn begin_native(&self, policy: IrqlPolicy) {
        let fixed = if policy == IrqlPolicy::Dispatch { Irql::Dispatch } else { Irql::Passive };
        self.processor.handle.set(SEVERAL);
        self.processor.level.set(fixed);
    }

    /// Makes the call of a C handler for one edge.
    #[inline(always)]
    pub fn call_native(&self, level: CallLevel, call: impl FnOnce() -> Verdict) -> Verdict {
        let level = match level {
            CallLevel::Fixed(level) => level,
            CallLevel::Drawn(level) => {
                self.processor.level.set(level);
                level
            }
        };
        let verdict = call();
        if self.processor.level.get() == level {
            return verdict;
        }
        self.left_by_native(verdict, level)
    }

    #[cold]
    fn left_by_native(&self, verdict: Verdict, level: Irql) -> Verdict {
        let left = self.processor.level.replace(level);
        with_level_left(verdict, level, left, |finding| finding)
    }

    /// The calls of a step are over.
    pub fn rest(&self) {
        self.processor.handle.set(NOBODY);
        self.processor.level.set(self.level);
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        self.rest();
    }
}

/// What to do against a level that was left behind.
#[must_use]
pub fn advice_on_level(entered: Irql, left: Irql) -> &'static str {
    if left > entered {
        "Lower to the level that KeRaiseIrql returned, on every path before returning."
    } else {
        "Lower no further than to the level that it was entered with: KeLowerIrql takes what KeRaiseIrql returned there."
    }
}

/// What came of a call that was entered at `entered` and left `left` behind, beyond what it answered; `known` adds
/// what the host knows of it.
#[cold]
#[must_use]
pub fn with_level_left(
    verdict: Verdict,
    entered: Irql,
    left: Irql,
    known: impl FnOnce(Finding) -> Finding,
) -> Verdict {
    if matches!(verdict, Verdict::Stop) {
        // The handler was interrupted in the middle of what it did.
        return verdict;
    }
    let found = format!("{DISCONNECT} left {} behind", left.name());
    let finding = Finding::of("Q-2", found).advising(advice_on_level(entered, left));
    let level = Breach::of(known(finding));
    match verdict {
        Verdict::Success => Verdict::Breach(Box::new(level)),
        Verdict::Breach(mut answer) => {
            answer.also = Some(Box::new(level));
            Verdict::Breach(answer)
        }
        Verdict::Stop => Verdict::Stop,
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
