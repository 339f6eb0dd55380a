//! History: what happened to every socket, in numbers from one counter, for the history checker.
//!
//! Only in builds with the feature `history`. Every note holds two numbers: one taken before its
//! deciding exchange on the socket's word, one taken behind it. A call's start is decided by `begin`,
//! whose second number is taken before the handler is called; its end by `finish`, whose first number
//! is taken when the handler has returned. So of two notes, *a* certainly came before *b* when
//! `a.to < b.from`, and a rule that [`check`](mod@check) finds broken was broken, whatever the threads' timing.

pub mod check;

use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::sync::{AtomicU64, Mutex, Ordering};

/// One thing that happened to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An edge was accepted.
    Posted(Edge),
    /// A call began.
    CallStarted(Edge),
    /// A call ended.
    CallEnded(Edge),
    /// The event was enabled.
    Enabled,
    /// The event was disabled.
    Disabled {
        /// The answer said that a call of the event was running.
        running: bool,
    },
    /// The socket was closed.
    Closed {
        /// The answer said that the close is complete.
        done: bool,
    },
    /// A close that had waited for a call completed.
    CloseCompleted,
}

/// One line of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// A number taken before it was decided.
    pub from: u64,
    /// A number taken after it was decided.
    pub to: u64,
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

    /// Notes something that was decided between `from` and now.
    pub(crate) fn note(&self, from: u64, handle: SocketHandle, what: What) {
        let note = Note { from, to: self.number(), handle, what };
        self.shards[handle.index as usize % SHARDS].lock().push(note);
    }

    /// Takes all notes, in the order of their second numbers.
    #[must_use]
    pub fn take(&self) -> Vec<Note> {
        let mut notes: Vec<_> =
            self.shards.iter().flat_map(|shard| std::mem::take(&mut *shard.lock())).collect();
        notes.sort_unstable_by_key(|note| note.to);
        notes
    }
}
