//! Counters: the books of one subsystem, exact at every quiet point.
//!
//! *posted = indicated + withheld + pending*, where pending is queued + held. Each count grows only;
//! `held` goes both ways. Posters and askers add what they did after their exchange on the socket
//! word succeeded; a drive adds what it indicated once per batch.

use crate::core::error::Answer;
use crate::core::flags::Edge;
use crate::core::sync::{Apart, CountI64, CountU64, Ordering};

/// Why an accepted edge was not indicated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Withheld {
    /// An abortive edge took the place of a held graceful one (D-22).
    Superseded = 0,
    /// The socket, or the subsystem, was closed (D-25).
    Closed = 1,
    /// This side aborted first (U-34).
    AbortedLocally = 2,
    /// The socket turned non-functional (D-26).
    NonFunctional = 3,
    /// The application refused the connection (D-18).
    RefusedByApplication = 4,
    /// The event was not enabled and such disconnects are not remembered (U-2's switch).
    NotEnabled = 5,
}

impl Withheld {
    /// Every cause with its name, in the order of their numbers.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Superseded, "superseded"),
        (Self::Closed, "closed"),
        (Self::AbortedLocally, "aborted_locally"),
        (Self::NonFunctional, "non_functional"),
        (Self::RefusedByApplication, "refused_by_application"),
        (Self::NotEnabled, "not_enabled"),
    ];
}

/// The counts as they stood at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Edges accepted, graceful and abortive.
    pub posted: [u64; 2],
    /// Calls made, graceful and abortive, whatever they returned.
    pub indicated: [u64; 2],
    /// Edges that lost their indication, by [`Withheld`].
    pub withheld: [u64; 6],
    /// Edges that wait for a drive.
    pub queued: u64,
    /// Edges that wait for the event to be enabled.
    pub held: u64,
    /// Posts refused, by [`Answer`]; the two accepting answers stay 0.
    pub refused: [u64; Answer::COUNT],
    /// Breaches of the contract that were found.
    pub findings: u64,
    /// Sockets that are open.
    pub open: u64,
}

/// The shared counts. Posters write the first group, drives the second, so that they do not share
/// a cache line.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    posted: Apart<[CountU64; 2]>,
    refused: [CountU64; Answer::COUNT],
    indicated: Apart<[CountU64; 2]>,
    findings: CountU64,
    withheld: Apart<[CountU64; 6]>,
    held: CountI64,
    open: Apart<CountI64>,
}

impl Counters {
    // Every access is Relaxed: a count orders nothing, and a quiet point is one because whoever
    // asks has already synchronised with those who counted.

    // With `alone`, the calling thread is the only one in the core (see `turns`).

    pub(crate) fn posted(&self, alone: bool, edge: Edge, count: u64) {
        let posted = &self.posted[edge as usize];
        if alone {
            posted.store(posted.load(Ordering::Relaxed) + count, Ordering::Relaxed);
        } else {
            posted.fetch_add(count, Ordering::Relaxed);
        }
    }

    pub(crate) fn refused(&self, answer: Answer, count: u64) {
        self.refused[answer as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn indicated(&self, counts: [u64; 2]) {
        for (total, count) in self.indicated.iter().zip(counts) {
            if count > 0 {
                total.fetch_add(count, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn withheld(&self, cause: Withheld, count: u64) {
        self.withheld[cause as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn held(&self, change: i64) {
        self.held.fetch_add(change, Ordering::Relaxed);
    }

    /// Counts a breach.
    pub(crate) fn finding(&self) {
        self.findings.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn opened(&self, alone: bool, change: i64) {
        if alone {
            self.open.store(self.open.load(Ordering::Relaxed) + change, Ordering::Relaxed);
        } else {
            self.open.fetch_add(change, Ordering::Relaxed);
        }
    }

    pub(crate) fn open(&self) -> u64 {
        u64::try_from(self.open.load(Ordering::Relaxed)).unwrap_or(0)
    }

    pub(crate) fn read(&self) -> Counts {
        let read = |count: &CountU64| count.load(Ordering::Relaxed);
        // What ends an edge is read before what starts it, so that a reading beside running posts
        // never shows more fates than edges.
        let indicated = [read(&self.indicated[0]), read(&self.indicated[1])];
        let withheld: [u64; 6] = std::array::from_fn(|cause| read(&self.withheld[cause]));
        let held = u64::try_from(self.held.load(Ordering::Relaxed)).unwrap_or(0);
        let posted = [read(&self.posted[0]), read(&self.posted[1])];
        let ended: u64 = indicated.iter().chain(&withheld).sum();
        let pending = posted.iter().sum::<u64>().saturating_sub(ended);
        Counts {
            posted,
            indicated,
            withheld,
            queued: pending.saturating_sub(held),
            held,
            refused: std::array::from_fn(|answer| read(&self.refused[answer])),
            findings: read(&self.findings),
            open: self.open(),
        }
    }
}
