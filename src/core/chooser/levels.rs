//! Levels: drawn for edges, 64 from one number.

use crate::core::random::Random;

/// Draws levels.
#[derive(Debug)]
pub(super) struct Levels {
    random: Random,
    bits: u64,
    left: u32,
}

impl Levels {
    pub(super) fn new(random: Random) -> Self {
        Self { random, bits: 0, left: 0 }
    }

    /// The next level: 0 or 1.
    pub(super) fn next(&mut self) -> u32 {
        if self.left == 0 {
            (self.bits, self.left) = (self.random.next(), u64::BITS);
        }
        let level = (self.bits & 1) as u32;
        self.bits >>= 1;
        self.left -= 1;
        level
    }

    /// As many levels as that, fewer than 64, one bit each, the next one lowest; `None` where they are of two numbers.
    pub(super) fn take(&mut self, count: u32) -> Option<u64> {
        if self.left == 0 {
            (self.bits, self.left) = (self.random.next(), u64::BITS);
        }
        if self.left < count {
            return None;
        }
        let levels = self.bits & ((1 << count) - 1);
        self.bits >>= count;
        self.left -= count;
        Some(levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that are drawn at once are those that are drawn one by one.
    #[test]
    fn many_at_once_are_as_many_one_by_one() {
        let (mut one, mut many) = (Levels::new(Random::new(7, 1)), Levels::new(Random::new(7, 1)));
        for count in (0..200).map(|step| step * 5 % 11) {
            let expected = (0..count).fold(0, |all, place| all | u64::from(one.next()) << place);
            let found = many.take(count).unwrap_or_else(|| {
                (0..count).fold(0, |all, place| all | u64::from(many.next()) << place)
            });
            assert_eq!(found, expected);
        }
    }
}
