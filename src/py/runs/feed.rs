//! Feed: a source's events as the sockets of a subsystem in Python, with their contexts.

use crate::core::findings::Subject;
use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::subsystem::Subsystem as Core;
use crate::py::runs::capture::{CaptureReader, RECORDS};
use crate::py::runs::storm_results::{histograms, noise, times};
use crate::py::sockets::connecting;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments;
use crate::source::{Connector, Endpoint, Feed, Origin};
use crate::storm::Timing;
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use pyo3::{PyTraverseError, gc::PyVisit, intern};

/// Opens the connections of a capture and posts their edges. The caller (`wsksim.runs.replay`) decides what a close has
/// to wait for, and when to dispatch.
#[pyclass(module = "wsksim")]
pub(crate) struct CaptureFeed {
    feed: Feed,
    reader: Py<CaptureReader>,
    connections: Connections,
}

/// Connections whose edges can be timed.
const TIMED: usize = 1 << 20;

/// How the connections of a feed are opened.
struct Connections {
    subsystem: Py<Subsystem>,
    handler: Py<PyAny>,
    /// What makes the contexts; without it each is a dict of the connection's number and ends.
    contexts: Option<Py<PyAny>>,
    /// The time of the capture that is instant 0, and how fast its time goes; nothing unless times are measured.
    pace: Option<(i64, f64)>,
}

/// A row of the trace: number of the file, packet, time, local end, remote end, flags, the connection's name.
type Row = (usize, u64, i64, String, String, u32, String);

#[pymethods]
impl CaptureFeed {
    #[new]
    #[pyo3(signature = (subsystem, reader, handler, contexts, /, *, singly = false))]
    fn new(
        subsystem: &Bound<'_, Subsystem>,
        reader: &Bound<'_, CaptureReader>,
        handler: &Bound<'_, PyAny>,
        contexts: Option<Py<PyAny>>,
        singly: bool,
    ) -> Self {
        let journal = subsystem.get().shared.core.options().journal;
        let (subsystem, handler) = (subsystem.clone().unbind(), handler.clone().unbind());
        Self {
            feed: Feed::new(singly, journal),
            reader: reader.clone().unbind(),
            connections: Connections { subsystem, handler, contexts, pace: None },
        }
    }

    /// Has service and response measured, with time going `factor` times as fast as in the capture.
    fn time(&mut self, py: Python<'_>, factor: f64) -> PyResult<()> {
        let shared = self.connections.subsystem.get().alive(py)?;
        let timing = Timing::new(TIMED, 1);
        let timing =
            timing.ok_or_else(|| PyMemoryError::new_err("replay: no memory to time it"))?;
        if shared.timing.set(timing).is_err() {
            return Err(PyValueError::new_err("replay: this subsystem times a storm already"));
        }
        self.connections.pace = Some((0, factor));
        Ok(())
    }

    /// Makes this moment instant 0, which the capture has at `time_ns`.
    fn begin(&mut self, py: Python<'_>, time_ns: i64) -> PyResult<()> {
        if let (Some(timing), Some((first, _))) = (
            self.connections.subsystem.get().alive(py)?.timing.get(),
            self.connections.pace.as_mut(),
        ) {
            *first = time_ns;
            timing.begin();
        }
        Ok(())
    }

    /// What was measured: "service_ns", "response_ns", "histograms", "noise".
    fn times<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let made = PyDict::new(py);
        if let Some(timing) = self.connections.subsystem.get().alive(py)?.timing.get() {
            let (service, response) = timing.series();
            made.set_item("service_ns", times(py, &service)?)?;
            made.set_item("response_ns", times(py, &response)?)?;
            let named = [("service", Some(&service)), ("response", Some(&response))];
            made.set_item("histograms", histograms(py, named)?)?;
            made.set_item("noise", noise(py, timing)?)?;
        }
        Ok(made)
    }

    /// Reads records until some gave events, `packets` more at least, or to the end.
    #[pyo3(signature = (packets, /))]
    fn read(&mut self, py: Python<'_>, packets: &Bound<'_, PyAny>) -> PyResult<()> {
        let packets = arguments::count("read", packets, RECORDS)?;
        let mut events = self.feed.recycle();
        self.reader.get().read_events(py, packets, &mut events)?;
        self.feed.take(events, self.reader.get().marks());
        Ok(())
    }

    /// When the next event that was read took place, in nanoseconds since 1970.
    #[getter]
    fn next_ns(&self) -> Option<i64> {
        self.feed.next_ns()
    }

    /// Applies what was read, `limit` events at most; false if it stopped before a close, because edges wait
    /// that the close would withhold.
    #[pyo3(signature = (limit = None, /))]
    fn apply(&mut self, py: Python<'_>, limit: Option<usize>) -> PyResult<bool> {
        self.feed.apply(&mut Connecting { py, connections: &self.connections }, limit)
    }

    /// How many edges wait to be indicated; they will be now, so the count begins anew.
    fn take_waiting(&mut self) -> u64 {
        self.feed.take_waiting()
    }

    /// Takes the journal, as (file, packet, time_ns, local, remote, Flags, connection's name) of each indication.
    fn take_trace(&mut self, py: Python<'_>) -> PyResult<Vec<Row>> {
        let shared = self.connections.subsystem.get().alive(py)?;
        let row = |origin: Origin| {
            let Origin { file, packet, time_ns, ends: (local, remote), flags, handle } = origin;
            let name = Subject::Connection(handle).to_string();
            (file, packet, time_ns, local.to_string(), remote.to_string(), flags, name)
        };
        Ok(self.feed.take_origins(&shared.core).into_iter().map(row).collect())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.reader)?;
        let Connections { subsystem, handler, contexts, .. } = &self.connections;
        visit.call(subsystem)?;
        visit.call(handler)?;
        contexts.as_ref().map_or(Ok(()), |contexts| visit.call(contexts))
    }
}

/// Opens connections on this thread, which holds the GIL.
struct Connecting<'c, 'py> {
    py: Python<'py>,
    connections: &'c Connections,
}

impl Connector for Connecting<'_, '_> {
    type Error = PyErr;

    fn core(&self) -> PyResult<&Core> {
        Ok(&self.connections.subsystem.get().alive(self.py)?.core)
    }

    fn open(&mut self, first: usize, ends: &[(Endpoint, Endpoint)]) -> PyResult<Vec<SocketHandle>> {
        let (py, Connections { subsystem, handler, contexts, .. }) = (self.py, self.connections);
        let shared = subsystem.get().usable(py)?;
        let contexts = match contexts {
            Some(contexts) => {
                contexts.bind(py).call_method1(intern!(py, "fill"), (first, ends.len()))?
            }
            None => dicts(py, first, ends)?.into_any(),
        };
        connecting::connect_many(py, shared, ends.len(), Some(handler.bind(py)), &contexts, true)
    }

    fn planned(&mut self, handle: SocketHandle, edge: Edge, time_ns: i64) {
        let Some((first, factor)) = self.connections.pace else { return };
        if let Some(timing) = self.connections.subsystem.get().shared.timing.get() {
            let passed = time_ns.saturating_sub(first).max(0);
            timing.planned().plan(handle.index, edge, (passed as f64 / factor) as u64);
        }
    }

    fn release(&mut self, index: u32) -> PyResult<()> {
        self.connections.subsystem.get().alive(self.py)?.bury(self.py, &[index]);
        Ok(())
    }
}

/// The contexts of a Python handler: the number and the two ends of each connection.
fn dicts<'py>(
    py: Python<'py>,
    first: usize,
    ends: &[(Endpoint, Endpoint)],
) -> PyResult<Bound<'py, PyList>> {
    let [id, at, far] = [intern!(py, "id"), intern!(py, "local"), intern!(py, "remote")];
    let list = PyList::empty(py);
    for (number, (local, remote)) in (first..).zip(ends) {
        let dict = PyDict::new(py);
        dict.set_item(id, number)?;
        dict.set_item(at, local.to_string())?;
        dict.set_item(far, remote.to_string())?;
        list.append(dict)?;
    }
    Ok(list)
}
