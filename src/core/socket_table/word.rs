//! The socket word: one atomic word holds a socket's whole state, and every transition is a pure
//! function from word to word.
//!
//! The callers in `subsystem` apply a transition with one compare-exchange. So the order of
//! read-modify-writes on this word alone decides between a poster, an asker (close, enable, disable)
//! and the thread that indicates. Bits, from the top: generation (32), `STIRS` (17),
//! `KEPT`, `ENTRY` (2), `WAITING` (2), `POSTED` (2), `WANTED`, `UNREAD`, `HOLD`, `ATTENDING`,
//! `RUNNING`, `ENABLED`, `CLOSING`, `OPEN`.

use crate::core::flags::Edge;

/// The socket exists. Set by open; cleared when its close completes.
pub(super) const OPEN: u64 = 1 << 0;
/// Close was entered while a call ran (C-13). Set by close; the end of the call completes it.
pub(super) const CLOSING: u64 = 1 << 1;
/// `WSK_EVENT_DISCONNECT` is enabled (E-1). Set by enable, cleared by disable and close.
pub(super) const ENABLED: u64 = 1 << 2;
/// A call of the disconnect event runs (D-24). Set by begin, cleared by finish.
pub(super) const RUNNING: u64 = 1 << 3;
/// A call of another event of this socket runs (D-24). Set by attend, cleared by its finish.
const ATTENDING: u64 = 1 << 4;
/// Nothing is indicated yet: the routine that yields the socket has not returned (D-27), or requests
/// that the disconnect ended are not completed (D-20). Set and cleared by the contract machine.
pub(super) const HOLD: u64 = 1 << 5;
/// Data stands before the graceful edge (G-18). Set and cleared by the contract machine.
pub(super) const UNREAD: u64 = 1 << 6;
/// The contract machine wants to hear when the running call ends. Cleared by finish, which tells it.
pub(super) const WANTED: u64 = 1 << 7;
/// One bit per kind: an edge of it was accepted in this life (D-21). Never cleared.
pub(super) const POSTED: u64 = 1 << 8;
/// One bit per kind: its edge has no fate yet. Cleared by begin, close, or supersession (D-22).
pub(super) const WAITING: u64 = 1 << 10;
/// One bit per kind: the queue holds, or is about to get, an entry for it. Set by the thread that pushes,
/// cleared by the one that takes. A slot is not reused while one is set, so an entry needs no generation.
pub(super) const ENTRY: u64 = 1 << 12;
/// The owner of the context has not let go of it yet; the slot is not reused before it did.
const KEPT: u64 = 1 << 14;
/// A count that nobody reads: it tells a word from what it was before a thief came by (`event_queue::tray`).
/// Raised by stir, cleared by open.
const STIRS: u64 = u32::MAX as u64 & !(STIR - 1);
const STIR: u64 = 1 << 15;

pub(super) const BOTH: u64 = 0b11;
/// A call of any event runs.
pub(super) const CALLING: u64 = RUNNING | ATTENDING;

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
    /// Another call of the socket runs or stands before it; the finish of that call queues it again.
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
    /// The contract machine wants to hear of it.
    pub(crate) wanted: bool,
}

/// Whether a call of another event may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attended {
    /// It begins: this thread owns the socket until `finish`.
    Call(Word),
    /// A call runs; its end will be told.
    Busy(Word),
    /// Nothing of this socket may be indicated yet (D-27).
    Held,
}

impl Word {
    /// The first word of a life.
    pub(crate) const fn opened(generation: u32, enabled: bool, kept: bool, hold: bool) -> Self {
        let enabled = if enabled { ENABLED } else { 0 };
        let kept = if kept { KEPT } else { 0 };
        let hold = if hold { HOLD } else { 0 };
        Self((generation as u64) << 32 | OPEN | enabled | kept | hold)
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

    /// A call of any event of the socket runs.
    pub(crate) const fn is_calling(self) -> bool {
        self.0 & CALLING != 0
    }

    /// A call of the disconnect event runs.
    pub(crate) const fn is_running(self) -> bool {
        self.0 & RUNNING != 0
    }

    /// Kinds that may not be indicated yet: bit 0 graceful, bit 1 abortive.
    const fn blocked(self) -> u64 {
        if self.0 & (ENABLED | HOLD) != ENABLED {
            BOTH
        } else if self.0 & UNREAD != 0 {
            1 << Edge::Graceful as u64
        } else {
            0
        }
    }

    /// How many edges are held: posted, but not to be indicated yet.
    pub(crate) const fn held(self) -> u32 {
        (self.waiting() & self.blocked()).count_ones()
    }

    pub(crate) const fn is_posted(self, edge: Edge) -> bool {
        self.0 & POSTED << edge as u64 != 0
    }

    /// The queue still holds an entry of a socket that is closed.
    pub(crate) const fn is_lingering(self) -> bool {
        self.0 & OPEN == 0 && self.0 & (BOTH * ENTRY) != 0
    }

    /// Nothing refers to the slot any more: it may be opened again. A transition into this state
    /// happens once per life, and also frees the slot.
    pub(crate) const fn is_spent(self) -> bool {
        self.0 & (OPEN | CALLING | (BOTH * ENTRY) | KEPT) == 0
    }

    const fn waiting(self) -> u64 {
        (self.0 / WAITING) & BOTH
    }

    /// Entries that waiting edges lack although they may be indicated.
    const fn missing(self) -> u64 {
        self.waiting() & !(self.0 / ENTRY) & !self.blocked()
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
        if self.0 & (ENABLED | HOLD | UNREAD) == ENABLED {
            // Nothing holds edges back: by far the most frequent case.
            word |= kind * ENTRY;
            return Ok(Posted { word: Self(word), queued: true, superseded: false });
        }
        // An abortive edge takes the place of a graceful one that is remembered (D-22) or stands
        // behind unread data (G-18); one that is only delayed (D-24, D-27) keeps its place.
        let superseded = edge == Edge::Abortive
            && self.waiting() != 0
            && (!self.is_enabled() || self.0 & UNREAD != 0);
        if superseded {
            word &= !WAITING;
        }
        let queued = Self(word).blocked() & kind == 0;
        if queued {
            word |= kind * ENTRY;
        }
        Ok(Posted { word: Self(word), queued, superseded })
    }

    /// The word without some reasons to hold edges back; what they held becomes queued.
    fn unblocked(self, word: u64, superseded: bool) -> Switched {
        let owed = Self(word).missing() & self.blocked();
        let word = Self(word | (owed * ENTRY));
        Switched { word, owed, superseded, running: self.is_running() }
    }

    /// The application enables the event (E-9); what was held becomes queued (D-22).
    pub(crate) fn enable(self, generation: u32) -> Result<Switched, Refusal> {
        self.check(generation)?;
        Ok(self.unblocked(self.0 | ENABLED, false))
    }

    /// The application disables the event (E-13, E-32); what was queued becomes held (D-22). With
    /// `wanted` the end of the running call will be told.
    pub(crate) fn disable(self, generation: u32, wanted: bool) -> Result<Switched, Refusal> {
        self.check(generation)?;
        let mut word = self.0 & !ENABLED;
        let superseded = self.waiting() == BOTH;
        if superseded {
            word &= !WAITING;
        }
        if wanted && self.is_running() {
            word |= WANTED;
        }
        Ok(self.unblocked(word, superseded))
    }

    /// Nothing of the socket is indicated until `unhold` (D-20, D-27).
    pub(crate) fn hold(self, generation: u32) -> Result<Switched, Refusal> {
        self.check(generation)?;
        Ok(self.unblocked(self.0 | HOLD, false))
    }

    /// The end of `hold`.
    pub(crate) fn unhold(self, generation: u32) -> Result<Switched, Refusal> {
        self.check(generation)?;
        Ok(self.unblocked(self.0 & !HOLD, false))
    }

    /// Data stands before the graceful edge, or does no more (D-19, G-18).
    pub(crate) fn set_unread(self, generation: u32, unread: bool) -> Result<Switched, Refusal> {
        self.check(generation)?;
        let word = if unread { self.0 | UNREAD } else { self.0 & !UNREAD };
        Ok(self.unblocked(word, false))
    }

    /// Data that was being indicated turned out to stay unread: of two edges that wait behind it the
    /// abortive one is left (G-18).
    pub(crate) fn supersede(self, generation: u32) -> Result<Switched, Refusal> {
        self.check(generation)?;
        let superseded = self.waiting() == BOTH;
        let word = if superseded { self.0 & !WAITING } else { self.0 };
        Ok(self.unblocked(word, superseded))
    }

    /// The edges that wait lose their indication (U-34, D-18, D-26); returns how many they were.
    pub(crate) fn withhold(self, generation: u32) -> Result<(Self, u32), Refusal> {
        self.check(generation)?;
        Ok((Self(self.0 & !(BOTH * WAITING)), self.waiting().count_ones()))
    }

    /// A call of another event wants to begin (D-24).
    pub(crate) fn attend(self, generation: u32) -> Result<Attended, Refusal> {
        self.check(generation)?;
        Ok(if self.is_calling() {
            Attended::Busy(Self(self.0 | WANTED))
        } else if self.0 & HOLD != 0 {
            Attended::Held
        } else {
            Attended::Call(Self(self.0 | ATTENDING))
        })
    }

    /// The application closes the socket (D-25, C-13).
    pub(crate) fn close(self, generation: u32) -> Result<Closed, Refusal> {
        self.check(generation)?;
        let done = !self.is_calling();
        let word = self.0 & !((BOTH * WAITING) | ENABLED);
        let word = if done { word & !OPEN } else { word | CLOSING };
        Ok(Closed { word: Self(word), withheld: self.waiting().count_ones(), done })
    }

    /// The owner of the context let go of it.
    pub(crate) const fn release(self) -> Self {
        Self(self.0 & !KEPT)
    }

    /// Another word that means the same.
    pub(crate) const fn stirred(self) -> Self {
        Self(self.0 & !STIRS | self.0.wrapping_add(STIR) & STIRS)
    }

    /// An entry of `edge` came out of the queue.
    pub(crate) fn begin(self, edge: Edge) -> Begun {
        let kind = 1u64 << edge as u64;
        debug_assert!(self.0 & (kind * ENTRY) != 0, "Invariant: an entry in the queue has its bit");
        let taken = self.0 & !(kind * ENTRY);
        if !self.is_open() || self.waiting() & kind & !self.blocked() == 0 {
            return Begun::Drop(Self(taken));
        }
        // An abortive edge may overtake its graceful one in the queue, when two threads post them or
        // two workers hold them; the graceful one comes first all the same (D-21, D-22).
        let overtakes = edge == Edge::Abortive && self.waiting() == BOTH;
        if self.is_calling() || overtakes {
            return Begun::Defer(Self(taken));
        }
        Begun::Call(Self(taken & !(kind * WAITING) | RUNNING))
    }

    /// The call returned. Looking for what came meanwhile is part of the same exchange, or an edge
    /// that was deferred to this call would be lost.
    pub(crate) fn finish(self) -> Finished {
        debug_assert!(self.is_calling(), "Invariant: only a running call finishes");
        let wanted = self.0 & WANTED != 0;
        let word = Self(self.0 & !(CALLING | WANTED));
        if word.0 & CLOSING != 0 {
            let word = Self(word.0 & !(CLOSING | OPEN));
            return Finished { word, owed: 0, closed: true, wanted };
        }
        let owed = word.missing();
        Finished { word: Self(word.0 | (owed * ENTRY)), owed, closed: false, wanted }
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = [
            (OPEN, "OPEN"),
            (CLOSING, "CLOSING"),
            (ENABLED, "ENABLED"),
            (RUNNING, "RUNNING"),
            (ATTENDING, "ATTENDING"),
            (HOLD, "HOLD"),
            (UNREAD, "UNREAD"),
            (WANTED, "WANTED"),
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
