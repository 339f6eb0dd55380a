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

impl Door<'_> {
    /// `WskRegister`: the registration's number, if the status is a success (O-10, O-12). `version`: `None` if an
    /// argument is NULL or does not fit.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised.
    pub fn register<A: Application>(
        &self,
        app: &mut A,
        version: Option<u16>,
    ) -> Result<(NtStatus, u64), Stopped> {
        if !self.level_allowed(app, function::REGISTER.name, Irql::Passive, 0)? {
            return Ok((NtStatus::INVALID_PARAMETER, 0));
        }
        let Some(version) = version else { return Ok((NtStatus::INVALID_PARAMETER, 0)) };
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
    pub fn may_capture<A: Application>(&self, app: &mut A, waits: bool) -> Result<bool, Stopped> {
        let highest = if waits { Irql::Passive } else { Irql::Dispatch };
        self.level_allowed(app, function::CAPTURE.name, highest, 0)
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
            let found = format!("it was called inside {}, where it would never return", frame.name);
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

    /// The wait of `WskDeregister` cannot end, for this thread is the only one (O-17).
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the finding is to be raised.
    pub fn report_stuck<A: Application>(&self, app: &mut A, held_by: &str) -> Result<(), Stopped> {
        let found = format!("no other thread is there to end its wait: it is held by {held_by}");
        self.report(app, Report::of("O-17", found, 0))
    }
}

/// Looks in a row that found nothing to do: what began between the first two is seen by then.
const STUCK: u32 = 2;
/// After so long a thread that waits for others says for what.
const LONG: Duration = Duration::from_secs(1);

/// What a waiting `WskDeregister` has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// Nothing, or nothing more.
    Nothing,
    /// What it waits for: it takes long.
    Waits,
    /// That it cannot end, and what it waits for.
    Stuck,
}

/// One wait of `WskDeregister`: says once what it waits for, if that seems to be forgotten.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patience {
    idle: u32,
    told: bool,
}

impl Patience {
    /// One look found the registration held. `idle`: nobody else drives the subsystem, and there was nothing to drive;
    /// `alone`: this is the only thread of the program; `waited`: so far; `long`: after so long it says for what, a second
    /// if not given.
    pub fn look(
        &mut self,
        idle: bool,
        alone: bool,
        waited: Duration,
        long: Option<Duration>,
    ) -> Say {
        self.idle = if idle { self.idle + 1 } else { 0 };
        if self.told {
            return Say::Nothing;
        }
        let stuck = alone && self.idle >= STUCK;
        self.told = stuck || waited >= long.unwrap_or(LONG);
        match (stuck, self.told) {
            (true, _) => Say::Stuck,
            (false, true) => Say::Waits,
            (false, false) => Say::Nothing,
        }
    }
}
