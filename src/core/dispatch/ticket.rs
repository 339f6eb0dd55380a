//! Ticket: one drive at a time per subsystem, alone or as a team of workers.

use crate::core::error::CoreError;
use crate::core::subsystem::Subsystem;
use crate::core::sync::Ordering;

/// The right to drive a subsystem; given back when dropped.
#[derive(Debug)]
pub struct Ticket<'s>(&'s Subsystem);

impl<'s> Ticket<'s> {
    /// The subsystem that may be driven.
    #[must_use]
    pub fn subsystem(&self) -> &'s Subsystem {
        self.0
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.0.end_driving();
    }
}

impl Subsystem {
    /// Asks for the right to drive.
    ///
    /// # Errors
    ///
    /// [`CoreError::Driven`] while another drive exists.
    pub fn ticket(&self) -> Result<Ticket<'_>, CoreError> {
        self.begin_driving()?;
        Ok(Ticket(self))
    }

    /// As [`ticket`](Self::ticket), for those who give it back with
    /// [`end_driving`](Self::end_driving) themselves.
    ///
    /// # Errors
    ///
    /// [`CoreError::Driven`] while another drive exists.
    pub fn begin_driving(&self) -> Result<(), CoreError> {
        // Acquire pairs with the Release in `end_driving`: the last drive's work is seen (row T1).
        self.driven
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .map_err(|_| CoreError::Driven)?;
        self.queue.set_stopped(false);
        Ok(())
    }

    /// Gives the right to drive back.
    pub fn end_driving(&self) {
        self.driven.store(false, Ordering::Release);
    }

    /// Whether a drive exists.
    #[must_use]
    pub fn is_driven(&self) -> bool {
        self.driven.load(Ordering::Relaxed)
    }

    /// Tells the present drive to stop after the running calls; what is queued stays queued.
    pub fn halt(&self) {
        self.queue.set_stopped(true);
    }

    /// Asks the present drive, on its own thread, to end its step after the running call.
    pub fn ask_for_pause(&self) {
        self.queue.set_pause(true);
    }

    /// Whether the present drive was told to stop, by [`halt`](Self::halt) or a failure.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.queue.signals().halt()
    }

    /// Whether something may be queued; cheap, for spinning.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.queue.has_work()
    }

    /// Waits at most 10 ms for all `workers` to rest with nothing queued; true when that is so.
    pub fn wait_quiet(&self, workers: usize) -> bool {
        self.queue.wait_quiet(workers)
    }
}
