//! Series: many measured times as one HdrHistogram, its percentiles, and the encoding that its tools read.
//!
//! Every series has the same range and precision, so that any two can be added without loss.

use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use std::io::{self, Read as _};

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
        let count = self.count();
        if count == 0 {
            return 0;
        }
        // In whole numbers: 99.9 / 100 * 1,000 is a little more than 999, and the rank would be the next one.
        let millionths = (percent * 1e6).round() as u128;
        let rank = (millionths * u128::from(count)).div_ceil(100_000_000).max(1);
        // The middle between two ranks is far from either.
        let quantile = (rank as f64 - 0.5) / count as f64;
        self.counts.value_at_quantile(quantile).min(self.longest)
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

/// Three digits need 2,000 buckets of one size, rounded up to a power of two; from there each power has the upper half.
const HALF: u64 = 1_024;
const BUCKETS: u64 = (LONGEST.ilog2() as u64 + 1 - 9) * HALF;
const COOKIE: u32 = 0x1C84_9303 | 0x10;
const COOKIE_PACKED: u32 = 0x1C84_9304 | 0x10;
const HEADER: usize = 40;
/// The counts of a whole histogram take no more, each at most nine bytes.
const MOST_BYTES: u64 = HEADER as u64 + 9 * BUCKETS;

/// A histogram as it stands in a code of [`Series::encoded`]: one number for each bucket, or for several that are empty.
///
/// hdrhistogram's own reader makes a histogram of all 38,912 buckets, which takes longer to write and to add than most
/// codes are long.
#[derive(Clone, Debug)]
pub struct Code {
    /// Numbers, each of which was read once.
    counts: Vec<u8>,
    longest: u64,
}

impl Code {
    /// Reads a code, and the longest time in it as it was measured.
    ///
    /// # Errors
    ///
    /// It is none, or of another range.
    pub fn read(code: &[u8], longest: u64) -> io::Result<Self> {
        let wrong = |found: &str| io::Error::new(io::ErrorKind::InvalidData, found.to_owned());
        if word(code, 0) != Some(COOKIE_PACKED) {
            return Err(wrong("that it is none"));
        }
        let mut inner = Vec::new();
        let packed = ZlibDecoder::new(code.get(8..).unwrap_or_default());
        packed.take(MOST_BYTES).read_to_end(&mut inner)?;
        let [cookie, size, _, digits] = [0, 4, 8, 12].map(|at| word(&inner, at));
        let bounds = [16, 20, 24, 28].map(|at| word(&inner, at));
        let expected = [0, 1, (LONGEST >> 32) as u32, LONGEST as u32].map(Some);
        if cookie != Some(COOKIE) || digits != Some(u32::from(DIGITS)) || bounds != expected {
            return Err(wrong("another range, precision or version"));
        }
        let size = size.unwrap_or_default() as usize;
        let body = inner.get(HEADER..).and_then(|rest| rest.get(..size));
        let counts = body.ok_or_else(|| wrong("that it is cut"))?.to_vec();
        let (mut rest, mut bucket) = (&counts[..], 0_u64);
        while !rest.is_empty() {
            let (step, _) = next(&mut rest).ok_or_else(|| wrong("that it is cut"))?;
            bucket = bucket.saturating_add(step);
            if bucket > BUCKETS {
                return Err(wrong("that it goes beyond its range"));
            }
        }
        Ok(Self { counts, longest })
    }
}

/// What several codes hold, added up; bucket by bucket, so that adding one takes no longer than it is.
#[derive(Clone, Debug)]
pub struct Sum {
    counts: Vec<u64>,
    longest: u64,
}

impl Default for Sum {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS as usize + 1], longest: 0 }
    }
}

impl Sum {
    /// Adds what a code holds.
    pub fn add(&mut self, code: &Code) {
        self.longest = self.longest.max(code.longest);
        let (mut rest, mut bucket) = (&code.counts[..], 0);
        while let Some((step, count)) = next(&mut rest) {
            if count > 0
                && let Some(known) = self.counts.get_mut(bucket)
            {
                *known = known.saturating_add(count);
            }
            bucket = bucket.saturating_add(step as usize);
        }
    }

    /// All of them as one series.
    #[must_use]
    pub fn series(&self) -> Series {
        let mut series = Series::new();
        for (bucket, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            series.record(lowest(bucket as u64), count);
        }
        series.longest = self.longest;
        series
    }
}

/// The smallest time in a bucket.
fn lowest(bucket: u64) -> u64 {
    if bucket < 2 * HALF { bucket } else { (bucket % HALF + HALF) << (bucket / HALF - 1) }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Takes the next number: how many buckets it stands for, and how many times these hold.
///
/// It has seven bits a byte, the sign in the lowest bit; a ninth byte has eight.
#[inline]
fn next(rest: &mut &[u8]) -> Option<(u64, u64)> {
    let mut value = 0_u64;
    for place in 0..9 {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        value |= u64::from(if place == 8 { byte } else { byte & 0x7F }) << (7 * place);
        if byte < 0x80 {
            break;
        }
    }
    let number = (value >> 1).cast_signed() ^ -((value & 1).cast_signed());
    // A negative number stands for so many empty buckets.
    Some(if number < 0 { (number.unsigned_abs(), 0) } else { (1, number.unsigned_abs()) })
}
