//! Findings: from the core's records to `wsksim.contract.Finding`.

use crate::contract::Rule;
use crate::core::chooser::NoChoices;
use crate::core::findings::{Finding, Found, Kind, Place};
use crate::core::subsystem::Check;
use crate::py::keep::shared::Shared;
use crate::py::values::errors::error;
use crate::py::values::once::{self, Once};
use crate::py::values::options::{COMPLETIONS, LEVELS, name_of, schedule_word};
use crate::py::values::places;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

static FINDING: Once<Py<PyType>> = Once::new();

/// The Python object for a record.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    shared: &Shared,
    finding: &Finding,
) -> PyResult<Bound<'py, PyAny>> {
    let class = once::class(py, &FINDING, "wsksim.contract", "Finding")?;
    let handle = finding.subject.handle().map_or(0, |handle| user_handle(shared, handle.bits()));
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
    values.set_item("inside", finding.inside.as_ref())?;
    values.set_item("edge", finding.edge_number)?;
    values.set_item("flags", finding.flags)?;
    values.set_item("seed", shared.core.options().seed)?;
    values.set_item("policies", policies(py, shared)?)?;
    values.set_item(
        "choices",
        finding.choices.as_ref().map(|chosen| PyTuple::new(py, chosen)).transpose()?,
    )?;
    values.set_item("traceback", &finding.traceback)?;
    values.set_item("repeats", !matches!(shared.core.choices(), Err(NoChoices::Team)))?;
    values.set_item("count", finding.count)?;
    class.call((), Some(&values))
}

pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Breach => "breach",
        Kind::Choice => "choice",
        Kind::Note => "note",
    }
}

pub(crate) fn shown_place(place: Option<&Place>) -> (Option<String>, String) {
    let Some(place) = place else { return (None, String::new()) };
    let site = if place.file.is_empty() {
        String::new()
    } else {
        format!("{}:{}", place.file, place.line)
    };
    (Some(place.function.clone()), site)
}

/// The options under which a run repeats, by their names.
pub(crate) fn policies<'py>(py: Python<'py>, shared: &Shared) -> PyResult<Bound<'py, PyDict>> {
    let (options, policies) = (shared.core.options(), shared.policies());
    let named = PyDict::new(py);
    named.set_item("irql", name_of(&LEVELS, options.irql))?;
    named.set_item("schedule", schedule_word(options.schedule))?;
    named.set_item("completions", name_of(&COMPLETIONS, policies.completions))?;
    named.set_item("remember_disconnects", options.remember_disconnects)?;
    named.set_item("graceful_after_data", policies.graceful_after_data)?;
    named.set_item("set_dispatch_flag", options.set_dispatch_flag)?;
    named.set_item("window", policies.window)?;
    named.set_item("backlog", policies.backlog)?;
    named.set_item("max_sockets", options.max_sockets)?;
    named.set_item("max_pending", options.max_pending)?;
    Ok(named)
}

pub(crate) fn found_text(py: Python<'_>, found: &Found) -> String {
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

/// Reports a breach that the nearest line of the application on the stack is to blame for.
///
/// # Errors
///
/// `ContractError`, if breaches are to be raised.
pub(crate) fn report_caller(py: Python<'_>, shared: &Shared, finding: Finding) -> PyResult<()> {
    let finding = Finding { place: places::nearest(py), ..finding }.with_context("None");
    let raises = shared.core.options().check == Check::Raise;
    let raised = raises.then(|| contract_error(py, shared, &finding, None));
    shared.core.report(finding);
    raised.map_or(Ok(()), Err)
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
