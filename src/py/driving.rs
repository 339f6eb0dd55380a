//! Driving on the caller's thread: `dispatch`.

use crate::core::dispatch::handler::Breach;
use crate::core::dispatch::{
    Batch, Drive, HandlerId, HandlerKind, Host, Indication, Step, Verdict,
};
use crate::core::handle::SocketHandle;
use crate::core::subsystem::Check;
use crate::py::errors::{drive_inside, error, is_contract_error, to_py_err};
use crate::py::findings::contract_error;
use crate::py::host::{NativeHost, PythonHost, guarded};
use crate::py::shared::{Inside, Shared};
use crate::py::shutting::complete_left;
use pyo3::prelude::*;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Most calls made between two looks at the clock (R18).
const CALLS: u64 = 1024;
/// How long handlers run before signals are looked for (R18).
const LONG: Duration = Duration::from_millis(20);
/// Calls of a drive's first stretch, at least and at most.
const FIRST: (u64, u64) = (16, 512);
/// A stretch of calls shorter than this may be twice as long the next time.
const SHORT: Duration = Duration::from_millis(1);
/// How often a poster that is about to store an entry is waited for.
const UNREADY: u32 = 1000;

/// Indicates what is queued on this thread, oldest first or as explored; gives how many calls were made.
pub(crate) fn dispatch(py: Python<'_>, shared: &Shared, limit: u64) -> PyResult<u64> {
    if Inside::here() {
        return Err(drive_inside(py, "dispatch"));
    }
    let ticket = shared.core.ticket().map_err(|refusal| to_py_err(py, refusal))?;
    let _inside = Inside::enter();
    let mut drive = Drive::alone(&ticket);
    let mut host = PythonHost::new(py, shared);
    let ended = run(py, shared, &mut drive, &mut host, limit);
    let made = drive.made();
    drop(drive);
    host.tidy();
    ended?;
    complete_left(py, shared)?;
    Ok(made)
}

fn run(
    py: Python<'_>,
    shared: &Shared,
    drive: &mut Drive<'_>,
    host: &mut PythonHost<'_, '_>,
    limit: u64,
) -> PyResult<()> {
    let mut unready = 0;
    let mut stretch = Stretch::new(shared);
    let mut edges = 0;
    while drive.made() < limit {
        let left = limit - drive.made();
        let calls = stretch.calls(left);
        let step = shared.step(drive, host, if edges > 0 { edges.min(calls) } else { calls });
        host.ended_step();
        host.passes_errands = false;
        let passed = std::mem::take(&mut edges) > 0;
        match step {
            Step::Empty if passed => {}
            Step::Empty | Step::Halted => return Ok(()),
            Step::Unready if unready == UNREADY => return Ok(()),
            Step::Unready => {
                unready += 1;
                py.detach(std::thread::yield_now);
            }
            Step::Other(_) => {
                let left = limit - drive.made();
                let ended = shared.detached(py, || run_native(shared, drive, left, passed));
                if let Some(finding) = ended {
                    return Err(contract_error(py, shared, &finding, None));
                }
            }
            Step::Spent => {}
            Step::Errands => edges = run_errand(py, shared, drive, host)?,
            Step::Stopped => {
                let stopped = host.take_stopped();
                return Err(stopped.unwrap_or_else(|| drive_inside(py, "dispatch")));
            }
            Step::Breach(finding) => {
                return Err(contract_error(py, shared, &finding, host.take_cause()));
            }
        }
        host.tidy();
        stretch.ended(shared);
        py.check_signals()?;
    }
    Ok(())
}

/// How many calls to make before the next look at the clock: few while handlers are slow.
pub(crate) struct Stretch {
    calls: u64,
    began: Instant,
}

impl Stretch {
    /// As long as the last one of this subsystem, if that was not very long.
    pub(crate) fn new(shared: &Shared) -> Self {
        let calls = shared.stretch.load(Ordering::Relaxed).clamp(FIRST.0, FIRST.1);
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

/// Has one errand of the contract machine performed; a callback counts as a call. Or gives how many
/// edges come before it: then the host passes errands for the next step.
pub(crate) fn run_errand(
    py: Python<'_>,
    shared: &Shared,
    drive: &mut Drive<'_>,
    host: &mut PythonHost<'_, '_>,
) -> PyResult<u64> {
    if let Some(machine) = shared.present_machine() {
        let oldest = drive.oldest();
        let edges = machine.turn(&shared.core, |turn| turn.edges_first(oldest));
        if edges > 0 {
            host.passes_errands = true;
            return Ok(edges);
        }
    }
    let raised = match guarded_errand(py, shared) {
        Ok(None) => {
            let text =
                "dispatch: the contract machine has errands; nobody performs them; use wsksim.wsk";
            return Err(error(py, "DriveError", text));
        }
        Ok(Some(answer)) => {
            if answer.is_truthy()? {
                drive.count_call();
            }
            return Ok(0);
        }
        Err(raised) => raised,
    };
    // A breach that the layer above has reported already ends the drive as it is.
    if is_contract_error(py, &raised) {
        return Err(raised);
    }
    match host.judge_raised(raised, None, None) {
        Verdict::Breach(breach) if !breach.stop => {
            shared.core.report(breach.finding.clone());
            if shared.core.options().check == Check::Raise {
                return Err(contract_error(py, shared, &breach.finding, host.take_cause()));
            }
            Ok(0)
        }
        _ => Err(host.take_stopped().unwrap_or_else(|| drive_inside(py, "dispatch"))),
    }
}

/// Has the layer above perform one errand; gives what it answered, `None` if there is no such layer.
pub(crate) fn guarded_errand<'py>(
    py: Python<'py>,
    shared: &Shared,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let errand_host = shared.errand_host.lock().as_ref().map(|host| host.clone_ref(py));
    errand_host.map(|host| guarded(|| host.bind(py).call0())).transpose()
}

/// A native host that passes errands for one call: an older edge's handler is native.
struct Passing<'h, 's>(&'h mut NativeHost<'s>);

impl Host for Passing<'_, '_> {
    fn admits(&self, kind: HandlerKind) -> bool {
        self.0.admits(kind)
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        self.0.call(indication)
    }

    fn call_batch(
        &mut self,
        handler: HandlerId,
        rows: &Batch,
        breach: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        self.0.call_batch(handler, rows, breach)
    }

    fn closed(&mut self, index: u32) {
        self.0.closed(index);
    }

    fn ended(&mut self, handle: SocketHandle) {
        self.0.ended(handle);
    }

    fn runs_errands(&self) -> bool {
        false
    }
}

/// Lets native handlers run, detached, until something else is next or signals are due; gives the
/// finding that ends the drive, if one does. If it `passes` errands, one call is made before them.
pub(crate) fn run_native(
    shared: &Shared,
    drive: &mut Drive<'_>,
    limit: u64,
    passes: bool,
) -> Option<Box<crate::core::findings::Finding>> {
    let began = Instant::now();
    let end = drive.made().saturating_add(limit);
    let mut host = NativeHost::new(shared);
    let mut stretch = Stretch::new(shared);
    let mut first = passes.then(|| shared.step(drive, &mut Passing(&mut host), 1));
    let ended = loop {
        let step = first
            .take()
            .unwrap_or_else(|| shared.step(drive, &mut host, stretch.calls(end - drive.made())));
        stretch.ended(shared);
        match step {
            Step::Spent if drive.made() < end && began.elapsed() < LONG => {}
            Step::Breach(finding) => break Some(finding),
            _ => break None,
        }
    };
    shared.inter(&mut host.closed);
    ended
}
