//! Memory: what a WSK_BUF cuts out of its MDLs. One plain MDL is looked at here, anything else by
//! `wsksim.wsk.functions.requests`.

use crate::py::values::bytes::copied;
use crate::py::values::once::{self, Once};
use crate::py::wsk::supplied::Refused;
use pyo3::buffer::PyBuffer;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyType};

static BUFFER: Once<Py<PyType>> = Once::new();
static MDL: Once<Py<PyType>> = Once::new();

/// What a buffer argument is.
pub(crate) enum Given<T> {
    /// NULL.
    Null,
    Refused(Refused),
    Here(T),
}

/// The memory of the only MDL, with Offset and Length, if nothing about it is unusual.
fn plain(buffer: &Bound<'_, PyAny>) -> PyResult<Option<(PyBuffer<u8>, usize, usize)>> {
    let py = buffer.py();
    let class = once::class(py, &BUFFER, "wsksim.wsk.structures.buffers", "WSK_BUF")?;
    if !buffer.get_type().is(class) {
        return Ok(None);
    }
    let mdl = buffer.getattr(intern!(py, "Mdl"))?;
    let class = once::class(py, &MDL, "wsksim.wsk.structures.mdl", "MDL")?;
    if !mdl.get_type().is(class) || !mdl.getattr(intern!(py, "Next"))?.is_none() {
        return Ok(None);
    }
    let offset = buffer.getattr(intern!(py, "Offset"))?;
    let length = buffer.getattr(intern!(py, "Length"))?;
    if !offset.is_exact_instance_of::<PyInt>() || !length.is_exact_instance_of::<PyInt>() {
        return Ok(None);
    }
    let (Ok(offset), Ok(length)) = (offset.extract::<u32>(), length.extract::<usize>()) else {
        return Ok(None);
    };
    let view = PyBuffer::<u8>::get(&mdl.getattr(intern!(py, "_view"))?)?;
    Ok(Some((view, offset as usize, length)))
}

/// The bytes that a buffer holds.
///
/// # Errors
///
/// TypeError if it is no WSK_BUF.
pub(crate) fn payload(name: &str, buffer: &Bound<'_, PyAny>) -> PyResult<Given<Vec<u8>>> {
    let py = buffer.py();
    if buffer.is_none() {
        return Ok(Given::Null);
    }
    if let Some((view, offset, length)) = plain(buffer)?
        && let Some(bytes) = copied(py, &view, offset, length)
    {
        return Ok(Given::Here(bytes));
    }
    let requests = py.import("wsksim.wsk.functions.requests")?;
    let found = requests.getattr("payload")?.call1((name, buffer))?;
    if let Ok(refused) = found.cast::<Refused>() {
        return Ok(Given::Refused(refused.get().clone()));
    }
    if found.is_none() {
        return Ok(Given::Null);
    }
    Ok(Given::Here(found.cast::<PyBytes>()?.as_bytes().to_vec()))
}

/// How many bytes a buffer has room for, and where.
///
/// # Errors
///
/// TypeError if it is no WSK_BUF.
pub(crate) fn target(
    name: &str,
    buffer: &Bound<'_, PyAny>,
) -> PyResult<Given<(usize, Vec<PyBuffer<u8>>)>> {
    let requests = buffer.py().import("wsksim.wsk.functions.requests")?;
    let (length, pieces): (Bound<'_, PyAny>, Vec<Bound<'_, PyAny>>) =
        requests.getattr("target")?.call1((name, buffer))?.extract()?;
    if let Ok(refused) = length.cast::<Refused>() {
        return Ok(Given::Refused(refused.get().clone()));
    }
    let pieces = pieces.iter().map(PyBuffer::get).collect::<PyResult<Vec<_>>>()?;
    Ok(Given::Here((length.extract()?, pieces)))
}
