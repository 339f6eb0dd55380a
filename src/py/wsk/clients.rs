//! Clients: the functions that tie an application to the provider, and those that a client has.

use crate::core::status::NtStatus;
use crate::provider::{
    Asked, ClientTable, Function, Handover, Hints, Look, NameQuestion, Question, Registration,
    Wait, counted_fits, function, name_of, request_of_nobody, resolve,
};
use crate::py::keep::shared::Inside;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::wsk::addresses::shown_address;
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::arguments::{Arguments, irp};
use crate::py::wsk::deliver::Deliver;
use crate::py::wsk::irp::Irp;
use crate::py::wsk::lending::block_of;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::stopping::ended;
use crate::py::wsk::supplied::Supplied;
use crate::py::wsk::values::Status;
use crate::wsk::{Reply, Table, Turn};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::time::Duration;

/// The functions of clients; the base of those of sockets.
#[pyclass(frozen, extends = Provider, subclass, module = "wsksim._native")]
pub(crate) struct ClientFunctions;

impl ClientFunctions {
    pub(crate) fn of(subsystem: Py<Subsystem>) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Provider::made(subsystem)).add_subclass(Self)
    }
}

/// A request of a client: `registration` and `client` name it.
fn request<'py>(
    slf: &Bound<'py, ClientFunctions>,
    arguments: Arguments,
    function: &'static Function,
    registration: u64,
    irp: Option<&Bound<'py, Irp>>,
    deliver: Deliver,
    act: impl FnOnce(&mut Turn<'_>, u64) -> Reply,
) -> PyResult<Status> {
    let base = slf.as_super();
    let mut app = PythonApplication::new(slf.py(), Some(base)).with_irp(irp).delivering(deliver);
    let record = irp.map(|irp| irp.get().record());
    let asked = Asked::of_client(function, registration, record)
        .refused(arguments.refused)
        .to(arguments.peer);
    let status = base.get().with_door(slf.py(), |door| door.request(&mut app, asked, act))?;
    ended(status).map(Status)
}

/// A request that brings a context and a table; what a failure brought is let go.
pub(crate) fn with_table<'py>(
    base: &Bound<'py, Provider>,
    refused: bool,
    supplied: &Supplied,
    ask: impl FnOnce(Table, &mut bool) -> PyResult<Status>,
) -> PyResult<Status> {
    let py = base.py();
    let shared = base.get().subsystem.get().alive(py)?;
    if refused {
        let mut kept = false;
        return ask(Table::default(), &mut kept);
    }
    let known = supplied.table.as_ref().map(|table| table.get());
    let disconnect = known.and_then(|known| known.disconnect()).map(|callback| callback.bind(py));
    let callbacks = known.map_or(0, |known| known.bits);
    let table = shared.tables.add(shared, supplied.context.bind(py), disconnect, callbacks)?;
    // The machine was asked and took it, so it tells when nobody has it any more.
    let mut taken = false;
    let status = ask(table, &mut taken);
    if !taken {
        let letting = crate::wsk::Let { closed: Vec::new(), gone: vec![(table.owner, false)] };
        shared.tables.let_go(py, shared, &letting);
    }
    status
}

#[pymethods]
#[allow(clippy::too_many_arguments, reason = "the parameters of the WSK functions")]
impl ClientFunctions {
    #[new]
    fn new(subsystem: Py<Subsystem>) -> PyClassInitializer<Self> {
        Self::of(subsystem)
    }

    /// WskRegister: (status, number of the registration); `table`: its WSK_CLIENT_DISPATCH, or None; `registered`: the
    /// registration is in use.
    #[pyo3(signature = (table, registered))]
    fn register(
        slf: &Bound<'_, Self>,
        table: Option<&Bound<'_, PyAny>>,
        registered: bool,
    ) -> PyResult<(Status, u64)> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        let table = table.map(client_table).transpose()?;
        let made =
            base.get().with_door(slf.py(), |door| door.register(&mut app, table, registered))?;
        ended(made).map(|(status, number)| (Status(status), number))
    }

    /// Whether WskCaptureProviderNPI may be called here.
    fn may_capture(slf: &Bound<'_, Self>, timeout: u32) -> PyResult<bool> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        let wait = Wait { timeout, waited: Duration::ZERO };
        ended(base.get().with_door(slf.py(), |door| door.may_capture(&mut app, wait))?)
    }

    /// One look of WskCaptureProviderNPI, after it has waited so many seconds.
    fn capture(
        slf: &Bound<'_, Self>,
        registration: u64,
        timeout: u32,
        waited_s: f64,
    ) -> PyResult<CaptureLook> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        let waited = Duration::try_from_secs_f64(waited_s).unwrap_or_default();
        let (wait, drives) = (Wait { timeout, waited }, Inside::driving());
        let look = base
            .get()
            .with_door(slf.py(), |door| door.capture(&mut app, registration, wait, drives))?;
        Ok(match ended(look)? {
            Look::Over(status, client) => {
                CaptureLook { status: Status(status), client, left_ms: None }
            }
            Look::Waits(left) => {
                // At least one: the rest of a millisecond is waited for as well.
                let left_ms = left.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
                let status = Status(NtStatus::PENDING);
                CaptureLook { status, client: 0, left_ms: left_ms.map(|left| left.max(1)) }
            }
        })
    }

    /// WskReleaseProviderNPI: whether a capture was given back.
    fn release_npi(slf: &Bound<'_, Self>, registration: u64, over: bool) -> PyResult<bool> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        let given = Registration { id: registration, over };
        ended(base.get().with_door(slf.py(), |door| door.release_npi(&mut app, given))?)
    }

    /// WskQueryProviderCharacteristics: (status, highest, lowest version).
    fn query_characteristics(
        slf: &Bound<'_, Self>,
        registration: u64,
    ) -> PyResult<(Status, u16, u16)> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        let told = base
            .get()
            .with_door(slf.py(), |door| door.query_characteristics(&mut app, registration))?;
        ended(told).map(|(status, highest, lowest)| (Status(status), highest, lowest))
    }

    /// Whether WskDeregister may begin to wait here (O-12, Q-1, U-42).
    fn may_deregister(slf: &Bound<'_, Self>, registration: u64, over: bool) -> PyResult<bool> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        let given = Registration { id: registration, over };
        ended(base.get().with_door(slf.py(), |door| door.may_deregister(&mut app, given))?)
    }

    /// One look of WskDeregister: whether its wait is over.
    fn deregistered(slf: &Bound<'_, Self>, registration: u64) -> PyResult<bool> {
        slf.as_super().get().with_door(slf.py(), |door| door.deregistered(registration))
    }

    /// Whether `caller` may free an MDL (I-9); if not, that is a finding.
    fn may_free(slf: &Bound<'_, Self>, caller: &str, mdl: &Bound<'_, PyAny>) -> PyResult<bool> {
        let (base, block) = (slf.as_super(), block_of(mdl));
        let mut app = PythonApplication::new(slf.py(), Some(base));
        ended(base.get().with_door(slf.py(), |door| door.may_free(&mut app, caller, block))?)
    }

    /// Whether a function may be called at the present level.
    fn level_allowed(slf: &Bound<'_, Self>, name: &str) -> PyResult<bool> {
        let function = function::ALL.iter().find(|function| function.name == name);
        let Some(function) = function else { return Ok(true) };
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        ended(base.get().with_door(slf.py(), |door| {
            door.level_allowed(&mut app, function.name, function.highest, 0)
        })?)
    }

    /// WskSocket.
    fn socket<'py>(
        slf: &Bound<'py, Self>,
        numbers: (u64, u64),
        family: &Bound<'py, PyAny>,
        kind: &Bound<'py, PyAny>,
        protocol: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        supplied: &Bound<'py, Supplied>,
        deliver: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let (registration, client) = numbers;
        let row = &function::SOCKET;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given)?;
        let flags = arguments.ulong("Flags", flags)?;
        if arguments.refused.is_none() {
            arguments.handover(Handover::Socket(flags), supplied);
        }
        let family = arguments.ushort("AddressFamily", family)?;
        let kind = arguments.ushort("SocketType", kind)?;
        let protocol = arguments.ulong("Protocol", protocol)?;
        let refused = arguments.refused.is_some();
        with_table(slf.as_super(), refused, supplied.get(), |table, taken| {
            request(
                slf,
                arguments,
                row,
                registration,
                irp,
                Deliver::python(deliver),
                |turn, irp| {
                    let reply = turn.socket(client, family, kind, protocol, flags, table, irp);
                    *taken = reply.outcome.is_success();
                    reply
                },
            )
        })
    }

    /// WskSocketConnect.
    fn socket_connect<'py>(
        slf: &Bound<'py, Self>,
        numbers: (u64, u64),
        kind: &Bound<'py, PyAny>,
        protocol: &Bound<'py, PyAny>,
        local: &Bound<'py, PyAny>,
        remote: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
        supplied: &Bound<'py, Supplied>,
        deliver: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let (registration, client) = numbers;
        let row = &function::SOCKET_CONNECT;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given)?;
        arguments.handover(Handover::SocketConnect, supplied);
        let kind = arguments.ushort("SocketType", kind)?;
        let protocol = arguments.ulong("Protocol", protocol)?;
        let (local, remote) = (arguments.address(local)?, arguments.address(remote)?);
        let flags = arguments.ulong("Flags", flags)?;
        let refused = arguments.refused.is_some();
        arguments.peer = remote;
        with_table(slf.as_super(), refused, supplied.get(), |table, taken| {
            request(
                slf,
                arguments,
                row,
                registration,
                irp,
                Deliver::python(deliver),
                |turn, irp| {
                    let reply = turn
                        .socket_connect(client, kind, protocol, local, remote, flags, table, irp);
                    *taken = reply.outcome.is_success();
                    reply
                },
            )
        })
    }

    /// WskGetAddressInfo: `deliver` takes the addresses that were found.
    fn get_address_info<'py>(
        slf: &Bound<'py, Self>,
        numbers: (u64, u64),
        node: &Bound<'py, PyAny>,
        service: &Bound<'py, PyAny>,
        space: &Bound<'py, PyAny>,
        hints: &Bound<'py, PyAny>,
        result: bool,
        deliver: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let (registration, client) = numbers;
        let row = &function::GET_ADDRESS_INFO;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given)?;
        arguments.ulong("NameSpace", space)?;
        let node: Option<String> = arguments.made(node)?;
        let service: Option<String> = arguments.made(service)?;
        let (node, service) = (node.as_deref(), service.as_deref());
        let (hints, irp_given) = (hints_of(hints)?, irp.is_some());
        let question = Question { node, service, hints, result, irp: irp_given };
        let found = slf
            .as_super()
            .get()
            .with_door(slf.py(), |door| door.turn(|turn| resolve(&question, turn.names())))?;
        let shown = found.iter().flatten().map(|&address| shown_address(slf.py(), address));
        let addresses = shown.collect::<PyResult<Vec<_>>>()?;
        let functools = slf.py().import("functools")?;
        let deliver = functools.call_method1("partial", (deliver, addresses))?;
        request(slf, arguments, row, registration, irp, Deliver::python(&deliver), |turn, irp| {
            turn.decided(client, irp, found.map(|_| ()))
        })
    }

    /// WskGetNameInfo: `deliver` takes the host's name, None for its address, and writes the texts; `memory`: how many bytes
    /// the address takes.
    fn get_name_info<'py>(
        slf: &Bound<'py, Self>,
        numbers: (u64, u64),
        address: &Bound<'py, PyAny>,
        length: &Bound<'py, PyAny>,
        memory: u64,
        flags: &Bound<'py, PyAny>,
        wanted: bool,
        deliver: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
    ) -> PyResult<Status> {
        let (registration, client) = numbers;
        let row = &function::GET_NAME_INFO;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given)?;
        let address = arguments.address(address)?;
        let length = arguments.ulong("SockAddrLength", length)?;
        let flags = arguments.ulong("Flags", flags)?;
        let length = u64::from(length);
        let asked = NameQuestion { address, length, memory, wanted, irp: irp.is_some() };
        let found = slf.as_super().get().with_door(slf.py(), |door| {
            door.turn(|turn| match (asked.check(), address) {
                (Ok(()), Some(address)) => name_of(address, flags, turn.names()),
                (checked, _) => checked.map(|()| None),
            })
        })?;
        let functools = slf.py().import("functools")?;
        let deliver = functools.call_method1("partial", (deliver, found.clone().ok().flatten()))?;
        request(slf, arguments, row, registration, irp, Deliver::python(&deliver), |turn, irp| {
            turn.decided(client, irp, found.map(|_| ()))
        })
    }
}

/// A WSK_CLIENT_DISPATCH, as the provider judges it.
fn client_table(table: &Bound<'_, PyAny>) -> PyResult<ClientTable> {
    let version = table.getattr("Version")?.extract().ok();
    let reserved = table.getattr("Reserved")?.extract().unwrap_or(u64::MAX);
    Ok(ClientTable { version, reserved })
}

/// The members of Hints, an ADDRINFOEXW, that are looked at; a family that is no ULONG is of no address.
fn hints_of(hints: &Bound<'_, PyAny>) -> PyResult<Hints> {
    let is_given = |name| Ok::<_, PyErr>(!hints.getattr(name)?.is_none());
    let length = hints.getattr("ai_addrlen")?.extract().unwrap_or(u64::MAX);
    let pointers = [is_given("ai_canonname")?, is_given("ai_addr")?, is_given("ai_next")?];
    let family = hints.getattr("ai_family")?.extract().unwrap_or(u32::MAX);
    Ok(Hints { family, address_length: length, pointers })
}

/// Whether the Length of a UNICODE_STRING counts whole characters within its memory (U-26).
#[pyfunction]
pub(crate) fn _counted_fits(length: u64, memory: u64) -> bool {
    counted_fits(length, memory)
}

/// A request that names no client: its IRP is completed with STATUS_INVALID_HANDLE (L-19).
#[pyfunction]
pub(crate) fn _request_of_nobody(
    py: Python<'_>,
    name: &str,
    given: &Bound<'_, PyAny>,
) -> PyResult<Status> {
    let function = function::ALL.iter().find(|function| function.name == name);
    let function =
        function.ok_or_else(|| PyTypeError::new_err(format!("{name} is no function")))?;
    let irp = irp(function, given)?;
    let owner = irp.and_then(|irp| irp.get().owner(py));
    let owner = owner.as_ref().map(|owner| owner.bind(py));
    let mut app = PythonApplication::new(py, owner).with_irp(irp);
    let record = irp.map(|irp| irp.get().record());
    ended(request_of_nobody(&mut app, function, record)).map(Status)
}

/// What one look of WskCaptureProviderNPI comes to.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct CaptureLook {
    /// STATUS_PENDING: it waits for a change.
    #[pyo3(get)]
    status: Status,
    /// The number of the client, if it was a success.
    #[pyo3(get)]
    client: u64,
    /// How long it waits at most; None without end.
    #[pyo3(get)]
    left_ms: Option<u64>,
}
