//! Where the subsystem tells the history checker what happened; nothing without that feature.

use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::subsystem::Subsystem;

#[cfg(feature = "history")]
use crate::core::history::What;

/// A number taken before something was decided.
pub(crate) type Number = u64;

#[cfg(feature = "history")]
impl Subsystem {
    /// Takes the history noted so far; complete at a quiet point.
    #[must_use]
    pub fn take_history(&self) -> Vec<crate::core::history::Note> {
        self.history.take()
    }

    pub(crate) fn note_number(&self) -> Number {
        self.history.number()
    }

    pub(crate) fn note_posted(&self, from: Number, handle: SocketHandle, edge: Edge) {
        self.history.note(from, handle, What::Posted(edge));
    }

    pub(crate) fn note_call_started(&self, from: Number, handle: SocketHandle, edge: Edge) {
        self.history.note(from, handle, What::CallStarted(edge));
    }

    pub(crate) fn note_call_ended(&self, from: Number, handle: SocketHandle, edge: Edge) {
        self.history.note(from, handle, What::CallEnded(edge));
    }

    pub(crate) fn note_enabled(&self, from: Number, handle: SocketHandle) {
        self.history.note(from, handle, What::Enabled);
    }

    pub(crate) fn note_disabled(&self, from: Number, handle: SocketHandle, running: bool) {
        self.history.note(from, handle, What::Disabled { running });
    }

    pub(crate) fn note_closed(&self, from: Number, handle: SocketHandle, done: bool) {
        self.history.note(from, handle, What::Closed { done });
    }

    pub(crate) fn note_close_completed(&self, from: Number, handle: SocketHandle) {
        self.history.note(from, handle, What::CloseCompleted);
    }
}

#[cfg(not(feature = "history"))]
#[allow(clippy::unused_self, reason = "the same calls as with the feature")]
impl Subsystem {
    #[inline(always)]
    pub(crate) fn note_number(&self) -> Number {
        0
    }

    #[inline(always)]
    pub(crate) fn note_posted(&self, _: Number, _: SocketHandle, _: Edge) {}

    #[inline(always)]
    pub(crate) fn note_call_started(&self, _: Number, _: SocketHandle, _: Edge) {}

    #[inline(always)]
    pub(crate) fn note_call_ended(&self, _: Number, _: SocketHandle, _: Edge) {}

    #[inline(always)]
    pub(crate) fn note_enabled(&self, _: Number, _: SocketHandle) {}

    #[inline(always)]
    pub(crate) fn note_disabled(&self, _: Number, _: SocketHandle, _: bool) {}

    #[inline(always)]
    pub(crate) fn note_closed(&self, _: Number, _: SocketHandle, _: bool) {}

    #[inline(always)]
    pub(crate) fn note_close_completed(&self, _: Number, _: SocketHandle) {}
}
