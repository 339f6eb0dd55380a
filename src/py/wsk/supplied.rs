//! Supplied: what an application hands over with a new socket, and an argument that does not fit.

use crate::core::status::NtStatus;
use crate::provider::{Refusal, TableKind as Kind};
use crate::py::wsk::client_table::Callbacks;
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
}

/// A context and a table, as the provider wants them.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Supplied {
    pub(crate) context: Py<PyAny>,
    /// None for NULL.
    pub(crate) table: Option<Py<Callbacks>>,
}

impl Supplied {
    pub(crate) fn kind(&self) -> &Kind {
        self.table.as_ref().map_or(&Kind::Null, |table| &table.get().kind)
    }
}

#[pymethods]
impl Supplied {
    #[new]
    #[pyo3(signature = (context, table = None))]
    fn new(context: Py<PyAny>, table: Option<Py<Callbacks>>) -> Self {
        Self { context, table }
    }
}

/// A context and a table that were written where C takes any pointer; `None` if it is no table at all.
pub(crate) fn supplied(
    py: Python<'_>,
    context: Option<&Bound<'_, PyAny>>,
    table: Option<&Bound<'_, PyAny>>,
) -> Option<Supplied> {
    let table = match table {
        None => None,
        Some(table) => Some(Callbacks::of(table)?),
    };
    let context = context.map_or_else(|| py.None(), |context| context.clone().unbind());
    Some(Supplied { context, table })
}

/// Of which kind a table is that was written so.
pub(crate) fn kind_of(table: Option<&Bound<'_, PyAny>>) -> PyResult<Kind> {
    let Some(table) = table else { return Ok(Kind::Null) };
    match Callbacks::of(table) {
        Some(known) => Ok(known.get().kind.clone()),
        None => Ok(Kind::Other(format!("a {}", table.get_type().name()?))),
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
