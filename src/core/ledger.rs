//! Ledger: things by the number that each was given once, in the order of the numbers.
//!
//! Numbers come from a counter and are never given again, so a page per sixteen of them finds a thing by three loads,
//! whatever their number, and neither a hash nor a tree is asked. A page goes when the last thing on it does. Things that stay
//! behind alone, as survivors of many short lives do, move into a table of their own, so that none keeps a page for long.

use crate::core::prefetch::prefetch_all;
use foldhash::HashMap;
use std::cmp::Reverse;
use std::mem::ManuallyDrop;

/// Things on a page.
const PAGE: usize = 16;
/// Pages of a volume.
const VOLUME: usize = 512;
/// So many pages are nothing to tidy up for.
const MANY: usize = 64;
/// Where this part of the pages' places is taken, or less, they are tidied: those go that have as little.
const SPARSE: usize = 4;

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
    pages: usize,
    /// With so many pages it is looked whether they are sparse.
    look_at: usize,
    /// What stayed behind, by number; nothing of a page that is there.
    few: HashMap<u64, Box<T>>,
    /// Its numbers are smaller.
    few_end: u64,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self {
            volumes: Vec::new(),
            live: 0,
            spare: None,
            pages: 0,
            look_at: MANY,
            few: HashMap::default(),
            few_end: 0,
        }
    }
}

/// Volume, page and line of a number.
#[inline]
const fn place(number: u64) -> (usize, usize, usize) {
    let page = number as usize / PAGE;
    (page / VOLUME, page % VOLUME, number as usize % PAGE)
}

/// What stayed behind of the page of `number` is on it again: how much.
#[cold]
fn fetch_back<T>(few: &mut HashMap<u64, Box<T>>, number: u64, page: &mut [Option<T>; PAGE]) -> u32 {
    let first = number - number % PAGE as u64;
    let mut fetched = 0;
    for (number, place) in (first..).zip(page) {
        if let Some(thing) = few.remove(&number) {
            *place = Some(*thing);
            fetched += 1;
        }
    }
    fetched
}

#[cold]
fn few_mut<T>(few: &mut HashMap<u64, Box<T>>, number: u64) -> Option<&mut T> {
    few.get_mut(&number).map(|thing| &mut **thing)
}

impl<T> Ledger<T> {
    /// The thing of a number.
    #[inline]
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&T> {
        let (volume, page, line) = place(number);
        if let Some(Some(volume)) = self.volumes.get(volume)
            && let Some(page) = &volume.pages[page]
        {
            return page.things[line].as_ref();
        }
        if self.few.is_empty() { None } else { self.get_few(number) }
    }

    #[cold]
    fn get_few(&self, number: u64) -> Option<&T> {
        self.few.get(&number).map(|thing| &**thing)
    }

    /// Likewise, to be changed.
    #[inline]
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let (volume, page, line) = place(number);
        if let Some(Some(volume)) = self.volumes.get_mut(volume)
            && let Some(page) = &mut volume.pages[page]
        {
            return page.things[line].as_mut();
        }
        if self.few.is_empty() { None } else { few_mut(&mut self.few, number) }
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
        let (volume_at, page_at, line) = place(number);
        if volume_at >= self.volumes.len() {
            self.add_volumes(volume_at + 1);
        }
        let volume = self.volumes[volume_at]
            .get_or_insert_with(|| Box::new(Volume { live: 0, pages: [const { None }; VOLUME] }));
        let is_new = volume.pages[page_at].is_none();
        let page = volume.pages[page_at]
            .get_or_insert_with(|| self.spare.take().unwrap_or_else(Page::new));
        if is_new {
            volume.live += 1;
            self.pages += 1;
            if number < self.few_end {
                page.live += fetch_back(&mut self.few, number, &mut page.things);
            }
        }
        let place = &mut page.things[line];
        if place.is_some() {
            return place.replace(thing);
        }
        *place = Some(thing);
        page.live += 1;
        self.live += 1;
        if is_new && self.pages >= self.look_at {
            self.tidy(number);
        }
        None
    }

    /// Where the pages hold little, those go that hold little: what is on them stays by itself. The page of `newest` fills yet.
    /// Until there are twice as many pages they are not looked at again, so that a page costs the same, however many there are.
    #[cold]
    fn tidy(&mut self, newest: u64) {
        if self.pages * PAGE > SPARSE * (self.live - self.few.len()) {
            let last = self.volumes.len() - 1;
            for (at, place) in self.volumes.iter_mut().enumerate() {
                let Some(volume) = place else { continue };
                for (page_at, place) in volume.pages.iter_mut().enumerate() {
                    let first = ((at * VOLUME + page_at) * PAGE) as u64;
                    let few = |page: &mut Box<Page<T>>| page.live as usize <= PAGE / SPARSE;
                    if newest.wrapping_sub(first) < PAGE as u64 {
                        continue;
                    }
                    let Some(mut page) = place.take_if(few) else { continue };
                    for (number, thing) in (first..).zip(page.things.iter_mut()) {
                        if let Some(thing) = thing.take() {
                            self.few.insert(number, Box::new(thing));
                        }
                    }
                    page.live = 0;
                    volume.live -= 1;
                    self.pages -= 1;
                    self.few_end = self.few_end.max(first + PAGE as u64);
                }
                if volume.live == 0 && at < last {
                    *place = None;
                }
            }
        }
        self.look_at = MANY.max(2 * self.pages);
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
        let drop = |thing: &mut Option<T>| {
            let there = thing.is_some();
            *thing = None;
            there.then_some(())
        };
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
        let volume = self.volumes.get_mut(at).and_then(Option::as_mut);
        let Some(volume) = volume.filter(|volume| volume.pages[page_at].is_some()) else {
            return if self.few.is_empty() { None } else { take(&mut self.take_few(number)) };
        };
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
            self.pages -= 1;
            if self.look_at > MANY.max(4 * self.pages) {
                self.look_at = MANY.max(2 * self.pages);
            }
        }
        Some(thing)
    }

    #[cold]
    fn take_few(&mut self, number: u64) -> Option<T> {
        let thing = *self.few.remove(&number)?;
        self.live -= 1;
        if self.few.len() < self.few.capacity() / 8 {
            self.few.shrink_to_fit();
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
        let things = pages.flat_map(|(page, things)| {
            let things = things.iter().flat_map(|page| page.things.iter().enumerate());
            things.filter_map(move |(line, thing)| {
                thing.as_ref().map(|thing| ((page * PAGE + line) as u64, thing))
            })
        });
        let mut few: Vec<_> = self.few.iter().map(|(&number, thing)| (number, &**thing)).collect();
        few.sort_unstable_by_key(|(number, _)| Reverse(*number));
        let mut things = things.peekable();
        std::iter::from_fn(move || match (few.last(), things.peek()) {
            (Some((alone, _)), Some((number, _))) if alone > number => things.next(),
            (None, _) => things.next(),
            _ => few.pop(),
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
mod tests;
