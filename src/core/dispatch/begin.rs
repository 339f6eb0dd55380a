//! Begin: one call of a drive, from its begin on the socket's word to its finish.

use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::socket_table::Slot;
use crate::core::socket_table::word::Word;

/// A call that this thread began and has to finish.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begin<'s> {
    pub(super) slot: &'s Slot,
    /// The word as begin left it.
    pub(super) word: Word,
    pub(super) index: u32,
    pub(super) edge: Edge,
}

impl Begin<'_> {
    #[inline]
    pub(super) fn handle(&self) -> SocketHandle {
        SocketHandle { generation: self.word.generation(), index: self.index }
    }

    /// SocketContext; valid until the call is finished.
    #[inline]
    pub(super) fn context(&self) -> u64 {
        self.slot.context()
    }
}
