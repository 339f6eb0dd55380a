//! Fates: what becomes of lives, each of exactly one.

use crate::storm::lives::{Digest, Life};

/// What became of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Both halves finished.
    EndedInOrder,
    /// The remote end tore the connection down.
    AbortedByPeer,
    /// The application, or this machine for it, tore the connection down.
    AbortedByUs,
    /// Its connection timed out, or it waited in vain.
    TimedOut,
    /// This machine ended it, as the plan asked.
    Killed,
    /// Its connect was refused.
    Refused,
    /// Its connect was never answered, or could not be made.
    NeverConnected,
}

impl Fate {
    /// How many there are.
    const COUNT: usize = 7;
}

/// What has become of the lives of a storm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Lives that began.
    pub begun: u64,
    /// Those of them that had a planned instant.
    pub paced: u64,
    fates: [u64; Fate::COUNT],
    /// Lives that are connected.
    pub open: u64,
    /// Those of them that are silent.
    pub vanished: u64,
    /// Lives whose connect is not answered.
    pub connecting: u64,
    /// Of the refused ones those for whom the backlog had no room.
    pub full: u64,
    /// Bytes that remote ends were to send.
    pub sent: u64,
    /// Bytes that they read.
    pub received: u64,
    /// The digest of the lives that began.
    pub digest: Digest,
    /// The plan's own clock, in nanoseconds.
    pub now: u64,
}

impl Outcome {
    /// How many lives had this fate.
    #[must_use]
    pub fn of(&self, fate: Fate) -> u64 {
        self.fates[fate as usize]
    }

    /// How many lives are over.
    #[must_use]
    pub fn over(&self) -> u64 {
        self.fates.iter().sum()
    }

    pub(super) fn begin(&mut self, life: &Life, quantities: &[u64]) {
        self.begun += 1;
        self.digest.add(life, quantities);
    }

    pub(super) fn end(&mut self, fate: Fate) {
        self.fates[fate as usize] += 1;
    }
}
