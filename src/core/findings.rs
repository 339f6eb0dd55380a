//! Findings: what the application did wrong, bounded in number and size.

use crate::contract::Rule;
use crate::core::handle::SocketHandle;
use crate::core::limits::{MAX_FINDING_TEXT, MAX_FINDINGS};
use crate::core::sync::Mutex;

/// What a handler did instead of returning `STATUS_SUCCESS` (D-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A native or batch handler answered this status.
    Status(u32),
    /// Something else, described: an exception, a value that is no status.
    Text(String),
}

/// One breach, with what is needed to find it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// What was found.
    pub found: Found,
    /// The socket whose indication it was.
    pub handle: SocketHandle,
    /// The integer that the core keeps for its context.
    pub context: u64,
    /// The context as text, where the host knows one.
    pub context_text: Option<String>,
    /// The edge's place in the queue's history, from 1.
    pub edge_number: u64,
    /// The `Flags` of the call.
    pub flags: u32,
}

/// The first findings of a subsystem.
#[derive(Debug)]
pub(crate) struct Findings(Mutex<Vec<Finding>>);

impl Findings {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Keeps a finding unless enough are kept; a text beyond the limit is cut.
    pub(crate) fn keep(&self, mut finding: Finding) {
        if let Found::Text(text) = &mut finding.found {
            cut(text);
        }
        if let Some(text) = &mut finding.context_text {
            cut(text);
        }
        let mut kept = self.0.lock();
        if kept.len() < MAX_FINDINGS {
            kept.push(finding);
        }
    }

    pub(crate) fn list(&self) -> Vec<Finding> {
        self.0.lock().clone()
    }
}

fn cut(text: &mut String) {
    if text.len() > MAX_FINDING_TEXT {
        let end = (0..=MAX_FINDING_TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}
