//! Sockets: the functions that a socket has.

use crate::core::status::NtStatus;
use crate::provider::{Buffer, Handover, control_information, function};
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments::copied;
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::arguments::Arguments;
use crate::py::wsk::call::{Call, number_of};
use crate::py::wsk::clients::{ClientFunctions, with_table};
use crate::py::wsk::lending::Part;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::stopping::ended;
use crate::py::wsk::supplied::{Refused, Supplied};
use crate::py::wsk::values::Status;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// The functions of sockets, and with its bases all of one provider's.
#[pyclass(frozen, extends = ClientFunctions, subclass, module = "wsksim._native")]
pub(crate) struct SocketFunctions;

impl SocketFunctions {
    pub(crate) fn of(subsystem: Py<Subsystem>) -> PyClassInitializer<Self> {
        ClientFunctions::of(subsystem).add_subclass(Self)
    }
}

#[pymethods]
#[allow(clippy::too_many_arguments, reason = "the parameters of the WSK functions")]
impl SocketFunctions {
    #[new]
    fn new(subsystem: Py<Subsystem>) -> PyClassInitializer<Self> {
        Self::of(subsystem)
    }

    /// WskBind.
    fn bind<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        local: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::BIND;
        let mut arguments = Arguments::of(function);
        let local = arguments.address(local)?;
        let flags = arguments.ulong("Flags", flags)?;
        let call = Call { base: base(slf), socket, function, irp, deliver: None, buffer: None };
        call.request(arguments, |turn, id, irp| turn.bind(id, local, flags, irp))
    }

    /// WskListen.
    fn listen<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::LISTEN;
        let call = Call { base: base(slf), socket, function, irp, deliver: None, buffer: None };
        call.request(Arguments::of(function), |turn, id, irp| turn.listen(id, irp))
    }

    /// WskConnect, or with `first` bytes, if any, WskConnectEx.
    fn connect<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        remote: &Bound<'py, PyAny>,
        first: Option<&Bound<'py, PyAny>>,
        buffer: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
        ex: bool,
    ) -> PyResult<Status> {
        let function = if ex { &function::CONNECT_EX } else { &function::CONNECT };
        let mut arguments = Arguments::of(function);
        let remote = arguments.address(remote)?;
        let first = first.map(|first| arguments.bytes(first)).transpose()?.flatten();
        let flags = arguments.ulong("Flags", flags)?;
        let buffer = Some(buffer);
        let call = Call { base: base(slf), socket, function, irp, deliver: None, buffer };
        arguments.peer = remote;
        call.request(arguments, |turn, id, irp| turn.connect(id, remote, flags, first, irp))
    }

    /// WskAccept; `local` and `remote`: the families of the addresses that are to be filled, None for NULL.
    fn accept<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        supplied: &Bound<'py, Supplied>,
        local: Option<u16>,
        remote: Option<u16>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::ACCEPT;
        let mut arguments = Arguments::of(function);
        arguments.handover(Handover::Accept, supplied);
        arguments.place(socket, local, false)?;
        arguments.place(socket, remote, false)?;
        let flags = arguments.ulong("Flags", flags)?;
        let call =
            Call { base: base(slf), socket, function, irp, deliver: Some(deliver), buffer: None };
        with_table(base(slf), arguments.refused.is_some(), supplied, |table, taken| {
            call.request(arguments, |turn, id, irp| {
                let reply = turn.accept(id, flags, table, irp);
                *taken = reply.outcome.is_success();
                reply
            })
        })
    }

    /// What WskAcceptEvent wrote for the socket that it was shown (L-7); whether its table belongs there.
    fn accept_written<'py>(
        slf: &Bound<'py, Self>,
        accepted: u64,
        supplied: &Bound<'py, Supplied>,
    ) -> PyResult<bool> {
        let (base, kind) = (base(slf), &supplied.get().kind);
        let mut belongs = false;
        with_table(base, false, supplied, |table, taken| {
            let written = base
                .get()
                .with_door(slf.py(), |door| door.accept_written(accepted, kind, table))?;
            belongs = written.is_some();
            *taken = written == Some(true);
            Ok(Status(NtStatus::SUCCESS))
        })
        .map(|_| belongs)
    }

    /// WskInspectComplete.
    fn inspect_complete<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        request: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
        action: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::INSPECT_COMPLETE;
        let mut arguments = Arguments::of(function);
        let action = arguments.ulong("Action", action)?;
        let request = match request {
            Some((key, serial)) => {
                (arguments.size_t("Key", &key)?, arguments.ulong("SerialNumber", &serial)?)
            }
            None => arguments.required(None).unwrap_or_default(),
        };
        let call = Call { base: base(slf), socket, function, irp, deliver: None, buffer: None };
        call.request(arguments, |turn, id, irp| turn.inspect_complete(id, request, action, irp))
    }

    /// WskDisconnect.
    fn disconnect<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        buffer: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::DISCONNECT;
        let mut arguments = Arguments::of(function);
        let data = arguments.bytes(data)?;
        let flags = arguments.ulong("Flags", flags)?;
        let buffer = Some(buffer);
        let call = Call { base: base(slf), socket, function, irp, deliver: None, buffer };
        call.request(arguments, |turn, id, irp| turn.disconnect(id, data, flags, irp))
    }

    /// WskCloseSocket.
    fn close<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::CLOSE_SOCKET;
        let call =
            Call { base: base(slf), socket, function, irp, deliver: Some(deliver), buffer: None };
        call.made(|door, app, asked| door.close_socket(app, asked))
    }

    /// WskGetLocalAddress; `place`: the family of the address that is to be filled, None for NULL.
    fn get_local_address<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        place: Option<u16>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::GET_LOCAL_ADDRESS;
        let mut arguments = Arguments::of(function);
        arguments.place(socket, place, true)?;
        let call =
            Call { base: base(slf), socket, function, irp, deliver: Some(deliver), buffer: None };
        call.request(arguments, |turn, id, irp| turn.get_local_address(id, irp))
    }

    /// WskGetRemoteAddress, likewise.
    fn get_remote_address<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        place: Option<u16>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::GET_REMOTE_ADDRESS;
        let mut arguments = Arguments::of(function);
        arguments.place(socket, place, true)?;
        let call =
            Call { base: base(slf), socket, function, irp, deliver: Some(deliver), buffer: None };
        call.request(arguments, |turn, id, irp| turn.get_remote_address(id, irp))
    }

    /// WskSend, or WskSendEx.
    #[pyo3(signature = (socket, data, buffer, flags, irp, control = None))]
    fn send<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        buffer: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
        control: Option<(Bound<'py, PyAny>, bool)>,
    ) -> PyResult<Status> {
        let function = if control.is_some() { &function::SEND_EX } else { &function::SEND };
        let mut arguments = Arguments::of(function);
        if let Some((length, given)) = control {
            let length = arguments.ulong("ControlInfoLength", &length)?;
            if let Some(refusal) = control_information(length, given) {
                arguments.refuse(refusal);
            }
        }
        let data = arguments.bytes(data)?;
        let data = arguments.required(data).unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        let buffer = Some(buffer);
        let call = Call { base: base(slf), socket, function, irp, deliver: None, buffer };
        call.request(arguments, |turn, id, irp| turn.send(id, data, flags, irp))
    }

    /// WskReceive, or WskReceiveEx, of `length` bytes, which `deliver` writes.
    #[pyo3(signature = (socket, length, buffer, flags, deliver, irp, control = None))]
    fn receive<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        length: &Bound<'py, PyAny>,
        buffer: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
        control: Option<(Bound<'py, PyAny>, bool)>,
    ) -> PyResult<Status> {
        let function = if control.is_some() { &function::RECEIVE_EX } else { &function::RECEIVE };
        let mut arguments = Arguments::of(function);
        if let Some((length, given)) = control {
            let length = arguments.ulong("ControlInfoLength", &length)?;
            if let Some(refusal) = control_information(length, given) {
                arguments.refuse(refusal);
            }
        }
        let length: usize = arguments.made(length)?.unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        let (deliver, buffer) = (Some(deliver), Some(buffer));
        let call = Call { base: base(slf), socket, function, irp, deliver, buffer };
        call.request(arguments, |turn, id, irp| turn.receive(id, length, flags, irp))
    }

    /// WskRelease of the items that are chained to the first; None for one that no callback was shown.
    fn release<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        chain: Option<Vec<Option<Bound<'py, Part>>>>,
    ) -> PyResult<Status> {
        let base = base(slf);
        let id = number_of(socket)?;
        let part = |part: Option<Bound<'py, Part>>| {
            part.map_or_else(Default::default, |part| part.get().of(socket, id))
        };
        let chain = chain.map(|chain| chain.into_iter().map(part).collect::<Vec<_>>());
        let mut app = PythonApplication::new(slf.py(), Some(base)).about(socket);
        let status =
            base.get().with_door(slf.py(), |door| door.release(&mut app, id, chain.as_deref()))?;
        ended(status).map(Status)
    }

    /// WskSendTo, or WskSendMessages of several.
    fn send_to<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        messages: &Bound<'py, PyAny>,
        buffer: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        remote: &Bound<'py, PyAny>,
        control_length: &Bound<'py, PyAny>,
        has_control: bool,
        irp: &Bound<'py, PyAny>,
        several: bool,
    ) -> PyResult<Status> {
        let function = if several { &function::SEND_MESSAGES } else { &function::SEND_TO };
        let mut arguments = Arguments::of(function);
        let messages: Option<Vec<PyBackedBytes>> = arguments.made(messages)?;
        let messages = arguments.required(messages).unwrap_or_default();
        let messages = messages.iter().map(|message| copied(function.name, message));
        let messages = messages.collect::<PyResult<_>>()?;
        let remote = arguments.address(remote)?;
        let flags = arguments.ulong("Flags", flags)?;
        let control = arguments.ulong("ControlInfoLength", control_length)?;
        if let Some(refusal) = control_information(control, has_control) {
            arguments.refuse(refusal);
        }
        let buffer = Some(buffer);
        let call = Call { base: base(slf), socket, function, irp, deliver: None, buffer };
        call.request(arguments, |turn, id, irp| turn.send_to(id, messages, remote, flags, irp))
    }

    /// WskReceiveFrom of at most `length` bytes, which `deliver` writes.
    fn receive_from<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        length: &Bound<'py, PyAny>,
        buffer: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        place: Option<u16>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::RECEIVE_FROM;
        let mut arguments = Arguments::of(function);
        let length: usize = arguments.made(length)?.unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        arguments.place(socket, place, false)?;
        let (deliver, buffer) = (Some(deliver), Some(buffer));
        let call = Call { base: base(slf), socket, function, irp, deliver, buffer };
        call.request(arguments, |turn, id, irp| turn.receive_from(id, length, flags, irp))
    }
}

/// The provider that the functions are of.
pub(crate) fn base<'a, 'py>(slf: &'a Bound<'py, SocketFunctions>) -> &'a Bound<'py, Provider> {
    slf.as_super().as_super()
}

/// Why a function cannot be given a WSK_BUF (U-48); `memory`: None if its MDLs have no end.
#[pyfunction]
#[pyo3(signature = (name, offset, length, memory, freed))]
pub(crate) fn _beyond(
    name: &str,
    offset: u64,
    length: u64,
    memory: Option<u64>,
    freed: bool,
) -> Option<Refused> {
    Buffer { offset, length, memory, freed }.refusal(name).map(Refused)
}
