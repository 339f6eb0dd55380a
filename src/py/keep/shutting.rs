//! Shutting: closing a subsystem, and completing what it owes to the application then.

use crate::py::drive::driving::serve;
use crate::py::keep::shared::{Inside, Shared};
use crate::py::values::errors::is_contract_error;
use pyo3::prelude::*;

/// Sockets that are closed between two looks at signals.
const AT_ONCE: u32 = 1 << 17;

/// Closes every socket and connection, and completes what was pending.
pub(crate) fn close(py: Python<'_>, shared: &Shared) -> PyResult<()> {
    // The machine before the core: it knows which contexts a running call still uses. And again, should
    // it have been made meanwhile.
    shared.detached(py, || shared.shut_machine());
    let mut at_once = AT_ONCE.min(shared.core.slots_used()).max(1);
    loop {
        let mut done = Vec::new();
        // A close may not fail for want of memory.
        while done.try_reserve_exact(at_once as usize).is_err() && at_once > 1 {
            at_once /= 2;
        }
        let more = shared.detached(py, || shared.core.shut_some(at_once, |index| done.push(index)));
        shared.bury(py, &done);
        if !more {
            break;
        }
        py.check_signals()?;
    }
    shared.detached(py, || shared.shut_machine());
    if let Some(machine) = shared.present_machine() {
        shared.let_go(py, machine);
    }
    // A drive on this thread goes on when the callback that closes has returned.
    if Inside::driving() && shared.core.is_driven() { Ok(()) } else { complete_left(py, shared) }
}

/// Completes what a closed subsystem owes still, since nobody can drive it any more (C-9, I-4). Whoever
/// closes it, waits for a request of it or ends a drive of it does so; a routine's breach is raised when
/// all is completed.
pub(crate) fn complete_left(py: Python<'_>, shared: &Shared) -> PyResult<()> {
    let Some(machine) = shared.present_machine().filter(|_| shared.core.is_shut()) else {
        return Ok(());
    };
    let mut breach = None;
    while machine.turn(&shared.core, |turn| turn.has_errands()) {
        match serve(py, shared) {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(raised) if is_contract_error(py, &raised) => breach = breach.or(Some(raised)),
            Err(raised) => return Err(raised),
        }
    }
    shared.let_go(py, machine);
    breach.map_or(Ok(()), Err)
}
