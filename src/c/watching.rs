//! Watching: what the provider holds of a driver's memory, and where the driver did what a finding may point back to.

use crate::c::driver::{Driver, Lines};
use crate::c::host::function_at;
use crate::c::site;
use crate::core::findings::Place;
use crate::provider::Moment;

/// A line each.
fn told(places: &[Place]) -> String {
    let told = |one: &Place| format!("{}:{} in {}", one.file, one.line, one.function);
    places.iter().filter(|one| one.line > 0).map(told).collect::<Vec<_>>().join("\n")
}

impl Driver {
    /// Whether the context of a socket that is there lies in these bytes (C-14).
    pub(crate) fn has_context(&self, from: usize, length: usize) -> bool {
        let range = from as u64..(from as u64).saturating_add(length as u64);
        self.held.lock().contexts.range(range).next().is_some()
    }

    /// The request under way that uses some of these bytes (I-9).
    pub(crate) fn user_of(&self, from: usize, length: usize) -> Option<u64> {
        let held = self.held.lock();
        let inside = held.memory.range((from, 0)..(from.saturating_add(length), 0)).next();
        let before = || held.memory.range(..(from, 0)).next_back().filter(|(_, end)| **end > from);
        inside.or_else(before).map(|((_, request), _)| *request)
    }

    /// The line at an address.
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
        // Whose it is is not known of the others.
        let told = !matches!(moment, Moment::Begun | Moment::Freed | Moment::MemoryFreed);
        if at != 0 && told {
            self.held.lock().moments.insert(moment, at);
        }
    }

    /// Where it did.
    pub(crate) fn moment(&self, moment: Moment) -> Option<u64> {
        self.held.lock().moments.get(&moment).copied()
    }
}
