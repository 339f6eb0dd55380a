//! Stream: the bytes that lie unread at one end, in order and bounded by the window.
//!
//! Segments keep their borders, so that an indication carries what one send brought. Bytes that are
//! lent to a running callback still count in the window.

use crate::network::queue::Queue;

/// Unread bytes of one end: at most 4 GiB.
#[derive(Debug)]
pub struct Stream {
    segments: Queue<Vec<u8>>,
    length: u32,
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
        self.window.saturating_sub(self.length.saturating_add(self.lent)) as usize
    }

    /// How many bytes lie here, those lent not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length as usize
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
            self.segments.push_back(bytes[..taken].to_vec());
            self.length += taken as u32;
        }
        taken
    }

    /// Takes at most `most` bytes out.
    pub fn take(&mut self, most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < most {
            let Some(segment) = self.segments.front_mut() else { break };
            let wanted = most - out.len();
            if segment.len() <= wanted {
                out.append(segment);
                self.segments.pop_front();
            } else {
                out.extend(segment.drain(..wanted));
            }
        }
        self.length -= out.len() as u32;
        out
    }

    /// Lends the first `count` segments to a callback.
    pub fn lend(&mut self, count: usize) -> Vec<Vec<u8>> {
        let count = count.min(self.segments.len());
        let lent: Vec<_> = self.segments.take(count).collect();
        let bytes = lent.iter().map(Vec::len).sum::<usize>() as u32;
        self.length -= bytes;
        self.lent += bytes;
        lent
    }

    /// The end of the loan; what was not accepted lies here again, before everything else.
    pub fn give_back(&mut self, mut lent: Vec<Vec<u8>>, mut accepted: usize) {
        self.lent = 0;
        lent.retain_mut(|segment| {
            let gone = accepted.min(segment.len());
            segment.drain(..gone);
            accepted -= gone;
            !segment.is_empty()
        });
        for segment in lent.into_iter().rev() {
            self.length += segment.len() as u32;
            self.segments.push_front(segment);
        }
    }

    /// Throws away what lies here.
    pub fn clear(&mut self) {
        self.segments.clear();
        self.length = 0;
    }
}
