//! Errors: every exception that the extension raises is made here.
//!
//! The classes are ordinary Python, in `wsksim.errors`, so that users can read them.

use crate::core::error::CoreError;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// An exception of class `name` of `wsksim.errors`.
pub(crate) fn error(py: Python<'_>, name: &str, text: impl Into<String>) -> PyErr {
    match class(py, name) {
        Ok(class) => PyErr::from_type(class, (text.into(),)),
        Err(failure) => failure,
    }
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    Ok(py.import("wsksim.errors")?.getattr(name)?.cast_into::<PyType>()?)
}

/// What the core refused, as the exception for it.
pub(crate) fn to_py_err(py: Python<'_>, refusal: CoreError) -> PyErr {
    let name = match refusal {
        CoreError::Stale(_) | CoreError::Closed(_) => "StaleHandleError",
        CoreError::SubsystemClosed => "SubsystemClosedError",
        CoreError::SocketLimit { .. } | CoreError::HandlerLimit { .. } => "LimitError",
        CoreError::NoMemory { .. } => {
            return pyo3::exceptions::PyMemoryError::new_err(refusal.to_string());
        }
        CoreError::NoHandler => {
            return pyo3::exceptions::PyValueError::new_err(refusal.to_string());
        }
        CoreError::Driven => "DriveError",
    };
    error(py, name, refusal.to_string())
}

/// A drive was asked for inside a callback.
pub(crate) fn drive_inside(py: Python<'_>, asked: &str) -> PyErr {
    let text = format!(
        "{asked}: asked from inside a callback; the drive that called it still runs; return first, \
         the drive goes on by itself [D-10]"
    );
    error(py, "DriveError", text)
}

/// The subsystem was made in another process.
pub(crate) fn forked(py: Python<'_>) -> PyErr {
    let text = "asked to use a subsystem that was made before fork(); its threads and sockets stayed \
                in the parent process; make a new one in the child";
    error(py, "ForkError", text)
}

/// Whether an exception is the one that `check="raise"` raises.
pub(crate) fn is_contract_error(py: Python<'_>, raised: &PyErr) -> bool {
    class(py, "ContractError").is_ok_and(|class| raised.is_instance(py, &class))
}
