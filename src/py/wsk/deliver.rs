//! Deliver: what a completion fills for the caller of a request, and what it makes of `IoStatus.Information`.

use crate::py::values::bytes::written;
use crate::py::wsk::completion::Completion;
use crate::py::wsk::crossings;
use crate::py::wsk::socket::Socket;
use crate::wsk;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, gc::PyVisit};

/// What fills the result of a request.
pub(crate) enum Deliver {
    Nothing,
    /// A callable of a Completion.
    Python(Py<PyAny>),
    /// Memory that takes what has arrived, piece by piece.
    Pieces(Vec<PyBuffer<u8>>),
    /// A socket whose object is the provider's no longer.
    Closed(Py<Socket>),
}

/// `IoStatus.Information`.
pub(crate) enum Information {
    Count(u64),
    Object(Py<PyAny>),
}

impl Information {
    pub(crate) fn copy(&self, py: Python<'_>) -> Self {
        match self {
            Self::Count(count) => Self::Count(*count),
            Self::Object(object) => Self::Object(object.clone_ref(py)),
        }
    }

    pub(crate) fn shown(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Count(count) => Ok(count.into_pyobject(py)?.into_any().unbind()),
            Self::Object(object) => Ok(object),
        }
    }
}

impl Deliver {
    pub(crate) fn python(deliver: &Bound<'_, PyAny>) -> Self {
        Self::Python(deliver.clone().unbind())
    }

    /// Fills, and tells what `IoStatus.Information` is.
    pub(crate) fn fill(
        &self,
        py: Python<'_>,
        completion: &wsk::Completion,
    ) -> PyResult<Information> {
        let plain = Information::Count(completion.information);
        // A cancelled receive may have taken bytes (I-8).
        if !completion.status.is_success() && completion.data.is_none() {
            return Ok(plain);
        }
        match self {
            Self::Nothing => {}
            Self::Python(deliver) => {
                crossings::outward();
                let shown = Bound::new(py, Completion(completion.clone()))?;
                return Ok(Information::Object(deliver.bind(py).call1((shown,))?.unbind()));
            }
            Self::Pieces(pieces) => {
                scatter(py, pieces, completion.data.as_deref().unwrap_or_default());
            }
            Self::Closed(socket) => {
                if let Some(provider) = &socket.get().provider {
                    provider.get().forget(socket.get().id);
                }
            }
        }
        Ok(plain)
    }

    pub(crate) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Nothing | Self::Pieces(_) => Ok(()),
            Self::Python(deliver) => visit.call(deliver),
            Self::Closed(socket) => visit.call(socket),
        }
    }
}

/// Writes what arrived into the application's memory.
fn scatter(py: Python<'_>, pieces: &[PyBuffer<u8>], data: &[u8]) {
    let mut rest = data;
    for piece in pieces {
        rest = &rest[written(py, piece, rest)..];
    }
}
