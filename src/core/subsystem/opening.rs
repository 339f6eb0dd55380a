//! Opening sockets: slots from the table, room in the queue, first words.

use crate::core::error::CoreError;
use crate::core::event_queue::entry::Entry;
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerId;
use crate::core::large_pages::ask_for_large_pages;
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

    /// Opens `count` connected sockets, all or none; `context` returns each one's context from its
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
        let before = handles.len();
        if handles.try_reserve_exact(count).is_err() {
            return Err(CoreError::NoMemory { asked });
        }
        ask_for_large_pages(handles.spare_capacity_mut());
        // The generation is known when the slot is opened.
        let unopened = |index| SocketHandle { generation: 0, index };
        let prepare = |range: std::ops::Range<u32>| self.queue.reserve(range.end);
        let mut taken = self.table.take(count, prepare, unopened, handles);
        if taken.is_ok() && handles.len() - before < count {
            // Slots of closed sockets whose entries nobody took yet are no sockets: they are free now.
            self.sift();
            let missing = count - (handles.len() - before);
            taken = self.table.take(missing, prepare, unopened, handles);
        }
        if taken.is_err() || handles.len() - before < count {
            let open = limit - (handles.len() - before) as u64;
            self.table.free(handles.drain(before..).map(|handle| handle.index));
            return Err(match taken {
                Ok(()) => CoreError::SocketLimit { asked, open, limit },
                Err(NoMemory) => CoreError::NoMemory { asked },
            });
        }
        self.counters.opened(false, count as i64);
        for (number, handle) in handles[before..].iter_mut().enumerate() {
            let word =
                |generation| Word::opened(generation, opening.enabled, opening.kept, opening.hold);
            let context = context(number, handle.index);
            let bits = opening.handler.bits();
            handle.generation = self.table.open(handle.index, context, bits, word);
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
