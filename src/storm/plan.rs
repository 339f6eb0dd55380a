//! Plan: the edges of a storm, a pure function of its options and its seed.
//!
//! Neither workers nor time change it: the thread that carries a plan out, and its speed, decide when an
//! edge is posted, never which one comes next.

use crate::core::flags::Edge;
use crate::core::random::{Random, Share};
use crate::storm::arrivals::{Arrivals, Instants};
use crate::storm::order::{Draws, Order};
use crate::storm::sharding::{ShardEdge, ShardEdges};

/// What a storm is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Where its random streams begin.
    pub seed: u64,
    /// How many sockets are open at a time, at least 1.
    pub sockets: u32,
    /// How many edges there are.
    pub disconnects: u64,
    /// Which share of them is abortive.
    pub abortive: Share,
    /// Which socket comes next.
    pub order: Order,
    /// When each edge is due: so many a second, spread like that; `None` if edges are due at once.
    pub pace: Option<(f64, Arrivals)>,
}

/// One edge of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedEdge {
    /// How often each socket was drawn before.
    pub round: u64,
    /// Which socket, numbered from 0; in a shard, which of its own.
    pub socket: u32,
    /// Which kind of disconnect.
    pub edge: Edge,
    /// When it is due, in nanoseconds from the beginning.
    pub instant: u64,
}

/// The edges of a plan, in order.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one, and what is drawn most is at hand")]
pub enum Edges {
    /// All, drawn one after the other.
    All(All),
    /// Those of a shard.
    Shard(Few),
}

/// All edges of a plan.
#[derive(Clone, Debug)]
pub struct All {
    left: u64,
    draws: Draws,
    /// The stream that a subsystem draws the kinds of its fleets' edges from.
    kinds: Random,
    abortive: Share,
    instants: Option<Instants>,
}

/// The edges of a shard, on sockets of its own.
#[derive(Clone, Debug)]
pub struct Few {
    edges: Box<ShardEdges>,
    /// How many sockets the shard has open.
    open: u32,
    drawn: u64,
}

impl Plan {
    /// Its edges, from the first; `None` if there is no memory for their order.
    #[must_use]
    pub fn edges(&self) -> Option<Edges> {
        Some(Edges::All(All {
            left: self.disconnects,
            draws: Draws::new(self.order, self.sockets, self.seed)?,
            kinds: Random::new(self.seed, 0),
            abortive: self.abortive,
            instants: self.pace.map(|(rate, arrivals)| Instants::new(arrivals, rate, self.seed)),
        }))
    }
}

impl Few {
    /// The edges of a shard, one after the other on `open` sockets.
    #[must_use]
    pub fn new(edges: ShardEdges, open: u32) -> Self {
        Self { edges: Box::new(edges), open, drawn: 0 }
    }

    fn next(&mut self) -> Option<PlannedEdge> {
        let ShardEdge { edge, due: instant, .. } = self.edges.next()?;
        let (drawn, open) = (self.drawn, u64::from(self.open.max(1)));
        self.drawn += 1;
        Some(PlannedEdge { round: drawn / open, socket: (drawn % open) as u32, edge, instant })
    }
}

impl Iterator for Edges {
    type Item = PlannedEdge;

    #[inline]
    fn next(&mut self) -> Option<PlannedEdge> {
        match self {
            Self::All(all) => all.next(),
            Self::Shard(few) => few.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match self {
            Self::All(all) => all.left,
            Self::Shard(few) => few.edges.total() - few.drawn,
        };
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

impl All {
    #[inline]
    fn next(&mut self) -> Option<PlannedEdge> {
        self.left = self.left.checked_sub(1)?;
        let (round, socket) = self.draws.next();
        let abortive = self.abortive != Share::NONE && self.kinds.happens(self.abortive);
        let edge = if abortive { Edge::Abortive } else { Edge::Graceful };
        let instant = self.instants.as_mut().map_or(0, Instants::next);
        Some(PlannedEdge { round, socket, edge, instant })
    }
}

/// A number that tells sequences of edges apart: which sockets, kinds and instants, in which order.
/// It is no protection against somebody who wants two to look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Default for Digest {
    /// Of no edges: not zero, which words of zeroes would not change.
    fn default() -> Self {
        Self(0x6A09_E667_F3BC_C908)
    }
}

impl Digest {
    /// Takes the next edge in.
    #[inline]
    pub fn add(&mut self, planned: &PlannedEdge) {
        let draw = u64::from(planned.socket) << 1 | planned.edge as u64;
        self.mix(draw);
        self.mix(planned.instant);
    }

    #[inline]
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    /// The number, its bits spread once more.
    #[must_use]
    pub fn value(self) -> u64 {
        let mut bits = self.0 ^ self.0 >> 32;
        bits = bits.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        bits ^ bits >> 32
    }
}
