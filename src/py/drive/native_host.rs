//! Native host: how a detached drive's calls of machine addresses are followed.

use crate::core::dispatch::{Drive, Host, Step};
use crate::core::findings::Subject;
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerKind;
use crate::core::indication::{Indication, Verdict};
use crate::core::irql::CallLevel;
use crate::provider::processor::{self, Driving};
use crate::py::drive::telling::{subject, tell_ahead, tell_closed, tell_ended};
use crate::py::keep::shared::Shared;

/// Admits machine addresses only, which the dispatcher calls itself, on a detached thread.
pub(crate) struct NativeHost<'s> {
    shared: &'s Shared,
    closed: Vec<u32>,
    driving: Driving,
}

impl<'s> NativeHost<'s> {
    pub(crate) fn new(shared: &'s Shared) -> Self {
        let driving = processor::here().driving(shared.serial);
        Self { shared, closed: Vec::new(), driving }
    }

    /// One step of a drive. After it the thread is at its own level again, and remembers what was closed
    /// behind the calls until it is attached.
    pub(crate) fn step(&mut self, drive: &mut Drive<'_>, calls: u64) -> Step {
        let shared = self.shared;
        self.driving.begin_native(shared.core.options().irql);
        let step = shared.step(drive, self, calls);
        self.driving.rest();
        shared.inter(&mut self.closed);
        step
    }
}

impl Host for NativeHost<'_> {
    fn admits(&self, kind: HandlerKind) -> bool {
        kind == HandlerKind::Native
    }

    fn call(&mut self, _: &Indication) -> Verdict {
        Verdict::Stop
    }

    #[inline(always)]
    fn call_native(
        &mut self,
        _: &Indication,
        level: CallLevel,
        call: impl FnOnce() -> Verdict,
    ) -> Verdict {
        self.driving.call_native(level, call)
    }

    fn closed(&mut self, index: u32) {
        self.closed.push(index);
        tell_closed(self.shared, index);
    }

    fn foresees(&mut self, indices: impl Iterator<Item = u32> + Clone) {
        tell_ahead(self.shared, indices);
    }

    fn ended(&mut self, handle: SocketHandle) {
        tell_ended(self.shared, handle);
    }

    fn subject(&self, handle: SocketHandle) -> Subject {
        subject(self.shared, handle)
    }

    /// Not here, but an attached thread will: the step ends for that.
    fn runs_errands(&self) -> bool {
        true
    }
}
