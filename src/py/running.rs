//! Running: which call of a disconnect handler runs on a thread, for findings of what it does there.

use crate::core::dispatch::Indication;
use crate::core::handle::SocketHandle;
use crate::py::shared::Shared;
use std::cell::Cell;
use std::rc::Rc;

/// One thread's call of a disconnect handler.
///
/// The host keeps it, so that a call costs three plain stores and no look-up of the thread's own memory.
#[derive(Default)]
pub(crate) struct Running {
    /// Whose call it is: drives do not nest, but what runs inside one may use another subsystem.
    serial: Cell<u32>,
    /// The socket's handle; 0, which no socket has, while no call runs.
    handle: Cell<u64>,
    /// The edge's number above the `Flags`, which have four bits (D-5).
    edge: Cell<u64>,
}

const FLAG_BITS: u32 = 4;

/// What findings say of a call.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// The socket.
    pub(crate) handle: SocketHandle,
    /// Its SocketContext, alive while the call runs.
    pub(crate) context: u64,
    /// The edge's number, from 1.
    pub(crate) edge_number: u64,
    /// The `Flags` of the call.
    pub(crate) flags: u32,
}

thread_local! {
    static RUNNING: Rc<Running> = Rc::default();
}

impl Running {
    /// This thread's, for a host of `shared`.
    pub(crate) fn on_this_thread(shared: &Shared) -> Rc<Self> {
        let running = RUNNING.with(Rc::clone);
        running.serial.set(shared.serial);
        running
    }

    /// A call begins.
    #[inline(always)]
    pub(crate) fn enter(&self, indication: &Indication) {
        self.handle.set(indication.handle.bits());
        self.edge.set(indication.edge_number << FLAG_BITS | u64::from(indication.flags));
    }

    /// It has ended.
    #[inline(always)]
    pub(crate) fn leave(&self) {
        self.handle.set(0);
    }

    fn call(&self, shared: &Shared) -> Option<Call> {
        let (bits, edge) = (self.handle.get(), self.edge.get());
        if bits == 0 || self.serial.get() != shared.serial {
            return None;
        }
        let handle = SocketHandle::from_bits(bits);
        let flags = edge as u32 & ((1 << FLAG_BITS) - 1);
        let context = shared.core.context_of_call(handle)?;
        Some(Call { handle, context, edge_number: edge >> FLAG_BITS, flags })
    }
}

/// The call of a handler of this subsystem that runs on this thread.
pub(crate) fn running(shared: &Shared) -> Option<Call> {
    RUNNING.with(|running| running.call(shared))
}
