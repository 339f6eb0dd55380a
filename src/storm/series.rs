//! Series: many measured times as one HdrHistogram, its percentiles, and the encoding that its tools read.
//!
//! Every series has the same range and precision, so that any two can be added without loss.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use std::io;

/// The longest time that is told from longer ones: a day, in nanoseconds.
pub const LONGEST: u64 = 86_400_000_000_000;
/// Significant decimal digits.
const DIGITS: u8 = 3;

/// Times in nanoseconds.
#[derive(Clone, Debug)]
pub struct Series {
    counts: Histogram<u64>,
    /// As it was measured, without the histogram's rounding.
    longest: u64,
}

impl Default for Series {
    fn default() -> Self {
        Self::new()
    }
}

impl Series {
    /// A series without a time.
    ///
    /// # Panics
    ///
    /// Never: its bounds are known to be good.
    #[must_use]
    pub fn new() -> Self {
        let counts = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        Self { counts: counts.expect("Invariant: 1 ns to a day are bounds"), longest: 0 }
    }

    /// Adds a time, `count` times.
    #[inline]
    pub fn record(&mut self, nanoseconds: u64, count: u64) {
        self.longest = self.longest.max(nanoseconds);
        self.counts.saturating_record_n(nanoseconds, count);
    }

    /// Adds what another series holds.
    ///
    /// # Panics
    ///
    /// Never: all series have one range.
    pub fn add(&mut self, other: &Self) {
        self.longest = self.longest.max(other.longest);
        self.counts.add(&other.counts).expect("Invariant: all series have one range");
    }

    /// A series from what [`encoded`](Self::encoded) made, and the longest time in it as it was measured.
    ///
    /// # Errors
    ///
    /// It is none, or of another range.
    pub fn decoded(code: &[u8], longest: u64) -> io::Result<Self> {
        let wrong = |found: String| io::Error::new(io::ErrorKind::InvalidData, found);
        let counts: Histogram<u64> = Deserializer::new()
            .deserialize(&mut &code[..])
            .map_err(|failure| wrong(failure.to_string()))?;
        if (counts.low(), counts.high(), counts.sigfig()) != (1, LONGEST, DIGITS) {
            return Err(wrong("it is of another range or precision".to_owned()));
        }
        Ok(Self { counts, longest })
    }

    /// How many times it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// Their mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.counts.mean()
    }

    /// The time that so many percent do not exceed, but for the histogram's precision.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> u64 {
        self.counts.value_at_percentile(percent).min(self.longest)
    }

    /// The longest of them.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.longest
    }

    /// The histogram in the V2 encoding, compressed: what a line of an HdrHistogram log holds in base 64.
    ///
    /// # Errors
    ///
    /// A count is beyond 2^63.
    pub fn encoded(&self) -> io::Result<Vec<u8>> {
        let mut code = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&self.counts, &mut code)
            .map_err(|failure| io::Error::other(failure.to_string()))?;
        Ok(code)
    }

    /// The histogram.
    #[must_use]
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.counts
    }
}
