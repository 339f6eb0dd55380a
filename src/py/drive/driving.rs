//! Driving on the caller's thread: `dispatch`.

use crate::core::dispatch::{Drive, Pauses, Step, run};
use crate::py::drive::host::PythonHost;
use crate::py::drive::native_host::NativeHost;
use crate::py::drive::ticker::Ticking;
use crate::py::keep::findings::contract_error;
use crate::py::keep::shared::{Inside, Shared};
use crate::py::keep::shutting::complete_left;
use crate::py::values::errors::{drive_inside, error, forked, to_py_err};
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::stopping::ended;
use pyo3::prelude::*;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Most calls made between two looks at the clock (R18).
const CALLS: u64 = 1024;
/// How long handlers run before signals are looked for (R18).
const LONG: Duration = Duration::from_millis(20);
/// Calls of a drive's first stretch, at least and at most; of C handlers' alone, which nothing interrupts.
const FIRST: (u64, u64) = (16, 512);
const FIRST_NATIVE: (u64, u64) = (1, 512);
/// A stretch of calls shorter than this may be twice as long the next time.
const SHORT: Duration = Duration::from_millis(1);
/// Most errands that are performed before other things are looked at, such as the clock.
const ERRANDS: u32 = 16;
/// How often a poster that is about to store an entry is waited for.
const UNREADY: u32 = 1000;

/// Indicates what is queued on this thread, oldest first or as explored; returns how many calls were made.
pub(crate) fn dispatch(py: Python<'_>, shared: &Arc<Shared>, limit: u64) -> PyResult<u64> {
    if Inside::here() {
        return Err(drive_inside(py, "dispatch"));
    }
    // Asked to make no call, it only tells whether another drive runs.
    if limit > 0 {
        shared.wait_for_the_last(py)?;
    }
    let ticket = shared.core.ticket().map_err(|refusal| to_py_err(py, refusal))?;
    let _inside = Inside::enter(shared);
    let mut drive = Drive::alone(&ticket);
    let mut host = PythonHost::new(py, shared);
    let mut pauses = Alone { py, shared, limit, stretch: Stretch::new(shared, FIRST), unready: 0 };
    let ended = run(&mut drive, &mut host, &mut pauses, 0);
    let made = drive.made();
    if shared.is_forked() {
        let raised = host.take_stopped().or(ended.err());
        // They would give back what they took, under locks that threads of the parent's may have.
        std::mem::forget((drive, host));
        return Err(raised.unwrap_or_else(|| forked(py)));
    }
    drop(drive);
    host.tidy();
    raised_by(py, shared, ended?, &mut host)?;
    complete_left(py, shared)?;
    Ok(made)
}

/// The pauses of a drive on the caller's thread.
struct Alone<'py, 's> {
    py: Python<'py>,
    shared: &'s Arc<Shared>,
    limit: u64,
    stretch: Stretch,
    /// How often a poster was waited for.
    unready: u32,
}

impl<'py, 's> Pauses<PythonHost<'py, 's>> for Alone<'py, 's> {
    type Failure = PyErr;

    fn calls(&mut self, made: u64) -> Option<u64> {
        (made < self.limit).then(|| self.stretch.calls(self.limit - made))
    }

    fn step(&mut self, drive: &mut Drive<'_>, host: &mut PythonHost<'py, 's>, calls: u64) -> Step {
        let step = self.shared.step(drive, host, calls);
        host.ended_step();
        step
    }

    fn empty(&mut self, _: &Drive<'_>) -> bool {
        false
    }

    fn unready(&mut self) -> bool {
        if self.unready == UNREADY {
            return false;
        }
        self.unready += 1;
        self.py.detach(std::thread::yield_now);
        true
    }

    fn errands(
        &mut self,
        drive: &mut Drive<'_>,
        _: &mut PythonHost<'py, 's>,
    ) -> PyResult<Option<u64>> {
        run_errands(self.py, self.shared, drive, self.limit - drive.made()).map(Some)
    }

    fn other(&mut self, drive: &mut Drive<'_>, passes: bool) -> PyResult<bool> {
        let left = self.limit - drive.made();
        let _ticking = (left > 1 && !passes).then(|| Ticking::begin(self.py, self.shared));
        run_native(self.py, self.shared, drive, left, passes)?;
        Ok(true)
    }

    fn ended(&mut self, host: &mut PythonHost<'py, 's>) -> PyResult<bool> {
        host.tidy();
        self.stretch.ended(self.shared);
        self.py.check_signals()?;
        Ok(true)
    }
}

/// What the end of a run of this host raises, if it raises anything.
pub(crate) fn raised_by(
    py: Python<'_>,
    shared: &Shared,
    ended: Step,
    host: &mut PythonHost<'_, '_>,
) -> PyResult<()> {
    match ended {
        Step::Stopped => {
            let stopped = host.take_stopped();
            let text =
                "asked to call a handler that cannot be called here; this is a bug of wsksim";
            Err(stopped.unwrap_or_else(|| error(py, "DriveError", text)))
        }
        Step::Breach(finding) => Err(contract_error(py, shared, &finding, host.take_cause())),
        _ => Ok(()),
    }
}

/// How many calls to make before the next look at the clock: few while handlers are slow.
pub(crate) struct Stretch {
    calls: u64,
    began: Instant,
}

impl Stretch {
    /// As long as the last one of this subsystem, if that was not very long.
    fn new(shared: &Shared, (least, most): (u64, u64)) -> Self {
        let calls = shared.stretch.load(Ordering::Relaxed).clamp(least, most);
        Self { calls, began: Instant::now() }
    }

    /// The length of the stretch that begins now.
    pub(crate) fn calls(&mut self, most: u64) -> u64 {
        self.began = Instant::now();
        self.calls.min(most)
    }

    /// Adapts to how long the stretch has taken.
    pub(crate) fn ended(&mut self, shared: &Shared) {
        let took = self.began.elapsed();
        if took < SHORT {
            self.calls = (self.calls * 2).min(CALLS);
        } else if took > LONG / 2 {
            self.calls = (self.calls / 4).max(1);
        }
        // Relaxed: a hint.
        shared.stretch.store(self.calls, Ordering::Relaxed);
    }
}

/// Has errands of the contract machine performed, with at most so many calls of callbacks, which count as calls; tells
/// how many edges come before the next.
pub(crate) fn run_errands(
    py: Python<'_>,
    shared: &Shared,
    drive: &mut Drive<'_>,
    calls: u64,
) -> PyResult<u64> {
    let (provider, mut made) = (application(py, shared)?, 0);
    let provider = provider.bind(py);
    let mut app = PythonApplication::new(py, Some(provider));
    let most = ERRANDS.min(u32::try_from(calls).unwrap_or(u32::MAX));
    let goes_on = || !shared.is_forked();
    let performed = provider.get().with_door(py, |door| {
        door.perform_due(&mut app, most, || drive.oldest(), goes_on, || made += 1)
    });
    let edges = performed.and_then(ended);
    if shared.is_forked() {
        // In the child of a fork, made by what was called.
        return Err(edges.err().unwrap_or_else(|| forked(py)));
    }
    drive.count_calls(made);
    edges
}

/// Has the application serve one errand: true for a callback, false for a completion, `None` if there is none.
pub(crate) fn serve(py: Python<'_>, shared: &Shared) -> PyResult<Option<bool>> {
    let provider = application(py, shared)?;
    let provider = provider.bind(py);
    let mut app = PythonApplication::new(py, Some(provider));
    ended(provider.get().with_door(py, |door| door.perform(&mut app))?)
}

/// Who performs the machine's errands.
fn application(py: Python<'_>, shared: &Shared) -> PyResult<Py<Provider>> {
    let provider = shared.application.lock().as_ref().map(|provider| provider.clone_ref(py));
    provider.ok_or_else(|| {
        let text =
            "dispatch: the contract machine has errands; nobody performs them; use wsksim.wsk";
        error(py, "DriveError", text)
    })
}

/// The pauses of a run of native handlers: none but looks at the clock.
struct Detached<'s> {
    shared: &'s Shared,
    stretch: Stretch,
    began: Instant,
    /// How many calls the drive may have made.
    end: u64,
}

impl<'s> Pauses<NativeHost<'s>> for Detached<'s> {
    type Failure = Infallible;

    fn calls(&mut self, made: u64) -> Option<u64> {
        (made < self.end).then(|| self.stretch.calls(self.end - made))
    }

    fn step(&mut self, drive: &mut Drive<'_>, host: &mut NativeHost<'s>, calls: u64) -> Step {
        host.step(drive, calls)
    }

    fn empty(&mut self, _: &Drive<'_>) -> bool {
        false
    }

    fn unready(&mut self) -> bool {
        false
    }

    fn ended(&mut self, _: &mut NativeHost<'s>) -> Result<bool, Infallible> {
        self.stretch.ended(self.shared);
        Ok(self.began.elapsed() < LONG)
    }
}

/// Lets native handlers run, detached, until something else is next or signals are due. If the next edge
/// `passes` errands, one call is made before them.
pub(crate) fn run_native(
    py: Python<'_>,
    shared: &Shared,
    drive: &mut Drive<'_>,
    limit: u64,
    passes: bool,
) -> PyResult<()> {
    let ended = shared.detached(py, || {
        let mut host = NativeHost::new(shared);
        let (stretch, began) = (Stretch::new(shared, FIRST_NATIVE), Instant::now());
        let end = drive.made().saturating_add(limit);
        let mut pauses = Detached { shared, stretch, began, end };
        let Ok(ended) = run(drive, &mut host, &mut pauses, u64::from(passes));
        ended
    });
    match ended {
        Step::Breach(finding) => Err(contract_error(py, shared, &finding, None)),
        _ => Ok(()),
    }
}
