//! Remote end: a remote application's end of one connection, for `wsksim.network`.

use crate::core::status::NtStatus;
use crate::py::values::arguments::{copied, in_hex, room};
use crate::py::wsk::addresses::shown_address;
use crate::py::wsk::remotes::Remotes;
use crate::py::wsk::values::Status;
use crate::wsk::Turn;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt};
use pyo3::{PyTraverseError, gc::PyVisit};

/// A remote application's end of one connection.
///
/// Attributes:
///     remotes: the network's remote ends.
///     id: the end's number there.
///     status: NTSTATUS of its connect: STATUS_SUCCESS, or STATUS_PENDING where it was not answered at once.
#[pyclass(frozen, weakref, module = "wsksim.network")]
pub(crate) struct RemoteEnd {
    pub(crate) remotes: Py<Remotes>,
    #[pyo3(get)]
    pub(crate) id: u64,
    pub(crate) status: NtStatus,
}

impl RemoteEnd {
    fn turn<T>(&self, py: Python<'_>, act: impl FnOnce(&mut Turn<'_>, u64) -> T) -> PyResult<T> {
        self.remotes.get().turn(py, |turn| act(turn, self.id))
    }
}

#[pymethods]
impl RemoteEnd {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("remotes", "id", "status")
    }

    #[new]
    #[pyo3(signature = (remotes, id, status = 0))]
    fn new(remotes: Py<Remotes>, id: u64, status: u32) -> Self {
        Self { remotes, id, status: NtStatus::from_bits(status) }
    }

    #[getter]
    fn remotes(&self, py: Python<'_>) -> Py<Remotes> {
        self.remotes.clone_ref(py)
    }

    #[getter]
    fn status(&self) -> Status {
        Status(self.status)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let words = py.import("wsksim.wsk.words.status")?.getattr("shown_status")?;
        let status = words.call1((Status(self.status),))?;
        Ok(format!("<RemoteEnd {} {}, connected with {status}>", self.id, self.state(py)?))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            self.remotes.is(&other.remotes) && (self.id, self.status) == (other.id, other.status)
        })
    }

    fn __hash__(&self) -> u64 {
        self.id
    }

    /// `connecting`, `refused`, `open`, `finished`, `aborted`, `vanished` or `closed`.
    #[getter]
    fn state(&self, py: Python<'_>) -> PyResult<&'static str> {
        self.turn(py, |turn, id| turn.remote_state(id).map_or("closed", |state| state.name()))
    }

    /// Whether the peer finished, and whether it aborted, as this end saw it.
    #[getter]
    fn seen(&self, py: Python<'_>) -> PyResult<(bool, bool)> {
        self.turn(py, |turn, id| turn.remote_seen(id))
    }

    /// This end's own address.
    #[getter]
    fn address<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let found = self.turn(py, |turn, id| turn.remote_addresses(id))?;
        found.map(|(own, _)| shown_address(py, own)).transpose()
    }

    /// The address at the other side.
    #[getter]
    fn peer_address<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let found = self.turn(py, |turn, id| turn.remote_addresses(id))?;
        found.map(|(_, peer)| shown_address(py, peer)).transpose()
    }

    /// Sends bytes, which wait here while the peer's window is full; returns an NTSTATUS.
    ///
    /// Raises:
    ///     TypeError: `data` is no bytes-like object.
    fn send(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Status> {
        let data = bytes_of("send", data)?;
        self.turn(py, |turn, id| turn.remote_send(id, data)).map(Status)
    }

    /// Takes what has arrived, at most `limit` bytes.
    ///
    /// Returns:
    ///     The bytes. None: nothing is there yet. No bytes: the end; the peer finished or aborted, see `seen`, or this
    ///     end is closed. So do Python's files that do not block.
    ///
    /// Raises:
    ///     TypeError, ValueError: `limit` is no such number.
    #[pyo3(signature = (limit = None))]
    fn read<'py>(
        &self,
        py: Python<'py>,
        limit: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let limit = limit.map(limit_of).transpose()?;
        let (read, over) = self.turn(py, |turn, id| {
            let read = turn.remote_read(id, limit.unwrap_or(usize::MAX));
            let over = !read.is_empty() || limit == Some(0) || turn.remote_ended(id);
            (read, over)
        })?;
        Ok(over.then(|| PyBytes::new(py, &read)))
    }

    /// Lets the window fill, so that the peer's sends wait; `read` still reads.
    fn stop_reading(&self, py: Python<'_>) -> PyResult<()> {
        self.turn(py, |turn, id| turn.remote_set_reading(id, false))
    }

    /// Reads by itself again.
    fn resume_reading(&self, py: Python<'_>) -> PyResult<()> {
        self.turn(py, |turn, id| turn.remote_set_reading(id, true))
    }

    /// Finishes this half in order; returns an NTSTATUS.
    fn disconnect(&self, py: Python<'_>) -> PyResult<Status> {
        self.turn(py, |turn, id| turn.remote_disconnect(id)).map(Status)
    }

    /// Tears the connection down, or drops a request that is still `connecting`; returns an NTSTATUS.
    fn abort(&self, py: Python<'_>) -> PyResult<Status> {
        self.turn(py, |turn, id| turn.remote_abort(id)).map(Status)
    }

    /// Goes silent: nothing more is sent, read or answered; a request that is `connecting` is never established.
    fn vanish(&self, py: Python<'_>) -> PyResult<()> {
        self.turn(py, |turn, id| turn.remote_vanish(id))
    }

    /// Closes it as ordinary programs do (`closesocket`): what was sent still goes out, then its half ends.
    ///
    /// Data that arrives at it later is answered with a reset. If something that arrived was not read, the close itself
    /// resets the connection. For a close that always resets, call `abort` before.
    ///
    /// Rules: U-47.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.turn(py, |turn, id| turn.remote_close(id))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.remotes)
    }
}

/// A limit in bytes.
fn limit_of(limit: &Bound<'_, PyAny>) -> PyResult<usize> {
    if !limit.is_instance_of::<PyInt>() || limit.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err(format!(
            "read: asked for an int as limit; found {}; pass a number of bytes",
            limit.get_type().name()?
        )));
    }
    if limit.lt(0)? {
        return Err(PyValueError::new_err(format!(
            "read: asked for {} bytes; a limit is 0 or more; leave it out to take all",
            in_hex(limit)
        )));
    }
    // No more than any machine's memory can lie there.
    Ok(limit.extract().unwrap_or(usize::MAX))
}

/// A copy of what a bytes-like object holds.
pub(crate) fn bytes_of(caller: &str, data: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return copied(caller, bytes.as_bytes());
    }
    let py = data.py();
    let view = py.import("wsksim.wsk.words.arguments")?.getattr("byte_view")?;
    let view = PyBuffer::<u8>::get(&view.call1((caller, "data", data))?)?;
    let mut bytes = room(caller, view.item_count())?;
    bytes.resize(view.item_count(), 0);
    view.copy_to_slice(py, &mut bytes)?;
    Ok(bytes)
}
