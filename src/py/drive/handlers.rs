//! Handlers: how a user marks a callable as batch or native.

use crate::core::handlers::HandlerKind;
use crate::py::values::once::{self, Once};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyFunction, PyType};
use pyo3::{PyTraverseError, gc::PyVisit, intern};

/// A handler that is called once for many sockets, as `f(contexts, flags)`.
///
/// Both are read-only memoryviews of shape (n,), 1 <= n <= 512: SocketContexts as int64, Flags as
/// uint32. They stay valid as long as they are kept. No socket occurs twice in one call. `f` returns
/// None or 0 (all well), or one status per socket; another status is a finding (D-8).
#[pyclass(frozen, weakref, module = "wsksim")]
pub(crate) struct BatchHandler {
    function: Py<PyAny>,
}

#[pymethods]
impl BatchHandler {
    #[new]
    #[pyo3(signature = (function, /))]
    fn new(function: &Bound<'_, PyAny>) -> PyResult<Self> {
        if !function.is_callable() {
            return Err(PyTypeError::new_err(format!(
                "batch_handler: asked to call {}; it is not callable; give a function of \
                 (contexts, flags)",
                crate::py::values::arguments::shown(function)
            )));
        }
        check_fits("batch_handler", function)?;
        Ok(Self { function: function.clone().unbind() })
    }

    /// The function.
    #[getter]
    pub(crate) fn function(&self, py: Python<'_>) -> Py<PyAny> {
        self.function.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("batch_handler({})", self.function.bind(py).repr()?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)
    }
}

/// A handler at a machine address, called without the GIL.
///
/// The address is the caller's promise: a function `NTSTATUS WSKAPI f(PVOID, ULONG)` that stays there as
/// long as sockets use it, or as long as `keep_alive` lives. `wsksim.native_handler` makes these from
/// ctypes, cffi and numba functions and knows what to keep.
#[pyclass(frozen, weakref, module = "wsksim")]
pub(crate) struct NativeHandler {
    address: u64,
    keep_alive: Option<Py<PyAny>>,
    name: String,
}

#[pymethods]
impl NativeHandler {
    #[new]
    #[pyo3(signature = (address, keep_alive = None, /, *, name = None))]
    fn new(address: u64, keep_alive: Option<Py<PyAny>>, name: Option<String>) -> PyResult<Self> {
        if address == 0 {
            return Err(PyValueError::new_err(
                "native_handler: asked to call address 0; NULL is no function; give the address of \
                 a WskDisconnectEvent callback",
            ));
        }
        let name = name.unwrap_or_else(|| format!("0x{address:x}"));
        Ok(Self { address, keep_alive, name })
    }

    /// Where the function lies.
    #[getter]
    pub(crate) fn address(&self) -> u64 {
        self.address
    }

    /// What reports call it.
    #[getter]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn __repr__(&self) -> String {
        format!("native_handler({} at 0x{:x})", self.name, self.address)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.keep_alive {
            Some(object) => visit.call(object),
            None => Ok(()),
        }
    }
}

/// What a user gave as handler.
pub(crate) enum Handler<'a, 'py> {
    /// A callable of the host.
    Python(&'a Bound<'py, PyAny>, HandlerKind),
    /// A machine address, and the object that keeps it valid.
    Native(&'a Bound<'py, NativeHandler>, &'a Bound<'py, PyAny>),
    /// No callback.
    None,
}

/// Refuses a Python handler that no call can suit: an `async def`, or one that does not take two arguments.
///
/// # Errors
///
/// `TypeError`.
pub(crate) fn check_fits(asked: &str, handler: &Bound<'_, PyAny>) -> PyResult<()> {
    if plainly_fits(handler).unwrap_or(false) {
        return Ok(());
    }
    let module = handler.py().import("wsksim.signatures")?;
    module.getattr("check_handler")?.call1((asked, handler)).map(drop)
}

static METHOD: Once<Py<PyType>> = Once::new();

/// A function of exactly two plain arguments that is no coroutine: the usual case, without asking Python.
fn plainly_fits(handler: &Bound<'_, PyAny>) -> PyResult<bool> {
    /// Flags of a code object: coroutine, iterable coroutine, asynchronous generator.
    const WAITED_FOR: u32 = 0x80 | 0x100 | 0x200;
    let py = handler.py();
    // A method has its object before the two.
    let method = once::class(py, &METHOD, "types", "MethodType")?;
    let (function, bound) = if handler.is_exact_instance(method) {
        (handler.getattr(intern!(py, "__func__"))?, 1)
    } else {
        (handler.clone(), 0)
    };
    if !function.is_exact_instance_of::<PyFunction>() {
        return Ok(false);
    }
    let code = function.getattr(intern!(py, "__code__"))?;
    let flags: u32 = code.getattr(intern!(py, "co_flags"))?.extract()?;
    let arguments: u32 = code.getattr(intern!(py, "co_argcount"))?.extract()?;
    let named: u32 = code.getattr(intern!(py, "co_kwonlyargcount"))?.extract()?;
    Ok(flags & WAITED_FOR == 0 && arguments == 2 + bound && named == 0)
}

/// Tells the kinds of handlers apart.
pub(crate) fn recognise<'a, 'py>(
    asked: &str,
    handler: Option<&'a Bound<'py, PyAny>>,
) -> PyResult<Handler<'a, 'py>> {
    let Some(handler) = handler else { return Ok(Handler::None) };
    if let Ok(native) = handler.cast::<NativeHandler>() {
        return Ok(Handler::Native(native, handler));
    }
    if handler.is_instance_of::<BatchHandler>() {
        return Ok(Handler::Python(handler, HandlerKind::Batch));
    }
    if handler.is_callable() {
        return Ok(Handler::Python(handler, HandlerKind::Single));
    }
    Err(PyTypeError::new_err(format!(
        "{asked}: asked to call {}; it is not callable; give a callable of (SocketContext, Flags), \
         batch_handler(f) or native_handler(f)",
        crate::py::values::arguments::shown(handler)
    )))
}
