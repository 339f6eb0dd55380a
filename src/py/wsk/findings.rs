//! Findings of the provider: which lines of the application are to blame, and what it knows of the socket.

use crate::core::findings::{Finding, Found, Place, Subject};
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerKind;
use crate::provider::Report;
use crate::provider::processor::{self, HandlerCall};
use crate::py::keep::shared::Shared;
use crate::py::values::export::borrowed_context;
use crate::py::values::{arguments, places};
use crate::py::wsk::socket::Socket;
use pyo3::prelude::*;
use std::sync::Arc;

/// What is known of a report beside it.
#[derive(Default)]
pub(crate) struct Known<'a, 'py> {
    /// The application's object for the socket; without one, it is about the handler's call that runs on this thread.
    pub(crate) about: Option<&'a Bound<'py, Socket>>,
    /// The socket's object whose callback it happened in.
    pub(crate) inside: Option<&'a Bound<'py, Socket>>,
    /// The callback or routine that was just called, if that is to blame.
    pub(crate) callee: Option<&'a Bound<'py, PyAny>>,
    /// What that raised.
    pub(crate) raised: Option<&'a PyErr>,
    /// Where the application did what this contradicts.
    pub(crate) before: Option<Arc<Place>>,
}

/// A finding of the provider.
pub(crate) fn of_provider(
    py: Python<'_>,
    shared: &Shared,
    report: &Report,
    known: Known<'_, '_>,
) -> PyResult<Finding> {
    let Known { about, inside, callee, raised, before } = known;
    let mut finding = shared.provider().on(&shared.core).record(report);
    let running = processor::here().handler_call(shared.serial);
    let context_text = match (about, running) {
        (Some(socket), _) => {
            if let Subject::Socket { handle: handle @ None, .. } = &mut finding.subject {
                // It is closed; its object remembers.
                let bits = socket.get().handle_bits() as u64;
                *handle = (bits != 0).then(|| SocketHandle::from_bits(bits));
            }
            arguments::shown(socket.get().context(py).bind(py))
        }
        (None, Some(call)) if report.socket == 0 => context_of(py, shared, call),
        _ => "None".to_owned(),
    };
    let defined = callee.and_then(places::of_callable);
    let place = match raised {
        Some(raised) => places::raised(py, raised).or_else(|| defined.clone()),
        None if callee.is_some() => defined.clone(),
        None => places::nearest(py),
    };
    if let (Some(at), Found::Text(text)) = (&before, &mut finding.found) {
        text.push_str(&format!(" ({}:{} in {})", at.file, at.line, at.function));
    }
    let other = match (raised, before, &report.against, about) {
        (Some(raised), ..) => callee.and_then(|callee| places::in_callable(callee, Some(raised))),
        (None, Some(before), ..) => Some(before),
        (None, None, Some(name), Some(socket)) => callback_of(socket, name),
        _ if callee.is_none() => match (&report.inside, inside) {
            (Some(frame), Some(socket)) => callback_of(socket, frame.name),
            _ => handler_of(py, shared, running),
        },
        _ => None,
    };
    let traceback = raised.map_or_else(String::new, |raised| places::traceback(py, raised));
    Ok(Finding { place, other, context_text: Some(context_text), traceback, ..finding })
}

/// The line that runs in a callback of the socket, or where it is defined; of the two that are given lists it has one.
fn callback_of(socket: &Bound<'_, Socket>, name: &str) -> Option<Arc<Place>> {
    let named = |name| socket.get().named(socket.py(), name);
    let found = named(name).or_else(|| match name {
        "WskReceiveEvent" => named("WskReceiveFromEvent"),
        _ => None,
    });
    places::in_callable(&found?, None)
}

/// The line that runs in the handler whose call runs.
fn handler_of(py: Python<'_>, shared: &Shared, running: Option<HandlerCall>) -> Option<Arc<Place>> {
    let handler = shared.core.handler_of(running?.handle.index);
    places::in_callable(shared.owned.handler(py, handler)?.bind(py), None)
}

/// The context of a handler's call that runs, alive as long as that.
fn context_of(py: Python<'_>, shared: &Shared, call: HandlerCall) -> String {
    let Some(context) = shared.core.context_of_call(call.handle) else { return "None".to_owned() };
    match shared.core.handler_of(call.handle.index).kind() {
        HandlerKind::Single => arguments::shown(&borrowed_context(py, context)),
        _ => format!("0x{context:x}"),
    }
}
