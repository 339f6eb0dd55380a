//! Turns: one call's time with the contract machine.

use crate::py::shared::completing;
use crate::py::subsystem::Subsystem;
use crate::wsk::Turn;
use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// How long a wait goes without looking for signals (R18).
const NAP: Duration = Duration::from_millis(10);

/// Takes a turn of the machine, and lets go of what it needs no more.
pub(crate) fn ask<T>(
    py: Python<'_>,
    subsystem: &Py<Subsystem>,
    act: impl FnOnce(&mut Turn<'_>) -> T,
) -> PyResult<T> {
    let shared = subsystem.get().alive(py)?;
    let machine = shared.machine();
    let result = machine.turn(&shared.core, |turn| {
        turn.set_defers(completing());
        act(turn)
    });
    shared.let_go(py, machine);
    Ok(result)
}

/// Waits until the machine's change counter differs from `seen`; gives it.
pub(crate) fn wait_change(
    py: Python<'_>,
    subsystem: &Py<Subsystem>,
    seen: u64,
    limit: Option<Duration>,
) -> PyResult<u64> {
    let machine = subsystem.get().alive(py)?.machine();
    let began = Instant::now();
    loop {
        let left = limit.map_or(NAP, |limit| limit.saturating_sub(began.elapsed()));
        let now = py.detach(|| machine.wait_change(seen, NAP.min(left)));
        if now != seen || limit.is_some_and(|limit| began.elapsed() >= limit) {
            return Ok(now);
        }
        py.check_signals()?;
    }
}
