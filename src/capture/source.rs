//! The bytes of a capture, through one buffer that never grows.
//!
//! Algorithm: a window into the file; what is left of it moves to the front only when the buffer is too short. A read
//! asks for much less than the buffer holds, so that its bytes are still in a cache when they are looked at.
//! Full: a caller asks for at most [`BUFFER`] bytes at once; longer stretches are skipped, not held.

use std::fmt;
use std::io::{self, Read};

/// The length of the buffer.
pub(super) const BUFFER: usize = 1 << 20;
/// The most that one system call reads, unless more is asked for.
const READ: usize = 1 << 17;

/// Reads forward, with the next bytes at hand as one slice.
pub(super) struct Source {
    reader: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    offset: u64,
    ended: bool,
}

impl Source {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Self { reader, buffer, start: 0, end: 0, offset: 0, ended: false }
    }

    /// Returns the offset in the file of the first byte at hand.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns all bytes at hand.
    #[inline]
    pub(super) fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Brings at least `length` bytes to hand; returns how many there are, fewer only at the end of the file.
    #[inline]
    pub(super) fn fill(&mut self, length: usize) -> io::Result<usize> {
        debug_assert!(length <= BUFFER, "Invariant: nobody asks for more than the buffer holds");
        if self.end - self.start < length && !self.ended {
            self.refill(length)?;
        }
        Ok(self.end - self.start)
    }

    #[cold]
    fn refill(&mut self, length: usize) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < length {
            let end = (self.end + READ).min(BUFFER);
            match self.reader.read(&mut self.buffer[self.end..end]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Leaves `length` bytes behind that are at hand.
    #[inline]
    pub(super) fn consume(&mut self, length: usize) {
        debug_assert!(
            length <= self.end - self.start,
            "Invariant: only bytes at hand are consumed"
        );
        self.start += length;
        self.offset += length as u64;
    }

    /// Leaves up to `length` bytes behind, at hand or not; returns how many there were.
    pub(super) fn skip(&mut self, length: u64) -> io::Result<u64> {
        let mut left = length;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(BUFFER).min(BUFFER);
            let step = self.fill(wanted)?.min(wanted);
            if step == 0 {
                break;
            }
            self.consume(step);
            left -= step as u64;
        }
        Ok(length - left)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Source")
            .field("offset", &self.offset)
            .field("at_hand", &(self.end - self.start))
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
