//! Options: how a driver is run.

use crate::c::kernel::faults::OnDemand;
use crate::core::random::Share;
use crate::core::subsystem;
use crate::wsk::Policies;

/// How a driver is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Of its subsystem: seed, schedule, levels.
    pub subsystem: subsystem::Options,
    /// Of its provider.
    pub policies: Policies,
    /// A wait where none is allowed is carried out after its finding.
    pub lenient: bool,
    /// So many calls of the kernel at most.
    pub steps: u64,
    /// The share of allocations that fail while the lives of a plan are lived.
    pub allocation: Share,
    /// What fails on demand, once at each call stack.
    pub faults: OnDemand,
    /// Is told what happens while it does, as a kind and a text: what a process that dies cannot tell any more.
    pub witness: Option<fn(&'static str, &str)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            subsystem: subsystem::Options::default(),
            policies: Policies::default(),
            lenient: false,
            steps: 10_000_000,
            allocation: Share::NONE,
            faults: OnDemand::NOTHING,
            witness: None,
        }
    }
}
