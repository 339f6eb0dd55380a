//! Policies: what a test author may want the other way, and how requests are completed.

/// How a request that is decided is answered and completed; failures and successes alike (I-4, I-5, I-18).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Completions {
    /// The call returns the final status, and its routine has run by then.
    #[default]
    Inline,
    /// The call returns `STATUS_PENDING`, and its routine has run by then, as mostly in Windows.
    Windows,
    /// The call returns `STATUS_PENDING`, and a drive runs its routine.
    Later,
    /// One of these, chosen for each request.
    Drawn,
}

/// What a test author may want the other way.
#[derive(Clone, Copy, Debug)]
pub struct Policies {
    /// A graceful edge waits behind unread data (U-6).
    pub graceful_after_data: bool,
    /// How what is decided at once is answered and completed.
    pub completions: Completions,
    /// How many bytes may lie unread at one end of a connection.
    pub window: usize,
    /// How many connections may wait at a listening socket; the next one is refused.
    pub backlog: usize,
    /// Errands are fetched one at a time, and no memory is asked for ahead: the oracle of the tests for the quick ways.
    pub plain: bool,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            graceful_after_data: true,
            completions: Completions::Inline,
            window: 65_536,
            backlog: 200,
            plain: false,
        }
    }
}
