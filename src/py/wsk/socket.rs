//! Socket: the object that stands for one socket of the provider, and what is remembered there of it.

use crate::core::sync::Mutex;
use crate::provider::Moment;
use crate::py::values::places::Spot;
use crate::py::wsk::client_table::Callbacks;
use crate::py::wsk::clients::with_table;
use crate::py::wsk::out::Out;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::supplied::supplied;
use crate::py::wsk::values::Status;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::collections::VecDeque;

/// Lists whose release a socket remembers.
const RELEASED: usize = 64;

/// What of a socket's object may change.
#[derive(Default)]
struct State {
    /// Its SocketContext (L-3 to L-6).
    context: Option<Py<PyAny>>,
    /// The application's table, and what is known of it.
    table: Option<Py<PyAny>>,
    callbacks: Option<Py<Callbacks>>,
    /// Inside WskAcceptEvent: its out parameters for context and table (L-7).
    written: Option<(Py<Out>, Py<Out>)>,
    /// Under which findings name it once it is closed.
    handle: u128,
    /// Where the application closed it.
    closed: Option<Option<Spot>>,
    /// The WskAcceptEvent that refused it.
    refused: Option<Option<Py<PyAny>>>,
    /// Where its last lists were released, by their numbers.
    released: VecDeque<(u64, Option<Spot>)>,
}

/// WSK_SOCKET: a socket of the provider; IoStatus.Information of the request that made it.
///
/// Nothing of it can be assigned: the provider made it, and no function changes a context or table (L-10).
///
/// Attributes:
///     Dispatch: the constant table of its category's functions.
///     id: the provider's number for it.
///     context: its SocketContext (L-3 to L-6).
///     table: its callbacks, or None.
///     family: AF_INET or AF_INET6.
///
/// Rules: O-2, O-3, L-10; page ns-wsk-_wsk_socket.
#[pyclass(frozen, name = "WSK_SOCKET", weakref, subclass, module = "wsksim.wsk")]
pub(crate) struct Socket {
    /// None if the application made the object itself.
    pub(crate) provider: Option<Py<Provider>>,
    pub(crate) id: u64,
    pub(crate) family: u16,
    /// Of its client; WskDeregister waits for its close (O-17).
    pub(crate) registration: Option<Py<PyAny>>,
    /// Its category's table, and which it is; none if the application made the object.
    dispatch: Option<Py<PyAny>>,
    pub(crate) category: Option<usize>,
    state: Mutex<State>,
}

/// What a socket's object is made of.
pub(crate) struct Birth {
    pub(crate) provider: Py<Provider>,
    pub(crate) id: u64,
    pub(crate) family: u16,
    pub(crate) registration: Option<Py<PyAny>>,
    pub(crate) context: Option<Py<PyAny>>,
    pub(crate) table: Option<Py<PyAny>>,
}

impl Socket {
    pub(crate) fn context(&self, py: Python<'_>) -> Py<PyAny> {
        self.state
            .lock()
            .context
            .as_ref()
            .map_or_else(|| py.None(), |context| context.clone_ref(py))
    }

    /// The application's callback of that name, if its table has one.
    pub(crate) fn named<'py>(&self, py: Python<'py>, name: &str) -> Option<Bound<'py, PyAny>> {
        let state = self.state.lock();
        let callback = state.callbacks.as_ref()?.get().named(name)?;
        Some(callback.bind(py).clone())
    }

    /// WskAcceptEvent shows it, with places for what belongs to it.
    pub(crate) fn begin_writing(&self, py: Python<'_>, context: &Py<Out>, table: &Py<Out>) {
        self.state.lock().written = Some((context.clone_ref(py), table.clone_ref(py)));
    }

    /// WskAcceptEvent is over: what is written later has no effect, for the parameters are the callback's (L-7, L-10).
    pub(crate) fn end_writing(&self) {
        let before = self.state.lock().written.take();
        drop(before);
    }

    pub(crate) fn is_written(&self) -> bool {
        self.state.lock().written.is_some()
    }

    pub(crate) fn name_by(&self, handle: u128) {
        if handle != 0 {
            self.state.lock().handle = handle;
        }
    }

    /// The handle that findings name it by once it is closed; 0 if it never had one.
    pub(crate) fn handle_bits(&self) -> u128 {
        self.state.lock().handle
    }

    pub(crate) fn knows(&self, moment: Moment) -> bool {
        let state = self.state.lock();
        match moment {
            Moment::Closed(_) => state.closed.is_some(),
            Moment::Refused(_) => state.refused.is_some(),
            Moment::Released(_, list) => state.released.iter().any(|(known, _)| *known == list),
            _ => false,
        }
    }

    /// Remembers where it was closed first.
    pub(crate) fn keep_closed(&self, spot: Option<Spot>) {
        let mut state = self.state.lock();
        let late = if state.closed.is_none() { state.closed.replace(spot) } else { Some(spot) };
        drop(state);
        drop(late);
    }

    pub(crate) fn keep_refused(&self, by: Option<Py<PyAny>>) {
        let before = self.state.lock().refused.replace(by);
        drop(before);
    }

    pub(crate) fn keep_released(&self, list: u64, spot: Option<Spot>) {
        let mut state = self.state.lock();
        let known = state.released.iter_mut().find(|(known, _)| *known == list);
        let before = match known {
            Some((_, known)) => std::mem::replace(known, spot),
            None => {
                let full = state.released.len() >= RELEASED;
                let oldest = if full { state.released.pop_front() } else { None };
                state.released.push_back((list, spot));
                oldest.and_then(|(_, spot)| spot)
            }
        };
        drop(state);
        drop(before);
    }

    /// Where the application closed it, or released that list.
    pub(crate) fn spot(&self, py: Python<'_>, moment: Moment) -> Option<Spot> {
        let state = self.state.lock();
        let spot = match moment {
            Moment::Closed(_) => state.closed.as_ref()?,
            Moment::Released(_, list) => {
                &state.released.iter().find(|(known, _)| *known == list)?.1
            }
            _ => return None,
        };
        spot.as_ref().map(|spot| spot.clone_ref(py))
    }

    pub(crate) fn refused_by(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.state.lock().refused.as_ref()?.as_ref().map(|by| by.clone_ref(py))
    }

    /// The object of a socket that the provider has; `category` numbers its table.
    pub(crate) fn born(
        py: Python<'_>,
        birth: Birth,
        dispatch: Option<Py<PyAny>>,
        category: usize,
    ) -> PyResult<Bound<'_, Self>> {
        let Birth { provider, id, family, registration, context, table } = birth;
        let callbacks = table.as_ref().and_then(|table| Callbacks::of(table.bind(py)));
        let state = Mutex::new(State { context, table, callbacks, ..State::default() });
        let (provider, category) = (Some(provider), Some(category));
        Bound::new(py, Self { provider, id, family, registration, dispatch, category, state })
    }

    /// A function that its category does not have.
    pub(crate) fn lacks(&self, py: Python<'_>, name: &str) -> PyResult<PyErr> {
        let table = self.Dispatch(py).into_pyobject(py)?;
        Ok(PyAttributeError::new_err(format!(
            "WSK_SOCKET: asked for {name}; {} has no such function [O-2]",
            table.get_type().name()?
        )))
    }

    /// Whose socket it is.
    pub(crate) fn owner<'a, 'py>(slf: &'a Bound<'py, Self>) -> Option<&'a Bound<'py, Provider>> {
        slf.get().provider.as_ref().map(|provider| provider.bind(slf.py()))
    }
}

#[pymethods]
#[allow(non_snake_case, reason = "Microsoft's names")]
impl Socket {
    /// What an application makes itself belongs to nobody.
    #[new]
    #[pyo3(
        signature = (provider = None, number = 0, Dispatch = None, context = None, table = None, family = 2),
        text_signature = "()"
    )]
    fn new(
        provider: Option<Py<PyAny>>,
        number: u64,
        Dispatch: Option<Py<PyAny>>,
        context: Option<Py<PyAny>>,
        table: Option<Py<PyAny>>,
        family: u16,
    ) -> Self {
        drop(provider);
        let state = Mutex::new(State { context, table, ..State::default() });
        let (dispatch, category) = (Dispatch, None);
        Self { provider: None, id: number, family, registration: None, dispatch, category, state }
    }

    fn __setattr__(&self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let _ = value;
        Err(PyAttributeError::new_err(format!(
            "WSK_SOCKET: asked to write {name}; the provider owns a socket object; leave it [L-10]"
        )))
    }

    fn __delattr__(&self, name: &str) -> PyResult<()> {
        Err(PyAttributeError::new_err(format!(
            "WSK_SOCKET: asked to delete {name}; the provider owns a socket object; leave it [L-10]"
        )))
    }

    /// The functions that the socket has, and Dispatch.
    fn __dir__(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let mut names = vec!["Dispatch".to_owned()];
        if let Some(table) = &self.dispatch {
            for name in table.bind(py).dir()? {
                names.push(name.extract()?);
            }
        }
        names.retain(|name| name == "Dispatch" || name.starts_with("Wsk"));
        names.sort();
        Ok(names)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let kind = self.Dispatch(py).into_pyobject(py)?.get_type().name()?.to_string();
        let kind = kind.trim_start_matches("WSK_PROVIDER_").trim_end_matches("_DISPATCH");
        let state = self.provider.as_ref().map(|provider| provider.get().state(py, self.id));
        let state = state.transpose()?.unwrap_or("of nobody");
        Ok(format!("<WSK_SOCKET socket {}, {} {state}>", self.id, kind.to_lowercase()))
    }

    #[getter]
    fn Dispatch(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.dispatch.as_ref().map(|table| table.clone_ref(py))
    }

    #[getter]
    fn provider(&self, py: Python<'_>) -> Option<Py<Provider>> {
        self.provider.as_ref().map(|provider| provider.clone_ref(py))
    }

    #[getter]
    fn id(&self) -> u64 {
        self.id
    }

    #[getter(context)]
    fn shown_context(&self, py: Python<'_>) -> Py<PyAny> {
        self.context(py)
    }

    #[getter]
    fn table(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.state.lock().table.as_ref().map(|table| table.clone_ref(py))
    }

    #[getter]
    fn family(&self) -> u16 {
        self.family
    }

    #[getter]
    fn registration(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.registration.as_ref().map(|registration| registration.clone_ref(py))
    }

    /// Under which findings name it once it is closed.
    #[getter]
    fn handle(&self) -> u128 {
        self.handle_bits()
    }

    /// Fixes context and table of a socket that WskAcceptEvent shows, if the callback wrote them (L-7).
    pub(crate) fn settle(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let socket = slf.get();
        let state = socket.state.lock();
        let Some((context, table)) = &state.written else { return Ok(()) };
        let (context, table) = (context.bind(py).clone(), table.bind(py).clone());
        drop(state);
        let (context, table) = (Out::written(&context), Out::written(&table));
        let Some(provider) = Self::owner(slf) else { return Ok(()) };
        if context.is_none() && table.is_none() {
            return Ok(());
        }
        // What is no table at all is left, as one that does not belong there; the callback's return has it judged.
        let Some(supplied) = supplied(py, context.as_ref(), table.as_ref()) else { return Ok(()) };
        let mut belongs = false;
        with_table(provider, false, &supplied, |made, taken| {
            let door = |door: crate::provider::Door<'_>| {
                door.accept_written(socket.id, supplied.kind(), made)
            };
            let written = provider.get().with_door(py, door)?;
            belongs = written.is_some();
            *taken = written == Some(true);
            Ok(Status(crate::core::status::NtStatus::SUCCESS))
        })?;
        if belongs {
            let callbacks = supplied.table;
            let mut state = socket.state.lock();
            let before = (
                std::mem::replace(&mut state.context, context.map(Bound::unbind)),
                std::mem::replace(&mut state.table, table.map(Bound::unbind)),
                std::mem::replace(&mut state.callbacks, callbacks),
                state.written.take(),
            );
            drop(state);
            drop(before);
        }
        Ok(())
    }

    /// The application's callback of that name, None if its table has none.
    fn callback<'py>(&self, py: Python<'py>, name: &str) -> Option<Bound<'py, PyAny>> {
        self.named(py, name)
    }

    fn __getattr__(slf: &Bound<'_, Self>, name: &str) -> PyResult<Py<PyAny>> {
        Err(slf.get().lacks(slf.py(), name)?)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(provider) = &self.provider {
            visit.call(provider)?;
        }
        for one in [&self.registration, &self.dispatch].into_iter().flatten() {
            visit.call(one)?;
        }
        let Some(state) = self.state.try_lock() else { return Ok(()) };
        for one in [&state.context, &state.table].into_iter().flatten() {
            visit.call(one)?;
        }
        if let Some(callbacks) = &state.callbacks {
            visit.call(callbacks)?;
        }
        if let Some((context, table)) = &state.written {
            visit.call(context)?;
            visit.call(table)?;
        }
        state.refused.iter().flatten().try_for_each(|by| visit.call(by))
    }

    fn __clear__(&self) {
        let state = std::mem::take(&mut *self.state.lock());
        drop(state);
    }
}
