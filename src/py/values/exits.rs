//! Exits: what becomes of threads that want the interpreter when that has ended (docs/adr/0015).
//!
//! Before CPython 3.13.8 the interpreter ends a thread that comes back to it while it finalizes, with
//! `pthread_exit`. On Linux that unwinds the thread's stack, and an unwinding that is no panic must not pass
//! Rust frames. So each thread that is in frames of ours has a cleanup handler, which the C library runs before it
//! unwinds the first frame, and which keeps the thread where it is. Later interpreters do the same themselves.

use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::c_long;
use std::sync::atomic::{AtomicBool, Ordering};

static ENDING: AtomicBool = AtomicBool::new(false);

/// The interpreter ends: from now on a thread that it would end stays where it is, and none attaches anew.
pub(crate) fn begin() {
    // Relaxed: whoever acts on it wants the interpreter's lock next, which this thread has.
    ENDING.store(true, Ordering::Relaxed);
}

/// Whether the interpreter ends.
pub(crate) fn have_begun() -> bool {
    ENDING.load(Ordering::Relaxed)
}

/// Raises SystemExit in the threads that Python knows by these numbers, as soon as they run Python code.
pub(crate) fn leave(py: Python<'_>, idents: &[u64]) {
    let exit = py.get_type::<pyo3::exceptions::PySystemExit>();
    for &ident in idents {
        // SAFETY: the thread is attached and the class is valid; a number that is no thread's is ignored.
        unsafe { ffi::PyThreadState_SetAsyncExc(ident as c_long, exit.as_ptr()) };
    }
}

#[cfg(not(target_os = "linux"))]
mod guard {
    /// Nothing to do: only Linux's C library unwinds a thread that ends.
    #[inline(always)]
    pub(crate) fn stay() {}
}

#[cfg(target_os = "linux")]
mod guard {
    use std::cell::{Cell, OnceCell};
    use std::ffi::{c_int, c_void};
    use std::ptr;

    /// `struct _pthread_cleanup_buffer` of pthread.h.
    #[repr(C)]
    struct Buffer {
        routine: Option<extern "C" fn(*mut c_void)>,
        argument: *mut c_void,
        kind: c_int,
        before: *mut Buffer,
    }

    type Push = unsafe extern "C" fn(*mut Buffer, extern "C" fn(*mut c_void), *mut c_void);

    thread_local! {
        static STAYS: Cell<bool> = const { Cell::new(false) };
        /// On the heap: the handler runs when a frame is left that lies above the buffer, and of memory beside
        /// the stack that is so for the first one.
        static BUFFER: OnceCell<Box<Cell<Buffer>>> = const { OnceCell::new() };
    }

    /// Sees to it that this thread is never unwound through frames of ours.
    #[inline(always)]
    pub(crate) fn stay() {
        if !STAYS.get() {
            set_up();
        }
    }

    #[cold]
    #[inline(never)]
    fn set_up() {
        STAYS.set(true);
        // The symbol is of the Linux Standard Base. Where it is missing, as in musl, ending a thread unwinds nothing.
        // SAFETY: the name ends with a zero.
        let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_pthread_cleanup_push".as_ptr()) };
        if symbol.is_null() {
            return;
        }
        // SAFETY: a function of this type has the name, see pthread.h.
        let push = unsafe { std::mem::transmute::<*mut c_void, Push>(symbol) };
        let empty = || Buffer {
            routine: None,
            argument: ptr::null_mut(),
            kind: 0,
            before: ptr::null_mut(),
        };
        let _ = BUFFER.try_with(|kept| {
            let buffer = kept.get_or_init(|| Box::new(Cell::new(empty()))).as_ptr();
            // SAFETY: the buffer lives until the thread's own destructors run. The C library looks at it only
            // while it unwinds a stack, which comes before, and `STAYS` has it pushed once.
            unsafe { push(buffer, keep_here, ptr::null_mut()) };
        });
    }

    /// Called instead of unwinding. A thread that ends itself for another reason may go on.
    extern "C" fn keep_here(_: *mut c_void) {
        while super::have_begun() {
            // SAFETY: no conditions. The interpreter's lock is not held: it was refused.
            unsafe { libc::pause() };
        }
    }
}

pub(crate) use guard::stay;
