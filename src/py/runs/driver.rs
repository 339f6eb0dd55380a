//! Driver: a driver in C, run by seeds.

use crate::c::kernel::{Act, Kernel, Object, Options, Remote};
use crate::core::findings::{Finding, Found};
use crate::core::subsystem;
use crate::network::address::{AF_INET, Address};
use crate::py::keep::findings::{found_text, kind, shown_place};
use crate::py::values::options::{COMPLETIONS, Given, LEVELS, schedule};
use crate::wsk::Policies;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::path::PathBuf;
use std::rc::Rc;

/// So much virtual time a driver has after its remote ends have acted, in units of 100 ns: a minute.
const PATIENCE: u64 = 60 * 10_000_000;

/// The object of a driver, read once.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct DriverObject(Object);

/// What one seed came to.
struct Outcome {
    status: Option<i32>,
    ended: Option<String>,
    trace: u64,
    steps: u64,
    findings: Vec<Finding>,
    printed: Vec<String>,
    remotes: usize,
}

/// What remote ends do at a listener whose words nobody here knows, by turns.
fn remote(place: usize, to: Address) -> Remote {
    let connect = Act::Connect(to);
    let said = || Act::Send(b"hello\r\n".to_vec());
    match place % 4 {
        0 => Remote::new([connect, said(), Act::Disconnect, Act::AwaitEnd, Act::Close]),
        1 => Remote::new([connect, said(), said(), Act::Abort]),
        2 => Remote::new([connect, Act::Disconnect, Act::AwaitEnd]),
        _ => Remote::new([connect, said(), Act::Close]),
    }
}

fn run(object: &Object, options: Options, peers: usize) -> Result<Outcome, String> {
    let kernel: Rc<Kernel> = Kernel::load(object, options)?;
    let status = kernel.start_driver();
    if status.is_some_and(|status| status >= 0) && kernel.ended().is_none() {
        let listening = kernel.driver().turn(|turn| turn.listening_at());
        for to in listening {
            let local = if to.family() == AF_INET { to.source(1, to.port()) } else { to };
            (0..peers).for_each(|place| kernel.add_remote(remote(place, local)));
        }
        kernel.settle(PATIENCE);
        kernel.unload();
    }
    Ok(Outcome {
        status,
        ended: kernel.ended().map(|ended| ended.to_string()),
        trace: kernel.trace(),
        steps: kernel.steps(),
        findings: kernel.driver().core().findings(),
        printed: kernel.printed(),
        remotes: kernel.remotes().len(),
    })
}

#[pymethods]
impl DriverObject {
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        Object::read(&path).map(Self).map_err(PyValueError::new_err)
    }

    /// Runs it from DriverEntry to unload under one seed, with so many remote ends at each of its listeners: what came of it.
    #[pyo3(signature = (seed, *, schedule, completions, irql, lenient, peers))]
    #[allow(clippy::too_many_arguments, reason = "the options of a run")]
    fn run<'py>(
        &self,
        py: Python<'py>,
        seed: u64,
        schedule: Given<'py>,
        completions: Given<'py>,
        irql: Given<'py>,
        lenient: bool,
        peers: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let subsystem = subsystem::Options {
            seed,
            schedule: self::schedule(&schedule)?,
            irql: irql.word("irql", &LEVELS)?,
            ..subsystem::Options::default()
        };
        let completions = completions.word("completions", &COMPLETIONS)?;
        let policies = Policies { completions, ..Policies::default() };
        let options = Options { subsystem, policies, lenient, ..Options::default() };
        let object = self.0.clone();
        let ran = py.detach(move || run(&object, options, peers));
        told(py, &ran.map_err(PyValueError::new_err)?)
    }
}

/// Plain values, as a child prints them.
fn told<'py>(py: Python<'py>, outcome: &Outcome) -> PyResult<Bound<'py, PyDict>> {
    let values = PyDict::new(py);
    values.set_item("status", outcome.status.map(i32::cast_unsigned))?;
    values.set_item("ended", &outcome.ended)?;
    values.set_item("trace", format!("{:016x}", outcome.trace))?;
    values.set_item("steps", outcome.steps)?;
    values.set_item("remotes", outcome.remotes)?;
    values.set_item("printed", &outcome.printed)?;
    let findings = PyList::empty(py);
    for finding in &outcome.findings {
        findings.append(told_finding(py, finding)?)?;
    }
    values.set_item("findings", findings)?;
    Ok(values)
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
        Found::Nothing => "it returned nothing".to_owned(),
        found => found_text(py, found),
    };
    values.set_item("found", found)?;
    values.set_item("advice", finding.advice.as_ref())?;
    values.set_item("function", function.unwrap_or_default())?;
    values.set_item("site", site)?;
    values.set_item("other_function", other_function.unwrap_or_default())?;
    values.set_item("other_site", other_site)?;
    values.set_item("socket", finding.subject.to_string())?;
    values.set_item("step", finding.step)?;
    values.set_item("inside", finding.inside.as_ref())?;
    values.set_item("flags", finding.flags)?;
    values.set_item("count", finding.count)?;
    Ok(values)
}
