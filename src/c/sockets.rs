//! Sockets: what a driver knows its sockets by, and what it supplied with them.

use crate::c::driver::Supplied;
use crate::c::places::Places;
use crate::c::structures::WSK_SOCKET;
use crate::core::ledger::Ledger;
use std::ffi::c_void;

/// So many that are gone are told apart from new ones.
const RESTING: usize = 1_024;

/// One place.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// The machine's number; 0 while nobody has the place.
    number: u64,
    supplied: Supplied,
}

/// The sockets of one driver.
#[derive(Debug)]
pub(crate) struct Sockets {
    shown: Places<WSK_SOCKET>,
    known: Vec<Known>,
    by_number: Ledger<u32>,
}

impl Default for Sockets {
    fn default() -> Self {
        let (known, by_number) = (Vec::new(), Ledger::default());
        Self { shown: Places::new(RESTING), known, by_number }
    }
}

impl Sockets {
    /// A socket is there.
    /// `table`: of its functions.
    pub(crate) fn add(
        &mut self,
        number: u64,
        supplied: Supplied,
        table: *const c_void,
    ) -> *mut WSK_SOCKET {
        let place = self.shown.take();
        let known = Known { number, supplied };
        match self.known.get_mut(place as usize) {
            Some(other) => *other = known,
            // They are given in their order at first.
            None => self.known.push(known),
        }
        self.by_number.insert(number, place);
        let shown = self.shown.at(place);
        // SAFETY: a place of an array that is never moved; whoever reads one that is gone reads this.
        unsafe { shown.write(WSK_SOCKET { Dispatch: table }) };
        shown
    }

    /// A socket is gone: the driver must not touch it again.
    pub(crate) fn remove(&mut self, number: u64) -> Option<Supplied> {
        let place = self.by_number.remove(number)?;
        let known = &mut self.known[place as usize];
        known.number = 0;
        self.shown.give(place);
        Some(known.supplied)
    }

    fn of(&self, number: u64) -> Option<&Known> {
        self.by_number.get(number).map(|&place| &self.known[place as usize])
    }

    /// What the driver knows a socket by.
    pub(crate) fn shown(&self, number: u64) -> Option<*mut WSK_SOCKET> {
        self.by_number.get(number).map(|place| self.shown.at(*place))
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
    #[inline]
    pub(crate) fn number_of(&self, shown: *mut WSK_SOCKET) -> u64 {
        let place = self.shown.of(shown.addr());
        place.and_then(|place| self.known.get(place as usize)).map_or(0, |known| known.number)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
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
