//! Asking: enable, disable and close, which never wait and are decided by one exchange each.

use crate::core::counters::Withheld;
use crate::core::error::CoreError;
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerId;
use crate::core::socket_table::Slot;
use crate::core::socket_table::word::{Refusal, Switched, Word};
use crate::core::status::NtStatus;
use crate::core::subsystem::{SHUT, Subsystem};
use crate::core::sync::{Ordering, spin_loop, yield_now};

/// What a close answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Complete: no call runs and none will start (C-13).
    Done,
    /// Complete when the running call has returned (C-13, C-15).
    Pending,
}

impl Closing {
    /// The status that the asker gets.
    #[must_use]
    pub const fn status(self) -> NtStatus {
        match self {
            Self::Done => NtStatus::SUCCESS,
            Self::Pending => NtStatus::PENDING,
        }
    }
}

impl Subsystem {
    /// Enables `WSK_EVENT_DISCONNECT` (E-9); remembered edges become queued (D-22).
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`], [`CoreError::NoHandler`].
    pub fn enable(&self, handle: SocketHandle) -> Result<NtStatus, CoreError> {
        let slot = self.slot_of(handle)?;
        let number = self.note_number();
        let switched = self.switch(slot, handle, |word| {
            let switched = word.enable(handle.generation).map_err(Some)?;
            // Of this life: the generation matched, and the exchange fails if it has ended since.
            if HandlerId::from_bits(slot.handler()).is_none() { Err(None) } else { Ok(switched) }
        })?;
        self.note_enabled(number, handle);
        self.push_owed(handle.index, switched.owed);
        Ok(NtStatus::SUCCESS)
    }

    /// Disables `WSK_EVENT_DISCONNECT` without an IRP (E-13, E-14, E-19, E-32).
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn disable(&self, handle: SocketHandle) -> Result<NtStatus, CoreError> {
        let running = self.disable_telling(handle, false)?;
        Ok(if running { NtStatus::EVENT_PENDING } else { NtStatus::SUCCESS })
    }

    /// Disables the event; true when a call of it runs, whose end is then told if `wanted`. As enable
    /// and close it waits for nothing, so a handler may ask for its own socket or another (D-12).
    pub(crate) fn disable_telling(
        &self,
        handle: SocketHandle,
        wanted: bool,
    ) -> Result<bool, CoreError> {
        let slot = self.slot_of(handle)?;
        let number = self.note_number();
        let switched = self
            .switch(slot, handle, |word| word.disable(handle.generation, wanted).map_err(Some))?;
        if !self.options.remember_disconnects {
            self.withhold(handle, Withheld::NotEnabled)?; // U-2, the other way
        }
        self.note_disabled(number, handle, switched.running);
        Ok(switched.running)
    }

    /// Applies a switch and moves what it holds or frees in the books; entries are left to push.
    pub(crate) fn switch(
        &self,
        slot: &Slot,
        handle: SocketHandle,
        change: impl Fn(Word) -> Result<Switched, Option<Refusal>>,
    ) -> Result<Switched, CoreError> {
        let changed = slot.change(|word| change(word).map(|switched| (switched.word, switched)));
        let (before, switched) = changed.map_err(|refusal| match refusal {
            None => CoreError::NoHandler,
            Some(refusal) => refused(refusal, handle),
        })?;
        if switched.superseded {
            self.counters.withheld(Withheld::Superseded, 1);
            self.settle(1);
        }
        self.held_moved(before, switched.word);
        Ok(switched)
    }

    /// Closes a socket; never waits. When the answer is [`Closing::Done`] and the socket was opened
    /// with `kept`, the caller lets go of the context and then calls [`release`](Self::release).
    ///
    /// # Errors
    ///
    /// [`CoreError::Stale`], [`CoreError::Closed`].
    pub fn close(&self, handle: SocketHandle) -> Result<Closing, CoreError> {
        let mut spent = None;
        let closing = self.close_into(handle, &mut |index| spent = Some(index))?;
        self.table.free(spent);
        Ok(closing)
    }

    /// [`close`](Self::close), but a slot that is spent goes to `spent` and from there, many at a
    /// time, to [`free`](Self::free).
    ///
    /// # Errors
    ///
    /// As [`close`](Self::close).
    pub fn close_into(
        &self,
        handle: SocketHandle,
        spent: &mut dyn FnMut(u32),
    ) -> Result<Closing, CoreError> {
        let slot = self.slot_of(handle)?;
        let number = self.note_number();
        let alone = self.is_alone();
        if let Some(word) = slot.at_once(alone, |word| word.close_at_once(handle.generation)) {
            self.note_closed(number, handle, true);
            self.counters.opened(alone, -1);
            self.closed_word(handle.index, word, spent);
            return Ok(Closing::Done);
        }
        let changed = slot.change(|word| word.close(handle.generation).map(|c| (c.word, c)));
        let (before, closed) = changed.map_err(|refusal| refused(refusal, handle))?;
        self.note_closed(number, handle, closed.done);
        let withheld = u64::from(closed.withheld);
        if withheld > 0 {
            self.counters.withheld(Withheld::Closed, withheld);
            self.settle(withheld);
            self.held_moved(before, closed.word);
        }
        self.counters.opened(false, -1);
        self.closed_word(handle.index, closed.word, spent);
        Ok(if closed.done { Closing::Done } else { Closing::Pending })
    }

    /// The books of a slot whose word a close has left behind.
    fn closed_word(&self, index: u32, word: Word, spent: &mut dyn FnMut(u32)) {
        if word.is_lingering() {
            self.lingering.fetch_add(1, Ordering::Relaxed);
        }
        if word.is_spent() {
            spent(index);
        }
    }

    /// The owner of a kept context let go of it; the slot may be opened again.
    pub fn release(&self, index: u32) {
        self.release_many([index]);
    }

    /// [`release`](Self::release) of many; the first of them is the first to be opened again.
    pub fn release_many(&self, indices: impl IntoIterator<Item = u32>) {
        let is_spent = |index: &u32| {
            let changed = self.table.slot(*index).change(|word| {
                let released = word.release();
                Ok::<_, std::convert::Infallible>((released, released.is_spent()))
            });
            let Ok((_, spent)) = changed;
            spent
        };
        self.table.free(indices.into_iter().filter(is_spent));
    }

    /// Gives back slots that [`close_into`](Self::close_into) reported as spent.
    pub fn free(&self, spent: impl IntoIterator<Item = u32>) {
        self.table.free(spent);
    }

    /// Refuses new sockets from now on and closes every open one; `done` gets the index of each
    /// whose close completed at once. Closing again does nothing.
    pub fn shut(&self, mut done: impl FnMut(u32)) {
        while self.shut_some(u32::MAX, &mut done) {}
    }

    /// As [`shut`](Self::shut), for at most `most` slots: whether more are left, which the next call goes on with,
    /// on whatever thread.
    pub fn shut_some(&self, most: u32, mut done: impl FnMut(u32)) -> bool {
        // AcqRel: opens that counted themselves before are seen, later ones see the bit (row G1).
        self.gate.fetch_or(SHUT, Ordering::AcqRel);
        let mut spins = 0u32;
        while self.gate.load(Ordering::Acquire) != SHUT {
            spins += 1;
            if spins < 64 { spin_loop() } else { yield_now() }
        }
        let used = self.table.used();
        // Relaxed: who goes on where; the slots' own words decide the rest.
        let begin = self.shut_below.load(Ordering::Relaxed);
        let end = begin.saturating_add(most).min(used);
        if self
            .shut_below
            .compare_exchange(begin, end, Ordering::Relaxed, Ordering::Relaxed)
            .is_err()
        {
            return true;
        }
        for index in begin..end {
            let word = self.table.slot(index).load();
            if word.is_open() {
                let handle = SocketHandle { generation: word.generation(), index };
                if let Ok(Closing::Done) = self.close(handle) {
                    done(index);
                }
            }
        }
        end < used
    }
}

pub(crate) fn refused(refusal: Refusal, handle: SocketHandle) -> CoreError {
    match refusal {
        Refusal::Stale => CoreError::Stale(handle),
        Refusal::Closed | Refusal::Repeated => CoreError::Closed(handle),
    }
}
