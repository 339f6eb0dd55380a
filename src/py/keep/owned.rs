//! Owned objects: what Python objects the sockets of one subsystem keep alive.
//!
//! One slot array by socket index holds the context of a Python-handled socket, or what a natively
//! handled one needs kept alive; one table holds the handlers. Both change only while attached and
//! under their locks, and no lock is held while an object is dropped, because a drop may run Python
//! (R11, R12, R14).

use crate::core::handlers::{HandlerId, HandlerKind};
use crate::core::large_pages::ask_for_large_pages;
use crate::core::sync::{Mutex, MutexGuard};
use crate::py::values::export::context_bits;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
struct Handlers {
    by_pointer: HashMap<usize, u32>,
    entries: Vec<Option<Handler>>,
    free: Vec<u32>,
}

struct Handler {
    object: Py<PyAny>,
    /// Sockets that name it.
    sockets: u64,
}

/// The slot array, held.
pub(crate) struct Objects<'o>(MutexGuard<'o, Vec<Option<Py<PyAny>>>>);

impl Objects<'_> {
    /// Puts an object into an empty slot; returns the integer that stands for it in the core.
    #[inline]
    pub(crate) fn put(&mut self, index: u32, object: &Bound<'_, PyAny>) -> u64 {
        let (place, owned) = (index as usize, Some(object.clone().unbind()));
        if place == self.0.len() {
            self.0.push(owned);
        } else {
            if place > self.0.len() {
                self.0.resize_with(place + 1, || None);
            }
            debug_assert!(self.0[place].is_none(), "Invariant: a spent slot owns nothing");
            self.0[place] = owned;
        }
        context_bits(object)
    }
}

/// The Python objects of one subsystem.
#[derive(Default)]
pub(crate) struct Owned {
    /// By socket index.
    objects: Mutex<Vec<Option<Py<PyAny>>>>,
    handlers: Mutex<Handlers>,
    /// How many handlers were forgotten; their numbers may name others now.
    forgotten: AtomicU64,
}

impl Owned {
    /// Whether a socket has this handler.
    pub(crate) fn knows(&self, object: &Bound<'_, PyAny>) -> bool {
        self.handlers.lock().by_pointer.contains_key(&object.as_ptr().addr())
    }

    /// The number of a Python handler, with `sockets` more sockets that name it.
    pub(crate) fn add_handler(
        &self,
        object: &Bound<'_, PyAny>,
        kind: HandlerKind,
        sockets: u64,
    ) -> Option<HandlerId> {
        let mut handlers = self.handlers.lock();
        let pointer = object.as_ptr().addr();
        if let Some(&number) = handlers.by_pointer.get(&pointer) {
            if let Some(handler) = &mut handlers.entries[number as usize] {
                handler.sockets += sockets;
            }
            return Some(HandlerId::new(kind, number));
        }
        let handler = Some(Handler { object: object.clone().unbind(), sockets });
        let number = match handlers.free.pop() {
            Some(number) => {
                handlers.entries[number as usize] = handler;
                number
            }
            None => {
                let number = u32::try_from(handlers.entries.len()).ok()?;
                if number >= HandlerId::NUMBERS {
                    return None;
                }
                handlers.entries.push(handler);
                number
            }
        };
        handlers.by_pointer.insert(pointer, number);
        Some(HandlerId::new(kind, number))
    }

    /// The handler's object, with a reference of its own.
    pub(crate) fn handler(&self, py: Python<'_>, id: HandlerId) -> Option<Py<PyAny>> {
        let handlers = self.handlers.lock();
        let entry = handlers.entries.get(id.number() as usize)?.as_ref()?;
        Some(entry.object.clone_ref(py))
    }

    /// `sockets` sockets fewer name the handler; returns its object to drop when none does any more.
    pub(crate) fn forget_handler(&self, id: HandlerId, sockets: u64) -> Option<Py<PyAny>> {
        if !matches!(id.kind(), HandlerKind::Single | HandlerKind::Batch) {
            return None;
        }
        let mut handlers = self.handlers.lock();
        let entry = handlers.entries.get_mut(id.number() as usize)?;
        let handler = entry.as_mut()?;
        handler.sockets = handler.sockets.saturating_sub(sockets);
        if handler.sockets > 0 {
            return None;
        }
        let object = entry.take()?.object;
        handlers.by_pointer.remove(&object.as_ptr().addr());
        handlers.free.push(id.number());
        // Relaxed: changed and read while attached.
        self.forgotten.fetch_add(1, Ordering::Relaxed);
        Some(object)
    }

    /// How many handlers were forgotten so far.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::Relaxed)
    }

    /// The slots' objects, to put more there, below `end`; `None` if there is no memory for them. Nothing that may
    /// run Python may happen meanwhile.
    pub(crate) fn objects(&self, end: usize) -> Option<Objects<'_>> {
        let mut objects = self.objects.lock();
        if end > objects.capacity() {
            let more = end - objects.len();
            objects.try_reserve(more).ok()?;
            ask_for_large_pages(objects.spare_capacity_mut());
        }
        Some(Objects(objects))
    }

    /// The object in a slot.
    pub(crate) fn get(&self, py: Python<'_>, index: u32) -> Option<Py<PyAny>> {
        let objects = self.objects.lock();
        objects.get(index as usize)?.as_ref().map(|object| object.clone_ref(py))
    }

    /// Takes the objects of slots out; the caller drops them after this returned.
    pub(crate) fn take(&self, indices: &[u32], out: &mut Vec<Py<PyAny>>) {
        let mut objects = self.objects.lock();
        for &index in indices {
            if let Some(object) = objects.get_mut(index as usize) {
                out.extend(object.take());
            }
        }
    }

    /// Takes everything out, for the end of the subsystem.
    pub(crate) fn clear(&self) {
        let objects = std::mem::take(&mut *self.objects.lock());
        let handlers = std::mem::take(&mut *self.handlers.lock());
        drop((objects, handlers));
    }

    /// Visits each object once; a held lock means that a change is under way: then nothing is
    /// visited, which makes the collector keep everything this time.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(objects) = self.objects.try_lock() {
            for object in objects.iter().flatten() {
                visit.call(object)?;
            }
        }
        if let Some(handlers) = self.handlers.try_lock() {
            for handler in handlers.entries.iter().flatten() {
                visit.call(&handler.object)?;
            }
        }
        Ok(())
    }
}
