//! The bytes of a capture, through one buffer that never grows.
//!
//! Algorithm: a window into the file; what is left of it moves to the front only when the buffer is too short. A read
//! asks for much less than the buffer holds, so that its bytes are still in a cache when they are looked at.
//! Progress: after [`PAUSE`] bytes a read ends with [`io::ErrorKind::WouldBlock`], as that of a silent pipe does, until
//! [`Source::allow`] is called. So whoever reads hears a signal, whatever a file expands to.
//! Full: a caller asks for at most [`BUFFER`] bytes at once; longer stretches are skipped, not held.

use std::fmt;
use std::io::{self, Read};

/// The length of the buffer.
pub(super) const BUFFER: usize = 1 << 20;
const READ: usize = 1 << 17;
const PEEK: usize = 1 << 11;
/// How many bytes are read in one go.
pub(super) const PAUSE: usize = 64 << 20;
/// What a file costs of them besides its bytes.
pub(super) const PER_FILE: usize = 1 << 16;

/// Reads forward, with the next bytes at hand as one slice.
pub(super) struct Source {
    reader: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    offset: u64,
    /// The most that one system call reads, unless more is asked for.
    step: usize,
    ended: bool,
    /// What may be read before the next pause.
    allowed: usize,
}

impl Source {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Self {
            reader,
            buffer,
            start: 0,
            end: 0,
            offset: 0,
            step: READ,
            ended: false,
            allowed: PAUSE,
        }
    }

    /// Begins another file, with the same buffer.
    pub(super) fn restart(&mut self, reader: Box<dyn Read + Send>) {
        self.reader = reader;
        (self.start, self.end, self.offset, self.step, self.ended) = (0, 0, 0, READ, false);
        self.allowed = self.allowed.saturating_sub(PER_FILE);
    }

    /// Begins a file of which only the first packet is wanted.
    pub(super) fn peek(&mut self, reader: Box<dyn Read + Send>) {
        self.restart(reader);
        self.step = PEEK;
    }

    /// Goes on after a pause, or puts the next one off.
    pub(super) fn allow(&mut self) {
        self.allowed = PAUSE;
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
            if self.allowed == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let end = (self.end + self.step).min(BUFFER);
            match self.reader.read(&mut self.buffer[self.end..end]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => {
                    self.end += count;
                    self.allowed = self.allowed.saturating_sub(count);
                }
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

    /// Leaves up to `left` bytes behind, at hand or not, and takes them off `left`; what remains is not in the file.
    ///
    /// After an error it may be called again and goes on.
    pub(super) fn skip(&mut self, left: &mut u64) -> io::Result<()> {
        while *left > 0 {
            let step = self.fill(1)?.min(usize::try_from(*left).unwrap_or(usize::MAX));
            if step == 0 {
                break;
            }
            self.consume(step);
            *left -= step as u64;
        }
        Ok(())
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
