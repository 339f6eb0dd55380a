//! Tables: the contexts and disconnect callables that the contract machine's sockets keep alive.
//!
//! The machine and the core know integers. This table keeps the objects that they stand for, by numbers of
//! its own, from the call that supplied an object until the machine says that no socket has it (C-14).

use crate::core::handlers::{HandlerId, HandlerKind};
use crate::core::ledger::Ledger;
use crate::core::sync::Mutex;
use crate::py::keep::shared::Shared;
use crate::py::values::export::context_bits;
use crate::wsk::{Let, Table};
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;

/// What a socket may call with: held by reference until the socket is gone, so an application cannot
/// take it away too early (O-8, U-31).
struct Kept {
    context: Py<PyAny>,
    handler: HandlerId,
}

#[derive(Default)]
struct Inner {
    last: u64,
    kept: Ledger<Kept>,
}

/// What the contract machine's sockets own.
#[derive(Default)]
pub(crate) struct Tables(Mutex<Inner>);

impl Tables {
    /// Takes a context and a disconnect callable in, for one socket.
    pub(crate) fn add(
        &self,
        shared: &Shared,
        context: &Bound<'_, PyAny>,
        disconnect: Option<&Bound<'_, PyAny>>,
        callbacks: u32,
    ) -> PyResult<Table> {
        let handler = match disconnect {
            None => HandlerId::NONE,
            Some(callable) if callable.is_callable() => {
                let added = shared.owned.add_handler(callable, HandlerKind::Single, 1);
                added.ok_or_else(|| PyValueError::new_err("too many different handlers"))?
            }
            Some(other) => {
                return Err(PyTypeError::new_err(format!(
                    "WskDisconnectEvent: asked to call {}; it is not callable; give a callable of \
                     (SocketContext, Flags)",
                    crate::py::values::arguments::shown(other)
                )));
            }
        };
        let bits = context_bits(context);
        let mut inner = self.0.lock();
        inner.last += 1;
        let owner = inner.last;
        let _ = inner.kept.insert(owner, Kept { context: context.clone().unbind(), handler });
        Ok(Table::new(bits, handler, callbacks, owner))
    }

    /// Lets go of what the machine does not need any more; objects are dropped outside the lock.
    pub(crate) fn let_go(&self, py: Python<'_>, shared: &Shared, letting: &Let) {
        let mut dropped = Vec::new();
        for &(owner, opened) in &letting.gone {
            let Some(kept) = self.0.lock().kept.remove(owner) else { continue };
            dropped.push(kept.context);
            // With a core socket the burial forgets the handler.
            if !opened {
                dropped.extend(shared.owned.forget_handler(kept.handler, 1));
            }
        }
        if !letting.closed.is_empty() {
            shared.bury(py, &letting.closed);
        }
        drop(dropped);
    }

    pub(crate) fn clear(&self) {
        let kept = std::mem::take(&mut self.0.lock().kept);
        drop(kept);
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(inner) = self.0.try_lock() {
            for kept in inner.kept.values() {
                visit.call(&kept.context)?;
            }
        }
        Ok(())
    }
}
