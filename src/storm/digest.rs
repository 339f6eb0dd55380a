//! Digest: a number that tells what one plan holds from what another one holds, in whatever order it is added up.

use crate::storm::lives::Life;

/// A number that tells sets of lives apart. It is no protection against somebody who wants two to look alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest(u128);

impl Digest {
    /// Takes one life in.
    #[inline]
    pub fn add(&mut self, life: &Life, quantities: &[u64]) {
        let ending = life.ending.map_or(0, |ending| ending as u64 + 1);
        let words = [u64::from(life.group) << 8 | ending, life.number, life.instant];
        let mut lanes = [0x6A09_E667_F3BC_C908_u64, 0xBB67_AE85_84CA_A73B];
        for word in words.iter().chain(quantities) {
            lanes[0] = (lanes[0].rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            lanes[1] = (lanes[1].rotate_left(29) ^ word).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        }
        let [high, low] = lanes.map(spread);
        self.0 = self.0.wrapping_add(u128::from(high) << 64 | u128::from(low));
    }

    /// Takes in what another digest holds.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> u128 {
        self.0
    }
}

#[inline]
fn spread(word: u64) -> u64 {
    let mut bits = word ^ word >> 32;
    bits = bits.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits ^ bits >> 29
}
