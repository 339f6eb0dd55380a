//! Bulk: work on many sockets, attached while nobody else is there, detached beside others.
//!
//! A thread that stays attached is alone in the core and spares the locked exchanges (`core::turns`);
//! one that detaches works beside others, at their full speed. Bulk work begins attached, a chunk at a
//! time, goes detached for a chunk when its turn is over, so that other threads get the interpreter, and stays so
//! when another thread wants to work in bulk too.

use crate::py::keep::shared::Shared;
use crate::py::sharing::holding::Holding;
use pyo3::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// Sockets of one chunk: a few tens of microseconds.
const CHUNK: usize = 4096;
/// Chunks after which signals are looked for.
const ROUND: usize = 16;
/// Sockets of a chunk beside others, after which signals are looked for.
const BESIDE: usize = CHUNK * 64;

/// How many threads work in bulk.
#[derive(Debug, Default)]
pub(crate) struct Crews(AtomicU32);

struct Crew<'c>(&'c Crews);

impl Crews {
    fn join(&self) -> Crew<'_> {
        // Relaxed: only a hint.
        self.0.fetch_add(1, Ordering::Relaxed);
        Crew(self)
    }

    fn crowded(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 1
    }
}

impl Drop for Crew<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    /// Has `work` deal with the numbers below `count`, in order and each once.
    ///
    /// # Errors
    ///
    /// What a signal's handler raised; the rest was not dealt with.
    pub(crate) fn in_bulk(
        &self,
        py: Python<'_>,
        count: usize,
        mut work: impl FnMut(Range<usize>) + Send,
    ) -> PyResult<()> {
        let _crew = self.crews.join();
        let mut holding = Holding::begin();
        let mut done = 0;
        for chunk in 1.. {
            let beside = self.crews.crowded() || !self.core.is_alone();
            let end = count.min(done + if beside { BESIDE } else { CHUNK });
            let detached = beside || holding.is_over();
            if detached {
                self.detached(py, || work(done..end));
            } else {
                work(done..end);
            }
            done = end;
            if done == count {
                return Ok(());
            }
            if detached || chunk % ROUND == 0 {
                py.check_signals()?;
            }
        }
        Ok(())
    }

    /// Lets this thread be in the core detached.
    pub(crate) fn detached<T: Send>(&self, py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
        let _guest = self.core.guest();
        py.detach(work)
    }
}
