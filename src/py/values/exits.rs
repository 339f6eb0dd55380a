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

/// The interpreter ends, on this thread: from now on one that it would end stays where it is, and none attaches anew.
pub(crate) fn begin() {
    guard::ends_here();
    // Relaxed: whoever acts on it wants the interpreter's lock next, which this thread has.
    ENDING.store(true, Ordering::Relaxed);
}

/// Whether the interpreter ends. Our exit hook tells, if it ran: one who imports wsksim from an exit hook, or takes
/// all hooks away, keeps it from that. So the interpreter is asked too.
pub(crate) fn have_begun() -> bool {
    ENDING.load(Ordering::Relaxed) || guard::is_finalizing() == Some(true)
}

/// Raises SystemExit in the threads that Python knows by these numbers, as soon as they run Python code.
pub(crate) fn leave(py: Python<'_>, idents: &[u64]) {
    let exit = py.get_type::<pyo3::exceptions::PySystemExit>();
    for &ident in idents {
        // SAFETY: the thread is attached and the class is valid; a number that is no thread's is ignored.
        unsafe { ffi::PyThreadState_SetAsyncExc(ident as c_long, exit.as_ptr()) };
    }
}

/// Calls what is not ours and may be unwound, where no cleanup handler may be left: C code that a handler calls drops
/// it by a `longjmp`. What unwinds it meets a destructor of ours first, which keeps the thread.
#[inline(always)]
pub(crate) fn kept<R>(call: impl FnOnce() -> R) -> R {
    let here = Here;
    let returned = call();
    std::mem::forget(here);
    returned
}

struct Here;

impl Drop for Here {
    #[cold]
    fn drop(&mut self) {
        guard::keep_if_refused();
    }
}

#[cfg(not(target_os = "linux"))]
mod guard {
    /// Nothing to do: only Linux's C library unwinds a thread that ends.
    #[inline(always)]
    pub(crate) fn stay() {}

    pub(super) fn ends_here() {}

    pub(super) fn is_finalizing() -> Option<bool> {
        None
    }

    pub(super) fn keep_if_refused() {}
}

#[cfg(target_os = "linux")]
mod guard {
    use std::cell::{Cell, RefCell};
    use std::ffi::{CStr, c_int, c_void};
    use std::ptr;
    use std::sync::OnceLock;
    use std::sync::atomic::Ordering;

    /// `struct _pthread_cleanup_buffer` of pthread.h.
    #[repr(C)]
    struct Buffer {
        routine: Option<extern "C" fn(*mut c_void)>,
        argument: *mut c_void,
        kind: c_int,
        before: *mut Buffer,
    }

    type Push = unsafe extern "C" fn(*mut Buffer, extern "C" fn(*mut c_void), *mut c_void);
    type Pop = unsafe extern "C" fn(*mut Buffer, c_int);
    type Asked = unsafe extern "C" fn() -> c_int;

    /// The list of a thread's cleanup buffers.
    #[derive(Clone, Copy)]
    struct List {
        push: Push,
        pop: Pop,
    }

    /// What the C library and the interpreter offer by names.
    struct Found {
        list: Option<List>,
        asked: Option<Asked>,
    }

    thread_local! {
        static KEPT: Cell<*mut Buffer> = const { Cell::new(ptr::null_mut()) };
        /// Takes the buffer from the list and frees it when the thread ends by itself.
        static OWNED: RefCell<Option<Owned>> = const { RefCell::new(None) };
        /// Whether the interpreter is ended by this thread, which is not refused its lock.
        static ENDS: Cell<bool> = const { Cell::new(false) };
    }

    fn found() -> &'static Found {
        static FOUND: OnceLock<Found> = OnceLock::new();
        FOUND.get_or_init(|| {
            let symbol = |name: &CStr| {
                // SAFETY: the name ends with a zero.
                let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
                (!symbol.is_null()).then_some(symbol)
            };
            // Both are of the Linux Standard Base. Where they are missing, as in musl, ending a thread unwinds nothing.
            let list = symbol(c"_pthread_cleanup_push").zip(symbol(c"_pthread_cleanup_pop"));
            // Public since CPython 3.13; before it was private, and exported.
            let asked = symbol(c"Py_IsFinalizing").or_else(|| symbol(c"_Py_IsFinalizing"));
            let list = list.map(|(push, pop)| List {
                // SAFETY: a function of this type has the name, see pthread.h.
                push: unsafe { std::mem::transmute::<*mut c_void, Push>(push) },
                // SAFETY: as above.
                pop: unsafe { std::mem::transmute::<*mut c_void, Pop>(pop) },
            });
            // SAFETY: a function of this type has either name, see pylifecycle.h.
            let asked =
                asked.map(|asked| unsafe { std::mem::transmute::<*mut c_void, Asked>(asked) });
            Found { list, asked }
        })
    }

    /// Whether the interpreter finalizes, if it tells.
    pub(super) fn is_finalizing() -> Option<bool> {
        // SAFETY: it may be called by any thread at any time, and reads one word.
        found().asked.map(|asked| unsafe { asked() } != 0)
    }

    pub(super) fn ends_here() {
        ENDS.set(true);
    }

    /// Sees to it that this thread is never unwound through frames of ours. Asked for again and again: C code that
    /// jumps over frames, or has a buffer of its own in the list, takes ours out.
    #[inline]
    pub(crate) fn stay() {
        let Some(list) = found().list else { return };
        let kept = KEPT.get();
        if kept.is_null() || !list.holds(kept) {
            set_up(list);
        }
    }

    #[cold]
    #[inline(never)]
    fn set_up(list: List) {
        let _ = OWNED.try_with(|owned| {
            let Ok(mut owned) = owned.try_borrow_mut() else { return };
            let owned = owned.get_or_insert_with(|| Owned(Box::into_raw(Box::new(empty())), list));
            KEPT.set(owned.0);
            // SAFETY: the buffer lives until the thread's own destructors run, which take it out of the list; it is
            // not in the list.
            unsafe { (list.push)(owned.0, keep_here, ptr::null_mut()) };
        });
    }

    fn empty() -> Buffer {
        Buffer { routine: None, argument: ptr::null_mut(), kind: 0, before: ptr::null_mut() }
    }

    impl List {
        /// The youngest buffer of this thread.
        fn youngest(self) -> *mut Buffer {
            let mut probe = empty();
            let place = &raw mut probe;
            // SAFETY: it is taken out again at once.
            unsafe { (self.push)(place, keep_here, ptr::null_mut()) };
            // SAFETY: it is the youngest.
            unsafe { (self.pop)(place, 0) };
            probe.before
        }

        /// Whether the buffer is in the list.
        #[inline]
        fn holds(self, wanted: *mut Buffer) -> bool {
            let mut buffer = self.youngest();
            while !buffer.is_null() && buffer != wanted {
                // SAFETY: a buffer in the list is alive, as its frame is.
                buffer = unsafe { (*buffer).before };
            }
            !buffer.is_null()
        }
    }

    /// This thread's buffer. It is on the heap: the handler runs when a frame is left that lies above the buffer, and
    /// of memory beside the stack that is so for the first one.
    struct Owned(*mut Buffer, List);

    impl Drop for Owned {
        fn drop(&mut self) {
            KEPT.set(ptr::null_mut());
            let Self(buffer, list) = *self;
            if list.holds(buffer) {
                // SAFETY: it is in the list. The thread ends: what lies above it is of frames that are left.
                unsafe { (list.pop)(buffer, 0) };
            }
            // SAFETY: it came from a box, and is not in the list.
            drop(unsafe { Box::from_raw(buffer) });
        }
    }

    /// Called instead of unwinding, and by a `longjmp`. A thread that ends itself for another reason may go on.
    extern "C" fn keep_here(_: *mut c_void) {
        keep_if_refused();
    }

    /// Keeps a thread that the interpreter has refused its lock. That one thread which ends it is never refused.
    pub(super) fn keep_if_refused() {
        let ending = super::ENDING.load(Ordering::Relaxed);
        let ends = ENDS.get() || (!ending && is_main());
        if is_finalizing().unwrap_or(ending) && !ends {
            loop {
                // SAFETY: no conditions. The interpreter's lock is not held.
                unsafe { libc::pause() };
            }
        }
    }

    /// Whether this is the thread that the process began with.
    fn is_main() -> bool {
        // SAFETY: no conditions.
        let thread = unsafe { libc::syscall(libc::SYS_gettid) };
        u32::try_from(thread) == Ok(std::process::id())
    }
}

pub(crate) use guard::stay;
