//! Workers: threads of our own that drive a subsystem until a `with` block is left.
//!
//! Leaving the block never waits while attached (R18 to R21).

use crate::core::limits::MAX_WORKERS;
use crate::core::sync::Mutex;
use crate::py::drive::running;
use crate::py::drive::team::{self, Team, work};
use crate::py::keep::shared::Inside;
use crate::py::keep::shutting::complete_left;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments;
use crate::py::values::errors::{drive_inside, error, to_py_err};
use crate::py::values::exits;
use crate::py::values::passing::PassOver;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a blocking call waits before it looks for signals (R18).
const NAP: Duration = Duration::from_millis(10);
/// How long calls that run may take to return after Ctrl-C, until their threads are given up.
const LAST_CALLS: Duration = Duration::from_millis(50);

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

    /// Stops the threads after their running calls; the last one gives the right to drive back.
    fn stop(slf: &Bound<'_, Self>, team: &Team) -> PyResult<()> {
        let py = slf.py();
        // If they have ended, another drive may have begun.
        if !team.wait_ended(Duration::ZERO) {
            team.shared.core.halt();
        }
        let mut interrupted: Option<(PyErr, Instant)> = None;
        while !py.detach(|| team.wait_ended(NAP)) {
            // A handler that never returns must not take the program with it: Ctrl-C gives up the
            // threads, and the subsystem stays driven until they have ended.
            if let Err(raised) = py.check_signals() {
                interrupted.get_or_insert((raised, Instant::now()));
            }
            if interrupted.as_ref().is_some_and(|(_, since)| since.elapsed() > LAST_CALLS) {
                break;
            }
        }
        if team.wait_ended(Duration::ZERO) {
            let ended = slf.get().team.lock().take();
            running::forget(slf);
            drop(ended);
            team.shared.bury(py, &[]);
        }
        interrupted.map_or(Ok(()), |(raised, _)| Err(raised))
    }

    /// The team, for the end of the interpreter.
    pub(crate) fn running_team(&self) -> Option<Arc<Team>> {
        self.team().filter(|team| !team.shared.is_forked() && !team.wait_ended(Duration::ZERO))
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
            let asked = seconds.extract::<f64>().pass_over(py);
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
        if exits::have_begun() {
            let text = format!(
                "workers: asked for {} threads; the interpreter ends and waits for none any more; start them \
                 earlier, or use dispatch()",
                slf.count
            );
            return Err(error(py, "DriveError", text));
        }
        let stack = team::stack(py)?;
        shared.wait_for_the_last(py)?;
        shared.core.begin_driving().map_err(|refusal| to_py_err(py, refusal))?;
        // No Python code runs from here to the end, so nothing can come between and leave threads that nobody
        // knows.
        let team = Arc::new(Team::new(shared, slf.count, slf.spin));
        let before = slf.team.lock().replace(Arc::clone(&team));
        let forgotten = running::remember(&bound);
        for number in 0..slf.count {
            team.shared.core.guest_enters();
            let of_thread = Arc::clone(&team);
            let name = format!("wsksim-worker-{number}");
            let thread = std::thread::Builder::new().name(name).stack_size(stack);
            if let Err(failure) = thread.spawn(move || work(&of_thread, number)) {
                team.shared.core.guest_leaves();
                team.ended(slf.count - number);
                Self::stop(&bound, &team)?;
                return Err(not_started(slf.count, number, &failure));
            }
        }
        drop((before, forgotten));
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
        // The threads are the parent's, and so is what they failed with.
        if this.subsystem.get().shared.is_forked() {
            return Ok(());
        }
        if Inside::here() {
            return Err(drive_inside(py, "leaving the workers' block"));
        }
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}

/// A worker that the system did not give.
fn not_started(count: usize, number: usize, failure: &std::io::Error) -> PyErr {
    let text = format!(
        "workers: asked for {count} threads; the system refused number {}: {failure}; give fewer, or raise the \
         limits of threads and memory",
        number + 1
    );
    pyo3::exceptions::PyOSError::new_err((failure.raw_os_error().unwrap_or_default(), text))
}
