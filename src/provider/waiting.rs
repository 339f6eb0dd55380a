//! Waiting: where a thread may wait for a request, and where that would deadlock a driver.

use crate::core::irql::Irql;
use crate::provider::Door;
use crate::provider::application::{Application, Stopped};
use crate::provider::findings::Report;
use crate::provider::irp::Flight;
use crate::provider::processor;

impl Door<'_> {
    /// Whether this thread may wait, for whatever: not inside a callback or completion routine (D-10), and not at
    /// `DISPATCH_LEVEL`. Where it may not, that is a finding. `drives`: this thread is in the loop of a drive.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the finding is to be raised.
    pub fn may_wait<A: Application>(
        &self,
        app: &mut A,
        what: &str,
        socket: u64,
        drives: bool,
    ) -> Result<bool, Stopped> {
        let processor = processor::here();
        // Between the calls of a drive, where a signal's handler may run, waiting would never end either.
        let inside = processor.inside().map(|frame| frame.name).or(drives.then_some("a drive"));
        if let Some(name) = inside {
            let found = format!("{what} was called inside {name}");
            self.report(app, Report::of("D-10", found, 0).against(name))?;
            return Ok(false);
        }
        if processor.level() >= Irql::Dispatch {
            self.report(app, Report::of("Q-3", format!("{what} was called there"), socket))?;
            return Ok(false);
        }
        Ok(true)
    }

    /// A wait for a request that nothing can end: nothing is queued, nobody else drives, and no other thread is there
    /// (I-12). That is a finding.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the finding is to be raised.
    pub fn report_endless<A: Application>(
        &self,
        app: &mut A,
        flight: &Flight,
    ) -> Result<(), Stopped> {
        let name = flight.function.name;
        let found = format!(
            "a wait for {name} cannot end: nothing is queued, and no other thread is there to end it"
        );
        self.report(app, Report::of("I-12", found, flight.socket))
    }

    /// Whether a request is decided and being completed, perhaps by another thread.
    #[must_use]
    pub fn is_completing(&self, flight: &Flight) -> bool {
        !flight.is_over() && !self.turn(|turn| turn.waits(flight.number))
    }
}
