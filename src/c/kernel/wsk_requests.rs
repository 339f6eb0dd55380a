//! Requests: how a call of WSK is made of what the driver passes: the socket, the IRP, buffers and addresses.

use crate::c::application::settled;
use crate::c::driver::{Whose, always};
use crate::c::kernel::{Kernel, irps, memory};
use crate::c::lending::{Lending, Outputs};
use crate::c::structures::{SOCKADDR, WSK_BUF, read_address};
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::provider::{Asked, Function, Irp, Refusal};
use crate::wsk::{Reply, Turn};
use std::ptr;
use std::sync::Arc;

/// One call of a function that takes an IRP.
pub(crate) struct Call<'k> {
    pub(crate) kernel: &'k Kernel,
    pub(crate) function: &'static Function,
    /// What the driver names the socket by; 0 of a client's function.
    pub(crate) socket: usize,
    pub(crate) registration: u64,
    irp: usize,
    record: Option<Arc<Irp>>,
    /// The IRP lies in the driver's own memory.
    embedded: bool,
    refused: Option<Refusal>,
    buffer: Option<WSK_BUF>,
    outputs: Outputs,
}

/// The status as C has it.
pub(crate) const fn c_status(status: NtStatus) -> i32 {
    status.bits().cast_signed()
}

/// A `SOCKADDR` of the driver's.
pub(crate) fn address(at: usize) -> Option<Address> {
    read_address(ptr::with_exposed_provenance::<SOCKADDR>(at))
}

impl<'k> Call<'k> {
    /// `None`: what is given as the IRP is none.
    pub(crate) fn new(
        kernel: &'k Kernel,
        function: &'static Function,
        socket: usize,
        irp: usize,
    ) -> Option<Self> {
        let (record, embedded) = match irp {
            0 => (None, false),
            irp => {
                let (record, embedded) = kernel.named_irp(irp, function.name)?;
                (Some(record), embedded)
            }
        };
        let outputs = Outputs::default();
        let (registration, refused, buffer) = (0, None, None);
        Some(Self {
            kernel,
            function,
            socket,
            registration,
            irp,
            record,
            embedded,
            refused,
            buffer,
            outputs,
        })
    }

    /// What is wrong is answered with this, unless something was wrong before.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.refused.get_or_insert(refusal);
    }

    /// Without a rule that is broken.
    pub(crate) fn invalid(&mut self) {
        self.refuse(Refusal::plain(NtStatus::INVALID_PARAMETER));
    }

    /// The IRP, by its address.
    pub(crate) fn irp(&self) -> usize {
        self.irp
    }

    /// The IRP's record.
    pub(crate) fn record(&self) -> Option<&Arc<Irp>> {
        self.record.as_ref()
    }

    /// Where the result goes.
    pub(crate) fn outputs(&mut self) -> &mut Outputs {
        &mut self.outputs
    }

    /// The WSK_BUF at an address, which is judged; `None` for NULL.
    pub(crate) fn buffer(&mut self, at: usize) -> Option<WSK_BUF> {
        if at == 0 {
            return None;
        }
        let buffer = memory::read::<WSK_BUF>(at);
        let mut next = buffer.Mdl.addr();
        let mut seen = 0;
        while next != 0 && seen < 1_024 {
            if let Some(before) = self.kernel.mdls.borrow().freed(next) {
                let found = format!(
                    "{} was given an MDL that was freed at {}",
                    self.function.name,
                    self.kernel.place(before)
                );
                let plain = Refusal::plain(NtStatus::INVALID_PARAMETER);
                self.refuse(Refusal { breach: Some(("I-9", found)), ..plain });
                return None;
            }
            (next, seen) = (memory::read::<usize>(next), seen + 1);
        }
        // SAFETY: the driver vouches for what it passes; what it freed was seen above.
        let measured = unsafe { buffer.measure() };
        match measured.refusal(self.function.name) {
            Some(refusal) => {
                self.refuse(refusal);
                None
            }
            None => {
                self.buffer = Some(buffer);
                Some(buffer)
            }
        }
    }

    /// The bytes that the WSK_BUF at an address describes; `None` for NULL.
    pub(crate) fn bytes(&mut self, at: usize) -> Option<Vec<u8>> {
        let buffer = self.buffer(at)?;
        // SAFETY: it was measured.
        Some(unsafe { buffer.read() })
    }

    /// Makes the request: `act` asks the machine, with the socket's number and the request's.
    pub(crate) fn ask(
        self,
        how: impl FnOnce(Asked<'_>) -> Asked<'_>,
        lend: impl FnOnce(Lending) -> Lending,
        act: impl FnOnce(&mut Turn<'_>, u64, u64) -> Reply,
    ) -> i32 {
        let Self { kernel, function, socket, registration, irp, record, .. } = self;
        let Self { embedded, refused, buffer, outputs, .. } = self;
        let driver = kernel.driver();
        let number = settled(driver, Whose::Socket(ptr::with_exposed_provenance_mut(socket)));
        // SAFETY: the driver vouches for the buffer until the request is completed (I-9).
        let lending = lend(unsafe { Lending::of_call(irps::at(irp), embedded, buffer, outputs) });
        let asked = if registration == 0 {
            Asked::of_socket(function, number, record.as_ref())
        } else {
            Asked::of_client(function, registration, record.as_ref())
        };
        let refused = refused.or_else(|| lending.refusal(function));
        let refused = refused.or_else(|| kernel.failure(function));
        let asked = how(asked.refused(refused));
        let mut app = kernel.application().lending(lending);
        let closes = std::ptr::eq(function, &crate::provider::function::CLOSE_SOCKET);
        c_status(always(driver.with_door(|door| {
            if closes {
                door.close_socket(&mut app, asked)
            } else {
                door.request(&mut app, asked, |turn, request| act(turn, number, request))
            }
        })))
    }
}
