//! Patience: when a WskDeregister that waits has something to say.

use crate::core::sync::Mutex;
use crate::provider::{Patience, Say};
use crate::py::values::arguments::shown;
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::clients::ClientFunctions;
use crate::py::wsk::stopping::ended;
use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// One wait of WskDeregister: when it has something to say.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct DeregisterPatience {
    patience: Mutex<Patience>,
    began: Instant,
    /// After so long it says for what it waits.
    long: Option<Duration>,
}

#[pymethods]
impl DeregisterPatience {
    #[new]
    #[pyo3(signature = (long_s = None))]
    fn new(long_s: Option<f64>) -> Self {
        let long = long_s.and_then(|long| Duration::try_from_secs_f64(long).ok());
        Self { patience: Mutex::default(), began: Instant::now(), long }
    }

    /// One look found the registration held: what it waits for, if that is to be said now. That it cannot end is a
    /// finding (O-17).
    fn look(
        &self,
        provider: &Bound<'_, ClientFunctions>,
        registration: u64,
        idle: bool,
        alone: bool,
    ) -> PyResult<Option<String>> {
        let waited = self.began.elapsed();
        let said = self.patience.lock().look(idle, alone, waited, self.long);
        if said == Say::Nothing {
            return Ok(None);
        }
        let (py, base) = (provider.py(), provider.as_super());
        let holders = base.get().with_door(py, |door| door.holders(registration))?;
        let words = holders.words(|number| {
            let Some(socket) = base.get().socket(py, number) else {
                return Ok(format!("socket {number}"));
            };
            let context = shown(socket.get().context(py).bind(py));
            Ok::<_, PyErr>(format!("{} with context {context}", socket.repr()?))
        })?;
        if said == Say::Stuck {
            let mut app = PythonApplication::new(py, Some(base));
            ended(base.get().with_door(py, |door| door.report_stuck(&mut app, &words))?)?;
        }
        Ok(Some(words))
    }
}
