//! Feed: from a capture's events to the sockets and edges of a subsystem, a batch at a time.
//!
//! Opens and posts that follow each other are made in bulk; between two dispatches nobody can tell. The caller
//! (`wsksim.runs.replay`) decides what a close has to wait for, and when to dispatch.

use crate::capture::{Endpoint, Event};
use crate::core::error::Answer;
use crate::core::findings::Subject;
use crate::core::flags::{DisconnectFlags, Edge};
use crate::core::handle::SocketHandle;
use crate::core::subsystem::Closing;
use crate::py::runs::capture::{CaptureReader, RECORDS};
use crate::py::sockets::connecting;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use pyo3::{PyTraverseError, gc::PyVisit, intern};
use std::collections::{HashMap, VecDeque};

/// Opens the connections of a capture and posts their edges.
#[pyclass(module = "wsksim")]
pub(crate) struct CaptureFeed {
    subsystem: Py<Subsystem>,
    reader: Py<CaptureReader>,
    handler: Py<PyAny>,
    /// What makes the contexts; without it each is a dict of the connection's number and ends.
    contexts: Option<Py<PyAny>>,
    /// Whether each event is applied before the next one is looked at: making a context may run Python code of
    /// the user's, which then sees what came before.
    singly: bool,
    events: Vec<Event>,
    /// How many of the events were applied.
    applied: usize,
    /// The socket of each connection, by its number.
    sockets: Vec<SocketHandle>,
    /// The ends of those to be opened next.
    opens: Vec<(Endpoint, Endpoint)>,
    /// What is posted behind them.
    posts: Vec<Post>,
    /// From which event on which file was read, in the order of the events.
    marks: VecDeque<(usize, usize)>,
    /// The number of the file that the next event is from.
    file: usize,
    /// Edges that wait to be indicated.
    waiting: u64,
    trace: Option<Trace>,
}

#[derive(Clone, Copy)]
struct Post {
    connection: u64,
    edge: Edge,
    place: Place,
}

/// Number of the file, number of the packet in it, time.
type Place = (usize, u64, i64);

/// Where the edges of sockets come from, while a trace is written.
#[derive(Default)]
struct Trace {
    places: HashMap<SocketHandle, (Endpoint, Endpoint)>,
    edges: HashMap<(SocketHandle, Edge), Place>,
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
        Self {
            subsystem: subsystem.clone().unbind(),
            reader: reader.clone().unbind(),
            handler: handler.clone().unbind(),
            contexts,
            singly,
            events: Vec::new(),
            applied: 0,
            sockets: Vec::new(),
            opens: Vec::new(),
            posts: Vec::new(),
            marks: VecDeque::new(),
            file: 0,
            waiting: 0,
            trace: journal.then(Trace::default),
        }
    }

    /// Reads records until some gave events, `packets` more at least, or to the end.
    #[pyo3(signature = (packets, /))]
    fn read(&mut self, py: Python<'_>, packets: &Bound<'_, PyAny>) -> PyResult<()> {
        let packets = arguments::count("read", packets, RECORDS)?;
        self.events.clear();
        self.applied = 0;
        let read = self.reader.get().read_events(py, packets, &mut self.events);
        self.marks = self.reader.get().marks();
        if read.is_err() {
            self.events.clear();
        }
        read
    }

    /// When the next event that was read took place, in nanoseconds since 1970.
    #[getter]
    fn next_ns(&self) -> Option<i64> {
        self.events.get(self.applied).map(|event| match event {
            Event::Open { time_ns, .. }
            | Event::Edge { time_ns, .. }
            | Event::Close { time_ns, .. } => *time_ns,
        })
    }

    /// Applies what was read, `limit` events at most; false if it stopped before a close, because edges wait
    /// that the close would withhold.
    #[pyo3(signature = (limit = None, /))]
    fn apply(&mut self, py: Python<'_>, limit: Option<usize>) -> PyResult<bool> {
        let left = self.events.len() - self.applied;
        let end = self.applied + limit.map_or(left, |limit| limit.min(left));
        // In a closed subsystem the first open is refused, and what came before it is not.
        let singly = self.singly || self.subsystem.get().shared.core.is_shut();
        while self.applied < end {
            while let Some((_, file)) = self.marks.pop_front_if(|(from, _)| *from <= self.applied) {
                self.file = file;
            }
            match self.events[self.applied] {
                Event::Open { local, remote, .. } => self.opens.push((local, remote)),
                Event::Edge { connection, packet, time_ns, abortive } => {
                    let edge = if abortive { Edge::Abortive } else { Edge::Graceful };
                    let place = (self.file, packet, time_ns);
                    self.posts.push(Post { connection, edge, place });
                }
                Event::Close { connection, .. } => {
                    self.flush(py)?;
                    if self.waiting > 0 {
                        return Ok(false);
                    }
                    self.close(py, connection)?;
                }
            }
            self.applied += 1;
            if singly {
                self.flush(py)?;
            }
        }
        self.flush(py)?;
        Ok(true)
    }

    /// How many edges wait to be indicated; they will be now, so the count begins anew.
    fn take_waiting(&mut self) -> u64 {
        std::mem::take(&mut self.waiting)
    }

    /// Takes the journal, as (file, packet, time_ns, local, remote, Flags, connection's name) of each indication.
    fn take_trace(&mut self, py: Python<'_>) -> PyResult<Vec<Row>> {
        let shared = self.subsystem.get().alive(py)?;
        let Some(trace) = &mut self.trace else { return Ok(Vec::new()) };
        let rows = shared.core.take_journal().into_iter().filter_map(|(handle, flags)| {
            let abortive = flags & DisconnectFlags::ABORTIVE != 0;
            let edge = if abortive { Edge::Abortive } else { Edge::Graceful };
            let (file, packet, time_ns) = trace.edges.remove(&(handle, edge))?;
            let (local, remote) = trace.places.get(&handle)?;
            let name = Subject::Connection(handle).to_string();
            Some((file, packet, time_ns, local.to_string(), remote.to_string(), flags, name))
        });
        Ok(rows.collect())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)?;
        visit.call(&self.reader)?;
        visit.call(&self.handler)?;
        self.contexts.as_ref().map_or(Ok(()), |contexts| visit.call(contexts))
    }
}

impl CaptureFeed {
    /// Opens what waits to be opened, then posts what waits to be posted.
    fn flush(&mut self, py: Python<'_>) -> PyResult<()> {
        self.open(py)?;
        self.post(py)
    }

    fn open(&mut self, py: Python<'_>) -> PyResult<()> {
        if self.opens.is_empty() {
            return Ok(());
        }
        let opens = std::mem::take(&mut self.opens);
        let first = self.sockets.len();
        let shared = self.subsystem.get().usable(py)?;
        let contexts = match &self.contexts {
            Some(contexts) => {
                contexts.bind(py).call_method1(intern!(py, "fill"), (first, opens.len()))?
            }
            None => dicts(py, first, &opens)?.into_any(),
        };
        let handler = Some(self.handler.bind(py));
        let handles = connecting::connect_many(py, shared, opens.len(), handler, &contexts, true)?;
        if let Some(trace) = &mut self.trace {
            trace.places.extend(handles.iter().copied().zip(opens));
        }
        self.sockets.extend(handles);
        Ok(())
    }

    fn post(&mut self, py: Python<'_>) -> PyResult<()> {
        if self.posts.is_empty() {
            return Ok(());
        }
        let posts = std::mem::take(&mut self.posts);
        let socket = |post: &Post| self.sockets[post.connection as usize];
        let handles: Vec<_> = posts.iter().map(socket).collect();
        if let Some(trace) = &mut self.trace {
            let origins = posts.iter().zip(&handles);
            trace.edges.extend(origins.map(|(post, &at)| ((at, post.edge), post.place)));
        }
        let core = &self.subsystem.get().alive(py)?.core;
        let answers = core.post_many(&handles, |number| posts[number].edge);
        self.waiting += answers[Answer::Queued as usize] + answers[Answer::Held as usize];
        Ok(())
    }

    fn close(&mut self, py: Python<'_>, connection: u64) -> PyResult<()> {
        let handle = self.sockets[connection as usize];
        let shared = self.subsystem.get().alive(py)?;
        if shared.core.close(handle) == Ok(Closing::Done) {
            shared.bury(py, &[handle.index]);
        }
        if let Some(trace) = &mut self.trace {
            trace.places.remove(&handle);
            for edge in Edge::BOTH {
                trace.edges.remove(&(handle, edge));
            }
        }
        Ok(())
    }
}

/// The contexts of a Python handler: the number and the two ends of each connection.
fn dicts<'py>(
    py: Python<'py>,
    first: usize,
    opens: &[(Endpoint, Endpoint)],
) -> PyResult<Bound<'py, PyList>> {
    let [id, at, far] = [intern!(py, "id"), intern!(py, "local"), intern!(py, "remote")];
    let list = PyList::empty(py);
    for (number, (local, remote)) in (first..).zip(opens) {
        let dict = PyDict::new(py);
        dict.set_item(id, number)?;
        dict.set_item(at, local.to_string())?;
        dict.set_item(far, remote.to_string())?;
        list.append(dict)?;
    }
    Ok(list)
}
