//! Ready: the errands that may run, oldest first, each at a place by which it can be taken back.
//!
//! An errand that is taken out of the middle leaves a gap, which the head and the tail step over. So what a socket takes
//! back costs what that socket has here, and not what all have.

use crate::wsk::errand::Errand;
use std::collections::VecDeque;

/// Where an errand stands: its distance from the first one that was ever queued.
pub(crate) type Spot = i64;

/// The errands that may run.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    queue: VecDeque<Option<Errand>>,
    /// The spot of the queue's front.
    front: Spot,
    live: usize,
}

impl Ready {
    /// Queues an errand behind all others.
    pub(crate) fn push_back(&mut self, errand: Errand) -> Spot {
        self.queue.push_back(Some(errand));
        self.live += 1;
        self.front + self.queue.len() as Spot - 1
    }

    /// Queues an errand before all others.
    pub(crate) fn push_front(&mut self, errand: Errand) -> Spot {
        self.queue.push_front(Some(errand));
        self.live += 1;
        self.front -= 1;
        self.front
    }

    /// The oldest errand.
    pub(crate) fn first(&self) -> Option<&Errand> {
        // No gap is ever at the front.
        self.queue.front()?.as_ref()
    }

    /// The errand that comes so many after the oldest one, if there is no gap.
    pub(crate) fn later(&self, after: usize) -> Option<&Errand> {
        self.queue.get(after)?.as_ref()
    }

    /// The spot of the oldest errand.
    pub(crate) fn head(&self) -> Option<Spot> {
        (self.live > 0).then_some(self.front)
    }

    /// Takes the errand at a spot.
    pub(crate) fn take(&mut self, spot: Spot) -> Option<Errand> {
        let place = usize::try_from(spot - self.front).ok()?;
        let errand = self.queue.get_mut(place)?.take()?;
        self.live -= 1;
        if self.live == 0 {
            self.front += self.queue.len() as Spot;
            self.queue.clear();
        }
        while let Some(None) = self.queue.front() {
            self.queue.pop_front();
            self.front += 1;
        }
        while let Some(None) = self.queue.back() {
            self.queue.pop_back();
        }
        Some(errand)
    }

    /// Every errand with its spot, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Spot, &Errand)> {
        let errands = self.queue.iter().enumerate();
        errands.filter_map(|(place, errand)| {
            errand.as_ref().map(|errand| (self.front + place as Spot, errand))
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.live == 0
    }
}
