//! Lives: what the remote ends of a plan do, drawn from nothing but the plan and its seed.
//!
//! Lives are drawn in blocks of [`BLOCK`], each from a random stream of its own, so that a block is the same whoever
//! draws it, whatever was drawn before. A shard is every so many-th block. The digest is a sum over lives modulo
//! 2^128: the digests of shards add up to the digest of the whole, however many shards there are (ADR 0018).

use crate::core::random::{Random, Share};
use crate::storm::arrivals::{Arrivals, Instants, exponential};
pub use crate::storm::digest::Digest;
use crate::storm::portion::{Portion, Shard};
use std::sync::Arc;

/// Lives of one block.
pub const BLOCK: u64 = 65_536;
/// Where the streams of lives begin; see `core::random`. A group has 2^40 of them.
const STREAM: u64 = 1 << 46;
const GROUP_BITS: u32 = 40;
/// No draw is larger: a year and a day in nanoseconds, and more bytes than a peer sends.
const LARGEST: u64 = 366 * 86_400 * 1_000_000_000;

/// A quantity that each life draws for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Always the same.
    Fixed(u64),
    /// Every number from the first to the second alike.
    Uniform(u64, u64),
    /// Exponentially distributed, with this mean.
    Exponential(u64),
}

/// One step of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Sends so many bytes.
    Send(Draw),
    /// Does nothing for so many nanoseconds.
    Wait(Draw),
    /// Waits for so many bytes, and reads them.
    Read(Draw),
    /// Reads what has arrived.
    ReadAll,
    /// Reads until the application has finished or aborted.
    ReadEnd,
}

impl Step {
    /// What a life draws for it, if it draws.
    fn draw(self) -> Option<Draw> {
        match self {
            Self::Send(draw) | Self::Wait(draw) | Self::Read(draw) => Some(draw),
            Self::ReadAll | Self::ReadEnd => None,
        }
    }
}

/// How a life ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A FIN; it goes on reading.
    Disconnect,
    /// As `closesocket`.
    Close,
    /// A reset.
    Abort,
    /// Silence.
    Vanish,
}

impl Ending {
    /// All, in the order in which shares are given.
    pub const ALL: [Self; 4] = [Self::Disconnect, Self::Close, Self::Abort, Self::Vanish];
}

/// A group of remote ends that live alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Lives in all.
    pub count: u64,
    /// What each does.
    pub steps: Vec<Step>,
    /// The share of each ending, as in [`Ending::ALL`]; `None` if the application ends them.
    pub endings: Option<[Share; 4]>,
    /// When lives begin: so many a second, spread like that; `None` in the closed model.
    pub pace: Option<(f64, Arrivals)>,
}

/// The lives of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Lives {
    /// Where its random streams begin.
    pub seed: u64,
    /// Its groups; at most 2^16.
    pub groups: Arc<[Group]>,
}

/// One life, but for the quantities of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Of which group.
    pub group: u32,
    /// Which of its lives, from 0.
    pub number: u64,
    /// When the plan has it begin, in nanoseconds; 0 in the closed model.
    pub instant: u64,
    /// When it is to begin here; another instant than the plan's only in a shard, whose rate is lower.
    pub due: u64,
    /// How it ends by itself; `None` if the application ends it.
    pub ending: Option<Ending>,
}

impl Lives {
    /// How many lives there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.groups.iter().map(|group| group.count).sum()
    }

    /// What a shard has of one group. Blocks are counted through all groups, so that many small groups are spread as well.
    #[must_use]
    pub fn portion(&self, group: usize, shard: Shard) -> Portion {
        let before = self.groups[..group].iter().map(|group| group.count.div_ceil(BLOCK)).sum();
        let of = &self.groups[group];
        Portion::new(shard, before, of.count, of.pace)
    }

    /// The blocks of one group which belong to shard `shard` of `shards`, in order.
    pub fn blocks(
        &self,
        group: usize,
        shard: u64,
        shards: u64,
    ) -> impl Iterator<Item = u64> + use<> {
        self.portion(group, Shard { number: shard, of: shards }).blocks()
    }

    /// One block of a group.
    #[must_use]
    pub fn block(&self, group: usize, block: u64) -> Block {
        let of = &self.groups[group];
        let first = block * BLOCK;
        let stream = STREAM | (group as u64) << GROUP_BITS | block;
        Block {
            groups: Arc::clone(&self.groups),
            group: group as u32,
            next: first,
            end: (first + BLOCK).min(of.count),
            random: Random::new(self.seed, stream),
            pace: of.pace.map(|(rate, arrivals)| {
                BlockPace::new(rate, arrivals, first, of.count, self.seed, stream)
            }),
        }
    }

    /// The lives of a shard in the order of their planned instants; of those at one instant, by group and number.
    #[must_use]
    pub fn merged(&self, shard: u64, shards: u64) -> Merged {
        let streams =
            (0..self.groups.len()).map(|group| Stream::new(self, group, shard, shards)).collect();
        Merged { streams }
    }

    /// The digest of a shard.
    #[must_use]
    pub fn digest(&self, shard: u64, shards: u64) -> Digest {
        let (mut digest, mut quantities) = (Digest::default(), Vec::new());
        for group in 0..self.groups.len() {
            for block in self.blocks(group, shard, shards) {
                let mut block = self.block(group, block);
                while let Some(life) = block.next(&mut quantities) {
                    digest.add(&life, &quantities);
                }
            }
        }
        digest
    }
}

/// The lives of one block, in order.
#[derive(Clone, Debug)]
pub struct Block {
    groups: Arc<[Group]>,
    group: u32,
    next: u64,
    end: u64,
    random: Random,
    pace: Option<BlockPace>,
}

impl Block {
    /// The next life; `quantities` becomes what its steps drew, one number for each, 0 for one that draws nothing.
    #[inline]
    pub fn next(&mut self, quantities: &mut Vec<u64>) -> Option<Life> {
        if self.next == self.end {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let instant = self.pace.as_mut().map_or(0, |pace| pace.next(number));
        let random = &mut self.random;
        quantities.clear();
        let of = &self.groups[self.group as usize];
        quantities.extend(
            of.steps.iter().map(|step| step.draw().map_or(0, |draw| quantity(draw, random))),
        );
        let ending = of.endings.as_ref().map(|shares| ending(shares, random));
        Some(Life { group: self.group, number, instant, due: instant, ending })
    }
}

#[inline]
fn quantity(draw: Draw, random: &mut Random) -> u64 {
    match draw {
        Draw::Fixed(number) => number,
        Draw::Uniform(low, high) => {
            let span = u128::from(high - low) + 1;
            low + ((u128::from(random.next()) * span) >> 64) as u64
        }
        // Something at least: a send of no byte is none.
        Draw::Exponential(mean) => ((exponential(random) * mean as f64) as u64).clamp(1, LARGEST),
    }
}

/// The shares add up to 1 but for a rounding: what is left belongs to the last that has one.
#[inline]
fn ending(shares: &[Share; 4], random: &mut Random) -> Ending {
    let drawn = random.next();
    let mut below = 0;
    let mut last = Ending::Disconnect;
    for (share, ending) in shares.iter().zip(Ending::ALL) {
        if *share != Share::NONE {
            below += share.parts();
            last = ending;
            if drawn >> 11 < below {
                break;
            }
        }
    }
    last
}

/// The planned instants of one block.
#[derive(Clone, Debug)]
pub(super) enum BlockPace {
    /// A function of a life's number alone.
    Regular(Instants, u64),
    /// Exponential distances, scaled so that the block takes exactly as long as its lives do on average: so that each
    /// block can be drawn by itself, and none begins before the one before it ends.
    Poisson { random: Random, from: f64, scale: f64, passed: f64 },
}

impl BlockPace {
    pub(super) fn new(
        rate: f64,
        arrivals: Arrivals,
        first: u64,
        count: u64,
        seed: u64,
        stream: u64,
    ) -> Self {
        if arrivals != Arrivals::Poisson {
            return Self::Regular(Instants::beginning(arrivals, rate, seed, first), first);
        }
        // A stream beside the one that draws the lives.
        let random = Random::new(!seed, stream);
        let lives = (count - first).min(BLOCK);
        let mut ahead = random;
        let total: f64 = (0..=lives).map(|_| exponential(&mut ahead)).sum();
        let distance = 1e9 / rate;
        Self::Poisson {
            random,
            from: first as f64 * distance,
            scale: lives as f64 * distance / total,
            passed: 0.0,
        }
    }

    #[inline]
    pub(super) fn next(&mut self, number: u64) -> u64 {
        match self {
            Self::Regular(instants, next) => {
                debug_assert_eq!(number, *next);
                *next += 1;
                instants.next()
            }
            Self::Poisson { random, from, scale, passed } => {
                *passed += exponential(random);
                (*from + *passed * *scale) as u64
            }
        }
    }
}

/// The lives of one group in a shard, one after the other.
#[derive(Debug)]
pub struct Stream {
    lives: Lives,
    group: usize,
    portion: Portion,
    /// The next block.
    block: u64,
    now: Option<Block>,
    /// The life that comes next, and what its steps drew.
    head: Option<Life>,
    quantities: Vec<u64>,
}

impl Stream {
    /// The lives of a group in a shard.
    #[must_use]
    pub fn new(lives: &Lives, group: usize, shard: u64, shards: u64) -> Self {
        let portion = lives.portion(group, Shard { number: shard, of: shards });
        let mut made = Self {
            lives: lives.clone(),
            group,
            portion,
            block: portion.first(),
            now: None,
            head: None,
            quantities: Vec::new(),
        };
        made.draw();
        made
    }

    /// The life that comes next.
    #[must_use]
    pub fn head(&self) -> Option<&Life> {
        self.head.as_ref()
    }

    /// Takes the life that comes next; `quantities` becomes what its steps drew.
    pub fn take(&mut self, quantities: &mut Vec<u64>) -> Option<Life> {
        let life = self.head?;
        std::mem::swap(quantities, &mut self.quantities);
        self.draw();
        Some(life)
    }

    fn draw(&mut self) {
        loop {
            if let Some(block) = &mut self.now {
                self.head = block.next(&mut self.quantities);
                if let Some(life) = &mut self.head {
                    life.due = self.portion.due(life.number, life.instant);
                    return;
                }
            }
            if !self.portion.has(self.block) {
                self.head = None;
                return;
            }
            self.now = Some(self.lives.block(self.group, self.block));
            self.block = self.portion.next(self.block);
        }
    }
}

/// The lives of several groups by planned instant.
#[derive(Debug)]
pub struct Merged {
    streams: Vec<Stream>,
}

impl Merged {
    /// The next life; `quantities` becomes what its steps drew.
    pub fn next(&mut self, quantities: &mut Vec<u64>) -> Option<Life> {
        let heads = self.streams.iter().enumerate();
        let heads =
            heads.filter_map(|(group, stream)| stream.head().map(|life| (life.instant, group)));
        let (_, group) = heads.min()?;
        self.streams[group].take(quantities)
    }
}
