//! Accepts: how long a connection of a storm waits until the application has taken it.

use crate::core::status::NtStatus;
use crate::provider::{Done, function};
use crate::py::wsk::application::PythonApplication;
use crate::wsk::Call;

/// A call by which an application takes a connection that was planned: its planned instant, and when it was entered.
pub(crate) struct Accepting {
    planned: u64,
    entered: u64,
}

impl PythonApplication<'_> {
    /// A callback is about to be called: whether it takes a connection whose accept is timed.
    pub(crate) fn accepting(&self, call: &Call) -> Option<Accepting> {
        match call {
            Call::Accept { accepted: Some((_, _, socket)) } => self.timed_accept(*socket),
            _ => None,
        }
    }

    /// Likewise for a completion routine.
    pub(crate) fn accepting_by(&self, done: &Done<'_>) -> Option<Accepting> {
        let takes = std::ptr::eq(done.flight.function, &function::ACCEPT)
            && done.completion.status == NtStatus::SUCCESS;
        if takes { self.timed_accept(done.completion.socket) } else { None }
    }

    fn timed_accept(&self, socket: u64) -> Option<Accepting> {
        let provider = self.provider.as_ref()?.get();
        let shared = &provider.subsystem.get().shared;
        let timing = shared.timing.get()?;
        let look =
            provider.with_door(self.py, |door| door.turn(|turn| turn.planned_connect(socket)));
        let planned = look.ok().flatten()?;
        Some(Accepting { planned, entered: timing.now() })
    }

    /// The call has returned.
    pub(crate) fn accepted_now(&self, accepting: Option<Accepting>) {
        let Some(Accepting { planned, entered }) = accepting else { return };
        if let Some(provider) = &self.provider
            && let Some(timing) = provider.get().subsystem.get().shared.timing.get()
        {
            timing.accepted(planned, entered);
        }
    }
}
