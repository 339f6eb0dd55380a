//! Entry: how `WSK_SOCKET` has the functions of its category's table as methods.

use crate::py::values::export::method;
use crate::py::wsk::socket::Socket;
use pyo3::prelude::*;
use pyo3::types::PyType;
use pyo3::{PyTraverseError, gc::PyVisit};

/// One function of WSK_SOCKET: `Socket.WskSend` is that of its category's table, for this socket (O-2, O-3).
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Entry {
    name: String,
    /// In the order of the tables; None where the category does not have it.
    functions: Vec<Option<Py<PyAny>>>,
}

#[pymethods]
impl Entry {
    #[new]
    fn new(name: String, functions: Vec<Option<Py<PyAny>>>) -> Self {
        Self { name, functions }
    }

    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        socket: Option<&Bound<'py, Socket>>,
        owner: Option<&Bound<'py, PyType>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, _) = (slf.py(), owner);
        let Some(socket) = socket else { return Ok(slf.clone().into_any()) };
        let Self { name, functions } = slf.get();
        let category = socket.get().category;
        match category.and_then(|category| functions.get(category)?.as_ref()) {
            Some(function) => method(function.bind(py), socket.as_any()),
            None => Err(socket.get().lacks(py, name)?),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.functions.iter().flatten().try_for_each(|function| visit.call(function))
    }
}
