//! What one run of a driver came to, as Python's plain values, which a child prints.

use crate::core::counters::Counts;
use crate::core::findings::{Finding, Found as What};
use crate::py::keep::findings::{found_text, kind, shown_place};
use crate::py::runs::life_results::{self, Found};
use crate::py::values::books;
use crate::storm::living::Storm;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// What one run came to.
pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    pub(crate) ended: Option<String>,
    pub(crate) trace: u64,
    pub(crate) steps: u64,
    pub(crate) counts: Counts,
    pub(crate) findings: Vec<Finding>,
    pub(crate) notes: Vec<Finding>,
    /// The last lines that the driver printed, and how many there were.
    pub(crate) printed: (Vec<String>, u64),
    /// What has failed on demand, and the address in the driver's file behind each call.
    pub(crate) injected: Vec<(&'static str, u64)>,
    pub(crate) remotes: usize,
    pub(crate) storm: Option<Stormed>,
}

/// What became of a plan's lives.
pub(crate) struct Stormed {
    pub(crate) storm: Storm,
    pub(crate) found: Found,
    /// Requests that are under way at the end.
    pub(crate) requests: usize,
    /// Allocations that were asked for, and those that failed.
    pub(crate) allocations: (u64, u64),
}

/// Plain values.
pub(crate) fn told<'py>(py: Python<'py>, outcome: Outcome) -> PyResult<Bound<'py, PyDict>> {
    let values = PyDict::new(py);
    values.set_item("status", outcome.status.map(i32::cast_unsigned))?;
    values.set_item("ended", &outcome.ended)?;
    values.set_item("trace", format!("{:016x}", outcome.trace))?;
    values.set_item("steps", outcome.steps)?;
    values.set_item("remotes", outcome.remotes)?;
    values.set_item("printed", &outcome.printed.0)?;
    values.set_item("lines", outcome.printed.1)?;
    values.set_item("injected", &outcome.injected)?;
    values.set_item("counters", books::to_python(py, &outcome.counts)?)?;
    values.set_item("findings", findings(py, &outcome.findings)?)?;
    values.set_item("notes", findings(py, &outcome.notes)?)?;
    let storm = outcome.storm.map(|stormed| storm(py, stormed)).transpose()?;
    values.set_item("storm", storm)?;
    Ok(values)
}

fn storm<'py>(py: Python<'py>, stormed: Stormed) -> PyResult<Bound<'py, PyDict>> {
    let Stormed { mut storm, found, requests, allocations } = stormed;
    let values = life_results::to_python(py, &mut storm, &found, None)?;
    values.set_item("left_requests", requests)?;
    values.set_item("allocations", allocations)?;
    Ok(values)
}

fn findings<'py>(py: Python<'py>, kept: &[Finding]) -> PyResult<Bound<'py, PyList>> {
    let findings = PyList::empty(py);
    for finding in kept {
        findings.append(told_finding(py, finding)?)?;
    }
    Ok(findings)
}

/// The members of `wsksim.contract.Finding` that are known here.
fn told_finding<'py>(py: Python<'py>, finding: &Finding) -> PyResult<Bound<'py, PyDict>> {
    let (function, site) = shown_place(finding.place.as_deref());
    let (other_function, other_site) = shown_place(finding.other.as_deref());
    let values = PyDict::new(py);
    values.set_item("rule", finding.rule.id)?;
    values.set_item("kind", kind(finding.kind))?;
    values.set_item("condition", finding.rule.statement)?;
    let found = match &finding.found {
        // A driver in C returns something in any case.
        What::Nothing => "it returned nothing".to_owned(),
        found => found_text(py, found),
    };
    values.set_item("found", found)?;
    values.set_item("advice", finding.advice.as_ref())?;
    values.set_item("function", function.unwrap_or_default())?;
    values.set_item("site", site)?;
    values.set_item("other_function", other_function.unwrap_or_default())?;
    values.set_item("other_site", other_site)?;
    values.set_item("socket", finding.subject.to_string())?;
    let context = (finding.context != 0).then(|| format!("0x{:x}", finding.context));
    values.set_item("context", context.unwrap_or_default())?;
    values.set_item("step", finding.step)?;
    values.set_item("inside", finding.inside.as_ref())?;
    values.set_item("flags", finding.flags)?;
    values.set_item("traceback", &finding.traceback)?;
    values.set_item("choices", finding.choices.clone())?;
    values.set_item("count", finding.count)?;
    Ok(values)
}
