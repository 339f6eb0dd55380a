//! `Out`: a place for what C returns through a pointer.

use pyo3::prelude::*;
use pyo3::{PyTraverseError, gc::PyVisit};

/// Out: a place for what C returns through a pointer.
///
/// Callbacks get one for each of their out parameters (`BytesAccepted`, `AcceptSocketContext`, ...), and calls take
/// one where a value arrives later than their return.
///
/// Args:
///     value: any object; what the place holds at first.
///
/// Attributes:
///     value: what was written; the provider presets it before a callback.
///
/// Rules: L-6, L-7, G-16; pages nc-wsk-pfn_wsk_accept_event, nc-wsk-pfn_wsk_receive_event,
/// nc-wsk-pfn_wsk_control_socket.
#[pyclass(module = "wsksim.wsk", subclass)]
pub(crate) struct Out {
    #[pyo3(get, set)]
    pub(crate) value: Option<Py<PyAny>>,
}

impl Out {
    /// A place with something in it.
    pub(crate) const fn of(value: Py<PyAny>) -> Self {
        Self { value: Some(value) }
    }

    /// What is written there now; None is nothing.
    pub(crate) fn written<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyAny>> {
        let value = slf.borrow().value.as_ref().map(|value| value.bind(slf.py()).clone());
        value.filter(|value| !value.is_none())
    }
}

#[pymethods]
impl Out {
    #[new]
    #[pyo3(signature = (value = None))]
    fn new(value: Option<Py<PyAny>>) -> Self {
        Self { value }
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let value = slf.borrow().value.as_ref().map(|value| value.clone_ref(slf.py()));
        Ok(match value {
            Some(value) => format!("Out({})", value.bind(slf.py()).repr()?),
            None => "Out(None)".to_owned(),
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.value.as_ref().map_or(Ok(()), |value| visit.call(value))
    }

    fn __clear__(&mut self) {
        let value = self.value.take();
        drop(value);
    }
}
