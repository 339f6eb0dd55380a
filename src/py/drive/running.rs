//! Running: the blocks of workers that were entered and not left, which the end of the interpreter stops.
//!
//! They are kept here, and not by Python code, so that no exception can come between the start of a thread and
//! its entry.

use crate::core::sync::Mutex;
use crate::py::drive::team::Team;
use crate::py::drive::workers::Workers;
use crate::py::values::exits;
use pyo3::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the wait for running calls goes on before signals are looked for (R18).
const NAP: Duration = Duration::from_millis(10);

/// Locked while attached only, and never while Python code may run.
static RUNNING: Mutex<Vec<Py<Workers>>> = Mutex::new(Vec::new());

/// Keeps a block until it is forgotten, or has ended. Returns those that are kept no more, to be dropped.
#[must_use]
pub(crate) fn remember(block: &Bound<'_, Workers>) -> Vec<Py<Workers>> {
    let mut running = RUNNING.lock();
    let (kept, ended) = std::mem::take(&mut *running)
        .into_iter()
        .partition(|other| other.get().running_team().is_some());
    *running = kept;
    running.push(block.clone().unbind());
    ended
}

/// The block has ended.
pub(crate) fn forget(block: &Bound<'_, Workers>) {
    let mut running = RUNNING.lock();
    let place = running.iter().position(|other| other.is(block));
    let kept = place.map(|place| running.swap_remove(place));
    drop(running);
    drop(kept);
}

/// In the child of a fork: no block of the parent's runs here, and none of its objects is let go of.
pub(crate) fn leave_to_parent() {
    std::mem::forget(std::mem::take(&mut *RUNNING.lock()));
}

fn teams() -> Vec<Arc<Team>> {
    let running = RUNNING.lock();
    let teams = running.iter().filter_map(|block| block.get().running_team());
    // A child that C code forked has its parent's still.
    teams.filter(|team| !team.shared.is_forked()).collect()
}

/// Tells all workers to stop and waits `seconds` at most for running calls; whether some still run.
#[pyfunction]
#[pyo3(signature = (seconds, /))]
pub(crate) fn _stop_workers(py: Python<'_>, seconds: f64) -> PyResult<bool> {
    let teams = teams();
    for team in &teams {
        team.shared.core.halt();
    }
    let began = Instant::now();
    for team in &teams {
        while !py.detach(|| team.wait_ended(NAP)) {
            if began.elapsed().as_secs_f64() > seconds {
                return Ok(true);
            }
            py.check_signals()?;
        }
    }
    Ok(false)
}

/// Raises SystemExit in the handlers that workers still run.
#[pyfunction]
pub(crate) fn _interrupt_workers(py: Python<'_>) {
    for team in teams() {
        let idents = team.idents.lock().clone();
        exits::leave(py, &idents);
    }
}

/// Registers our exit hook; called while the extension is made.
pub(crate) fn watch<'py>(
    ends: &Bound<'py, PyAny>,
    stop: &Bound<'py, PyAny>,
    interrupt: &Bound<'py, PyAny>,
) -> PyResult<()> {
    let py = ends.py();
    let stop_workers = py.import("wsksim._exit")?.getattr("stop_workers")?;
    py.import("atexit")?.call_method1("register", (ends, stop_workers, stop, interrupt))?;
    Ok(())
}

/// Our exit hook, which has workers stopped. It is no Python function: a signal that came before would be handled as
/// that begins, and what it raises would leave the hook undone.
#[pyfunction]
#[pyo3(signature = (stop_workers, stop, interrupt, /))]
pub(crate) fn _interpreter_ends<'py>(
    stop_workers: &Bound<'py, PyAny>,
    stop: &Bound<'py, PyAny>,
    interrupt: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    for team in teams() {
        team.shared.core.halt();
    }
    let stopped = stop_workers.call1((stop, interrupt));
    exits::begin();
    stopped
}
