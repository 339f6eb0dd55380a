//! IRP: a driver's request block, a view on the provider's record of it.
#![allow(
    non_snake_case,
    non_camel_case_types,
    clippy::upper_case_acronyms,
    reason = "names of the headers"
)]

use crate::c::driver::Driver;
use crate::c::structures::IO_STATUS_BLOCK;
use crate::core::status::NtStatus;
use crate::provider::{Irp, Misuse, Switches};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

/// `PIO_COMPLETION_ROUTINE`: DeviceObject, Irp, Context.
pub type PIO_COMPLETION_ROUTINE =
    Option<unsafe extern "C" fn(*mut c_void, *mut IRP, *mut c_void) -> i32>;

/// `IRP`, with the members that drivers read, and behind them what is the provider's.
#[repr(C)]
#[derive(Debug)]
pub struct IRP {
    /// How the last request ended.
    pub IoStatus: IO_STATUS_BLOCK,
    /// Whether the call had returned `STATUS_PENDING` (I-10).
    pub PendingReturned: u8,
    /// Whether `IoCancelIrp` was called.
    pub Cancel: u8,
    called: Called,
    record: Arc<Irp>,
}

/// What is called when its request is completed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called {
    pub(crate) routine: PIO_COMPLETION_ROUTINE,
    pub(crate) context: *mut c_void,
}

impl Called {
    const NOTHING: Self = Self { routine: None, context: ptr::null_mut() };
}

impl IRP {
    /// `IoAllocateIrp`; to be given to [`free`](Self::free).
    #[must_use]
    pub fn allocate() -> *mut Self {
        Box::into_raw(Box::new(Self {
            IoStatus: IO_STATUS_BLOCK::default(),
            PendingReturned: 0,
            Cancel: 0,
            called: Called::NOTHING,
            record: Arc::new(Irp::new(false)),
        }))
    }

    /// The provider's record of it; none of NULL.
    ///
    /// # Safety
    ///
    /// `irp` is NULL, or was allocated and not freed.
    #[must_use]
    pub unsafe fn record(irp: *mut Self) -> Option<Arc<Irp>> {
        // A reference to the whole would meet what another thread writes in IoStatus.
        if irp.is_null() {
            return None;
        }
        // SAFETY: the caller's promise; nobody writes this member.
        let record = unsafe { &(*irp).record };
        Some(Arc::clone(record))
    }

    /// `IoSetCompletionRoutine` (I-3), with InvokeOnSuccess, InvokeOnError and InvokeOnCancel.
    ///
    /// # Errors
    ///
    /// [`Misuse`]: its request is under way; nothing has changed.
    ///
    /// # Safety
    ///
    /// `irp` was allocated and not freed; the routine may be called with `context` until the request is over.
    pub unsafe fn set_completion_routine(
        irp: *mut Self,
        routine: PIO_COMPLETION_ROUTINE,
        context: *mut c_void,
        switches: Switches,
    ) -> Result<(), Misuse> {
        // SAFETY: the caller's promise.
        let Some(record) = (unsafe { Self::record(irp) }) else { return Ok(()) };
        record.set_routine(routine.is_some(), switches)?;
        // SAFETY: it is there, and at rest.
        unsafe { (*irp).called = Called { routine, context } };
        Ok(())
    }

    /// `IoReuseIrp` (I-3): the status is `status`, the routine is gone.
    ///
    /// # Errors
    ///
    /// [`Misuse`]: its request is under way; nothing has changed.
    ///
    /// # Safety
    ///
    /// `irp` was allocated and not freed.
    pub unsafe fn reuse(irp: *mut Self, status: i32) -> Result<(), Misuse> {
        // SAFETY: the caller's promise.
        let Some(record) = (unsafe { Self::record(irp) }) else { return Ok(()) };
        record.reuse()?;
        let status = NtStatus::from_bits(status.cast_unsigned());
        // SAFETY: it is there, and at rest.
        unsafe { Self::write(irp, status, 0, false) };
        // SAFETY: likewise.
        unsafe { (*irp).Cancel = 0 };
        // SAFETY: likewise.
        unsafe { (*irp).called = Called::NOTHING };
        Ok(())
    }

    /// `IoFreeIrp` (I-3, I-6).
    ///
    /// # Errors
    ///
    /// [`Misuse`]: its request is under way; nothing has changed.
    ///
    /// # Safety
    ///
    /// `irp` was allocated and not freed, and nobody uses it any more.
    pub unsafe fn free(irp: *mut Self) -> Result<(), Misuse> {
        // SAFETY: the caller's promise.
        let Some(record) = (unsafe { Self::record(irp) }) else { return Ok(()) };
        record.free()?;
        // SAFETY: `allocate` made it of a box; no request has it.
        drop(unsafe { Box::from_raw(irp) });
        Ok(())
    }

    /// The routine as it is set.
    ///
    /// # Safety
    ///
    /// `irp` was allocated and not freed, and the caller's request has it.
    pub(crate) unsafe fn called(irp: *mut Self) -> Called {
        // SAFETY: the caller's promise: nobody writes this member meanwhile.
        unsafe { (*irp).called }
    }

    /// `IoCancelIrp` (I-12): whether its request is cancelled by this.
    ///
    /// # Safety
    ///
    /// `irp` was allocated and not freed, and its last request was one of `driver`'s.
    pub unsafe fn cancel(irp: *mut Self, driver: &Driver) -> bool {
        // SAFETY: the caller's promise.
        let Some(record) = (unsafe { Self::record(irp) }) else { return false };
        // SAFETY: likewise. From here on it may be completed and freed.
        unsafe { (*irp).Cancel = 1 };
        driver.cancel(&record)
    }

    /// Writes how its request ended.
    ///
    /// # Safety
    ///
    /// As [`called`](Self::called).
    pub(crate) unsafe fn write(irp: *mut Self, status: NtStatus, information: usize, pends: bool) {
        let status = status.bits().cast_signed();
        // SAFETY: the caller's promise: nobody reads it before its routine does. No reference to the whole is made,
        // for another thread may cancel.
        unsafe {
            (*irp).IoStatus = IO_STATUS_BLOCK { Status: status, Information: information };
        }
        // SAFETY: likewise.
        unsafe { (*irp).PendingReturned = u8::from(pends) };
    }
}
