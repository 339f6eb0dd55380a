//! Lineup: first come, first served, but anything may leave out of turn, by the number that it came with.
//!
//! Numbers rise, so a thing is found by halving. What leaves out of turn leaves a gap behind; a gap at either end goes at
//! once, and all others go when they are more than what is left. So each thing costs the same, however many stand there. An
//! empty one is a pointer, as [`Queue`](crate::network::queue::Queue) is.

use std::collections::VecDeque;

/// So many gaps are nothing to tidy up for.
const FEW: usize = 16;

#[derive(Debug)]
struct Standing<T> {
    /// Neither the first nor the last one is ever a gap.
    things: VecDeque<(u64, Option<T>)>,
    live: usize,
}

/// Things in the order in which they came.
#[derive(Debug)]
pub(crate) struct Lineup<T>(Option<Box<Standing<T>>>);

impl<T> Default for Lineup<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Lineup<T> {
    /// Nothing.
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// How many things stand here.
    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |standing| standing.live)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a thing behind all others; its number is larger than theirs.
    pub(crate) fn push(&mut self, number: u64, thing: T) {
        let standing = self.0.get_or_insert_with(|| {
            // Mostly one stands here, if any.
            Box::new(Standing { things: VecDeque::with_capacity(1), live: 0 })
        });
        standing.things.push_back((number, Some(thing)));
        standing.live += 1;
    }

    /// Likewise, with a number of this lineup's own, which is returned. After 4 billion without a pause all have the last one:
    /// then they are told apart one by one.
    pub(crate) fn push_next(&mut self, thing: T) -> u32 {
        let last = self.0.as_ref().and_then(|standing| standing.things.back());
        let number = last.map_or(0, |(last, _)| (*last as u32).saturating_add(1));
        self.push(u64::from(number), thing);
        number
    }

    /// The first thing.
    pub(crate) fn front_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut()?.things.front_mut()?.1.as_mut()
    }

    /// Takes the first thing.
    pub(crate) fn pop_front(&mut self) -> Option<T> {
        let standing = self.0.as_mut()?;
        let (_, thing) = standing.things.pop_front()?;
        standing.live -= 1;
        standing.trim();
        thing
    }

    /// The thing of a number that `is` the one that is meant.
    pub(crate) fn get_mut(&mut self, number: u64, is: impl Fn(&T) -> bool) -> Option<&mut T> {
        let standing = self.0.as_mut()?;
        let place = standing.place(number, is)?;
        standing.things[place].1.as_mut()
    }

    /// Takes it.
    pub(crate) fn take(&mut self, number: u64, is: impl Fn(&T) -> bool) -> Option<T> {
        let standing = self.0.as_mut()?;
        let place = standing.place(number, is)?;
        let thing = standing.things[place].1.take();
        standing.live -= 1;
        standing.trim();
        standing.tidy();
        thing
    }

    /// Takes all.
    pub(crate) fn take_all(&mut self) -> impl DoubleEndedIterator<Item = T> + use<T> {
        let all = self.0.as_mut().map(|standing| {
            standing.live = 0;
            std::mem::take(&mut standing.things)
        });
        all.into_iter().flatten().filter_map(|(_, thing)| thing)
    }

    /// All, the first one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let all = self.0.as_ref().map(|standing| standing.things.iter());
        all.into_iter().flatten().filter_map(|(_, thing)| thing.as_ref())
    }
}

impl<T> Standing<T> {
    fn place(&self, number: u64, is: impl Fn(&T) -> bool) -> Option<usize> {
        let first = self.things.partition_point(|(other, _)| *other < number);
        let same = self.things.range(first..).take_while(|(other, _)| *other == number);
        let found = same.enumerate().find(|(_, (_, thing))| thing.as_ref().is_some_and(&is));
        found.map(|(after, _)| first + after)
    }

    /// Gaps at either end go.
    fn trim(&mut self) {
        while let Some((_, None)) = self.things.front() {
            self.things.pop_front();
        }
        while let Some((_, None)) = self.things.back() {
            self.things.pop_back();
        }
    }

    /// Gaps go once they are more than the rest.
    fn tidy(&mut self) {
        if self.things.len() > FEW + 2 * self.live {
            self.things.retain(|(_, thing)| thing.is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW, Lineup};
    use proptest::prelude::*;

    proptest! {
        /// It does what a plain list does.
        #[test]
        fn is_a_list(steps in prop::collection::vec((0..6_u8, 0..64_usize), 1..300)) {
            let (mut lineup, mut list) = (Lineup::default(), Vec::<(u32, usize)>::new());
            for (step, (what, which)) in steps.into_iter().enumerate() {
                match what {
                    0..=2 => list.push((lineup.push_next(step), step)),
                    3 => {
                        let first = (!list.is_empty()).then(|| list.remove(0));
                        prop_assert_eq!(lineup.pop_front(), first.map(|(_, thing)| thing));
                    }
                    4 if which == 0 => {
                        let all: Vec<_> = lineup.take_all().collect();
                        prop_assert!(all.into_iter().eq(list.drain(..).map(|(_, thing)| thing)));
                    }
                    _ if !list.is_empty() => {
                        let (number, thing) = list.remove(which % list.len());
                        let number = u64::from(number);
                        prop_assert_eq!(lineup.get_mut(number, |one| *one == thing).copied(), Some(thing));
                        prop_assert_eq!(lineup.take(number, |one| *one != thing), None);
                        prop_assert_eq!(lineup.take(number, |one| *one == thing), Some(thing));
                        prop_assert_eq!(lineup.take(number, |one| *one == thing), None);
                    }
                    _ => {}
                }
                prop_assert_eq!(lineup.len(), list.len());
                prop_assert_eq!(lineup.front_mut().copied(), list.first().map(|(_, thing)| *thing));
                prop_assert!(lineup.iter().eq(list.iter().map(|(_, thing)| thing)));
                let kept = lineup.0.as_ref().map_or(0, |standing| standing.things.len());
                prop_assert!(kept <= FEW + 2 * list.len() + 1);
            }
        }
    }

    /// Numbers that have run out tell nothing, and nobody is mistaken for another.
    #[test]
    fn numbers_may_run_out() {
        let mut lineup = Lineup::default();
        lineup.push(u64::from(u32::MAX) - 1, 'a');
        let last = ['b', 'c', 'd'].map(|thing| u64::from(lineup.push_next(thing)));
        assert_eq!(last, [u64::from(u32::MAX); 3]);
        assert_eq!(lineup.take(last[1], |thing| *thing == 'c'), Some('c'));
        assert_eq!(lineup.take(last[2], |thing| *thing == 'd'), Some('d'));
        assert!(lineup.take_all().eq(['a', 'b']));
        assert_eq!(lineup.push_next('e'), 0, "all had left");
    }
}
