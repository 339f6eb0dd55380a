//! Once: what is looked up in Python a first time and then kept.
//!
//! Looking something up may run any Python code, such as an import hook or a signal's handler, which may use us
//! and come here again. So nobody waits for a look-up that is under way: each makes its own, and the first stays.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// A place for one value, as a `static`.
pub(crate) type Once<T> = PyOnceLock<T>;

/// The value, made if nobody has yet.
#[inline]
pub(crate) fn kept<'py, T>(
    py: Python<'py>,
    place: &'static Once<T>,
    make: impl FnOnce() -> PyResult<T>,
) -> PyResult<&'py T> {
    match place.get(py) {
        Some(known) => Ok(known),
        None => first(py, place, make),
    }
}

#[cold]
fn first<'py, T>(
    py: Python<'py>,
    place: &'static Once<T>,
    make: impl FnOnce() -> PyResult<T>,
) -> PyResult<&'py T> {
    let made = make()?;
    let late = place.set(py, made).err();
    drop(late);
    Ok(place.get(py).expect("Invariant: it was set by us or before"))
}

/// A class of a module.
#[inline]
pub(crate) fn class<'py>(
    py: Python<'py>,
    place: &'static Once<Py<PyType>>,
    module: &str,
    name: &str,
) -> PyResult<&'py Bound<'py, PyType>> {
    let make = || Ok(py.import(module)?.getattr(name)?.cast_into::<PyType>()?.unbind());
    Ok(kept(py, place, make)?.bind(py))
}
