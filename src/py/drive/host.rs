//! Host: how the dispatcher's calls reach Python.
//!
//! While attached, `PythonHost` calls Python callables; while detached, the `NativeHost` beside it lets
//! the dispatcher call machine addresses itself. The hot path takes no reference on context, flags or
//! handler: the slot keeps the context until its close has completed, four flag objects are kept for
//! the whole drive, and one reference on the handler serves a run of equal handlers.

use crate::contract::Rule;
use crate::core::dispatch::{Batch, Host};
use crate::core::findings::{Finding, Found, Place, Subject};
use crate::core::flags::DisconnectFlags;
use crate::core::handle::SocketHandle;
use crate::core::handlers::{HandlerId, HandlerKind};
use crate::core::indication::{Breach, Indication, Verdict};
use crate::core::irql::Irql;
use crate::core::status::NtStatus;
use crate::core::subsystem::Check;
use crate::provider::processor::{self, Driving, with_level_left};
use crate::provider::{Returned, found_of};
use crate::py::drive::batch;
use crate::py::drive::handlers::BatchHandler;
use crate::py::drive::telling::{subject, tell_ahead, tell_closed, tell_ended};
use crate::py::keep::shared::Shared;
use crate::py::values::arguments::{cut, shown};
use crate::py::values::errors::is_contract_error;
use crate::py::values::exits;
use crate::py::values::export::{Callable, Success, borrowed_context};
use crate::py::values::passing::PassOver;
use crate::py::values::places::{self, Lines};
use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Calls Python handlers on an attached thread.
pub(crate) struct PythonHost<'py, 's> {
    py: Python<'py>,
    shared: &'s Shared,
    /// The four legal `Flags`, by `DisconnectFlags::dense`.
    flags: [Bound<'py, PyInt>; 4],
    success: Success<'py>,
    /// The handler of the present run of equal handlers.
    current: Option<(HandlerId, Callable<'py>)>,
    /// Where the handler is defined that broke a rule last.
    blamed: Option<(HandlerId, Option<Arc<Place>>)>,
    /// Where handlers raised lately.
    lines: Lines,
    closed: Vec<u32>,
    /// How many handlers had been forgotten when `current` was looked at last.
    forgotten: u64,
    /// The bits of `Flags` that handlers are told (U-21).
    told: u32,
    /// Why the host asked to stop.
    stopped: Option<PyErr>,
    /// What a handler raised, if that finding is to be raised: its cause.
    cause: Option<PyErr>,
    driving: Driving,
}

const FLAGS: [u32; 4] = [
    0,
    DisconnectFlags::ABORTIVE,
    DisconnectFlags::AT_DISPATCH_LEVEL,
    DisconnectFlags::ABORTIVE | DisconnectFlags::AT_DISPATCH_LEVEL,
];

impl<'py, 's> PythonHost<'py, 's> {
    pub(crate) fn new(py: Python<'py>, shared: &'s Shared) -> Self {
        Self {
            py,
            shared,
            flags: FLAGS.map(|flags| PyInt::new(py, flags)),
            success: Success::new(py),
            current: None,
            blamed: None,
            lines: Lines::default(),
            closed: Vec::new(),
            forgotten: shared.owned.forgotten(),
            told: shared.core.options().told_flags(),
            stopped: None,
            cause: None,
            driving: processor::here().driving(shared.serial),
        }
    }

    /// The calls of a step are over. Between them this thread runs nothing else, so one look is enough.
    pub(crate) fn ended_step(&self) {
        // A handler may have taken away what keeps this thread.
        exits::stay();
        self.driving.rest();
    }

    /// Lets go of what sockets owned whose close completed behind a call, and of the handler if its
    /// number may name another.
    pub(crate) fn tidy(&mut self) {
        let closed = std::mem::take(&mut self.closed);
        self.shared.bury(self.py, &closed);
        let forgotten = self.shared.owned.forgotten();
        if forgotten != self.forgotten {
            self.forgotten = forgotten;
            self.current = None;
            self.blamed = None;
        }
    }

    /// The exception that a handler stopped the drive with.
    pub(crate) fn take_stopped(&mut self) -> Option<PyErr> {
        self.stopped.take()
    }

    /// What a handler raised that a finding reports which ends the drive.
    pub(crate) fn take_cause(&mut self) -> Option<PyErr> {
        self.cause.take()
    }

    fn handler(&mut self, id: HandlerId) -> Bound<'py, PyAny> {
        match &self.current {
            Some((current, handler)) if *current == id => handler.object.clone(),
            _ => {
                let handler = self.shared.owned.handler(self.py, id);
                let handler = handler.expect("Invariant: an open socket's handler is registered");
                let handler = handler.into_bound(self.py);
                let called = match handler.cast::<BatchHandler>() {
                    Ok(batch) => batch.get().function(self.py).into_bound(self.py),
                    Err(_) => handler,
                };
                self.current = Some((id, Callable::new(called.clone())));
                called
            }
        }
    }

    /// What a value other than the cached zero means (R26).
    #[cold]
    fn judge(&mut self, result: PyResult<Bound<'py, PyAny>>, call: &Indication) -> Verdict {
        exits::stay();
        if self.shared.is_forked() {
            // What a child does is none of the drive's business, which is the parent's.
            return Verdict::Success;
        }
        let context = Some(call.context);
        let verdict = match result.map(|value| found_of(returned(&value))) {
            Err(raised) => self.judge_raised(raised, Some(call.handler), context),
            Ok(None) => Verdict::Success,
            Ok(Some(found)) => self.breach(call.handler, found, context),
        };
        // Now: a socket that its handler closed has no name any more when the call is over.
        verdict.about(|| subject(self.shared, call.handle))
    }

    /// What the exception means that a call left behind.
    #[cold]
    fn judge_failed(&mut self, call: &Indication) -> Verdict {
        exits::stay();
        let raised = guarded(|| Err(PyErr::fetch(self.py)));
        if self.shared.is_forked() {
            self.stopped = raised.err();
            return Verdict::Stop;
        }
        self.judge(raised, call)
    }

    #[cold]
    pub(crate) fn judge_raised(
        &mut self,
        raised: PyErr,
        handler: Option<HandlerId>,
        context: Option<u64>,
    ) -> Verdict {
        if raised.is_instance_of::<PyKeyboardInterrupt>(self.py) {
            self.stopped = Some(raised);
            return Verdict::Stop;
        }
        let raises = self.shared.core.options().check == Check::Raise;
        if raises && is_contract_error(self.py, &raised) {
            // A breach of its own, which stands among the findings already.
            self.stopped = Some(raised);
            return Verdict::Stop;
        }
        let place = self.lines.raised(self.py, &raised);
        let place = place.or_else(|| self.place_of(handler?));
        let rule = Rule::named("D-8");
        let unknown = Found::Raised(String::new());
        let finding = if self.wants_text(rule, &unknown, place.as_deref(), handler) {
            let found = Found::Raised(raised_text(self.py, &raised));
            let traceback = places::traceback(self.py, &raised);
            let context_text = context.map(|context| self.context_text(context));
            let called = handler.map(|handler| self.handler(handler));
            let other = called.and_then(|called| places::in_callable(&called, Some(&raised)));
            Finding { traceback, context_text, other, ..Finding::by_rule(rule, found) }
        } else {
            Finding::by_rule(rule, unknown)
        };
        let stop = raised.is_instance_of::<PySystemExit>(self.py);
        if stop {
            self.shared.left.store(true, Ordering::Relaxed);
            self.stopped = Some(raised);
        } else if raises {
            self.cause = Some(raised);
        }
        let breach = Breach::of(Finding { place, ..finding });
        Verdict::Breach(Box::new(Breach { stop, ..breach }))
    }

    #[cold]
    fn breach(&mut self, handler: HandlerId, found: Found, context: Option<u64>) -> Verdict {
        let place = self.place_of(handler);
        let rule = Rule::named("D-8");
        let context_text = context
            .filter(|_| self.wants_text(rule, &found, place.as_deref(), Some(handler)))
            .map(|context| self.context_text(context));
        let finding = Finding { place, context_text, ..Finding::by_rule(rule, found) };
        Verdict::Breach(Box::new(Breach::of(finding)))
    }

    /// A handler left a level behind.
    #[cold]
    fn left_behind(
        &mut self,
        verdict: Verdict,
        (level, left): (Irql, Irql),
        handler: HandlerId,
        context: Option<Borrowed<'_, 'py, PyAny>>,
    ) -> Verdict {
        let context_text = context.map(|context| shown(&context));
        let place = self.place_of(handler);
        with_level_left(verdict, level, left, |finding| Finding { context_text, place, ..finding })
    }

    /// Where a handler is defined; looked for once in a run of one handler's breaches.
    fn place_of(&mut self, handler: HandlerId) -> Option<Arc<Place>> {
        if self.blamed.as_ref().is_none_or(|(blamed, _)| *blamed != handler) {
            let place = places::of_callable(&self.handler(handler));
            self.blamed = Some((handler, place));
        }
        self.blamed.as_ref().and_then(|(_, place)| place.clone())
    }

    fn wants_text(
        &self,
        rule: &Rule,
        found: &Found,
        place: Option<&Place>,
        handler: Option<HandlerId>,
    ) -> bool {
        self.shared.core.wants_text(rule, found, place, handler.map(HandlerId::bits))
    }

    fn context_text(&self, context: u64) -> String {
        shown(&borrowed_context(self.py, context))
    }
}

/// The status in a handler's answer: an int that fits 32 bits and is no bool.
pub(crate) fn status_of(value: &Bound<'_, PyAny>) -> Option<u32> {
    if value.is_instance_of::<PyBool>() || !value.is_instance_of::<PyInt>() {
        return None;
    }
    let number = value.extract::<i64>().ok()?;
    // A C status is signed: 0xC0000001 and -1073741823 are the same NTSTATUS.
    u32::try_from(number).ok().or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned))
}

/// What a callback returned, for the provider to judge.
pub(crate) fn returned(value: &Bound<'_, PyAny>) -> Returned {
    match status_of(value) {
        Some(status) => Returned::Status(NtStatus::from_bits(status)),
        None if value.is_none() => Returned::Nothing,
        None => Returned::Other(shown(value)),
    }
}

pub(crate) fn raised_text(py: Python<'_>, raised: &PyErr) -> String {
    let name = raised.get_type(py).name().ok().and_then(|name| cut(&name, RAISED));
    let name = name.unwrap_or_else(|| "an exception".into());
    let text = raised.value(py).str().pass_over(py).and_then(|text| cut(&text, RAISED));
    match text {
        Some(text) if !text.is_empty() => format!("{name}: {text}"),
        _ => name,
    }
}

/// Characters of an exception's text that a finding keeps: more than anybody reads.
const RAISED: usize = 10_000;

/// Calls Python, turning a panic that PyO3 resumes on fetching the error back into an exception: one
/// callback's failure must not end the thread (R24).
pub(crate) fn guarded<'py>(
    call: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        Err(pyo3::exceptions::PyRuntimeError::new_err("a Rust panic passed through the handler"))
    })
}

impl Host for PythonHost<'_, '_> {
    fn admits(&self, kind: HandlerKind) -> bool {
        kind != HandlerKind::Native
    }

    /// Calls `WskDisconnectEvent` as `(SocketContext, Flags) -> NTSTATUS` (D-1).
    #[inline(always)]
    fn call(&mut self, indication: &Indication) -> Verdict {
        if self.current.as_ref().is_none_or(|(id, _)| *id != indication.handler) {
            let _ = self.handler(indication.handler);
        }
        let Some((_, handler)) = &self.current else { return Verdict::Stop };
        let told = indication.flags & self.told;
        let flags = &self.flags[(told & 1 | told >> 2 & 2) as usize];
        let context = borrowed_context(self.py, indication.context);
        let level = self.driving.begin(indication);
        let status = handler.call(context, flags);
        let left = self.driving.left(level);
        let verdict = match status.map(|status| self.success.takes(status)) {
            Some(Ok(())) => Verdict::Success,
            Some(Err(other)) => self.judge(Ok(other), indication),
            None => self.judge_failed(indication),
        };
        match left {
            None => verdict,
            Some(left) => {
                self.left_behind(verdict, (level, left), indication.handler, Some(context))
            }
        }
    }

    fn call_batch(
        &mut self,
        handler: HandlerId,
        rows: &Batch<'_>,
        breach: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        let called = self.handler(handler);
        let level = self.driving.begin_batch(rows);
        let answer = guarded(|| batch::call(&called, rows));
        if self.shared.is_forked() {
            self.stopped = answer.err();
            return Verdict::Stop;
        }
        let left = self.driving.left(level);
        let verdict = match answer {
            // A plain STATUS_SUCCESS can only mean all of them.
            Ok(answer) if answer.is_none() || status_of(&answer) == Some(0) => Verdict::Success,
            Ok(answer) => match batch::statuses(&answer, rows.len()) {
                Ok(statuses) => {
                    let place = self.place_of(handler);
                    let wrong = statuses.iter().enumerate().filter(|(_, status)| **status != 0);
                    for (position, &status) in wrong {
                        let context = rows.contexts[position].cast_signed().to_string();
                        let finding =
                            Finding::of("D-8", Found::Status(status)).with_context(context);
                        let finding = Finding { place: place.clone(), ..finding };
                        breach(position, Breach::of(finding));
                    }
                    Verdict::Success
                }
                Err(text) => self.breach(handler, Found::Text(text), None),
            },
            Err(raised) => self.judge_raised(raised, Some(handler), None),
        };
        match left {
            None => verdict,
            Some(left) => self.left_behind(verdict, (level, left), handler, None),
        }
    }

    fn closed(&mut self, index: u32) {
        self.closed.push(index);
        tell_closed(self.shared, index);
    }

    fn foresees(&mut self, indices: impl Iterator<Item = u32> + Clone) {
        tell_ahead(self.shared, indices);
    }

    fn ended(&mut self, handle: SocketHandle) {
        tell_ended(self.shared, handle);
    }

    fn subject(&self, handle: SocketHandle) -> Subject {
        subject(self.shared, handle)
    }

    fn runs_errands(&self) -> bool {
        true
    }
}

/// Ends the child that a worker's handler forked, as the child of one of Python's threads ends: an exit with its
/// code, everything else as the end of the only thread.
pub(crate) fn leave_child(py: Python<'_>, raised: Option<PyErr>) -> ! {
    let Some(raised) = raised else { std::process::exit(0) };
    if !raised.is_instance_of::<PySystemExit>(py) {
        raised.print(py);
        std::process::exit(0);
    }
    // Not the interpreter's own end, which looks for the thread that was the parent's main one: 3.13 crashes.
    let ended = || -> PyResult<i32> {
        py.import("wsksim._exit")?.getattr("leave_child")?.call1((raised.value(py),))?.extract()
    };
    std::process::exit(ended().unwrap_or_else(|failure| {
        failure.print(py);
        1
    }));
}
