//! Host: the one way upward, to the language that calls handlers.

use crate::core::dispatch::batch::Batch;
use crate::core::findings::Subject;
use crate::core::handle::SocketHandle;
use crate::core::handlers::{HandlerId, HandlerKind};
use crate::core::indication::{Breach, Indication, Verdict};
use crate::core::irql::CallLevel;

/// Calls the handlers of kind `Single` and `Batch`, in whichever language.
pub trait Host {
    /// Whether this host can have a handler of this kind called as it stands. `Native` may be
    /// admitted too: then the dispatcher calls it.
    fn admits(&self, kind: HandlerKind) -> bool;

    /// Calls a handler of kind `Single`.
    fn call(&mut self, indication: &Indication) -> Verdict;

    /// Has the dispatcher make its call of a C handler, which is to run at `level`; a host that times calls
    /// does so around it.
    #[inline]
    fn call_native(
        &mut self,
        _indication: &Indication,
        _level: CallLevel,
        call: impl FnOnce() -> Verdict,
    ) -> Verdict {
        call()
    }

    /// Calls a handler of kind `Batch` once for all of `batch`; `breach` is told the position of
    /// each socket whose edge was answered wrongly. Returns `Stop` or `Success`, or one `Breach` for
    /// the call as a whole. A host that admits no such handler is never asked.
    fn call_batch(
        &mut self,
        _handler: HandlerId,
        _batch: &Batch<'_>,
        _breach: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        Verdict::Stop
    }

    /// These edges' sockets, by index, are next: a host that looks at more than the core does may ask for its memory.
    #[inline]
    fn foresees(&mut self, _indices: impl Iterator<Item = u32> + Clone) {}

    /// The close of the socket at `index` has completed behind a call of this drive. If the socket
    /// was opened with `kept`, the host lets go of its context and calls `release`, now or later.
    fn closed(&mut self, index: u32);

    /// What a finding about this connection calls it.
    fn subject(&self, handle: SocketHandle) -> Subject {
        Subject::Connection(handle)
    }

    /// A call of this socket has ended, and the contract machine wanted to hear of it.
    fn ended(&mut self, _handle: SocketHandle) {}

    /// Whether this host makes the contract machine's calls when a step ends with `Errands`.
    fn runs_errands(&self) -> bool {
        false
    }
}
