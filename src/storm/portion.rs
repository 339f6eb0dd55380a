//! Portion: which part of a plan a shard has, and when what it has is due there.
//!
//! Shard i of n has every n-th block of what is planned. Its rate is as large a part of the plan's rate as what it has is of
//! what is planned: so all shards together keep the rate, and end when the whole would. The planned instants, which the
//! digest has, stay those of the plan.

use crate::storm::arrivals::Arrivals;
use crate::storm::lives::BLOCK;

const NANOSECONDS: f64 = 1e9;

/// Which shard, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub number: u64,
    /// Of how many, at least 1.
    pub of: u64,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Self = Self { number: 0, of: 1 };
}

/// What a shard has of so many things that are planned alike.
#[derive(Clone, Copy, Debug)]
pub struct Portion {
    shard: Shard,
    /// How many there are.
    count: u64,
    pace: Option<(f64, Arrivals)>,
    /// The first block that is the shard's.
    first: u64,
    /// How many of them are the shard's.
    own: u64,
}

impl Portion {
    /// The portion of a shard in `count` things, whose blocks come behind `before` others.
    #[must_use]
    pub fn new(shard: Shard, before: u64, count: u64, pace: Option<(f64, Arrivals)>) -> Self {
        let first = (shard.of + shard.number - before % shard.of) % shard.of;
        let blocks = count.div_ceil(BLOCK);
        let mine = blocks.saturating_sub(first).div_ceil(shard.of);
        let has_last = mine > 0 && (blocks - 1 - first).is_multiple_of(shard.of);
        let missing = if has_last { blocks * BLOCK - count } else { 0 };
        Self { shard, count, pace, first, own: mine * BLOCK - missing }
    }

    /// How many things the shard has.
    #[must_use]
    pub fn own(&self) -> u64 {
        self.own
    }

    /// How many there are in all.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first block of the shard; one that does not exist if it has none.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The shard's block behind this one of its blocks, if there is one.
    #[must_use]
    pub fn next(&self, block: u64) -> u64 {
        block.saturating_add(self.shard.of)
    }

    /// Whether there is such a block.
    #[must_use]
    pub fn has(&self, block: u64) -> bool {
        block < self.count.div_ceil(BLOCK)
    }

    /// The blocks of the shard, in order.
    pub fn blocks(&self) -> impl Iterator<Item = u64> + use<> {
        let step = usize::try_from(self.shard.of).unwrap_or(usize::MAX);
        (self.first..self.count.div_ceil(BLOCK)).step_by(step)
    }

    /// When the shard is to do what the plan has at this instant under this number, which is the shard's; never before
    /// what comes before it.
    #[inline]
    #[must_use]
    pub fn due(&self, number: u64, instant: u64) -> u64 {
        let Some((rate, arrivals)) = self.pace.filter(|_| self.shard.of > 1) else {
            return instant;
        };
        let passed = (number / BLOCK - self.first) / self.shard.of * BLOCK;
        let position = (passed + number % BLOCK) as f64;
        let stretch = self.count as f64 / self.own as f64;
        match arrivals {
            Arrivals::Constant => (position * stretch * NANOSECONDS / rate) as u64,
            // As often as the plan's bursts, and smaller.
            Arrivals::Burst(size) => {
                let size = size.max(1) as f64;
                ((position * stretch / size).floor() * size * NANOSECONDS / rate) as u64
            }
            // The blocks follow one another, each as long as its arrivals are on average.
            Arrivals::Poisson => {
                let distance = NANOSECONDS / rate;
                let inside = instant as f64 - (number / BLOCK * BLOCK) as f64 * distance;
                ((inside.max(0.0) + passed as f64 * distance) * stretch) as u64
            }
        }
    }
}
