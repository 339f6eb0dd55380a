//! IRQL: a number with the real values, carried along, never a thread priority.

use crate::core::chooser::Chooser;
use crate::core::random::Random;
use crate::core::sync::Mutex;

/// The level at which an indication runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Irql {
    /// `PASSIVE_LEVEL`, 0.
    #[default]
    Passive = 0,
    /// `APC_LEVEL`, 1.
    Apc = 1,
    /// `DISPATCH_LEVEL`, 2: the highest level at which an event callback may be called (D-9).
    Dispatch = 2,
}

impl Irql {
    /// Whether this is `DISPATCH_LEVEL`.
    #[must_use]
    pub const fn is_dispatch(self) -> bool {
        matches!(self, Self::Dispatch)
    }

    /// The level of this number, if it is one.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Passive),
            1 => Some(Self::Apc),
            2 => Some(Self::Dispatch),
            _ => None,
        }
    }

    /// What the headers call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passive => "PASSIVE_LEVEL",
            Self::Apc => "APC_LEVEL",
            Self::Dispatch => "DISPATCH_LEVEL",
        }
    }
}

/// At which level a subsystem runs its indications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IrqlPolicy {
    /// Every indication at PASSIVE.
    #[default]
    Passive,
    /// Every indication at DISPATCH.
    Dispatch,
    /// Each indication at PASSIVE or DISPATCH, drawn from the seed.
    Mixed,
}

/// The level of a call, and where it comes from. Made of constants, so that whoever compares a level with it
/// compares with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallLevel {
    /// Every call of the drive has this one.
    Fixed(Irql),
    /// Drawn for this call.
    Drawn(Irql),
}

/// Levels that are chosen at a time: the chooser's lock is taken for that many edges, and no more choices than these
/// are written down for edges that never come.
const AHEAD: u32 = 8;

/// Draws the level of one indication after another. A drive goes on with a copy of where the last one
/// ended, unused bits included, so that cutting a drive in pieces changes no level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IrqlSource {
    policy: IrqlPolicy,
    /// A worker's own, which nobody repeats; else the chooser decides.
    own: Option<Random>,
    bits: u64,
    left: u32,
}

impl IrqlSource {
    pub(crate) fn new(policy: IrqlPolicy, own: Option<Random>) -> Self {
        Self { policy, own, bits: 0, left: 0 }
    }

    #[inline]
    pub(crate) fn next(&mut self, chooser: &Mutex<Chooser>) -> Irql {
        match self.policy {
            IrqlPolicy::Passive => Irql::Passive,
            IrqlPolicy::Dispatch => Irql::Dispatch,
            IrqlPolicy::Mixed => self.draw(chooser),
        }
    }

    #[inline]
    fn draw(&mut self, chooser: &Mutex<Chooser>) -> Irql {
        if self.left == 0 {
            self.draw_more(chooser);
        }
        let irql = if self.bits & 1 == 0 { Irql::Passive } else { Irql::Dispatch };
        self.bits >>= 1;
        self.left -= 1;
        irql
    }

    #[inline(never)]
    fn draw_more(&mut self, chooser: &Mutex<Chooser>) {
        (self.bits, self.left) = match &mut self.own {
            Some(random) => (random.next(), u64::BITS),
            None => (chooser.lock().edge_levels(AHEAD), AHEAD),
        };
    }
}
