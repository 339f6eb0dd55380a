//! Owners: whose a socket is that is an argument.

use crate::py::wsk::provider::Provider;
use crate::py::wsk::socket::Socket;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// A socket as an argument: it belongs to a provider.
pub(crate) fn given<'a, 'py>(
    name: &str,
    socket: &'a Bound<'py, PyAny>,
) -> PyResult<(&'a Bound<'py, Socket>, &'a Bound<'py, Provider>)> {
    if let Ok(found) = socket.cast::<Socket>()
        && let Some(provider) = Socket::owner(found)
    {
        return Ok((found, provider));
    }
    Err(stranger(name, socket))
}

#[cold]
fn stranger(name: &str, socket: &Bound<'_, PyAny>) -> PyErr {
    let asked = format!("{name}: asked for a WSK_SOCKET as Socket; found ");
    if socket.is_none() {
        let advice = "None; pass IoStatus.Information of a request that succeeded";
        return PyTypeError::new_err(format!("{asked}{advice}"));
    }
    let kind = socket.get_type().name().map_or_else(|_| "another".to_owned(), |n| n.to_string());
    PyTypeError::new_err(format!("{asked}{kind}; pass IoStatus.Information"))
}

/// The provider of a socket.
///
/// Raises:
///     TypeError: it is no WSK_SOCKET of a provider.
#[pyfunction]
pub(crate) fn _owner_of<'py>(
    name: &str,
    socket: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, Provider>> {
    given(name, socket).map(|(_, provider)| provider.clone())
}
