//! Findings of the provider: whose they are, and which lines of the application are to blame.

use crate::core::findings::{Finding, Place, Subject};
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerKind;
use crate::provider::Report;
use crate::provider::processor::{self, HandlerCall};
use crate::py::keep::shared::Shared;
use crate::py::values::export::borrowed_context;
use crate::py::values::{arguments, places};
use crate::py::wsk::provider::Provider;
use pyo3::prelude::*;
use std::sync::Arc;

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
    Ok(Finding {
        place,
        other,
        context_text: Some(context_text),
        edge_number: call.map_or(0, |call| call.edge_number),
        flags: call.map_or(0, |call| call.flags),
        traceback: raised.map_or_else(String::new, |raised| places::traceback(py, raised)),
        ..report.to_finding().about(subject)
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
