//! Dispatch: a drive takes entries out of the queue and has handlers called.
//!
//! `drive` makes steps, `run` is the loop around them, `host` the way to the handlers of a language, `native` the call of
//! a C handler, `ticket` the right to drive.

mod ahead;
mod batch;
mod begin;
mod caller;
mod calling;
mod drive;
mod host;
#[allow(unsafe_code, reason = "calls a C handler at an address that the application vouches for")]
mod native;
mod run;
mod step;
mod ticket;

pub use crate::core::dispatch::batch::Batch;
pub use crate::core::dispatch::drive::Drive;
pub use crate::core::dispatch::host::Host;
pub use crate::core::dispatch::run::{Pauses, run, work};
pub use crate::core::dispatch::step::Step;
pub use crate::core::dispatch::ticket::Ticket;
