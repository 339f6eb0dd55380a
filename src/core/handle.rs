//! Socket handle: which slot, and which life of it.

use std::fmt;

/// Names one socket for as long as it lives: slot index and generation.
///
/// A slot is reused, a handle is not: the generation grows by one with every socket that opens in a
/// slot, and a slot whose generation would wrap is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketHandle {
    /// Which life of the slot; 1 for the first.
    pub generation: u32,
    /// Which slot.
    pub index: u32,
}

impl SocketHandle {
    /// Packs the handle into one word: generation above, index below.
    #[must_use]
    pub const fn bits(self) -> u64 {
        (self.generation as u64) << 32 | self.index as u64
    }

    /// Unpacks what [`bits`](Self::bits) packed.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self { generation: (bits >> 32) as u32, index: bits as u32 }
    }
}

/// The small number that every output shows: the slot, and behind a point which life of it, from the second on.
impl fmt::Display for SocketHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            0 | 1 => write!(f, "{}", self.index),
            life => write!(f, "{}.{life}", self.index),
        }
    }
}
