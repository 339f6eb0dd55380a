//! Stopping: an exception that ends the provider's work on a stack, on its way out of it.

use crate::provider::Stopped;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::cell::RefCell;

thread_local! {
    static REASON: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Keeps the exception until the provider has ended what it began. The first one counts.
pub(crate) fn stop(reason: PyErr) -> Stopped {
    let late = REASON.with_borrow_mut(|kept| match kept {
        Some(_) => Some(reason),
        None => {
            *kept = Some(reason);
            None
        }
    });
    drop(late);
    Stopped
}

/// The exception, once the provider has.
pub(crate) fn ended<T>(result: Result<T, Stopped>) -> PyResult<T> {
    result.map_err(|Stopped| {
        REASON.take().unwrap_or_else(|| PyRuntimeError::new_err("stopped without a reason"))
    })
}
