//! Handlers: who is called for an edge, as a number, and where C handlers lie.

use crate::core::error::CoreError;
use crate::core::socket_table::Slab;
use crate::core::sync::{AtomicU64, Mutex, Ordering};
use foldhash::{HashMap, HashMapExt as _};

/// How a handler wants to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlerKind {
    /// By the host, once per edge.
    Single,
    /// By the host, once for many sockets.
    Batch,
    /// By the dispatcher itself, at a machine address.
    Native,
    /// Not at all: the socket has no callback (O-7).
    None,
}

/// Which handler: its kind in the two top bits, below them a number that its owner gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandlerId(u32);

impl HandlerId {
    /// A socket without callback.
    pub const NONE: Self = Self(u32::MAX);
    /// Numbers are below this.
    pub const NUMBERS: u32 = 1 << 30;

    /// A handler that the host calls.
    ///
    /// # Panics
    ///
    /// If `number` is not below [`Self::NUMBERS`].
    #[must_use]
    pub const fn new(kind: HandlerKind, number: u32) -> Self {
        assert!(number < Self::NUMBERS, "Invariant: handler numbers fit 30 bits");
        Self((kind as u32) << 30 | number)
    }

    /// The number that its owner gave.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 & (Self::NUMBERS - 1)
    }

    /// How it is called.
    #[must_use]
    pub const fn kind(self) -> HandlerKind {
        match self.0 >> 30 {
            0 => HandlerKind::Single,
            1 => HandlerKind::Batch,
            2 => HandlerKind::Native,
            _ => HandlerKind::None,
        }
    }

    /// Whether there is no callback.
    #[must_use]
    pub const fn is_none(self) -> bool {
        matches!(self.kind(), HandlerKind::None)
    }

    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// Addresses of C handlers, by number; they only grow in number and never change.
#[derive(Debug)]
pub(crate) struct NativeHandlers {
    addresses: Slab<AtomicU64, 6>,
    numbers: Mutex<HashMap<u64, u32>>,
}

/// How many C handlers a subsystem may register.
#[cfg(not(loom))]
const NATIVE_HANDLERS: u32 = 1 << 20;
#[cfg(loom)]
const NATIVE_HANDLERS: u32 = 2;

impl NativeHandlers {
    pub(crate) fn new() -> Self {
        Self { addresses: Slab::new(), numbers: Mutex::new(HashMap::new()) }
    }

    /// The handler at `address`; the same address yields the same handler.
    pub(crate) fn add(&self, address: u64) -> Result<HandlerId, CoreError> {
        let mut numbers = self.numbers.lock();
        let next = numbers.len() as u32;
        let number = *numbers.entry(address).or_insert(next);
        let grown = self.addresses.grow(number as usize..number as usize + 1);
        if number == NATIVE_HANDLERS || grown.is_err() {
            numbers.remove(&address);
            return Err(CoreError::HandlerLimit { limit: u64::from(next) });
        }
        let place = self.addresses.get(number as usize).expect("Invariant: just grown");
        // Relaxed: published with the word of the first socket that names the number (row W1).
        place.store(address, Ordering::Relaxed);
        Ok(HandlerId::new(HandlerKind::Native, number))
    }

    pub(crate) fn address(&self, handler: HandlerId) -> u64 {
        let place = self.addresses.get(handler.number() as usize);
        // Relaxed: see `add`.
        place.expect("Invariant: a socket names a registered handler").load(Ordering::Relaxed)
    }
}
