//! Sharding: the edges that one shard of a handler's storm has.
//!
//! Edges are drawn in blocks of [`BLOCK`], each from random streams of its own: which socket, which kind, which instant
//! depends on the plan and the number of the edge, never on the shard. A round may be longer or shorter than a block; the
//! random order goes through what a block has of a round.

use crate::core::flags::Edge;
use crate::core::random::{Random, Share};
use crate::storm::digest::Digest;
use crate::storm::lives::{BLOCK, BlockPace, Ending, Life};
use crate::storm::order::Order;
use crate::storm::plan::Plan;
use crate::storm::portion::{Portion, Shard};

/// Where the streams of kinds and of orders begin, one a block; see `core::random`.
const KINDS: u64 = 1 << 45;
const ORDERS: u64 = 1 << 44;

/// One edge of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardEdge {
    /// Which edge of the plan.
    pub number: u64,
    /// Which of the plan's sockets.
    pub socket: u32,
    /// Which kind of disconnect.
    pub edge: Edge,
    /// When the plan has it.
    pub instant: u64,
    /// When the shard has it.
    pub due: u64,
}

impl ShardEdge {
    /// Takes it into a digest.
    pub fn add_to(&self, digest: &mut Digest) {
        let &Self { number, socket, edge, instant, due } = self;
        let ending = Some(if edge == Edge::Abortive { Ending::Abort } else { Ending::Disconnect });
        digest.add(&Life { group: 0, number, instant, due, ending }, &[u64::from(socket)]);
    }
}

/// The edges of one shard, in order.
#[derive(Clone, Debug)]
pub struct ShardEdges {
    plan: Plan,
    portion: Portion,
    block: u64,
    next: u64,
    end: u64,
    kinds: Random,
    draws: Random,
    pace: Option<BlockPace>,
    /// For the random order: what is left of this round in this block lies from `position` on.
    shuffled: Vec<u32>,
    position: usize,
}

impl ShardEdges {
    /// The edges of a shard; `None` if there is no memory for their order.
    #[must_use]
    pub fn new(plan: &Plan, shard: Shard) -> Option<Self> {
        let portion = Portion::new(shard, 0, plan.disconnects, plan.pace);
        let mut shuffled = Vec::new();
        if plan.order == Order::Random {
            shuffled.try_reserve_exact(plan.sockets.min(BLOCK as u32) as usize).ok()?;
        }
        let mut made = Self {
            plan: *plan,
            portion,
            block: portion.first(),
            next: 0,
            end: 0,
            kinds: Random::new(plan.seed, KINDS),
            draws: Random::new(plan.seed, ORDERS),
            pace: None,
            shuffled,
            position: 0,
        };
        made.enter();
        Some(made)
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.portion.own()
    }

    /// Enters the block that is next.
    fn enter(&mut self) {
        let (block, seed) = (self.block, self.plan.seed);
        if !self.portion.has(block) {
            return;
        }
        self.next = block * BLOCK;
        self.end = (self.next + BLOCK).min(self.portion.count());
        self.kinds = Random::new(seed, KINDS | block);
        self.draws = Random::new(seed, ORDERS | block);
        self.pace = self.plan.pace.map(|(rate, arrivals)| {
            BlockPace::new(rate, arrivals, self.next, self.portion.count(), seed, KINDS | block)
        });
        self.block = self.portion.next(block);
    }

    /// Which of the plan's sockets disconnects with the edge of this number.
    #[inline]
    fn socket(&mut self, number: u64) -> u32 {
        let sockets = u64::from(self.plan.sockets);
        let (round, place) = (number / sockets, number % sockets);
        match self.plan.order {
            Order::Recent if round.is_multiple_of(2) => (sockets - 1 - place) as u32,
            Order::Made | Order::Recent => place as u32,
            Order::Random => {
                if place == 0 || number.is_multiple_of(BLOCK) {
                    let piece = (sockets - place).min(BLOCK - number % BLOCK);
                    self.shuffled.clear();
                    self.shuffled.extend((place..place + piece).map(|socket| socket as u32));
                    self.position = 0;
                }
                let left = (self.shuffled.len() - self.position) as u64;
                let product = u128::from(self.draws.next()) * u128::from(left);
                self.shuffled.swap(self.position, self.position + (product >> 64) as usize);
                self.position += 1;
                self.shuffled[self.position - 1]
            }
        }
    }
}

impl Iterator for ShardEdges {
    type Item = ShardEdge;

    #[inline]
    fn next(&mut self) -> Option<ShardEdge> {
        if self.next == self.end {
            self.enter();
            if self.next == self.end {
                return None;
            }
        }
        let number = self.next;
        self.next += 1;
        let abortive = self.plan.abortive;
        let abortive = abortive != Share::NONE && self.kinds.happens(abortive);
        let edge = if abortive { Edge::Abortive } else { Edge::Graceful };
        let instant = self.pace.as_mut().map_or(0, |pace| pace.next(number));
        let due = self.portion.due(number, instant);
        Some(ShardEdge { number, socket: self.socket(number), edge, instant, due })
    }
}
