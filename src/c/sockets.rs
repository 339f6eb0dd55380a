//! Sockets: what a driver knows its sockets by, and what it supplied with them.
//!
//! A `WSK_SOCKET` lies in an array that never moves, so an address tells at once which one it is, or that it is none. The
//! place of one that is gone is not given again before many others are gone too: a driver that uses it still is told
//! apart from who has a new one.

use crate::c::driver::Supplied;
use crate::c::structures::WSK_SOCKET;
use crate::core::ledger::Ledger;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr;

/// Places of the first array; each further one has twice as many, up to the largest.
const FIRST: usize = 64;
const LARGEST: usize = 65_536;
/// So many places rest before one is given again.
const RESTING: usize = 1_024;

/// An array of what drivers are shown.
#[derive(Debug)]
struct Faces {
    first: *mut WSK_SOCKET,
    length: usize,
    /// The place of its first in `known`.
    place: usize,
}

/// One place.
#[derive(Debug)]
struct Known {
    /// The machine's number; 0 while nobody has the place.
    number: u64,
    supplied: Supplied,
    shown: *mut WSK_SOCKET,
}

/// The sockets of one driver.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    /// By address.
    faces: Vec<Faces>,
    known: Vec<Known>,
    /// Places that nobody has, those first that nobody ever had.
    free: VecDeque<u32>,
    fresh: usize,
    by_number: Ledger<u32>,
}

// SAFETY: the arrays are this one's alone to free; drivers read them from any thread, and nobody writes them.
unsafe impl Send for Sockets {}

impl Sockets {
    /// A socket is there.
    /// `table`: of its functions.
    pub(crate) fn add(
        &mut self,
        number: u64,
        supplied: Supplied,
        table: *const c_void,
    ) -> *mut WSK_SOCKET {
        // Those that rest are behind those that nobody had.
        if self.fresh == 0 && self.free.len() <= RESTING {
            self.grow();
        }
        self.fresh = self.fresh.saturating_sub(1);
        let place = self.free.pop_front().expect("Invariant: it has just grown, or more than rest");
        let known = &mut self.known[place as usize];
        (known.number, known.supplied) = (number, supplied);
        self.by_number.insert(number, place);
        // SAFETY: a place of an array that is never moved; whoever reads one that is gone reads this.
        unsafe { known.shown.write(WSK_SOCKET { Dispatch: table }) };
        known.shown
    }

    /// Room for more, if what is there is in use or rests.
    fn grow(&mut self) {
        let length = self.known.len().clamp(FIRST, LARGEST);
        let faces = (0..length).map(|_| WSK_SOCKET { Dispatch: ptr::null() }).collect::<Box<[_]>>();
        let first = Box::into_raw(faces).cast::<WSK_SOCKET>();
        let place = self.known.len();
        let after = self.faces.partition_point(|other| other.first.addr() < first.addr());
        self.faces.insert(after, Faces { first, length, place });
        self.known.extend((0..length).map(|step| Known {
            number: 0,
            supplied: Supplied::NOTHING,
            shown: first.wrapping_add(step),
        }));
        self.fresh = length;
        (place..place + length).rev().for_each(|place| self.free.push_front(place as u32));
    }

    /// A socket is gone: the driver must not touch it again.
    pub(crate) fn remove(&mut self, number: u64) {
        if let Some(place) = self.by_number.remove(number) {
            self.known[place as usize].number = 0;
            self.free.push_back(place);
        }
    }

    fn of(&self, number: u64) -> Option<&Known> {
        self.by_number.get(number).map(|&place| &self.known[place as usize])
    }

    /// What the driver knows a socket by.
    pub(crate) fn shown(&self, number: u64) -> Option<*mut WSK_SOCKET> {
        self.of(number).map(|known| known.shown)
    }

    /// What was supplied with a socket.
    pub(crate) fn supplied(&self, number: u64) -> Option<Supplied> {
        self.of(number).map(|known| known.supplied)
    }

    /// The driver supplied this with a socket.
    pub(crate) fn supply(&mut self, number: u64, supplied: Supplied) {
        if let Some(&place) = self.by_number.get(number) {
            self.known[place as usize].supplied = supplied;
        }
    }

    /// The machine's number of what the driver says is a socket; 0 if it is none, or gone.
    pub(crate) fn number_of(&self, shown: *mut WSK_SOCKET) -> u64 {
        let after = self.faces.partition_point(|faces| faces.first.addr() <= shown.addr());
        let Some(faces) = after.checked_sub(1).map(|at| &self.faces[at]) else { return 0 };
        let bytes = shown.addr() - faces.first.addr();
        let step = bytes / size_of::<WSK_SOCKET>();
        if step >= faces.length || !bytes.is_multiple_of(size_of::<WSK_SOCKET>()) {
            return 0;
        }
        self.known[faces.place + step].number
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        for faces in &self.faces {
            let slice = ptr::slice_from_raw_parts_mut(faces.first, faces.length);
            // SAFETY: `grow` made it of a box of that length, and nobody else frees it.
            drop(unsafe { Box::from_raw(slice) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RESTING, Sockets};
    use crate::c::driver::Supplied;
    use std::collections::HashSet;

    /// An address names one socket while it is there, nobody afterwards, and for long nobody else.
    #[test]
    fn an_address_names_one_socket() {
        let mut sockets = Sockets::default();
        let mut gone = HashSet::new();
        for number in 1..=RESTING as u64 {
            let shown = sockets.add(number, Supplied::NOTHING, std::ptr::null());
            assert_eq!(sockets.number_of(shown), number);
            assert_eq!(sockets.shown(number), Some(shown));
            sockets.remove(number);
            assert_eq!(sockets.number_of(shown), 0);
            assert!(gone.insert(shown.addr()), "given again");
            assert_eq!(sockets.number_of(shown.wrapping_byte_add(1)), 0, "in the middle of one");
        }
        assert_eq!(sockets.number_of(std::ptr::null_mut()), 0);
        let places = sockets.known.len();
        for number in 10_000..20_000 {
            sockets.add(number, Supplied::NOTHING, std::ptr::null());
            sockets.remove(number);
        }
        assert!(sockets.known.len() <= places.max(2 * RESTING + 64), "places are given again");
        assert_eq!(sockets.len(), 0);
    }
}
