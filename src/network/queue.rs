//! Queue: first in, first out, and one pointer while nothing was ever put in, as most ends of most connections have it.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

/// A queue.
#[derive(Debug)]
#[allow(
    clippy::box_collection,
    reason = "a pointer is what an empty one takes; the collection itself takes four"
)]
pub struct Queue<T>(Option<Box<VecDeque<T>>>);

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Queue<T> {
    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|queue| queue.is_empty())
    }

    /// How much is in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.len())
    }

    /// The oldest thing.
    pub fn front_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut()?.front_mut()
    }

    /// Puts a thing in.
    pub fn push_back(&mut self, thing: T) {
        self.0.get_or_insert_default().push_back(thing);
    }

    /// Puts a thing in, before all others.
    pub fn push_front(&mut self, thing: T) {
        self.0.get_or_insert_default().push_front(thing);
    }

    /// Takes the oldest thing.
    pub fn pop_front(&mut self) -> Option<T> {
        self.0.as_mut()?.pop_front()
    }

    /// Takes the thing at a place, if there is one.
    pub fn remove(&mut self, place: usize) -> Option<T> {
        self.0.as_mut()?.remove(place)
    }

    /// Takes the oldest things, at most so many.
    pub fn take(&mut self, most: usize) -> impl Iterator<Item = T> {
        self.0.iter_mut().flat_map(move |queue| {
            let most = most.min(queue.len());
            queue.drain(..most)
        })
    }

    /// Throws everything away.
    pub fn clear(&mut self) {
        self.0.iter_mut().for_each(|queue| queue.clear());
    }

    /// Everything, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|queue| queue.iter())
    }
}

impl<T> Extend<T> for Queue<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, things: I) {
        self.0.get_or_insert_default().extend(things);
    }
}

impl<T> Index<usize> for Queue<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        let queue = self.0.as_ref().expect("Invariant: whoever names a place has found it");
        &queue[place]
    }
}

impl<T> IndexMut<usize> for Queue<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        let queue = self.0.as_mut().expect("Invariant: whoever names a place has found it");
        &mut queue[place]
    }
}
