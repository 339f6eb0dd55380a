//! Places: lines of the application, as `wsksim.contract.sites` finds them. Looked for when a finding is made, and
//! only then.

use crate::core::findings::Place;
use crate::core::sync::Mutex;
use crate::py::values::export::running_frame;
use crate::py::values::once::{self, Once};
use crate::py::values::passing::PassOver;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::collections::BTreeMap;
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
    let (function, file, line) = site().pass_over(py).flatten()?;
    Some(Arc::new(Place { function, file, line }))
}

/// Where a handler or callback is defined.
pub(crate) fn of_callable(handler: &Bound<'_, PyAny>) -> Option<Arc<Place>> {
    ask(handler.py(), "of_callable", (handler,))
}

/// The line of a handler or callback that called on: in what it raised, or on this thread's stack; else where it is
/// defined.
pub(crate) fn in_callable(
    handler: &Bound<'_, PyAny>,
    raised: Option<&PyErr>,
) -> Option<Arc<Place>> {
    let py = handler.py();
    ask(py, "in_callable", (handler, raised.and_then(|raised| raised.traceback(py))))
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

/// A line of the application as it is kept cheaply until a finding points back to it: (code, instruction).
pub(crate) type Spot = Py<PyTuple>;

/// How near each code is to the application (`sites`); the code is kept, so that its address stays its own.
static RANKS: Mutex<BTreeMap<usize, (Py<PyAny>, u8)>> = Mutex::new(BTreeMap::new());
static FOLDERS: Once<Folders> = Once::new();

/// Where files lie that are not the application's: ours, but for the examples among it; what is installed, Python's own.
#[derive(FromPyObject)]
struct Folders(String, String, Vec<String>, Vec<String>);

impl Folders {
    /// As `sites` ranks a file; no Python function is called, for a request may come here.
    fn rank(&self, file: &str) -> u8 {
        let Self(ours, examples, installed, standard) = self;
        match file {
            file if file.starts_with(examples.as_str()) => 0,
            file if file.starts_with(ours.as_str()) => 3,
            file if installed.iter().any(|folder| file.contains(folder.as_str())) => 1,
            file if standard.iter().any(|folder| file.starts_with(folder.as_str())) => 2,
            _ => 0,
        }
    }
}

/// Codes whose rank is kept.
const CODES: usize = 1024;
/// Frames that are looked at.
const FRAMES: usize = 32;

/// The application's nearest line on this thread's stack, to be [shown](shown) when it is needed.
pub(crate) fn spot(py: Python<'_>) -> Option<Spot> {
    spot_of(py).pass_over(py).flatten()
}

/// [`spot`], for an object in Python that keeps it.
#[pyfunction]
pub(crate) fn _spot(py: Python<'_>) -> Option<Spot> {
    spot(py)
}

fn spot_of(py: Python<'_>) -> PyResult<Option<Spot>> {
    let Some(mut frame) = running_frame(py) else { return Ok(None) };
    for _ in 0..FRAMES {
        let code = frame.getattr(intern!(py, "f_code"))?;
        if rank(&code)? == 0 {
            let instruction = frame.getattr(intern!(py, "f_lasti"))?;
            return Ok(Some(PyTuple::new(py, [code, instruction])?.unbind()));
        }
        frame = frame.getattr(intern!(py, "f_back"))?;
        if frame.is_none() {
            break;
        }
    }
    Ok(None)
}

fn rank(code: &Bound<'_, PyAny>) -> PyResult<u8> {
    let py = code.py();
    let known = RANKS.lock().get(&(code.as_ptr() as usize)).map(|(_, rank)| *rank);
    if let Some(rank) = known {
        return Ok(rank);
    }
    let folders = once::kept(py, &FOLDERS, || {
        py.import("wsksim.contract.sites")?.getattr("FOLDERS")?.extract()
    })?;
    let file: String = code.getattr(intern!(py, "co_filename"))?.extract()?;
    let rank = folders.rank(&file);
    let mut ranks = RANKS.lock();
    let before = if ranks.len() < CODES { BTreeMap::new() } else { std::mem::take(&mut *ranks) };
    ranks.insert(code.as_ptr() as usize, (code.clone().unbind(), rank));
    drop(ranks);
    drop(before);
    Ok(rank)
}

/// The line that a spot is.
pub(crate) fn shown(spot: &Bound<'_, PyTuple>) -> Option<Arc<Place>> {
    ask(spot.py(), "of_instruction", spot.clone())
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
    text().pass_over(py).unwrap_or_default()
}
