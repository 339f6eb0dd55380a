//! Workers: threads of our own that drive a subsystem until a `with` block is left.
//!
//! A worker begins detached and stays so while only native handlers are queued. The first Python
//! handler attaches it for life; from then on it detaches around every wait and every native run
//! (R15). Leaving the block never waits while attached (R18 to R21).

use crate::core::dispatch::{Drive, Step};
use crate::core::limits::MAX_WORKERS;
use crate::py::arguments;
use crate::py::driving::{run_errand, run_native};
use crate::py::errors::{drive_inside, error, to_py_err};
use crate::py::findings::contract_error;
use crate::py::host::PythonHost;
use crate::py::shared::{Inside, Shared};
use crate::py::shutting::complete_left;
use crate::py::subsystem::Subsystem;
use parking_lot::{Condvar, Mutex};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Calls between two chances for other Python threads.
const CALLS: u64 = 256;
/// Python's own interval, if it does not tell.
const SWITCH_INTERVAL: Duration = Duration::from_millis(5);
/// How long a blocking call waits before it looks for signals (R18).
const NAP: Duration = Duration::from_millis(10);

/// How long a spinning worker that needs the interpreter leaves it to whoever posted. A poster in Python holds it
/// at that moment and often gives it up soon, to sleep or to wait; asking for it before means sleeping until it is
/// given up, which takes ten times as long.
const COURTESY: Duration = Duration::from_micros(2);

/// What the threads of one block share with it.
struct Team {
    shared: Arc<Shared>,
    count: usize,
    spin: Duration,
    /// How many threads have not ended.
    running: Mutex<usize>,
    ended: Condvar,
    /// Why the workers stopped early: raised by the block.
    failure: Mutex<Option<PyErr>>,
    failed: AtomicBool,
    /// Python's names for the threads that are attached, so that the exit can interrupt handlers.
    idents: Mutex<Vec<u64>>,
}

impl Team {
    fn fail(&self, failure: PyErr) {
        self.failure.lock().get_or_insert(failure);
        self.failed.store(true, Ordering::Release);
        self.shared.core.halt();
    }

    /// Waits until every thread has ended, or `limit` passed.
    fn wait_ended(&self, limit: Duration) -> bool {
        let mut running = self.running.lock();
        if *running > 0 {
            self.ended.wait_for(&mut running, limit);
        }
        *running == 0
    }
}

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

    /// Stops the threads when the interpreter exits; waits `seconds` for running calls. Gives what
    /// Python calls the threads that run handlers still; None when all have ended.
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

/// One worker thread.
fn work(team: &Team, number: usize) {
    let _inside = Inside::enter();
    work_detached(team, number);
    team.shared.core.guest_leaves();
    *team.running.lock() -= 1;
    team.ended.notify_all();
}

fn work_detached(team: &Team, number: usize) {
    let core = &team.shared.core;
    let mut drive = Drive::worker(core, number, team.count);
    loop {
        let mut host = crate::py::host::NativeHost::new(&team.shared);
        let step = team.shared.step(&mut drive, &mut host, CALLS);
        team.shared.inter(&mut host.closed);
        match step {
            Step::Empty => {
                if rest(team, &drive, Duration::ZERO) {
                    return;
                }
            }
            Step::Unready => std::thread::yield_now(),
            Step::Spent => {}
            Step::Halted | Step::Stopped => return,
            Step::Other(_) | Step::Errands => {
                return Python::attach(|py| work_attached(py, team, &mut drive));
            }
            Step::Breach(finding) => {
                return Python::attach(|py| {
                    team.fail(contract_error(py, &team.shared, &finding, None));
                });
            }
        }
    }
}

fn work_attached(py: Python<'_>, team: &Team, drive: &mut Drive<'_>) {
    let ident = py
        .import("threading")
        .and_then(|threading| threading.call_method0("get_ident"))
        .and_then(|ident| ident.extract::<u64>());
    if let Ok(ident) = ident {
        team.idents.lock().push(ident);
    }
    // Attached, it is in the core in its turn only.
    let turn = Turn::take(team);
    drive_attached(py, team, drive);
    drop(turn);
    if let Ok(ident) = ident {
        team.idents.lock().retain(|other| *other != ident);
    }
}

/// How long a thread keeps the interpreter while others want it.
fn switch_interval(py: Python<'_>) -> Option<Duration> {
    let asked = py.import("sys").and_then(|sys| sys.call_method0("getswitchinterval"));
    asked
        .and_then(|seconds| seconds.extract())
        .ok()
        .and_then(|s| Duration::try_from_secs_f64(s).ok())
}

/// An attached worker is no guest of the core (`core::turns`); it is one again when this is dropped,
/// which happens attached.
struct Turn<'t>(&'t Team);

impl<'t> Turn<'t> {
    fn take(team: &'t Team) -> Self {
        team.shared.core.guest_leaves();
        Self(team)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.shared.core.guest_enters();
    }
}

fn drive_attached(py: Python<'_>, team: &Team, drive: &mut Drive<'_>) {
    let shared = &*team.shared;
    let mut host = PythonHost::new(py, shared);
    let turn = switch_interval(py).unwrap_or(SWITCH_INTERVAL);
    let mut turn_began = Instant::now();
    let mut edges = 0;
    loop {
        let step = shared.step(drive, &mut host, if edges > 0 { CALLS.min(edges) } else { CALLS });
        host.ended_step();
        host.passes_errands = false;
        let passed = std::mem::take(&mut edges) > 0;
        host.tidy();
        let failure = match step {
            Step::Empty if passed => None,
            Step::Empty => {
                if shared.detached(py, || rest(team, drive, COURTESY)) {
                    return;
                }
                None
            }
            Step::Unready => {
                py.detach(std::thread::yield_now);
                None
            }
            Step::Errands => match run_errand(py, shared, drive, &mut host) {
                Ok(first) => {
                    edges = first;
                    None
                }
                Err(failure) => Some(failure),
            },
            // Another thread that wants the interpreter gets it here, even if no handler runs Python
            // bytecode. Not sooner than Python itself would: whoever takes it keeps it for as long,
            // and the workers' share would be small.
            Step::Spent => {
                if turn_began.elapsed() >= turn {
                    py.detach(|| ());
                    turn_began = Instant::now();
                }
                None
            }
            Step::Halted => return,
            Step::Stopped => Some(host.take_stopped().unwrap_or_else(|| {
                PyTypeError::new_err("a handler that cannot be called here was queued")
            })),
            Step::Other(_) => {
                let finding = shared.detached(py, || run_native(shared, drive, u64::MAX, passed));
                finding.map(|finding| contract_error(py, shared, &finding, None))
            }
            Step::Breach(finding) => Some(contract_error(py, shared, &finding, host.take_cause())),
        };
        if let Some(failure) = failure {
            return team.fail(failure);
        }
    }
}

/// Spins as long as was asked for, then sleeps; true when to stop. What was found while spinning is left alone
/// for as long as `courtesy` says.
fn rest(team: &Team, drive: &Drive<'_>, courtesy: Duration) -> bool {
    let core = &team.shared.core;
    if !team.spin.is_zero() {
        let began = Instant::now();
        while began.elapsed() < team.spin {
            for _ in 0..64 {
                if core.has_work() {
                    linger(courtesy);
                    return false;
                }
                std::hint::spin_loop();
            }
        }
    }
    drive.rest()
}

fn linger(time: Duration) {
    if !time.is_zero() {
        let began = Instant::now();
        while began.elapsed() < time {
            std::hint::spin_loop();
        }
    }
}
