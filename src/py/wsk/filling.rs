//! Filling: what a completion writes for the application, and the memory that a request keeps until then (I-9).

use crate::provider::{Done, Flight};
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::lending::{block_of, mdls};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;

impl PythonApplication<'_> {
    /// Fills `IoStatus` and the buffers of the request that completes.
    pub(crate) fn fill_in(&mut self, done: &Done<'_>) -> PyResult<()> {
        let py = self.py;
        let Some(lent) = &self.completing else { return Ok(()) };
        let completion = done.completion;
        let information = lent.deliver.fill(py, completion)?;
        lent.irp.bind(py).get().completed(py, completion.status, information, done)
    }

    /// The MDLs that a request which waits keeps; each knows whom to ask before it is freed.
    pub(crate) fn kept(&self, flight: &Flight) -> PyResult<Vec<u64>> {
        let (Some(provider), Some(buffer)) = (&self.provider, &self.buffer) else {
            return Ok(Vec::new());
        };
        let found = mdls(buffer)?;
        let user = PyWeakrefReference::new(provider)?;
        for mdl in &found {
            mdl.setattr(intern!(self.py, "_user"), &user)?;
        }
        let blocks = found.iter().map(block_of).collect();
        provider.get().keep(flight.number, found.into_iter().map(Bound::unbind).collect());
        Ok(blocks)
    }
}
