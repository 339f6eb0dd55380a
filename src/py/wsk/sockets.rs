//! Sockets: the functions that a socket has.

use crate::core::status::NtStatus;
use crate::provider::{Asked, Buffer, Door, Function, Part, Stopped, function};
use crate::py::sockets::subsystem::Subsystem;
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::arguments::{Arguments, irp};
use crate::py::wsk::clients::{ClientFunctions, Supplied, with_table};
use crate::py::wsk::provider::Provider;
use crate::py::wsk::stopping::ended;
use crate::wsk::{Reply, Turn};
use pyo3::prelude::*;

/// The functions of sockets, and with its bases all of one provider's.
#[pyclass(frozen, extends = ClientFunctions, subclass, module = "wsksim._native")]
pub(crate) struct SocketFunctions;

/// Where an item of a list is from: socket, list, place, items of the list.
type Item = (u64, u64, Option<usize>, usize);

/// The number of a socket object of `wsksim.wsk`.
pub(crate) fn number_of(socket: &Bound<'_, PyAny>) -> PyResult<u64> {
    socket.getattr(pyo3::intern!(socket.py(), "id"))?.extract()
}

/// One call of a function of a socket.
pub(crate) struct Call<'a, 'py> {
    pub(crate) base: &'a Bound<'py, Provider>,
    pub(crate) socket: &'a Bound<'py, PyAny>,
    pub(crate) function: &'static Function,
    pub(crate) irp: &'a Bound<'py, PyAny>,
    pub(crate) deliver: Option<&'a Bound<'py, PyAny>>,
}

impl<'py> Call<'_, 'py> {
    pub(crate) fn request(
        &self,
        arguments: Arguments,
        act: impl FnOnce(&mut Turn<'_>, u64, u64) -> Reply,
    ) -> PyResult<u32> {
        self.asked(|asked| asked.refused(arguments.refused).to(arguments.peer), act)
    }

    /// A request that is asked for with more than a refusal.
    pub(crate) fn asked(
        &self,
        with: impl FnOnce(Asked<'_>) -> Asked<'_>,
        act: impl FnOnce(&mut Turn<'_>, u64, u64) -> Reply,
    ) -> PyResult<u32> {
        let socket = number_of(self.socket)?;
        self.made(|door, app, asked| {
            door.request(app, with(asked), |turn, irp| act(turn, socket, irp))
        })
    }

    /// A request that the provider makes in its own way.
    fn made(
        &self,
        make: impl FnOnce(Door<'_>, &mut PythonApplication<'py>, Asked<'_>) -> Result<NtStatus, Stopped>,
    ) -> PyResult<u32> {
        let py = self.base.py();
        let socket = number_of(self.socket)?;
        let irp = irp(self.function, self.irp)?;
        let mut app = PythonApplication::new(py, Some(self.base))
            .with_irp(irp)
            .delivering(self.deliver)
            .about(self.socket);
        let record = irp.map(|irp| irp.get().record());
        let asked = Asked::of_socket(self.function, socket, record);
        let status = self.base.get().with_door(py, |door| make(door, &mut app, asked))?;
        ended(status).map(|status| status.bits())
    }
}

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
    ) -> PyResult<u32> {
        let function = &function::BIND;
        let mut arguments = Arguments::of(function);
        let local = arguments.address(local)?;
        let flags = arguments.ulong("Flags", flags)?;
        let call = Call { base: base(slf), socket, function, irp, deliver: None };
        call.request(arguments, |turn, id, irp| turn.bind(id, local, flags, irp))
    }

    /// WskListen.
    fn listen<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let function = &function::LISTEN;
        let call = Call { base: base(slf), socket, function, irp, deliver: None };
        call.request(Arguments::of(function), |turn, id, irp| turn.listen(id, irp))
    }

    /// WskConnect, or with `first` bytes, if any, WskConnectEx.
    fn connect<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        remote: &Bound<'py, PyAny>,
        first: Option<&Bound<'py, PyAny>>,
        flags: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
        ex: bool,
    ) -> PyResult<u32> {
        let function = if ex { &function::CONNECT_EX } else { &function::CONNECT };
        let mut arguments = Arguments::of(function);
        let remote = arguments.address(remote)?;
        let first = first.map(|first| arguments.bytes(first)).transpose()?.flatten();
        let flags = arguments.ulong("Flags", flags)?;
        let call = Call { base: base(slf), socket, function, irp, deliver: None };
        arguments.peer = remote;
        call.request(arguments, |turn, id, irp| turn.connect(id, remote, flags, first, irp))
    }

    /// WskAccept.
    fn accept<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        supplied: Supplied<'py>,
        refused: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let function = &function::ACCEPT;
        let mut arguments = Arguments::of(function);
        arguments.made::<bool>(refused)?;
        let flags = arguments.ulong("Flags", flags)?;
        let call = Call { base: base(slf), socket, function, irp, deliver: Some(deliver) };
        with_table(base(slf), arguments.refused.is_some(), &supplied, |table, taken| {
            call.request(arguments, |turn, id, irp| {
                let reply = turn.accept(id, flags, table, irp);
                *taken = reply.outcome.is_success();
                reply
            })
        })
    }

    /// What WskAcceptEvent wrote for the socket that it was shown (L-7).
    fn accept_written<'py>(
        slf: &Bound<'py, Self>,
        accepted: u64,
        supplied: Supplied<'py>,
    ) -> PyResult<()> {
        let base = base(slf);
        with_table(base, false, &supplied, |table, taken| {
            *taken = base.get().with_door(slf.py(), |door| {
                door.turn(|turn| turn.accept_written(accepted, table))
            })?;
            Ok(0)
        })
        .map(|_| ())
    }

    /// WskInspectComplete.
    fn inspect_complete<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        request: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
        action: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let function = &function::INSPECT_COMPLETE;
        let mut arguments = Arguments::of(function);
        let action = arguments.ulong("Action", action)?;
        let request = match request {
            Some((key, serial)) => {
                (arguments.size_t("Key", &key)?, arguments.ulong("SerialNumber", &serial)?)
            }
            None => arguments.required(None).unwrap_or_default(),
        };
        let call = Call { base: base(slf), socket, function, irp, deliver: None };
        call.request(arguments, |turn, id, irp| turn.inspect_complete(id, request, action, irp))
    }

    /// WskDisconnect.
    fn disconnect<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let function = &function::DISCONNECT;
        let mut arguments = Arguments::of(function);
        let data = arguments.bytes(data)?;
        let flags = arguments.ulong("Flags", flags)?;
        let call = Call { base: base(slf), socket, function, irp, deliver: None };
        call.request(arguments, |turn, id, irp| turn.disconnect(id, data, flags, irp))
    }

    /// WskCloseSocket.
    fn close<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let function = &function::CLOSE_SOCKET;
        let call = Call { base: base(slf), socket, function, irp, deliver: Some(deliver) };
        call.made(|door, app, asked| door.close_socket(app, asked))
    }

    /// WskGetLocalAddress; `fits` tells whether the address buffer does.
    fn get_local_address<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        fits: bool,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let function = &function::GET_LOCAL_ADDRESS;
        let mut arguments = Arguments::of(function);
        arguments.required(fits.then_some(()));
        let call = Call { base: base(slf), socket, function, irp, deliver: Some(deliver) };
        call.request(arguments, |turn, id, irp| turn.get_local_address(id, irp))
    }

    /// WskGetRemoteAddress, likewise.
    fn get_remote_address<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        fits: bool,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let function = &function::GET_REMOTE_ADDRESS;
        let mut arguments = Arguments::of(function);
        arguments.required(fits.then_some(()));
        let call = Call { base: base(slf), socket, function, irp, deliver: Some(deliver) };
        call.request(arguments, |turn, id, irp| turn.get_remote_address(id, irp))
    }

    /// WskSend, or WskSendEx.
    #[pyo3(signature = (socket, data, flags, irp, refused = None, *, ex = false))]
    fn send<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
        refused: Option<&Bound<'py, PyAny>>,
        ex: bool,
    ) -> PyResult<u32> {
        let function = if ex { &function::SEND_EX } else { &function::SEND };
        let mut arguments = Arguments::of(function);
        if let Some(refused) = refused {
            arguments.made::<bool>(refused)?;
        }
        let data = arguments.bytes(data)?;
        let data = arguments.required(data).unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        let call = Call { base: base(slf), socket, function, irp, deliver: None };
        call.request(arguments, |turn, id, irp| turn.send(id, data, flags, irp))
    }

    /// WskReceive, or WskReceiveEx, of `length` bytes, which `deliver` writes.
    #[pyo3(signature = (socket, length, flags, deliver, irp, refused = None, *, ex = false))]
    fn receive<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        length: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
        refused: Option<&Bound<'py, PyAny>>,
        ex: bool,
    ) -> PyResult<u32> {
        let function = if ex { &function::RECEIVE_EX } else { &function::RECEIVE };
        let mut arguments = Arguments::of(function);
        if let Some(refused) = refused {
            arguments.made::<bool>(refused)?;
        }
        let length: usize = arguments.made(length)?.unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        let call = Call { base: base(slf), socket, function, irp, deliver: Some(deliver) };
        call.request(arguments, |turn, id, irp| turn.receive(id, length, flags, irp))
    }

    /// WskRelease of the items that are chained to the first: (socket, list, item or None, items of the list) each.
    fn release<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        chain: Option<Vec<Item>>,
    ) -> PyResult<u32> {
        let base = base(slf);
        let id = number_of(socket)?;
        let chain = chain.map(|chain| {
            let part = |(socket, list, item, count)| Part { socket, list, item, count };
            chain.into_iter().map(part).collect::<Vec<_>>()
        });
        let mut app = PythonApplication::new(slf.py(), Some(base)).about(socket);
        let status =
            base.get().with_door(slf.py(), |door| door.release(&mut app, id, chain.as_deref()))?;
        ended(status).map(|status| status.bits())
    }

    /// WskSendTo, or WskSendMessages of several.
    fn send_to<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        messages: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        remote: &Bound<'py, PyAny>,
        refused: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
        several: bool,
    ) -> PyResult<u32> {
        let function = if several { &function::SEND_MESSAGES } else { &function::SEND_TO };
        let mut arguments = Arguments::of(function);
        let messages: Option<Vec<Vec<u8>>> = arguments.made(messages)?;
        let messages = arguments.required(messages).unwrap_or_default();
        let remote = arguments.address(remote)?;
        let flags = arguments.ulong("Flags", flags)?;
        arguments.made::<bool>(refused)?;
        let call = Call { base: base(slf), socket, function, irp, deliver: None };
        call.request(arguments, |turn, id, irp| turn.send_to(id, messages, remote, flags, irp))
    }

    /// WskReceiveFrom of at most `length` bytes, which `deliver` writes.
    fn receive_from<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, PyAny>,
        length: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        fits: bool,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let function = &function::RECEIVE_FROM;
        let mut arguments = Arguments::of(function);
        let length: usize = arguments.made(length)?.unwrap_or_default();
        let flags = arguments.ulong("Flags", flags)?;
        arguments.required(fits.then_some(()));
        let call = Call { base: base(slf), socket, function, irp, deliver: Some(deliver) };
        call.request(arguments, |turn, id, irp| turn.receive_from(id, length, flags, irp))
    }
}

/// The provider that the functions are of.
pub(crate) fn base<'a, 'py>(slf: &'a Bound<'py, SocketFunctions>) -> &'a Bound<'py, Provider> {
    slf.as_super().as_super()
}

/// Why a function cannot be given a WSK_BUF: (rule, what was found) if it goes beyond its MDLs (U-48).
#[pyfunction]
pub(crate) fn _beyond(
    name: &str,
    offset: u64,
    length: u64,
    memory: u64,
) -> Option<(&'static str, String)> {
    Buffer { offset, length, memory }.refusal(name).and_then(|refusal| refusal.breach)
}
