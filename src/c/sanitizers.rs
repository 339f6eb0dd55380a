//! Sanitizers: what the runtime of one is told that was loaded into this process before the driver: on which stack code
//! runs, which memory is freed, and what comes before what.
//!
//! A driver's threads are coroutines on one thread of the system. To the thread sanitizer each is a fiber, and a switch
//! orders nothing: what two of them touch is a race unless something of the kernel's orders it, also where they never
//! overlapped. To the address sanitizer the bounds of the stack are told, and what the pool has freed is poisoned.
//!
//! Where no runtime is loaded all this is a look at an empty place.

use std::ffi::{CStr, c_char, c_uint, c_void};
use std::io::Write;
use std::sync::OnceLock;

/// `__tsan_switch_to_fiber_no_sync`.
const NO_SYNC: c_uint = 1;

type Address = *const c_void;

/// Functions of the address sanitizer's runtime, and of the one for threads, which has no stacks to be told of.
#[derive(Clone, Copy, Debug)]
struct Stacks {
    leave: unsafe extern "C" fn(*mut *mut c_void, Address, usize),
    arrive: unsafe extern "C" fn(*mut c_void, *mut Address, *mut usize),
    poison: unsafe extern "C" fn(Address, usize),
    unpoison: unsafe extern "C" fn(Address, usize),
    on_report: unsafe extern "C" fn(unsafe extern "C" fn(*const c_char)),
    address: unsafe extern "C" fn() -> *mut c_void,
}

#[derive(Clone, Copy, Debug)]
struct Fibers {
    create: unsafe extern "C" fn(c_uint) -> *mut c_void,
    destroy: unsafe extern "C" fn(*mut c_void),
    current: unsafe extern "C" fn() -> *mut c_void,
    switch: unsafe extern "C" fn(*mut c_void, c_uint),
    acquire: unsafe extern "C" fn(*mut c_void),
    release: unsafe extern "C" fn(*mut c_void),
}

/// A function of this process by its name.
#[cfg(not(unix))]
fn find(_: &CStr) -> Option<*mut c_void> {
    None
}

/// A function of this process by its name.
#[cfg(unix)]
fn find(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name is text that ends with NUL.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

macro_rules! function {
    ($name:literal) => {
        // SAFETY: the runtime's own headers declare the function like that.
        unsafe { std::mem::transmute::<*mut c_void, _>(find($name)?) }
    };
}

#[allow(clippy::missing_transmute_annotations, reason = "the field says the type")]
fn stacks() -> Option<&'static Stacks> {
    static STACKS: OnceLock<Option<Stacks>> = OnceLock::new();
    let load = || {
        find(c"__asan_init")?;
        Some(Stacks {
            leave: function!(c"__sanitizer_start_switch_fiber"),
            arrive: function!(c"__sanitizer_finish_switch_fiber"),
            poison: function!(c"__asan_poison_memory_region"),
            unpoison: function!(c"__asan_unpoison_memory_region"),
            on_report: function!(c"__asan_set_error_report_callback"),
            address: function!(c"__asan_get_report_address"),
        })
    };
    STACKS.get_or_init(load).as_ref()
}

#[allow(clippy::missing_transmute_annotations, reason = "the field says the type")]
fn fibers() -> Option<&'static Fibers> {
    static FIBERS: OnceLock<Option<Fibers>> = OnceLock::new();
    let load = || {
        Some(Fibers {
            create: function!(c"__tsan_create_fiber"),
            destroy: function!(c"__tsan_destroy_fiber"),
            current: function!(c"__tsan_get_current_fiber"),
            switch: function!(c"__tsan_switch_to_fiber"),
            acquire: function!(c"__tsan_acquire"),
            release: function!(c"__tsan_release"),
        })
    };
    FIBERS.get_or_init(load).as_ref()
}

/// A stack, as whoever switches to it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    bottom: usize,
    size: usize,
}

impl Bounds {
    /// From its lowest address on, so many bytes.
    pub(crate) fn new(bottom: usize, size: usize) -> Self {
        Self { bottom, size }
    }

    /// Nothing on it is in use any more.
    pub(crate) fn forget(self) {
        unpoison(self.bottom, self.size);
    }
}

/// What a sanitizer knows of one coroutine.
#[derive(Debug)]
pub(crate) struct Fiber {
    /// To the sanitizer for threads.
    own: *mut c_void,
    bounds: Bounds,
}

/// Whom a coroutine gives the processor back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resumer {
    fiber: *mut c_void,
    bottom: Address,
    size: usize,
}

impl Resumer {
    pub(crate) const NOBODY: Self =
        Self { fiber: std::ptr::null_mut(), bottom: std::ptr::null(), size: 0 };
}

impl Fiber {
    pub(crate) fn new(bounds: Bounds) -> Self {
        // SAFETY: the runtime is there.
        let own = fibers().map_or(std::ptr::null_mut(), |fibers| unsafe { (fibers.create)(0) });
        Self { own, bounds }
    }

    /// Runs what switches to this coroutine, and comes back.
    pub(crate) fn enter(&self, switch: impl FnOnce()) {
        if let Some(stacks) = stacks() {
            let mut kept = std::ptr::null_mut();
            let bottom = std::ptr::with_exposed_provenance(self.bounds.bottom);
            // SAFETY: the stack is this coroutine's, which runs next.
            unsafe { (stacks.leave)(&raw mut kept, bottom, self.bounds.size) };
            switch();
            let (none, nothing) = (std::ptr::null_mut(), std::ptr::null_mut());
            // SAFETY: it has given back what was left before.
            unsafe { (stacks.arrive)(kept, none, nothing) };
        } else if let Some(fibers) = fibers() {
            // SAFETY: the fiber is this coroutine's, which runs next.
            unsafe { (fibers.switch)(self.own, NO_SYNC) };
            switch();
        } else {
            switch();
        }
    }

    /// The fiber that runs now, for the coroutine to give back to.
    pub(crate) fn resumer() -> Resumer {
        // SAFETY: the runtime is there.
        let current = |fibers: &Fibers| unsafe { (fibers.current)() };
        Resumer { fiber: fibers().map_or(std::ptr::null_mut(), current), ..Resumer::NOBODY }
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        if let (Some(fibers), false) = (fibers(), self.own.is_null()) {
            // SAFETY: it is created once, and does not run: it ended or was let go of.
            unsafe { (fibers.destroy)(self.own) };
        }
    }
}

/// A coroutine begins on its stack, or goes on: who resumed it is told where that one was.
pub(crate) fn arrived(kept: *mut c_void, resumer: &mut Resumer) {
    if let Some(stacks) = stacks() {
        // SAFETY: what was kept is this coroutine's own.
        unsafe { (stacks.arrive)(kept, &raw mut resumer.bottom, &raw mut resumer.size) };
    }
}

/// A coroutine is about to give the processor back; `last` says that it will not go on. What is to be kept for it.
pub(crate) fn leaving(resumer: &Resumer, last: bool) -> *mut c_void {
    let mut kept = std::ptr::null_mut();
    if let Some(stacks) = stacks() {
        let keep = if last { std::ptr::null_mut() } else { &raw mut kept };
        // SAFETY: who resumed it is on that stack.
        unsafe { (stacks.leave)(keep, resumer.bottom, resumer.size) };
    } else if let (Some(fibers), false) = (fibers(), resumer.fiber.is_null()) {
        // SAFETY: who resumed it runs next.
        unsafe { (fibers.switch)(resumer.fiber, NO_SYNC) };
    }
    kept
}

/// Whether it is looked at what comes before what.
pub(crate) fn orders() -> bool {
    fibers().is_some()
}

/// What was done before is seen by whoever [acquires](acquire) this from now on.
pub(crate) fn release(key: usize) {
    if let (Some(fibers), true) = (fibers(), key != 0) {
        // SAFETY: the key is only compared.
        unsafe { (fibers.release)(std::ptr::with_exposed_provenance_mut(key)) };
    }
}

/// What others did before they [released](release) this is before what comes now.
pub(crate) fn acquire(key: usize) {
    if let (Some(fibers), true) = (fibers(), key != 0) {
        // SAFETY: the key is only compared.
        unsafe { (fibers.acquire)(std::ptr::with_exposed_provenance_mut(key)) };
    }
}

/// How many keys there are that are no objects of the driver's: half of them for sockets, half for threads.
const KEYS: usize = 1 << 16;
/// Only their addresses matter: the sanitizer knows no others than those of this process. Two that share one are ordered where
/// they would not be, which hides a race in some thousands.
static KEYS_HERE: [u64; KEYS] = [0; KEYS];

fn key(place: usize) -> usize {
    (&raw const KEYS_HERE).expose_provenance() + 8 * (place % KEYS)
}

/// The key of a socket, by its context.
pub(crate) fn of_context(context: u64) -> usize {
    key((context.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 49) as usize)
}

/// The key of a thread.
pub(crate) fn of_thread(number: u32) -> usize {
    key(KEYS / 2 + number as usize % (KEYS / 2))
}

/// Nobody may touch this memory.
pub(crate) fn poison(at: usize, length: usize) {
    if let Some(stacks) = stacks() {
        // SAFETY: it is memory of ours.
        unsafe { (stacks.poison)(std::ptr::with_exposed_provenance(at), length) };
    }
}

/// It may be touched again.
pub(crate) fn unpoison(at: usize, length: usize) {
    if let Some(stacks) = stacks() {
        // SAFETY: likewise.
        unsafe { (stacks.unpoison)(std::ptr::with_exposed_provenance(at), length) };
    }
}

/// Has `tell` write what it knows of the address that a report is about, behind the report.
pub(crate) fn on_report(tell: fn(usize) -> String) {
    static TELL: OnceLock<fn(usize) -> String> = OnceLock::new();
    unsafe extern "C" fn reported(_: *const c_char) {
        let (Some(stacks), Some(tell)) = (stacks(), TELL.get()) else { return };
        // SAFETY: a report is being made.
        let address = unsafe { (stacks.address)() }.expose_provenance();
        let Some(file) = std::env::var_os("WSKSIM_SANITIZER_NOTES") else { return };
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
        if let Ok(mut file) = opened {
            let _ = writeln!(file, "{}", tell(address));
        }
    }
    if let Some(stacks) = stacks()
        && TELL.set(tell).is_ok()
    {
        // SAFETY: it is there as long as the process.
        unsafe { (stacks.on_report)(reported) };
    }
}
