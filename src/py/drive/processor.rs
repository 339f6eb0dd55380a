//! Processor: the record of the calling thread, for the functions of WSK that read and change it.

use crate::core::irql::Irql;
use crate::provider::levels::{self, OutOfRange};
use crate::provider::processor::here;
use crate::py::keep::shared::Inside;
use crate::py::values::arguments::in_hex;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

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

    /// KeRaiseIrql: the level before.
    #[staticmethod]
    fn raise_level(level: &Bound<'_, PyAny>) -> PyResult<u32> {
        changed("KeRaiseIrql", level, levels::raise)
    }

    /// KeLowerIrql: the level before.
    #[staticmethod]
    fn lower_level(level: &Bound<'_, PyAny>) -> PyResult<u32> {
        changed("KeLowerIrql", level, levels::lower)
    }

    /// Sets it, as no driver can.
    #[staticmethod]
    fn set_level(level: u32) -> PyResult<()> {
        here().set_level(known_level(level)?);
        Ok(())
    }

    /// Whether a drive may begin here: outside callbacks and completion routines, and below DISPATCH_LEVEL.
    #[staticmethod]
    fn may_drive() -> bool {
        let processor = here();
        processor.inside().is_none() && !Inside::here() && !processor.level().is_dispatch()
    }

    /// The name of the innermost callback or routine that runs on this thread.
    #[staticmethod]
    fn inside() -> Option<&'static str> {
        here().inside().map(|frame| frame.name)
    }
}

/// Has a level changed that an application gave.
fn changed(
    caller: &str,
    level: &Bound<'_, PyAny>,
    change: fn(Option<Irql>) -> Result<Irql, OutOfRange>,
) -> PyResult<u32> {
    let to = level.extract().ok().and_then(Irql::new);
    change(to).map(|before| before as u32).map_err(|OutOfRange { lowest, highest }| {
        let found = in_hex(level);
        let (lowest, highest) = (lowest as u32, highest as u32);
        PyValueError::new_err(format!(
            "{caller}: asked for a level from {lowest} to {highest}; found {found}; pass one of \
             these [Q-2]"
        ))
    })
}

fn known_level(level: u32) -> PyResult<Irql> {
    Irql::new(level).ok_or_else(|| {
        PyValueError::new_err(format!("asked for the level {level}; give 0, 1 or 2"))
    })
}
