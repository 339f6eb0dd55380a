//! History check from Python, in builds with the feature `history` only.

use crate::core::history::check;
use crate::py::sockets::subsystem::Subsystem;
use pyo3::exceptions::PyAssertionError;
use pyo3::prelude::*;

/// Takes a subsystem's history and checks it; returns (sockets, edges accepted, calls made).
#[pyfunction]
pub(crate) fn _check_history(
    py: Python<'_>,
    subsystem: &Bound<'_, Subsystem>,
) -> PyResult<(u64, u64, u64)> {
    let shared = subsystem.get().alive(py)?;
    let checked = py.detach(|| check::check(&shared.core.take_history()));
    match checked {
        Ok(summary) => {
            let total = |counts: [u64; 2]| counts.iter().sum();
            Ok((summary.sockets, total(summary.posted), total(summary.indicated)))
        }
        Err(violation) => Err(PyAssertionError::new_err(format!(
            "socket {}.{}: {} [{}]",
            violation.handle.generation, violation.handle.index, violation.found, violation.rule
        ))),
    }
}
