//! Machine values: addresses, completions and errands between Rust and Python.

use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::wsk::{Call, Completion, Fetched, Npi, Reply};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};

/// An address as Python writes it: family, host bytes, port.
pub(crate) type PyAddress = (u16, PyBackedBytes, u16);

/// An address; `None` for NULL, an unknown family, or a host of the wrong length.
pub(crate) fn address(given: Option<&PyAddress>) -> Option<Address> {
    given.and_then(|(family, host, port)| Address::new(*family, host, *port))
}

/// An address that has to be one.
pub(crate) fn whole_address(asked: &str, given: &PyAddress) -> PyResult<Address> {
    address(Some(given)).ok_or_else(|| {
        PyValueError::new_err(format!(
            "{asked}: asked for an address of family {} with {} host bytes; give (2, 4 bytes, port) \
             or (23, 16 bytes, port)",
            given.0,
            given.1.len()
        ))
    })
}

pub(crate) fn npi(number: u32) -> PyResult<Npi> {
    match number {
        0 => Ok(Npi::Null),
        1 => Ok(Npi::Wsk),
        2 => Ok(Npi::Other),
        other => Err(PyValueError::new_err(format!(
            "npi: asked for {other}; give 0 (NULL), 1 (NPI_WSK_INTERFACE_ID) or 2 (another GUID)"
        ))),
    }
}

pub(crate) fn shown_address<'py>(
    py: Python<'py>,
    address: Address,
) -> (u16, Bound<'py, PyBytes>, u16) {
    (address.family(), PyBytes::new(py, address.host()), address.port())
}

/// (irp, status, information, socket, data, local, remote, token)
pub(crate) fn completion<'py>(py: Python<'py>, done: Completion) -> PyResult<Bound<'py, PyTuple>> {
    (
        done.irp,
        done.status.bits(),
        done.information,
        done.socket,
        done.data.map(|data| PyBytes::new(py, &data)),
        done.local.map(|local| shown_address(py, local)),
        done.remote.map(|remote| shown_address(py, remote)),
        done.token,
    )
        .into_pyobject(py)
}

/// What a function answered: status, completions, breach.
pub(crate) type Answer<'py> = (u32, Vec<Bound<'py, PyTuple>>, Option<&'static str>);

pub(crate) fn answer(py: Python<'_>, reply: Reply) -> PyResult<Answer<'_>> {
    let completions = reply.completions.into_iter().map(|done| completion(py, done));
    Ok((reply.status.bits(), completions.collect::<PyResult<_>>()?, reply.breach))
}

/// The tuple of an errand.
pub(crate) fn errand<'py>(py: Python<'py>, fetched: Fetched) -> PyResult<Bound<'py, PyTuple>> {
    let Fetched { token, irql, socket, flags, call } = fetched;
    let irql = irql as u32;
    let bytes = |data: Vec<u8>| PyBytes::new(py, &data);
    match call {
        Call::Complete(done) => ("complete", token, irql, completion(py, *done)?).into_pyobject(py),
        Call::Receive { list, segments } => {
            let segments: Option<Vec<_>> = segments.map(|s| s.into_iter().map(bytes).collect());
            ("receive", token, irql, socket, flags, list, segments).into_pyobject(py)
        }
        Call::ReceiveFrom { list, datagrams } => {
            let datagrams: Option<Vec<_>> = datagrams.map(|datagrams| {
                let one = |(data, from)| (bytes(data), shown_address(py, from));
                datagrams.into_iter().map(one).collect()
            });
            ("receive_from", token, irql, socket, flags, list, datagrams).into_pyobject(py)
        }
        Call::Accept { accepted } => {
            let (local, remote, id) = match accepted {
                Some((local, remote, id)) => {
                    (Some(shown_address(py, local)), Some(shown_address(py, remote)), id)
                }
                None => (None, None, 0),
            };
            ("accept", token, irql, socket, flags, local, remote, id).into_pyobject(py)
        }
        Call::Inspect { request } => {
            let (local, remote, id) = match request {
                Some((local, remote, id)) => {
                    (Some(shown_address(py, local)), Some(shown_address(py, remote)), Some(id))
                }
                None => (None, None, None),
            };
            ("inspect", token, irql, socket, local, remote, id).into_pyobject(py)
        }
        Call::Abort { id } => ("abort", token, irql, socket, id).into_pyobject(py),
        Call::SendBacklog { size } => ("send_backlog", token, irql, socket, size).into_pyobject(py),
    }
}

/// A status of the application's, signed or unsigned.
pub(crate) fn status(value: i64) -> PyResult<NtStatus> {
    let bits =
        u32::try_from(value).ok().or_else(|| i32::try_from(value).ok().map(i32::cast_unsigned));
    bits.map(NtStatus::from_bits)
        .ok_or_else(|| PyTypeError::new_err(format!("status: asked for {value}; give 32 bits")))
}
