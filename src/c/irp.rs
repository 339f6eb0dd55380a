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

/// `IRP`, as the headers have it; its stack locations lie behind it. What the provider knows of it is a record of its own.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct IRP {
    Type: i16,
    Size: u16,
    MdlAddress: usize,
    Flags: u32,
    AssociatedIrp: usize,
    ThreadListEntry: [usize; 2],
    /// How the last request ended.
    pub IoStatus: IO_STATUS_BLOCK,
    RequestorMode: u8,
    /// Whether the call had returned `STATUS_PENDING` (I-10).
    pub PendingReturned: u8,
    pub(crate) StackCount: i8,
    pub(crate) CurrentLocation: i8,
    /// Whether `IoCancelIrp` was called.
    pub Cancel: u8,
    CancelIrql: u8,
    ApcEnvironment: i8,
    AllocationFlags: u8,
    UserIosb: usize,
    UserEvent: usize,
    Overlay: [usize; 2],
    CancelRoutine: usize,
    UserBuffer: usize,
    DriverContext: [usize; 4],
    Thread: usize,
    AuxiliaryBuffer: usize,
    ListEntry: [usize; 2],
    CurrentStackLocation: *mut IO_STACK_LOCATION,
    OriginalFileObject: usize,
    Reserved: usize,
}

/// `IO_STACK_LOCATION`: what one driver of a stack is asked, and what it wants to be told.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct IO_STACK_LOCATION {
    Function: [u8; 3],
    Control: u8,
    Parameters: [usize; 4],
    DeviceObject: usize,
    FileObject: usize,
    CompletionRoutine: PIO_COMPLETION_ROUTINE,
    Context: *mut c_void,
}

/// `IO_TYPE_IRP`.
const TYPE: i16 = 6;
/// `SL_INVOKE_ON_CANCEL`, `SL_INVOKE_ON_SUCCESS`, `SL_INVOKE_ON_ERROR`.
const ON: [u8; 3] = [0x20, 0x40, 0x80];

const _: () = {
    assert!(size_of::<IRP>() == 208 && size_of::<IO_STACK_LOCATION>() == 72);
    assert!(std::mem::offset_of!(IRP, IoStatus) == 48 && std::mem::offset_of!(IRP, Cancel) == 68);
    assert!(std::mem::offset_of!(IRP, CurrentStackLocation) == 184);
    assert!(std::mem::offset_of!(IO_STACK_LOCATION, CompletionRoutine) == 56);
};

/// One that a driver in Rust has: with one stack location, and with its record behind it.
#[repr(C)]
struct Allocated {
    irp: IRP,
    location: IO_STACK_LOCATION,
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

impl IO_STACK_LOCATION {
    const EMPTY: Self = Self {
        Function: [0; 3],
        Control: 0,
        Parameters: [0; 4],
        DeviceObject: 0,
        FileObject: 0,
        CompletionRoutine: None,
        Context: ptr::null_mut(),
    };
}

impl IRP {
    const fn new(locations: i8) -> Self {
        let count = if locations < 0 { 0 } else { locations };
        Self {
            Type: TYPE,
            Size: (size_of::<Self>() + count as usize * size_of::<IO_STACK_LOCATION>()) as u16,
            MdlAddress: 0,
            Flags: 0,
            AssociatedIrp: 0,
            ThreadListEntry: [0; 2],
            IoStatus: IO_STATUS_BLOCK { Status: 0, Information: 0 },
            RequestorMode: 0,
            PendingReturned: 0,
            StackCount: count,
            CurrentLocation: count.wrapping_add(1),
            Cancel: 0,
            CancelIrql: 0,
            ApcEnvironment: 0,
            AllocationFlags: 0,
            UserIosb: 0,
            UserEvent: 0,
            Overlay: [0; 2],
            CancelRoutine: 0,
            UserBuffer: 0,
            DriverContext: [0; 4],
            Thread: 0,
            AuxiliaryBuffer: 0,
            ListEntry: [0; 2],
            CurrentStackLocation: ptr::null_mut(),
            OriginalFileObject: 0,
            Reserved: 0,
        }
    }

    /// How many bytes one with so many stack locations takes.
    pub(crate) const fn size(locations: i8) -> usize {
        Self::new(locations).Size as usize
    }

    /// Makes memory an IRP with so many empty stack locations.
    ///
    /// # Safety
    ///
    /// There is room for [`size`](Self::size) bytes, and nobody else uses it.
    pub(crate) unsafe fn initialize(irp: *mut Self, locations: i8) {
        let first = irp.wrapping_add(1).cast::<IO_STACK_LOCATION>();
        let count = usize::from(locations.max(0).cast_unsigned());
        let new = Self { CurrentStackLocation: first.wrapping_add(count), ..Self::new(locations) };
        // SAFETY: the caller's promise.
        unsafe { irp.write(new) };
        for place in 0..count {
            let location = first.wrapping_add(place);
            // SAFETY: likewise.
            unsafe { location.write(IO_STACK_LOCATION::EMPTY) };
        }
    }

    /// `IoAllocateIrp`; to be given to [`free`](Self::free).
    #[must_use]
    pub fn allocate() -> *mut Self {
        let (irp, location) = (Self::new(1), IO_STACK_LOCATION::EMPTY);
        let record = Arc::new(Irp::new(false));
        let irp = Box::into_raw(Box::new(Allocated { irp, location, record })).cast::<Self>();
        // SAFETY: it was just allocated, with a stack location behind it.
        unsafe { Self::initialize(irp, 1) };
        irp
    }

    /// The provider's record of it; none of NULL.
    ///
    /// # Safety
    ///
    /// `irp` is NULL, or one of [`allocate`](Self::allocate) and not freed.
    #[must_use]
    pub unsafe fn record(irp: *mut Self) -> Option<Arc<Irp>> {
        // A reference to the whole would meet what another thread writes in IoStatus.
        if irp.is_null() {
            return None;
        }
        // SAFETY: the caller's promise; nobody writes this member.
        let record = unsafe { &(*irp.cast::<Allocated>()).record };
        Some(Arc::clone(record))
    }

    /// Where the driver's own stack location lies, which a request takes; NULL if there is none.
    ///
    /// # Safety
    ///
    /// `irp` is there.
    unsafe fn next(irp: *mut Self) -> *mut IO_STACK_LOCATION {
        // SAFETY: the caller's promise.
        let count = unsafe { (*irp).StackCount };
        // SAFETY: likewise.
        let current = unsafe { (*irp).CurrentStackLocation };
        if count > 0 { current.wrapping_sub(1) } else { ptr::null_mut() }
    }

    /// Writes which routine is called.
    ///
    /// # Safety
    ///
    /// `irp` is there, and at rest.
    pub(crate) unsafe fn set_called(irp: *mut Self, called: Called, switches: Switches) {
        // SAFETY: the caller's promise.
        let location = unsafe { Self::next(irp) };
        if location.is_null() {
            return;
        }
        let asked = [switches.cancel, switches.success, switches.error];
        let control = asked.iter().zip(ON).filter(|(on, _)| **on).map(|(_, bit)| bit).sum();
        // SAFETY: a stack location of it.
        unsafe { (*location).Control = control };
        // SAFETY: likewise.
        unsafe { (*location).CompletionRoutine = called.routine };
        // SAFETY: likewise.
        unsafe { (*location).Context = called.context };
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
        unsafe { Self::set_called(irp, Called { routine, context }, switches) };
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
        unsafe { Self::set_called(irp, Called::NOTHING, Switches::NONE) };
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
        drop(unsafe { Box::from_raw(irp.cast::<Allocated>()) });
        Ok(())
    }

    /// The routine as it is set.
    ///
    /// # Safety
    ///
    /// `irp` was allocated and not freed, and the caller's request has it.
    pub(crate) unsafe fn called(irp: *mut Self) -> Called {
        // SAFETY: the caller's promise.
        let location = unsafe { Self::next(irp) };
        if location.is_null() {
            return Called::NOTHING;
        }
        // SAFETY: a stack location of it, which nobody writes meanwhile.
        let IO_STACK_LOCATION { CompletionRoutine, Context, .. } = unsafe { location.read() };
        Called { routine: CompletionRoutine, context: Context }
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
