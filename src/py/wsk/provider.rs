//! Provider: one subsystem's provider, as Python has it: the way to it, and what tests ask of the machine. The
//! classes of functions build on it.

use crate::core::ledger::Ledger;
use crate::core::sync::Mutex;
use crate::provider::Door;
use crate::py::keep::findings::user_handle;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::once::{self, Once};
use crate::py::wsk::application::Lent;
use crate::py::wsk::crossings;
use crate::py::wsk::irp::Irp;
use crate::py::wsk::socket::{Birth, Socket};
use crate::wsk::Turn;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::time::{Duration, Instant};

/// How long a wait goes without looking for signals (R18).
const NAP: Duration = Duration::from_millis(10);

/// One subsystem's provider; the base of `wsksim.wsk.objects.provider.Provider`.
#[pyclass(frozen, subclass, weakref, module = "wsksim._native")]
pub(crate) struct Provider {
    pub(crate) subsystem: Py<Subsystem>,
    /// What Python lent for requests that are under way, by their numbers.
    lent: Mutex<Ledger<Lent>>,
    /// The object of every socket that is not closed yet, by its number.
    sockets: Mutex<Ledger<Py<Socket>>>,
}

/// The table of each category (1.3).
static TABLES: Once<Vec<Py<PyAny>>> = Once::new();

impl Provider {
    /// Calls the provider, and lets go of what it needs no more.
    pub(crate) fn with_door<T>(
        &self,
        py: Python<'_>,
        act: impl FnOnce(Door<'_>) -> T,
    ) -> PyResult<T> {
        crossings::inward();
        let shared = self.subsystem.get().alive(py)?;
        let provider = shared.provider();
        let result = act(provider.on(&shared.core));
        shared.let_go(py, provider.machine());
        Ok(result)
    }

    /// A provider without requests.
    pub(crate) fn made(subsystem: Py<Subsystem>) -> Self {
        Self { subsystem, lent: Mutex::default(), sockets: Mutex::default() }
    }

    fn turn<T>(&self, py: Python<'_>, act: impl FnOnce(&mut Turn<'_>) -> T) -> PyResult<T> {
        self.with_door(py, |door| door.turn(act))
    }

    pub(crate) fn lend(&self, number: u64, lent: Lent) {
        let before = self.lent.lock().insert(number, lent);
        drop(before);
    }

    /// A request that waits keeps objects until it is completed, so that no other gets the number of one.
    pub(crate) fn keep(&self, number: u64, memory: Vec<Py<PyAny>>) {
        if let Some(lent) = self.lent.lock().get_mut(number) {
            lent.memory = memory;
        }
    }

    /// The IRP of a request that is under way.
    pub(crate) fn irp_of<'py>(&self, py: Python<'py>, number: u64) -> Option<Bound<'py, Irp>> {
        self.lent.lock().get(number).map(|lent| lent.irp.bind(py).clone())
    }

    pub(crate) fn take_back(&self, number: u64) -> Option<Lent> {
        self.lent.lock().remove(number)
    }

    /// The object of a socket, unless its close is complete.
    pub(crate) fn socket<'py>(&self, py: Python<'py>, number: u64) -> Option<Bound<'py, Socket>> {
        self.sockets.lock().get(number).map(|socket| socket.bind(py).clone())
    }

    /// A socket's close is complete, or WskAcceptEvent refused it.
    pub(crate) fn forget(&self, number: u64) {
        let gone = self.sockets.lock().remove(number);
        drop(gone);
    }

    /// Makes the object of a socket that the machine has.
    pub(crate) fn born<'py>(
        py: Python<'py>,
        category: u32,
        birth: Birth,
    ) -> PyResult<Bound<'py, Socket>> {
        let tables = once::kept(py, &TABLES, || {
            py.import("wsksim.wsk.functions.tables")?.getattr("TABLES")?.extract()
        })?;
        // WskSocket's Flags name a category by a power of two, or 0 (1.3).
        let place = if category == 0 { 0 } else { category.trailing_zeros() as usize + 1 };
        let table = tables.get(place).map(|table| table.clone_ref(py));
        let (number, provider) = (birth.id, birth.provider.clone_ref(py));
        let made = Socket::born(py, birth, table, place)?;
        let before = provider.get().sockets.lock().insert(number, made.clone().unbind());
        drop(before);
        Ok(made)
    }
}

#[pymethods]
impl Provider {
    /// The subsystem.
    #[getter]
    fn subsystem(&self, py: Python<'_>) -> Py<Subsystem> {
        self.subsystem.clone_ref(py)
    }

    /// A counter that moves whenever a blocked capture or deregister may see something new.
    #[getter]
    fn changes(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.subsystem.get().alive(py)?.provider().machine().changes())
    }

    /// Waits until `changes` differs from `seen`, at most so many milliseconds; returns it.
    #[pyo3(signature = (seen, timeout_ms = None))]
    fn wait_change(&self, py: Python<'_>, seen: u64, timeout_ms: Option<u64>) -> PyResult<u64> {
        let limit = timeout_ms.map(Duration::from_millis);
        let machine = self.subsystem.get().alive(py)?.provider().machine();
        let began = Instant::now();
        loop {
            let left = limit.map_or(NAP, |limit| limit.saturating_sub(began.elapsed()));
            let now = py.detach(|| machine.wait_change(seen, NAP.min(left)));
            if now != seen || limit.is_some_and(|limit| began.elapsed() >= limit) {
                return Ok(now);
            }
            py.check_signals()?;
        }
    }

    /// The state of a socket, as the contract writes it.
    pub(crate) fn state(&self, py: Python<'_>, socket: u64) -> PyResult<&'static str> {
        self.turn(py, |turn| turn.state(socket).map_or("CLOSED", |state| state.name()))
    }

    /// The events that are enabled on a socket, however that came (E-2).
    fn enabled_events(&self, py: Python<'_>, socket: u64) -> PyResult<u32> {
        self.turn(py, |turn| turn.enabled_events(socket))
    }

    /// How often each transition of section 3.3 was made.
    fn transitions(&self, py: Python<'_>) -> PyResult<Vec<(&'static str, &'static str, u64)>> {
        let made = self.turn(py, |turn| turn.transitions())?;
        Ok(made.into_iter().map(|(from, to, count)| (from.name(), to.name(), count)).collect())
    }

    /// What has not come to an end, by name: requests, errands, running calls, unread bytes, calls inside functions.
    fn pending<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let books = PyDict::new(py);
        for (name, count) in self.turn(py, |turn| turn.pending())? {
            books.set_item(name, count)?;
        }
        let (flights, calls) = self.with_door(py, |door| door.under_way())?;
        books.set_item("flights", flights.len())?;
        books.set_item("calls", calls)?;
        Ok(books)
    }

    /// The handle of the connection behind a socket; 0 if there is none.
    pub(crate) fn handle(&self, py: Python<'_>, socket: u64) -> PyResult<u128> {
        let handle = self.turn(py, |turn| turn.handle(socket))?;
        let shared = &self.subsystem.get().shared;
        Ok(handle.map_or(0, |handle| user_handle(shared, handle.bits())))
    }

    /// Makes the object of a socket that the machine has.
    fn make<'py>(
        slf: &Bound<'py, Self>,
        number: u64,
        category: u32,
        context: Option<Py<PyAny>>,
        table: Option<Py<PyAny>>,
        family: u16,
        registration: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, Socket>> {
        let provider = slf.clone().unbind();
        let birth = Birth { provider, id: number, family, registration, context, table };
        Self::born(slf.py(), category, birth)
    }

    /// The object of every socket that is not closed yet, by its number.
    #[getter]
    fn sockets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let sockets = PyDict::new(py);
        let all: Vec<_> = {
            let known = self.sockets.lock();
            known.iter().map(|(number, socket)| (number, socket.clone_ref(py))).collect()
        };
        for (number, socket) in all {
            sockets.set_item(number, socket)?;
        }
        Ok(sockets)
    }

    /// Lets go of every socket's object.
    fn forget_sockets(&self) {
        let gone = std::mem::take(&mut *self.sockets.lock());
        drop(gone);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)?;
        if let Some(sockets) = self.sockets.try_lock() {
            sockets.values().try_for_each(|socket| visit.call(socket))?;
        }
        let Some(lent) = self.lent.try_lock() else { return Ok(()) };
        for one in lent.values() {
            visit.call(&one.irp)?;
            one.deliver.visit(&visit)?;
            one.memory.iter().try_for_each(|one| visit.call(one))?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        let gone =
            (std::mem::take(&mut *self.lent.lock()), std::mem::take(&mut *self.sockets.lock()));
        drop(gone);
    }
}
