//! Subsystem: what posters and askers do to sockets, from any thread.
//!
//! Each operation is one successful exchange on the socket's word (see `socket_table::word`), then
//! the bookkeeping that the exchange made this thread's duty: counting, queueing owed entries,
//! freeing a spent slot. Posting is lock-free, except that it takes the sleepers' lock to wake them;
//! a thread stopped inside an operation delays nobody but those who wait for its queue places.

use crate::contract::Rule;
use crate::core::chooser::Chooser;
use crate::core::counters::{Counters, Counts, Withheld};
use crate::core::error::{Answer, CoreError};
use crate::core::event_queue::EventQueue;
use crate::core::event_queue::entry::Entry;
use crate::core::event_queue::tray::Tray;
use crate::core::findings::{Finding, Findings, Found, Kind, Place};
use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::handlers::{HandlerId, NativeHandlers};
use crate::core::irql::IrqlSource;
use crate::core::limits::MAX_SOCKETS;
use crate::core::socket_table::word::{Posted, Refusal, Word};
use crate::core::socket_table::{Slot, SocketTable};
use crate::core::sync::{
    Apart, AtomicBool, AtomicU32, AtomicU64, CountI64, CountU64, Mutex, Ordering,
};
use crate::core::turns::Turns;
use std::sync::Arc;

mod asking;
mod choosing;
mod guests;
mod history_notes;
mod hooks;
mod opening;
mod options;
mod post_many;
mod sight;

pub use crate::core::subsystem::asking::Closing;
pub use crate::core::subsystem::hooks::{Attend, AttendEnd};
pub use crate::core::subsystem::opening::Opening;
pub use crate::core::subsystem::options::{Check, Options, Witness};
pub use crate::core::subsystem::post_many::Answers;
pub use crate::core::subsystem::sight::Sight;

/// Closed sockets whose entries are still queued, beyond which `open` looks through the queue: as
/// many as are open, and at least these.
const LINGERING: i64 = 1024;
/// In the gate: the subsystem is closed. The other bits count opens under way, times two.
const SHUT: u64 = 1;
const OPENING: u64 = 2;

/// The connections of one simulated machine, without a word of Python.
#[derive(Debug)]
pub struct Subsystem {
    pub(crate) table: SocketTable,
    pub(crate) queue: EventQueue,
    pub(crate) counters: Counters,
    pub(crate) findings: Findings,
    pub(crate) natives: NativeHandlers,
    pub(crate) options: Options,
    /// A drive exists (one at a time).
    pub(crate) driven: AtomicBool,
    /// Where the drive on the caller's thread goes on drawing levels.
    pub(crate) irql_stream: Mutex<IrqlSource>,
    pub(crate) chooser: Mutex<Chooser>,
    /// How many drives of teams there were.
    pub(crate) teams: CountU64,
    pub(crate) journal: Mutex<Vec<(SocketHandle, u32)>>,
    /// What each worker of the present team has taken and not begun.
    pub(crate) trays: Mutex<Vec<Arc<Tray>>>,
    #[cfg(feature = "history")]
    pub(crate) history: crate::core::history::History,
    pending: Apart<AtomicU64>,
    gate: Apart<AtomicU64>,
    /// The slots below this number were closed with the subsystem.
    shut_below: AtomicU32,
    pub(crate) turns: Turns,
    lingering: CountI64,
}

impl Subsystem {
    /// An empty subsystem.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self::choosing(options, None)
    }

    /// An empty subsystem which chooses what is given, and the plainest when that is used up; without it, by
    /// its seed.
    #[must_use]
    pub fn choosing(options: Options, choices: Option<Vec<u32>>) -> Self {
        let options = Options { max_sockets: options.max_sockets.min(MAX_SOCKETS), ..options };
        Self {
            table: SocketTable::new(options.max_sockets),
            queue: EventQueue::new(),
            counters: Counters::default(),
            findings: Findings::new(),
            natives: NativeHandlers::new(),
            options,
            driven: AtomicBool::new(false),
            irql_stream: Mutex::new(IrqlSource::new(options.irql, None)),
            chooser: Mutex::new(Chooser::new(options.schedule, options.seed, choices)),
            teams: CountU64::new(0),
            journal: Mutex::new(Vec::new()),
            trays: Mutex::new(Vec::new()),
            #[cfg(feature = "history")]
            history: crate::core::history::History::default(),
            pending: Apart(AtomicU64::new(0)),
            gate: Apart(AtomicU64::new(0)),
            shut_below: AtomicU32::new(0),
            turns: Turns::new(),
            lingering: CountI64::new(0),
        }
    }

    /// The options it was made with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The books as they stand; exact at a quiet point.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// The breaches, equal ones folded into the first, in the order in which those were made.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        self.findings.breaches()
    }

    /// The notes, likewise.
    #[must_use]
    pub fn notes(&self) -> Vec<Finding> {
        self.findings.notes()
    }

    /// Takes the journal: each indication since the last call, in order, with its flags.
    #[must_use]
    pub fn take_journal(&self) -> Vec<(SocketHandle, u32)> {
        std::mem::take(&mut self.journal.lock())
    }

    /// Whether a breach's texts would be kept, or raised; making them costs time.
    #[must_use]
    pub fn wants_text(
        &self,
        rule: &Rule,
        found: &Found,
        place: Option<&Place>,
        handler: Option<u32>,
    ) -> bool {
        match self.options.check {
            Check::Off => false,
            Check::Raise => true,
            Check::Report => self.findings.wants(rule, found, place, handler),
        }
    }

    /// Counts a finding, a note not among the breaches, and keeps it unless an equal one or enough are kept.
    pub fn report(&self, finding: Finding) {
        if finding.kind != Kind::Note {
            self.counters.finding();
        }
        if self.options.check != Check::Off {
            let Finding { rule, found, place, handler, .. } = &finding;
            let is_first = self.findings.wants(rule, found, place.as_deref(), *handler);
            if let (true, Some((witness, number))) = (is_first, self.options.witness) {
                witness(&finding, number);
            }
            self.findings.keep(if is_first { self.with_choices(finding) } else { finding });
        }
    }

    /// Registers a C handler; equal addresses may be registered again.
    ///
    /// # Errors
    ///
    /// [`CoreError::HandlerLimit`].
    pub fn native_handler(&self, address: u64) -> Result<HandlerId, CoreError> {
        self.natives.add(address)
    }

    /// The remote application disconnects (D-21, D-22). Whoever posts, even out of a callback, only
    /// queues: the event is called by a drive, never on this stack (D-28).
    pub fn post(&self, handle: SocketHandle, edge: Edge) -> Answer {
        let alone = self.is_alone();
        let answer = match self.accept(alone, self.table.get(handle.index), handle, edge) {
            Ok(accepted) => {
                self.counters.posted(alone, edge, 1);
                if accepted {
                    self.queue.push_one(alone, Entry::new(handle.index, edge));
                    Answer::Queued
                } else {
                    Answer::Held
                }
            }
            Err(answer) => answer,
        };
        if !answer.accepted() {
            self.counters.refused(answer, 1);
        }
        answer
    }

    /// Changes the word of the socket in `slot` for a post; true when the caller now owes the queue an
    /// entry.
    #[inline]
    fn accept(
        &self,
        alone: bool,
        slot: Option<&Slot>,
        handle: SocketHandle,
        edge: Edge,
    ) -> Result<bool, Answer> {
        let slot = slot.ok_or(Answer::Stale)?;
        let number = self.note_number();
        if self.options.max_pending.is_none()
            && slot.at_once(alone, |word| word.post_at_once(handle.generation, edge)).is_some()
        {
            self.note_posted(number, handle, edge);
            return Ok(true);
        }
        self.accept_seldom(slot, handle, edge)
    }

    #[cold]
    fn accept_seldom(&self, slot: &Slot, handle: SocketHandle, edge: Edge) -> Result<bool, Answer> {
        let reserved = self.reserve_pending();
        let number = self.note_number();
        let changed = slot.change(|word| {
            let posted = word.post(handle.generation, edge).map_err(Some)?;
            if reserved { Ok((posted.word, posted)) } else { Err(None) }
        });
        match changed {
            Ok((before, posted)) => {
                self.note_posted(number, handle, edge);
                if !posted.queued || posted.superseded {
                    self.held_back(handle, before, posted);
                }
                Ok(posted.queued)
            }
            Err(refusal) => {
                if reserved {
                    self.settle(1);
                }
                Err(match refusal {
                    None => Answer::Limit,
                    Some(Refusal::Stale) => Answer::Stale,
                    Some(Refusal::Closed) => Answer::Closed,
                    Some(Refusal::Repeated) => Answer::Repeated,
                })
            }
        }
    }

    /// Whether [`shut`](Self::shut) was called.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.gate.load(Ordering::Acquire) & SHUT != 0
    }

    /// How many slots were ever used: every index is below.
    #[must_use]
    pub fn slots_used(&self) -> u32 {
        self.table.used()
    }

    /// The handler of the socket that lives, or last lived, in a slot.
    #[must_use]
    pub fn handler_of(&self, index: u32) -> HandlerId {
        self.table.get(index).map_or(HandlerId::NONE, |slot| HandlerId::from_bits(slot.handler()))
    }

    /// The integer that the core keeps for an open socket's context.
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn context_of(&self, handle: SocketHandle) -> Result<u64, CoreError> {
        self.look(handle)?;
        Ok(self.slot_of(handle)?.context())
    }

    /// [`context_of`](Self::context_of) a socket that is being called, also when it was closed meanwhile.
    #[must_use]
    pub fn context_of_call(&self, handle: SocketHandle) -> Option<u64> {
        let slot = self.table.get(handle.index)?;
        (slot.load().generation() == handle.generation).then(|| slot.context())
    }

    /// What the application can see of a socket.
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn look(&self, handle: SocketHandle) -> Result<Sight, CoreError> {
        let word = self.slot_of(handle)?.load();
        if word.generation() != handle.generation {
            return Err(CoreError::Stale(handle));
        }
        if !word.is_open() {
            return Err(CoreError::Closed(handle));
        }
        let aborted = word.is_posted(Edge::Abortive);
        Ok(Sight {
            enabled: word.is_enabled(),
            can_send: !aborted,
            can_receive: !aborted && !word.is_posted(Edge::Graceful),
        })
    }

    /// The books of a post that was not simply queued.
    #[cold]
    fn held_back(&self, handle: SocketHandle, before: Word, posted: Posted) {
        if posted.superseded {
            self.counters.withheld(Withheld::Superseded, 1);
            self.settle(1);
        }
        self.held_moved(before, posted.word);
        if !self.options.remember_disconnects && !posted.word.is_enabled() {
            let _ = self.withhold(handle, Withheld::NotEnabled); // U-2, the other way
        }
    }

    /// Moves edges between held and queued in the books, as an exchange of this thread did.
    #[inline]
    pub(crate) fn held_moved(&self, before: Word, after: Word) {
        let change = i64::from(after.held()) - i64::from(before.held());
        if change != 0 {
            self.counters.held(change);
        }
    }

    fn slot_of(&self, handle: SocketHandle) -> Result<&Slot, CoreError> {
        self.table.get(handle.index).ok_or(CoreError::Stale(handle))
    }

    /// Queues the entries whose bits an exchange of this thread set.
    pub(crate) fn push_owed(&self, index: u32, owed: u64) {
        for edge in Edge::BOTH {
            if owed & 1 << edge as u64 != 0 {
                self.queue.push(false, &[Entry::new(index, edge)]);
            }
        }
    }

    /// An entry came out of the queue without a call: the books of lingering slots.
    pub(crate) fn dropped(&self, index: u32, before: Word, after: Word) {
        if before.is_lingering() && !after.is_lingering() {
            self.lingering.fetch_sub(1, Ordering::Relaxed);
        }
        if after.is_spent() {
            self.table.free([index]);
        }
    }

    /// A close that waited for a call is complete.
    pub(crate) fn close_completed(&self, handle: SocketHandle, word: Word) {
        if word.is_lingering() {
            self.lingering.fetch_add(1, Ordering::Relaxed);
        }
        if word.is_spent() {
            self.table.free([handle.index]);
        }
    }

    /// Edges got their fate.
    pub(crate) fn settle(&self, count: u64) {
        if self.options.max_pending.is_some() && count > 0 {
            self.pending.fetch_sub(count, Ordering::Relaxed);
        }
    }

    fn reserve_pending(&self) -> bool {
        let Some(limit) = self.options.max_pending else { return true };
        // Relaxed: the count orders nothing.
        let mut pending = self.pending.load(Ordering::Relaxed);
        while pending < limit {
            match self.pending.compare_exchange_weak(
                pending,
                pending + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(seen) => pending = seen,
            }
        }
        false
    }
}
