//! Options: how a subsystem is made.

use crate::core::black_box::BlackBox;
use crate::core::chooser::Schedule;
use crate::core::findings::Finding;
use crate::core::flags::DisconnectFlags;
use crate::core::irql::IrqlPolicy;
use crate::core::limits::MAX_SOCKETS;

/// What a breach of the contract leads to, beyond being counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// Nothing: it is counted.
    Off,
    /// It is kept as a finding.
    #[default]
    Report,
    /// It is kept as a finding and ends the drive.
    Raise,
}

/// How a subsystem is made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where every random stream begins.
    pub seed: u64,
    /// What a breach leads to.
    pub check: Check,
    /// At which level indications run.
    pub irql: IrqlPolicy,
    /// How many sockets may be open or queued at a time.
    pub max_sockets: u32,
    /// How many edges may wait at a time, if that is limited.
    pub max_pending: Option<u64>,
    /// Whether every indication is written down in order.
    pub journal: bool,
    /// Whether a disconnect that finds the event disabled is remembered (U-2).
    pub remember_disconnects: bool,
    /// Whether handlers are told that they run at DISPATCH (U-21).
    pub set_dispatch_flag: bool,
    /// What comes next. Workers take the oldest edge all the same; a socket's own edges always keep their
    /// order (D-21).
    pub schedule: Schedule,
    /// Where native calls are written down for a watching process.
    pub black_box: Option<BlackBox>,
    /// What is told of each different finding when it is made, with a number of its own choice.
    pub witness: Option<(Witness, i32)>,
}

/// Is told of a finding.
pub type Witness = fn(&Finding, i32);

impl Options {
    /// Whether what comes next is chosen, and not just the oldest.
    #[must_use]
    pub const fn explores(&self) -> bool {
        !matches!(self.schedule, Schedule::Fifo)
    }

    /// The bits of `Flags` that handlers are told (U-21).
    #[must_use]
    pub const fn told_flags(&self) -> u32 {
        if self.set_dispatch_flag { u32::MAX } else { !DisconnectFlags::AT_DISPATCH_LEVEL }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            check: Check::default(),
            irql: IrqlPolicy::default(),
            max_sockets: MAX_SOCKETS,
            max_pending: None,
            journal: false,
            remember_disconnects: true,
            set_dispatch_flag: true,
            schedule: Schedule::Fifo,
            black_box: None,
            witness: None,
        }
    }
}
