//! Arrivals: the planned instants of a storm's edges, in nanoseconds from its beginning.
//!
//! The same rate and seed give the same instants on every machine: only additions, multiplications and
//! divisions are used, which IEEE 754 defines to the last bit, and no logarithm of the platform's.

use crate::core::random::Random;

/// How the edges of one rate lie in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// At equal distances.
    Constant,
    /// Independent of each other: the distances are exponentially distributed.
    Poisson,
    /// This many at one instant, then none until the mean rate allows as many again.
    Burst(u64),
}

/// Where the arrivals' stream of the seed begins; see `core::random`.
const STREAM: u64 = 0x10;
const NANOSECONDS: f64 = 1e9;

/// The instants of one plan, in order.
#[derive(Clone, Debug)]
pub struct Instants {
    arrivals: Arrivals,
    /// Edges per second.
    rate: f64,
    random: Random,
    number: u64,
    /// The last instant of a Poisson process.
    at: f64,
    /// The mean distance, in nanoseconds.
    distance: f64,
}

impl Instants {
    /// The instants at which edges arrive `rate` times a second on average.
    #[must_use]
    pub fn new(arrivals: Arrivals, rate: f64, seed: u64) -> Self {
        Self {
            arrivals,
            rate,
            random: Random::new(seed, STREAM),
            number: 0,
            at: 0.0,
            distance: NANOSECONDS / rate,
        }
    }

    /// Likewise, from the arrival of this number on; for a Poisson process, whose instants stand on those before, from
    /// the first one.
    #[must_use]
    pub fn beginning(arrivals: Arrivals, rate: f64, seed: u64, number: u64) -> Self {
        Self { number, ..Self::new(arrivals, rate, seed) }
    }

    /// The next instant; never before the one that came before it.
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "an endless stream is no iterator")]
    pub fn next(&mut self) -> u64 {
        let number = self.number;
        self.number += 1;
        match self.arrivals {
            // From the number each time, so that no error adds up.
            Arrivals::Constant => self.instant(number),
            Arrivals::Burst(size) => self.instant(number - number % size.max(1)),
            Arrivals::Poisson => {
                self.at += exponential(&mut self.random) * self.distance;
                self.at as u64
            }
        }
    }

    #[inline]
    fn instant(&self, number: u64) -> u64 {
        (number as f64 * NANOSECONDS / self.rate) as u64
    }
}

/// One draw from the exponential distribution of mean 1.
#[inline]
pub fn exponential(random: &mut Random) -> f64 {
    // From (0, 1]: the logarithm of 0 is none.
    let share = ((random.next() >> 11) + 1) as f64 / (1u64 << 53) as f64;
    -logarithm(share)
}

/// The series of artanh, its last term first.
const ARTANH: [f64; 11] = [
    1.0 / 21.0,
    1.0 / 19.0,
    1.0 / 17.0,
    1.0 / 15.0,
    1.0 / 13.0,
    1.0 / 11.0,
    1.0 / 9.0,
    1.0 / 7.0,
    1.0 / 5.0,
    1.0 / 3.0,
    1.0,
];

/// The natural logarithm of a positive normal number, within 1e-15 of its value.
///
/// ln(m · 2ᵉ) = e · ln 2 + 2 · artanh((m - 1) / (m + 1)), with m between √½ and √2, where eleven terms
/// of the series of artanh are enough.
#[must_use]
pub fn logarithm(value: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = value.to_bits();
    let mut exponent = (bits >> 52) as i64 - 1023;
    let mut mantissa = f64::from_bits(bits & MANTISSA | 1023 << 52);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let sum = ARTANH.iter().fold(0.0, |sum, term| sum * square + term);
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * ratio * sum
}
