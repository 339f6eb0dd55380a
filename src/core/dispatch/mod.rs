//! Dispatch: a drive takes entries out of the queue and has handlers called.
//!
//! `drive` is the loop, `handler` the door to whoever is called, `native` the call of a C handler,
//! `team` the bookkeeping of several drives at once.

mod ahead;
mod batch;
mod black_box;
mod caller;
mod calling;
pub mod drive;
pub mod handler;
#[allow(unsafe_code, reason = "calls a C handler at an address that the application vouches for")]
mod native;
pub mod team;
mod tray;

pub use crate::core::dispatch::batch::Batch;
pub use crate::core::dispatch::black_box::BlackBox;
pub use crate::core::dispatch::drive::{Drive, Step};
pub use crate::core::dispatch::handler::{HandlerId, HandlerKind, Host, Indication, Verdict};
pub use crate::core::dispatch::team::Ticket;
pub(crate) use crate::core::dispatch::tray::Tray;
