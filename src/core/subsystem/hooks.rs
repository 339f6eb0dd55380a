//! Hooks: what the contract machine asks of a socket's word, beyond what posters and applications do.
//!
//! Each is one exchange, as in `asking`. The machine calls them under its own lock; they take none
//! but the sleepers' lock to wake a drive.

use crate::core::counters::Withheld;
use crate::core::error::CoreError;
use crate::core::handle::SocketHandle;
use crate::core::socket_table::word::{Attended, Refusal, Switched, Word};
use crate::core::subsystem::Subsystem;
use crate::core::subsystem::asking::refused;

/// Whether a call of another event than the disconnect event may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attend {
    /// It begins now; [`Subsystem::attended`] ends it.
    Call,
    /// A call of the socket runs; [`Host::ended`](crate::core::dispatch::Host::ended) tells its end.
    Busy,
    /// Nothing of the socket may be indicated before [`Subsystem::unhold`].
    Held,
}

/// What the end of a call of another event brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttendEnd {
    /// A close that waited for the call is complete (C-13).
    pub closed: bool,
    /// Someone wanted to hear of the end.
    pub wanted: bool,
}

impl Subsystem {
    /// Nothing of the socket is indicated before [`unhold`](Self::unhold) (D-20, D-27).
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn hold(&self, handle: SocketHandle) -> Result<(), CoreError> {
        self.apply(handle, |word| word.hold(handle.generation))
    }

    /// Lets indications of the socket go on.
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn unhold(&self, handle: SocketHandle) -> Result<(), CoreError> {
        self.apply(handle, |word| word.unhold(handle.generation))
    }

    /// Data stands before the graceful edge, or does no more (D-19, G-18).
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn set_unread(&self, handle: SocketHandle, unread: bool) -> Result<(), CoreError> {
        self.apply(handle, |word| word.set_unread(handle.generation, unread))
    }

    /// Data that a callback was given stays unread: a graceful edge that waits with an abortive one
    /// gives it its place (G-18). For the end of that callback, before [`attended`](Self::attended).
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn supersede(&self, handle: SocketHandle) -> Result<(), CoreError> {
        self.apply(handle, |word| word.supersede(handle.generation))
    }

    fn apply(
        &self,
        handle: SocketHandle,
        change: impl Fn(Word) -> Result<Switched, Refusal>,
    ) -> Result<(), CoreError> {
        let slot = self.slot_of(handle)?;
        let switched = self.switch(slot, handle, |word| change(word).map_err(Some))?;
        self.push_owed(handle.index, switched.owed);
        Ok(())
    }

    /// Disables the event for a caller with an IRP; true when a call of it runs, whose end is told.
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn disable_wanted(&self, handle: SocketHandle) -> Result<bool, CoreError> {
        self.disable_telling(handle, true)
    }

    /// The edges of the socket that wait lose their indication, for `cause` (U-34, D-18, D-26).
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn withhold(&self, handle: SocketHandle, cause: Withheld) -> Result<(), CoreError> {
        let slot = self.slot_of(handle)?;
        let changed = slot.change(|word| {
            let (after, count) = word.withhold(handle.generation)?;
            Ok((after, (after, count)))
        });
        let (before, (after, count)) = changed.map_err(|refusal| refused(refusal, handle))?;
        if count > 0 {
            self.counters.withheld(cause, u64::from(count));
            self.settle(u64::from(count));
            self.held_moved(before, after);
        }
        Ok(())
    }

    /// A call of another event of the socket wants to begin (D-24).
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn attend(&self, handle: SocketHandle) -> Result<Attend, CoreError> {
        let slot = self.slot_of(handle)?;
        let changed = slot.change(|word| {
            let attended = word.attend(handle.generation).map_err(Some)?;
            match attended {
                Attended::Call(after) => Ok((after, Attend::Call)),
                Attended::Busy(after) => Ok((after, Attend::Busy)),
                Attended::Held => Err(None),
            }
        });
        match changed {
            Ok((_, attend)) => Ok(attend),
            Err(None) => Ok(Attend::Held),
            Err(Some(refusal)) => Err(refused(refusal, handle)),
        }
    }

    /// The call that [`attend`](Self::attend) let begin has returned.
    pub fn attended(&self, handle: SocketHandle) -> AttendEnd {
        let slot = self.table.slot(handle.index);
        let changed = slot.change(|word| {
            let finished = word.finish();
            Ok::<_, std::convert::Infallible>((finished.word, finished))
        });
        let Ok((_, finished)) = changed;
        self.push_owed(handle.index, finished.owed);
        if finished.closed {
            self.close_completed(handle, finished.word);
        }
        AttendEnd { closed: finished.closed, wanted: finished.wanted }
    }

    /// The contract machine has `count` more errands; a drive will end a step with `Errands`.
    pub fn add_errands(&self, count: u64) {
        self.queue.add_errands(count);
    }

    /// `count` errands were fetched from the contract machine.
    pub fn take_errands(&self, count: u64) {
        self.queue.take_errands(count);
    }

    /// How many edges have been queued so far: the number of the latest.
    #[must_use]
    pub fn edges_queued(&self) -> u64 {
        self.queue.claimed()
    }
}
