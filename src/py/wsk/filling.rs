//! Filling: what a completion writes for the application, and the memory that a request keeps until then (I-9).

use crate::provider::{Done, Flight};
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::completion::Completion;
use crate::py::wsk::crossings;
use crate::py::wsk::lending::{block_of, mdls};
use crate::py::wsk::status_block::StatusBlock;
use crate::py::wsk::values::Status;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyWeakrefReference};

impl PythonApplication<'_> {
    /// Fills `IoStatus` and the buffers of the request that completes.
    pub(crate) fn fill_in(&mut self, done: &Done<'_>) -> PyResult<()> {
        let py = self.py;
        let Some(lent) = &self.completing else { return Ok(()) };
        let completion = done.completion;
        let information = match &lent.deliver {
            // A cancelled receive may have taken bytes (I-8).
            Some(deliver) if completion.status.is_success() || completion.data.is_some() => {
                crossings::outward();
                let shown = Bound::new(py, Completion(completion.clone()))?;
                deliver.bind(py).call1((shown,))?
            }
            _ => PyInt::new(py, completion.information).into_any(),
        };
        let block = match &lent.block {
            Some(block) => block.clone_ref(py),
            None => StatusBlock::pending(py)?,
        };
        {
            let mut block = block.bind(py).borrow_mut();
            let status = Status(completion.status).into_pyobject(py)?.unbind();
            let before = (
                std::mem::replace(&mut block.status, status),
                std::mem::replace(&mut block.information, information.unbind()),
            );
            drop(block);
            drop(before);
        }
        lent.irp.bind(py).get().completed(block, done.pending, done.runs);
        Ok(())
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
