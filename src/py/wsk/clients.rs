//! Clients: the functions that tie an application to the provider, and those that a client has.

use crate::provider::{
    Asked, Function, Hints, Patience, Question, Registration, Report, Say, function, name_of,
    request_of_nobody, resolve,
};
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::rules;
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::arguments::{Arguments, irp};
use crate::py::wsk::irp::Irp;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::stopping::ended;
use crate::py::wsk::values::{Shown, shown_address};
use crate::wsk::{Reply, Table, Turn};
use parking_lot::Mutex;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// The functions of clients; the base of those of sockets.
#[pyclass(frozen, extends = Provider, subclass, module = "wsksim._native")]
pub(crate) struct ClientFunctions;

/// Context, disconnect callable, callbacks.
pub(crate) type Supplied<'py> = (Bound<'py, PyAny>, Option<Bound<'py, PyAny>>, u32);

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
    deliver: Option<&Bound<'py, PyAny>>,
    act: impl FnOnce(&mut Turn<'_>, u64) -> Reply,
) -> PyResult<u32> {
    let base = slf.as_super();
    let mut app = PythonApplication::new(slf.py(), Some(base)).with_irp(irp).delivering(deliver);
    let record = irp.map(|irp| irp.get().record());
    let asked = Asked::of_client(function, registration, record)
        .refused(arguments.refused)
        .to(arguments.peer);
    let status = base.get().with_door(slf.py(), |door| door.request(&mut app, asked, act))?;
    ended(status).map(|status| status.bits())
}

/// A request that brings a context and a table; what a failure brought is let go.
pub(crate) fn with_table<'py>(
    base: &Bound<'py, Provider>,
    refused: bool,
    (context, disconnect, callbacks): &Supplied<'py>,
    ask: impl FnOnce(Table, &mut bool) -> PyResult<u32>,
) -> PyResult<u32> {
    let py = base.py();
    let shared = base.get().subsystem.get().alive(py)?;
    if refused {
        let mut kept = false;
        return ask(Table::default(), &mut kept);
    }
    let table = shared.tables.add(shared, context, disconnect.as_ref(), *callbacks)?;
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

    /// WskRegister: (status, number of the registration); `version`: None if an argument does not fit.
    #[pyo3(signature = (version))]
    fn register(slf: &Bound<'_, Self>, version: Option<u16>) -> PyResult<(u32, u64)> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        let made = base.get().with_door(slf.py(), |door| door.register(&mut app, version))?;
        ended(made).map(|(status, number)| (status.bits(), number))
    }

    /// Whether WskCaptureProviderNPI may be called here.
    fn may_capture(slf: &Bound<'_, Self>, waits: bool) -> PyResult<bool> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        ended(base.get().with_door(slf.py(), |door| door.may_capture(&mut app, waits))?)
    }

    /// One try of WskCaptureProviderNPI: (status, number of the client).
    fn capture(slf: &Bound<'_, Self>, registration: u64) -> PyResult<(u32, u64)> {
        let captured = slf
            .as_super()
            .get()
            .with_door(slf.py(), |door| door.turn(|turn| turn.capture(registration)))?;
        Ok((captured.0.bits(), captured.1))
    }

    /// Whether a wait may begin here (D-10, Q-3); if not, that is a finding.
    fn may_wait(slf: &Bound<'_, Self>, what: &str) -> PyResult<bool> {
        ended(PythonApplication::new(slf.py(), Some(slf.as_super())).may_wait(what, 0))
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
    ) -> PyResult<(u32, u16, u16)> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        let told = base
            .get()
            .with_door(slf.py(), |door| door.query_characteristics(&mut app, registration))?;
        ended(told).map(|(status, highest, lowest)| (status.bits(), highest, lowest))
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

    /// How many requests of a registration's client are not over.
    fn requests_of(slf: &Bound<'_, Self>, registration: u64) -> PyResult<usize> {
        slf.as_super().get().with_door(slf.py(), |door| door.requests_of(registration))
    }

    /// The wait of WskDeregister cannot end (O-17).
    fn report_stuck(slf: &Bound<'_, Self>, held_by: &str) -> PyResult<()> {
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        ended(base.get().with_door(slf.py(), |door| door.report_stuck(&mut app, held_by))?)
    }

    /// A breach that only the language can see; `against`: the name of the socket's callback at the other end.
    #[pyo3(signature = (rule, found, socket = None, *, against = None))]
    fn report(
        slf: &Bound<'_, Self>,
        rule: &str,
        found: String,
        socket: Option<&Bound<'_, PyAny>>,
        against: Option<String>,
    ) -> PyResult<()> {
        let rule = rules::named(rule)?.id;
        let base = slf.as_super();
        let mut app = PythonApplication::new(slf.py(), Some(base));
        let id = match socket {
            Some(socket) => {
                app = app.about(socket);
                socket.getattr("id")?.extract()?
            }
            None => 0,
        };
        let report = Report { against: against.map(Cow::Owned), ..Report::of(rule, found, id) };
        ended(base.get().with_door(slf.py(), |door| door.report(&mut app, report))?)
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
        supplied: Supplied<'py>,
        refused: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let (registration, client) = numbers;
        let row = &function::SOCKET;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given)?;
        arguments.made::<bool>(refused)?;
        let family = arguments.ushort("AddressFamily", family)?;
        let kind = arguments.ushort("SocketType", kind)?;
        let protocol = arguments.ulong("Protocol", protocol)?;
        let flags = arguments.ulong("Flags", flags)?;
        let refused = arguments.refused.is_some();
        with_table(slf.as_super(), refused, &supplied, |table, taken| {
            request(slf, arguments, row, registration, irp, Some(deliver), |turn, irp| {
                let reply = turn.socket(client, family, kind, protocol, flags, table, irp);
                *taken = reply.outcome.is_success();
                reply
            })
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
        supplied: Supplied<'py>,
        refused: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let (registration, client) = numbers;
        let row = &function::SOCKET_CONNECT;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given)?;
        arguments.made::<bool>(refused)?;
        let kind = arguments.ushort("SocketType", kind)?;
        let protocol = arguments.ulong("Protocol", protocol)?;
        let (local, remote) = (arguments.address(local)?, arguments.address(remote)?);
        let flags = arguments.ulong("Flags", flags)?;
        let refused = arguments.refused.is_some();
        arguments.peer = remote;
        with_table(slf.as_super(), refused, &supplied, |table, taken| {
            request(slf, arguments, row, registration, irp, Some(deliver), |turn, irp| {
                let reply =
                    turn.socket_connect(client, kind, protocol, local, remote, flags, table, irp);
                *taken = reply.outcome.is_success();
                reply
            })
        })
    }

    /// WskGetAddressInfo: `deliver` takes the addresses that were found.
    fn get_address_info<'py>(
        slf: &Bound<'py, Self>,
        numbers: (u64, u64),
        names: (Bound<'py, PyAny>, Bound<'py, PyAny>),
        space: &Bound<'py, PyAny>,
        hints: (u32, bool),
        wanted: bool,
        deliver: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let (registration, client) = numbers;
        let (family, reserved) = hints;
        let row = &function::GET_ADDRESS_INFO;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given)?;
        arguments.ulong("NameSpace", space)?;
        arguments.required((wanted && irp.is_some()).then_some(()));
        let node: Option<String> = arguments.made(&names.0)?;
        let service: Option<String> = arguments.made(&names.1)?;
        let (node, service) = (node.as_deref(), service.as_deref());
        let question = Question { node, service, hints: Hints { family, reserved } };
        let found = slf
            .as_super()
            .get()
            .with_door(slf.py(), |door| door.turn(|turn| resolve(&question, turn.names())))?;
        let shown = found.iter().flatten().map(|&address| shown_address(slf.py(), address));
        let addresses: Vec<Shown<'py>> = shown.collect();
        let functools = slf.py().import("functools")?;
        let deliver = functools.call_method1("partial", (deliver, addresses))?;
        request(slf, arguments, row, registration, irp, Some(&deliver), |turn, irp| {
            turn.decided(client, irp, found.map(|_| ()))
        })
    }

    /// WskGetNameInfo: `deliver` takes the host's name, None for its address, and writes the texts.
    fn get_name_info<'py>(
        slf: &Bound<'py, Self>,
        numbers: (u64, u64),
        address: &Bound<'py, PyAny>,
        length: &Bound<'py, PyAny>,
        wanted_length: Option<u32>,
        flags: &Bound<'py, PyAny>,
        wanted: bool,
        deliver: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
    ) -> PyResult<u32> {
        let (registration, client) = numbers;
        let row = &function::GET_NAME_INFO;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given)?;
        let address = arguments.address(address)?;
        let length = arguments.ulong("SockAddrLength", length)?;
        let flags = arguments.ulong("Flags", flags)?;
        let fits = irp.is_some() && address.is_some() && wanted && wanted_length == Some(length);
        arguments.required(fits.then_some(()));
        let found = slf.as_super().get().with_door(slf.py(), |door| {
            door.turn(|turn| match address {
                Some(address) => name_of(address, flags, turn.names()),
                None => Ok(None),
            })
        })?;
        let functools = slf.py().import("functools")?;
        let deliver = functools.call_method1("partial", (deliver, found.clone().ok().flatten()))?;
        request(slf, arguments, row, registration, irp, Some(&deliver), |turn, irp| {
            turn.decided(client, irp, found.map(|_| ()))
        })
    }
}

/// A request that names no client: its IRP is completed with STATUS_INVALID_HANDLE (L-19).
#[pyfunction]
pub(crate) fn _request_of_nobody(
    py: Python<'_>,
    name: &str,
    given: &Bound<'_, PyAny>,
) -> PyResult<u32> {
    let function = function::ALL.iter().find(|function| function.name == name);
    let function =
        function.ok_or_else(|| PyTypeError::new_err(format!("{name} is no function")))?;
    let irp = irp(function, given)?;
    let owner = irp.and_then(|irp| irp.get().owner(py));
    let owner = owner.as_ref().map(|owner| owner.bind(py));
    let mut app = PythonApplication::new(py, owner).with_irp(irp);
    let record = irp.map(|irp| irp.get().record());
    ended(request_of_nobody(&mut app, function, record)).map(|status| status.bits())
}

/// One wait of WskDeregister: when it has something to say.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct DeregisterPatience {
    patience: Mutex<Patience>,
    began: Instant,
    /// After so long it says for what it waits.
    long: Option<Duration>,
}

#[pymethods]
impl DeregisterPatience {
    #[new]
    #[pyo3(signature = (long_s = None))]
    fn new(long_s: Option<f64>) -> Self {
        let long = long_s.and_then(|long| Duration::try_from_secs_f64(long).ok());
        Self { patience: Mutex::default(), began: Instant::now(), long }
    }

    /// One look found the registration held: "", "waits" or "stuck".
    fn look(&self, idle: bool, alone: bool) -> &'static str {
        let waited = self.began.elapsed();
        match self.patience.lock().look(idle, alone, waited, self.long) {
            Say::Nothing => "",
            Say::Waits => "waits",
            Say::Stuck => "stuck",
        }
    }
}
