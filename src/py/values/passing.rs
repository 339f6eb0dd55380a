//! Passing over what Python code of the user's raised where something can be done without it, such as the text of a
//! finding.
//!
//! Ctrl-C may come just then, or another signal whose handler raises SystemExit. What is no `Exception` is nobody's to
//! pass over: it is put off, and the main thread's loop raises it as soon as it runs Python code again.

use crate::core::sync::Mutex;
use pyo3::exceptions::PyException;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_int, c_void};
use std::ptr;

/// What is to be raised. Locked while attached only, and never while Python code may run.
static PUT_OFF: Mutex<Option<PyErr>> = Mutex::new(None);

/// A result whose error may be passed over.
pub(crate) trait PassOver<T> {
    /// The value; without it what was raised is passed over or put off.
    fn pass_over(self, py: Python<'_>) -> Option<T>;
}

impl<T> PassOver<T> for PyResult<T> {
    fn pass_over(self, py: Python<'_>) -> Option<T> {
        self.map_err(|raised| pass(py, raised)).ok()
    }
}

/// Passes over an exception, or puts it off.
pub(crate) fn pass(py: Python<'_>, raised: PyErr) {
    if raised.is_instance_of::<PyException>(py) {
        return;
    }
    let mut put_off = PUT_OFF.lock();
    let before = put_off.replace(raised);
    drop(put_off);
    if before.is_none() {
        // SAFETY: the function is there as long as the process. If many calls are pending already, which are
        // signals as a rule, there is no room, and the next exception tries again.
        let refused = unsafe { ffi::Py_AddPendingCall(Some(raise), ptr::null_mut()) } != 0;
        if refused {
            let given_up = PUT_OFF.lock().take();
            drop(given_up);
        }
    }
}

/// Called by the interpreter on its main thread, between two instructions.
extern "C" fn raise(_: *mut c_void) -> c_int {
    // SAFETY: the interpreter calls it attached.
    let py = unsafe { Python::assume_attached() };
    let put_off = PUT_OFF.lock().take();
    match put_off {
        Some(raised) => {
            raised.restore(py);
            -1
        }
        None => 0,
    }
}
