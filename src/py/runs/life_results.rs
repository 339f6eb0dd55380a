//! What a plan's storm measured, as Python's dictionaries.

use crate::provider::Ended;
use crate::py::runs::storm_results::{histograms, noise, pace, series, times};
use crate::storm::Timing;
use crate::storm::course::Totals;
use crate::storm::fates::Fate;
use crate::storm::living::Storm;
use crate::wsk::{Arrivals, Left, Turn};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// What becomes of lives, under the names that a report has.
const FATES: [(&str, Fate); 7] = [
    ("ended_in_order", Fate::EndedInOrder),
    ("aborted_by_peer", Fate::AbortedByPeer),
    ("aborted_by_us", Fate::AbortedByUs),
    ("timed_out", Fate::TimedOut),
    ("killed", Fate::Killed),
    ("refused", Fate::Refused),
    ("never_connected", Fate::NeverConnected),
];
/// Lives and sockets that are left and told of, of each at most so many.
const TOLD: usize = 10;

/// What the application's side counted.
pub(crate) struct Found {
    /// What happened at its listening sockets.
    pub(crate) arrivals: Arrivals,
    /// How many connections wait to be accepted, and for which instants these and those that were over before were
    /// planned, if instants are known; the second were not noted yet.
    pub(crate) waiting: u64,
    pub(crate) planned: Vec<u64>,
    pub(crate) missed: Vec<u64>,
    /// Sockets that are there.
    pub(crate) sockets: Vec<Left>,
    /// How requests ended.
    pub(crate) endings: Vec<Ended>,
    /// Edges that were posted.
    pub(crate) edges: u64,
}

impl Found {
    /// What there is now; how requests ended is known to the door alone.
    pub(crate) fn at(turn: &mut Turn<'_>, edges: u64) -> Self {
        Self {
            arrivals: turn.arrivals(),
            waiting: turn.waiting_remotes().len() as u64,
            planned: turn.planned_of_waiting(),
            missed: turn.take_missed(),
            sockets: turn.left(),
            endings: Vec::new(),
            edges,
        }
    }
}

/// What has become of the lives so far, and what was measured.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    storm: &mut Storm,
    found: &Found,
    timing: Option<&Timing>,
) -> PyResult<Bound<'py, PyDict>> {
    let outcome = storm.outcome();
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
    lives.set_item("unaccepted", found.arrivals.missed + found.waiting)?;
    made.set_item("lives", lives)?;
    made.set_item("accepted", found.arrivals.accepted)?;
    made.set_item("full", outcome.full)?;
    made.set_item("sent", outcome.sent)?;
    made.set_item("received", outcome.received)?;
    made.set_item("sockets", found.sockets.len())?;
    made.set_item("now_ns", outcome.now)?;
    let totals = Totals { accepted: found.arrivals.accepted, edges: found.edges };
    made.set_item("series", series(py, storm.course(totals))?)?;
    made.set_item("requests", requests(py, &found.endings)?)?;
    made.set_item("left_lives", left_lives(py, storm)?)?;
    // A connection at whose other end a life goes on is told of by that.
    let alone = |left: &&Left| left.remote.is_none_or(|remote| !storm.lives_at(remote));
    let alone: Vec<_> = found.sockets.iter().filter(alone).collect();
    made.set_item("left_alone", alone.len())?;
    made.set_item("left_sockets", left_sockets(py, &alone)?)?;
    if let Some(timing) = timing {
        made.set_item("pace", pace(py, &storm.lag(), outcome.paced, ("lives", None))?)?;
        let (service, response) = timing.series();
        made.set_item("service_ns", times(py, &service)?)?;
        made.set_item("response_ns", times(py, &response)?)?;
        found.missed.iter().for_each(|planned| timing.missed(*planned));
        let accepts = timing.accepts(&found.planned).unwrap_or_default();
        made.set_item("accept_service_ns", times(py, &accepts.0)?)?;
        made.set_item("accept_ns", times(py, &accepts.1)?)?;
        let named = [
            ("service", Some(&service)),
            ("response", Some(&response)),
            ("accept", Some(&accepts.1)),
            ("accept_service", Some(&accepts.0)),
        ];
        made.set_item("histograms", histograms(py, named)?)?;
        made.set_item("noise", noise(py, timing)?)?;
    }
    Ok(made)
}

/// How many requests of each function ended with each status.
fn requests<'py>(py: Python<'py>, endings: &[Ended]) -> PyResult<Bound<'py, PyDict>> {
    let mut sorted: Vec<_> = endings.iter().collect();
    sorted.sort_by_key(|ended| (ended.function.name, ended.status.bits()));
    let requests = PyDict::new(py);
    let mut last: Option<(&str, Bound<'py, PyDict>)> = None;
    for ended in sorted {
        let name = ended.function.name;
        let by_status = match last.take() {
            Some((same, by_status)) if same == name => by_status,
            _ => PyDict::new(py),
        };
        let status = ended.status;
        let words = status
            .name()
            .map_or_else(|| format!("0x{:08X}", status.bits()), |name| format!("STATUS_{name}"));
        by_status.set_item(words, ended.count)?;
        requests.set_item(name, &by_status)?;
        last = Some((name, by_status));
    }
    Ok(requests)
}

/// The lives that are not over, as group, number, state, since when.
fn left_lives<'py>(py: Python<'py>, storm: &Storm) -> PyResult<Bound<'py, PyList>> {
    let left = storm.left(TOLD);
    PyList::new(py, left.iter().map(|one| (one.group, one.number, one.state, one.since)))
}

/// The sockets that are there, as number, state, since when.
fn left_sockets<'py>(py: Python<'py>, left: &[&Left]) -> PyResult<Bound<'py, PyList>> {
    let told = left.iter().take(TOLD);
    PyList::new(py, told.map(|one| (one.socket, one.state.name(), one.since)))
}
