//! The sockets of a storm: who opens and closes them for the generator, and with which contexts.
//!
//! Sockets of a C handler live without Python: their contexts are numbers, NULL, or blocks of memory
//! that belong to the subsystem, so that a storm opens and closes them on a detached thread. Sockets of
//! Python handlers take the road of `connect_many`, attached for as long as that takes.

use crate::core::error::CoreError;
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerId;
use crate::core::subsystem::{Closing, Opening};
use crate::core::sync::{AtomicU64, Mutex, Ordering, yield_now};
use crate::py::drive::handlers::{Handler, recognise};
use crate::py::keep::shared::Shared;
use crate::py::sockets::connecting::{self, Contexts};
use crate::py::values::arguments::{integers, room};
use crate::py::values::errors::to_py_err;
use crate::storm::Opener;
use crate::storm::sharding::ShardEdges;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::borrow::Cow;

/// How often an open waits for calls that are about to end before it gives up.
const PATIENCE: usize = 1_000_000;

/// Sixty-four bytes of contexts. Atomic, because a C handler's writes to them come and go between ours.
#[derive(Debug)]
#[repr(align(64))]
struct Line([AtomicU64; 8]);

/// Zeroed memory for the contexts of a C handler, one block per socket.
#[derive(Debug)]
pub(crate) struct Blocks {
    lines: Box<[Line]>,
    /// Words from one block to the next; even, so that each begins on 16 bytes, as malloc's do.
    stride: usize,
}

impl Blocks {
    /// `count` blocks of `size` bytes at least; `None` if there is no such memory.
    pub(crate) fn new(count: usize, size: usize) -> Option<Self> {
        let stride = size.div_ceil(16) * 2;
        let needed = count.checked_mul(stride)?.div_ceil(8);
        let mut lines = Vec::new();
        lines.try_reserve_exact(needed).ok()?;
        lines.extend((0..needed).map(|_| Line(std::array::from_fn(|_| AtomicU64::new(0)))));
        Some(Self { lines: lines.into(), stride })
    }

    /// Zeroes a block that no call uses; returns its address.
    fn renew(&self, number: usize) -> u64 {
        let first = number * self.stride;
        for word in first..first + self.stride {
            // Relaxed: the socket's first word is published after it, with Release (row W1).
            self.lines[word / 8].0[word % 8].store(0, Ordering::Relaxed);
        }
        std::ptr::from_ref(&self.lines[first / 8].0[first % 8]).expose_provenance() as u64
    }
}

/// What a storm's sockets are opened with.
pub(crate) enum Supply {
    /// For a C handler.
    Native(HandlerId, Words),
    /// The sockets' numbers, for a batch handler.
    Numbers,
    /// What this object's `renew(numbers)` returns, anew for each life.
    Source(Py<PyAny>),
}

/// The contexts of a C handler.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Words {
    /// The socket's number.
    Number,
    /// NULL.
    Null,
    /// The address of the socket's block, in the subsystem's keeping.
    Block,
}

/// Sockets of a C handler; needs no Python, unless the table is full.
pub(crate) struct NativeSockets<'s> {
    pub(crate) shared: &'s Shared,
    pub(crate) handler: HandlerId,
    pub(crate) words: Words,
    pub(crate) names: Option<&'s Mutex<ShardEdges>>,
}

impl Opener for NativeSockets<'_> {
    type Error = CoreError;

    fn open(&mut self, numbers: &[u32], opened: &mut Vec<SocketHandle>) -> Result<(), CoreError> {
        let opening = Opening { handler: self.handler, enabled: true, kept: true, hold: false };
        let (words, blocks) = (self.words, self.shared.blocks.get());
        let named = named(self.names, numbers);
        let context = |position: usize, _| match (words, blocks) {
            (Words::Block, Some(blocks)) => blocks.renew(numbers[position] as usize),
            (Words::Number, _) => u64::from(named[position]),
            _ => 0,
        };
        let core = &self.shared.core;
        let mut ended = core.open_many(numbers.len(), opening, context, opened);
        for _ in 0..PATIENCE {
            let Err(CoreError::SocketLimit { .. }) = ended else { break };
            // Slots whose close had to wait for the end of a call.
            Python::attach(|py| self.shared.bury(py, &[]));
            yield_now();
            ended = core.open_many(numbers.len(), opening, context, opened);
        }
        ended
    }

    fn close(&mut self, handles: &[SocketHandle]) -> Result<(), CoreError> {
        let core = &self.shared.core;
        // Slots own no object here, so they are released as they stand.
        core.release_many(closed(self.shared, handles));
        Ok(())
    }
}

/// What the plan calls these sockets, which are opened for the edges that come next: of a shard not their own numbers.
fn named<'n>(names: Option<&Mutex<ShardEdges>>, numbers: &'n [u32]) -> Cow<'n, [u32]> {
    let Some(names) = names else { return Cow::Borrowed(numbers) };
    Cow::Owned(names.lock().by_ref().take(numbers.len()).map(|edge| edge.socket).collect())
}

/// Closes sockets; returns the slots of those whose close is complete.
fn closed(shared: &Shared, handles: &[SocketHandle]) -> Vec<u32> {
    let is_done = |handle: &&SocketHandle| matches!(shared.core.close(**handle), Ok(Closing::Done));
    handles.iter().filter(is_done).map(|handle| handle.index).collect()
}

/// Sockets whose handler or contexts are Python's; attaches where it has to.
pub(crate) struct PythonSockets<'s> {
    pub(crate) shared: &'s Shared,
    pub(crate) handler: &'s Py<PyAny>,
    pub(crate) supply: &'s Supply,
    pub(crate) names: Option<&'s Mutex<ShardEdges>>,
}

impl Opener for PythonSockets<'_> {
    type Error = PyErr;

    fn open(&mut self, numbers: &[u32], opened: &mut Vec<SocketHandle>) -> Result<(), PyErr> {
        Python::attach(|py| {
            let handler = self.handler.bind(py);
            let handler = recognise("storm", Some(handler))?;
            let contexts = self.contexts(py, &handler, &named(self.names, numbers))?;
            let count = numbers.len();
            opened.extend(connecting::open(py, self.shared, count, &handler, contexts, true)?);
            Ok(())
        })
    }

    fn close(&mut self, handles: &[SocketHandle]) -> Result<(), PyErr> {
        Python::attach(|py| {
            let done = self.shared.detached(py, || closed(self.shared, handles));
            self.shared.bury(py, &done);
            Ok(())
        })
    }
}

impl PythonSockets<'_> {
    fn contexts(
        &self,
        py: Python<'_>,
        handler: &Handler<'_, '_>,
        numbers: &[u32],
    ) -> PyResult<Contexts> {
        let Supply::Source(source) = self.supply else {
            let mut integers = room("storm", numbers.len())?;
            integers.extend(numbers.iter().copied().map(u64::from));
            return Ok(Contexts::Integers(integers, None));
        };
        // Not `PyList::new`, which panics where there is no memory.
        let listed = PyList::empty(py);
        for number in numbers {
            listed.append(number)?;
        }
        let made = source.bind(py).call_method1("renew", (&listed,))?.cast_into::<PyList>()?;
        if made.len() != numbers.len() {
            return Err(PyValueError::new_err(format!(
                "storm: asked for contexts of {} sockets; found {}; give one each",
                numbers.len(),
                made.len()
            )));
        }
        Ok(match handler {
            Handler::Native(_, keep) => {
                let mut addresses = room("storm", made.len())?;
                for address in &made {
                    addresses.push(address.extract::<u64>()?);
                }
                Contexts::Integers(addresses, Some((*keep).clone().unbind()))
            }
            Handler::Python(_, crate::core::handlers::HandlerKind::Batch) => {
                let wrong =
                    |_| PyValueError::new_err("storm: the contexts changed while they were read");
                let wanted = (made.len(), &wrong as _);
                let made = integers("contexts of a batch handler", made.as_any(), wanted)?;
                Contexts::Integers(made.into_iter().map(i64::cast_unsigned).collect(), None)
            }
            _ => {
                let mut objects = room("storm", made.len())?;
                objects.extend(made.iter().map(Bound::unbind));
                Contexts::Objects(objects)
            }
        })
    }
}

/// A refusal of the core, as Python's exception for it.
pub(crate) fn refused(refusal: CoreError) -> PyErr {
    Python::attach(|py| to_py_err(py, refusal))
}
