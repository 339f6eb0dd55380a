//! Findings: from the core's records to `wsksim.contract.Finding`.

use crate::contract::Rule;
use crate::core::findings::{Finding, Found};
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerKind;
use crate::provider::Report;
use crate::provider::processor::{self, HandlerCall};
use crate::py::arguments;
use crate::py::errors::error;
use crate::py::export::borrowed_context;
use crate::py::shared::Shared;
use crate::py::wsk::provider::Provider;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

static FINDING: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// The Python object for a record.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    shared: &Shared,
    finding: &Finding,
) -> PyResult<Bound<'py, PyAny>> {
    let class = FINDING.import(py, "wsksim.contract", "Finding")?;
    let found = match &finding.found {
        Found::Status(status) => status_text(py, *status),
        Found::Text(text) => text.clone(),
    };
    let context = match &finding.context_text {
        Some(text) => text.clone(),
        None => format!("0x{:x}", finding.context),
    };
    class.call1((
        finding.rule.id,
        finding.rule.statement,
        found,
        user_handle(shared, finding.handle.bits()),
        context,
        finding.edge_number,
        finding.flags,
        shared.core.options().seed,
    ))
}

/// A breach that the provider found. `about`: the application's object for the socket; without one, it is about the
/// handler's call that runs on this thread.
pub(crate) fn of_provider(
    py: Python<'_>,
    shared: &Shared,
    provider: &Provider,
    report: &Report,
    about: Option<&Bound<'_, PyAny>>,
) -> PyResult<Finding> {
    let running = processor::here().handler_call(shared.serial);
    let mut found = report.found.clone();
    let (handle, context_text) = match (about, running) {
        (Some(socket), _) => {
            let live = provider.handle(py, report.socket)?;
            let known: u128 = if live == 0 { socket.getattr("handle")?.extract()? } else { live };
            if known == 0 {
                // Only connections have a handle.
                found = format!("{found}, socket {}", report.socket);
            }
            let context = arguments::shown(&socket.getattr("context")?);
            (SocketHandle::from_bits(known as u64), context)
        }
        (None, Some(call)) => (call.handle, context_of(py, shared, call)),
        (None, None) => (SocketHandle::from_bits(0), "None".to_owned()),
    };
    let call = running.filter(|call| call.handle == handle);
    Ok(Finding {
        rule: Rule::named(report.rule),
        found: Found::Text(found),
        handle,
        context: 0,
        context_text: Some(context_text),
        edge_number: call.map_or(0, |call| call.edge_number),
        flags: call.map_or(0, |call| call.flags),
    })
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
