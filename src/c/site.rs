//! Site: where in the driver the call comes from that is being made on this thread.

use std::cell::Cell;

/// Where a call comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Site {
    /// The address behind it; 0 if that is not known.
    pub(crate) at: u64,
    /// The frame of the function that makes it; 0 if that is not known.
    pub(crate) frame: u64,
}

/// So many callers are kept for what is found later.
const CALLERS: usize = 6;

/// Where a call was made, and from where the functions around it were called, for what is found later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Stack {
    /// The address behind the call; 0 if that is not known.
    pub(crate) at: u64,
    callers: [u64; CALLERS],
}

impl Stack {
    /// A call, and the innermost of its callers.
    pub(crate) fn new(at: u64, callers: impl IntoIterator<Item = u64>) -> Self {
        let mut stack = Self::from(at);
        for (kept, caller) in stack.callers.iter_mut().zip(callers) {
            *kept = caller;
        }
        stack
    }

    /// The addresses behind the calls of its functions, innermost first.
    pub(crate) fn callers(&self) -> impl Iterator<Item = u64> {
        self.callers.into_iter().take_while(|at| *at != 0)
    }
}

impl From<u64> for Stack {
    fn from(at: u64) -> Self {
        Self { at, callers: [0; CALLERS] }
    }
}

thread_local! {
    static HERE: Cell<Site> = const { Cell::new(Site { at: 0, frame: 0 }) };
}

impl From<u64> for Site {
    fn from(at: u64) -> Self {
        Self { at, frame: 0 }
    }
}

/// The address behind the call; 0 if it is not known.
pub(crate) fn here() -> u64 {
    HERE.get().at
}

/// The frame of the function that makes the call; 0 if it is not known.
pub(crate) fn frame() -> u64 {
    HERE.get().frame
}

/// Another call is being made, or the one around it goes on; returns the one before.
pub(crate) fn replace(site: impl Into<Site>) -> Site {
    HERE.replace(site.into())
}
