//! Buffers: the members of MDL and WSK_BUF, whose words are in `wsksim.wsk.structures`.

use crate::py::values::bytes::copied;
use crate::py::values::once::{self, Once};
use crate::py::wsk::members::Given;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyMemoryView, PyTuple, PyType};
use pyo3::{IntoPyObjectExt, PyTraverseError, gc::PyVisit};

/// The base of `wsksim.wsk.MDL`.
#[pyclass(subclass, module = "wsksim._native")]
pub(crate) struct Mdl {
    #[pyo3(get, set, name = "_view")]
    view: Py<PyAny>,
    #[pyo3(get, set, name = "Next")]
    next: Py<PyAny>,
    /// Whom a request was made to that waits with it, or waited.
    #[pyo3(get, set, name = "_user")]
    user: Py<PyAny>,
    /// Where it was given to IoFreeMdl; empty if that is no line of the application's.
    #[pyo3(get, set, name = "_freed")]
    freed: Py<PyAny>,
}

#[pymethods]
#[allow(non_snake_case, reason = "Microsoft's names")]
impl Mdl {
    #[new]
    #[pyo3(signature = (buffer, Next = None))]
    fn new(buffer: &Bound<'_, PyAny>, Next: Option<Bound<'_, PyAny>>) -> PyResult<Self> {
        let py = buffer.py();
        let view = if buffer.is_exact_instance_of::<PyBytes>() {
            PyMemoryView::from(buffer)?.into_any()
        } else {
            let view = py.import("wsksim.wsk.words.arguments")?.getattr("byte_view")?;
            view.call1(("MDL", "buffer", buffer))?
        };
        if let Some(next) = Next.as_ref().filter(|next| !next.is_instance_of::<Self>()) {
            let found = next.get_type().name()?;
            let text = format!("MDL: asked for a MDL or None as Next; found {found}; pass one");
            return Err(PyTypeError::new_err(text));
        }
        let next = Next.map_or_else(|| py.None(), Bound::unbind);
        Ok(Self { view: view.unbind(), next, user: py.None(), freed: py.None() })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        [&self.view, &self.next, &self.user, &self.freed]
            .into_iter()
            .try_for_each(|one| visit.call(one))
    }

    fn __clear__(&mut self) {
        let none = Python::attach(|py| py.None());
        let before = std::mem::replace(&mut self.next, none);
        drop(before);
    }
}

/// The base of `wsksim.wsk.WSK_BUF`.
#[pyclass(subclass, weakref, module = "wsksim._native")]
#[allow(non_snake_case, reason = "Microsoft's names")]
pub(crate) struct Buf {
    #[pyo3(get, set, name = "Mdl")]
    mdl: Py<PyAny>,
    #[pyo3(get, set, name = "Offset")]
    offset: Py<PyAny>,
    #[pyo3(get, set, name = "Length")]
    length: Py<PyAny>,
}

static MDL: Once<Py<PyType>> = Once::new();
static BUF: Once<Py<PyType>> = Once::new();

impl Buf {
    /// The memory of the only MDL, with Offset and Length, if nothing about it is unusual.
    fn plain(slf: &Bound<'_, Self>) -> PyResult<Option<(PyBuffer<u8>, usize, usize)>> {
        let py = slf.py();
        let buffer = slf.borrow();
        let Ok(mdl) = buffer.mdl.bind(py).cast::<Mdl>() else { return Ok(None) };
        let mdl = mdl.borrow();
        let (offset, length) = (buffer.offset.bind(py), buffer.length.bind(py));
        let numbers = [offset, length].iter().all(|one| one.is_exact_instance_of::<PyInt>());
        if !numbers || !mdl.next.is_none(py) {
            return Ok(None);
        }
        let (Ok(offset), Ok(length)) = (offset.extract::<u32>(), length.extract()) else {
            return Ok(None);
        };
        Ok(Some((PyBuffer::get(mdl.view.bind(py))?, offset as usize, length)))
    }

    /// A copy of the bytes, if nothing about the buffer is unusual.
    pub(crate) fn bytes(slf: &Bound<'_, Self>) -> PyResult<Option<Vec<u8>>> {
        let Some((view, offset, length)) = Self::plain(slf)? else { return Ok(None) };
        Ok(copied(slf.py(), &view, offset, length))
    }

    /// Where a writable buffer is filled, if nothing about it is unusual.
    pub(crate) fn room(slf: &Bound<'_, Self>) -> PyResult<Option<(usize, PyBuffer<u8>)>> {
        let Some((view, offset, length)) = Self::plain(slf)? else { return Ok(None) };
        let whole = offset == 0 && length == view.len_bytes() && !view.readonly();
        Ok(whole.then_some((length, view)))
    }

    /// A WSK_BUF of bytes.
    pub(crate) fn of<'py>(bytes: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyAny>> {
        let py = bytes.py();
        let class = once::class(py, &BUF, "wsksim.wsk.structures.buffers", "WSK_BUF")?;
        class.call1((bytes, 0, bytes.as_bytes().len()))
    }

    /// A WSK_BUF of nothing.
    pub(crate) fn empty(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        once::class(py, &BUF, "wsksim.wsk.structures.buffers", "WSK_BUF")?.call0()
    }

    fn members<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let buffer = slf.borrow();
        PyTuple::new(slf.py(), [&buffer.mdl, &buffer.offset, &buffer.length])
    }
}

#[pymethods]
#[allow(non_snake_case, reason = "Microsoft's names")]
impl Buf {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("Mdl", "Offset", "Length")
    }

    #[new]
    #[pyo3(
        signature = (Mdl = None, Offset = Given(None), Length = Given(None)),
        text_signature = "(Mdl=None, Offset=0, Length=0)"
    )]
    fn new(
        py: Python<'_>,
        Mdl: Option<Bound<'_, PyAny>>,
        Offset: Given<'_>,
        Length: Given<'_>,
    ) -> PyResult<Self> {
        let number = |given: Given<'_>| match given.0 {
            Some(given) => Ok(given.unbind()),
            None => 0.into_py_any(py),
        };
        let mdl = match Mdl {
            None => py.None(),
            Some(mdl) if mdl.is_instance_of::<self::Mdl>() => mdl.unbind(),
            Some(bare) => {
                let class = once::class(py, &MDL, "wsksim.wsk.structures.mdl", "MDL")?;
                class.call1((bare,))?.unbind()
            }
        };
        Ok(Self { mdl, offset: number(Offset)?, length: number(Length)? })
    }

    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let same = slf.as_any().get_type().is(other.get_type());
        let Ok(other) = other.cast::<Self>() else { return Ok(false) };
        Ok(same && Self::members(slf)?.eq(Self::members(other)?)?)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let members = Self::members(slf)?;
        let name = slf.as_any().get_type().qualname()?;
        let [mdl, offset, length] = [0, 1, 2].map(|place| members.get_item(place)?.repr());
        Ok(format!("{name}(Mdl={}, Offset={}, Length={})", mdl?, offset?, length?))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        Ok((slf.as_any().get_type(), Self::members(slf)?))
    }

    /// A copy of the bytes.
    ///
    /// Raises:
    ///     ValueError: the MDL chain is shorter than Offset and Length say.
    ///     TypeError: a member was assigned that is of another type.
    fn tobytes<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        match Self::bytes(slf)? {
            Some(bytes) => Ok(PyBytes::new(slf.py(), &bytes).into_any()),
            None => slf.as_any().call_method0("_joined"),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        [&self.mdl, &self.offset, &self.length].into_iter().try_for_each(|one| visit.call(one))
    }

    fn __clear__(&mut self) {
        let none = Python::attach(|py| py.None());
        let before = std::mem::replace(&mut self.mdl, none);
        drop(before);
    }
}
