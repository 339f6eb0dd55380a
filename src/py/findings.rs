//! Findings: from the core's records to `wsksim.contract.Finding`.

use crate::contract::Rule;
use crate::core::findings::{Finding, Found, Kind, Place, Subject};
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerKind;
use crate::provider::Report;
use crate::provider::processor::{self, HandlerCall};
use crate::py::arguments;
use crate::py::errors::error;
use crate::py::export::borrowed_context;
use crate::py::options::{LEVELS, name_of, schedule_word};
use crate::py::places;
use crate::py::shared::Shared;
use crate::py::wsk::provider::Provider;
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
    named.set_item("schedule", schedule_word(options.schedule))?;
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

/// A finding that the nearest line of the application on the stack is to blame for.
pub(crate) fn of_caller(
    py: Python<'_>,
    rule: &'static Rule,
    found: String,
    advice: Option<String>,
    note: bool,
) -> Finding {
    let finding = Finding::by_rule(rule, Found::Text(found));
    let finding = if note { finding.as_note() } else { finding };
    let finding = Finding { place: places::nearest(py), ..finding }.with_context("None");
    match advice {
        Some(advice) => finding.advising(advice),
        None => finding,
    }
}

/// A finding of the provider. `about`: the application's object for the socket; without one, it is about the handler's
/// call that runs on this thread. `callee`: the callback or routine that was just called, if that is to blame.
pub(crate) fn of_provider(
    py: Python<'_>,
    shared: &Shared,
    provider: &Provider,
    report: &Report,
    about: Option<&Bound<'_, PyAny>>,
    callee: Option<&Bound<'_, PyAny>>,
    raised: Option<&PyErr>,
) -> PyResult<Finding> {
    let running = processor::here().handler_call(shared.serial);
    let (subject, context_text) = match (about, running) {
        (Some(socket), _) => {
            let live = provider.handle(py, report.socket)?;
            let known: u128 = if live == 0 { socket.getattr("handle")?.extract()? } else { live };
            let subject = match known {
                0 => Subject::Socket(report.socket),
                _ => Subject::Connection(SocketHandle::from_bits(known as u64)),
            };
            (subject, arguments::shown(&socket.getattr("context")?))
        }
        (None, Some(call)) => (Subject::Connection(call.handle), context_of(py, shared, call)),
        (None, None) => (Subject::None, "None".to_owned()),
    };
    let call = running.filter(|call| subject == Subject::Connection(call.handle));
    let defined = callee.and_then(places::of_callable);
    let place = match raised {
        Some(raised) => places::raised(py, raised).or_else(|| defined.clone()),
        None if callee.is_some() => defined.clone(),
        None => places::nearest(py),
    };
    let other = match (raised, &report.against, about, call) {
        (Some(_), ..) => defined,
        (None, Some(name), Some(socket), _) => {
            places::of_callable(&socket.call_method1("callback", (&**name,))?)
        }
        (None, _, _, Some(call)) if callee.is_none() => handler_of(py, shared, call.handle),
        _ => None,
    };
    // What it is decides the advice; the words are the provider's.
    let case = match (raised, report.nothing) {
        (Some(_), _) => Found::Raised(String::new()),
        (None, true) => Found::Nothing,
        (None, false) => Found::Text(String::new()),
    };
    let finding = Finding::by_rule(Rule::named(report.rule), case);
    Ok(Finding {
        found: report.found.clone().into(),
        place,
        other,
        context_text: Some(context_text),
        edge_number: call.map_or(0, |call| call.edge_number),
        flags: call.map_or(0, |call| call.flags),
        traceback: raised.map_or_else(String::new, |raised| places::traceback(py, raised)),
        ..finding.about(subject)
    })
}

/// Where the handler is defined whose call runs.
fn handler_of(py: Python<'_>, shared: &Shared, handle: SocketHandle) -> Option<Arc<Place>> {
    let handler = shared.owned.handler(py, shared.core.handler_of(handle.index))?;
    places::of_callable(handler.bind(py))
}

/// The context of a handler's call that runs, alive as long as that.
fn context_of(py: Python<'_>, shared: &Shared, call: HandlerCall) -> String {
    let Some(context) = shared.core.context_of_call(call.handle) else { return "None".to_owned() };
    match shared.core.handler_of(call.handle.index).kind() {
        HandlerKind::Single => arguments::shown(&borrowed_context(py, context)),
        _ => format!("0x{context:x}"),
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
