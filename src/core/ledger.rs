//! Ledger: things by the number that each was given once, in the order of the numbers.
//!
//! Numbers come from a counter and are never given again, so a page per sixteen of them finds a thing by three loads,
//! whatever their number, and neither a hash nor a tree is asked. A page goes when the last thing on it does: what is kept for
//! long costs a page at most, and what is left behind costs nothing.

use crate::core::prefetch::prefetch_all;
use std::mem::ManuallyDrop;

/// Things on a page.
const PAGE: usize = 16;
/// Pages of a volume.
const VOLUME: usize = 512;

#[derive(Debug)]
struct Page<T> {
    live: u32,
    /// Dropped by hand: a page that is empty, as nearly all are, is not looked at again.
    things: ManuallyDrop<[Option<T>; PAGE]>,
}

impl<T> Page<T> {
    fn new() -> Box<Self> {
        Box::new(Self { live: 0, things: ManuallyDrop::new([const { None }; PAGE]) })
    }
}

impl<T> Drop for Page<T> {
    fn drop(&mut self) {
        if self.live > 0 {
            self.things.iter_mut().for_each(|thing| *thing = None);
        }
    }
}

#[derive(Debug)]
struct Volume<T> {
    live: u32,
    pages: [Option<Box<Page<T>>>; VOLUME],
}

/// Things by number.
#[derive(Debug)]
pub struct Ledger<T> {
    volumes: Vec<Option<Box<Volume<T>>>>,
    live: usize,
    /// The last page that became empty: the next one needs no memory then.
    spare: Option<Box<Page<T>>>,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self { volumes: Vec::new(), live: 0, spare: None }
    }
}

/// Volume, page and line of a number.
#[inline]
const fn place(number: u64) -> (usize, usize, usize) {
    let page = number as usize / PAGE;
    (page / VOLUME, page % VOLUME, number as usize % PAGE)
}

impl<T> Ledger<T> {
    /// The thing of a number.
    #[inline]
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&T> {
        let (volume, page, line) = place(number);
        let volume = self.volumes.get(volume)?.as_ref()?;
        volume.pages[page].as_ref()?.things[line].as_ref()
    }

    /// Likewise, to be changed.
    #[inline]
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let (volume, page, line) = place(number);
        let volume = self.volumes.get_mut(volume)?.as_mut()?;
        volume.pages[page].as_mut()?.things[line].as_mut()
    }

    /// Asks for the memory of a number's thing, if it has one; nothing waits for it.
    #[inline]
    pub fn foresee(&self, number: u64) {
        let (volume, page, line) = place(number);
        let Some(Some(volume)) = self.volumes.get(volume) else { return };
        if let Some(page) = &volume.pages[page] {
            prefetch_all(&page.things[line]);
        }
    }

    /// Whether a number has a thing.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        self.get(number).is_some()
    }

    /// Gives a number its thing; what it had before is returned.
    pub fn insert(&mut self, number: u64, thing: T) -> Option<T> {
        let (volume, page, line) = place(number);
        if volume >= self.volumes.len() {
            self.add_volumes(volume + 1);
        }
        let volume = self.volumes[volume]
            .get_or_insert_with(|| Box::new(Volume { live: 0, pages: [const { None }; VOLUME] }));
        let page = match &mut volume.pages[page] {
            Some(page) => page,
            empty => {
                volume.live += 1;
                let spare = self.spare.take();
                empty.insert(spare.unwrap_or_else(Page::new))
            }
        };
        let before = page.things[line].replace(thing);
        if before.is_none() {
            page.live += 1;
            self.live += 1;
        }
        before
    }

    /// Room for so many volumes; what was kept of the last one in vain goes.
    #[cold]
    fn add_volumes(&mut self, count: usize) {
        if let Some(last) = self.volumes.last_mut()
            && last.as_ref().is_some_and(|volume| volume.live == 0)
        {
            *last = None;
        }
        self.volumes.resize_with(count, || None);
    }

    /// Takes the thing of a number away.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        self.let_go(number, Option::take)
    }

    /// Drops the thing of a number where it stands: whether there was one.
    pub fn discard(&mut self, number: u64) -> bool {
        let drop = |thing: &mut Option<T>| thing.is_some().then(|| *thing = None);
        self.let_go(number, drop).is_some()
    }

    /// Has a thing taken away by `take`, and the page with it if that was its last.
    #[inline]
    fn let_go<R>(
        &mut self,
        number: u64,
        take: impl FnOnce(&mut Option<T>) -> Option<R>,
    ) -> Option<R> {
        let (at, page_at, line) = place(number);
        let volume = self.volumes.get_mut(at)?.as_mut()?;
        let page = volume.pages[page_at].as_mut()?;
        let thing = take(&mut page.things[line])?;
        page.live -= 1;
        self.live -= 1;
        if page.live == 0 {
            self.spare = volume.pages[page_at].take();
            volume.live -= 1;
            if volume.live == 0 {
                self.drop_volume(at);
            }
        }
        Some(thing)
    }

    /// A volume is empty. The last one stays, for the next number is most likely on it.
    #[cold]
    fn drop_volume(&mut self, at: usize) {
        if at + 1 < self.volumes.len() {
            self.volumes[at] = None;
        }
    }

    /// How many things there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.live
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// All things, by their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let volumes = self.volumes.iter().enumerate();
        let pages = volumes.flat_map(|(at, volume)| {
            let pages = volume.iter().flat_map(|volume| volume.pages.iter().enumerate());
            pages.map(move |(page, things)| (at * VOLUME + page, things))
        });
        pages.flat_map(|(page, things)| {
            let things = things.iter().flat_map(|page| page.things.iter().enumerate());
            things.filter_map(move |(line, thing)| {
                thing.as_ref().map(|thing| ((page * PAGE + line) as u64, thing))
            })
        })
    }

    /// The numbers that have a thing, in their order.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.iter().map(|(number, _)| number)
    }

    /// The things, in the order of their numbers.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, thing)| thing)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, PAGE, VOLUME};
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::rc::Rc;

    proptest! {
        /// It is a map that is ordered.
        #[test]
        fn is_a_map(steps in prop::collection::vec((0..4_u8, prop_oneof![0..40_u64, 0..20_000_u64]), 1..300)) {
            let (mut ledger, mut map) = (Ledger::default(), BTreeMap::new());
            for (step, (what, number)) in steps.into_iter().enumerate() {
                match what {
                    0 => prop_assert_eq!(ledger.insert(number, step), map.insert(number, step)),
                    1 => prop_assert_eq!(ledger.remove(number), map.remove(&number)),
                    2 => prop_assert_eq!(ledger.discard(number), map.remove(&number).is_some()),
                    _ => prop_assert_eq!(ledger.get(number), map.get(&number)),
                }
                if let Some(thing) = ledger.get_mut(number) {
                    *thing += 1;
                    *map.get_mut(&number).expect("both have it") += 1;
                }
            }
            prop_assert_eq!(ledger.len(), map.len());
            prop_assert!(ledger.iter().eq(map.iter().map(|(&number, thing)| (number, thing))));
        }
    }

    /// What is discarded, replaced or left when the ledger goes is dropped, once.
    #[test]
    fn each_thing_is_dropped_once() {
        let thing = Rc::new(());
        let mut ledger = Ledger::default();
        for number in 0..5 * PAGE as u64 {
            let _ = ledger.insert(number, Rc::clone(&thing));
        }
        drop(ledger.insert(0, Rc::clone(&thing)));
        for number in 0..2 * PAGE as u64 + 3 {
            assert!(ledger.discard(number));
        }
        assert_eq!(Rc::strong_count(&thing), 1 + ledger.len());
        drop(ledger);
        assert_eq!(Rc::strong_count(&thing), 1);
    }

    /// Numbers that are never given again leave nothing behind but a pointer for each volume.
    #[test]
    fn what_is_left_behind_costs_nothing() {
        let mut ledger = Ledger::default();
        let _ = ledger.insert(1, ());
        for number in 2..(5 * PAGE * VOLUME) as u64 {
            let _ = ledger.insert(number, ());
            assert_eq!(ledger.remove(number), Some(()));
        }
        assert_eq!(ledger.volumes.iter().flatten().count(), 2, "the first and the last");
        let pages =
            ledger.volumes.iter().flatten().flat_map(|volume| volume.pages.iter().flatten());
        assert_eq!(pages.count(), 1);
    }
}
