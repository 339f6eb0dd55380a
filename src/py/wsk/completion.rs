//! Completion: what a request is completed with, for what fills the caller's buffers.

use crate::py::wsk::addresses::shown_address;
use crate::wsk;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// What a request is completed with.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Completion(pub(crate) wsk::Completion);

#[pymethods]
impl Completion {
    /// `IoStatus.Status`, unsigned.
    #[getter]
    fn status(&self) -> u32 {
        self.0.status.bits()
    }

    /// `IoStatus.Information`, unless it is a socket.
    #[getter]
    fn information(&self) -> u64 {
        self.0.information
    }

    /// The number of the socket that it yields; 0 for none.
    #[getter]
    fn socket(&self) -> u64 {
        self.0.socket
    }

    /// `MSG_*` of a datagram.
    #[getter]
    fn flags(&self) -> u32 {
        self.0.flags
    }

    /// What goes into the caller's buffer; None for nothing.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.0.data.as_ref().map(|data| PyBytes::new(py, data))
    }

    /// The local address.
    #[getter]
    fn local<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.local.map(|address| shown_address(py, address)).transpose()
    }

    /// The remote address, likewise.
    #[getter]
    fn remote<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.remote.map(|address| shown_address(py, address)).transpose()
    }
}
