//! Places: lines of the application, as `wsksim.contract.sites` finds them. Looked for when a finding is made, and
//! only then.

use crate::core::findings::Place;
use pyo3::intern;
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

/// The lines that exceptions came from lately, so that a handler that raises each time is looked at once.
#[derive(Default)]
pub(crate) struct Lines(Vec<(Py<PyAny>, u32, Arc<Place>)>);

/// How many lines are remembered.
const LINES: usize = 16;

impl Lines {
    /// [`raised`], from memory if the innermost line is the application's and known.
    pub(crate) fn raised(&mut self, py: Python<'_>, raised: &PyErr) -> Option<Arc<Place>> {
        let Ok((code, line)) = innermost(py, raised) else { return self::raised(py, raised) };
        let known = |(seen, at, _): &&(Py<PyAny>, u32, Arc<Place>)| seen.is(&code) && *at == line;
        if let Some((_, _, place)) = self.0.iter().find(known) {
            return Some(Arc::clone(place));
        }
        let Some(place) = ask(py, "of_line", (&code, line)) else {
            return self::raised(py, raised);
        };
        if self.0.len() < LINES {
            self.0.push((code.unbind(), line, Arc::clone(&place)));
        }
        Some(place)
    }
}

/// The code and the line at the end of a traceback.
fn innermost<'py>(py: Python<'py>, raised: &PyErr) -> PyResult<(Bound<'py, PyAny>, u32)> {
    let missing = || pyo3::exceptions::PyLookupError::new_err("no traceback");
    let mut trace = raised.traceback(py).ok_or_else(missing)?.into_any();
    loop {
        let next = trace.getattr(intern!(py, "tb_next"))?;
        if next.is_none() {
            break;
        }
        trace = next;
    }
    let code = trace.getattr(intern!(py, "tb_frame"))?.getattr(intern!(py, "f_code"))?;
    Ok((code, trace.getattr(intern!(py, "tb_lineno"))?.extract()?))
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
