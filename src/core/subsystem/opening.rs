//! Opening sockets: slots from the table, room in the queue, first words.

use crate::core::dispatch::handler::HandlerId;
use crate::core::error::CoreError;
use crate::core::event_queue::entry::Entry;
use crate::core::handle::SocketHandle;
use crate::core::socket_table::NoMemory;
use crate::core::socket_table::word::Word;
use crate::core::subsystem::{LINGERING, OPENING, SHUT, Subsystem};
use crate::core::sync::{Apart, AtomicU64, Ordering};

/// What new sockets have in common.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Who is called.
    pub handler: HandlerId,
    /// Whether `WSK_EVENT_DISCONNECT` is enabled from the start.
    pub enabled: bool,
    /// Whether the slot waits for [`Subsystem::release`] after the close.
    pub kept: bool,
    /// Whether nothing is indicated before [`Subsystem::unhold`] (D-27).
    pub hold: bool,
}

impl Subsystem {
    /// Opens one connected socket.
    ///
    /// # Errors
    ///
    /// As [`open_many`](Self::open_many).
    pub fn open(&self, context: u64, opening: Opening) -> Result<SocketHandle, CoreError> {
        let mut handles = Vec::with_capacity(1);
        self.open_many(1, opening, |_, _| context, &mut handles)?;
        handles.pop().ok_or(CoreError::SubsystemClosed)
    }

    /// Opens `count` connected sockets, all or none; `context` gives each one's context from its
    /// number, 0 to `count - 1`, and its slot's index, before the socket can be found.
    ///
    /// # Errors
    ///
    /// [`CoreError::SubsystemClosed`], [`CoreError::SocketLimit`], [`CoreError::NoHandler`],
    /// [`CoreError::NoMemory`].
    pub fn open_many(
        &self,
        count: usize,
        opening: Opening,
        mut context: impl FnMut(usize, u32) -> u64,
        handles: &mut Vec<SocketHandle>,
    ) -> Result<(), CoreError> {
        if opening.enabled && opening.handler.is_none() {
            return Err(CoreError::NoHandler);
        }
        let _gate = Gate::enter(&self.gate)?;
        let lingering = self.lingering.load(Ordering::Relaxed);
        if lingering > LINGERING.max(self.counters.open() as i64) {
            self.sift();
        }
        let (asked, limit) = (count as u64, u64::from(self.table.limit()));
        let open = self.counters.open();
        if asked > limit.saturating_sub(open) {
            return Err(CoreError::SocketLimit { asked, open, limit });
        }
        let mut indices = Vec::new();
        if indices.try_reserve_exact(count).is_err() {
            return Err(CoreError::NoMemory { asked });
        }
        let taken = self.table.take(count, |range| self.queue.reserve(range.end), &mut indices);
        if taken.is_err() || indices.len() < count {
            let open = limit - indices.len() as u64;
            self.table.free(indices);
            return Err(match taken {
                Ok(()) => CoreError::SocketLimit { asked, open, limit },
                Err(NoMemory) => CoreError::NoMemory { asked },
            });
        }
        self.counters.opened(false, count as i64);
        handles.reserve(count);
        for (number, &index) in indices.iter().enumerate() {
            let word =
                |generation| Word::opened(generation, opening.enabled, opening.kept, opening.hold);
            let context = context(number, index);
            let generation = self.table.open(index, context, opening.handler.bits(), word);
            handles.push(SocketHandle { generation, index });
        }
        Ok(())
    }

    /// Drops queued entries of closed sockets, so that a program that opens, disconnects and closes
    /// without ever driving does not fill memory.
    fn sift(&self) {
        self.queue.sift(|entry| {
            let slot = self.table.slot(entry.index());
            if !slot.load().is_lingering() {
                return true;
            }
            self.drop_entry(entry);
            false
        });
    }

    /// Takes the bit of a closed socket's entry out of its word.
    fn drop_entry(&self, entry: Entry) {
        let changed =
            self.table.slot(entry.index()).change(|word| match word.begin(entry.edge()) {
                crate::core::socket_table::word::Begun::Drop(after) => Ok((after, after)),
                // A closed socket never opens again while it has an entry.
                _ => Err(()),
            });
        if let Ok((before, after)) = changed {
            self.dropped(entry.index(), before, after);
        }
    }
}

/// Counts an open under way, so that closing the subsystem can wait for it.
struct Gate<'s>(&'s Apart<AtomicU64>);

impl<'s> Gate<'s> {
    fn enter(gate: &'s Apart<AtomicU64>) -> Result<Self, CoreError> {
        // AcqRel: decided on this word against `shut` (row G1).
        let entered = Self(gate);
        if gate.fetch_add(OPENING, Ordering::AcqRel) & SHUT != 0 {
            return Err(CoreError::SubsystemClosed);
        }
        Ok(entered)
    }
}

impl Drop for Gate<'_> {
    fn drop(&mut self) {
        // Release: `shut` sees the words that this open published (row G1).
        self.0.fetch_sub(OPENING, Ordering::Release);
    }
}
