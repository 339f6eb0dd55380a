//! Client tables: what the provider knows of an application's table of callbacks, found out once, for a table is a
//! constant (O-8).

use crate::provider::TableKind as Kind;
use crate::py::wsk::supplied::TableKind;
use crate::wsk::{callback, event};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, gc::PyVisit, intern};

/// Each entry of any table, and which bit tells the machine that it is there; inspect and abort have no event (1.2).
const ENTRIES: [(&str, u32); 7] = [
    ("WskAcceptEvent", event::ACCEPT),
    ("WskInspectEvent", callback::INSPECT),
    ("WskAbortEvent", callback::ABORT),
    ("WskReceiveFromEvent", event::RECEIVE_FROM),
    ("WskReceiveEvent", event::RECEIVE),
    ("WskDisconnectEvent", event::DISCONNECT),
    ("WskSendBacklogEvent", event::SEND_BACKLOG),
];

/// The callbacks of one client table.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Callbacks {
    pub(crate) kind: Kind,
    /// Which are not NULL.
    pub(crate) bits: u32,
    entries: [Option<Py<PyAny>>; ENTRIES.len()],
}

impl Callbacks {
    /// The callback of that name.
    pub(crate) fn named(&self, name: &str) -> Option<&Py<PyAny>> {
        let place = ENTRIES.iter().position(|(entry, _)| *entry == name)?;
        self.entries[place].as_ref()
    }

    /// WskDisconnectEvent, which the core calls.
    pub(crate) fn disconnect(&self) -> Option<&Py<PyAny>> {
        self.named("WskDisconnectEvent")
    }

    /// What was found out of a table; `None` if it is none.
    pub(crate) fn of(table: &Bound<'_, PyAny>) -> Option<Py<Self>> {
        let known = table.getattr(intern!(table.py(), "_known")).ok()?;
        known.cast_into::<Self>().ok().map(Bound::unbind)
    }
}

#[pymethods]
impl Callbacks {
    /// `tables`: the members of each plain table that it has.
    #[new]
    fn new(kind: &Bound<'_, TableKind>, tables: Vec<Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut entries = [const { None }; ENTRIES.len()];
        let mut bits = 0;
        for table in tables {
            for ((name, bit), entry) in ENTRIES.iter().zip(&mut entries) {
                let given = table.get_item(name)?.filter(|given| !given.is_none());
                if let (None, Some(given)) = (&entry, given) {
                    *entry = Some(given.unbind());
                    bits |= bit;
                }
            }
        }
        Ok(Self { kind: kind.get().0.clone(), bits, entries })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.entries.iter().flatten().try_for_each(|entry| visit.call(entry))
    }
}
