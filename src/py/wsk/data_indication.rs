//! `WSK_DATA_INDICATION`: data that WskReceiveEvent shows, whose WSK_BUF is made when somebody looks.

use crate::py::wsk::buffers::Buf;
use crate::py::wsk::lending::{Loan, Part};
use crate::py::wsk::members::Given;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyTraverseError, gc::PyVisit};

/// The bytes of a piece, or the WSK_BUF that somebody has seen or assigned.
enum Shown {
    Bytes(Py<PyBytes>),
    Object(Py<PyAny>),
}

/// WSK_DATA_INDICATION: data that WskReceiveEvent shows, one buffer after the other.
///
/// The provider makes it. It is valid until the callback returns, or, if that answers STATUS_PENDING, until
/// WskRelease (C-24).
///
/// Attributes:
///     Next: the next piece, or None.
///     Buffer: the bytes of this piece.
///
/// Rules: G-16, C-20, C-22 to C-24; page ns-wsk-_wsk_data_indication.
#[pyclass(name = "WSK_DATA_INDICATION", module = "wsksim.wsk", subclass, weakref)]
pub(crate) struct DataIndication {
    next: Py<PyAny>,
    buffer: Shown,
    loan: Option<Py<Loan>>,
    part: Option<Py<Part>>,
}

impl DataIndication {
    /// One piece that is lent; the first of a list says where it is from.
    pub(crate) fn lent(
        next: Py<PyAny>,
        bytes: Py<PyBytes>,
        loan: Py<Loan>,
        part: Option<Py<Part>>,
    ) -> Self {
        Self { next, buffer: Shown::Bytes(bytes), loan: Some(loan), part }
    }

    /// Asks the loan, if there is one, before a member is read.
    fn look(slf: &Bound<'_, Self>, name: &str) -> PyResult<()> {
        let loan = slf.borrow().loan.as_ref().map(|loan| loan.clone_ref(slf.py()));
        loan.map_or(Ok(()), |loan| {
            loan.get().look(slf.py(), || format!("WSK_DATA_INDICATION.{name}"))
        })
    }
}

#[pymethods]
#[allow(non_snake_case, reason = "Microsoft's names")]
impl DataIndication {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("Next", "Buffer")
    }

    #[new]
    #[pyo3(
        signature = (Next = None, Buffer = Given(None)),
        text_signature = "(Next=None, Buffer=...)"
    )]
    fn new(py: Python<'_>, Next: Option<Py<PyAny>>, Buffer: Given<'_>) -> PyResult<Self> {
        let buffer = match Buffer.0 {
            Some(buffer) => buffer.unbind(),
            None => Buf::empty(py)?.unbind(),
        };
        let next = Next.unwrap_or_else(|| py.None());
        Ok(Self { next, buffer: Shown::Object(buffer), loan: None, part: None })
    }

    #[getter]
    fn Next(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        Self::look(slf, "Next")?;
        Ok(slf.borrow().next.clone_ref(slf.py()))
    }

    #[setter]
    fn set_Next(slf: &Bound<'_, Self>, next: Py<PyAny>) {
        let before = std::mem::replace(&mut slf.borrow_mut().next, next);
        drop(before);
    }

    #[getter]
    fn Buffer(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        Self::look(slf, "Buffer")?;
        let bytes = match &slf.borrow().buffer {
            Shown::Object(buffer) => return Ok(buffer.clone_ref(py)),
            Shown::Bytes(bytes) => bytes.clone_ref(py),
        };
        let made = Buf::of(bytes.bind(py))?.unbind();
        Self::set_Buffer(slf, made.clone_ref(py));
        Ok(made)
    }

    #[setter]
    fn set_Buffer(slf: &Bound<'_, Self>, buffer: Py<PyAny>) {
        let before = std::mem::replace(&mut slf.borrow_mut().buffer, Shown::Object(buffer));
        drop(before);
    }

    #[getter]
    fn _part(&self, py: Python<'_>) -> Option<Py<Part>> {
        self.part.as_ref().map(|part| part.clone_ref(py))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let py = slf.py();
        let (next, buffer) = (Self::Next(slf)?, Self::Buffer(slf)?);
        let name = slf.as_any().get_type().qualname()?;
        Ok(format!("{name}(Next={}, Buffer={})", next.bind(py).repr()?, buffer.bind(py).repr()?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.next)?;
        if let Shown::Object(buffer) = &self.buffer {
            visit.call(buffer)?;
        }
        if let Some(loan) = &self.loan {
            visit.call(loan)?;
        }
        self.part.as_ref().map_or(Ok(()), |part| visit.call(part))
    }

    fn __clear__(&mut self) {
        let none = Python::attach(|py| py.None());
        let before = (std::mem::replace(&mut self.next, none), self.loan.take(), self.part.take());
        drop(before);
    }
}
