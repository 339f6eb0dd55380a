//! Stream: the bytes that lie unread at one end, in order and bounded by the window.
//!
//! Segments keep their borders, so that an indication carries what one send brought. Bytes that are
//! lent to a running callback still count in the window.

use crate::network::queue::Queue;
use std::sync::Arc;

/// What one send brought, or what is left of it. While a callback has it, it is there twice, and once in memory.
pub type Segment = Arc<Vec<u8>>;

/// Unread bytes of one end: at most 4 GiB.
#[derive(Debug)]
pub struct Stream {
    segments: Queue<Segment>,
    length: usize,
    lent: u32,
    window: u32,
}

/// A window as it is kept.
fn window_of(bytes: usize) -> u32 {
    u32::try_from(bytes.max(1)).unwrap_or(u32::MAX)
}

impl Stream {
    /// An empty stream that takes at most `window` bytes.
    #[must_use]
    pub fn new(window: usize) -> Self {
        Self { segments: Queue::default(), length: 0, lent: 0, window: window_of(window) }
    }

    /// Changes how many bytes may lie here.
    pub fn set_window(&mut self, window: usize) {
        self.window = window_of(window);
    }

    /// How many more bytes fit.
    #[must_use]
    pub fn room(&self) -> usize {
        (self.window as usize).saturating_sub(self.length + self.lent as usize)
    }

    /// How many bytes lie here, those lent not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing lies here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many segments lie here.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Takes in as much of `bytes` as fits; returns how much that was.
    pub fn push(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.room());
        if taken > 0 {
            self.put(bytes[..taken].to_vec());
        }
        taken
    }

    /// Takes all of `bytes` in, which is given away, if there is room for it; else gives it back.
    ///
    /// # Errors
    ///
    /// `bytes`, where they do not fit.
    pub fn push_whole(&mut self, bytes: Vec<u8>) -> Result<(), Vec<u8>> {
        if bytes.is_empty() || bytes.len() > self.room() {
            return Err(bytes);
        }
        self.put(bytes);
        Ok(())
    }

    /// Takes everything over that lies in `other`, whatever the window.
    pub fn take_over(&mut self, other: &mut Self) {
        self.length += std::mem::take(&mut other.length);
        self.segments.extend(other.segments.take(usize::MAX));
    }

    fn put(&mut self, bytes: Vec<u8>) {
        self.length += bytes.len();
        self.segments.push_back(Arc::new(bytes));
    }

    /// Takes at most `most` bytes out.
    pub fn take(&mut self, most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < most {
            let Some(segment) = self.segments.front_mut() else { break };
            let wanted = most - out.len();
            if segment.len() > wanted {
                out.extend(Arc::make_mut(segment).drain(..wanted));
            } else if let Some(segment) = self.segments.pop_front() {
                let mut segment = Arc::unwrap_or_clone(segment);
                if out.is_empty() {
                    out = segment;
                } else {
                    out.append(&mut segment);
                }
            }
        }
        self.length -= out.len();
        out
    }

    /// Lends the first `count` segments to a callback.
    pub fn lend(&mut self, count: usize) -> Vec<Segment> {
        let lent: Vec<_> = self.segments.take(count).collect();
        let bytes: usize = lent.iter().map(|segment| segment.len()).sum();
        self.length -= bytes;
        self.lent += bytes as u32;
        lent
    }

    /// The end of the loan; what was not accepted lies here again, before everything else.
    pub fn give_back(&mut self, mut lent: Vec<Segment>, mut accepted: usize) {
        self.lent = 0;
        lent.retain_mut(|segment| {
            let (gone, length) = (accepted.min(segment.len()), segment.len());
            accepted -= gone;
            if 0 < gone && gone < length {
                Arc::make_mut(segment).drain(..gone);
            }
            gone < length
        });
        for segment in lent.into_iter().rev() {
            self.length += segment.len();
            self.segments.push_front(segment);
        }
    }

    /// Throws away what lies here.
    pub fn clear(&mut self) {
        self.segments.clear();
        self.length = 0;
    }
}
