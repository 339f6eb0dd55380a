//! The call of a batch handler, and what its answer means.

use crate::core::dispatch::Batch;
use crate::py::drive::host::status_of;
use crate::py::values::arguments;
use crate::py::values::export::{self, Column};
use crate::py::values::passing::PassOver;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;
use std::cell::Cell;

/// Calls `function(contexts, flags)` with views of the batch's columns.
pub(crate) fn call<'py>(
    function: &Bound<'py, PyAny>,
    rows: &Batch<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    let view = |column| PyMemoryView::from(Bound::new(function.py(), column)?.as_any());
    let columns = (view(Column::contexts(&rows.contexts))?, view(Column::flags(&rows.flags))?);
    export::call(function, columns)
}

/// The status of each socket, from a batch handler's answer; a text when it is none.
pub(crate) fn statuses(answer: &Bound<'_, PyAny>, count: usize) -> Result<Vec<u32>, String> {
    let shown = || arguments::shown(answer);
    let found = Cell::new(None);
    let wrong = |number| {
        found.set(Some(number));
        pyo3::exceptions::PyValueError::new_err("statuses")
    };
    let numbers = arguments::integers("batch handler", answer, (count, &wrong));
    let numbers = match numbers.pass_over(answer.py()) {
        Some(numbers) => numbers,
        None if let Some(found) = found.get() => {
            return Err(format!(
                "it returned {found} statuses for {count} sockets; return None or one status each"
            ));
        }
        None if status_of(answer).is_some() => {
            return Err(format!(
                "it returned {}; a batch handler returns None or one status per socket",
                shown()
            ));
        }
        None => {
            return Err(format!("it returned {}; return None or one status per socket", shown()));
        }
    };
    let status = |number: i64| {
        u32::try_from(number).ok().or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned))
    };
    numbers
        .into_iter()
        .map(|number| status(number).ok_or_else(|| format!("it returned {number}, no NTSTATUS")))
        .collect()
}
