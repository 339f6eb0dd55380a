//! The core: socket table, event queue and dispatcher, in integers only.
//!
//! No Python here, no clock, no logging. The one way upward is [`dispatch::Host`].

#[allow(unsafe_code, reason = "the slab takes zeroed segments from the allocator")]
pub(crate) mod socket_table;

pub mod black_box;
pub mod chooser;
pub mod counters;
pub mod dispatch;
pub mod error;
pub(crate) mod event_queue;
pub mod findings;
pub mod flags;
pub mod handle;
pub mod handlers;
#[cfg(feature = "history")]
pub mod history;
pub mod indication;
pub mod irql;
#[allow(unsafe_code, reason = "a safe hint around one system call")]
pub(crate) mod large_pages;
pub mod ledger;
pub mod limits;
pub mod planned;
#[allow(unsafe_code, reason = "a safe hint around one instruction")]
pub(crate) mod prefetch;
pub mod random;
pub mod status;
pub mod subsystem;
pub(crate) mod sync;
pub mod turns;
