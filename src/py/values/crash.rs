//! Crash: what a dying process writes down for the one that watches it: the signal, the handler's call that its thread
//! was in, and the functions on that thread's stack.
//!
//! A signal's handler may only use what is safe in the middle of anything. The words of the box and the call are plain
//! loads and stores. `backtrace` and `dladdr` are not on POSIX' list: they come last, after a first call that has loaded
//! what they need, and an alarm ends a process that they hang in. Symbols are looked up here since the other process
//! does not have these libraries; lines of source it could not find either.

use crate::provider::processor;
use libc::{c_int, c_void};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const SIGNALS: [c_int; 5] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT];
/// Frames that are written at most.
const FRAMES: usize = 64;
/// Bytes of the stack that the handler runs on, also where the thread's own is used up.
const STACK: usize = 1 << 16;
/// Seconds after which a process that hangs while it dies is ended.
const PATIENCE: u32 = 5;
/// In the box: a call of a Python handler runs, whose context is not known.
const PYTHON: u64 = 2;

/// Where a dying process writes, and what was to be done with its signals before.
struct Watch {
    row: &'static [AtomicU64],
    file: c_int,
    before: [libc::sigaction; SIGNALS.len()],
}

static WATCH: OnceLock<Watch> = OnceLock::new();
static DYING: AtomicBool = AtomicBool::new(false);

/// Has this process write into its black box, and the functions on its stack to a file, should a signal end it. What
/// was to be done with these signals before is done afterwards.
///
/// # Errors
///
/// The system's, if a signal has no handler.
pub(crate) fn watch(row: &'static [AtomicU64], file: c_int) -> PyResult<()> {
    let mut frames = [ptr::null_mut::<c_void>(); 2];
    // SAFETY: the buffer holds as many pointers as it says.
    unsafe { libc::backtrace(frames.as_mut_ptr(), frames.len() as c_int) };
    let own: &'static mut [u8] = Box::leak(vec![0; STACK].into_boxed_slice());
    let stack = libc::stack_t { ss_sp: own.as_mut_ptr().cast(), ss_flags: 0, ss_size: own.len() };
    // SAFETY: the memory is this thread's for good.
    if unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) } != 0 {
        return Err(PyOSError::new_err(std::io::Error::last_os_error()));
    }
    // SAFETY: all zeros is a value of this plain structure.
    let zero: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    let mut before = [zero; SIGNALS.len()];
    for (signal, before) in SIGNALS.into_iter().zip(&mut before) {
        // SAFETY: asks for the present action; the structure is there for it.
        unsafe { libc::sigaction(signal, ptr::null(), before) };
    }
    if WATCH.set(Watch { row, file, before }).is_err() {
        return Ok(());
    }
    let mut action = zero;
    action.sa_sigaction =
        died as extern "C" fn(c_int, *mut libc::siginfo_t, *mut libc::ucontext_t) as usize;
    action.sa_flags = libc::SA_ONSTACK | libc::SA_SIGINFO;
    for signal in SIGNALS {
        // SAFETY: the handler is there for good, and does what one may.
        if unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) } != 0 {
            return Err(PyOSError::new_err(std::io::Error::last_os_error()));
        }
    }
    Ok(())
}

/// The handler of these signals.
extern "C" fn died(signal: c_int, _: *mut libc::siginfo_t, context: *mut libc::ucontext_t) {
    if let Some(watch) = WATCH.get() {
        if let Some(place) = SIGNALS.iter().position(|one| *one == signal) {
            // SAFETY: puts back what was there.
            unsafe { libc::sigaction(signal, &raw const watch.before[place], ptr::null_mut()) };
        }
        if !DYING.swap(true, Ordering::Relaxed) {
            // SAFETY: it may be called here.
            unsafe { libc::alarm(PATIENCE) };
            write_call(watch.row, signal);
            write_stack(watch.file);
            write_caller_of_nothing(watch.file, context);
            // SAFETY: it may be called here.
            unsafe { libc::alarm(0) };
        }
    }
    // SAFETY: it may be called here. The signal comes again when this handler has returned.
    unsafe { libc::raise(signal) };
}

/// The signal and, unless C handlers' calls stand there, how many calls this thread has begun and which one it was in.
fn write_call(row: &[AtomicU64], signal: c_int) {
    let store = |place: usize, value: u64| {
        if let Some(word) = row.get(place) {
            word.store(value, Ordering::Relaxed);
        }
    };
    store(7, signal as u64);
    // The counts of a Python handler's calls are in the box a batch at a time.
    if row.get(5).is_some_and(|begun| begun.load(Ordering::Relaxed) == 0) {
        let [begun, abortive] = processor::begun_at_death();
        store(5, begun);
        store(6, abortive);
    }
    if row.first().is_some_and(|runs| runs.load(Ordering::Relaxed) == 0)
        && let Some(call) = processor::call_at_death()
    {
        store(1, call.edge_number);
        store(2, call.handle.bits());
        store(3, u64::from(call.flags));
        store(0, PYTHON);
    }
}

/// One line a frame: library, function, offset in the function, offset in the library, with tabs between.
fn write_stack(file: c_int) {
    let mut frames = [ptr::null_mut::<c_void>(); FRAMES];
    // SAFETY: the buffer holds as many pointers as it says; see above.
    let count = unsafe { libc::backtrace(frames.as_mut_ptr(), FRAMES as c_int) };
    for &frame in frames.iter().take(usize::try_from(count).unwrap_or(0)) {
        write_frame(file, frame);
    }
}

/// What is known of an address, which stands behind a call or is the instruction's that died.
fn found_at(address: *const c_void) -> Option<libc::Dl_info> {
    // SAFETY: all zeros is a value of this plain structure.
    let mut found: libc::Dl_info = unsafe { MaybeUninit::zeroed().assume_init() };
    // A frame's address is where the call returns to, which may be behind the function's end.
    let called = address.wrapping_byte_sub(1);
    // SAFETY: any address may be asked for; see above.
    (unsafe { libc::dladdr(called, &raw mut found) } != 0).then_some(found)
}

fn write_frame(file: c_int, frame: *const c_void) {
    let found = found_at(frame);
    let address = frame as usize;
    let (function, library) =
        found.map_or((0, 0), |found| (found.dli_saddr as usize, found.dli_fbase as usize));
    write_text(file, found.map_or(ptr::null(), |found| found.dli_fname));
    write(file, b"\t");
    write_text(file, found.map_or(ptr::null(), |found| found.dli_sname));
    write(file, b"\t");
    write_number(file, address.wrapping_sub(function));
    write(file, b"\t");
    write_number(file, address.wrapping_sub(library));
    write(file, b"\n");
}

/// Where no function is that was called, the stack ends at once; the address behind the call lies on top of it.
#[cfg(target_arch = "x86_64")]
fn write_caller_of_nothing(file: c_int, context: *mut libc::ucontext_t) {
    // SAFETY: the system gives it to the handler.
    let registers = unsafe { (*context).uc_mcontext.gregs };
    let address = registers[libc::REG_RIP as usize] as usize;
    let stack = registers[libc::REG_RSP as usize] as usize;
    let is_function = found_at(ptr::with_exposed_provenance(address)).is_some();
    if address == 0 && !is_function && stack.is_multiple_of(align_of::<usize>()) {
        // SAFETY: the call has just written there.
        let caller = unsafe { ptr::with_exposed_provenance::<usize>(stack).read() };
        write_frame(file, ptr::with_exposed_provenance(caller));
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn write_caller_of_nothing(_: c_int, _: *mut libc::ucontext_t) {}

/// Writes to a file of that number; what does not go through is lost.
pub(crate) fn write(file: c_int, bytes: &[u8]) {
    // SAFETY: it may be called here, with bytes that are there.
    unsafe { libc::write(file, bytes.as_ptr().cast(), bytes.len()) };
}

fn write_text(file: c_int, text: *const libc::c_char) {
    if !text.is_null() {
        // SAFETY: the loader's texts end with a zero.
        let length = unsafe { libc::strlen(text) };
        // SAFETY: it may be called here, with bytes that are there.
        unsafe { libc::write(file, text.cast(), length) };
    }
}

fn write_number(file: c_int, number: usize) {
    let digit = |place: usize| b"0123456789abcdef"[number >> (4 * place) & 15];
    let digits: [u8; 16] = std::array::from_fn(|place| digit(15 - place));
    let first = digits.iter().position(|digit| *digit != b'0').unwrap_or(15);
    write(file, &digits[first..]);
}
