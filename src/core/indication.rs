//! Indication: one call of `WskDisconnectEvent`, and what came of it.

use crate::core::findings::{Finding, Subject};
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerId;

/// One call of `WskDisconnectEvent` for one edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indication {
    /// Who is called.
    pub handler: HandlerId,
    /// The socket.
    pub handle: SocketHandle,
    /// Its SocketContext, as the integer that was given when it was opened.
    pub context: u64,
    /// The `Flags` of the call (D-5), its level always among them (U-21).
    pub flags: u32,
    /// The edge's place in the queue's history, from 1.
    pub edge_number: u64,
}

/// What came of a call.
#[derive(Debug)]
pub enum Verdict {
    /// `STATUS_SUCCESS`.
    Success,
    /// Anything else (D-8); the socket is not affected.
    Breach(Box<Breach>),
    /// The drive is to end: the host holds the reason.
    Stop,
}

impl Verdict {
    /// With what a finding calls the socket, if there is one.
    #[must_use]
    pub fn about(self, subject: impl FnOnce() -> Subject) -> Self {
        match self {
            Self::Breach(breach) => {
                let finding = breach.finding.about(subject());
                Self::Breach(Box::new(Breach { finding, ..*breach }))
            }
            other => other,
        }
    }
}

/// What a handler did instead of returning `STATUS_SUCCESS` at the level that it was entered with.
#[derive(Debug)]
pub struct Breach {
    /// What was found; edge and flags are the drive's to add, and the socket unless the host knows it.
    pub finding: Finding,
    /// The drive is to end as well.
    pub stop: bool,
    /// What else was wrong with the same call.
    pub also: Option<Box<Self>>,
}

impl Breach {
    /// A breach that ends nothing.
    #[must_use]
    pub fn of(finding: Finding) -> Self {
        Self { finding, stop: false, also: None }
    }
}
