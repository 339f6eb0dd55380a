//! Connecting: from handlers and contexts of Python's to open sockets.

use crate::core::dispatch::{HandlerId, HandlerKind};
use crate::core::handle::SocketHandle;
use crate::core::subsystem::Opening;
use crate::py::arguments::{integers, shown};
use crate::py::errors::to_py_err;
use crate::py::export::context_bits;
use crate::py::handlers::{Handler, recognise};
use crate::py::shared::Shared;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyTuple};

/// The contexts of new sockets.
pub(crate) enum Contexts {
    /// One object each, owned by its slot.
    Objects(Vec<Py<PyAny>>),
    /// One integer each; all slots own the same object, if there is one.
    Integers(Vec<u64>, Option<Py<PyAny>>),
    /// The integers from 0 on.
    Numbers,
    /// Addresses a stride apart, in memory that the object keeps alive.
    Blocks { base: u64, stride: u64, keep: Py<PyAny> },
}

/// Opens one connection with a context of its own.
pub(crate) fn connect(
    py: Python<'_>,
    shared: &Shared,
    context: &Bound<'_, PyAny>,
    handler: Option<&Bound<'_, PyAny>>,
    enabled: bool,
) -> PyResult<SocketHandle> {
    let handler = recognise("connect", handler)?;
    let contexts = match &handler {
        Handler::Python(_, HandlerKind::Batch) if context.is_none() => {
            Contexts::Integers(vec![0], None)
        }
        Handler::Python(_, HandlerKind::Batch) => {
            Contexts::Integers(batch_integers(PyTuple::new(py, [context])?.as_any())?, None)
        }
        Handler::Native(_, keep) => native_one(context, keep)?,
        Handler::Python(..) | Handler::None => Contexts::Objects(vec![context.clone().unbind()]),
    };
    let handles = open(py, shared, 1, &handler, contexts, enabled)?;
    Ok(handles[0])
}

/// Opens many connections under one handler.
pub(crate) fn connect_many(
    py: Python<'_>,
    shared: &Shared,
    count: usize,
    handler: Option<&Bound<'_, PyAny>>,
    contexts: &Bound<'_, PyAny>,
    enabled: bool,
) -> PyResult<Vec<SocketHandle>> {
    let handler = recognise("connect_many", handler)?;
    let contexts = match &handler {
        Handler::Native(_, keep) => native_many(contexts, count, keep)?,
        Handler::Python(_, HandlerKind::Batch) if contexts.is_none() => Contexts::Numbers,
        Handler::Python(_, HandlerKind::Batch) => {
            Contexts::Integers(checked(batch_integers(contexts)?, count)?, None)
        }
        Handler::Python(..) | Handler::None => Contexts::Objects(objects(contexts, count)?),
    };
    open(py, shared, count, &handler, contexts, enabled)
}

/// Opens many connections, all or none.
pub(crate) fn open(
    py: Python<'_>,
    shared: &Shared,
    count: usize,
    handler: &Handler<'_, '_>,
    contexts: Contexts,
    enabled: bool,
) -> PyResult<Vec<SocketHandle>> {
    let id = match handler {
        Handler::Native(address, _) => {
            shared.core.native_handler(*address).map_err(|refusal| to_py_err(py, refusal))?
        }
        Handler::Python(object, kind) => shared
            .owned
            .add_handler(object, *kind, count as u64)
            .ok_or_else(|| PyValueError::new_err("connect: too many different handlers"))?,
        Handler::None => HandlerId::NONE,
    };
    // Every slot of ours is released when its close completed: the handler's count depends on it.
    let opening = Opening { handler: id, enabled, kept: true, hold: false };
    let mut handles = Vec::new();
    let opened = shared.core.open_many(
        count,
        opening,
        |number, _| match &contexts {
            Contexts::Objects(objects) => context_bits(objects[number].bind(py)),
            Contexts::Integers(integers, _) => integers[number],
            Contexts::Numbers => number as u64,
            Contexts::Blocks { base, stride, .. } => base + stride * number as u64,
        },
        &mut handles,
    );
    if let Err(refusal) = opened {
        let handler = shared.owned.forget_handler(id, count as u64);
        drop((handler, contexts));
        return Err(to_py_err(py, refusal));
    }
    // No other thread is attached, so none can close and empty these slots before they are filled.
    let indices = handles.iter().map(|handle| handle.index);
    match contexts {
        Contexts::Objects(objects) => shared.owned.put(indices.zip(objects)),
        Contexts::Integers(_, Some(keep)) | Contexts::Blocks { keep, .. } => {
            shared.owned.put(indices.map(|index| (index, keep.clone_ref(py))));
        }
        Contexts::Integers(_, None) | Contexts::Numbers => {}
    }
    Ok(handles)
}

/// Contexts for a Python handler: None (the ints from 0), a callable, or a sequence.
fn objects(contexts: &Bound<'_, PyAny>, count: usize) -> PyResult<Vec<Py<PyAny>>> {
    let py = contexts.py();
    if contexts.is_none() {
        return Ok((0..count).map(|number| PyInt::new(py, number).into_any().unbind()).collect());
    }
    if contexts.is_callable() {
        return (0..count).map(|number| contexts.call1((number,)).map(Bound::unbind)).collect();
    }
    if contexts.len().is_err() {
        return Err(PyTypeError::new_err(format!(
            "connect_many: asked for contexts from {}; give None, a sequence of {count}, or a \
             callable index -> object",
            shown(contexts)
        )));
    }
    let objects = contexts.try_iter()?.map(|item| item.map(Bound::unbind));
    checked(objects.collect::<PyResult<Vec<_>>>()?, count)
}

fn checked<T>(items: Vec<T>, count: usize) -> PyResult<Vec<T>> {
    if items.len() == count {
        return Ok(items);
    }
    Err(PyValueError::new_err(format!(
        "connect_many: asked for {count} connections; found {} contexts; give one each",
        items.len()
    )))
}

/// Contexts for a batch handler: 64-bit integers.
fn batch_integers(contexts: &Bound<'_, PyAny>) -> PyResult<Vec<u64>> {
    let numbers = integers("contexts of a batch handler", contexts)?;
    Ok(numbers.into_iter().map(i64::cast_unsigned).collect())
}

fn native_one(context: &Bound<'_, PyAny>, handler: &Bound<'_, PyAny>) -> PyResult<Contexts> {
    let found = native_layout(context.py(), "native_context", (context,))?;
    native_contexts(found, 1, handler)
}

fn native_many(
    contexts: &Bound<'_, PyAny>,
    count: usize,
    handler: &Bound<'_, PyAny>,
) -> PyResult<Contexts> {
    let found = native_layout(contexts.py(), "native_contexts", (contexts, count))?;
    native_contexts(found, count, handler)
}

/// What `wsksim.contexts` made of it: (base, stride, addresses or None, object to keep or None).
type Layout = (u64, u64, Option<Vec<u64>>, Option<Py<PyAny>>);

fn native_layout<'py>(
    py: Python<'py>,
    function: &str,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyResult<Layout> {
    py.import("wsksim.contexts")?.getattr(function)?.call1(arguments)?.extract()
}

fn native_contexts(
    (base, stride, addresses, keep): Layout,
    count: usize,
    handler: &Bound<'_, PyAny>,
) -> PyResult<Contexts> {
    let py = handler.py();
    // The slot keeps alive both the handler's owner and the memory behind the contexts (R27).
    let keep = match keep {
        Some(memory) => PyTuple::new(py, [handler.clone().unbind(), memory])?.into_any().unbind(),
        None => handler.clone().unbind(),
    };
    match addresses {
        Some(addresses) => Ok(Contexts::Integers(checked(addresses, count)?, Some(keep))),
        None => Ok(Contexts::Blocks { base, stride, keep }),
    }
}
