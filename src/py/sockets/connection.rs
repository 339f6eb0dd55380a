//! Connection and Remote: the two ends of one connection.

use crate::core::error::{Answer, CoreError};
use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerKind;
use crate::core::status::NtStatus;
use crate::core::subsystem::{Closing, Sight};
use crate::provider::closed_connection;
use crate::py::drive::telling::subject;
use crate::py::keep::findings::{report_caller, user_handle};
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::errors::to_py_err;
use crate::py::values::once::{self, Once};
use pyo3::prelude::*;
use pyo3::types::PyInt;
use pyo3::{PyTraverseError, gc::PyVisit};

static ANSWERS: Once<Vec<Py<PyAny>>> = Once::new();
const ANSWER_NAMES: [&str; Answer::COUNT] =
    ["QUEUED", "HELD", "STALE", "CLOSED", "REPEATED", "LIMIT"];

/// The members of `wsksim.post.Answer`, by number.
pub(crate) fn answers(py: Python<'_>) -> PyResult<&[Py<PyAny>]> {
    let made = once::kept(py, &ANSWERS, || {
        let class = py.import("wsksim.post")?.getattr("Answer")?;
        ANSWER_NAMES.iter().map(|name| Ok(class.getattr(*name)?.unbind())).collect::<PyResult<_>>()
    })?;
    Ok(made)
}

/// The status for a refusal (U-41).
pub(crate) fn refusal_status(refusal: CoreError) -> NtStatus {
    match refusal {
        CoreError::NoHandler => NtStatus::INVALID_PARAMETER,
        _ => NtStatus::FILE_FORCED_CLOSED,
    }
}

/// One established connection, seen from the application. Made by `Subsystem.connect`.
#[pyclass(frozen, weakref, module = "wsksim")]
pub(crate) struct Connection {
    subsystem: Py<Subsystem>,
    handle: SocketHandle,
}

impl Connection {
    pub(crate) fn new(subsystem: Py<Subsystem>, handle: SocketHandle) -> Self {
        Self { subsystem, handle }
    }

    /// What the application can see of the socket; nothing when it is closed.
    fn sight(&self, py: Python<'_>) -> PyResult<Option<Sight>> {
        Ok(self.subsystem.get().alive(py)?.core.look(self.handle).ok())
    }

    /// The status for what was refused; that the connection is used after its close is a finding (C-16), unless the
    /// subsystem has closed it.
    #[cold]
    fn refused(&self, py: Python<'_>, name: &str, refusal: CoreError) -> PyResult<u32> {
        let shared = self.subsystem.get().alive(py)?;
        if !matches!(refusal, CoreError::NoHandler) && !shared.core.is_shut() {
            let named = |handle| subject(shared, handle);
            let finding = closed_connection(name, self.handle, shared.serial, named);
            report_caller(py, shared, finding)?;
        }
        Ok(refusal_status(refusal).bits())
    }
}

#[pymethods]
impl Connection {
    /// The subsystem it belongs to.
    #[getter]
    fn subsystem(&self, py: Python<'_>) -> Py<Subsystem> {
        self.subsystem.clone_ref(py)
    }

    /// What every output calls it: "connection 4", or "connection 4.2" for the second one in its slot.
    #[getter]
    fn name(&self) -> String {
        subject(&self.subsystem.get().shared, self.handle).to_string()
    }

    /// Its handle: never given to another connection.
    #[getter]
    fn handle(&self) -> u128 {
        user_handle(&self.subsystem.get().shared, self.handle.bits())
    }

    /// What the application gave as SocketContext: the object, or an int for batch and native handlers.
    ///
    /// Raises:
    ///     StaleHandleError: the connection is closed, and its context no longer kept (C-14).
    #[getter]
    fn context(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let shared = self.subsystem.get().alive(py)?;
        let context = shared.core.context_of(self.handle).map_err(|r| to_py_err(py, r))?;
        match shared.core.handler_of(self.handle.index).kind() {
            HandlerKind::Native => Ok(PyInt::new(py, context).into_any().unbind()),
            HandlerKind::Batch => Ok(PyInt::new(py, context.cast_signed()).into_any().unbind()),
            HandlerKind::Single | HandlerKind::None => {
                Ok(shared.owned.get(py, self.handle.index).unwrap_or_else(|| py.None()))
            }
        }
    }

    /// The remote application at its far end.
    #[getter]
    fn remote(&self, py: Python<'_>) -> Remote {
        Remote { subsystem: self.subsystem.clone_ref(py), handle: self.handle }
    }

    /// Whether `WSK_EVENT_DISCONNECT` is enabled.
    #[getter]
    fn enabled(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.sight(py)?.is_some_and(|sight| sight.enabled))
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.sight(py)?.is_none())
    }

    /// Whether sending still works (D-13, D-14).
    #[getter]
    fn can_send(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.sight(py)?.is_some_and(|sight| sight.can_send))
    }

    /// Whether data may still arrive (D-13, D-14).
    #[getter]
    fn can_receive(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.sight(py)?.is_some_and(|sight| sight.can_receive))
    }

    /// Enables WSK_EVENT_DISCONNECT; a remembered disconnect becomes queued (D-22).
    ///
    /// Returns:
    ///     STATUS_SUCCESS, also if it was enabled; STATUS_INVALID_PARAMETER without a handler (E-11);
    ///     STATUS_FILE_FORCED_CLOSED on a closed connection, which is a finding (C-16, U-41).
    ///
    /// Rules: E-9, E-11, D-22; page so-wsk-event-callback.
    fn enable(&self, py: Python<'_>) -> PyResult<u32> {
        match self.subsystem.get().alive(py)?.core.enable(self.handle) {
            Ok(status) => Ok(status.bits()),
            Err(refusal) => self.refused(py, "enable", refusal),
        }
    }

    /// Disables WSK_EVENT_DISCONNECT; a queued disconnect becomes held (D-22). Never waits.
    ///
    /// Returns:
    ///     STATUS_SUCCESS if no call of the event runs; STATUS_EVENT_PENDING if one does, also from
    ///     inside it: none starts after this returned (E-14); STATUS_FILE_FORCED_CLOSED if closed, which is a
    ///     finding (C-16).
    ///
    /// Rules: E-13, E-14, E-19, E-32, D-22; page so-wsk-event-callback.
    fn disable(&self, py: Python<'_>) -> PyResult<u32> {
        match self.subsystem.get().alive(py)?.core.disable(self.handle) {
            Ok(status) => Ok(status.bits()),
            Err(refusal) => self.refused(py, "disable", refusal),
        }
    }

    /// Closes the socket; queued edges are withheld (D-25). Never waits.
    ///
    /// Returns:
    ///     STATUS_SUCCESS if no call runs: it is done; STATUS_PENDING if one does, also from inside it:
    ///     done when it has returned (C-15); STATUS_FILE_FORCED_CLOSED if it was closed, which is a finding
    ///     (C-16, U-41).
    ///
    /// Rules: C-13, C-14, C-15, D-25; page nc-wsk-pfn_wsk_close_socket.
    fn close(&self, py: Python<'_>) -> PyResult<u32> {
        let shared = self.subsystem.get().alive(py)?;
        match shared.core.close(self.handle) {
            Ok(closing) => {
                if closing == Closing::Done {
                    shared.bury(py, &[self.handle.index]);
                }
                Ok(closing.status().bits())
            }
            Err(refusal) => self.refused(py, "close", refusal),
        }
    }

    /// Two objects for the same connection are equal.
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            self.handle == other.handle && self.subsystem.is(&other.subsystem)
        })
    }

    fn __hash__(&self) -> u64 {
        self.handle.bits()
    }

    fn __repr__(&self) -> String {
        let state = match self.subsystem.get().shared.core.look(self.handle) {
            Ok(sight) if sight.enabled => "open, enabled",
            Ok(_) => "open, disabled",
            Err(_) => "closed",
        };
        format!("<Connection {} {state}>", self.handle)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}

/// The remote application at the far end of one connection.
#[pyclass(frozen, weakref, module = "wsksim")]
pub(crate) struct Remote {
    subsystem: Py<Subsystem>,
    handle: SocketHandle,
}

impl Remote {
    fn post(&self, py: Python<'_>, edge: Edge) -> PyResult<Py<PyAny>> {
        let answer = self.subsystem.get().alive(py)?.core.post(self.handle, edge);
        Ok(answers(py)?[answer as usize].clone_ref(py))
    }
}

#[pymethods]
impl Remote {
    /// Finishes sending: posts a graceful edge. May be called from any thread and inside callbacks.
    ///
    /// Returns:
    ///     `Answer`: QUEUED or HELD (accepted); STALE, CLOSED, REPEATED or LIMIT (refused).
    ///
    /// Rules: D-6, D-21, D-22, D-28.
    fn disconnect(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.post(py, Edge::Graceful)
    }

    /// Tears the connection down: posts an abortive edge. Otherwise as `disconnect`.
    fn abort(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.post(py, Edge::Abortive)
    }

    /// Goes away without a word: posts nothing.
    fn vanish(&self, py: Python<'_>) -> PyResult<()> {
        self.subsystem.get().alive(py).map(|_| ())
    }

    fn __repr__(&self) -> String {
        format!("<Remote of connection {}>", self.handle)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}
