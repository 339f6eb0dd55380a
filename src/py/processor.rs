//! Processor: the record of the calling thread, for the functions of WSK that read and change it.

use crate::core::irql::Irql;
use crate::provider::processor::{Frame, here};
use crate::py::subsystem::Subsystem;
use parking_lot::Mutex;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::collections::BTreeSet;

/// What the calling thread carries.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Processor;

#[pymethods]
impl Processor {
    /// The present IRQL.
    #[staticmethod]
    fn level() -> u32 {
        here().level() as u32
    }

    /// Raises or lowers it.
    #[staticmethod]
    fn set_level(level: u32) -> PyResult<()> {
        here().set_level(known_level(level)?);
        Ok(())
    }

    /// A callback or completion routine begins at `level`; `socket` is the machine's number of the socket
    /// that it is about, 0 for none.
    #[staticmethod]
    #[pyo3(signature = (name, level, socket = 0, owner = None))]
    fn enter(name: &str, level: u32, socket: u64, owner: Option<&Subsystem>) -> PyResult<()> {
        let level = known_level(level)?;
        let owner = owner.map_or(0, |subsystem| subsystem.shared.serial);
        let processor = here();
        processor.begin(Frame { name: known_name(name), socket, owner });
        processor.set_level(level);
        Ok(())
    }

    /// The innermost of them has ended; gives the level that it ended at. The level from before is put back.
    #[staticmethod]
    fn leave() -> u32 {
        here().leave() as u32
    }

    /// The name of the innermost callback or routine that runs on this thread.
    #[staticmethod]
    fn inside() -> Option<&'static str> {
        here().inside().map(|frame| frame.name)
    }
}

fn known_level(level: u32) -> PyResult<Irql> {
    Irql::new(level).ok_or_else(|| {
        PyValueError::new_err(format!("asked for the level {level}; give 0, 1 or 2"))
    })
}

/// The name for as long as the process lives. Callers name the functions of WSK and their routines, of which
/// there is a fixed number.
fn known_name(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock();
    if let Some(known) = names.get(name) {
        return known;
    }
    let kept: &'static str = Box::leak(name.into());
    names.insert(kept);
    kept
}
