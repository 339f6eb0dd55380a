//! Provider: what the WSK subsystem decides about a call of the application, and about what the application
//! answers, whatever language it is written in (docs/architecture.md).
//!
//! The contract machine ([`wsk`](crate::wsk)) knows integers and the order of rules. The provider stands between
//! it and an [`Application`]: it judges the level, the IRP and the answer, completes requests, and reports what
//! breaks a rule. A language keeps only the act: how a callback is called, how an argument's type is checked, how
//! a structure looks. No lock is held while the application runs (I-16).

mod admission;
mod application;
mod buffers;
mod chain;
mod control_buffers;
mod controls;
mod custody;
mod disconnected;
mod findings;
mod functions;
mod irp;
pub mod levels;
mod lists;
mod loans;
mod names;
mod patience;
mod performing;
pub mod processor;
mod registering;
mod request;
mod tables;
mod waiting;

pub use crate::provider::application::{
    Answer, Application, Callback, Count, Done, Held, Moment, Returned, RoutineAnswer, Stopped,
};
pub use crate::provider::buffers::{Buffer, Place, control_information};
pub use crate::provider::chain::is_chained;
pub use crate::provider::control_buffers::{
    Input, InputBuffer, NPI_WSK_INTERFACE_ID, NpiId, OutputBuffer, Wanted,
};
pub use crate::provider::controls::{
    Control, Output, highest_of_socket, wanted_of_client, wanted_of_socket,
};
pub use crate::provider::custody::Ended;
pub use crate::provider::disconnected::found_of;
pub use crate::provider::findings::{Blame, Report, closed_connection, subject_of, swapped_port};
pub use crate::provider::functions::{Function, function};
pub use crate::provider::irp::{Flight, Irp, Misuse, Switches};
pub use crate::provider::lists::Part;
pub use crate::provider::loans::Loan;
pub use crate::provider::names::{Hints, NameQuestion, Question, counted_fits, name_of, resolve};
pub use crate::provider::patience::{Holders, Patience, Say};
pub use crate::provider::registering::{ClientTable, Look, Registration, Wait};
pub use crate::provider::request::{Asked, Refusal, request_of_nobody};
pub use crate::provider::tables::{Handover, TableKind};

use crate::core::subsystem::Subsystem;
use crate::core::sync::Mutex;
use crate::provider::custody::Custody;
use crate::wsk::{Machine, Policies, Turn};
use std::sync::Arc;

/// One subsystem's provider.
#[derive(Debug)]
pub struct Provider {
    machine: Machine,
    custody: Mutex<Custody>,
    /// Told apart from every other provider of this process.
    serial: u32,
    /// As in [`Policies`].
    plain: bool,
}

impl Provider {
    /// A provider beside `core`; `serial` tells it apart from every other one of this process.
    #[must_use]
    pub fn new(core: &Subsystem, policies: Policies, serial: u32) -> Self {
        let machine = Machine::new(core, policies);
        Self { machine, custody: Mutex::new(Custody::default()), serial, plain: policies.plain }
    }

    /// The contract machine.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The provider's functions. `core` has to be the one that it was made for.
    #[must_use]
    pub fn on<'p>(self: &'p Arc<Self>, core: &'p Subsystem) -> Door<'p> {
        Door { provider: self, core }
    }
}

/// One provider with its core: what every call goes through.
#[derive(Clone, Copy, Debug)]
pub struct Door<'p> {
    provider: &'p Arc<Provider>,
    core: &'p Subsystem,
}

impl<'p> Door<'p> {
    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &'p Arc<Provider> {
        self.provider
    }

    /// The core.
    #[must_use]
    pub fn core(&self) -> &'p Subsystem {
        self.core
    }

    /// Takes a turn of the machine. Inside a completion routine what is decided waits for a drive (I-11).
    pub fn turn<T>(&self, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        self.provider.machine.turn(self.core, |turn| {
            turn.set_defers(is_chained());
            act(turn)
        })
    }
}
