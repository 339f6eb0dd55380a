//! Dispatch: a drive takes entries out of the queue and has handlers called.
//!
//! `drive` is the loop, `host` the door to whoever is called, `native` the call of a C handler, `ticket` the
//! right to drive, `team` one of several drives at once.

mod ahead;
mod batch;
mod begin;
mod caller;
mod calling;
mod drive;
mod host;
#[allow(unsafe_code, reason = "calls a C handler at an address that the application vouches for")]
mod native;
mod step;
pub mod team;
mod ticket;

pub use crate::core::dispatch::batch::Batch;
pub use crate::core::dispatch::drive::Drive;
pub use crate::core::dispatch::host::Host;
pub use crate::core::dispatch::step::Step;
pub use crate::core::dispatch::ticket::Ticket;
