//! History: what happened to every socket, in numbers from one counter, for the history checker.
//!
//! Only in builds with the feature `history`. A number that stands for "not before" is taken before
//! the deciding exchange on the socket's word (a post, a call's start, an enable), one that stands
//! for "not after" behind it (a call's end is taken before its finishing exchange, because the
//! handler has returned by then; the return of a close or disable behind its exchange). So a rule
//! that the checker finds broken was broken, whatever the threads' timing.

use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::sync::{AtomicU64, Mutex, Ordering};

/// One thing that happened to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An edge was accepted.
    Posted(Edge),
    /// The handler was about to be called.
    CallStarted(Edge),
    /// The handler had returned.
    CallEnded(Edge),
    /// Enable was called.
    EnableEntered,
    /// Disable returned.
    DisableReturned {
        /// A call of the event was running.
        running: bool,
    },
    /// Close returned.
    CloseReturned {
        /// It was complete at once.
        done: bool,
    },
    /// A close that had waited for a call completed.
    CloseCompleted,
}

/// One line of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its number in the order of all notes.
    pub number: u64,
    /// The socket.
    pub handle: SocketHandle,
    /// What happened.
    pub what: What,
}

const SHARDS: usize = 16;

/// The notes of one subsystem.
#[derive(Debug, Default)]
pub struct History {
    clock: AtomicU64,
    shards: [Mutex<Vec<Note>>; SHARDS],
}

impl History {
    /// The next number.
    pub(crate) fn number(&self) -> u64 {
        // AcqRel: numbers respect what happened before on other threads.
        self.clock.fetch_add(1, Ordering::AcqRel)
    }

    /// Notes something that happened now.
    pub(crate) fn note(&self, handle: SocketHandle, what: What) {
        self.note_at(self.number(), handle, what);
    }

    /// Notes something under a number taken earlier.
    pub(crate) fn note_at(&self, number: u64, handle: SocketHandle, what: What) {
        let shard = &self.shards[handle.index as usize % SHARDS];
        shard.lock().push(Note { number, handle, what });
    }

    /// Takes all notes, in order.
    #[must_use]
    pub fn take(&self) -> Vec<Note> {
        let mut notes: Vec<_> =
            self.shards.iter().flat_map(|shard| std::mem::take(&mut *shard.lock())).collect();
        notes.sort_by_key(|note| note.number);
        notes
    }
}
