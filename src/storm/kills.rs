//! Kills: connections that the machine of the application ends, as an administrator does.

use crate::core::random::Random;

/// Where the stream of the seed begins that draws whose they are; see `core::random`.
const STREAM: u64 = 0x20;

/// Connections of one group that the machine of the application ends, at equal distances.
#[derive(Clone, Copy, Debug)]
pub struct Kills {
    /// Of which group.
    pub group: u32,
    /// Nanoseconds between two.
    pub every: f64,
}

/// Ends them.
#[derive(Debug)]
pub struct Killing {
    kills: Kills,
    /// How many were due.
    due: u64,
    random: Random,
}

impl Killing {
    /// Draws from this seed.
    #[must_use]
    pub fn new(kills: Kills, seed: u64) -> Self {
        Self { kills, due: 0, random: Random::new(seed, STREAM) }
    }

    /// Of which group.
    #[must_use]
    pub fn group(&self) -> u32 {
        self.kills.group
    }

    /// The instant of the next one; none comes at the very beginning.
    #[must_use]
    pub fn next(&self) -> u64 {
        ((self.due + 1) as f64 * self.kills.every) as u64
    }

    /// One is due: in which order to look for it through so many slots.
    pub fn draw(&mut self, slots: usize) -> impl Iterator<Item = usize> + use<> {
        self.due += 1;
        let first = ((u128::from(self.random.next()) * slots as u128) >> 64) as usize;
        (first..slots).chain(0..first)
    }
}
