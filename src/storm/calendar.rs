//! Calendar: the instants of a plan's own clock at which lives go on, and those at which their patience ends.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// One wait of one life: no other has its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait {
    /// When it is over.
    pub instant: u64,
    /// Its number, in the order in which waits began, from 1.
    pub number: u64,
    /// The slot of the life.
    pub slot: u32,
    /// It is the life's patience that is over.
    pub in_vain: bool,
}

/// The clock, and what is to come.
#[derive(Debug)]
pub struct Calendar {
    now: u64,
    begun: u64,
    /// Sleeps by their ends; of those that end at one instant, the first comes first.
    sleeps: BinaryHeap<Reverse<Wait>>,
    /// Ends of patience, by group: a group has one patience, so they lie in the order in which they began.
    limits: Vec<VecDeque<Wait>>,
}

impl Calendar {
    /// At instant 0, for so many groups.
    #[must_use]
    pub fn new(groups: usize) -> Self {
        let limits = (0..groups).map(|_| VecDeque::new()).collect();
        Self { now: 0, begun: 0, sleeps: BinaryHeap::new(), limits }
    }

    /// Nanoseconds since the beginning.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Moves the clock to an instant that is not before.
    pub fn go_to(&mut self, now: u64) {
        self.now = self.now.max(now);
    }

    /// A life sleeps until an instant; returns the number of the wait.
    pub fn sleep(&mut self, slot: u32, until: u64) -> u64 {
        let wait = self.wait(slot, until, false);
        self.sleeps.push(Reverse(wait));
        wait.number
    }

    /// A life of a group waits for something that has to come before this time is over.
    pub fn limit(&mut self, slot: u32, group: u32, timeout: u64) -> u64 {
        let wait = self.wait(slot, self.now.saturating_add(timeout), true);
        self.limits[group as usize].push_back(wait);
        wait.number
    }

    fn wait(&mut self, slot: u32, instant: u64, in_vain: bool) -> Wait {
        self.begun += 1;
        Wait { instant, number: self.begun, slot, in_vain }
    }

    /// Takes the wait that [`first`](Self::first) has just found.
    pub fn take(&mut self, first: &Wait) {
        if self.sleeps.peek().is_some_and(|Reverse(wait)| wait == first) {
            self.sleeps.pop();
        } else if let Some(limits) = self.limits.iter_mut().find(|it| it.front() == Some(first)) {
            limits.pop_front();
        }
    }

    /// The wait that is over first; those that nobody is in any more are forgotten.
    pub fn first(&mut self, is_on: impl Fn(&Wait) -> bool) -> Option<Wait> {
        while self.sleeps.peek().is_some_and(|Reverse(wait)| !is_on(wait)) {
            self.sleeps.pop();
        }
        let mut first = self.sleeps.peek().map(|Reverse(wait)| *wait);
        for limits in &mut self.limits {
            while limits.front().is_some_and(|wait| !is_on(wait)) {
                limits.pop_front();
            }
            if let Some(wait) = limits.front()
                && first.is_none_or(|earliest| *wait < earliest)
            {
                first = Some(*wait);
            }
        }
        first
    }
}
