//! IRP: Python's view on an IRP: its routine, and the members that an application reads and writes.

use crate::core::status::NtStatus;
use crate::core::sync::Mutex;
use crate::provider::{Done, Flight, Irp as Record, Misuse, Moment, Switches};
use crate::py::values::places::{self, Spot};
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::crossings;
use crate::py::wsk::deliver::Information;
use crate::py::wsk::irp_view::{Routine, Shown, View};
use crate::py::wsk::provider::Provider;
use crate::py::wsk::status_block::StatusBlock;
use crate::py::wsk::stopping::ended;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::Arc;
use std::time::Duration;

/// One IRP; the base of `wsksim.wsk.IRP`.
#[pyclass(frozen, subclass, weakref, module = "wsksim._native")]
pub(crate) struct Irp {
    record: Arc<Record>,
    view: Mutex<View>,
}

impl Irp {
    pub(crate) fn record(&self) -> &Arc<Record> {
        &self.record
    }

    /// A request begins: `IoStatus` is a new block, and findings are its provider's from here on.
    pub(crate) fn began(&self, owner: Option<Py<Provider>>) {
        let before = self.view.lock().begin(owner);
        drop(before);
    }

    /// A request is completed: the block that it began with is back, whatever the application put there.
    pub(crate) fn completed(
        &self,
        py: Python<'_>,
        status: NtStatus,
        information: Information,
        done: &Done<'_>,
    ) -> PyResult<()> {
        let mut view = self.view.lock();
        view.pending_returned = done.pending;
        if !done.runs {
            view.pending_marked = done.pending;
        }
        let (block, information, before) = view.end(py, status, information);
        drop(view);
        drop(before);
        block.map_or(Ok(()), |block| StatusBlock::write(block.bind(py), status, information))
    }

    pub(crate) fn routine(&self) -> Option<Routine> {
        self.view.lock().routine.clone()
    }

    /// Who the last request was made to.
    pub(crate) fn owner(&self, py: Python<'_>) -> Option<Py<Provider>> {
        self.view.lock().owner.as_ref().map(|owner| owner.clone_ref(py))
    }

    /// Tells everyone who waits for a request that it is over.
    pub(crate) fn tell(&self, py: Python<'_>, flight: &Arc<Flight>) -> PyResult<()> {
        let mut view = self.view.lock();
        if view.watchers.is_empty() {
            return Ok(());
        }
        let all = std::mem::take(&mut view.watchers);
        let (told, left) = all.into_iter().partition(|(of, _)| of == flight);
        view.watchers = left;
        drop(view);
        let told: Vec<(Arc<Flight>, Py<PyAny>)> = told;
        told.iter().try_for_each(|(_, watcher)| {
            crossings::outward();
            watcher.bind(py).call0().map(|_| ())
        })
    }

    /// What is wrong with the IRP is a finding of whom it was last given to (I-3).
    fn misused(&self, py: Python<'_>, caller: &str, misuse: &Misuse) -> PyResult<()> {
        let Some(owner) = self.owner(py) else { return Ok(()) };
        let mut app = PythonApplication::new(py, Some(owner.bind(py)));
        ended(app.misused(caller, misuse, self.spot(py, misuse.before)))
    }

    /// Prepares it for its next request, with its standing routine.
    pub(crate) fn reuse(&self, py: Python<'_>, status: NtStatus) -> PyResult<()> {
        if let Err(misuse) = self.record.reuse() {
            return self.misused(py, "IoReuseIrp", &misuse);
        }
        let mut view = self.view.lock();
        let standing = view.standing.clone();
        let before = std::mem::replace(&mut view.routine, standing);
        let block = std::mem::replace(&mut view.status, Shown::of(status));
        view.pending_returned = false;
        view.pending_marked = false;
        drop(view);
        drop((before, block));
        Ok(())
    }

    /// The request that has it pends: this is the line that began it.
    pub(crate) fn begun_here(&self, py: Python<'_>) {
        let spot = places::spot(py);
        let before = std::mem::replace(&mut self.view.lock().begun, spot);
        drop(before);
    }

    /// The line of a moment, if there was one.
    pub(crate) fn spot(&self, py: Python<'_>, moment: Moment) -> Option<Spot> {
        let view = self.view.lock();
        let spot = if moment == Moment::Freed { &view.freed } else { &view.begun };
        spot.as_ref().map(|spot| spot.clone_ref(py))
    }

    /// Nothing can end the wait for the last request (I-12).
    pub(crate) fn report_endless(&self, py: Python<'_>) -> PyResult<()> {
        let (Some(flight), Some(owner)) = (self.record.last(), self.owner(py)) else {
            return Ok(());
        };
        let owner = owner.bind(py);
        let mut app = PythonApplication::new(py, Some(owner));
        ended(owner.get().with_door(py, |door| door.report_endless(&mut app, &flight))?)
    }

    fn own(routine: Option<(Py<PyAny>, Py<PyAny>)>) -> Option<Routine> {
        routine.map(|routine| Routine::Own(Arc::new(routine)))
    }
}

#[pymethods]
#[allow(non_snake_case, reason = "Microsoft's names")]
impl Irp {
    #[new]
    #[pyo3(signature = (CompletionRoutine = None, Context = None, *, standing = true))]
    fn new(
        py: Python<'_>,
        CompletionRoutine: Option<Bound<'_, PyAny>>,
        Context: Option<Py<PyAny>>,
        standing: bool,
    ) -> PyResult<Self> {
        let (routine, context) = (CompletionRoutine, Context);
        if let Some(routine) = routine.as_ref().filter(|routine| !routine.is_callable()) {
            let kind = routine.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "IRP: asked for a callable (DeviceObject, Irp, Context); found {kind}; pass a function"
            )));
        }
        let context = context.unwrap_or_else(|| py.None());
        let routine = match routine {
            Some(routine) => Self::own(Some((routine.unbind(), context))),
            None => Some(Routine::Signal),
        };
        let routine = routine.filter(|_| standing);
        let view = View {
            standing: routine.clone(),
            routine,
            status: Shown::of(NtStatus::SUCCESS),
            block: None,
            under_way: false,
            pending_returned: false,
            pending_marked: false,
            stack_count: 1,
            begun: None,
            freed: None,
            owner: None,
            watchers: Vec::new(),
        };
        Ok(Self { record: Arc::new(Record::new(standing)), view: Mutex::new(view) })
    }

    #[getter]
    fn IoStatus(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (status, information) = match &self.view.lock().status {
            Shown::Block(block) => return Ok(block.clone_ref(py)),
            Shown::Values(status, information) => (*status, information.copy(py)),
        };
        let block = StatusBlock::of(py, status, information)?;
        // Making it may have run other code.
        let (block, before) = self.view.lock().show(py, block);
        drop(before);
        Ok(block)
    }

    #[setter]
    fn set_IoStatus(&self, status: Py<PyAny>) {
        let before = std::mem::replace(&mut self.view.lock().status, Shown::Block(status));
        drop(before);
    }

    #[getter]
    fn Cancel(&self) -> bool {
        self.record.is_cancelled()
    }

    #[setter]
    fn set_Cancel(&self, cancel: bool) {
        self.record.set_cancelled(cancel);
    }

    #[getter]
    fn PendingReturned(&self) -> bool {
        self.view.lock().pending_returned
    }

    #[setter]
    fn set_PendingReturned(&self, pending: bool) {
        self.view.lock().pending_returned = pending;
    }

    #[getter]
    fn pending_marked(&self) -> bool {
        self.view.lock().pending_marked
    }

    #[setter]
    fn set_pending_marked(&self, pending: bool) {
        self.view.lock().pending_marked = pending;
    }

    #[getter]
    fn StackCount(&self) -> u32 {
        self.view.lock().stack_count
    }

    #[setter]
    fn set_StackCount(&self, count: u32) {
        self.view.lock().stack_count = count;
    }

    /// Whether a request is under way with this IRP.
    #[getter]
    fn in_use(&self) -> bool {
        self.record.in_use()
    }

    /// Whether the last request is over and its completion routine has returned.
    #[getter]
    fn is_completed(&self) -> bool {
        self.record.last().is_some_and(|flight| flight.is_over())
    }

    #[getter]
    fn _fresh(&self) -> bool {
        self.record.is_fresh()
    }

    #[getter]
    fn _freed(&self) -> bool {
        self.record.is_freed()
    }

    /// The function of the last request; None if there was none.
    #[getter]
    fn _function(&self) -> Option<&'static str> {
        self.record.last().map(|flight| flight.function.name)
    }

    /// The subsystem that the last request was made to; None if there was none.
    #[getter]
    fn _subsystem(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.owner(py).map(|owner| owner.get().subsystem.clone_ref(py).into_any())
    }

    fn _set_from_above(&self) {
        self.record.set_from_above();
    }

    fn _set_routine(
        &self,
        py: Python<'_>,
        caller: &str,
        routine: Option<(Py<PyAny>, Py<PyAny>)>,
        switches: (bool, bool, bool),
    ) -> PyResult<()> {
        let (success, error, cancel) = switches;
        let changed =
            self.record.set_routine(routine.is_some(), Switches { success, error, cancel });
        match changed {
            Ok(()) => {
                let routine = Self::own(routine);
                let before = std::mem::replace(&mut self.view.lock().routine, routine);
                drop(before);
                Ok(())
            }
            Err(misuse) => self.misused(py, caller, &misuse),
        }
    }

    fn _free(&self, py: Python<'_>, caller: &str) -> PyResult<()> {
        if let Err(misuse) = self.record.free() {
            return self.misused(py, caller, &misuse);
        }
        let mut view = self.view.lock();
        let routines = (view.routine.take(), view.standing.take());
        drop(view);
        drop(routines);
        let spot = places::spot(py);
        self.view.lock().freed = spot;
        Ok(())
    }

    fn _cancel(&self, py: Python<'_>, caller: &str) -> PyResult<bool> {
        let flight = match self.record.cancel() {
            Ok(flight) => flight,
            Err(misuse) => return self.misused(py, caller, &misuse).map(|()| false),
        };
        let (Some(flight), Some(owner)) = (flight, self.owner(py)) else { return Ok(false) };
        let owner = owner.bind(py).get();
        owner.with_door(py, |door| door.cancel(&flight))
    }

    fn _mark_pending(&self, py: Python<'_>, caller: &str) -> PyResult<()> {
        if let Err(misuse) = self.record.check_there() {
            return self.misused(py, caller, &misuse);
        }
        self.view.lock().pending_marked = true;
        Ok(())
    }

    /// Whether this thread may wait for the last request (D-10, Q-3); if not, that is a finding.
    fn _may_wait(&self, py: Python<'_>, what: &str) -> PyResult<bool> {
        let socket = self.record.last().map_or(0, |flight| flight.socket);
        let owner = self.owner(py);
        let owner = owner.as_ref().map(|owner| owner.bind(py));
        ended(PythonApplication::new(py, owner).may_wait(what, socket))
    }

    /// Whether the last request waits and nothing will drive its subsystem any more: it will not complete.
    fn _is_stuck(&self, py: Python<'_>) -> PyResult<bool> {
        let Some(flight) = self.record.last() else { return Ok(false) };
        let Some(owner) = self.owner(py) else { return Ok(!flight.is_over()) };
        let owner = owner.bind(py).get();
        owner.with_door(py, |door| door.core().is_shut() && !door.is_completing(&flight))
    }

    /// Waits until the last request is over, at most so many seconds; whether it is.
    fn _sleep(&self, py: Python<'_>, seconds: f64) -> bool {
        let Some(flight) = self.record.last() else { return false };
        if seconds <= 0.0 || flight.is_over() {
            return flight.is_over();
        }
        let limit = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        py.detach(|| flight.wait(limit))
    }

    /// Has `watcher` called once the last request is over, at once if it is.
    fn _watch(&self, watcher: Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(flight) = self.record.last() {
            let mut view = self.view.lock();
            if !flight.is_over() {
                view.watchers.push((flight, watcher.unbind()));
                return Ok(());
            }
        }
        watcher.call0().map(|_| ())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.view.try_lock().map_or(Ok(()), |view| view.visit(&visit))
    }

    fn __clear__(&self) {
        let mut view = self.view.lock();
        let gone = (view.routine.take(), view.standing.take(), view.owner.take());
        let watchers = std::mem::take(&mut view.watchers);
        drop(view);
        drop((gone, watchers));
    }
}
