//! Machine: the WSK functions of the contract machine, on integers.

use crate::py::machine_provider::Provider;
use crate::py::machine_values::{Answer, PyAddress, address, answer, npi, shown_address};
use crate::py::subsystem::Subsystem;
use crate::py::turns::ask;
use crate::wsk::{IoctlInput, IoctlOutput, Reply, Table, Turn};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyTraverseError, gc::PyVisit};

/// The contract machine of one subsystem.
#[pyclass(frozen, extends = Provider, module = "wsksim._native")]
pub(crate) struct Machine {
    subsystem: Py<Subsystem>,
}

impl Machine {
    pub(crate) fn new(py: Python<'_>, subsystem: Py<Subsystem>) -> PyResult<Py<Self>> {
        let base = Provider { subsystem: subsystem.clone_ref(py) };
        Py::new(py, PyClassInitializer::from(base).add_subclass(Self { subsystem }))
    }

    fn ask<T>(&self, py: Python<'_>, act: impl FnOnce(&mut Turn<'_>) -> T) -> PyResult<T> {
        ask(py, &self.subsystem, act)
    }

    fn reply<'py>(
        &self,
        py: Python<'py>,
        act: impl FnOnce(&mut Turn<'_>) -> Reply,
    ) -> PyResult<Answer<'py>> {
        answer(py, self.ask(py, act)?)
    }

    /// A call that brings a context and a table; what a failure brought is let go.
    fn with_table<'py>(
        &self,
        py: Python<'py>,
        (context, disconnect, callbacks): Supplied<'_, 'py>,
        act: impl FnOnce(&mut Turn<'_>, Table) -> Reply,
    ) -> PyResult<Answer<'py>> {
        let shared = self.subsystem.get().alive(py)?;
        let table = shared.tables.add(shared, context, disconnect, callbacks)?;
        let reply = self.ask(py, |turn| act(turn, table))?;
        if !reply.status.is_success() {
            self.forget(py, table)?;
        }
        answer(py, reply)
    }

    fn forget(&self, py: Python<'_>, table: Table) -> PyResult<()> {
        let shared = self.subsystem.get().alive(py)?;
        let letting = crate::wsk::Let { closed: Vec::new(), gone: vec![(table.owner, false)] };
        shared.tables.let_go(py, shared, &letting);
        Ok(())
    }
}

/// Context, disconnect callable, callbacks.
type Supplied<'a, 'py> = (&'a Bound<'py, PyAny>, Option<&'a Bound<'py, PyAny>>, u32);

/// What an ioctl gets as input.
#[derive(FromPyObject)]
enum Input {
    Number(u32),
    Address(PyAddress),
}

#[pymethods]
#[allow(clippy::too_many_arguments, reason = "the parameters of the WSK functions")]
impl Machine {
    #[pyo3(signature = (client, family, kind, protocol, flags, context, disconnect_event, callbacks, irp))]
    fn socket<'py>(
        &self,
        py: Python<'py>,
        client: u64,
        family: u16,
        kind: u16,
        protocol: u32,
        flags: u32,
        context: &Bound<'py, PyAny>,
        disconnect_event: Option<&Bound<'py, PyAny>>,
        callbacks: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.with_table(py, (context, disconnect_event, callbacks), |turn, table| {
            turn.socket(client, family, kind, protocol, flags, table, irp)
        })
    }

    #[pyo3(signature = (client, kind, protocol, local, remote, flags, context, disconnect_event, callbacks, irp))]
    fn socket_connect<'py>(
        &self,
        py: Python<'py>,
        client: u64,
        kind: u16,
        protocol: u32,
        local: Option<PyAddress>,
        remote: Option<PyAddress>,
        flags: u32,
        context: &Bound<'py, PyAny>,
        disconnect_event: Option<&Bound<'py, PyAny>>,
        callbacks: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        let (local, remote) = (address(local.as_ref()), address(remote.as_ref()));
        self.with_table(py, (context, disconnect_event, callbacks), |turn, table| {
            turn.socket_connect(client, kind, protocol, local, remote, flags, table, irp)
        })
    }

    fn bind<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        local: Option<PyAddress>,
        flags: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        let local = address(local.as_ref());
        self.reply(py, |turn| turn.bind(socket, local, flags, irp))
    }

    fn listen<'py>(&self, py: Python<'py>, socket: u64, irp: u64) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.listen(socket, irp))
    }

    #[pyo3(signature = (socket, remote, flags, irp, *, buffer = None, ex = false))]
    fn connect<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        remote: Option<PyAddress>,
        flags: u32,
        irp: u64,
        buffer: Option<&[u8]>,
        ex: bool,
    ) -> PyResult<Answer<'py>> {
        let remote = address(remote.as_ref());
        let buffer = buffer.filter(|_| ex).map(<[u8]>::to_vec);
        self.reply(py, |turn| turn.connect(socket, remote, flags, buffer, irp))
    }

    fn accept<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        flags: u32,
        context: &Bound<'py, PyAny>,
        disconnect_event: Option<&Bound<'py, PyAny>>,
        callbacks: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.with_table(py, (context, disconnect_event, callbacks), |turn, table| {
            turn.accept(socket, flags, table, irp)
        })
    }

    fn accept_written(
        &self,
        py: Python<'_>,
        accepted: u64,
        context: &Bound<'_, PyAny>,
        disconnect_event: Option<&Bound<'_, PyAny>>,
        callbacks: u32,
    ) -> PyResult<()> {
        let shared = self.subsystem.get().alive(py)?;
        let table = shared.tables.add(shared, context, disconnect_event, callbacks)?;
        if !self.ask(py, |turn| turn.accept_written(accepted, table))? {
            self.forget(py, table)?;
        }
        Ok(())
    }

    fn inspect_complete<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        request: (u64, u32),
        action: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.inspect_complete(socket, request, action, irp))
    }

    fn send<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        data: &[u8],
        flags: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.send(socket, data.to_vec(), flags, irp))
    }

    fn receive<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        length: usize,
        flags: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.receive(socket, length, flags, irp))
    }

    fn disconnect<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        data: Option<&[u8]>,
        flags: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.disconnect(socket, data.map(<[u8]>::to_vec), flags, irp))
    }

    fn close<'py>(&self, py: Python<'py>, socket: u64, irp: u64) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.close(socket, irp))
    }

    #[pyo3(signature = (socket, kept, item = None))]
    fn release_list(
        &self,
        py: Python<'_>,
        socket: u64,
        kept: u64,
        item: Option<usize>,
    ) -> PyResult<(u32, Option<&'static str>)> {
        let (status, breach) = self.ask(py, |turn| turn.release(socket, kept, item))?;
        Ok((status.bits(), breach))
    }

    fn send_to<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        data: &[u8],
        remote: Option<PyAddress>,
        flags: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        let remote = address(remote.as_ref());
        self.reply(py, |turn| turn.send_to(socket, vec![data.to_vec()], remote, flags, irp))
    }

    fn send_messages<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        messages: Vec<Vec<u8>>,
        remote: Option<PyAddress>,
        flags: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        let remote = address(remote.as_ref());
        self.reply(py, |turn| turn.send_to(socket, messages, remote, flags, irp))
    }

    fn receive_from<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        length: usize,
        flags: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.receive_from(socket, length, flags, irp))
    }

    fn get_local_address<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.get_local_address(socket, irp))
    }

    fn get_remote_address<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.get_remote_address(socket, irp))
    }

    fn cancel(&self, py: Python<'_>, irp: u64) -> PyResult<bool> {
        self.ask(py, |turn| turn.cancel(irp))
    }

    fn event_callback<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        npi: u32,
        mask: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        let npi = self::npi(npi)?;
        self.reply(py, |turn| turn.event_callback(socket, npi, mask, irp))
    }

    fn set_option<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        option: u32,
        value: Option<u32>,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.set_option(socket, option, value, irp))
    }

    fn get_option<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        option: u32,
        size: usize,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.get_option(socket, option, size, irp))
    }

    #[pyo3(signature = (socket, code, value, size, irp, *, addresses = None))]
    #[allow(clippy::type_complexity, reason = "a tuple of the stub")]
    fn ioctl<'py>(
        &self,
        py: Python<'py>,
        socket: u64,
        code: u32,
        value: Option<Input>,
        size: usize,
        irp: u64,
        addresses: Option<Vec<PyAddress>>,
    ) -> PyResult<(u32, Vec<Bound<'py, PyAny>>, Option<&'static str>, Py<PyAny>)> {
        let input = match (addresses, value) {
            (Some(list), _) => {
                let list: Option<Vec<_>> = list.iter().map(|given| address(Some(given))).collect();
                list.map_or(IoctlInput::None, IoctlInput::Addresses)
            }
            (None, Some(Input::Number(number))) => IoctlInput::Number(number),
            (None, Some(Input::Address(given))) => {
                address(Some(&given)).map_or(IoctlInput::None, IoctlInput::Address)
            }
            (None, None) => IoctlInput::None,
        };
        let (reply, output) = self.ask(py, |turn| turn.ioctl(socket, code, input, size, irp))?;
        let (status, completions, breach) = answer(py, reply)?;
        let output = match output {
            IoctlOutput::None => py.None(),
            IoctlOutput::InspectId(key, serial) => {
                (key, serial).into_pyobject(py)?.into_any().unbind()
            }
            IoctlOutput::Addresses(list) => {
                let list: Vec<(u16, Bound<'_, PyBytes>, u16)> =
                    list.into_iter().map(|address| shown_address(py, address)).collect();
                list.into_pyobject(py)?.into_any().unbind()
            }
        };
        let completions = completions.into_iter().map(Bound::into_any).collect();
        Ok((status, completions, breach, output))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}
