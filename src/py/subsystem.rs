//! Subsystem: the class that everything belongs to.

use crate::core::counters::Withheld;
use crate::core::error::Answer;
use crate::core::findings::{Finding, Found};
use crate::core::handle::SocketHandle;
use crate::core::irql::IrqlPolicy;
use crate::core::limits::MAX_SOCKETS;
use crate::core::random::Random;
use crate::core::subsystem::{Check, Options};
use crate::py::connection::Connection;
use crate::py::errors::{error, forked};
use crate::py::fleet::Fleet;
use crate::py::machine::Machine;
use crate::py::shared::Shared;
use crate::py::workers::Workers;
use crate::py::{arguments, connecting, driving, export, findings};
use crate::wsk::Policies;
use parking_lot::Mutex;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt};
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::Arc;

/// One simulated machine's WSK provider.
#[pyclass(frozen, weakref, subclass, module = "wsksim")]
pub(crate) struct Subsystem {
    pub(crate) shared: Arc<Shared>,
    /// Where abortive shares are drawn from.
    pub(crate) shares: Mutex<Random>,
}

impl Subsystem {
    /// The subsystem, unless it was closed or belongs to another process.
    pub(crate) fn usable(&self, py: Python<'_>) -> PyResult<&Arc<Shared>> {
        let shared = self.alive(py)?;
        if shared.core.is_shut() {
            let text = "asked to use a closed subsystem; make another one";
            return Err(error(py, "SubsystemClosedError", text));
        }
        Ok(shared)
    }

    /// The subsystem, closed or not, unless it belongs to another process.
    #[inline]
    pub(crate) fn alive(&self, py: Python<'_>) -> PyResult<&Arc<Shared>> {
        if self.shared.is_forked() { Err(forked(py)) } else { Ok(&self.shared) }
    }
}

#[pymethods]
impl Subsystem {
    #[new]
    #[pyo3(signature = (*, seed = None, check = "report", irql = "passive", max_sockets = None, max_pending = None, journal = false, black_box = None, remember_disconnects = true, graceful_after_data = true, set_dispatch_flag = true, always_pend = false, schedule = "fifo", window = 65536))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of a Python class")]
    fn new(
        seed: Option<&Bound<'_, PyAny>>,
        check: &str,
        irql: &str,
        max_sockets: Option<&Bound<'_, PyAny>>,
        max_pending: Option<&Bound<'_, PyAny>>,
        journal: bool,
        black_box: Option<&Bound<'_, PyAny>>,
        remember_disconnects: bool,
        graceful_after_data: bool,
        set_dispatch_flag: bool,
        always_pend: bool,
        schedule: &str,
        window: usize,
    ) -> PyResult<Self> {
        let seed = seed.map_or(Ok(0), |seed| arguments::count("seed", seed, u64::MAX))?;
        let max_sockets = max_sockets.map_or(Ok(MAX_SOCKETS as usize), |sockets| {
            arguments::socket_count("max_sockets", sockets)
        })?;
        let max_pending = max_pending
            .map(|edges| arguments::count("max_pending", edges, u64::MAX))
            .transpose()?;
        let options = Options {
            seed,
            check: arguments::check(check)?,
            irql: arguments::irql(irql)?,
            max_sockets: max_sockets as u32,
            max_pending,
            journal,
            remember_disconnects,
            set_dispatch_flag,
            black_box: black_box.map(|buffer| export::black_box(buffer)).transpose()?,
        };
        let shares = Mutex::new(Random::new(seed, 0));
        let schedule = arguments::schedule(schedule)?;
        let policies = Policies { graceful_after_data, always_pend, schedule, window };
        Ok(Self { shared: Arc::new(Shared::new(options, policies)), shares })
    }

    /// Where every random stream of this subsystem begins.
    #[getter]
    fn seed(&self) -> u64 {
        self.shared.core.options().seed
    }

    /// What a breach of the contract leads to.
    #[getter]
    fn check(&self) -> &'static str {
        match self.shared.core.options().check {
            Check::Off => "off",
            Check::Report => "report",
            Check::Raise => "raise",
        }
    }

    /// At which level indications run.
    #[getter]
    fn irql(&self) -> &'static str {
        match self.shared.core.options().irql {
            IrqlPolicy::Passive => "passive",
            IrqlPolicy::Dispatch => "dispatch",
            IrqlPolicy::Mixed => "mixed",
        }
    }

    /// Whether `close` was called.
    #[getter]
    fn closed(&self) -> bool {
        self.shared.core.is_shut()
    }

    /// How many sockets are open.
    #[getter]
    fn open_sockets(&self) -> u64 {
        self.shared.core.counts().open
    }

    /// The first findings, oldest first.
    #[getter]
    fn findings<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let kept = self.shared.core.findings();
        kept.iter().map(|finding| findings::to_python(py, &self.shared, finding)).collect()
    }

    /// How many findings were made, kept or not.
    #[getter]
    fn finding_count(&self) -> u64 {
        self.shared.core.counts().findings
    }

    /// Opens one established connection.
    #[pyo3(signature = (context = None, handler = None, *, enabled = true))]
    fn connect(
        slf: &Bound<'_, Self>,
        context: Option<&Bound<'_, PyAny>>,
        handler: Option<&Bound<'_, PyAny>>,
        enabled: bool,
    ) -> PyResult<Connection> {
        let py = slf.py();
        let shared = slf.get().usable(py)?;
        let none = py.None().into_bound(py);
        let context = context.unwrap_or(&none);
        let handle = connecting::connect(py, shared, context, handler, enabled)?;
        Ok(Connection::new(slf.clone().unbind(), handle))
    }

    /// Opens many established connections under one handler.
    #[pyo3(signature = (count, handler = None, *, contexts = None, enabled = true))]
    fn connect_many(
        slf: &Bound<'_, Self>,
        count: &Bound<'_, PyAny>,
        handler: Option<&Bound<'_, PyAny>>,
        contexts: Option<&Bound<'_, PyAny>>,
        enabled: bool,
    ) -> PyResult<Fleet> {
        let py = slf.py();
        let shared = slf.get().usable(py)?;
        let none = py.None().into_bound(py);
        let number = count.is_instance_of::<PyInt>() || count.hasattr("__index__")?;
        let (count, contexts) = match contexts {
            Some(contexts) => (arguments::socket_count("connect_many", count)?, contexts),
            None if number => (arguments::socket_count("connect_many", count)?, &none),
            // The contexts themselves say how many.
            None if count.len().is_ok() => (count.len()?, count),
            None => (arguments::socket_count("connect_many", count)?, &none),
        };
        let handles = connecting::connect_many(py, shared, count, handler, contexts, enabled)?;
        Ok(Fleet::new(slf.clone().unbind(), handles.into()))
    }

    /// The connection with this handle.
    fn connection(slf: &Bound<'_, Self>, handle: &Bound<'_, PyAny>) -> PyResult<Connection> {
        let py = slf.py();
        let shared = slf.get().alive(py)?;
        let bits: u128 = handle.extract().map_err(|_| {
            pyo3::exceptions::PyTypeError::new_err(format!(
                "connection: asked for handle {}; give Connection.handle",
                arguments::shown(handle)
            ))
        })?;
        if bits >> 64 != u128::from(shared.serial) {
            let text = format!(
                "connection: asked for handle {bits:#x}; it belongs to another subsystem; ask that one"
            );
            return Err(error(py, "ForeignHandleError", text));
        }
        let handle = SocketHandle::from_bits(bits as u64);
        shared.core.look(handle).map_err(|refusal| super::errors::to_py_err(py, refusal))?;
        Ok(Connection::new(slf.clone().unbind(), handle))
    }

    /// Indicates what is queued on this thread, oldest first.
    #[pyo3(signature = (limit = None))]
    fn dispatch(&self, py: Python<'_>, limit: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
        let limit =
            limit.map_or(Ok(u64::MAX), |limit| arguments::count("dispatch", limit, u64::MAX))?;
        driving::dispatch(py, self.usable(py)?, limit)
    }

    /// Drives from threads of its own while its `with` block runs.
    #[pyo3(signature = (count, *, spin_us = None))]
    fn workers(
        slf: &Bound<'_, Self>,
        count: &Bound<'_, PyAny>,
        spin_us: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Workers> {
        slf.get().usable(slf.py())?;
        let zero = PyInt::new(slf.py(), 0).into_any();
        Workers::new(slf.clone().unbind(), count, spin_us.unwrap_or(&zero))
    }

    /// The books: exact at every quiet point.
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = self.shared.core.counts();
        let books = PyDict::new(py);
        books.set_item("posted", kinds(py, counts.posted)?)?;
        books.set_item("indicated", kinds(py, counts.indicated)?)?;
        let withheld = PyDict::new(py);
        for (cause, name) in Withheld::ALL {
            withheld.set_item(name, counts.withheld[cause as usize])?;
        }
        books.set_item("withheld", withheld)?;
        let pending = PyDict::new(py);
        pending.set_item("queued", counts.queued)?;
        pending.set_item("held", counts.held)?;
        books.set_item("pending", pending)?;
        let refused = PyDict::new(py);
        for (answer, name) in [
            (Answer::Stale, "stale"),
            (Answer::Closed, "closed"),
            (Answer::Repeated, "repeated"),
            (Answer::Limit, "limit"),
        ] {
            refused.set_item(name, counts.refused[answer as usize])?;
        }
        books.set_item("refused", refused)?;
        books.set_item("findings", counts.findings)?;
        books.set_item("open_sockets", counts.open)?;
        Ok(books)
    }

    /// Takes the journal: (handle, Flags) of each indication since the last call, in order.
    fn take_journal(&self) -> PyResult<Vec<(u128, u32)>> {
        if !self.shared.core.options().journal {
            return Err(PyValueError::new_err(
                "take_journal: asked for the journal; none is kept; make Subsystem(journal=True)",
            ));
        }
        let entries = self.shared.core.take_journal();
        let user = |handle: SocketHandle| findings::user_handle(&self.shared, handle.bits());
        Ok(entries.into_iter().map(|(handle, flags)| (user(handle), flags)).collect())
    }

    /// The contract machine, made on first use.
    fn _machine(slf: &Bound<'_, Self>) -> PyResult<Py<Machine>> {
        slf.get().usable(slf.py())?.machine();
        Machine::new(slf.py(), slf.clone().unbind())
    }

    /// Who performs the contract machine's errands in a drive.
    #[pyo3(signature = (host, /))]
    fn _set_errand_host(&self, py: Python<'_>, host: Option<Py<PyAny>>) -> PyResult<()> {
        let shared = self.alive(py)?;
        let before = std::mem::replace(&mut *shared.errand_host.lock(), host);
        drop(before);
        Ok(())
    }

    /// Adds a finding of the layer above; gives it.
    #[pyo3(signature = (rule, condition, found, handle = 0, context = None))]
    fn _report<'py>(
        &self,
        py: Python<'py>,
        rule: String,
        condition: String,
        found: String,
        handle: u128,
        context: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let finding = Finding {
            rule: rule.into(),
            condition: condition.into(),
            found: Found::Text(found),
            handle: SocketHandle::from_bits(handle as u64),
            context: 0,
            context_text: Some(context.map_or_else(|| "None".to_owned(), arguments::shown)),
            edge_number: 0,
            flags: 0,
        };
        let shared = self.alive(py)?;
        shared.core.report(&finding);
        findings::to_python(py, shared, &finding)
    }

    /// The level of the disconnect handler that runs on this thread; 0 outside one.
    #[staticmethod]
    fn _handler_irql() -> u32 {
        crate::py::host::handler_irql()
    }

    /// Closes every connection and refuses new ones; closing again does nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let shared = self.alive(py)?;
        let mut done = Vec::new();
        py.detach(|| shared.core.shut(|index| done.push(index)));
        shared.bury(py, &done);
        Ok(())
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        slf.usable(slf.py())?;
        Ok(slf)
    }

    #[pyo3(signature = (kind, error, trace, /))]
    fn __exit__(
        &self,
        py: Python<'_>,
        kind: &Bound<'_, PyAny>,
        error: &Bound<'_, PyAny>,
        trace: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let _ = (kind, error, trace);
        self.close(py)
    }

    fn __repr__(&self) -> String {
        let counts = self.shared.core.counts();
        let state = if self.shared.core.is_shut() { "closed" } else { "open" };
        format!(
            "<Subsystem {state}, {} sockets, {} queued, {} held, seed {}>",
            counts.open,
            counts.queued,
            counts.held,
            self.shared.core.options().seed
        )
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(host) = self.shared.errand_host.try_lock()
            && let Some(host) = host.as_ref()
        {
            visit.call(host)?;
        }
        self.shared.tables.traverse(&visit)?;
        self.shared.owned.traverse(&visit)
    }

    fn __clear__(&self) {
        // No one can reach this subsystem any more: whatever its sockets own may go.
        self.shared.owned.clear();
        self.shared.tables.clear();
        let host = self.shared.errand_host.lock().take();
        drop(host);
    }
}

impl Drop for Subsystem {
    fn drop(&mut self) {
        // Never in a forked child: the objects belong to the parent's state of affairs.
        if !self.shared.is_forked() && !self.shared.core.is_driven() {
            self.shared.owned.clear();
            self.shared.tables.clear();
        }
    }
}

fn kinds<'py>(py: Python<'py>, counts: [u64; 2]) -> PyResult<Bound<'py, PyDict>> {
    let kinds = PyDict::new(py);
    kinds.set_item("graceful", counts[0])?;
    kinds.set_item("abortive", counts[1])?;
    Ok(kinds)
}
