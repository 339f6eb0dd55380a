//! Faults: what may fail in a kernel fails on demand, drawn from the seed, and once at each place: an allocation, a thread,
//! the capture of the provider, a request.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::name_of;
use crate::c::site;
use crate::core::random::{Random, Share};
use crate::core::status::NtStatus;
use crate::provider::{Function, Refusal, function};
use foldhash::HashSet;

/// The stream of random numbers that faults are drawn from.
const STREAM: u64 = 0x66_6175_6C74_7300;

/// The faults of a run.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    random: Option<Random>,
    /// Places that were drawn for: where the call came from, which function its thread began with, what was called.
    seen: HashSet<(u64, u64, &'static str)>,
    injected: Vec<(&'static str, u64)>,
}

impl Kernel {
    /// Whether a function that may fail does here.
    pub(crate) fn fails(&self, place: usize) -> bool {
        self.draw_fault(name_of(place)).is_some()
    }

    /// How a request that may fail does here; the close of a socket never does.
    pub(crate) fn failure(&self, called: &'static Function) -> Option<Refusal> {
        if std::ptr::eq(called, &function::CLOSE_SOCKET) {
            return None;
        }
        let number = self.draw_fault(called.name)?;
        let is = |other: &'static Function| std::ptr::eq(called, other);
        let own = if is(&function::BIND) {
            NtStatus::ADDRESS_ALREADY_EXISTS
        } else if is(&function::CONNECT) || is(&function::SOCKET_CONNECT) {
            NtStatus::CONNECTION_REFUSED
        } else {
            NtStatus::INSUFFICIENT_RESOURCES
        };
        let statuses = [NtStatus::INSUFFICIENT_RESOURCES, own];
        Some(Refusal::plain(statuses[(number % 2) as usize]))
    }

    /// A number, if a call of this function fails here: each place is drawn for once in a run.
    fn draw_fault(&self, name: &'static str) -> Option<u64> {
        if self.options.faults == Share::NONE {
            return None;
        }
        let start = self.threads.borrow().get(self.current.get()).map_or(0, |one| one.start);
        let mut faults = self.faults.borrow_mut();
        if !faults.seen.insert((site::here(), start, name)) {
            return None;
        }
        let seed = self.options.subsystem.seed;
        let random = faults.random.get_or_insert_with(|| Random::new(seed, STREAM));
        let fails = random.happens(self.options.faults);
        let number = random.next();
        if !fails {
            return None;
        }
        faults.injected.push((name, site::here()));
        Some(number)
    }

    /// What has failed on demand, and where.
    #[must_use]
    pub fn injected(&self) -> Vec<String> {
        let faults = self.faults.borrow();
        let told = |(name, at): &(&str, u64)| format!("{name} failed at {}", self.place(*at));
        faults.injected.iter().map(told).collect()
    }
}
