//! The call of a C handler: `NTSTATUS WSKAPI f(PVOID SocketContext, ULONG Flags)`.

use std::ffi::c_void;

type Callback = unsafe extern "system" fn(*mut c_void, u32) -> i32;

/// A C handler, resolved from its address once per run of equal handlers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NativeCallback(Callback);

impl NativeCallback {
    /// The handler at `address`, which is not 0.
    pub(crate) fn at(address: u64) -> Self {
        let pointer = std::ptr::with_exposed_provenance::<c_void>(address as usize);
        debug_assert!(!pointer.is_null(), "Invariant: NULL is refused when a handler is made");
        // SAFETY: the application vouches that a function of this type lies at the address and stays
        // there until the sockets that name it are closed (`native_handler` in Python keeps the
        // owning object alive). A wrong address is the application's crash, see the isolated run.
        Self(unsafe { std::mem::transmute::<*const c_void, Callback>(pointer) })
    }

    /// Calls it; the status as the header's 32 bits.
    #[inline]
    pub(crate) fn call(self, context: u64, flags: u32) -> u32 {
        let context = std::ptr::with_exposed_provenance_mut::<c_void>(context as usize);
        // SAFETY: as in `at`; the context is what the application gave for this socket, which is not
        // closed (C-14), and a C function does not unwind.
        let status = unsafe { (self.0)(context, flags) };
        status.cast_unsigned()
    }
}
