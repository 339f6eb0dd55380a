//! Times: many measured times as one histogram, to which those of other runs and other machines are added.

use crate::core::sync::Mutex;
use crate::py::runs::storm_results;
use crate::storm::Series;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// Histograms of times, added up.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct TimesSum(Mutex<Series>);

#[pymethods]
impl TimesSum {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(Series::new()))
    }

    /// Reads a histogram in HdrHistogram's V2 encoding, compressed, and the longest of its times as it was measured.
    #[staticmethod]
    fn read(py: Python<'_>, code: &[u8], longest: u64) -> PyResult<Self> {
        let read = py.detach(|| Series::decoded(code, longest)).map_err(|failure| {
            let text = "times: asked to add a histogram from 1 ns to a day; found";
            PyValueError::new_err(format!("{text} {failure}; give one that wsksim made"))
        })?;
        Ok(Self(Mutex::new(read)))
    }

    /// Adds all that another one holds.
    fn add(&self, py: Python<'_>, other: PyRef<'_, Self>) {
        let other = &*other;
        py.detach(|| {
            let read = other.0.lock().clone();
            self.0.lock().add(&read);
        });
    }

    /// The encoding of the sum.
    fn encoded<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let code = py.detach(|| self.0.lock().encoded())?;
        Ok(PyBytes::new(py, &code))
    }

    /// Its summary, as reports have it.
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let series = py.detach(|| self.0.lock().clone());
        storm_results::times(py, &series)
    }
}
