//! Processor: the record of the calling thread, for the functions of WSK that read and change it.

use crate::core::irql::Irql;
use crate::provider::processor::here;
use crate::py::keep::shared::Inside;
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

    /// Raises or lowers it.
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

fn known_level(level: u32) -> PyResult<Irql> {
    Irql::new(level).ok_or_else(|| {
        PyValueError::new_err(format!("asked for the level {level}; give 0, 1 or 2"))
    })
}
