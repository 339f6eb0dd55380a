//! Batch: the sockets of one call of a batch handler, as columns.

use crate::core::dispatch::handler::Indication;
use crate::core::handle::SocketHandle;

/// Parallel columns, one row per socket; no socket occurs twice (design, section 2).
#[derive(Debug, Default)]
pub struct Batch {
    /// SocketContext of each.
    pub contexts: Vec<u64>,
    /// `Flags` of each.
    pub flags: Vec<u32>,
    /// The sockets.
    pub handles: Vec<SocketHandle>,
    /// Each edge's place in the queue's history.
    pub edge_numbers: Vec<u64>,
}

impl Batch {
    /// How many sockets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.handles.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.contexts.clear();
        self.flags.clear();
        self.handles.clear();
        self.edge_numbers.clear();
    }

    pub(crate) fn push(&mut self, indication: &Indication) {
        self.contexts.push(indication.context);
        self.flags.push(indication.flags);
        self.handles.push(indication.handle);
        self.edge_numbers.push(indication.edge_number);
    }
}
