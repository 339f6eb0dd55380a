//! The contract machine: WSK's functions as one sequential state machine (docs/adr/0005).
//!
//! Integers in, integers out: a call takes the machine's lock, changes its state and answers a status
//! and the IRPs that it completed. Completion routines of earlier requests, and every callback but
//! `WskDisconnectEvent`, have to be called later: each becomes an errand, which a drive of the core
//! fetches. No application code runs under the lock. `WskDisconnectEvent` stays the core's: the
//! machine posts edges and says what holds them back.

mod accepting;
mod attending;
mod binding;
mod callbacks;
mod calls;
mod category;
mod client;
mod client_controls;
mod closing;
mod connecting;
mod controls;
mod creating;
mod datagrams;
mod disconnecting;
mod dying;
mod errand;
mod event_controls;
mod events;
mod flow;
mod foresight;
mod indicating;
mod inspecting;
mod irp;
mod leaving;
mod lineup;
mod machine;
mod numbers;
mod planning;
mod policies;
mod ready;
mod receiving;
mod remotes;
mod routing;
mod sending;
mod shutting;
mod socket;
mod watching;

pub use crate::wsk::callbacks::{CALLBACKS, Call, Lent, Row};
pub use crate::wsk::category::Category;
pub use crate::wsk::client_controls::Transport;
pub use crate::wsk::controls::{IoctlInput, IoctlOutput};
pub use crate::wsk::creating::Table;
pub use crate::wsk::errand::{Due, Fetched};
pub use crate::wsk::event_controls::Npi;
pub use crate::wsk::events::{callback, event, ioctl};
pub use crate::wsk::irp::{Completion, Reply};
pub use crate::wsk::machine::{Let, Machine, Turn};
pub use crate::wsk::policies::{Completions, Policies};
pub use crate::wsk::socket::State;
pub use crate::wsk::watching::{Arrivals, Left, Notice};
