//! Times: many measured times as one histogram, to which those of other runs and other machines are added.

use crate::core::sync::Mutex;
use crate::py::runs::storm_results;
use crate::storm::series::{Code, Sum};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// Histograms of times, added up.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct TimesSum(Mutex<Sum>);

#[pymethods]
impl TimesSum {
    #[new]
    fn new() -> Self {
        Self(Mutex::default())
    }

    /// Adds what a code held.
    fn add(&self, py: Python<'_>, code: PyRef<'_, TimesCode>) {
        let code = &code.0;
        py.detach(|| self.0.lock().add(code));
    }

    /// The encoding of the sum.
    fn encoded<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let code = py.detach(|| self.0.lock().series().encoded())?;
        Ok(PyBytes::new(py, &code))
    }

    /// Its summary, as reports have it.
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let series = py.detach(|| self.0.lock().series());
        storm_results::times(py, &series)
    }
}

/// One histogram of times, read and not added yet.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct TimesCode(Code);

#[pymethods]
impl TimesCode {
    /// Reads a histogram in HdrHistogram's V2 encoding, compressed; the longest of its times as it was measured.
    #[new]
    fn new(py: Python<'_>, code: &[u8], longest: u64) -> PyResult<Self> {
        py.detach(|| Code::read(code, longest)).map(Self).map_err(|failure| {
            let text = "times: asked for a histogram from 1 ns to a day; found";
            PyValueError::new_err(format!("{text} {failure}; give one that wsksim made"))
        })
    }
}
