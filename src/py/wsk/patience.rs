//! Patience: when a wait has something to say, of WskDeregister or for a request.

use crate::core::sync::Mutex;
use crate::provider::{Patience, Say};
use crate::py::values::arguments::shown;
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::clients::ClientFunctions;
use crate::py::wsk::irp::Irp;
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
        Self { patience: Mutex::default(), began: Instant::now(), long: seconds(long_s) }
    }

    /// One look found the registration held: what it waits for, if that is to be said now, and whether the wait ends
    /// here, for it would never end; that is a finding (O-17).
    fn look(
        &self,
        provider: &Bound<'_, ClientFunctions>,
        registration: u64,
        idle: bool,
        alone: bool,
    ) -> PyResult<Option<(String, bool)>> {
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
        Ok(Some((words, said == Say::Stuck)))
    }
}

/// One wait for a request: when it has something to say.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct RequestPatience {
    patience: Mutex<Patience>,
    began: Instant,
    /// After so long it says for what it waits.
    long: Option<Duration>,
}

#[pymethods]
impl RequestPatience {
    #[new]
    #[pyo3(signature = (long_s = None))]
    fn new(long_s: Option<f64>) -> Self {
        Self { patience: Mutex::default(), began: Instant::now(), long: seconds(long_s) }
    }

    /// One look found the request of `irp` under way: whether the wait ends here, for nothing can end the request, which
    /// is a finding (I-12); None if there is nothing to say.
    fn look(&self, irp: &Bound<'_, Irp>, idle: bool, alone: bool) -> PyResult<Option<bool>> {
        let said = self.patience.lock().look(idle, alone, self.began.elapsed(), self.long);
        match said {
            Say::Nothing => Ok(None),
            Say::Waits => Ok(Some(false)),
            Say::Stuck => irp.get().report_endless(irp.py()).map(|()| Some(true)),
        }
    }
}

fn seconds(long: Option<f64>) -> Option<Duration> {
    long.and_then(|long| Duration::try_from_secs_f64(long).ok())
}
