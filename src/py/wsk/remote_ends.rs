//! Remote ends: those of many connections, with one crossing for all, for `wsksim.network`.

use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::py::sharing::holding::Holding;
use crate::py::sockets::fleet::Statuses;
use crate::py::sockets::selecting::{Chosen, Many};
use crate::py::values::arguments;
use crate::py::values::errors::error;
use crate::py::wsk::remote_end::RemoteEnd;
use crate::py::wsk::remotes::Remotes;
use crate::wsk::Turn;
use pyo3::prelude::*;
use pyo3::{IntoPyObjectExt, PyTraverseError, gc::PyVisit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Ends that are dealt with before a signal is looked for: a few milliseconds.
const CHUNK: usize = 1024;

const ENDS: Many = Many { name: "crowd", one: "remote end" };

/// One end: its number, and whether its connect was answered with STATUS_PENDING.
type Known = (u64, bool);

/// The remote ends of many connections. Made by `Network.connect_many`.
///
/// `ends[i]` is a `RemoteEnd`; a slice, a sequence or array of positions, or a mask of bools gives a `RemoteEnds` of
/// those, in that order. Each method does what the one of `RemoteEnd` does, for one after the other.
#[pyclass(frozen, weakref, module = "wsksim.network")]
pub(crate) struct RemoteEnds {
    remotes: Py<Remotes>,
    ends: Arc<Vec<Known>>,
}

/// Deals with all ends in chunks; what a signal's handler raises ends it between two of them.
fn in_chunks(
    py: Python<'_>,
    remotes: &Remotes,
    ends: &[Known],
    mut deal: impl FnMut(&mut Turn<'_>, &Known),
) -> PyResult<()> {
    let mut holding = Holding::begin();
    let at = |place: usize| ends.get(place).map(|(id, _)| *id);
    for (number, chunk) in ends.chunks(CHUNK).enumerate() {
        remotes.turn(py, |turn| {
            for (place, end) in chunk.iter().enumerate() {
                turn.foresee_remotes(number * CHUNK + place, at);
                deal(turn, end);
            }
        })?;
        holding.pass(py)?;
    }
    Ok(())
}

impl RemoteEnds {
    /// Connects so many ends; the status that refused one, if one was. Where not all can be made, none stays.
    pub(crate) fn connected(
        remotes: &Bound<'_, Remotes>,
        to: Address,
        local: Option<Address>,
        count: usize,
    ) -> PyResult<Result<Self, NtStatus>> {
        let py = remotes.py();
        let mut ends: Vec<Known> = arguments::room("connect_many", count)?;
        let mut refused = None;
        let mut holding = Holding::begin();
        let connect = |turn: &mut Turn<'_>, ends: &mut Vec<Known>| {
            match turn.remote_connect(to, local) {
                (NtStatus::SUCCESS, id) => ends.push((id, false)),
                (NtStatus::PENDING, id) => ends.push((id, true)),
                (status, _) => return Some(status),
            }
            None
        };
        let made = (|| {
            while ends.len() < count && refused.is_none() {
                if remotes.get().is_shut(py)? {
                    return Err(error(
                        py,
                        "SubsystemClosedError",
                        "connect_many: asked for remote ends; the subsystem was closed; make another one",
                    ));
                }
                let more = CHUNK.min(count - ends.len());
                refused = remotes
                    .get()
                    .turn(py, |turn| (0..more).find_map(|_| connect(turn, &mut ends)))?;
                holding.pass(py)?;
            }
            Ok(())
        })();
        let mut undone = Ok(());
        if made.is_err() || refused.is_some() {
            // None stays, whatever a signal's handler raises meanwhile: that is raised at the end.
            for chunk in ends.chunks(CHUNK) {
                remotes.get().turn(py, |turn| {
                    for (id, _) in chunk {
                        turn.remote_abort(*id);
                        turn.remote_close(*id);
                    }
                })?;
                undone = undone.and(holding.pass(py));
            }
        }
        made?;
        undone?;
        let remotes = remotes.clone().unbind();
        Ok(refused.map_or_else(|| Ok(Self { remotes, ends: Arc::new(ends) }), Err))
    }

    fn end(&self, py: Python<'_>, position: usize) -> RemoteEnd {
        let (id, pending) = self.ends[position];
        let status = if pending { NtStatus::PENDING } else { NtStatus::SUCCESS };
        RemoteEnd { remotes: self.remotes.clone_ref(py), id, status }
    }

    fn counted<'py>(
        &self,
        py: Python<'py>,
        deal: impl Fn(&mut Turn<'_>, u64) -> NtStatus,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut statuses = Statuses::default();
        in_chunks(py, self.remotes.get(), &self.ends, |turn, (id, _)| {
            statuses.add(deal(turn, *id));
        })?;
        statuses.counter(py)
    }
}

#[pymethods]
impl RemoteEnds {
    fn __len__(&self) -> usize {
        self.ends.len()
    }

    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match ENDS.chosen(key, &self.ends)? {
            Chosen::One(position) => self.end(py, position).into_bound_py_any(py),
            Chosen::Some(ends) => {
                let remotes = self.remotes.clone_ref(py);
                Self { remotes, ends: Arc::new(ends) }.into_bound_py_any(py)
            }
        }
    }

    /// Finishes each half in order.
    ///
    /// Returns:
    ///     A `collections.Counter` of statuses.
    fn disconnect<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.counted(py, |turn, id| turn.remote_disconnect(id))
    }

    /// Tears each connection down, or drops its request; a `collections.Counter` of statuses.
    fn abort<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.counted(py, |turn, id| turn.remote_abort(id))
    }

    /// Each goes silent.
    fn vanish(&self, py: Python<'_>) -> PyResult<()> {
        in_chunks(py, self.remotes.get(), &self.ends, |turn, (id, _)| turn.remote_vanish(*id))
    }

    /// Closes each, as `RemoteEnd.close`.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        in_chunks(py, self.remotes.get(), &self.ends, |turn, (id, _)| turn.remote_close(*id))
    }

    /// How many are in each state, by the names that `RemoteEnd.state` has.
    fn states(&self, py: Python<'_>) -> PyResult<BTreeMap<&'static str, usize>> {
        let mut found = BTreeMap::new();
        in_chunks(py, self.remotes.get(), &self.ends, |turn, (id, _)| {
            let state = turn.remote_state(*id).map_or("closed", |state| state.name());
            *found.entry(state).or_insert(0) += 1;
        })?;
        Ok(found)
    }

    fn __repr__(&self) -> String {
        format!("<RemoteEnds of {} connections>", self.ends.len())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.remotes)
    }
}
