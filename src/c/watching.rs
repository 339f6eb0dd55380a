//! Watching: what the provider holds of a driver's, or shows to it, and where the driver did what a finding may point back to.

use crate::c::driver::{Driver, Held, Lines};
use crate::c::host::function_at;
use crate::c::lending::Lending;
use crate::c::site;
use crate::c::structures::{WSK_DATA_INDICATION, WSK_DATAGRAM_INDICATION};
use crate::core::findings::Place;
use crate::core::ledger::Ledger;
use crate::network::address::Address;
use crate::network::stream::Segment;
use crate::provider::Moment;
use std::collections::VecDeque;

/// Of so many sockets that are gone it is known where.
const RESTING: usize = 1_024;

/// Where the driver did what a later finding may point back to, with the sockets that are there, and with some that are gone.
#[derive(Debug, Default)]
pub(super) struct Moments {
    /// Where it was closed, and where it was refused.
    known: Ledger<[u64; 2]>,
    gone: VecDeque<u64>,
}

/// The number and the place of a moment, if it is of one that has a number.
const fn place_of(moment: Moment) -> Option<(u64, usize)> {
    match moment {
        Moment::Closed(number) => Some((number, 0)),
        Moment::Refused(number) => Some((number, 1)),
        // Whose it is is not known of the others.
        _ => None,
    }
}

impl Moments {
    fn remember(&mut self, moment: Moment, at: u64) {
        let Some((number, place)) = place_of(moment) else { return };
        if let Some(known) = self.known.get_mut(number) {
            known[place] = at;
        } else {
            let mut known = [0; 2];
            known[place] = at;
            self.known.insert(number, known);
        }
    }

    fn get(&self, moment: Moment) -> Option<u64> {
        let (number, place) = place_of(moment)?;
        self.known.get(number).map(|known| known[place]).filter(|at| *at != 0)
    }

    /// A socket is gone.
    pub(super) fn rest(&mut self, number: u64) {
        if !self.known.contains(number) {
            return;
        }
        self.gone.push_back(number);
        if self.gone.len() > RESTING
            && let Some(oldest) = self.gone.pop_front()
        {
            self.known.discard(oldest);
        }
    }
}

impl Held {
    /// Where the request was made that waits and uses some of these bytes.
    pub(super) fn user_of(&self, from: usize, length: usize) -> Option<u64> {
        let inside = self.memory.range((from, 0)..(from.saturating_add(length), 0)).next();
        let before = || self.memory.range(..(from, 0)).next_back().filter(|(_, end)| **end > from);
        let ((_, request), _) = inside.or_else(before)?;
        self.lent.get(*request).map(|lending| lending.site)
    }
}

/// A line each.
fn told(places: &[Place]) -> String {
    let told = |one: &Place| format!("{}:{} in {}", one.file, one.line, one.function);
    places.iter().filter(|one| one.line > 0).map(told).collect::<Vec<_>>().join("\n")
}

impl Driver {
    /// What is lent for a request is the provider's until it is taken back.
    pub(crate) fn lend(&self, request: u64, lending: Lending) {
        self.held.lock().lent.insert(request, lending);
    }

    /// A request waits, so that the driver goes on while it uses what was lent: the MDLs of its buffer.
    pub(crate) fn watch(&self, request: u64) -> Vec<u64> {
        let mut held = self.held.lock();
        let watches = held.watches();
        let Held { lent, memory, .. } = &mut *held;
        let Some(lending) = lent.get_mut(request) else { return Vec::new() };
        if watches {
            for &(at, length) in lending.watch() {
                memory.insert((at, request), at + length.max(1));
            }
        }
        lending.mdls()
    }

    pub(crate) fn take_back(&self, request: u64) -> Option<Lending> {
        let mut held = self.held.lock();
        let lending = held.lent.remove(request)?;
        for &(at, _) in lending.stretches() {
            held.memory.remove(&(at, request));
        }
        Some(lending)
    }

    /// Shows pieces of a stream.
    pub(crate) fn show_data(
        &self,
        socket: u64,
        list: u64,
        segments: Vec<Segment>,
    ) -> *mut WSK_DATA_INDICATION {
        self.held.lock().lists.show_data(socket, list, segments)
    }

    /// Shows datagrams.
    pub(crate) fn show_datagrams(
        &self,
        socket: u64,
        list: u64,
        datagrams: Vec<(Vec<u8>, Address)>,
    ) -> *mut WSK_DATAGRAM_INDICATION {
        self.held.lock().lists.show_datagrams(socket, list, datagrams)
    }

    /// The provider holds a list no longer.
    pub(crate) fn drop_list(&self, list: u64) {
        self.held.lock().lists.remove(list);
    }

    /// Whether the context of a socket that is there lies in these bytes (C-14).
    pub(crate) fn has_context(&self, from: usize, length: usize) -> bool {
        self.held.lock().contexts.lies_in(from as u64, length as u64)
    }

    /// Where the request was made that is under way and uses some of these bytes (I-9).
    pub(crate) fn user_of(&self, from: usize, length: usize) -> Option<u64> {
        self.held.lock().user_of(from, length)
    }

    /// Where the request was made that is under way and uses some of a list's bytes (I-9).
    pub(crate) fn user_of_list(&self, list: u64) -> Option<u64> {
        let held = self.held.lock();
        if held.memory.is_empty() {
            return None;
        }
        held.lists.memory(list).find_map(|(from, length)| held.user_of(from, length))
    }

    /// The line of a function of the driver's.
    pub(crate) fn place_of_function(&self, address: u64) -> Place {
        // Lines are looked for before an address, which mostly stands behind a call.
        self.lines.get().map_or_else(|| function_at(address), |lines| lines.place(address + 1))
    }

    /// The line at an address, which stands behind a call.
    pub(crate) fn place(&self, address: u64) -> Place {
        self.lines.get().map_or_else(|| function_at(address), |lines| lines.place(address))
    }

    /// The callers of the function that makes a call now, innermost first, a line each.
    pub(crate) fn callers(&self) -> String {
        let here = site::Site { at: site::here(), frame: site::frame() };
        let Some(lines) = self.lines.get().filter(|_| here.frame != 0) else {
            return String::new();
        };
        told(&lines.callers(here))
    }

    /// The callers of one that made a call before.
    pub(crate) fn callers_then(&self, stack: &site::Stack) -> String {
        let Some(lines) = self.lines.get() else { return String::new() };
        let places: Vec<Place> = stack.callers().map(|at| lines.place(at)).collect();
        told(&places)
    }

    /// Who knows the driver's lines.
    pub(crate) fn set_lines(&self, lines: Box<dyn Lines>) {
        let _ = self.lines.set(lines);
    }

    /// The driver does, at this address, what a later finding may point back to.
    pub(crate) fn remember(&self, moment: Moment, at: u64) {
        if at == 0 {
            return;
        }
        let mut held = self.held.lock();
        match moment {
            Moment::Released(_, list) => held.lists.note_release(list, at),
            other => held.moments.remember(other, at),
        }
    }

    /// Where it did.
    pub(crate) fn moment(&self, moment: Moment) -> Option<u64> {
        let held = self.held.lock();
        match moment {
            Moment::Waits(request) => held.lent.get(request).map(|lending| lending.site),
            Moment::Released(_, list) => Some(held.lists.released(list)),
            other => held.moments.get(other),
        }
        .filter(|at| *at != 0)
    }
}
