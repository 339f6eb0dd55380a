//! Holding: for how long a thread has had the interpreter, and when other threads have their turn.
//!
//! Letting go for a moment between two pieces of work does not do: a thread that waits asks for the interpreter after
//! 5 ms, begins to wait anew each time that it is let go and taken again meanwhile, and so never asks. It is handed over
//! for certain only when somebody has asked.

use pyo3::prelude::*;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// So long a thread keeps the interpreter; by then those that wait have asked for it.
const TURN: Duration = Duration::from_millis(20);
/// So long it is let go, for threads that wait longer before they ask (`sys.setswitchinterval`).
const PAUSE: Duration = Duration::from_micros(50);

/// A thread that has the interpreter, and since when.
pub(crate) struct Holding(Instant);

impl Holding {
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Whether it is time that others have their turn; whoever asks lets go then, and so begins anew.
    pub(crate) fn is_over(&mut self) -> bool {
        let over = self.0.elapsed() > TURN;
        if over {
            self.0 = Instant::now();
        }
        over
    }

    /// Lets other threads have their turn, if it is time.
    pub(crate) fn share(&mut self, py: Python<'_>) {
        if self.is_over() {
            py.detach(|| sleep(PAUSE));
            self.0 = Instant::now();
        }
    }

    /// Between two pieces of work: other threads have their turn, and signals are looked for.
    ///
    /// # Errors
    ///
    /// What a signal's handler raised.
    pub(crate) fn pass(&mut self, py: Python<'_>) -> PyResult<()> {
        self.share(py);
        py.check_signals()
    }
}
