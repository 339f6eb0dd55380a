//! Workers: threads of our own that drive a subsystem until a `with` block is left.
//!
//! Leaving the block never waits while attached (R18 to R21).

use crate::core::limits::MAX_WORKERS;
use crate::py::drive::team::{Team, work};
use crate::py::keep::shared::Inside;
use crate::py::keep::shutting::complete_left;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments;
use crate::py::values::errors::{drive_inside, error, to_py_err};
use parking_lot::{Condvar, Mutex};
use pyo3::prelude::*;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a blocking call waits before it looks for signals (R18).
const NAP: Duration = Duration::from_millis(10);

/// Drives a subsystem from threads of its own until its block is left.
#[pyclass(frozen, weakref, module = "wsksim")]
pub(crate) struct Workers {
    subsystem: Py<Subsystem>,
    count: usize,
    spin: Duration,
    team: Mutex<Option<Arc<Team>>>,
}

impl Workers {
    pub(crate) fn new(
        subsystem: Py<Subsystem>,
        count: &Bound<'_, PyAny>,
        spin_us: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let asked = arguments::count("workers", count, MAX_WORKERS as u64)?;
        if asked == 0 {
            return Err(pyo3::exceptions::PyValueError::new_err(
                "workers: asked for 0 threads; give 1 or more, or use dispatch()",
            ));
        }
        let spin = arguments::count("workers(spin_us=…)", spin_us, 1_000_000)?;
        let spin = Duration::from_micros(spin);
        Ok(Self { subsystem, count: asked as usize, spin, team: Mutex::new(None) })
    }

    fn team(&self) -> Option<Arc<Team>> {
        self.team.lock().clone()
    }

    /// Waits until nothing is queued and no call runs; false after `limit`.
    fn wait_quiet(&self, py: Python<'_>, team: &Team, limit: Option<Duration>) -> PyResult<bool> {
        let began = Instant::now();
        loop {
            if py.detach(|| team.shared.core.wait_quiet(team.count)) {
                team.shared.bury(py, &[]);
                return Ok(true);
            }
            // Failed, or another thread has left the block meanwhile.
            if team.failed.load(Ordering::Acquire) || team.wait_ended(Duration::ZERO) {
                return Ok(false);
            }
            py.check_signals()?;
            if limit.is_some_and(|limit| began.elapsed() >= limit) {
                return Ok(false);
            }
        }
    }

    /// Stops the threads after their running calls and gives the right to drive back.
    fn stop(slf: &Bound<'_, Self>, team: &Team) -> PyResult<()> {
        let py = slf.py();
        team.shared.core.halt();
        while !py.detach(|| team.wait_ended(NAP)) {
            // A handler that never returns must not take the program with it: Ctrl-C gives up the
            // threads, and the subsystem stays driven.
            py.check_signals()?;
        }
        if slf.get().team.lock().take().is_some() {
            team.shared.core.end_driving();
            py.import("wsksim._exit")?.getattr("forget")?.call1((slf,))?;
        }
        team.shared.bury(py, &[]);
        Ok(())
    }
}

#[pymethods]
impl Workers {
    /// How many threads.
    #[getter]
    fn count(&self) -> usize {
        self.count
    }

    /// Waits until nothing is queued and no call runs. Held edges do not count.
    ///
    /// Args:
    ///     timeout: seconds >= 0, or None to wait as long as it takes.
    ///
    /// Returns:
    ///     False if the time was up first.
    ///
    /// Raises:
    ///     DriveError: inside a callback (D-10), or outside the with block.
    ///     What a handler stopped the workers with.
    #[pyo3(signature = (timeout = None))]
    fn drain(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        if Inside::here() {
            return Err(drive_inside(py, "drain"));
        }
        let limit = timeout.map(|seconds| {
            let asked = seconds.extract::<f64>().ok();
            asked.and_then(|asked| Duration::try_from_secs_f64(asked).ok()).ok_or_else(|| {
                pyo3::exceptions::PyValueError::new_err(format!(
                    "drain: asked to wait {} seconds; give 0 or more, or None",
                    arguments::shown(seconds)
                ))
            })
        });
        let limit = limit.transpose()?;
        self.subsystem.get().alive(py)?;
        let Some(team) = self.team() else {
            let text = "drain: asked to wait for workers; none run; call it inside the with block";
            return Err(error(py, "DriveError", text));
        };
        let quiet = self.wait_quiet(py, &team, limit)?;
        match team.failure.lock().as_ref() {
            Some(failure) => Err(failure.clone_ref(py)),
            None => Ok(quiet),
        }
    }

    fn __enter__<'py>(bound: Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let (py, slf) = (bound.py(), bound.get());
        if Inside::here() {
            return Err(drive_inside(py, "workers"));
        }
        let shared = slf.subsystem.get().usable(py)?.clone();
        if shared.core.is_replay() {
            let text = "workers: asked to choose again on threads; what they do the system's scheduler \
                        decides; use dispatch(), or give no choices";
            return Err(error(py, "DriveError", text));
        }
        shared.core.begin_driving().map_err(|refusal| to_py_err(py, refusal))?;
        let team = Arc::new(Team {
            shared,
            count: slf.count,
            spin: slf.spin,
            running: Mutex::new(slf.count),
            ended: Condvar::new(),
            failure: Mutex::new(None),
            failed: AtomicBool::new(false),
            idents: Mutex::new(Vec::new()),
        });
        for number in 0..slf.count {
            team.shared.core.guest_enters();
            let of_thread = Arc::clone(&team);
            let name = format!("wsksim-worker-{number}");
            let started =
                std::thread::Builder::new().name(name).spawn(move || work(&of_thread, number));
            if let Err(failure) = started {
                team.shared.core.guest_leaves();
                *team.running.lock() -= slf.count - number;
                *slf.team.lock() = Some(Arc::clone(&team));
                Self::stop(&bound, &team)?;
                return Err(failure.into());
            }
        }
        *slf.team.lock() = Some(Arc::clone(&team));
        let at_exit = py.import("wsksim._exit")?.getattr("stop_at_exit")?;
        at_exit.call1((&bound,))?;
        Ok(bound)
    }

    #[pyo3(signature = (kind, error, trace, /))]
    fn __exit__(
        slf: &Bound<'_, Self>,
        kind: &Bound<'_, PyAny>,
        error: &Bound<'_, PyAny>,
        trace: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let _ = (error, trace);
        let py = slf.py();
        let this = slf.get();
        if Inside::here() {
            return Err(drive_inside(py, "leaving the workers' block"));
        }
        this.subsystem.get().alive(py)?;
        let Some(team) = this.team() else { return Ok(()) };
        let drained =
            if kind.is_none() { this.wait_quiet(py, &team, None).map(|_| ()) } else { Ok(()) };
        let stopped = Self::stop(slf, &team);
        drained?;
        stopped?;
        complete_left(py, &team.shared)?;
        let failure = team.failure.lock().take();
        failure.map_or(Ok(()), Err)
    }

    /// Stops the threads when the interpreter exits; waits `seconds` for running calls. Returns
    /// Python's names of the threads that still run handlers; None when all have ended.
    fn _stop_at_exit(&self, py: Python<'_>, seconds: f64) -> Option<Vec<u64>> {
        // In a forked child there are no threads to stop.
        let shared = self.subsystem.get().alive(py).ok()?;
        let team = self.team()?;
        shared.core.halt();
        let began = Instant::now();
        while !py.detach(|| team.wait_ended(NAP)) {
            if began.elapsed().as_secs_f64() > seconds {
                return Some(team.idents.lock().clone());
            }
        }
        None
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}
