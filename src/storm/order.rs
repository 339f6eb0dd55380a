//! Order: which socket disconnects next.
//!
//! A storm goes through its sockets in rounds: in each round every socket disconnects once, and before it
//! disconnects in the next round it is opened again. So an order is one permutation per round.

use crate::core::random::Random;

/// How a round goes through the sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In the order in which they were made.
    Made,
    /// In a random order, another one each round; every order is equally likely.
    Random,
    /// The most recently opened first. The last one to be opened again in one round is therefore the
    /// first of the next: one round goes down, the next up.
    Recent,
}

/// Where the order's stream of the seed begins; see `core::random`.
const STREAM: u64 = 0x11;

/// The sockets of one plan, in order.
#[derive(Clone, Debug)]
pub struct Draws {
    order: Order,
    sockets: u32,
    position: u32,
    round: u64,
    random: Random,
    /// For the random order: what is left of this round lies from `position` on.
    shuffled: Vec<u32>,
}

impl Draws {
    /// The draws from `sockets` sockets, at least one; `None` if there is no memory for their order.
    #[must_use]
    pub fn new(order: Order, sockets: u32, seed: u64) -> Option<Self> {
        let mut shuffled = Vec::new();
        if order == Order::Random {
            shuffled.try_reserve_exact(sockets as usize).ok()?;
            shuffled.extend(0..sockets);
        }
        let random = Random::new(seed, STREAM);
        Some(Self { order, sockets: sockets.max(1), position: 0, round: 0, random, shuffled })
    }

    /// The next draw: which round, and which socket.
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "an endless stream is no iterator")]
    pub fn next(&mut self) -> (u64, u32) {
        if self.position == self.sockets {
            self.position = 0;
            self.round += 1;
        }
        let position = self.position;
        self.position += 1;
        let socket = match self.order {
            Order::Made => position,
            Order::Recent if self.round.is_multiple_of(2) => self.sockets - 1 - position,
            Order::Recent => position,
            Order::Random => self.draw(position as usize),
        };
        (self.round, socket)
    }

    /// One step of Fisher and Yates's shuffle: no round has to be shuffled before it begins.
    #[inline]
    fn draw(&mut self, position: usize) -> u32 {
        let left = (self.shuffled.len() - position) as u64;
        // The upper half of the product; its bias is below 2⁻³⁶ for 2²⁸ sockets.
        let product = u128::from(self.random.next()) * u128::from(left);
        let chosen = (product >> 64) as usize;
        self.shuffled.swap(position, position + chosen);
        self.shuffled[position]
    }
}
