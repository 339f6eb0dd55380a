//! Faults: what may fail in a kernel fails on demand, drawn from the seed, and at most once at each call stack: an
//! allocation, a thread, the capture of the provider, a request.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::name_of;
use crate::c::kernel::imports::place;
use crate::c::site::{self, Stack};
use crate::core::random::{Random, Share};
use crate::core::status::NtStatus;
use crate::provider::{Function, Refusal, function};
use foldhash::HashSet;

/// The stream of random numbers that faults are drawn from.
const STREAM: u64 = 0x66_6175_6C74_7300;

/// What fails on demand, from the first call of DriverEntry on.
#[derive(Clone, Copy, Debug)]
pub struct OnDemand {
    /// Of the calls.
    pub share: Share,
    /// What the kernel has to find room for: memory, IRPs, MDLs, threads, devices, work items.
    pub allocations: bool,
    /// A provider is not there when it is asked for, unless the driver waits for it without an end.
    pub provider: bool,
    /// Requests of WSK, but for the close of a socket, with a status that is documented.
    pub requests: bool,
}

impl OnDemand {
    /// Nothing.
    pub const NOTHING: Self =
        Self { share: Share::NONE, allocations: false, provider: false, requests: false };

    /// Whatever may, this share of it.
    #[must_use]
    pub const fn everything(share: Share) -> Self {
        Self { share, allocations: true, provider: true, requests: true }
    }
}

/// The faults of a run.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    random: Option<Random>,
    /// Where something has failed: the call, its callers, which function its thread began with, what was called.
    seen: HashSet<(Stack, u64, &'static str)>,
    injected: Vec<(&'static str, u64)>,
}

impl Kernel {
    /// Whether a function that may fail does here.
    pub(crate) fn fails(&self, place: usize) -> bool {
        let on = self.options.faults;
        let may = if place == place::WskCaptureProviderNPI { on.provider } else { on.allocations };
        may && self.draw_fault(name_of(place)).is_some()
    }

    /// How a request that may fail does here; the close of a socket never does.
    pub(crate) fn failure(&self, called: &'static Function) -> Option<Refusal> {
        if !self.options.faults.requests || std::ptr::eq(called, &function::CLOSE_SOCKET) {
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

    /// A number, if a call of this function fails here.
    fn draw_fault(&self, name: &'static str) -> Option<u64> {
        let start = self.threads.borrow().get(self.current.get()).map_or(0, |one| one.start);
        let here = (self.stack(), start, name);
        let mut faults = self.faults.borrow_mut();
        if faults.seen.contains(&here) {
            return None;
        }
        let seed = self.options.subsystem.seed;
        let random = faults.random.get_or_insert_with(|| Random::new(seed, STREAM));
        let fails = random.happens(self.options.faults.share);
        let number = random.next();
        if !fails {
            return None;
        }
        faults.seen.insert(here);
        faults.injected.push((name, site::here()));
        drop(faults);
        self.bear_witness("fault", &format!("{name}\t{:x}", self.in_file(site::here())));
        Some(number)
    }

    /// What has failed on demand, and the address in the driver's file behind each call.
    #[must_use]
    pub fn injected(&self) -> Vec<(&'static str, u64)> {
        let faults = self.faults.borrow();
        faults.injected.iter().map(|(name, at)| (*name, self.in_file(*at))).collect()
    }

    /// An address of the driver's as its file has it.
    pub(crate) fn in_file(&self, address: u64) -> u64 {
        address.wrapping_sub(self.image.base)
    }
}
