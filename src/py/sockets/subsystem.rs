//! Subsystem: the class that everything belongs to.

use crate::core::findings::Finding;
use crate::core::limits::MAX_SOCKETS;
use crate::core::random::Random;
use crate::core::subsystem::Options;
use crate::core::sync::Mutex;
use crate::py::drive::driving;
use crate::py::drive::workers::Workers;
use crate::py::keep::shared::Shared;
use crate::py::keep::{findings, shutting};
use crate::py::sockets::connecting;
use crate::py::sockets::connection::Connection;
use crate::py::sockets::fleet::Fleet;
use crate::py::sockets::ledger::{Ledger, alive};
use crate::py::values::errors::error;
use crate::py::values::options::{CHECKS, Given, LEVELS};
use crate::py::values::passing::PassOver;
use crate::py::values::{arguments, dying, export, options, places, rules};
use crate::py::wsk::provider::Provider;
use crate::wsk::Policies;
use pyo3::prelude::*;
use pyo3::types::PyInt;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// One simulated machine: its connections, their disconnect events, and the books.
///
/// It has no clock and starts no thread of its own. Remote ends post edges from any thread; a drive,
/// `dispatch()` or `workers(n)`, indicates them. May be used as a context manager, which closes it.
///
/// Args:
///     seed: int, 0 to 2**64-1. Where every random stream begins: shares and levels.
///     check: what a breach of the contract leads to. "report": a finding; "raise": a finding, and
///         `ContractError` from the call that drives; "off": it is only counted.
///     irql: level of the indications. "passive", "dispatch", or "mixed" (drawn from the seed).
///     max_sockets: int, at most 2**28. How many sockets may be open at a time.
///     max_pending: int or None. How many edges may wait at a time; one more is refused with LIMIT.
///     journal: keep a list of all indications for `take_journal`.
///     schedule: what comes next: "fifo", the oldest; "explore", drawn from the seed; "pct:N", random
///         priorities of sockets that change N times.
///     choices: what another subsystem's `choices` listed: decided instead of by the seed.
///     black_box: writable buffer of 128 bytes per worker that outlives the process (an mmap), where
///         each native call is written down before it is made; used by isolated runs.
///
/// Raises:
///     ValueError, TypeError: an argument is out of its range or of another type.
///
/// Rules: D-1 to D-9, D-21 to D-25, D-28; page nc-wsk-pfn_wsk_disconnect_event.
#[pyclass(frozen, weakref, subclass, extends = Ledger, module = "wsksim")]
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
        alive(py, &self.shared)
    }
}

#[pymethods]
impl Subsystem {
    #[new]
    #[pyo3(
        signature = (*, seed = Given::default(), check = Given::default(), irql = Given::default(), max_sockets = None, max_pending = None, journal = Given::default(), black_box = None, remember_disconnects = Given::default(), graceful_after_data = Given::default(), set_dispatch_flag = Given::default(), always_pend = Given::default(), completions = Given::default(), schedule = Given::default(), window = Given::default(), backlog = Given::default(), choices = None),
        text_signature = "(*, seed=0, check='report', irql='passive', max_sockets=None, max_pending=None, journal=False, black_box=None, remember_disconnects=True, graceful_after_data=True, set_dispatch_flag=True, always_pend=False, completions='inline', schedule='fifo', window=65536, backlog=200, choices=None)"
    )]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of a Python class")]
    fn new(
        py: Python<'_>,
        seed: Given<'_>,
        check: Given<'_>,
        irql: Given<'_>,
        max_sockets: Option<&Bound<'_, PyAny>>,
        max_pending: Option<&Bound<'_, PyAny>>,
        journal: Given<'_>,
        black_box: Option<&Bound<'_, PyAny>>,
        remember_disconnects: Given<'_>,
        graceful_after_data: Given<'_>,
        set_dispatch_flag: Given<'_>,
        always_pend: Given<'_>,
        completions: Given<'_>,
        schedule: Given<'_>,
        window: Given<'_>,
        backlog: Given<'_>,
        choices: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let options = Options {
            seed: seed.count("seed", 0, u64::MAX)?,
            check: check.word("check", &CHECKS)?,
            irql: irql.word("irql", &LEVELS)?,
            max_sockets: max_sockets.map_or(Ok(MAX_SOCKETS as usize), |sockets| {
                arguments::socket_count("max_sockets", sockets)
            })? as u32,
            max_pending: max_pending
                .map(|edges| arguments::count("max_pending", edges, u64::MAX))
                .transpose()?,
            journal: journal.switch("journal", false)?,
            remember_disconnects: remember_disconnects.switch("remember_disconnects", true)?,
            set_dispatch_flag: set_dispatch_flag.switch("set_dispatch_flag", true)?,
            schedule: options::schedule(&schedule)?,
            black_box: black_box.map(|buffer| export::black_box(buffer)).transpose()?,
            witness: black_box.and_then(dying::witness),
        };
        let policies = Policies {
            graceful_after_data: graceful_after_data.switch("graceful_after_data", true)?,
            completions: options::completions(&completions, &always_pend)?,
            window: options::window(&window)?,
            backlog: options::backlog(&backlog)?,
            plain: options::plain(),
        };
        let shares = Mutex::new(Random::new(options.seed, 0));
        let choices = options::choices(choices)?;
        let shared = Arc::new(Shared::new(py, options, policies, choices)?);
        Ok(PyClassInitializer::from(Ledger::of(&shared)).add_subclass(Self { shared, shares }))
    }

    /// Opens one established connection.
    ///
    /// Args:
    ///     context: SocketContext, handed unchanged to each call (O-9). Any object for a Python handler;
    ///         a 64-bit int for a batch handler; for a native handler None (NULL), an address, or a
    ///         ctypes object or writable buffer whose address it becomes.
    ///     handler: a callable (SocketContext, Flags) -> status, `batch_handler(f)`,
    ///         `native_handler(f)`, or None: then nothing can be enabled (O-7).
    ///     enabled: whether WSK_EVENT_DISCONNECT is enabled from the start.
    ///
    /// Returns:
    ///     A `Connection`. The context is kept alive until its close has completed (C-14).
    ///
    /// Raises:
    ///     TypeError, ValueError: handler or context cannot be used; `enabled` without handler (E-11).
    ///     LimitError: as many sockets as allowed are open.
    ///     SubsystemClosedError, ForkError: the subsystem cannot be used any more, or not here.
    ///
    /// Rules: L-9, L-11, E-1, E-11, C-14; page nc-wsk-pfn_wsk_socket_connect.
    #[pyo3(signature = (context = None, handler = None, *, enabled = Given::default()), text_signature = "($self, context=None, handler=None, *, enabled=True)")]
    fn connect(
        slf: &Bound<'_, Self>,
        context: Option<&Bound<'_, PyAny>>,
        handler: Option<&Bound<'_, PyAny>>,
        enabled: Given<'_>,
    ) -> PyResult<Connection> {
        let py = slf.py();
        let shared = slf.get().usable(py)?;
        let none = py.None().into_bound(py);
        let context = context.unwrap_or(&none);
        let enabled = enabled.switch("connect(enabled=…)", true)?;
        let handle = connecting::connect(py, shared, context, handler, enabled)?;
        Ok(Connection::new(slf.clone().unbind(), handle))
    }

    /// Opens many established connections under one handler, all or none.
    ///
    /// Args:
    ///     count: int, 0 to 2**28; or the contexts themselves, which then say how many.
    ///     handler: as in `connect`.
    ///     contexts: for a Python handler None (the ints 0 to count-1), a sequence of `count` objects, or
    ///         a callable index -> object. For a batch handler None or `count` 64-bit ints. For a native
    ///         handler None (all NULL), `count` addresses (an array of 64-bit ints, 0 is NULL), or a
    ///         ctypes array or writable buffer of `count` items, whose addresses they become.
    ///     enabled: as in `connect`.
    ///
    /// Returns:
    ///     A `Fleet` in the order of the contexts.
    ///
    /// Raises:
    ///     As `connect`; ValueError also if there are not `count` contexts. MemoryError: no memory.
    #[pyo3(signature = (count, handler = None, *, contexts = None, enabled = Given::default()), text_signature = "($self, count, handler=None, *, contexts=None, enabled=True)")]
    fn connect_many(
        slf: &Bound<'_, Self>,
        count: &Bound<'_, PyAny>,
        handler: Option<&Bound<'_, PyAny>>,
        contexts: Option<&Bound<'_, PyAny>>,
        enabled: Given<'_>,
    ) -> PyResult<Fleet> {
        let py = slf.py();
        let shared = slf.get().usable(py)?;
        let none = py.None().into_bound(py);
        // An array has `__index__` too, but also a length.
        let number = count.is_instance_of::<PyInt>()
            || count.hasattr("__index__")? && !count.hasattr("__len__")?;
        let (count, contexts) = match contexts {
            Some(contexts) => (arguments::socket_count("connect_many", count)?, contexts),
            None if number => (arguments::socket_count("connect_many", count)?, &none),
            // The contexts themselves say how many.
            None if count.len().pass_over(py).is_some() => (count.len()?, count),
            None => (arguments::socket_count("connect_many", count)?, &none),
        };
        let enabled = enabled.switch("connect_many(enabled=…)", true)?;
        let handles = connecting::connect_many(py, shared, count, handler, contexts, enabled)?;
        Ok(Fleet::new(slf.clone().unbind(), handles.into()))
    }

    /// Finds an open connection by its handle.
    ///
    /// Raises:
    ///     StaleHandleError: it is closed, or its slot holds another connection by now.
    ///     ForeignHandleError: the handle belongs to another subsystem.
    ///     TypeError: no handle.
    fn connection(slf: &Bound<'_, Self>, handle: &Bound<'_, PyAny>) -> PyResult<Connection> {
        let shared = slf.get().alive(slf.py())?;
        Ok(Connection::new(slf.clone().unbind(), connecting::find(shared, handle)?))
    }

    /// Indicates what is queued on this thread until nothing is or `limit` calls were made: oldest first, or in
    /// the order that `schedule` and the seed, or `choices`, decide.
    ///
    /// Edges that handlers post meanwhile are included. Native handlers run without the GIL. A wrong
    /// answer or an exception of a handler is a finding (D-8) and stops nothing; KeyboardInterrupt and
    /// SystemExit end the drive and are raised, and what was not begun stays queued.
    ///
    /// Args:
    ///     limit: int >= 0, or None for no limit.
    ///
    /// Returns:
    ///     How many calls were made.
    ///
    /// Raises:
    ///     DriveError: another drive runs, or this is a callback (D-10).
    ///     ContractError: a breach, with check="raise".
    ///     SubsystemClosedError, ForkError: the subsystem cannot be used any more, or not here.
    #[pyo3(signature = (limit = None))]
    fn dispatch(&self, py: Python<'_>, limit: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
        let limit =
            limit.map_or(Ok(u64::MAX), |limit| arguments::count("dispatch", limit, u64::MAX))?;
        driving::dispatch(py, self.usable(py)?, limit)
    }

    /// Drives from threads of its own while its `with` block runs.
    ///
    /// Left normally, the block first empties the queue; left by an exception or Ctrl-C, it stops after
    /// the running calls, and what is queued stays pending. Callbacks of one socket never overlap,
    /// those of different sockets may (D-24).
    ///
    /// Args:
    ///     count: int, 1 to 256. Python handlers share the GIL and gain nothing from more than one.
    ///     spin_us: int, 0 to 1,000,000. How many microseconds a thread looks for work before it sleeps.
    ///
    /// Raises:
    ///     On entering: DriveError, as `dispatch`, or because choices were given, which threads cannot make
    ///     again. On leaving: what a handler stopped the drive with.
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

    /// Python's view of the provider, whose application a drive serves.
    #[pyo3(signature = (provider, /))]
    fn _set_provider(&self, py: Python<'_>, provider: Py<Provider>) -> PyResult<()> {
        let shared = self.alive(py)?;
        let before = shared.application.lock().replace(provider);
        drop(before);
        Ok(())
    }

    /// Adds a finding that the caller's nearest line is to blame for; returns it. `advice`: what to do, if the rule's own
    /// does not fit; `note`: it accuses nobody; `culprit`: a callable that is to blame instead.
    #[pyo3(signature = (rule, found, *, advice = None, note = false, culprit = None))]
    fn _report<'py>(
        &self,
        py: Python<'py>,
        rule: &str,
        found: String,
        advice: Option<String>,
        note: bool,
        culprit: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let shared = self.alive(py)?;
        let finding = findings::of_caller(py, rules::named(rule)?, found, advice, note);
        let finding = match culprit {
            Some(culprit) => Finding { place: places::of_callable(culprit), ..finding },
            None => finding,
        };
        shared.core.report(finding.clone());
        findings::to_python(py, shared, &finding)
    }

    /// Whether this process is a forked child of the one that made the subsystem.
    #[getter]
    fn _is_forked(&self) -> bool {
        self.shared.is_forked()
    }

    /// Whether a handler raised SystemExit.
    fn _handler_left(&self) -> bool {
        // Relaxed: asked when the drive has ended.
        self.shared.left.load(Ordering::Relaxed)
    }

    /// Closes every connection and socket and refuses new ones; closing again only completes what is
    /// left over from an interrupt.
    ///
    /// Never waits. Queued and held edges are withheld as "closed" (D-25); a running call's socket is
    /// closed when the call has returned (C-13). Pending IRPs complete with STATUS_CANCELLED (C-9, C-10),
    /// here or, from inside a callback, when it has returned; afterwards WSK functions are refused
    /// with STATUS_DEVICE_NOT_READY.
    ///
    /// Raises:
    ///     ContractError: a completion routine's breach, with check="raise"; when all is completed.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        shutting::close(py, self.alive(py)?)
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
        if self.shared.is_forked() { Ok(()) } else { self.close(py) }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(application) = self.shared.application.try_lock()
            && let Some(provider) = application.as_ref()
        {
            visit.call(provider)?;
        }
        self.shared.tables.traverse(&visit)?;
        self.shared.owned.traverse(&visit)
    }

    fn __clear__(&self) {
        // No one can reach this subsystem any more: whatever its sockets own may go.
        self.shared.owned.clear();
        self.shared.tables.clear();
        let provider = self.shared.application.lock().take();
        drop(provider);
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
