//! Connecting: from handlers and contexts of Python's to open sockets.

use crate::core::error::CoreError;
use crate::core::handle::SocketHandle;
use crate::core::handlers::{HandlerId, HandlerKind};
use crate::core::subsystem::{Closing, Opening};
use crate::py::drive::handlers::{Handler, check_fits, recognise};
use crate::py::keep::shared::Shared;
use crate::py::sharing::holding::Holding;
use crate::py::values::arguments::{OFTEN, integers, room, shown};
use crate::py::values::errors::{error, to_py_err};
use crate::py::values::export;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// Sockets that are opened between two looks at signals: 20 milliseconds.
const CHUNK: usize = 1 << 18;

/// The contexts of new sockets.
pub(crate) enum Contexts {
    /// One object each, owned by its slot.
    Objects(Vec<Py<PyAny>>),
    /// The elements of a list, likewise.
    Elements(Py<PyList>),
    /// One integer each; all slots own the same object, if there is one.
    Integers(Vec<u64>, Option<Py<PyAny>>),
    /// The integers from 0 on.
    Numbers,
    /// Addresses a stride apart, in memory that the object keeps alive.
    Blocks { base: u64, stride: u64, keep: Py<PyAny> },
}

/// What a user gave as handler, if a call can suit it; one that sockets have already was looked at.
fn fitting<'a, 'py>(
    shared: &Shared,
    asked: &str,
    handler: Option<&'a Bound<'py, PyAny>>,
) -> PyResult<Handler<'a, 'py>> {
    let handler = recognise(asked, handler)?;
    if let Handler::Python(function, HandlerKind::Single) = handler
        && !shared.owned.knows(function)
    {
        check_fits(asked, function)?;
    }
    Ok(handler)
}

/// Opens one connection with a context of its own.
pub(crate) fn connect(
    py: Python<'_>,
    shared: &Shared,
    context: &Bound<'_, PyAny>,
    handler: Option<&Bound<'_, PyAny>>,
    enabled: bool,
) -> PyResult<SocketHandle> {
    let handler = fitting(shared, "connect", handler)?;
    let contexts = match &handler {
        Handler::Python(_, HandlerKind::Batch) if context.is_none() => {
            Contexts::Integers(vec![0], None)
        }
        Handler::Python(_, HandlerKind::Batch) => {
            Contexts::Integers(batch_integers(PyTuple::new(py, [context])?.as_any(), 1)?, None)
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
    let handler = fitting(shared, "connect_many", handler)?;
    // Before anything is made for them.
    let (present, limit) =
        (shared.core.counts().open, u64::from(shared.core.options().max_sockets));
    let asked = count as u64;
    if asked > limit.saturating_sub(present) {
        return Err(to_py_err(py, CoreError::SocketLimit { asked, open: present, limit }));
    }
    let contexts = match &handler {
        Handler::Native(_, keep) => native_many(contexts, count, keep)?,
        Handler::Python(_, HandlerKind::Batch) if contexts.is_none() => Contexts::Numbers,
        Handler::Python(_, HandlerKind::Batch) => {
            Contexts::Integers(batch_integers(contexts, count)?, None)
        }
        Handler::Python(..) | Handler::None => objects(contexts, count)?,
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
        Handler::Native(native, _) => {
            shared.native_handler(native).map_err(|refusal| to_py_err(py, refusal))?
        }
        Handler::Python(object, kind) => shared
            .owned
            .add_handler(object, *kind, count as u64)
            .ok_or_else(|| PyValueError::new_err("connect: too many different handlers"))?,
        Handler::None => HandlerId::NONE,
    };
    let mut handles = Vec::new();
    let opened = open_in_chunks(py, shared, count, (id, enabled), &contexts, &mut handles);
    if opened.is_err() {
        close_all(py, shared, &handles);
    }
    // Also when there were none to open: then no close will have the handler forgotten.
    if opened.is_err() || count == 0 {
        let left = (count - handles.len()) as u64;
        let handler = shared.owned.forget_handler(id, left);
        drop((handler, contexts));
    }
    opened.map(|()| handles)
}

/// Opens sockets so many at a time, and looks for signals in between.
fn open_in_chunks(
    py: Python<'_>,
    shared: &Shared,
    count: usize,
    (handler, enabled): (HandlerId, bool),
    contexts: &Contexts,
    handles: &mut Vec<SocketHandle>,
) -> PyResult<()> {
    // Every slot of ours is released when its close completed: the handler's count depends on it.
    let opening = Opening { handler, enabled, kept: true, hold: false };
    let refused = |refusal| match refusal {
        CoreError::SocketLimit { open, limit, .. } => {
            CoreError::SocketLimit { asked: count as u64, open, limit }
        }
        CoreError::NoMemory { .. } => CoreError::NoMemory { asked: count as u64 },
        other => other,
    };
    let most = shared.core.options().max_sockets as usize;
    let mut holding = Holding::begin();
    handles
        .try_reserve_exact(count)
        .map_err(|_| to_py_err(py, CoreError::NoMemory { asked: count as u64 }))?;
    loop {
        let (begin, chunk) = (handles.len(), CHUNK.min(count - handles.len()));
        let end = (shared.core.slots_used() as usize).saturating_add(chunk).min(most);
        let Some(mut owned) = shared.owned.objects(end) else {
            return Err(to_py_err(py, CoreError::NoMemory { asked: count as u64 }));
        };
        // What a slot owns is put there before its socket can be found, and closed.
        let context = |number: usize, index: u32| {
            let number = begin + number;
            match contexts {
                Contexts::Objects(objects) => owned.put(index, objects[number].bind(py)),
                Contexts::Elements(list) => owned.put(index, &element(list.bind(py), number)),
                Contexts::Integers(integers, keep) => {
                    if let Some(keep) = keep {
                        owned.put(index, keep.bind(py));
                    }
                    integers[number]
                }
                Contexts::Numbers => number as u64,
                Contexts::Blocks { base, stride, keep } => {
                    owned.put(index, keep.bind(py));
                    base + stride * number as u64
                }
            }
        };
        let opened = shared.core.open_many(chunk, opening, context, handles);
        drop(owned);
        opened.map_err(|refusal| to_py_err(py, refused(refusal)))?;
        if handles.len() == count {
            return Ok(());
        }
        holding.pass(py)?;
    }
}

/// Closes sockets that nobody has been told of.
fn close_all(py: Python<'_>, shared: &Shared, handles: &[SocketHandle]) {
    for handles in handles.chunks(CHUNK) {
        let done = |handle: &SocketHandle| match shared.core.close(*handle) {
            Ok(Closing::Done) => Some(handle.index),
            _ => None,
        };
        shared.bury(py, &handles.iter().filter_map(done).collect::<Vec<_>>());
    }
}

/// The open socket that a handle of Python's names.
pub(crate) fn find(shared: &Shared, handle: &Bound<'_, PyAny>) -> PyResult<SocketHandle> {
    let py = handle.py();
    let bits: u128 = handle.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "connection: asked for handle {}; give Connection.handle",
            shown(handle)
        ))
    })?;
    if bits >> 64 != u128::from(shared.serial) {
        let text = format!(
            "connection: asked for handle {bits:#x}; it belongs to another subsystem; ask that one"
        );
        return Err(error(py, "ForeignHandleError", text));
    }
    let handle = SocketHandle::from_bits(bits as u64);
    shared.core.look(handle).map_err(|refusal| to_py_err(py, refusal))?;
    Ok(handle)
}

/// An element of a list that was long enough, and that no Python code could change since.
fn element<'py>(list: &Bound<'py, PyList>, number: usize) -> Bound<'py, PyAny> {
    list.get_item(number)
        .expect("Invariant: this thread kept its turn since it looked at the length")
}

/// Contexts for a Python handler: None (the ints from 0), a callable, or a sequence.
fn objects(contexts: &Bound<'_, PyAny>, count: usize) -> PyResult<Contexts> {
    let py = contexts.py();
    if contexts.is_none() {
        let number = |number| export::int(py, number as u64).map(Bound::into_any);
        return each_made(py, count, number);
    }
    if contexts.is_callable() {
        let module = py.import("wsksim.signatures")?;
        module.getattr("check_contexts")?.call1(("connect_many", contexts))?;
        return each_made(py, count, |number| contexts.call1((number,)));
    }
    // Where another thread may change a list at any time, it is read once, like any sequence.
    #[cfg(not(Py_GIL_DISABLED))]
    if let Ok(list) = contexts.cast_exact::<PyList>() {
        checked_length(list.len(), count)?;
        if count <= CHUNK {
            return Ok(Contexts::Elements(list.clone().unbind()));
        }
        // Between two chunks a signal's handler may change it.
        let copied = list.as_sequence().get_slice(0, count)?.cast_into::<PyList>()?;
        return Ok(Contexts::Elements(copied.unbind()));
    }
    let Ok(length) = contexts.len() else {
        return Err(PyTypeError::new_err(format!(
            "connect_many: asked for contexts from {}; give None, a sequence of {count}, or a \
             callable index -> object",
            shown(contexts)
        )));
    };
    checked_length(length, count)?;
    let mut objects = room("connect_many", count)?;
    let mut holding = Holding::begin();
    for item in contexts.try_iter()? {
        let item = item?.unbind();
        if objects.len() == count {
            return Err(wrong_length(count + 1, count));
        }
        objects.push(item);
        if objects.len() % OFTEN == 0 {
            holding.pass(py)?;
        }
    }
    checked_length(objects.len(), count).map(|()| Contexts::Objects(objects))
}

/// One object for each number below `count`.
fn each_made<'py>(
    py: Python<'py>,
    count: usize,
    mut make: impl FnMut(usize) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Contexts> {
    let mut objects = room("connect_many", count)?;
    let mut holding = Holding::begin();
    for number in 0..count {
        if number % OFTEN == OFTEN - 1 {
            holding.pass(py)?;
        }
        objects.push(make(number)?.unbind());
    }
    Ok(Contexts::Objects(objects))
}

fn checked_length(found: usize, count: usize) -> PyResult<()> {
    if found == count {
        return Ok(());
    }
    Err(wrong_length(found, count))
}

fn wrong_length(found: usize, count: usize) -> PyErr {
    PyValueError::new_err(format!(
        "connect_many: asked for {count} connections; found {found} contexts; give one each"
    ))
}

/// Contexts for a batch handler: 64-bit integers.
fn batch_integers(contexts: &Bound<'_, PyAny>, count: usize) -> PyResult<Vec<u64>> {
    let wrong = |found| wrong_length(found, count);
    let numbers = integers("contexts of a batch handler", contexts, (count, &wrong))?;
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
type Layout = (u64, u64, Option<Py<PyList>>, Option<Py<PyAny>>);

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
        Some(addresses) => {
            let addresses = addresses.bind(py);
            checked_length(addresses.len(), count)?;
            let mut integers = room("connect_many", count)?;
            for address in addresses {
                integers.push(address.extract()?);
            }
            Ok(Contexts::Integers(integers, Some(keep)))
        }
        None => Ok(Contexts::Blocks { base, stride, keep }),
    }
}
