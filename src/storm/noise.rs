//! Noise: what else the host does while a storm is measured, as gaps between looks at the clock.

use std::time::Instant;

/// A gap longer than this between two looks at the clock was somebody else's time, in nanoseconds.
const GAP: u64 = 10_000;
/// The longest gap, and the share of lost time, up to which noise is low, and from which on it is high.
const LOW: (u64, f64) = (100_000, 0.001);
const HIGH: (u64, f64) = (1_000_000, 0.02);

/// What was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noise {
    /// How long somebody listened, in nanoseconds.
    pub listened: u64,
    /// How much of that was somebody else's.
    pub lost: u64,
    /// How many gaps there were.
    pub gaps: u64,
    /// The longest.
    pub largest: u64,
}

impl Noise {
    /// Looks at the clock for so many nanoseconds.
    pub fn listen(&mut self, nanoseconds: u64) {
        let begun = Instant::now();
        let mut last = 0;
        while last < nanoseconds {
            let now = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.hear(now - last);
            last = now;
        }
    }

    /// So much passed between two looks.
    pub fn hear(&mut self, gap: u64) {
        self.listened += gap;
        if gap > GAP {
            self.lost += gap;
            self.gaps += 1;
            self.largest = self.largest.max(gap);
        }
    }

    /// How much that is, in a word; `None` if nobody listened.
    #[must_use]
    pub fn level(&self) -> Option<&'static str> {
        if self.listened == 0 {
            return None;
        }
        let share = self.lost as f64 / self.listened as f64;
        Some(match (self.largest, share) {
            (gap, share) if gap < LOW.0 && share < LOW.1 => "low",
            (gap, share) if gap < HIGH.0 && share < HIGH.1 => "some",
            _ => "high",
        })
    }
}
