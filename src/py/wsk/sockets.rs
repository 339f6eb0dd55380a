//! Sockets: the functions that a socket has.

use crate::provider::{Buffer, Handover, control_information, function};
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments::copied;
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::arguments::Arguments;
use crate::py::wsk::call::Call;
use crate::py::wsk::clients::{ClientFunctions, with_table};
use crate::py::wsk::deliver::Deliver;
use crate::py::wsk::lending::Part;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::socket::Socket;
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
        socket: &Bound<'py, Socket>,
        local: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::BIND;
        let mut arguments = Arguments::of(function);
        let local = arguments.address(local)?;
        let flags = arguments.ulong("Flags", flags)?;
        let call = Call {
            base: base(slf),
            socket,
            function,
            irp,
            deliver: Deliver::Nothing,
            buffer: None,
        };
        call.request(arguments, |turn, id, irp| turn.bind(id, local, flags, irp))
    }

    /// WskListen.
    fn listen<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::LISTEN;
        let call = Call {
            base: base(slf),
            socket,
            function,
            irp,
            deliver: Deliver::Nothing,
            buffer: None,
        };
        call.request(Arguments::of(function), |turn, id, irp| turn.listen(id, irp))
    }

    /// WskConnect, or with `first` bytes, if any, WskConnectEx.
    fn connect<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
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
        let call =
            Call { base: base(slf), socket, function, irp, deliver: Deliver::Nothing, buffer };
        arguments.peer = remote;
        call.request(arguments, |turn, id, irp| turn.connect(id, remote, flags, first, irp))
    }

    /// WskAccept; `local` and `remote`: the families of the addresses that are to be filled, None for NULL.
    fn accept<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
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
        let call = Call {
            base: base(slf),
            socket,
            function,
            irp,
            deliver: Deliver::python(deliver),
            buffer: None,
        };
        with_table(base(slf), arguments.refused.is_some(), supplied.get(), |table, taken| {
            call.request(arguments, |turn, id, irp| {
                let reply = turn.accept(id, flags, table, irp);
                *taken = reply.outcome.is_success();
                reply
            })
        })
    }

    /// WskInspectComplete.
    fn inspect_complete<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
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
        let call = Call {
            base: base(slf),
            socket,
            function,
            irp,
            deliver: Deliver::Nothing,
            buffer: None,
        };
        call.request(arguments, |turn, id, irp| turn.inspect_complete(id, request, action, irp))
    }

    /// WskGetLocalAddress; `place`: the family of the address that is to be filled, None for NULL.
    fn get_local_address<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
        place: Option<u16>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::GET_LOCAL_ADDRESS;
        let mut arguments = Arguments::of(function);
        arguments.place(socket, place, true)?;
        let call = Call {
            base: base(slf),
            socket,
            function,
            irp,
            deliver: Deliver::python(deliver),
            buffer: None,
        };
        call.request(arguments, |turn, id, irp| turn.get_local_address(id, irp))
    }

    /// WskGetRemoteAddress, likewise.
    fn get_remote_address<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
        place: Option<u16>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let function = &function::GET_REMOTE_ADDRESS;
        let mut arguments = Arguments::of(function);
        arguments.place(socket, place, true)?;
        let call = Call {
            base: base(slf),
            socket,
            function,
            irp,
            deliver: Deliver::python(deliver),
            buffer: None,
        };
        call.request(arguments, |turn, id, irp| turn.get_remote_address(id, irp))
    }

    /// WskSendEx; `control`: ControlInfoLength, and whether there is any.
    fn send_ex<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
        data: &Bound<'py, PyAny>,
        buffer: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
        control: (Bound<'py, PyAny>, bool),
    ) -> PyResult<Status> {
        let function = &function::SEND_EX;
        let mut arguments = Arguments::of(function);
        let length = arguments.ulong("ControlInfoLength", &control.0)?;
        if let Some(refusal) = control_information(length, control.1) {
            arguments.refuse(refusal);
        }
        let data = arguments.bytes(data)?;
        let data = arguments.required(data).unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        let buffer = Some(buffer);
        let call =
            Call { base: base(slf), socket, function, irp, deliver: Deliver::Nothing, buffer };
        call.request(arguments, |turn, id, irp| turn.send(id, data, flags, irp))
    }

    /// WskReceiveEx of `length` bytes, which `deliver` writes; `control` as in `send_ex`.
    fn receive_ex<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
        length: &Bound<'py, PyAny>,
        buffer: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
        control: (Bound<'py, PyAny>, bool),
    ) -> PyResult<Status> {
        let function = &function::RECEIVE_EX;
        let mut arguments = Arguments::of(function);
        let room = arguments.ulong("ControlInfoLength", &control.0)?;
        if let Some(refusal) = control_information(room, control.1) {
            arguments.refuse(refusal);
        }
        let length: usize = arguments.made(length)?.unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        let (deliver, buffer) = (Deliver::python(deliver), Some(buffer));
        let call = Call { base: base(slf), socket, function, irp, deliver, buffer };
        call.request(arguments, |turn, id, irp| turn.receive(id, length, flags, irp))
    }

    /// WskRelease of the items that are chained to the first; None for one that no callback was shown.
    fn release<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
        chain: Option<Vec<Option<Bound<'py, Part>>>>,
    ) -> PyResult<Status> {
        let base = base(slf);
        let id = socket.get().id;
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
        socket: &Bound<'py, Socket>,
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
        let call =
            Call { base: base(slf), socket, function, irp, deliver: Deliver::Nothing, buffer };
        call.request(arguments, |turn, id, irp| turn.send_to(id, messages, remote, flags, irp))
    }

    /// WskReceiveFrom of at most `length` bytes, which `deliver` writes.
    fn receive_from<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
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
        let (deliver, buffer) = (Deliver::python(deliver), Some(buffer));
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
