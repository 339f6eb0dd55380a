//! Capture reader: a packet capture's opens, edges and closes as tuples.

use crate::capture::{CaptureError, CaptureReader as Reader, Event, Local, Options};
use crate::py::arguments;
use crate::py::errors::error;
use parking_lot::Mutex;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;

/// A pcap or pcapng file as the opens, edges and closes of connections.
#[pyclass(frozen, module = "wsksim")]
pub(crate) struct CaptureReader {
    reader: Mutex<Reader>,
}

/// Most records of one `read`.
pub(crate) const RECORDS: u64 = 1 << 24;

impl CaptureReader {
    /// Reads records until some gave events, `packets` more at least, or to the end.
    pub(crate) fn read_events(
        &self,
        py: Python<'_>,
        packets: u64,
        events: &mut Vec<Event>,
    ) -> PyResult<()> {
        while events.is_empty() {
            let ended = py.detach(|| {
                let mut reader = self.reader.lock();
                let read = reader.read(packets.max(1) as usize, events);
                read.map(|()| reader.done())
            });
            if ended.map_err(|refusal| capture_error(py, &refusal))? {
                break;
            }
            py.check_signals()?;
        }
        Ok(())
    }
}

#[pymethods]
impl CaptureReader {
    #[new]
    #[pyo3(signature = (path, /, *, local = "server", midstream = false))]
    fn new(
        py: Python<'_>,
        path: &Bound<'_, PyAny>,
        local: &str,
        midstream: bool,
    ) -> PyResult<Self> {
        let local = match local {
            "server" => Local::Server,
            "client" => Local::Client,
            "both" => Local::Both,
            other => {
                return Err(PyValueError::new_err(format!(
                    "local: asked for one of 'server', 'client', 'both'; found '{other}'; \
                     pass one of these"
                )));
            }
        };
        let path = file_path(py, path)?;
        let opened = py.detach(|| Reader::open(&path, Options { local, midstream }));
        let reader = opened.map_err(|refusal| capture_error(py, &refusal))?;
        Ok(Self { reader: Mutex::new(reader) })
    }

    /// Reads records until some gave events, `packets` more at least; an empty list means the end.
    #[pyo3(signature = (packets = None, /))]
    fn read<'py>(
        &self,
        py: Python<'py>,
        packets: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let packets = packets.map_or(Ok(1 << 16), |n| arguments::count("read", n, RECORDS))?;
        let mut events = Vec::new();
        self.read_events(py, packets, &mut events)?;
        events.into_iter().map(|event| to_python(py, event)).collect()
    }

    /// Whether nothing is left to read.
    #[getter]
    fn done(&self) -> bool {
        self.reader.lock().done()
    }

    /// Packet records read so far.
    #[getter]
    fn packets(&self) -> u64 {
        self.reader.lock().counts().packets
    }

    /// Records with a TCP header.
    #[getter]
    fn tcp_packets(&self) -> u64 {
        self.reader.lock().counts().tcp_packets
    }

    /// Connection attempts.
    #[getter]
    fn flows(&self) -> u64 {
        self.reader.lock().counts().flows
    }

    /// Flows whose handshake was seen.
    #[getter]
    fn established(&self) -> u64 {
        self.reader.lock().counts().established
    }

    /// Records that were not followed, by reason.
    #[getter]
    fn skipped<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let skipped = self.reader.lock().counts().skipped;
        let by_reason = PyDict::new(py);
        for (reason, count) in skipped.iter() {
            by_reason.set_item(reason.name(), count)?;
        }
        Ok(by_reason)
    }

    /// Packets that were skipped, by a link type that is not read.
    #[getter]
    fn skipped_link_types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let by_number = PyDict::new(py);
        let skipped = self.reader.lock().skipped_link_types().clone();
        for (number, count) in skipped {
            by_number.set_item(number, count)?;
        }
        Ok(by_number)
    }

    /// Time of the first packet that was read, in nanoseconds since 1970.
    #[getter]
    fn first_time_ns(&self) -> Option<i64> {
        self.reader.lock().first_time_ns()
    }

    /// Where the file became unreadable, and what was found there.
    #[getter]
    fn damage(&self) -> Option<(u64, String)> {
        self.reader.lock().damage().map(|damage| (damage.offset, damage.text.clone()))
    }

    /// Bytes behind the reader.
    #[getter]
    fn bytes_read(&self) -> u64 {
        self.reader.lock().counts().bytes_read
    }

    /// Bytes of the file.
    #[getter]
    fn bytes_total(&self) -> u64 {
        self.reader.lock().counts().bytes_total
    }
}

/// The path that a str, bytes, or `os.PathLike` names; bytes that are no text stay what they are.
fn file_path(py: Python<'_>, path: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    let decoded = py.import("os")?.call_method1("fsdecode", (path,));
    decoded.and_then(|name| name.extract()).map_err(|_| {
        PyTypeError::new_err(format!(
            "path: asked for the name of a file; found {}; pass a str, bytes, or a path",
            arguments::shown(path)
        ))
    })
}

fn capture_error(py: Python<'_>, refusal: &CaptureError) -> PyErr {
    error(py, "CaptureError", refusal.to_string())
}

fn to_python(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyAny>> {
    let tuple = match event {
        Event::Open { connection, packet, time_ns, local, remote } => {
            let (local, remote) = (local.to_string(), remote.to_string());
            ("open", connection, packet, time_ns, local, remote).into_pyobject(py)?
        }
        Event::Edge { connection, packet, time_ns, abortive } => {
            ("edge", connection, packet, time_ns, u32::from(abortive)).into_pyobject(py)?
        }
        Event::Close { connection, packet, time_ns } => {
            ("close", connection, packet, time_ns).into_pyobject(py)?
        }
    };
    Ok(tuple.into_any())
}
