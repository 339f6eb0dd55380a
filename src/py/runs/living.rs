//! Living: the lives of a plan at the listening sockets of one subsystem, with the application driven on this thread.

use crate::core::status::NtStatus;
use crate::core::sync::Mutex;
use crate::network::address::Address;
use crate::py::drive::driving::dispatch;
use crate::py::keep::shared::Shared;
use crate::py::runs::lives::Lives;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::errors::error;
use crate::storm::ends::{Dialled, Ends, Told};
use crate::storm::fates::Fate;
use crate::storm::kills::Kills;
use crate::storm::lives::{Ending, Life};
use crate::storm::living::Storm;
use crate::wsk::{Notice, Turn};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::Arc;

/// How many lives of a group may be open, the group's patience in nanoseconds, and where it connects to: family, bytes
/// of the host, port.
type GivenGroup = (u64, Option<u64>, Vec<(u16, Vec<u8>, u16)>);

/// The counts of a storm, each under the name that a report has for it.
const FATES: [(&str, Fate); 7] = [
    ("ended_in_order", Fate::EndedInOrder),
    ("aborted_by_peer", Fate::AbortedByPeer),
    ("aborted_by_us", Fate::AbortedByUs),
    ("timed_out", Fate::TimedOut),
    ("killed", Fate::Killed),
    ("refused", Fate::Refused),
    ("never_connected", Fate::NeverConnected),
];

/// Carries the lives of one plan out on one subsystem, on the plan's own clock.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct LifeStorm {
    subsystem: Py<Subsystem>,
    addresses: Vec<Vec<Address>>,
    /// Away while a method uses it, so that no lock is held while Python runs.
    storm: Mutex<Option<Box<Storm>>>,
}

#[pymethods]
impl LifeStorm {
    #[new]
    fn new(
        subsystem: &Bound<'_, Subsystem>,
        lives: PyRef<'_, Lives>,
        groups: Vec<GivenGroup>,
        kills: Option<(u32, f64)>,
    ) -> PyResult<Self> {
        let shared = subsystem.get().usable(subsystem.py())?;
        let wrong = || {
            let text = "storm: asked for groups with addresses; found others; use wsksim.run_plan";
            PyValueError::new_err(text)
        };
        let kills = kills.map(|(group, rate)| Kills { group, every: 1e9 / rate });
        // At distances of nothing the clock would stand still for ever.
        let moves = kills.is_none_or(|kills| kills.every >= 1.0);
        if groups.len() != lives.0.groups.len() || !moves {
            return Err(wrong());
        }
        let mut addresses = Vec::new();
        for (_, _, given) in &groups {
            let read = |(family, host, port): &(u16, Vec<u8>, u16)| {
                Address::new(*family, host, *port).ok_or_else(wrong)
            };
            addresses.push(given.iter().map(read).collect::<PyResult<Vec<_>>>()?);
        }
        if addresses.iter().any(Vec::is_empty) {
            return Err(wrong());
        }
        let room: Vec<_> = groups.iter().map(|(most, timeout, _)| (*most, *timeout)).collect();
        shared.provider().on(&shared.core).turn(|turn| turn.watch_remotes());
        let storm = Storm::new(lives.0.clone(), &room, kills);
        let storm = Mutex::new(Some(Box::new(storm)));
        Ok(Self { subsystem: subsystem.clone().unbind(), addresses, storm })
    }

    /// Whether somebody listens where the lives of each group connect to.
    fn listened(&self, py: Python<'_>) -> PyResult<Vec<Vec<bool>>> {
        let shared = self.subsystem.get().alive(py)?;
        let look = |turn: &mut Turn<'_>| {
            let groups = self.addresses.iter();
            groups.map(|group| group.iter().map(|at| turn.listens_at(*at)).collect()).collect()
        };
        Ok(shared.provider().on(&shared.core).turn(look))
    }

    /// Goes on for so many drives of the application, or to the end; whether it is at the end.
    fn go_on(&self, py: Python<'_>, drives: u32) -> PyResult<bool> {
        py.check_signals()?;
        let shared = Arc::clone(self.subsystem.get().alive(py)?);
        let mut remotes =
            Remotes { py, shared: &shared, addresses: &self.addresses, notices: vec![] };
        self.with(py, |storm| storm.go_on(&mut remotes, drives))
    }

    /// What has become of the lives so far, under the names that a report has.
    fn outcome<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let shared = self.subsystem.get().alive(py)?;
        let look = |turn: &mut Turn<'_>| (turn.arrivals().accepted, turn.sockets());
        let (outcome, (accepted, sockets)) = self.with(py, |storm| {
            Ok((storm.outcome(), shared.provider().on(&shared.core).turn(look)))
        })?;
        let made = PyDict::new(py);
        made.set_item("plan", format!("{:032x}", outcome.digest.value()))?;
        let lives = PyDict::new(py);
        lives.set_item("begun", outcome.begun)?;
        for (name, fate) in FATES {
            lives.set_item(name, outcome.of(fate))?;
        }
        lives.set_item("connecting", outcome.connecting)?;
        lives.set_item("open", outcome.open)?;
        lives.set_item("vanished", outcome.vanished)?;
        made.set_item("lives", lives)?;
        made.set_item("accepted", accepted)?;
        made.set_item("full", outcome.full)?;
        made.set_item("sent", outcome.sent)?;
        made.set_item("received", outcome.received)?;
        made.set_item("sockets", sockets)?;
        made.set_item("now_ns", outcome.now)?;
        Ok(made)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}

impl LifeStorm {
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

/// The remote ends of a storm on the simulated network.
struct Remotes<'py, 's> {
    py: Python<'py>,
    shared: &'s Arc<Shared>,
    addresses: &'s [Vec<Address>],
    notices: Vec<(u64, Notice)>,
}

impl Remotes<'_, '_> {
    fn turn<T>(&self, act: impl FnOnce(&mut Turn<'_>) -> T) -> PyResult<T> {
        if self.shared.core.is_shut() {
            let text = "storm: asked to go on; the subsystem is closed; leave that to the storm";
            return Err(error(self.py, "SubsystemClosedError", text));
        }
        let provider = self.shared.provider();
        let result = provider.on(&self.shared.core).turn(act);
        self.shared.let_go(self.py, provider.machine());
        Ok(result)
    }
}

impl Ends for Remotes<'_, '_> {
    type Error = PyErr;

    fn connect(&mut self, life: &Life) -> PyResult<Dialled> {
        let addresses = &self.addresses[life.group as usize];
        let to = addresses[(life.number % addresses.len() as u64) as usize];
        self.turn(|turn| {
            let full = turn.arrivals().full;
            let (status, end) = turn.remote_connect(to, None);
            match status {
                NtStatus::SUCCESS => Dialled::Connected(end),
                NtStatus::PENDING => Dialled::Waiting(end),
                NtStatus::CONNECTION_REFUSED => {
                    Dialled::Refused { full: turn.arrivals().full > full }
                }
                _ => Dialled::Failed,
            }
        })
    }

    fn send(&mut self, end: u64, bytes: u64) -> PyResult<()> {
        let data = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
        self.turn(|turn| turn.remote_send(end, data)).map(drop)
    }

    fn read(&mut self, end: u64, most: u64) -> PyResult<u64> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.turn(|turn| turn.remote_read(end, most).len() as u64)
    }

    fn end(&mut self, end: u64, ending: Ending) -> PyResult<()> {
        self.turn(|turn| match ending {
            Ending::Disconnect => drop(turn.remote_disconnect(end)),
            Ending::Close => turn.remote_close(end),
            Ending::Abort => drop(turn.remote_abort(end)),
            Ending::Vanish => turn.remote_vanish(end),
        })
    }

    fn time_out(&mut self, end: u64) -> PyResult<bool> {
        self.turn(|turn| turn.remote_timeout(end))
    }

    fn kill(&mut self, end: u64) -> PyResult<bool> {
        self.turn(|turn| turn.remote_kill(end))
    }

    fn leave(&mut self, end: u64) -> PyResult<()> {
        self.turn(|turn| turn.remote_close(end))
    }

    fn drive(&mut self, told: &mut Vec<(u64, Told)>) -> PyResult<()> {
        let driven = dispatch(self.py, self.shared, u64::MAX);
        let mut notices = std::mem::take(&mut self.notices);
        if let Some(machine) = self.shared.present_machine() {
            machine.turn(&self.shared.core, |turn| turn.take_notices(&mut notices));
        }
        told.extend(notices.drain(..).map(|(end, notice)| {
            let what = match notice {
                Notice::Connected => Told::Connected,
                Notice::Refused => Told::Refused,
                Notice::Arrived => Told::Arrived,
                Notice::Sent => Told::Sent,
                Notice::Finished => Told::Finished,
                Notice::Aborted => Told::Aborted,
                Notice::Reset => Told::Reset,
            };
            (end, what)
        }));
        self.notices = notices;
        driven.map(drop)
    }
}
