//! Findings: from the core's records to `wsksim.contract.Finding`.

use crate::contract::Rule;
use crate::core::findings::{Finding, Found, Kind, Place, Subject};
use crate::core::handle::SocketHandle;
use crate::py::arguments;
use crate::py::errors::error;
use crate::py::export::borrowed_context;
use crate::py::options::{LEVELS, SCHEDULES, name_of};
use crate::py::places;
use crate::py::running::running;
use crate::py::shared::Shared;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::sync::Arc;

static FINDING: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// The Python object for a record.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    shared: &Shared,
    finding: &Finding,
) -> PyResult<Bound<'py, PyAny>> {
    let class = FINDING.import(py, "wsksim.contract", "Finding")?;
    let handle = match finding.subject {
        Subject::Connection(handle) => user_handle(shared, handle.bits()),
        _ => 0,
    };
    let context = match &finding.context_text {
        Some(text) => text.clone(),
        None => format!("0x{:x}", finding.context),
    };
    let native = finding.handler.and_then(|handler| shared.natives.lock().get(&handler).cloned());
    let (function, site) = shown_place(finding.place.as_deref());
    let (other_function, other_site) = shown_place(finding.other.as_deref());
    let values = PyDict::new(py);
    values.set_item("rule", finding.rule.id)?;
    values.set_item("kind", kind(finding.kind))?;
    values.set_item("condition", finding.rule.statement)?;
    values.set_item("found", found_text(py, &finding.found))?;
    values.set_item("advice", finding.advice.as_ref())?;
    values.set_item("function", function.or(native).unwrap_or_default())?;
    values.set_item("site", site)?;
    values.set_item("other_function", other_function.unwrap_or_default())?;
    values.set_item("other_site", other_site)?;
    values.set_item("socket", finding.subject.to_string())?;
    values.set_item("handle", handle)?;
    values.set_item("context", context)?;
    values.set_item("step", finding.step)?;
    values.set_item("edge", finding.edge_number)?;
    values.set_item("flags", finding.flags)?;
    values.set_item("seed", shared.core.options().seed)?;
    values.set_item("policies", policies(py, shared)?)?;
    values.set_item(
        "choices",
        finding.choices.as_ref().map(|chosen| PyTuple::new(py, chosen)).transpose()?,
    )?;
    values.set_item("traceback", &finding.traceback)?;
    values.set_item("count", finding.count)?;
    class.call((), Some(&values))
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Breach => "breach",
        Kind::Choice => "choice",
        Kind::Note => "note",
    }
}

fn shown_place(place: Option<&Place>) -> (Option<String>, String) {
    let Some(place) = place else { return (None, String::new()) };
    let site = if place.file.is_empty() {
        String::new()
    } else {
        format!("{}:{}", place.file, place.line)
    };
    (Some(place.function.clone()), site)
}

/// The options under which a run repeats, by their names.
fn policies<'py>(py: Python<'py>, shared: &Shared) -> PyResult<Bound<'py, PyDict>> {
    let (options, policies) = (shared.core.options(), shared.policies());
    let named = PyDict::new(py);
    named.set_item("irql", name_of(&LEVELS, options.irql))?;
    named.set_item("schedule", name_of(&SCHEDULES, policies.schedule))?;
    named.set_item("always_pend", policies.always_pend)?;
    named.set_item("remember_disconnects", options.remember_disconnects)?;
    named.set_item("graceful_after_data", policies.graceful_after_data)?;
    named.set_item("set_dispatch_flag", options.set_dispatch_flag)?;
    named.set_item("window", policies.window)?;
    Ok(named)
}

fn found_text(py: Python<'_>, found: &Found) -> String {
    match found {
        Found::Status(status) => status_text(py, *status),
        Found::Nothing => "it returned None".to_owned(),
        Found::Raised(text) => format!("it raised {text}"),
        Found::Text(text) => text.clone(),
    }
}

/// What a caller in Python tells of a finding, beside the rule and what was found.
pub(crate) struct Told<'py> {
    /// Whom it is about: handle, context, and the contract machine's number. Only connections have a handle.
    pub(crate) socket: Option<(u128, Bound<'py, PyAny>, u64)>,
    /// What a callback raised.
    pub(crate) cause: Option<Bound<'py, PyAny>>,
    /// The callback that is blamed; without one, or a cause, it is the nearest line on the stack.
    pub(crate) callback: Option<Bound<'py, PyAny>>,
    /// The callback at the other end: in which it happened, or which was lent what is misused.
    pub(crate) against: Option<Bound<'py, PyAny>>,
    /// The callback returned nothing.
    pub(crate) nothing: bool,
    /// What to do in this case, if the rule does not say it.
    pub(crate) advice: Option<String>,
    /// It accuses nobody.
    pub(crate) note: bool,
}

/// Where the handler is defined whose call runs.
fn handler_of(py: Python<'_>, shared: &Shared, handle: SocketHandle) -> Option<Arc<Place>> {
    let handler = shared.owned.handler(py, shared.core.handler_of(handle.index))?;
    places::of_callable(handler.bind(py))
}

/// A finding of the layer above. Without a socket it is about the handler's call that runs on this thread.
pub(crate) fn of_the_layer_above(
    py: Python<'_>,
    shared: &Shared,
    rule: &'static Rule,
    found: String,
    told: &Told<'_>,
) -> Finding {
    let running = running(shared);
    let (subject, context_text) = match (&told.socket, running) {
        (Some((0, context, number)), _) => (Subject::Socket(*number), arguments::shown(context)),
        (Some((handle, context, _)), _) => {
            let handle = SocketHandle::from_bits(*handle as u64);
            (Subject::Connection(handle), arguments::shown(context))
        }
        (None, Some(call)) => {
            let context = borrowed_context(py, call.context);
            (Subject::Connection(call.handle), arguments::shown(&context))
        }
        (None, None) => (Subject::None, "None".to_owned()),
    };
    let call = running.filter(|call| subject == Subject::Connection(call.handle));
    let raised = told.cause.as_ref().map(|cause| PyErr::from_value(cause.clone()));
    let defined = told.callback.as_ref().and_then(places::of_callable);
    let place = match &raised {
        Some(raised) => places::raised(py, raised).or_else(|| defined.clone()),
        None if told.callback.is_some() => defined.clone(),
        None => places::nearest(py),
    };
    let other = match (&raised, &told.against, call) {
        (Some(_), _, _) => defined,
        (None, Some(against), _) => places::of_callable(against),
        (None, None, Some(call)) if told.callback.is_none() => handler_of(py, shared, call.handle),
        _ => None,
    };
    // What it is decides the advice; the words are the caller's.
    let case = match (&raised, told.nothing) {
        (Some(_), _) => Found::Raised(String::new()),
        (None, true) => Found::Nothing,
        (None, false) => Found::Text(String::new()),
    };
    let finding = Finding::by_rule(rule, case);
    let finding = if told.note { finding.as_note() } else { finding };
    let finding = Finding {
        found: found.into(),
        place,
        other,
        context_text: Some(context_text),
        edge_number: call.map_or(0, |call| call.edge_number),
        flags: call.map_or(0, |call| call.flags),
        traceback: raised.map_or_else(String::new, |raised| places::traceback(py, &raised)),
        ..finding.about(subject)
    };
    match &told.advice {
        Some(advice) => finding.advising(advice.clone()),
        None => finding,
    }
}

/// A core handle as users see it: the subsystem's number above it.
pub(crate) fn user_handle(shared: &Shared, bits: u64) -> u128 {
    // Generations begin at 1: no bits, no socket.
    if bits == 0 {
        return 0;
    }
    u128::from(shared.serial) << 64 | u128::from(bits)
}

fn status_text(py: Python<'_>, status: u32) -> String {
    let name = || -> PyResult<String> {
        py.import("wsksim.wsk")?.getattr("NTSTATUS")?.call1((status,))?.getattr("name")?.extract()
    };
    match name() {
        Ok(name) => format!("it returned 0x{status:08X} ({name})"),
        Err(_) => format!("it returned 0x{status:08X}"),
    }
}

/// The exception that ends a drive under `check="raise"`; it carries the finding, and as its cause what
/// the application raised, whose traceback shows the place.
pub(crate) fn contract_error(
    py: Python<'_>,
    shared: &Shared,
    finding: &Finding,
    cause: Option<PyErr>,
) -> PyErr {
    let made = || -> PyResult<PyErr> {
        let finding = to_python(py, shared, finding)?;
        let class = py.import("wsksim.errors")?.getattr("ContractError")?;
        let raised = PyErr::from_value(class.call1((finding,))?);
        if cause.is_some() {
            raised.set_cause(py, cause);
        }
        Ok(raised)
    };
    made().unwrap_or_else(|failure| {
        let raised = error(py, "WsksimError", "a contract rule was broken [D-8]");
        raised.set_cause(py, Some(failure));
        raised
    })
}
