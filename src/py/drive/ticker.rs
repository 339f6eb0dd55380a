//! Ticker: a thread that asks a long run of C handlers to pause, so that its thread can look for signals (R18).
//!
//! Looking at the clock after each call would cost more than many calls do, and how many calls to make without
//! looking cannot be known before: handlers that were quick may become slow.

use crate::core::sync::{Condvar, Mutex, wait, wait_for};
use crate::py::keep::shared::Shared;
use pyo3::prelude::*;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long a run may last without a look.
const TICK: Duration = Duration::from_millis(20);
/// After so many ticks without a run the thread sleeps until the next one.
const IDLE: u32 = 50;

/// The present ticker. Locked while attached only: so nobody has the lock when the process forks.
static PRESENT: Mutex<Option<Arc<Ticker>>> = Mutex::new(None);

#[derive(Default)]
struct Ticker {
    state: Mutex<State>,
    begun: Condvar,
}

#[derive(Default)]
struct State {
    runs: Vec<Weak<Shared>>,
    sleeps: bool,
}

/// A run that is asked to pause now and then, until this is dropped.
pub(crate) struct Ticking<'s> {
    ticker: Option<Arc<Ticker>>,
    shared: &'s Arc<Shared>,
}

impl<'s> Ticking<'s> {
    /// To be called attached. Without memory for a thread nobody is asked.
    pub(crate) fn begin(_py: Python<'_>, shared: &'s Arc<Shared>) -> Self {
        let mut present = PRESENT.lock();
        if present.is_none() {
            let ticker = Arc::new(Ticker::default());
            let of_thread = Arc::clone(&ticker);
            let named = std::thread::Builder::new().name("wsksim-ticker".into());
            *present = named.spawn(move || of_thread.tick()).ok().map(|_| ticker);
        }
        let ticker = present.clone();
        drop(present);
        if let Some(ticker) = &ticker {
            let mut state = ticker.state.lock();
            state.runs.push(Arc::downgrade(shared));
            if state.sleeps {
                ticker.begun.notify_all();
            }
        }
        Self { ticker, shared }
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        if let Some(ticker) = &self.ticker {
            let mine = Arc::as_ptr(self.shared);
            ticker.state.lock().runs.retain(|run| run.as_ptr() != mine);
        }
    }
}

impl Ticker {
    fn tick(&self) {
        let mut idle = 0;
        let mut state = self.state.lock();
        loop {
            if idle == IDLE {
                state.sleeps = true;
                while state.runs.is_empty() {
                    state = wait(&self.begun, state);
                }
                state.sleeps = false;
                idle = 0;
            }
            state = wait_for(&self.begun, state, TICK);
            idle = if state.runs.is_empty() { idle + 1 } else { 0 };
            // Under the lock: so whoever ends a run outlives this reference, and the objects are not let go of here.
            for run in state.runs.iter().filter_map(Weak::upgrade) {
                run.core.ask_for_pause();
            }
        }
    }
}

/// In the child of a fork: the thread is the parent's.
pub(crate) fn leave_to_parent() {
    std::mem::forget(PRESENT.lock().take());
}
