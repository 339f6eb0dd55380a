//! Capture reader: a packet capture's opens, edges and closes as tuples.

use crate::capture::{
    CaptureError, CaptureReader as Reader, Choice, Counts, FileSummary, Filter, Input, Local,
    Options, Sent, Tunnels, UNPACK_LIMIT, link_type_name,
};
use crate::core::sync::Mutex;
use crate::py::values::arguments;
use crate::py::values::errors::error;
use crate::source::Event;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A pcap or pcapng file as the opens, edges and closes of connections.
#[pyclass(frozen, module = "wsksim")]
pub(crate) struct CaptureReader {
    reader: Mutex<Reader>,
}

/// Most records of one `read`.
pub(crate) const RECORDS: u64 = 1 << 24;

impl CaptureReader {
    /// From which event of the newest read on which file was read.
    pub(crate) fn marks(&self) -> VecDeque<(usize, usize)> {
        self.reader.lock().marks().iter().copied().collect()
    }

    /// How much the remote ends sent in the newest read, if it was made to tell.
    pub(crate) fn take_sent(&self) -> Vec<Sent> {
        self.reader.lock().take_sent()
    }

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
    #[pyo3(signature = (
        path, /, *, local = "server", midstream = false, tunnels = true, filters = None, unpack_limit = None,
        explain = None, amounts = false
    ))]
    #[expect(clippy::too_many_arguments, reason = "the options of a replay")]
    fn new(
        py: Python<'_>,
        path: &Bound<'_, PyAny>,
        local: &str,
        midstream: bool,
        tunnels: bool,
        filters: Option<Vec<String>>,
        unpack_limit: Option<u64>,
        explain: Option<u64>,
        amounts: bool,
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
        let filter = Filter::read(filters.iter().flatten().map(String::as_str))
            .map_err(|refusal| PyValueError::new_err(refusal.to_string()))?;
        let inputs = match path.cast::<PyList>() {
            Ok(paths) => paths.iter().map(|path| input(py, &path)).collect::<PyResult<Vec<_>>>()?,
            Err(_) => vec![input(py, path)?],
        };
        let tunnels = if tunnels { Tunnels::On } else { Tunnels::Off };
        let unpack_limit = unpack_limit.unwrap_or(UNPACK_LIMIT);
        let choice = Choice { filter, unpack_limit, explain, amounts };
        let options = Options { local, midstream, tunnels };
        let mut interrupted = None;
        // Putting files in order may take long, and a user may have enough (R18).
        let mut goes_on = || {
            interrupted = Python::attach(|py| py.check_signals()).err();
            interrupted.is_none()
        };
        let opened = py.detach(|| Reader::open_while(&inputs, options, choice, &mut goes_on));
        if let Some(interrupt) = interrupted {
            return Err(interrupt);
        }
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

    /// Segments that were inside a tunnel.
    #[getter]
    fn tunnelled(&self) -> u64 {
        self.reader.lock().counts().tunnelled
    }

    /// Edges of the remote, and disconnects of the local side.
    #[getter]
    fn edges(&self) -> (u64, u64) {
        let counts = self.reader.lock().counts();
        (counts.edges, counts.edges_of_local)
    }

    /// Segments without a beginning, and the connections that midstream would give besides.
    #[getter]
    fn missed_midstream(&self) -> (u64, u64) {
        self.reader.lock().missed_midstream()
    }

    /// Connections and edges that opened tunnels would give besides.
    #[getter]
    fn missed_tunnels(&self) -> (u64, u64) {
        self.reader.lock().missed_tunnels()
    }

    /// Packets in tunnels of kinds that are never opened, by the kind.
    #[getter]
    fn unopened_tunnels(&self) -> BTreeMap<&'static str, u64> {
        self.reader.lock().unopened_tunnels().clone()
    }

    /// Reads records and tells no events: packet by packet from a pipe, so that each may be told when it is there.
    #[pyo3(name = "pass_")]
    fn pass(&self, py: Python<'_>) -> PyResult<()> {
        let read = py.detach(|| {
            let mut reader = self.reader.lock();
            let packets = if reader.is_live() { 1 } else { 1 << 16 };
            reader.read(packets, &mut Vec::new())
        });
        read.map_err(|refusal| capture_error(py, &refusal))
    }

    /// Records that were not followed, by reason.
    #[getter]
    fn skipped<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = self.reader.lock().counts();
        by_reason(py, &counts)
    }

    /// The files that were begun, each with what was read of it and left out.
    #[getter]
    fn files<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let files: Vec<_> = self.reader.lock().files().cloned().collect();
        // A copy of a dict with all its keys is made quicker than they are set one after the other.
        let blank = PyDict::new(py);
        if let Some(file) = files.first() {
            describe(&blank, file)?;
        }
        let described = files.iter().map(|file| {
            let values = blank.copy()?;
            describe(&values, file).map(|()| values)
        });
        described.collect()
    }

    /// The names of all files, read or not yet.
    #[getter]
    fn paths(&self) -> Vec<OsString> {
        self.reader.lock().paths().map(|path| path.as_os_str().to_owned()).collect()
    }

    /// Files of a folder that are not read, and files that are there twice, with the reason.
    #[getter]
    fn left_out(&self) -> Vec<(OsString, String)> {
        let reader = self.reader.lock();
        let left_out = reader.left_out().iter();
        left_out.map(|file| (file.path.clone().into_os_string(), file.why.clone())).collect()
    }

    /// Takes the packets of the flow that is explained: packet, time, source, destination, whether the client sent
    /// it, flag byte, and what it meant as (number of the rule or None, text). The number of the file stands first.
    fn take_lines(&self) -> Vec<Line> {
        let lines = self.reader.lock().take_lines();
        lines
            .into_iter()
            .map(|line| {
                let ends = (line.source.to_string(), line.destination.to_string());
                let said = line.meaning.rules().collect();
                (
                    line.file,
                    line.packet,
                    seconds(line.time_ns),
                    ends.0,
                    ends.1,
                    line.from_client,
                    line.flags,
                    said,
                )
            })
            .collect()
    }

    /// How many flows were numbered for an explanation.
    #[getter]
    fn numbered_flows(&self) -> u64 {
        self.reader.lock().numbered_flows()
    }

    /// Whether an explanation met more flows than it numbers.
    #[getter]
    fn has_unnumbered_flows(&self) -> bool {
        self.reader.lock().has_unnumbered_flows()
    }

    /// Packets that were skipped, by a link type that is not read.
    #[getter]
    fn skipped_link_types(&self) -> BTreeMap<u32, u64> {
        self.reader.lock().skipped_link_types()
    }

    /// What the link types of skipped packets are called, as far as they have a name.
    #[getter]
    fn link_type_names(&self) -> BTreeMap<u32, &'static str> {
        let numbers = self.reader.lock().skipped_link_types().into_keys();
        numbers.filter_map(|number| Some((number, link_type_name(number)?))).collect()
    }

    /// Time of the first packet that was read, in nanoseconds since 1970.
    #[getter]
    pub(crate) fn first_time_ns(&self) -> Option<i64> {
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

/// A row of an explanation.
type Line = (usize, u64, String, String, String, Option<bool>, u8, Vec<(Option<u8>, &'static str)>);

fn by_reason<'py>(py: Python<'py>, counts: &Counts) -> PyResult<Bound<'py, PyDict>> {
    let by_reason = PyDict::new(py);
    for (reason, count) in counts.skipped.iter() {
        by_reason.set_item(reason.name(), count)?;
    }
    Ok(by_reason)
}

/// Sets what is known of a file.
fn describe(values: &Bound<'_, PyDict>, file: &FileSummary) -> PyResult<()> {
    let py = values.py();
    let counts = &file.counts;
    let links = PyDict::new(py);
    for (number, count) in &file.skipped_link_types {
        links.set_item(number.to_string(), count)?;
    }
    let damage = match &file.damage {
        Some(damage) => {
            let values = PyDict::new(py);
            values.set_item("offset", damage.offset)?;
            values.set_item("found", &damage.text)?;
            Some(values)
        }
        None => None,
    };
    values.set_item(intern!(py, "file"), file.path.as_os_str())?;
    values.set_item(intern!(py, "format"), PyString::intern(py, file.format))?;
    values.set_item(intern!(py, "compression"), file.compression.name())?;
    values.set_item(intern!(py, "packets"), counts.packets)?;
    values.set_item(intern!(py, "tcp_packets"), counts.tcp_packets)?;
    values.set_item(intern!(py, "tunnelled"), counts.tunnelled)?;
    values.set_item(intern!(py, "flows"), counts.flows)?;
    values.set_item(intern!(py, "established"), counts.established)?;
    values.set_item(intern!(py, "edges"), counts.edges)?;
    values.set_item(intern!(py, "skipped"), by_reason(py, counts)?)?;
    values.set_item(intern!(py, "skipped_link_types"), links)?;
    values.set_item(intern!(py, "damage"), damage)?;
    values.set_item(intern!(py, "overlaps"), file.overlaps.as_deref().map(Path::as_os_str))?;
    values.set_item(intern!(py, "changed"), file.changed)?;
    values.set_item(intern!(py, "first_time"), file.first_time_ns.map(seconds))?;
    values.set_item(intern!(py, "last_time"), file.last_time_ns.map(seconds))
}

/// A time as seconds with nine decimals: text, because JSON's numbers have too few digits.
fn seconds(time_ns: i64) -> String {
    let (sign, time_ns) = (if time_ns < 0 { "-" } else { "" }, time_ns.unsigned_abs());
    format!("{sign}{}.{:09}", time_ns / 1_000_000_000, time_ns % 1_000_000_000)
}

/// What a reader reads: a name, or `-` for the standard input.
fn input(py: Python<'_>, path: &Bound<'_, PyAny>) -> PyResult<Input> {
    let path = file_path(py, path)?;
    Ok(if path.as_os_str() == "-" { Input::Stdin } else { Input::Path(path) })
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
