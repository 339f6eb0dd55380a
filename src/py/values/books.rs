//! Books: the counts of a subsystem as Python's dictionaries.

use crate::core::counters::{Counts, Withheld};
use crate::core::error::Answer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The counts, as `Subsystem.counters` documents them.
pub(crate) fn to_python<'py>(py: Python<'py>, counts: &Counts) -> PyResult<Bound<'py, PyDict>> {
    let books = PyDict::new(py);
    books.set_item("posted", kinds(py, counts.posted)?)?;
    books.set_item("indicated", kinds(py, counts.indicated)?)?;
    let withheld = PyDict::new(py);
    for (cause, name) in Withheld::ALL {
        withheld.set_item(name, counts.withheld[cause as usize])?;
    }
    books.set_item("withheld", withheld)?;
    let pending = PyDict::new(py);
    pending.set_item("queued", counts.queued)?;
    pending.set_item("held", counts.held)?;
    books.set_item("pending", pending)?;
    let refused = PyDict::new(py);
    for (answer, name) in [
        (Answer::Stale, "stale"),
        (Answer::Closed, "closed"),
        (Answer::Repeated, "repeated"),
        (Answer::Limit, "limit"),
    ] {
        refused.set_item(name, counts.refused[answer as usize])?;
    }
    books.set_item("refused", refused)?;
    books.set_item("findings", counts.findings)?;
    books.set_item("open_sockets", counts.open)?;
    Ok(books)
}

fn kinds<'py>(py: Python<'py>, counts: [u64; 2]) -> PyResult<Bound<'py, PyDict>> {
    let kinds = PyDict::new(py);
    kinds.set_item("graceful", counts[0])?;
    kinds.set_item("abortive", counts[1])?;
    Ok(kinds)
}
