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

    /// Adds a histogram in HdrHistogram's V2 encoding, compressed, and the longest of its times as it was measured; to
    /// another sum too, which spares it the reading.
    #[pyo3(signature = (code, longest, also=None))]
    fn add(
        &self,
        py: Python<'_>,
        code: &[u8],
        longest: u64,
        also: Option<PyRef<'_, Self>>,
    ) -> PyResult<()> {
        let also = also.as_deref();
        let added = py.detach(|| {
            let read = Series::decoded(code, longest)?;
            for sum in std::iter::once(self).chain(also) {
                sum.0.lock().add(&read);
            }
            Ok::<(), std::io::Error>(())
        });
        added.map_err(|failure| {
            let text = "times: asked to add a histogram from 1 ns to a day; found";
            PyValueError::new_err(format!("{text} {failure}; give one that wsksim made"))
        })
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
