//! Options: how a subsystem is made.

use crate::core::dispatch::BlackBox;
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
    /// Where native calls are written down for a watching process.
    pub black_box: Option<BlackBox>,
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
            black_box: None,
        }
    }
}
