//! Step: why a stretch of a drive's calls ended.

use crate::core::findings::Finding;
use crate::core::handlers::HandlerKind;

/// Why a step ended.
#[derive(Debug)]
pub enum Step {
    /// Nothing is queued.
    Empty,
    /// A poster is about to store the next entry; try again.
    Unready,
    /// As many calls were made as the step was allowed.
    Spent,
    /// The next edge's handler is of a kind that the host does not admit.
    Other(HandlerKind),
    /// The contract machine has completions or other callbacks to make.
    Errands,
    /// The host asked to stop.
    Stopped,
    /// The drive was told to stop.
    Halted,
    /// A breach ends the drive, because the subsystem checks with [`Check::Raise`](crate::core::subsystem::Check).
    Breach(Box<Finding>),
}
