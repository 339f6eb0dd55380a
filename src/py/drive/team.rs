//! Team: the threads of one `with` block of workers, and what each of them does.
//!
//! A worker begins detached and stays so while only native handlers are queued. The first Python
//! handler attaches it for life; from then on it detaches around every wait and every native run
//! (R15).

use crate::core::dispatch::{Drive, Pauses, Step, run};
use crate::core::sync::{Condvar, Mutex, wait_for};
use crate::py::drive::driving::{raised_by, run_errands, run_native};
use crate::py::drive::host::{PythonHost, leave_child};
use crate::py::drive::native_host::NativeHost;
use crate::py::keep::findings::contract_error;
use crate::py::keep::shared::{Inside, Shared};
use crate::py::values::exits;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Calls between two looks at the clock.
const CALLS: u64 = 256;
/// Calls of native handlers between two looks at what they closed.
const DETACHED_CALLS: u64 = 4096;
/// A worker's stack, as address space: for each call that Python lets nest, at least, and at most.
const STACK_OF_A_CALL: usize = 4 << 10;
const LEAST_STACK: usize = 8 << 20;
const MOST_STACK: usize = 1 << 30;
/// Python's own interval, if it does not tell.
const SWITCH_INTERVAL: Duration = Duration::from_millis(5);
/// How long a spinning worker that needs the interpreter leaves it to whoever posted. A poster in Python
/// holds it at that moment and often gives it up soon, to sleep or to wait; asking for it before means
/// sleeping until it is given up, which takes ten times as long.
const COURTESY: Duration = Duration::from_micros(2);

/// What the threads of one block share with it.
pub(crate) struct Team {
    pub(crate) shared: Arc<Shared>,
    pub(crate) count: usize,
    pub(crate) spin: Duration,
    /// How many threads have not ended.
    running: Mutex<usize>,
    ended: Condvar,
    /// Why the workers stopped early: raised by the block.
    pub(crate) failure: Mutex<Option<PyErr>>,
    pub(crate) failed: AtomicBool,
    /// Python's names for the threads that are attached, so that the exit can interrupt handlers.
    pub(crate) idents: Mutex<Vec<u64>>,
}

impl Team {
    /// A team whose threads are about to be started.
    pub(crate) fn new(shared: Arc<Shared>, count: usize, spin: Duration) -> Self {
        Self {
            shared,
            count,
            spin,
            running: Mutex::new(count),
            ended: Condvar::new(),
            failure: Mutex::new(None),
            failed: AtomicBool::new(false),
            idents: Mutex::new(Vec::new()),
        }
    }

    /// So many of the threads are no more; the last one gives the right to drive back.
    pub(crate) fn ended(&self, threads: usize) {
        let mut running = self.running.lock();
        *running -= threads;
        if *running == 0 {
            self.shared.core.end_driving();
        }
        drop(running);
        self.ended.notify_all();
    }

    fn fail(&self, failure: PyErr) {
        self.failure.lock().get_or_insert(failure);
        self.failed.store(true, Ordering::Release);
        self.shared.core.halt();
    }

    /// Waits until every thread has ended, or `limit` passed.
    pub(crate) fn wait_ended(&self, limit: Duration) -> bool {
        let mut running = self.running.lock();
        if *running > 0 && !limit.is_zero() {
            running = wait_for(&self.ended, running, limit);
        }
        *running == 0
    }
}

/// One worker thread.
pub(crate) fn work(team: &Team, number: usize) {
    exits::stay();
    let _inside = Inside::enter(&team.shared);
    // A bug of ours, but the block must not wait forever for a thread that is gone.
    if catch_unwind(AssertUnwindSafe(|| work_detached(team, number))).is_err() {
        team.fail(PyRuntimeError::new_err("a worker thread panicked; its message is on stderr"));
    }
    team.shared.core.guest_leaves();
    team.ended(1);
}

/// The pauses of a worker that is not attached.
struct Detached<'t>(&'t Team);

impl<'t> Pauses<NativeHost<'t>> for Detached<'t> {
    type Failure = Infallible;

    fn calls(&mut self, _: u64) -> Option<u64> {
        Some(DETACHED_CALLS)
    }

    fn step(&mut self, drive: &mut Drive<'_>, host: &mut NativeHost<'t>, calls: u64) -> Step {
        host.step(drive, calls)
    }

    fn empty(&mut self, drive: &Drive<'_>) -> bool {
        !rest(self.0, drive, Duration::ZERO)
    }
}

fn work_detached(team: &Team, number: usize) {
    let core = &team.shared.core;
    let mut drive = Drive::worker(core, number, team.count);
    let mut host = NativeHost::new(&team.shared);
    let Ok(ended) = run(&mut drive, &mut host, &mut Detached(team), 0);
    drop(host);
    match ended {
        Step::Other(_) | Step::Errands => attach(|py| work_attached(py, team, &mut drive)),
        Step::Breach(finding) => {
            attach(|py| team.fail(contract_error(py, &team.shared, &finding, None)));
        }
        _ => {}
    }
}

/// Attaches this thread, unless the interpreter ends.
fn attach(work: impl FnOnce(Python<'_>)) {
    if !exits::have_begun() {
        let _ = Python::try_attach(work);
    }
}

/// How large a worker's stack has to be: as deep as Python lets calls nest, on a Python thread as large as the
/// system makes them.
pub(crate) fn stack(py: Python<'_>) -> PyResult<usize> {
    let limit = py.import("sys")?.call_method0("getrecursionlimit")?.extract::<usize>()?;
    Ok(limit.saturating_mul(STACK_OF_A_CALL).clamp(LEAST_STACK, MOST_STACK))
}

fn work_attached(py: Python<'_>, team: &Team, drive: &mut Drive<'_>) {
    let ident = py
        .import("threading")
        .and_then(|threading| threading.call_method0("get_ident"))
        .and_then(|ident| ident.extract::<u64>());
    if let Ok(ident) = ident {
        team.idents.lock().push(ident);
    }
    // Attached, it is in the core for its stint only.
    let stint = Stint::take(team);
    drive_attached(py, team, drive);
    drop(stint);
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
struct Stint<'t>(&'t Team);

impl<'t> Stint<'t> {
    fn take(team: &'t Team) -> Self {
        team.shared.core.guest_leaves();
        Self(team)
    }
}

impl Drop for Stint<'_> {
    fn drop(&mut self) {
        self.0.shared.core.guest_enters();
    }
}

/// The pauses of a worker that is attached.
struct Attached<'py, 't> {
    py: Python<'py>,
    team: &'t Team,
    /// How long it keeps the interpreter, and since when it has.
    interval: Duration,
    since: Instant,
    spent: bool,
}

impl<'py, 't> Pauses<PythonHost<'py, 't>> for Attached<'py, 't> {
    type Failure = PyErr;

    fn calls(&mut self, _: u64) -> Option<u64> {
        Some(CALLS)
    }

    fn step(&mut self, drive: &mut Drive<'_>, host: &mut PythonHost<'py, 't>, calls: u64) -> Step {
        let step = self.team.shared.step(drive, host, calls);
        host.ended_step();
        host.tidy();
        self.spent = matches!(step, Step::Spent);
        step
    }

    fn empty(&mut self, drive: &Drive<'_>) -> bool {
        !self.team.shared.detached(self.py, || rest(self.team, drive, COURTESY))
    }

    fn unready(&mut self) -> bool {
        self.py.detach(std::thread::yield_now);
        true
    }

    fn errands(
        &mut self,
        drive: &mut Drive<'_>,
        host: &mut PythonHost<'py, 't>,
    ) -> PyResult<Option<u64>> {
        let edges = run_errands(self.py, &self.team.shared, drive, CALLS)?;
        // What was called may have closed sockets, and others may have the numbers of their handlers now.
        host.tidy();
        Ok(Some(edges))
    }

    fn other(&mut self, drive: &mut Drive<'_>, passes: bool) -> PyResult<bool> {
        run_native(self.py, &self.team.shared, drive, u64::MAX, passes)?;
        Ok(true)
    }

    /// Another thread that wants the interpreter gets it here, even if no handler runs Python bytecode. Not
    /// sooner than Python itself would: whoever takes it keeps it for as long, and the workers' share would
    /// be small.
    fn ended(&mut self, _: &mut PythonHost<'py, 't>) -> PyResult<bool> {
        if self.spent && self.since.elapsed() >= self.interval {
            self.py.detach(|| ());
            self.since = Instant::now();
        }
        Ok(true)
    }
}

fn drive_attached(py: Python<'_>, team: &Team, drive: &mut Drive<'_>) {
    let mut host = PythonHost::new(py, &team.shared);
    let interval = switch_interval(py).unwrap_or(SWITCH_INTERVAL);
    let mut pauses = Attached { py, team, interval, since: Instant::now(), spent: false };
    let ended = run(drive, &mut host, &mut pauses, 0);
    if team.shared.is_forked() {
        leave_child(py, host.take_stopped().or(ended.err()));
    }
    let ended = ended.and_then(|ended| raised_by(py, &team.shared, ended, &mut host));
    if let Err(failure) = ended {
        team.fail(failure);
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
