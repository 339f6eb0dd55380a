//! Living: the lives of a plan at the listening sockets of one subsystem, with the application driven on this thread.

use crate::core::error::CoreError;
use crate::core::sync::Mutex;
use crate::network::address::Address;
use crate::py::keep::shared::Shared;
use crate::py::runs::capture::CaptureReader;
use crate::py::runs::life_results::{self, Found};
use crate::py::runs::lives::Lives;
use crate::py::runs::recording::Recording;
use crate::py::runs::remotes::Remotes;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::errors::{error, to_py_err};
use crate::storm::Timing;
use crate::storm::kills::Kills;
use crate::storm::living::{Group, Storm};
use crate::storm::portion::Shard;
use crate::wsk::Turn;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::{Arc, OnceLock};

/// Family, bytes of the host, port.
type Place = (u16, Vec<u8>, u16);
/// How many lives of a group may be open, the group's patience in nanoseconds, and where it listens, if it does.
type GivenGroup = (u64, Option<u64>, Option<Place>);

/// Words for planned instants beside those of the lives that may be open: sockets whose close is under way.
const BESIDE: u64 = 65_536;
/// Connections of a capture that are counted on to be open at once.
const OF_CAPTURES: u64 = 262_144;
/// How long the noise of the host is listened to before and behind a storm, in nanoseconds.
pub(crate) const LISTEN: u64 = 20_000_000;

/// Carries the lives of one plan out on one subsystem.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct LifeStorm {
    subsystem: Py<Subsystem>,
    /// Where each group connects to, once that is known.
    addresses: OnceLock<Vec<Vec<Address>>>,
    /// The listener of each group that listens.
    listeners: Vec<Option<u64>>,
    /// The capture that lives are read from, if they are.
    recording: Mutex<Recording>,
    /// Away while a method uses it, so that no lock is held while Python runs.
    storm: Mutex<Option<Box<Storm>>>,
}

#[pymethods]
impl LifeStorm {
    #[new]
    #[pyo3(signature = (subsystem, lives, groups, kills, paced, shard=(0, 1)))]
    fn new(
        subsystem: &Bound<'_, Subsystem>,
        lives: PyRef<'_, Lives>,
        groups: Vec<GivenGroup>,
        kills: Option<(u32, f64)>,
        paced: bool,
        shard: (u64, u64),
    ) -> PyResult<Self> {
        let py = subsystem.py();
        let shared = subsystem.get().usable(py)?;
        let kills = kills.map(|(group, rate)| Kills { group, every: 1e9 / rate });
        // At distances of nothing the clock would stand still for ever.
        let moves = kills.is_none_or(|kills| kills.every >= 1.0);
        let shard = Shard { number: shard.0, of: shard.1 };
        if groups.len() != lives.0.groups.len() || !moves || shard.number >= shard.of {
            return Err(wrong());
        }
        let room: Vec<_> = groups
            .iter()
            .map(|(open, timeout, listen)| {
                let listens = listen.is_some();
                Group { open: *open, timeout: *timeout, listens }
            })
            .collect();
        watch(shared);
        let door = shared.provider().on(&shared.core);
        if paced {
            time(py, shared, room.iter().map(|group| group.open).sum())?;
        }
        let listen = |place: &Option<Place>| {
            let Some(place) = place else { return Ok(None) };
            let at = address(place)?;
            let port = at.port();
            door.turn(|turn| turn.remote_listen(at)).map(|(it, _)| Some(it)).map_err(|status| {
                let found = format!("found {status}; let them listen elsewhere");
                PyValueError::new_err(format!("plan: asked to listen at port {port}; {found}"))
            })
        };
        let listeners =
            groups.iter().map(|(_, _, place)| listen(place)).collect::<PyResult<_>>()?;
        let storm = Storm::of_shard(lives.0.clone(), &room, kills, shard);
        let storm = Mutex::new(Some(Box::new(storm)));
        let subsystem = subsystem.clone().unbind();
        let (addresses, recording) = (OnceLock::new(), Mutex::default());
        Ok(Self { subsystem, addresses, listeners, recording, storm })
    }

    /// Lives that `read` reads from a capture.
    #[staticmethod]
    fn recorded(subsystem: &Bound<'_, Subsystem>, paced: bool) -> PyResult<Self> {
        let py = subsystem.py();
        let shared = subsystem.get().usable(py)?;
        watch(shared);
        if paced {
            time(py, shared, OF_CAPTURES)?;
        }
        let storm = Storm::of_script(shared.core.options().seed);
        Ok(Self {
            subsystem: subsystem.clone().unbind(),
            addresses: OnceLock::new(),
            listeners: vec![None],
            recording: Mutex::default(),
            storm: Mutex::new(Some(Box::new(storm))),
        })
    }

    /// Reads records of a capture until some gave events, `packets` more at least, or to the end; time goes `factor` times
    /// as fast as recorded. `go_on` carries out what was read.
    fn read(
        &self,
        py: Python<'_>,
        reader: &Bound<'_, CaptureReader>,
        packets: u64,
        factor: f64,
    ) -> PyResult<()> {
        let (reader, mut events) = (reader.get(), Vec::new());
        reader.read_events(py, packets, &mut events)?;
        let sent = reader.take_sent();
        let pace = (reader.first_time_ns().unwrap_or_default(), factor);
        let addresses = self.addresses().first().map_or(&[][..], Vec::as_slice);
        let lines = self.recording.lock().lines(&events, &sent, pace, addresses);
        self.with(py, |storm| {
            storm.follow(lines);
            Ok(())
        })
    }

    /// Says where each group connects to; once. Returns whether somebody listens at each place.
    fn connect_to(&self, py: Python<'_>, places: Vec<Vec<Place>>) -> PyResult<Vec<Vec<bool>>> {
        let shared = self.subsystem.get().alive(py)?;
        let read = |group: &Vec<Place>| group.iter().map(address).collect::<PyResult<Vec<_>>>();
        let addresses = places.iter().map(read).collect::<PyResult<Vec<_>>>()?;
        let fits = addresses.len() == self.listeners.len()
            && addresses
                .iter()
                .zip(&self.listeners)
                .all(|(at, listener)| at.is_empty() == listener.is_some());
        if !fits || self.addresses.set(addresses).is_err() {
            return Err(wrong());
        }
        let look = |turn: &mut Turn<'_>| {
            let groups = self.addresses().iter();
            groups.map(|group| group.iter().map(|at| turn.listens_at(*at)).collect()).collect()
        };
        Ok(shared.provider().on(&shared.core).turn(look))
    }

    /// Goes on for so many drives of the application, or to the end; whether it is at the end.
    fn go_on(&self, py: Python<'_>, drives: u32) -> PyResult<bool> {
        py.check_signals()?;
        let shared = Arc::clone(self.subsystem.get().alive(py)?);
        let mut remotes =
            Remotes::new(py, &shared, self.addresses(), &self.listeners, &self.recording);
        self.with(py, |storm| storm.go_on(&mut remotes, drives))
    }

    /// Makes this moment the beginning, by this machine's clock if the storm goes by that; then the noise of the host
    /// is listened to before.
    fn begin(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(timing) = self.subsystem.get().alive(py)?.timing.get() {
            py.detach(|| timing.listen(LISTEN));
            timing.begin();
        }
        Ok(())
    }

    /// What has become of the lives so far, under the names that a report has.
    fn outcome<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let shared = self.subsystem.get().alive(py)?;
        let edges = shared.core.counts().posted.iter().sum();
        let door = shared.provider().on(&shared.core);
        let found = door.turn(|turn| Found::at(turn, edges));
        let found = Found { endings: door.endings(), ..found };
        self.with(py, |storm| life_results::to_python(py, storm, &found, shared.timing.get()))
    }

    /// How many lives are over.
    #[getter]
    fn over(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |storm| Ok(storm.ended()))
    }

    /// How many lives are open, and what 99 in 100 of the accepts have not exceeded so far; None if none was timed.
    fn live(&self, py: Python<'_>) -> PyResult<(u64, Option<u64>)> {
        let shared = self.subsystem.get().alive(py)?;
        let accepts = shared.timing.get().and_then(|timing| timing.accepts(&[]));
        let accepts = accepts.map(|(_, latency)| latency);
        let p99 = accepts.filter(|series| series.count() > 0).map(|series| series.percentile(99.0));
        self.with(py, |storm| Ok((storm.outcome().open, p99)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}

/// Has the machine tell what a storm wants to know.
fn watch(shared: &Shared) {
    let door = shared.provider().on(&shared.core);
    door.turn(|turn| turn.watch_remotes());
    door.count_endings();
}

/// Has calls timed, with planned instants for so many connections.
fn time(py: Python<'_>, shared: &Shared, open: u64) -> PyResult<()> {
    let slots = usize::try_from(open.saturating_mul(4).saturating_add(BESIDE));
    let timing = slots.ok().and_then(|slots| Timing::growing(slots, 1));
    let timing = timing.ok_or_else(|| to_py_err(py, CoreError::NoMemory { asked: open }))?;
    let words = Arc::clone(timing.planned());
    shared.timing.set(timing).map_err(|_| wrong())?;
    shared.provider().on(&shared.core).turn(|turn| turn.time_edges(words));
    Ok(())
}

fn wrong() -> PyErr {
    let text = "storm: asked for groups with addresses; found others; use wsksim.run_plan";
    PyValueError::new_err(text)
}

fn address((family, host, port): &Place) -> PyResult<Address> {
    Address::new(*family, host, *port).ok_or_else(wrong)
}

impl LifeStorm {
    fn addresses(&self) -> &[Vec<Address>] {
        self.addresses.get().map_or(&[], Vec::as_slice)
    }

    /// Lends the storm.
    fn with<R>(
        &self,
        py: Python<'_>,
        use_it: impl FnOnce(&mut Storm) -> PyResult<R>,
    ) -> PyResult<R> {
        let taken = self.storm.lock().take();
        let Some(mut storm) = taken else {
            let text = "storm: asked to go on; it is going on; wait until that call returned";
            return Err(error(py, "DriveError", text));
        };
        let used = use_it(&mut storm);
        *self.storm.lock() = Some(storm);
        used
    }
}
