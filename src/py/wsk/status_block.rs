//! `IO_STATUS_BLOCK`: how a request ended.

use crate::core::status::NtStatus;
use crate::py::wsk::deliver::Information;
use crate::py::wsk::values;
use pyo3::prelude::*;
use pyo3::types::PyInt;
use pyo3::{PyTraverseError, gc::PyVisit};

/// IO_STATUS_BLOCK: how a request ended.
///
/// Attributes:
///     Status: NTSTATUS, unsigned; STATUS_PENDING while a request is under way.
///     Information: what the request yields: a socket for create and accept, a byte count for send, receive and
///         control, else 0 (I-7); 0 on failure (I-8).
///
/// Rules: I-4, I-7, I-8; page ns-wdm-_io_status_block.
#[pyclass(name = "IO_STATUS_BLOCK", module = "wsksim.wsk", weakref, subclass)]
pub(crate) struct StatusBlock {
    #[pyo3(get, set, name = "Status")]
    pub(crate) status: Py<PyAny>,
    #[pyo3(get, set, name = "Information")]
    pub(crate) information: Py<PyAny>,
}

impl StatusBlock {
    /// A block with what a request ended with, or begins with.
    pub(crate) fn of(
        py: Python<'_>,
        status: NtStatus,
        information: Information,
    ) -> PyResult<Py<Self>> {
        let status = values::Status(status).into_pyobject(py)?.unbind();
        Py::new(py, Self { status, information: information.shown(py)? })
    }

    /// Writes what a request ended with.
    pub(crate) fn write(
        slf: &Bound<'_, Self>,
        status: NtStatus,
        information: Information,
    ) -> PyResult<()> {
        let py = slf.py();
        let status = values::Status(status).into_pyobject(py)?.unbind();
        let information = information.shown(py)?;
        let mut block = slf.borrow_mut();
        let before = (
            std::mem::replace(&mut block.status, status),
            std::mem::replace(&mut block.information, information),
        );
        drop(block);
        drop(before);
        Ok(())
    }
}

#[pymethods]
impl StatusBlock {
    #[new]
    #[pyo3(signature = (Status = None, Information = None), text_signature = "(Status=0, Information=0)")]
    #[allow(non_snake_case, reason = "Microsoft's names")]
    fn new(py: Python<'_>, Status: Option<Py<PyAny>>, Information: Option<Py<PyAny>>) -> Self {
        let zero = || PyInt::new(py, 0).into_any().unbind();
        Self { status: Status.unwrap_or_else(zero), information: Information.unwrap_or_else(zero) }
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else { return Ok(false) };
        let other = other.borrow();
        let status = self.status.bind(py).eq(other.status.bind(py))?;
        Ok(status && self.information.bind(py).eq(other.information.bind(py))?)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = py.import("wsksim.wsk.words.status")?.getattr("shown_status")?;
        let status = shown.call1((&self.status,))?;
        let information = self.information.bind(py).repr()?;
        Ok(format!("IO_STATUS_BLOCK(Status={status}, Information={information})"))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.status)?;
        visit.call(&self.information)
    }

    fn __clear__(&mut self) {
        Python::attach(|py| {
            self.status = py.None();
            self.information = py.None();
        });
    }
}
