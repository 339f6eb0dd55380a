//! Telling: what the contract machine hears of the core's connections, and what findings call them.

use crate::core::findings::Subject;
use crate::core::handle::SocketHandle;
use crate::provider::subject_of;
use crate::py::keep::shared::Shared;

/// Edges of these sockets are next: asks for the machine's memory of them.
pub(crate) fn tell_ahead(shared: &Shared, indices: impl Iterator<Item = u32> + Clone) {
    if let Some(machine) = shared.present_machine() {
        machine.foresee(indices);
    }
}

/// The close of a core socket has completed.
pub(crate) fn tell_closed(shared: &Shared, index: u32) {
    if let Some(machine) = shared.present_machine() {
        machine.turn(&shared.core, |turn| turn.closed(index));
    }
}

/// What findings call a connection.
pub(crate) fn subject(shared: &Shared, handle: SocketHandle) -> Subject {
    match shared.present_machine() {
        Some(machine) => subject_of(machine, &shared.core, handle),
        None => Subject::Connection(handle),
    }
}

/// A call of a connection has ended.
pub(crate) fn tell_ended(shared: &Shared, handle: SocketHandle) {
    if let Some(machine) = shared.present_machine() {
        machine.turn(&shared.core, |turn| turn.ended(handle));
    }
}
