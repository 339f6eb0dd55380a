//! The socket word: one atomic word holds a socket's whole state, and every transition is a pure
//! function from word to word.
//!
//! The callers in `subsystem` apply a transition with one compare-exchange, so that who wins between
//! a poster, an asker (close, enable, disable) and the thread that indicates is decided by the order
//! of read-modify-writes on this word alone. Bits, from the top: generation (32), unused (21),
//! `KEPT`, `ENTRY` (2), `WAITING` (2), `POSTED` (2), `RUNNING`, `ENABLED`, `CLOSING`, `OPEN`.

use crate::core::flags::Edge;

/// The socket exists. Set by open; cleared when its close completes.
const OPEN: u64 = 1 << 0;
/// Close was entered while a call ran (C-13). Set by close; whoever ends the call completes it.
const CLOSING: u64 = 1 << 1;
/// `WSK_EVENT_DISCONNECT` is enabled (E-1). Set by enable, cleared by disable and close.
const ENABLED: u64 = 1 << 2;
/// A call of the socket runs (D-24). Set by begin, cleared by finish.
const RUNNING: u64 = 1 << 3;
/// One bit per kind: an edge of it was accepted in this life (D-21). Never cleared.
const POSTED: u64 = 1 << 4;
/// One bit per kind: its edge has no fate yet. Cleared by begin, close, or supersession (D-22).
const WAITING: u64 = 1 << 6;
/// One bit per kind: the queue holds, or is about to get, an entry for it. Set by who pushes, cleared
/// by who takes. A slot is not reused while one is set, so an entry needs no generation.
const ENTRY: u64 = 1 << 8;
/// The owner of the context has not let go of it yet; the slot is not reused before it did.
const KEPT: u64 = 1 << 10;

const BOTH: u64 = 0b11;

/// A socket's state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) u64);

/// Why a transition was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Stale,
    Closed,
    Repeated,
}

/// A post that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) word: Word,
    /// The poster now owes the queue an entry; otherwise the edge is held.
    pub(crate) queued: bool,
    /// A held graceful edge gave its place to this abortive one (D-22).
    pub(crate) superseded: bool,
}

/// An enable or disable that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Switched {
    pub(crate) word: Word,
    /// Kinds whose entry the asker now owes the queue: bit 0 graceful, bit 1 abortive.
    pub(crate) owed: u64,
    /// How many edges the switch moved between held and queued.
    pub(crate) moved: u32,
    /// A graceful edge gave its place to the abortive one behind it (D-22).
    pub(crate) superseded: bool,
    /// A call of the event runs (E-13).
    pub(crate) running: bool,
}

/// A close that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) word: Word,
    /// Edges that lost their indication to the close (D-25).
    pub(crate) withheld: u32,
    /// They were held, not queued.
    pub(crate) held: bool,
    /// No call runs: the close is complete (C-13).
    pub(crate) done: bool,
}

/// What to do with an entry that came out of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// Indicate it: the socket is `RUNNING` and this thread owns it until `finish`.
    Call(Word),
    /// Nothing to indicate: superseded, held again, or closed.
    Drop(Word),
    /// Another call of the socket runs or stands before it; whoever finishes that queues it again.
    Defer(Word),
}

/// The end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) word: Word,
    /// Kinds whose entry this thread now owes the queue: bit 0 graceful, bit 1 abortive.
    pub(crate) owed: u64,
    /// A close that waited for this call is complete (C-13).
    pub(crate) closed: bool,
}

impl Word {
    /// The first word of a life.
    pub(crate) const fn opened(generation: u32, enabled: bool, kept: bool) -> Self {
        let enabled = if enabled { ENABLED } else { 0 };
        let kept = if kept { KEPT } else { 0 };
        Self((generation as u64) << 32 | OPEN | enabled | kept)
    }

    pub(crate) const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(crate) const fn is_open(self) -> bool {
        self.0 & (OPEN | CLOSING) == OPEN
    }

    pub(crate) const fn is_enabled(self) -> bool {
        self.0 & ENABLED != 0
    }

    pub(crate) const fn is_running(self) -> bool {
        self.0 & RUNNING != 0
    }

    pub(crate) const fn is_posted(self, edge: Edge) -> bool {
        self.0 & POSTED << edge as u64 != 0
    }

    /// The queue still holds an entry of a socket that is closed.
    pub(crate) const fn is_lingering(self) -> bool {
        self.0 & OPEN == 0 && self.0 & (BOTH * ENTRY) != 0
    }

    /// Nothing refers to the slot any more: it may be opened again. A transition into this state
    /// happens once per life; who makes it frees the slot.
    pub(crate) const fn is_spent(self) -> bool {
        self.0 & (OPEN | RUNNING | (BOTH * ENTRY) | KEPT) == 0
    }

    const fn waiting(self) -> u64 {
        (self.0 / WAITING) & BOTH
    }

    /// Entries that waiting edges lack.
    const fn missing(self) -> u64 {
        self.waiting() & !(self.0 / ENTRY)
    }

    fn check(self, generation: u32) -> Result<(), Refusal> {
        if self.generation() != generation {
            Err(Refusal::Stale)
        } else if !self.is_open() {
            Err(Refusal::Closed)
        } else {
            Ok(())
        }
    }

    /// The remote disconnects (D-21, D-22).
    pub(crate) fn post(self, generation: u32, edge: Edge) -> Result<Posted, Refusal> {
        self.check(generation)?;
        if self.is_posted(Edge::Abortive) || self.is_posted(edge) {
            return Err(Refusal::Repeated);
        }
        let kind = 1u64 << edge as u64;
        let mut word = self.0 | (kind * POSTED) | (kind * WAITING);
        let queued = self.is_enabled();
        let mut superseded = false;
        if queued {
            word |= kind * ENTRY;
        } else if edge == Edge::Abortive && self.waiting() != 0 {
            word &= !WAITING;
            superseded = true;
        }
        Ok(Posted { word: Self(word), queued, superseded })
    }

    /// The application enables the event (E-9); what was held becomes queued (D-22).
    pub(crate) fn enable(self, generation: u32) -> Result<Switched, Refusal> {
        self.check(generation)?;
        let owed = self.missing();
        let moved = if self.is_enabled() { 0 } else { self.waiting().count_ones() };
        let owed = if self.is_enabled() { 0 } else { owed };
        let word = Self(self.0 | ENABLED | (owed * ENTRY));
        Ok(Switched { word, owed, moved, superseded: false, running: self.is_running() })
    }

    /// The application disables the event (E-13, E-32); what was queued becomes held (D-22).
    pub(crate) fn disable(self, generation: u32) -> Result<Switched, Refusal> {
        self.check(generation)?;
        let mut word = self.0 & !ENABLED;
        let superseded = self.waiting() == BOTH;
        if superseded {
            word &= !WAITING;
        }
        let moved = if self.is_enabled() { Self(word).waiting().count_ones() } else { 0 };
        Ok(Switched { word: Self(word), owed: 0, moved, superseded, running: self.is_running() })
    }

    /// The application closes the socket (D-25, C-13).
    pub(crate) fn close(self, generation: u32) -> Result<Closed, Refusal> {
        self.check(generation)?;
        let done = !self.is_running();
        let word = self.0 & !((BOTH * WAITING) | ENABLED);
        let word = if done { word & !OPEN } else { word | CLOSING };
        let held = !self.is_enabled();
        Ok(Closed { word: Self(word), withheld: self.waiting().count_ones(), held, done })
    }

    /// The owner of the context let go of it.
    pub(crate) const fn release(self) -> Self {
        Self(self.0 & !KEPT)
    }

    /// An entry of `edge` came out of the queue.
    pub(crate) fn begin(self, edge: Edge) -> Begun {
        let kind = 1u64 << edge as u64;
        debug_assert!(self.0 & (kind * ENTRY) != 0, "Invariant: an entry in the queue has its bit");
        let taken = self.0 & !(kind * ENTRY);
        if !self.is_open() || !self.is_enabled() || self.waiting() & kind == 0 {
            return Begun::Drop(Self(taken));
        }
        // An abortive edge may overtake its graceful one in the queue, when two threads post them or
        // two workers hold them; the graceful one comes first all the same (D-21, D-22).
        let overtakes = edge == Edge::Abortive && self.waiting() == BOTH;
        if self.is_running() || overtakes {
            return Begun::Defer(Self(taken));
        }
        Begun::Call(Self(taken & !(kind * WAITING) | RUNNING))
    }

    /// The call returned. Looking for what came meanwhile is part of the same exchange, or an edge
    /// that was deferred to this call would be lost.
    pub(crate) fn finish(self) -> Finished {
        debug_assert!(self.is_running(), "Invariant: only a running call finishes");
        let word = self.0 & !RUNNING;
        if word & CLOSING != 0 {
            return Finished { word: Self(word & !(CLOSING | OPEN)), owed: 0, closed: true };
        }
        let owed = if self.is_enabled() { self.missing() } else { 0 };
        Finished { word: Self(word | (owed * ENTRY)), owed, closed: false }
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = [
            (OPEN, "OPEN"),
            (CLOSING, "CLOSING"),
            (ENABLED, "ENABLED"),
            (RUNNING, "RUNNING"),
            (POSTED, "POSTED_G"),
            (POSTED << 1, "POSTED_A"),
            (WAITING, "WAITING_G"),
            (WAITING << 1, "WAITING_A"),
            (ENTRY, "ENTRY_G"),
            (ENTRY << 1, "ENTRY_A"),
            (KEPT, "KEPT"),
        ];
        let set: Vec<_> = names.iter().filter(|(bit, _)| self.0 & bit != 0).map(|n| n.1).collect();
        write!(f, "Word({}: {})", self.generation(), set.join("|"))
    }
}
