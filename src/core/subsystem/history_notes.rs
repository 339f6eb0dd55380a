//! Where the subsystem tells the history checker what happened; nothing without that feature.

use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::subsystem::Subsystem;

#[cfg(feature = "history")]
use crate::core::history::What;

/// A number that orders what happened: taken before an exchange that begins something, after one
/// that ends something.
pub(crate) type Number = u64;

#[cfg(feature = "history")]
impl Subsystem {
    pub(crate) fn note_number(&self) -> Number {
        self.history.number()
    }

    pub(crate) fn note_posted(&self, number: Number, handle: SocketHandle, edge: Edge) {
        self.history.note_at(number, handle, What::Posted(edge));
    }

    pub(crate) fn note_call_started(&self, number: Number, handle: SocketHandle, edge: Edge) {
        self.history.note_at(number, handle, What::CallStarted(edge));
    }

    pub(crate) fn note_call_ended(&self, handle: SocketHandle, edge: Edge) {
        self.history.note(handle, What::CallEnded(edge));
    }

    pub(crate) fn note_enabled(&self, number: Number, handle: SocketHandle) {
        self.history.note_at(number, handle, What::EnableEntered);
    }

    pub(crate) fn note_disabled(&self, handle: SocketHandle, running: bool) {
        self.history.note(handle, What::DisableReturned { running });
    }

    pub(crate) fn note_closed(&self, handle: SocketHandle, done: bool) {
        self.history.note(handle, What::CloseReturned { done });
    }

    pub(crate) fn note_close_completed(&self, handle: SocketHandle) {
        self.history.note(handle, What::CloseCompleted);
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
    pub(crate) fn note_call_ended(&self, _: SocketHandle, _: Edge) {}

    #[inline(always)]
    pub(crate) fn note_enabled(&self, _: Number, _: SocketHandle) {}

    #[inline(always)]
    pub(crate) fn note_disabled(&self, _: SocketHandle, _: bool) {}

    #[inline(always)]
    pub(crate) fn note_closed(&self, _: SocketHandle, _: bool) {}

    #[inline(always)]
    pub(crate) fn note_close_completed(&self, _: SocketHandle) {}
}
