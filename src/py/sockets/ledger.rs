//! Ledger: what a subsystem tells of itself: its options, its findings, its books.

use crate::core::chooser::NoChoices;
use crate::core::handle::SocketHandle;
use crate::py::keep::findings;
use crate::py::keep::shared::Shared;
use crate::py::values::errors::{error, forked};
use crate::py::values::options::{CHECKS, COMPLETIONS, LEVELS, name_of};
use crate::py::values::{books, exits, options};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::Arc;

/// What a subsystem tells of itself.
#[pyclass(frozen, subclass, module = "wsksim")]
pub(crate) struct Ledger {
    shared: Arc<Shared>,
}

/// What belongs to a subsystem, closed or not, unless that belongs to another process.
#[inline]
pub(crate) fn alive<'s>(py: Python<'_>, shared: &'s Arc<Shared>) -> PyResult<&'s Arc<Shared>> {
    exits::stay();
    if shared.is_forked() { Err(forked(py)) } else { Ok(shared) }
}

impl Ledger {
    /// The ledger of one subsystem.
    pub(crate) fn of(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared) }
    }

    fn alive(&self, py: Python<'_>) -> PyResult<&Arc<Shared>> {
        alive(py, &self.shared)
    }
}

#[pymethods]
impl Ledger {
    /// Where every random stream of this subsystem begins.
    #[getter]
    fn seed(&self) -> u64 {
        self.shared.core.options().seed
    }

    /// What a breach of the contract leads to.
    #[getter]
    fn check(&self) -> &'static str {
        name_of(&CHECKS, self.shared.core.options().check)
    }

    /// At which level indications run.
    #[getter]
    fn irql(&self) -> &'static str {
        name_of(&LEVELS, self.shared.core.options().irql)
    }

    /// The options under which a run repeats, by their names.
    #[getter]
    fn _policies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        findings::policies(py, &self.shared)
    }

    /// What comes next: "fifo", "explore" or "pct:N".
    #[getter]
    fn schedule(&self) -> String {
        options::schedule_word(self.shared.core.options().schedule)
    }

    /// How requests that are decided are answered and completed: "inline", "windows", "later" or "drawn".
    #[getter]
    fn completions(&self) -> &'static str {
        name_of(&COMPLETIONS, self.shared.policies().completions)
    }

    /// What was chosen so far where the contract leaves something open, as a list of ints; another subsystem
    /// with these `choices` repeats the history, whatever its seed.
    ///
    /// Raises:
    ///     DriveError: workers have driven; what they did the system's scheduler decided.
    ///     LimitError: more choices were made than are kept, 2**20.
    #[getter]
    fn choices(&self, py: Python<'_>) -> PyResult<Vec<u32>> {
        self.alive(py)?.core.choices().map_err(|refusal| {
            let name = match refusal {
                NoChoices::Team => "DriveError",
                NoChoices::TooMany { .. } => "LimitError",
            };
            error(py, name, format!("choices: {refusal}"))
        })
    }

    /// Whether `close` was called.
    #[getter]
    fn closed(&self) -> bool {
        self.shared.core.is_shut()
    }

    /// How many sockets are open.
    #[getter]
    fn open_sockets(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.alive(py)?.core.counts().open)
    }

    /// What rules the application broke, as `wsksim.Finding`: equal ones as one that counts them, oldest first, the first
    /// 100 different ones.
    #[getter]
    fn findings<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let kept = self.alive(py)?.core.findings();
        kept.iter().map(|finding| findings::to_python(py, &self.shared, finding)).collect()
    }

    /// What is legal and suspicious, likewise.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let kept = self.alive(py)?.core.notes();
        kept.iter().map(|note| findings::to_python(py, &self.shared, note)).collect()
    }

    /// How often a rule was broken, equal findings counted each.
    #[getter]
    fn finding_count(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.alive(py)?.core.counts().findings)
    }

    /// The books: posted = indicated + withheld + pending, exact at every quiet point.
    ///
    /// Returns:
    ///     {"posted": {"graceful", "abortive"}, "indicated": {"graceful", "abortive"}, "withheld":
    ///     {"superseded", "closed", "aborted_locally", "non_functional", "refused_by_application",
    ///     "not_enabled"}, "pending": {"queued", "held"}, "refused": {"stale", "closed", "repeated",
    ///     "limit"}, "findings", "open_sockets"}, all ints. A refused post is no edge.
    ///
    /// Rules: D-18, D-22, D-25, D-26, U-2, U-34.
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        books::to_python(py, &self.alive(py)?.core.counts())
    }

    /// Takes the journal: (handle, Flags) of each indication since the last call, in order.
    ///
    /// Raises:
    ///     ValueError: none is kept; the subsystem was made without journal=True.
    fn take_journal(&self, py: Python<'_>) -> PyResult<Vec<(u128, u32)>> {
        if !self.alive(py)?.core.options().journal {
            return Err(PyValueError::new_err(
                "take_journal: asked for the journal; none is kept; make Subsystem(journal=True)",
            ));
        }
        let entries = self.shared.core.take_journal();
        let user = |handle: SocketHandle| findings::user_handle(&self.shared, handle.bits());
        Ok(entries.into_iter().map(|(handle, flags)| (user(handle), flags)).collect())
    }

    fn __repr__(&self) -> String {
        let counts = self.shared.core.counts();
        let state = if self.shared.core.is_shut() { "closed" } else { "open" };
        format!(
            "<Subsystem {state}, {} sockets, {} queued, {} held, seed {}>",
            counts.open,
            counts.queued,
            counts.held,
            self.shared.core.options().seed
        )
    }
}
