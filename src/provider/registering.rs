//! Registering: the functions that tie an application to the provider, and what deregistering waits for.
//!
//! They take no IRP. Where WSK blocks, the language has a loop; this module decides each look in it.

use crate::core::irql::Irql;
use crate::core::status::NtStatus;
use crate::provider::Door;
use crate::provider::application::{Application, Stopped};
use crate::provider::findings::Report;
use crate::provider::functions::function;
use crate::provider::processor;
use std::time::Duration;

/// A registration, as the application hands it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The machine's number for it; 0 if it is not registered with this provider.
    pub id: u64,
    /// It was deregistered and not registered again.
    pub over: bool,
}

/// A `WSK_CLIENT_DISPATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientTable {
    /// `Version`; `None` if its language holds a number that is no USHORT.
    pub version: Option<u16>,
    /// `Reserved`; 0 (O-12).
    pub reserved: u64,
}

/// How long `WskCaptureProviderNPI` waits, and has waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// `WaitTimeout`: milliseconds, or one of the two below.
    pub timeout: u32,
    /// Since the call.
    pub waited: Duration,
}

/// `WSK_NO_WAIT`.
const NO_WAIT: u32 = 0;
/// `WSK_INFINITE_WAIT`.
const INFINITE_WAIT: u32 = u32::MAX;

impl Wait {
    /// Whether it waits at all.
    fn is_wait(self) -> bool {
        self.timeout != NO_WAIT
    }

    /// What is left of it; `None` if it has no end.
    fn left(self) -> Option<Duration> {
        let whole = Duration::from_millis(u64::from(self.timeout));
        (self.timeout != INFINITE_WAIT).then(|| whole.saturating_sub(self.waited))
    }
}

/// What one look of `WskCaptureProviderNPI` comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It is over, with the number of the client if it was a success.
    Over(NtStatus, u64),
    /// It waits for a change, so long at most.
    Waits(Option<Duration>),
}

impl Door<'_> {
    /// `WskRegister`: the registration's number, if the status is a success (O-10, O-12). `table`: `None` if it, or what
    /// names it, is NULL; `registered`: the registration is in use.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised.
    pub fn register<A: Application>(
        &self,
        app: &mut A,
        table: Option<ClientTable>,
        registered: bool,
    ) -> Result<(NtStatus, u64), Stopped> {
        if !self.level_allowed(app, function::REGISTER.name, Irql::Passive, 0)? {
            return Ok((NtStatus::INVALID_PARAMETER, 0));
        }
        // The table's WskClientEvent is not looked at: no event is defined that it could be called for (O-11).
        let version = match table {
            Some(ClientTable { version: Some(version), reserved: 0 }) if !registered => version,
            _ => return Ok((NtStatus::INVALID_PARAMETER, 0)),
        };
        Ok(match self.turn(|turn| turn.register(version)) {
            0 => (NtStatus::DEVICE_NOT_READY, 0),
            number => (NtStatus::SUCCESS, number),
        })
    }

    /// Whether `WskCaptureProviderNPI` may be called here: at PASSIVE, or up to DISPATCH if it does not wait (O-13, Q-1).
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised.
    pub fn may_capture<A: Application>(&self, app: &mut A, wait: Wait) -> Result<bool, Stopped> {
        let highest = if wait.is_wait() { Irql::Passive } else { Irql::Dispatch };
        self.level_allowed(app, function::CAPTURE.name, highest, 0)
    }

    /// One look of `WskCaptureProviderNPI` that has waited so long of its `WaitTimeout` (O-13 to O-15): whether it is
    /// over. `drives`: this thread is in the loop of a drive, and may not wait.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised.
    pub fn capture<A: Application>(
        &self,
        app: &mut A,
        registration: u64,
        wait: Wait,
        drives: bool,
    ) -> Result<Look, Stopped> {
        let (status, client) = self.turn(|turn| turn.capture(registration));
        if status != NtStatus::PENDING {
            return Ok(Look::Over(status, client));
        }
        let left = wait.left();
        let ends = left == Some(Duration::ZERO);
        if ends || !self.may_wait(app, function::CAPTURE.name, 0, drives)? {
            return Ok(Look::Over(NtStatus::DEVICE_NOT_READY, 0));
        }
        Ok(Look::Waits(left))
    }

    /// `WskReleaseProviderNPI`: whether a capture was given back (O-13, O-16).
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised.
    pub fn release_npi<A: Application>(
        &self,
        app: &mut A,
        registration: Registration,
    ) -> Result<bool, Stopped> {
        let name = function::RELEASE_NPI.name;
        if !self.level_allowed(app, name, function::RELEASE_NPI.highest, 0)? {
            return Ok(false);
        }
        if registration.id == 0 {
            self.unpaired(app, "O-13", name, registration)?;
            return Ok(false);
        }
        if self.turn(|turn| turn.release_npi(registration.id)) == NtStatus::SUCCESS {
            return Ok(true);
        }
        if !self.core().is_shut() {
            let found = "WskReleaseProviderNPI was called when no capture was left";
            self.report(app, Report::of("O-13", found, 0))?;
        }
        Ok(false)
    }

    /// `WskQueryProviderCharacteristics` (O-19): status, highest and lowest version.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised.
    pub fn query_characteristics<A: Application>(
        &self,
        app: &mut A,
        registration: u64,
    ) -> Result<(NtStatus, u16, u16), Stopped> {
        let row = &function::QUERY_CHARACTERISTICS;
        if !self.level_allowed(app, row.name, row.highest, 0)? {
            return Ok((NtStatus::INVALID_PARAMETER, 0, 0));
        }
        if registration == 0 {
            return Ok((NtStatus::DEVICE_NOT_READY, 0, 0));
        }
        Ok(self.turn(|turn| turn.query_characteristics(registration)))
    }

    /// Whether `WskDeregister` may begin to wait here: not inside a callback, where what it waits for may be the end of
    /// that very callback (U-42), not above PASSIVE, and not without a registration of this provider (O-12).
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised.
    pub fn may_deregister<A: Application>(
        &self,
        app: &mut A,
        registration: Registration,
    ) -> Result<bool, Stopped> {
        let name = function::DEREGISTER.name;
        if let Some(frame) = processor::here().inside() {
            let found =
                format!("{name} was called inside {}, where it would never return", frame.name);
            self.report(app, Report::of("U-42", found, 0))?;
            return Ok(false);
        }
        if !self.level_allowed(app, name, Irql::Passive, 0)? {
            return Ok(false);
        }
        if registration.id == 0 {
            self.unpaired(app, "O-12", name, registration)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// One look of `WskDeregister`: whether its wait is over (O-14, O-17, O-18).
    #[must_use]
    pub fn deregistered(&self, registration: u64) -> bool {
        let status = self.turn(|turn| turn.deregister(registration));
        let free = status != NtStatus::PENDING && self.requests_of(registration) == 0;
        free || self.core().is_shut()
    }

    /// A call that no success of `WskRegister` or `WskCaptureProviderNPI` belongs to (O-12, O-13); a closed subsystem has no more to say of it.
    fn unpaired<A: Application>(
        &self,
        app: &mut A,
        rule: &'static str,
        name: &str,
        registration: Registration,
    ) -> Result<(), Stopped> {
        if self.core().is_shut() {
            return Ok(());
        }
        let over = registration.over;
        let what =
            if over { "was deregistered before" } else { "is not registered with this subsystem" };
        let found = format!("{name} was given a registration that {what}");
        let advice = match (rule, over) {
            ("O-12", true) => "Deregister once for each success of WskRegister.",
            ("O-12", false) => {
                "Pass the WSK_REGISTRATION that WskRegister of this subsystem filled."
            }
            (_, true) => "Release the captures before WskDeregister, each once.",
            (_, false) => {
                "Pass the WSK_REGISTRATION with which WskCaptureProviderNPI of this subsystem succeeded."
            }
        };
        self.report(app, Report::of(rule, found, 0).advising(advice))
    }
}
