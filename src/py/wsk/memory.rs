//! Memory: what a WSK_BUF cuts out of its MDLs. What is plain is looked at here, anything
//! else by `wsksim.wsk.functions.requests`.

use crate::py::values::arguments::copied;
use crate::py::wsk::buffers::Buf;
use crate::py::wsk::supplied::Refused;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// What a buffer argument is.
pub(crate) enum Given<T> {
    /// NULL.
    Null,
    Refused(Refused),
    Here(T),
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
    if let Ok(buffer) = buffer.cast::<Buf>()
        && let Some(bytes) = Buf::bytes(buffer)?
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
    Ok(Given::Here(copied(name, found.cast::<PyBytes>()?.as_bytes())?))
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
    if let Ok(buffer) = buffer.cast::<Buf>()
        && let Some((length, view)) = Buf::room(buffer)?
    {
        return Ok(Given::Here((length, vec![view])));
    }
    let requests = buffer.py().import("wsksim.wsk.functions.requests")?;
    let (length, pieces): (Bound<'_, PyAny>, Vec<Bound<'_, PyAny>>) =
        requests.getattr("target")?.call1((name, buffer))?.extract()?;
    if let Ok(refused) = length.cast::<Refused>() {
        return Ok(Given::Refused(refused.get().clone()));
    }
    let pieces = pieces.iter().map(PyBuffer::get).collect::<PyResult<Vec<_>>>()?;
    Ok(Given::Here((length.extract()?, pieces)))
}
