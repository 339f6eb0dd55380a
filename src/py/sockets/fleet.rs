//! Fleet and FleetRemote: the two ends of many connections.

use crate::core::error::{Answer, CoreError};
use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::random::Share;
use crate::core::status::NtStatus;
use crate::core::subsystem::{Answers, Closing, Subsystem as Core};
use crate::py::sharing::holding::Holding;
use crate::py::sockets::connection::{Connection, answers, refusal_status};
use crate::py::sockets::selecting::{Chosen, Many};
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments::{self, Abortive, OFTEN};
use crate::py::values::export;
use crate::py::values::once::{self, Once};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple, PyType};
use pyo3::{IntoPyObjectExt, PyTraverseError, gc::PyVisit};
use std::sync::Arc;

/// Shared as the list that opening made, without a copy.
type Handles = Arc<Vec<SocketHandle>>;

const FLEET: Many = Many { name: "fleet", one: "connection" };

/// How often each status was answered, of the few that there are.
#[derive(Default)]
pub(crate) struct Statuses(Vec<(NtStatus, u64)>);

impl Statuses {
    pub(crate) fn add(&mut self, status: NtStatus) {
        match self.0.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => self.0.push((status, 1)),
        }
    }

    pub(crate) fn counter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        counter(py, self.0.iter().map(|(status, count)| (status.bits(), *count)))
    }
}

/// A `collections.Counter` of statuses, so that what did not occur counts 0.
fn counter<'py, K: IntoPyObject<'py>>(
    py: Python<'py>,
    counts: impl IntoIterator<Item = (K, u64)>,
) -> PyResult<Bound<'py, PyAny>> {
    static COUNTER: Once<Py<PyType>> = Once::new();
    let class = once::class(py, &COUNTER, "collections", "Counter")?;
    // Without `__init__`, which is Python code and would only add up nothing.
    let counter = class.getattr(intern!(py, "__new__"))?.call1((class,))?;
    for (key, count) in counts {
        counter.set_item(key, count)?;
    }
    Ok(counter)
}

/// Many connections under one handler. Made by `Subsystem.connect_many`.
///
/// `fleet[i]` is a `Connection`; a slice, a sequence or array of positions, or a mask of bools gives a
/// `Fleet` of those.
#[pyclass(frozen, weakref, module = "wsksim")]
pub(crate) struct Fleet {
    subsystem: Py<Subsystem>,
    handles: Handles,
}

impl Fleet {
    pub(crate) fn new(subsystem: Py<Subsystem>, handles: Handles) -> Self {
        Self { subsystem, handles }
    }

    fn connection(&self, py: Python<'_>, position: usize) -> Connection {
        Connection::new(self.subsystem.clone_ref(py), self.handles[position])
    }

    fn each(
        &self,
        py: Python<'_>,
        change: impl Fn(&Core, SocketHandle) -> Result<NtStatus, CoreError> + Sync,
    ) -> PyResult<Statuses> {
        let shared = self.subsystem.get().alive(py)?;
        let mut counts = Statuses::default();
        shared.in_bulk(py, self.handles.len(), |range| {
            for &handle in &self.handles[range] {
                counts.add(change(&shared.core, handle).unwrap_or_else(refusal_status));
            }
        })?;
        Ok(counts)
    }
}

#[pymethods]
impl Fleet {
    /// The subsystem it belongs to.
    #[getter]
    fn subsystem(&self, py: Python<'_>) -> Py<Subsystem> {
        self.subsystem.clone_ref(py)
    }

    /// The remote applications at the far ends.
    #[getter]
    fn remote(&self, py: Python<'_>) -> FleetRemote {
        FleetRemote { subsystem: self.subsystem.clone_ref(py), handles: Arc::clone(&self.handles) }
    }

    /// The handle of each connection.
    #[getter]
    fn handles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let shared = &self.subsystem.get().shared;
        let handles = PyList::empty(py);
        let mut holding = Holding::begin();
        let above = export::int(py, u64::from(shared.serial))?.lshift(64)?;
        for (position, handle) in self.handles.iter().enumerate() {
            if position % OFTEN == OFTEN - 1 {
                holding.pass(py)?;
            }
            handles.append(above.bitor(export::int(py, handle.bits())?)?)?;
        }
        Ok(py.get_type::<PyTuple>().call1((handles,))?.cast_into::<PyTuple>()?)
    }

    fn __len__(&self) -> usize {
        self.handles.len()
    }

    fn __getitem__<'py>(
        slf: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let fleet = slf.get();
        match FLEET.chosen(key, &fleet.handles)? {
            Chosen::One(position) => fleet.connection(py, position).into_bound_py_any(py),
            Chosen::Some(handles) => {
                let subsystem = fleet.subsystem.clone_ref(py);
                Self { subsystem, handles: handles.into() }.into_bound_py_any(py)
            }
        }
    }

    fn __iter__(slf: PyRef<'_, Self>) -> FleetIterator {
        let next = crate::core::sync::Mutex::new(0);
        FleetIterator { fleet: slf.into(), next }
    }

    /// Enables the event of each, as `Connection.enable`.
    ///
    /// Returns:
    ///     A `collections.Counter` of statuses.
    fn enable<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, Core::enable)?.counter(py)
    }

    /// Disables the event of each, as `Connection.disable`; a Counter of statuses.
    fn disable<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, Core::disable)?.counter(py)
    }

    /// Closes each, as `Connection.close`; a `collections.Counter` of statuses. What was closed before, such as by its
    /// handler, is no finding here.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let shared = self.subsystem.get().alive(py)?;
        let mut done = arguments::room("close", self.handles.len())?;
        let mut counts = Statuses::default();
        let interrupted = shared.in_bulk(py, self.handles.len(), |range| {
            for &handle in &self.handles[range] {
                // Every socket of ours is kept until it is buried, so none is spent here.
                let status = match shared.core.close(handle) {
                    Ok(closing) => {
                        if closing == Closing::Done {
                            done.push(handle.index);
                        }
                        closing.status()
                    }
                    Err(refusal) => refusal_status(refusal),
                };
                counts.add(status);
            }
        });
        shared.bury(py, &done);
        interrupted?;
        counts.counter(py)
    }

    fn __repr__(&self) -> String {
        format!("<Fleet of {} connections>", self.handles.len())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}

/// Walks a fleet, one connection at a time.
#[pyclass(frozen, module = "wsksim")]
pub(crate) struct FleetIterator {
    fleet: Py<Fleet>,
    next: crate::core::sync::Mutex<usize>,
}

#[pymethods]
impl FleetIterator {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> Option<Connection> {
        let fleet = self.fleet.get();
        let position = {
            let mut next = self.next.lock();
            *next += 1;
            *next - 1
        };
        (position < fleet.handles.len()).then(|| fleet.connection(py, position))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.fleet)
    }
}

/// The remote applications at the far ends of a fleet.
#[pyclass(frozen, weakref, module = "wsksim")]
pub(crate) struct FleetRemote {
    subsystem: Py<Subsystem>,
    handles: Handles,
}

impl FleetRemote {
    fn post<'py>(&self, py: Python<'py>, abortive: &Abortive) -> PyResult<Bound<'py, PyAny>> {
        let subsystem = self.subsystem.get();
        let shared = subsystem.alive(py)?;
        let core = &shared.core;
        let kind = |abortive| if abortive { Edge::Abortive } else { Edge::Graceful };
        let mut counts: Answers = [0; Answer::COUNT];
        shared.in_bulk(py, self.handles.len(), |range| {
            let handles = &self.handles[range.clone()];
            let more = match abortive {
                Abortive::Share(share) if *share == Share::NONE => {
                    core.post_many(handles, |_| Edge::Graceful)
                }
                Abortive::Share(share) if *share == Share::ALL => {
                    core.post_many(handles, |_| Edge::Abortive)
                }
                Abortive::Share(share) => {
                    let mut random = subsystem.shares.lock();
                    core.post_many(handles, |_| kind(random.happens(*share)))
                }
                Abortive::Each(flags) => {
                    core.post_many(handles, |position| kind(flags[range.start + position]))
                }
            };
            for (count, more) in counts.iter_mut().zip(more) {
                *count += more;
            }
        })?;
        let names = answers(py)?;
        let occurred = (0..Answer::COUNT).filter(|&answer| counts[answer] > 0);
        counter(py, occurred.map(|answer| (names[answer].clone_ref(py), counts[answer])))
    }
}

#[pymethods]
impl FleetRemote {
    fn __len__(&self) -> usize {
        self.handles.len()
    }

    /// Disconnects each, in order, some of them abortively.
    ///
    /// Args:
    ///     abortive: a share from 0.0 to 1.0, drawn per connection from the subsystem's seed; or one bool
    ///         or flag (0 or WSK_FLAG_ABORTIVE) each, as a sequence or a one-dimensional array of bools
    ///         or integers, shape (n,).
    ///
    /// Returns:
    ///     A `collections.Counter` of `Answer`.
    ///
    /// Raises:
    ///     ValueError, TypeError: not a share, not one flag each, or another flag (D-5).
    #[pyo3(signature = (abortive = None))]
    fn disconnect<'py>(
        &self,
        py: Python<'py>,
        abortive: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let abortive = match abortive {
            Some(abortive) => arguments::abortive(abortive, self.handles.len())?,
            None => Abortive::Share(Share::NONE),
        };
        self.post(py, &abortive)
    }

    /// Aborts each; a `collections.Counter` of `Answer`.
    fn abort<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.post(py, &Abortive::Share(Share::ALL))
    }

    /// Each goes away without a word: posts nothing.
    fn vanish(&self, py: Python<'_>) -> PyResult<()> {
        self.subsystem.get().alive(py).map(|_| ())
    }

    fn __repr__(&self) -> String {
        format!("<FleetRemote of {} connections>", self.handles.len())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}
