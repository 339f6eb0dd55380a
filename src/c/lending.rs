//! Lending: what a request is given beside its arguments: its IRP, buffers, and places for its result.

use crate::c::driver::Supplied;
use crate::c::irp::IRP;
use crate::c::site;
use crate::c::structures::{WSK_BUF, write_address};
use crate::c::tables::Dispatch;
use crate::provider::{Function, Handover, Irp, Refusal, function};
use crate::wsk::{Category, Completion};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

/// What a request is given beside its arguments, and keeps until it is completed.
#[derive(Debug)]
pub struct Lending {
    pub(super) irp: *mut IRP,
    record: Option<Arc<Irp>>,
    pub(super) yields: Supplied,
    /// Of the socket that the request yields.
    pub(super) category: Category,
    pub(super) buffer: Option<WSK_BUF>,
    pub(super) outputs: Outputs,
    /// The IRP lies in memory that the driver could free.
    embedded: bool,
    /// The driver's memory that it uses, once that is watched: where each stretch begins and how long it is.
    stretches: Vec<(usize, usize)>,
    /// Where the request was made; 0 if that is not known.
    pub(super) site: u64,
}

/// Where else a request writes its result, by address; 0 for NULL.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outputs {
    /// `SOCKADDR`s.
    pub(crate) local: usize,
    pub(crate) remote: usize,
    /// `OutputBuffer` and how long it is.
    pub(crate) memory: (usize, usize),
    /// `OutputSizeReturned`.
    pub(crate) returned: usize,
    /// `ControlInfoLength` and `ControlFlags`.
    pub(crate) control_length: usize,
    pub(crate) control_flags: usize,
}

impl Outputs {
    /// Writes what belongs there.
    pub(super) fn write(&self, completion: &Completion) {
        fn at<T>(address: usize) -> Option<*mut T> {
            (address != 0).then(|| ptr::with_exposed_provenance_mut(address))
        }
        for (to, address) in [(self.local, completion.local), (self.remote, completion.remote)] {
            if let (Some(to), Some(address)) = (at(to), address) {
                write_address(to, address);
            }
        }
        let count = completion.data.as_ref().map_or(0, Vec::len).min(self.memory.1);
        if let (Some(to), Some(data)) = (at::<u8>(self.memory.0), &completion.data) {
            // SAFETY: the driver vouches for its OutputBuffer until the request is completed (I-9).
            unsafe { ptr::copy_nonoverlapping(data.as_ptr(), to, count) };
        }
        if let Some(to) = at::<usize>(self.returned) {
            // SAFETY: likewise.
            unsafe { to.write_unaligned(count) };
        }
        if let Some(to) = at::<u32>(self.control_length) {
            // SAFETY: likewise.
            unsafe { to.write_unaligned(0) };
        }
        if let Some(to) = at::<u32>(self.control_flags) {
            // SAFETY: likewise.
            unsafe { to.write_unaligned(completion.flags) };
        }
    }
}

// SAFETY: whoever makes one vouches for what it names, on whichever thread the request is completed.
unsafe impl Send for Lending {}

impl Lending {
    /// An IRP, or NULL.
    ///
    /// # Safety
    ///
    /// `irp` is NULL, or was allocated and is not freed before its request has been completed.
    #[must_use]
    pub unsafe fn of(irp: *mut IRP) -> Self {
        // SAFETY: the caller's promise.
        let record = unsafe { IRP::record(irp) };
        Self { record, ..Self::with(irp) }
    }

    /// An IRP whose record somebody else brings; or NULL.
    pub(crate) fn with(irp: *mut IRP) -> Self {
        let yields = Supplied::NOTHING;
        let (category, outputs) = (Category::Connection, Outputs::default());
        let (record, buffer, stretches, site) = (None, None, Vec::new(), site::here());
        Self { irp, record, yields, category, buffer, outputs, embedded: false, stretches, site }
    }

    /// The socket that it yields is of this category.
    pub(crate) fn category(self, category: Category) -> Self {
        Self { category, ..self }
    }

    /// All that a call of a function brings; `embedded`: the IRP lies in the driver's own memory.
    ///
    /// # Safety
    ///
    /// As [`filling`](Self::filling) has it.
    pub(crate) unsafe fn of_call(
        irp: *mut IRP,
        embedded: bool,
        buffer: Option<WSK_BUF>,
        outputs: Outputs,
    ) -> Self {
        Self { embedded, buffer, outputs, ..Self::with(irp) }
    }

    /// The stretches of the driver's memory that it uses, which are watched from now on.
    pub(crate) fn watch(&mut self) -> &[(usize, usize)] {
        // SAFETY: as promised when the buffer was lent (I-9).
        let mut found = self.buffer.map_or_else(Vec::new, |buffer| unsafe { buffer.memory() });
        if self.embedded {
            found.push((self.irp.addr(), size_of::<IRP>()));
        }
        let Outputs { local, remote, memory, .. } = self.outputs;
        found.extend([(local, 2), (remote, 2), memory].into_iter().filter(|(at, _)| *at != 0));
        self.stretches = found;
        &self.stretches
    }

    /// Those that are watched.
    pub(crate) fn stretches(&self) -> &[(usize, usize)] {
        &self.stretches
    }

    /// With a context and tables for the socket that the request yields.
    #[must_use]
    pub fn yielding(self, context: *mut c_void, dispatch: Dispatch) -> Self {
        Self { yields: Supplied::new(context, dispatch), ..self }
    }

    /// With the buffer for what is received.
    ///
    /// # Safety
    ///
    /// The buffer, its MDLs and what they describe stay until the request has been completed (I-9).
    #[must_use]
    pub unsafe fn filling(self, buffer: WSK_BUF) -> Self {
        Self { buffer: Some(buffer), ..self }
    }

    /// The addresses of the buffer's MDLs.
    pub(super) fn mdls(&self) -> Vec<u64> {
        // SAFETY: as promised when the buffer was lent (I-9).
        self.buffer.map_or_else(Vec::new, |buffer| unsafe { buffer.mdls() })
    }

    /// Why `function` refuses the tables that the request brings (L-4, L-5).
    pub(crate) fn refusal(&self, function: &Function) -> Option<Refusal> {
        let handover = if function == &function::ACCEPT {
            Handover::Accept
        } else if function == &function::SOCKET_CONNECT {
            Handover::SocketConnect
        } else {
            return None;
        };
        handover.refusal(&self.yields.dispatch.kind(), false)
    }

    /// The provider's record of the IRP.
    pub(crate) fn record(&self) -> Option<Arc<Irp>> {
        self.record.clone()
    }
}
