//! Batch: the sockets of one call of a batch handler, as columns.

use crate::core::dispatch::begin::Begin;
use crate::core::flags::DisconnectFlags;
use crate::core::handle::SocketHandle;
use crate::core::irql::Irql;
use crate::core::limits::TAKE;
use std::sync::Arc;

/// Parallel columns, one row per socket; no socket occurs twice.
///
/// A handler that keeps a column beyond the call keeps it as it was: the next batch then gets another one.
#[derive(Debug)]
pub struct Batch<'s> {
    /// SocketContext of each.
    pub contexts: Arc<Vec<u64>>,
    /// `Flags` of each.
    pub flags: Arc<Vec<u32>>,
    /// The bits that any call of a row has in its `Flags`, also those that handlers are not told.
    any: u32,
    pub(super) rows: Vec<Row<'s>>,
}

/// What the dispatcher needs to know of a socket of a batch.
#[derive(Debug)]
pub(super) struct Row<'s> {
    pub(super) begin: Begin<'s>,
    /// The edge's place in the queue's history.
    pub(super) edge_number: u64,
}

/// The columns of a batch that is being filled.
#[derive(Debug)]
pub(super) struct Columns<'b, 's> {
    contexts: &'b mut Vec<u64>,
    flags: &'b mut Vec<u32>,
    any: &'b mut u32,
    rows: &'b mut Vec<Row<'s>>,
}

impl<'s> Batch<'s> {
    pub(super) fn new() -> Self {
        Self { contexts: Arc::default(), flags: Arc::default(), any: 0, rows: Vec::new() }
    }

    /// How many sockets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The socket of a row.
    #[must_use]
    pub fn handle(&self, row: usize) -> SocketHandle {
        self.rows[row].begin.handle()
    }

    /// The row's edge's place in the queue's history, from 1.
    #[must_use]
    pub fn edge_number(&self, row: usize) -> u64 {
        self.rows[row].edge_number
    }

    /// The level of the call: that of the highest row.
    #[must_use]
    pub fn level(&self) -> Irql {
        DisconnectFlags::level(self.any)
    }

    /// The columns, empty.
    pub(super) fn columns(&mut self) -> Columns<'_, 's> {
        self.rows.clear();
        self.any = 0;
        Columns {
            contexts: emptied(&mut self.contexts),
            flags: emptied(&mut self.flags),
            any: &mut self.any,
            rows: &mut self.rows,
        }
    }
}

/// The column, empty, or a new one where somebody kept it.
fn emptied<T>(column: &mut Arc<Vec<T>>) -> &mut Vec<T> {
    if Arc::get_mut(column).is_none_or(|values| values.capacity() == 0) {
        *column = Arc::new(Vec::with_capacity(TAKE));
    }
    let values = Arc::get_mut(column).expect("Invariant: nobody else has a new column");
    values.clear();
    values
}

impl<'s> Columns<'_, 's> {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    #[inline(always)]
    pub(super) fn push(&mut self, begin: Begin<'s>, flags: u32, told: u32, edge_number: u64) {
        self.contexts.push(begin.context());
        self.flags.push(flags & told);
        *self.any |= flags;
        self.rows.push(Row { begin, edge_number });
    }
}
