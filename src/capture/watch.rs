//! Whether to go on, asked now and then while files are put in order: that may take long, and a user may have enough.

use super::error::CaptureError;
use super::source::PAUSE;

/// Counts the work, in bytes, and asks after so much of it.
pub(super) struct Watch<'a> {
    goes_on: &'a mut dyn FnMut() -> bool,
    done: usize,
}

impl<'a> Watch<'a> {
    pub(super) const fn new(goes_on: &'a mut dyn FnMut() -> bool) -> Self {
        Self { goes_on, done: 0 }
    }

    /// So much more was done.
    pub(super) fn spend(&mut self, work: usize) -> Result<(), CaptureError> {
        self.done = self.done.saturating_add(work);
        if self.done < PAUSE {
            return Ok(());
        }
        self.done = 0;
        if (self.goes_on)() { Ok(()) } else { Err(CaptureError::Stopped) }
    }
}
