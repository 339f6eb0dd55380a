//! Random streams: xoshiro256++ seeded by SplitMix64 (Blackman and Vigna, 2018).
//!
//! Ours, because the stream is a promise to users: the same seed gives the same edges in every
//! version. Nothing here is fit for secrets.

/// One stream of random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random([u64; 4]);

impl Random {
    /// The stream number `stream` of `seed`; different streams of one seed are independent.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut state = seed ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03);
        Self(std::array::from_fn(|_| split_mix(&mut state)))
    }

    /// The next 64 random bits.
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "an endless stream is no iterator")]
    pub fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Whether an event of the given share happens; one draw, whatever the share.
    #[inline]
    pub fn happens(&mut self, share: Share) -> bool {
        self.next() >> 11 < share.0
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

/// A probability in steps of 2⁻⁵³.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(u64);

impl Share {
    /// The share that never happens.
    pub const NONE: Self = Self(0);
    /// The share that always happens.
    pub const ALL: Self = Self(1 << 53);

    /// A share between 0.0 and 1.0, both included; `None` for anything else.
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self((share * (1u64 << 53) as f64) as u64))
    }

    /// How many of the 2⁵³ steps it is.
    #[must_use]
    pub const fn parts(self) -> u64 {
        self.0
    }
}
