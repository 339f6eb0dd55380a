//! Site: where in the driver the call comes from that is being made on this thread.

use std::cell::Cell;

thread_local! {
    static HERE: Cell<u64> = const { Cell::new(0) };
}

/// The address behind the call; 0 if it is not known.
pub(crate) fn here() -> u64 {
    HERE.get()
}

/// Another call is being made, or the one around it goes on; returns the one before.
pub(crate) fn replace(address: u64) -> u64 {
    HERE.replace(address)
}
