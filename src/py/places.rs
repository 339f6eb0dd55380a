//! Places: lines of the application, as `wsksim.contract.sites` finds them. Looked for when a finding is made, and
//! only then.

use crate::core::findings::Place;
use pyo3::prelude::*;
use std::sync::Arc;

type Site = (String, String, u32);

fn ask<'py>(
    py: Python<'py>,
    name: &str,
    given: impl pyo3::call::PyCallArgs<'py>,
) -> Option<Arc<Place>> {
    // A finding without its place is better than none.
    let site = || -> PyResult<Option<Site>> {
        py.import("wsksim.contract.sites")?.getattr(name)?.call1(given)?.extract()
    };
    let (function, file, line) = site().ok().flatten()?;
    Some(Arc::new(Place { function, file, line }))
}

/// Where a handler or callback is defined.
pub(crate) fn of_callable(handler: &Bound<'_, PyAny>) -> Option<Arc<Place>> {
    ask(handler.py(), "of_callable", (handler,))
}

/// The application's innermost line on the way to where it was raised.
pub(crate) fn raised(py: Python<'_>, raised: &PyErr) -> Option<Arc<Place>> {
    ask(py, "raised", (raised.traceback(py),))
}

/// The application's nearest line on this thread's stack.
pub(crate) fn nearest(py: Python<'_>) -> Option<Arc<Place>> {
    ask(py, "nearest", ())
}

/// The traceback as text, without our lines.
pub(crate) fn traceback(py: Python<'_>, raised: &PyErr) -> String {
    let text = || -> PyResult<String> {
        py.import("wsksim.contract.sites")?
            .getattr("traceback_text")?
            .call1((raised.value(py), raised.traceback(py)))?
            .extract()
    };
    text().unwrap_or_default()
}
