//! Calls: the functions of sockets that an application calls most, from their C arguments to their status.

use crate::core::status::NtStatus;
use crate::provider::function;
use crate::py::drive::host::status_of;
use crate::py::keep::findings::user_handle;
use crate::py::values::arguments::in_hex;
use crate::py::wsk::arguments::Arguments;
use crate::py::wsk::call::Call;
use crate::py::wsk::deliver::Deliver;
use crate::py::wsk::irp::Irp;
use crate::py::wsk::memory::{Given, payload, target};
use crate::py::wsk::owners::given;
use crate::py::wsk::values::Status;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt};

/// The way of a call into the provider.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Calls;

/// What a buffer holds, NULL for what does not fit.
fn held<T>(arguments: &mut Arguments, given: Given<T>) -> Option<T> {
    match given {
        Given::Here(held) => Some(held),
        Given::Null => None,
        Given::Refused(refused) => {
            arguments.refuse(refused.0);
            None
        }
    }
}

#[pymethods]
#[allow(clippy::unused_self, reason = "the calls of Python's functions are methods")]
impl Calls {
    #[new]
    const fn new() -> Self {
        Self
    }

    /// WskCloseSocket.
    fn close(&self, socket: &Bound<'_, PyAny>, irp: &Bound<'_, PyAny>) -> PyResult<Status> {
        let function = &function::CLOSE_SOCKET;
        let (socket, base) = given(function.name, socket)?;
        let deliver = Deliver::Closed(socket.clone().unbind());
        let call = Call { base, socket, function, irp, deliver, buffer: None };
        call.made(|door, app, asked| {
            if asked.irp.is_some() {
                // Findings name it by this once it is closed.
                let handle = door.turn(|turn| turn.handle(socket.get().id));
                let shared = &base.get().subsystem.get().shared;
                let handle = handle.map_or(0, |handle| user_handle(shared, handle.bits()));
                socket.get().name_by(handle);
            }
            door.close_socket(app, asked)
        })
    }

    /// WskSend.
    fn send(
        &self,
        socket: &Bound<'_, PyAny>,
        buffer: &Bound<'_, PyAny>,
        flags: &Bound<'_, PyAny>,
        irp: &Bound<'_, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::SEND;
        let (socket, base) = given(function.name, socket)?;
        let mut arguments = Arguments::of(function);
        let data = held(&mut arguments, payload(function.name, buffer)?);
        let data = arguments.required(data).unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        let (deliver, buffer) = (Deliver::Nothing, Some(buffer));
        let call = Call { base, socket, function, irp, deliver, buffer };
        call.request(arguments, |turn, id, irp| turn.send(id, data, flags, irp))
    }

    /// WskReceive.
    fn receive(
        &self,
        socket: &Bound<'_, PyAny>,
        buffer: &Bound<'_, PyAny>,
        flags: &Bound<'_, PyAny>,
        irp: &Bound<'_, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::RECEIVE;
        let (socket, base) = given(function.name, socket)?;
        let mut arguments = Arguments::of(function);
        let room = held(&mut arguments, target(function.name, buffer)?);
        let (length, pieces) = room.unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        let (deliver, buffer) = (Deliver::Pieces(pieces), Some(buffer));
        let call = Call { base, socket, function, irp, deliver, buffer };
        call.request(arguments, |turn, id, irp| turn.receive(id, length, flags, irp))
    }

    /// WskDisconnect.
    fn disconnect(
        &self,
        socket: &Bound<'_, PyAny>,
        buffer: &Bound<'_, PyAny>,
        flags: &Bound<'_, PyAny>,
        irp: &Bound<'_, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::DISCONNECT;
        let mut arguments = Arguments::of(function);
        let data = held(&mut arguments, payload(function.name, buffer)?);
        let (socket, base) = given(function.name, socket)?;
        let flags = arguments.ulong("Flags", flags)?;
        let (deliver, buffer) = (Deliver::Nothing, Some(buffer));
        let call = Call { base, socket, function, irp, deliver, buffer };
        call.request(arguments, |turn, id, irp| turn.disconnect(id, data, flags, irp))
    }

    /// IoReuseIrp.
    fn reuse(&self, irp: &Bound<'_, PyAny>, status: &Bound<'_, PyAny>) -> PyResult<()> {
        if !status.is_instance_of::<PyInt>() || status.is_instance_of::<PyBool>() {
            let asked = "IoReuseIrp: asked for an int as Iostatus";
            let kind = status.get_type().name()?;
            return Err(PyTypeError::new_err(format!("{asked}; found {kind}; pass a NTSTATUS")));
        }
        let Some(bits) = status_of(status) else {
            let shown = in_hex(status);
            return Err(PyValueError::new_err(format!(
                "IoReuseIrp: asked for a 32-bit status; found {shown}; pass STATUS_UNSUCCESSFUL"
            )));
        };
        let Ok(found) = irp.cast::<Irp>() else {
            let kind = irp.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "IoReuseIrp: asked for an IRP; found {kind}; pass wsk.IRP()"
            )));
        };
        found.get().reuse(irp.py(), NtStatus::from_bits(bits))
    }
}
