//! Allocations: a share of them fails while lives are lived, as a plan asks; drawn from the seed.

use crate::c::kernel::Kernel;
use crate::core::random::{Random, Share};

/// Where the stream of the seed begins that draws which fail; see `core::random`.
const STREAM: u64 = 0x21;

/// What was asked for, and what fails.
#[derive(Clone, Debug)]
pub(crate) struct Allocations {
    share: Share,
    random: Random,
    is_on: bool,
    asked: u64,
    refused: u64,
}

impl Allocations {
    pub(crate) fn new(share: Share, seed: u64) -> Self {
        Self { share, random: Random::new(seed, STREAM), is_on: false, asked: 0, refused: 0 }
    }
}

impl Kernel {
    /// Whether the allocation that is asked for now fails.
    pub(crate) fn refuses_allocation(&self) -> bool {
        let mut allocations = self.allocations.borrow_mut();
        if !allocations.is_on {
            return false;
        }
        allocations.asked += 1;
        let share = allocations.share;
        let refused = allocations.random.happens(share);
        allocations.refused += u64::from(refused);
        refused
    }

    /// Lives begin to be lived, or are over.
    pub(crate) fn refuse_allocations(&self, is_on: bool) {
        self.allocations.borrow_mut().is_on = is_on;
    }

    /// Allocations of memory, IRPs and MDLs while lives were lived, and how many of them failed.
    #[must_use]
    pub fn allocations(&self) -> (u64, u64) {
        let allocations = self.allocations.borrow();
        (allocations.asked, allocations.refused)
    }
}
