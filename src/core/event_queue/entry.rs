//! Entry: which socket and which kind of edge, in the low 33 bits of a queue word.

use crate::core::flags::Edge;

/// One edge in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry(u64);

const EDGE_SHIFT: u32 = 32;
/// Where the segment's tag begins in a queue word.
pub(crate) const TAG_SHIFT: u32 = 33;

impl Entry {
    pub(crate) const fn new(index: u32, edge: Edge) -> Self {
        Self((edge as u64) << EDGE_SHIFT | index as u64)
    }

    pub(crate) const fn index(self) -> u32 {
        self.0 as u32
    }

    pub(crate) const fn edge(self) -> Edge {
        Edge::from_bit(self.0 >> EDGE_SHIFT)
    }

    /// The word that stands in the queue: the entry under its segment's tag.
    pub(crate) const fn tagged(self, tag: u64) -> u64 {
        tag << TAG_SHIFT | self.0
    }

    /// Whether a queue word was stored in the segment's present life.
    pub(crate) const fn is_tagged(word: u64, tag: u64) -> bool {
        word >> TAG_SHIFT == tag
    }

    /// The entry in a queue word.
    pub(crate) const fn untag(word: u64) -> Self {
        Self(word & ((1 << TAG_SHIFT) - 1))
    }
}

/// An entry together with its place in the queue's whole history, from 1: the edge's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) edge_number: u64,
    pub(crate) entry: Entry,
}
