//! Slots: the lives that are open, and what each is doing.

use crate::storm::calendar::Wait;
use crate::storm::lives::Life;

/// What a life is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its connect is not answered.
    Connecting,
    /// It waits for the clock.
    Sleeping,
    /// It waits for so many bytes.
    Reading(u64),
    /// It waits for the application's end.
    ReadingEnd,
    /// It has ended its half, in this way or because the application ended first.
    Ending,
    /// It is silent.
    Vanished,
    /// It does what a script says.
    Scripted,
}

/// One life that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Living {
    pub(super) life: Life,
    /// Its remote end.
    pub(super) end: u64,
    /// The next step.
    pub(super) step: usize,
    pub(super) phase: Phase,
    /// Its half is over.
    pub(super) sent: bool,
    /// The application's half is over.
    pub(super) finished: bool,
    /// The machine of the application has ended its connection.
    pub(super) killed: bool,
    /// The number of its present wait; 0 for none.
    pub(super) wait: u64,
    /// The planned instant of what it does now.
    pub(super) due: u64,
    /// Since when it stands as it stands.
    pub(super) since: u64,
    /// Bytes that it is to send once it is connected.
    pub(super) owes: u64,
}

/// Whether a life is still in this wait.
pub(super) fn is_on(slots: &[Option<Living>], wait: &Wait) -> bool {
    slots[wait.slot as usize].is_some_and(|living| living.wait == wait.number)
}
