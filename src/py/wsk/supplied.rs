//! Supplied: what an application hands over with a new socket, and an argument that does not fit.

use crate::core::status::NtStatus;
use crate::provider::{Refusal, TableKind as Kind};
use pyo3::prelude::*;

/// Of which kind a client table is, as the provider judges it (L-3 to L-6).
#[pyclass(frozen, eq, module = "wsksim._native")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableKind(pub(crate) Kind);

#[pymethods]
#[allow(non_snake_case, reason = "constants of a class")]
impl TableKind {
    #[classattr]
    fn LISTEN() -> Self {
        Self(Kind::Listen)
    }

    #[classattr]
    fn CONNECTION() -> Self {
        Self(Kind::Connection)
    }

    #[classattr]
    fn DATAGRAM() -> Self {
        Self(Kind::Datagram)
    }

    #[classattr]
    fn STREAM() -> Self {
        Self(Kind::Stream)
    }

    /// What is no table at all, with its article.
    #[staticmethod]
    fn other(text: String) -> Self {
        Self(Kind::Other(text))
    }
}

/// A context and a table, as the provider wants them.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Supplied {
    pub(crate) context: Py<PyAny>,
    pub(crate) kind: Kind,
    pub(crate) disconnect: Option<Py<PyAny>>,
    /// Which callbacks are not NULL.
    pub(crate) callbacks: u32,
}

#[pymethods]
impl Supplied {
    /// Without a kind the table is NULL.
    #[new]
    #[pyo3(signature = (context, kind = None, disconnect = None, callbacks = 0))]
    fn new(
        context: Py<PyAny>,
        kind: Option<&Bound<'_, TableKind>>,
        disconnect: Option<Py<PyAny>>,
        callbacks: u32,
    ) -> Self {
        let kind = kind.map_or(Kind::Null, |kind| kind.get().0.clone());
        Self { context, kind, disconnect, callbacks }
    }
}

/// What stands for an argument that compiles in C but does not fit; the provider answers the request with its status.
#[pyclass(frozen, module = "wsksim._native")]
#[derive(Clone, Debug)]
pub(crate) struct Refused(pub(crate) Refusal);

#[pymethods]
impl Refused {
    /// It breaks no rule that binds the application.
    #[new]
    #[pyo3(
        signature = (status = NtStatus::INVALID_PARAMETER.bits()),
        text_signature = "(status=0xC000000D)"
    )]
    fn new(status: u32) -> Self {
        Self(Refusal::plain(NtStatus::from_bits(status)))
    }

    /// The status to answer.
    #[getter]
    fn status(&self) -> u32 {
        self.0.status.bits()
    }
}
