//! The unsafe corner of the bindings: a borrowed context, arrays that Python reads in place, and
//! memory of Python's that the core writes.

use crate::core::black_box::BlackBox;
use crate::core::subsystem::Subsystem;
use crate::py::values::exits::kept;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyTuple};
use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// The context object of a socket whose call runs.
///
/// The core hands its integer out only between begin and finish of a call. The slot array owns a
/// reference to the object from before the socket was opened until after its close completed, and a
/// close cannot complete while the call runs (C-13, C-14).
#[inline]
pub(crate) fn borrowed_context(py: Python<'_>, context: u64) -> Borrowed<'_, '_, PyAny> {
    let pointer = std::ptr::with_exposed_provenance_mut::<ffi::PyObject>(context as usize);
    // SAFETY: `context` was made by `context_bits` from an object that the slot array keeps alive
    // while the call runs, see above. If it were freed early,
    // `test_context_lives_until_close_completed` would fail under a debug build.
    unsafe { Borrowed::from_ptr(py, pointer) }
}

type Entry = unsafe extern "C-unwind" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    usize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

fn unwinding(entry: ffi::vectorcallfunc) -> Entry {
    // SAFETY: the types differ in that what is called may unwind, as it may when the interpreter ends.
    unsafe { std::mem::transmute(hidden(entry)) }
}

/// The optimiser must not know which function it is: it is declared as one that never unwinds.
fn hidden<F>(function: F) -> F {
    std::hint::black_box(function)
}

/// Calls a function of the user's, whose frames may be unwound when the interpreter ends.
///
/// # Errors
///
/// What it raises.
pub(crate) fn call<'py>(
    function: &Bound<'py, PyAny>,
    arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<Bound<'py, PyAny>> {
    type Call = unsafe extern "C-unwind" fn(
        *mut ffi::PyObject,
        *mut ffi::PyObject,
        *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
    let plain: unsafe extern "C" fn(_, _, _) -> _ = ffi::PyObject_Call;
    // SAFETY: the types differ in that what is called may unwind.
    let entry: Call = unsafe { std::mem::transmute(hidden(plain)) };
    let arguments = arguments.into_pyobject(function.py())?;
    let (object, given) = (function.as_ptr(), arguments.as_ptr());
    // SAFETY: the thread is attached, and both are valid during the call.
    let answer = kept(|| unsafe { entry(object, given, std::ptr::null_mut()) });
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(function.py(), answer) }
}

/// A handler, and where its call begins if that is known.
pub(crate) struct Callable<'py> {
    pub(crate) object: Bound<'py, PyAny>,
    /// Its own of a function written in Python, outside the stable interface, which does not tell it.
    entry: Entry,
}

impl<'py> Callable<'py> {
    #[cfg(not(Py_LIMITED_API))]
    pub(crate) fn new(object: Bound<'py, PyAny>) -> Self {
        // Only of those: a callable of somebody else's C may leave a result and an exception at once, which
        // `PyObject_Vectorcall` finds and the interpreter's own functions do not do.
        // SAFETY: the thread is attached and the object is valid.
        let is_function = unsafe { ffi::PyFunction_Check(object.as_ptr()) } != 0;
        // SAFETY: as above.
        let entry = unsafe { ffi::PyVectorcall_Function(object.as_ptr()) }.filter(|_| is_function);
        Self { object, entry: unwinding(entry.unwrap_or(ffi::PyObject_Vectorcall)) }
    }

    #[cfg(Py_LIMITED_API)]
    pub(crate) fn new(object: Bound<'py, PyAny>) -> Self {
        Self { object, entry: unwinding(ffi::PyObject_Vectorcall) }
    }

    /// Calls it with two borrowed arguments; `None` when it raised, with the exception left set.
    ///
    /// A thin call on purpose: what PyO3's own adds, fetching the exception where it may unwind, is needed
    /// only when there is one.
    #[inline(always)]
    pub(crate) fn call(
        &self,
        context: Borrowed<'_, 'py, PyAny>,
        flags: &Bound<'py, PyInt>,
    ) -> Option<Bound<'py, PyAny>> {
        // The place before the arguments is the callee's to use, so the pointer is to all of them.
        let mut arguments = [std::ptr::null_mut(), context.as_ptr(), flags.as_ptr()];
        let first = arguments.as_mut_ptr().wrapping_add(1);
        let count = 2 | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
        let names = std::ptr::null_mut();
        let object = self.object.as_ptr();
        // SAFETY: the thread is attached; object and arguments are valid during the call, two arguments lie at
        // `first` with a place before them, and the interpreter gave an entry for its object.
        let status = kept(|| unsafe { (self.entry)(object, first, count, names) });
        // SAFETY: a new reference, or null with an exception set.
        unsafe { Bound::from_owned_ptr_or_opt(self.object.py(), status) }
    }
}

/// The int 0, by which a handler's plain `STATUS_SUCCESS` is known.
pub(crate) struct Success<'py> {
    zero: Bound<'py, PyInt>,
    /// It is immortal (PEP 683, CPython 3.12), so a reference to it need not be given back.
    immortal: bool,
}

impl<'py> Success<'py> {
    pub(crate) fn new(py: Python<'py>) -> Self {
        Self { zero: PyInt::new(py, 0), immortal: py.version_info() >= (3, 12) }
    }

    /// Uses up a plain 0; returns any other status.
    #[inline(always)]
    pub(crate) fn takes(&self, status: Bound<'py, PyAny>) -> Result<(), Bound<'py, PyAny>> {
        if !status.is(&self.zero) {
            return Err(status);
        }
        if self.immortal {
            std::mem::forget(status);
        }
        Ok(())
    }
}

/// A number as an int of Python's.
///
/// # Errors
///
/// `MemoryError`.
pub(crate) fn int(py: Python<'_>, number: u64) -> PyResult<Bound<'_, PyInt>> {
    // SAFETY: the thread is attached.
    let made = unsafe { ffi::PyLong_FromUnsignedLongLong(number) };
    // SAFETY: a new reference, or null with an exception set.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, made) }?;
    // SAFETY: it is an int.
    Ok(unsafe { made.cast_into_unchecked() })
}

/// A function as a method of an object.
///
/// # Errors
///
/// `MemoryError`.
pub(crate) fn method<'py>(
    function: &Bound<'py, PyAny>,
    object: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let class = function.get_type();
    // SAFETY: the thread is attached, and a type of any kind has slots to ask for.
    let slot = unsafe { ffi::PyType_GetSlot(class.as_type_ptr(), ffi::Py_tp_descr_get) };
    if slot.is_null() {
        return Ok(function.clone());
    }
    // SAFETY: that slot holds a function of this type.
    let bind: ffi::descrgetfunc = unsafe { std::mem::transmute(slot) };
    // SAFETY: the thread is attached, and all are objects.
    let made = unsafe { bind(function.as_ptr(), object.as_ptr(), object.get_type().as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(function.py(), made) }
}

/// The integer that stands for an object in the core.
pub(crate) fn context_bits(object: &Bound<'_, PyAny>) -> u64 {
    object.as_ptr().expose_provenance() as u64
}

/// Whether this is the process's main interpreter, the only one that the extension works in (R23).
pub(crate) fn is_main_interpreter(_py: Python<'_>) -> bool {
    // SAFETY: the thread is attached, so there is a current interpreter.
    let interpreter = unsafe { ffi::PyInterpreterState_Get() };
    // SAFETY: the pointer was just given by the interpreter.
    let id = unsafe { ffi::PyInterpreterState_GetID(interpreter) };
    id == 0
}

/// Has a function called in every child of a fork, of one too that Python does not see. It may touch atomics only: other
/// threads of the parent's may hold any lock.
pub(crate) fn in_each_child(function: extern "C" fn()) {
    #[cfg(target_os = "linux")]
    {
        unsafe extern "C" fn call() {
            if let Some(function) = IN_CHILD.get() {
                function();
            }
        }
        static IN_CHILD: std::sync::OnceLock<extern "C" fn()> = std::sync::OnceLock::new();
        if IN_CHILD.set(function).is_ok() {
            // SAFETY: the function is one of this library, which is never unloaded.
            let _ = unsafe { libc::pthread_atfork(None, None, Some(call)) };
        }
    }
    let _ = function;
}

/// Has the core spare locked exchanges while this interpreter's lock makes threads take turns.
pub(crate) fn take_turns(py: Python<'_>, core: &Subsystem) -> PyResult<()> {
    let sys = py.import("sys")?;
    // Only CPython 3.13 and later can be without the lock, and then tell.
    let locked = match sys.getattr("_is_gil_enabled") {
        Ok(asked) => asked.call0()?.is_truthy()?,
        Err(_) => true,
    };
    if locked {
        // SAFETY: the core is reached through `Shared` only. Who calls it is attached, hence holds the
        // interpreter's lock, except inside `Shared::detached` and on worker threads, both of which
        // announce a guest while attached (a worker that rests is one too, for it exchanges the queue's
        // claim word), and in `wait_quiet`, which changes nothing that a turn protects.
        unsafe { core.take_turns() };
    }
    Ok(())
}

/// Words that a black box needs at least: one row.
const BOX_WORDS: usize = 16;

/// A writable buffer of Python's as a black box. Its memory stays valid until the process ends,
/// because a worker thread may be given up while it still writes there; one box per process is meant.
pub(crate) fn black_box(buffer: &Bound<'_, PyAny>) -> PyResult<BlackBox> {
    let words = shared_words(buffer)?;
    Ok(BlackBox::new(words).expect("Invariant: writable_words gave at least one row"))
}

/// The frame of the Python function that runs on this thread.
pub(crate) fn running_frame(py: Python<'_>) -> Option<Bound<'_, PyAny>> {
    // SAFETY: the thread is attached.
    let frame = unsafe { pyo3::ffi::PyEval_GetFrame() };
    // SAFETY: it is borrowed from the interpreter, or NULL if no function runs.
    unsafe { Bound::from_borrowed_ptr_or_opt(py, frame.cast()) }
}

/// The words of such a buffer.
pub(crate) fn shared_words(buffer: &Bound<'_, PyAny>) -> PyResult<&'static [AtomicU64]> {
    let words = buffer.py().import("wsksim.contexts")?.getattr("writable_words")?;
    let (address, count, keep): (usize, usize, Py<PyAny>) =
        words.call1((buffer, BOX_WORDS))?.extract()?;
    let pointer = std::ptr::with_exposed_provenance::<AtomicU64>(address);
    // SAFETY: `writable_words` checked that `count` aligned words lie there and made an export that
    // keeps them in place; the reference to the export is leaked below. The only other reader is the
    // process that shares the mapping.
    let words = unsafe { std::slice::from_raw_parts(pointer, count) };
    std::mem::forget(keep);
    Ok(words)
}

/// One column of a batch: a buffer that keeps its numbers for as long as anyone holds a view of it.
#[pyclass(frozen, module = "wsksim")]
pub(crate) struct Column(Numbers);

enum Numbers {
    Contexts(Arc<Vec<u64>>),
    Flags(Arc<Vec<u32>>),
}

impl Column {
    /// SocketContexts, as signed 64-bit integers.
    pub(crate) fn contexts(values: &Arc<Vec<u64>>) -> Self {
        Self(Numbers::Contexts(Arc::clone(values)))
    }

    /// Flags, as ULONGs.
    pub(crate) fn flags(values: &Arc<Vec<u32>>) -> Self {
        Self(Numbers::Flags(Arc::clone(values)))
    }
}

#[pymethods]
impl Column {
    /// Fills a view of the column: read-only, one dimension, contiguous.
    ///
    /// # Safety
    ///
    /// Called by the interpreter with a view to fill.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if view.is_null() || flags & ffi::PyBUF_WRITABLE == ffi::PyBUF_WRITABLE {
            return Err(PyBufferError::new_err(
                "a batch's arrays are read-only; copy them to write",
            ));
        }
        let (start, count, width, format) = match &slf.get().0 {
            Numbers::Contexts(values) => (values.as_ptr().cast(), values.len(), 8, c"q"),
            Numbers::Flags(values) => (values.as_ptr().cast::<c_void>(), values.len(), 4, c"I"),
        };
        let count = count.cast_signed();
        let mut filled = ffi::Py_buffer::new();
        filled.buf = start.cast_mut();
        filled.len = count * width;
        filled.itemsize = width;
        filled.readonly = 1;
        filled.ndim = 1;
        filled.format = format.as_ptr().cast_mut();
        // Owned by the view: `__releasebuffer__` drops it.
        let shape = Box::into_raw(Box::new([count, width]));
        filled.internal = shape.cast::<c_void>();
        filled.shape = shape.cast::<isize>();
        filled.strides = shape.cast::<isize>().wrapping_add(1);
        filled.obj = slf.into_any().into_ptr();
        // SAFETY: the interpreter gave a valid view, checked not to be null. What it points to is the
        // column's own memory, which never moves and lives as long as the reference in `obj`.
        unsafe { view.write(filled) };
        Ok(())
    }

    /// Drops what `__getbuffer__` allocated.
    ///
    /// # Safety
    ///
    /// Called by the interpreter with a view that `__getbuffer__` filled.
    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: the view was filled by `__getbuffer__` and is released once.
        let internal = unsafe { (*view).internal };
        // SAFETY: `internal` came from `Box::into_raw` of this type in `__getbuffer__`.
        drop(unsafe { Box::from_raw(internal.cast::<[isize; 2]>()) });
    }
}
