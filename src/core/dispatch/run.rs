//! Run: the loop around a drive's steps. The caller decides what happens between them, where a thread rests,
//! yields or lets others go first ([`Pauses`]); the consequences of a step's end are the same for all.

use crate::core::dispatch::drive::Drive;
use crate::core::dispatch::host::Host;
use crate::core::dispatch::step::Step;
use crate::core::subsystem::Subsystem;
use crate::core::sync::yield_now;

/// What a thread does between the steps of its drive.
pub trait Pauses<H: Host> {
    /// Why it may fail.
    type Failure;

    /// How many calls the next step may make, of a drive that has made `made`; `None` when that is enough.
    fn calls(&mut self, made: u64) -> Option<u64>;

    /// Makes the step.
    fn step(&mut self, drive: &mut Drive<'_>, host: &mut H, calls: u64) -> Step {
        drive.step(host, calls)
    }

    /// Nothing is queued; whether to go on.
    fn empty(&mut self, drive: &Drive<'_>) -> bool;

    /// A poster is about to store the next entry; whether to go on.
    fn unready(&mut self) -> bool {
        yield_now();
        true
    }

    /// The contract machine has errands: performs one, and tells how many edges come before the next;
    /// `None` if that cannot be done here.
    ///
    /// # Errors
    ///
    /// What ends the drive.
    fn errands(
        &mut self,
        _drive: &mut Drive<'_>,
        _host: &mut H,
    ) -> Result<Option<u64>, Self::Failure> {
        Ok(None)
    }

    /// The next edge's handler is none of this host's: has it called in another way, one call at most if the
    /// edge `passes` errands; false if that cannot be done here.
    ///
    /// # Errors
    ///
    /// What ends the drive.
    fn other(&mut self, _drive: &mut Drive<'_>, _passes: bool) -> Result<bool, Self::Failure> {
        Ok(false)
    }

    /// A step is over, and what it asked for is done; whether to go on.
    ///
    /// # Errors
    ///
    /// What ends the drive.
    fn ended(&mut self, _host: &mut H) -> Result<bool, Self::Failure> {
        Ok(true)
    }
}

/// Makes steps until one ends in a way that ends the run, which is told; `first` edges come before the next
/// errand.
///
/// # Errors
///
/// What [`Pauses`] failed with.
pub fn run<H: Host, P: Pauses<H>>(
    drive: &mut Drive<'_>,
    host: &mut H,
    pauses: &mut P,
    mut first: u64,
) -> Result<Step, P::Failure> {
    loop {
        let Some(calls) = pauses.calls(drive.made()) else { return Ok(Step::Spent) };
        let passes = first > 0;
        drive.pass_errands(passes);
        let step = pauses.step(drive, host, if passes { calls.min(first) } else { calls });
        drive.pass_errands(false);
        first = 0;
        let goes_on = match &step {
            // What came before the errand is done, or somebody else has it.
            Step::Empty => passes || pauses.empty(drive),
            Step::Unready => pauses.unready(),
            Step::Spent => true,
            Step::Other(_) => pauses.other(drive, passes)?,
            Step::Errands => match pauses.errands(drive, host)? {
                Some(edges) => {
                    first = edges;
                    true
                }
                None => false,
            },
            Step::Stopped | Step::Halted | Step::Breach(_) => false,
        };
        if !goes_on || !pauses.ended(host)? {
            return Ok(step);
        }
    }
}

/// Rests when nothing is queued, until the drive is told to stop.
#[derive(Debug)]
struct Resting;

impl<H: Host> Pauses<H> for Resting {
    type Failure = std::convert::Infallible;

    fn calls(&mut self, _: u64) -> Option<u64> {
        Some(u64::MAX)
    }

    fn empty(&mut self, drive: &Drive<'_>) -> bool {
        !drive.rest()
    }
}

/// Works until the drive is told to stop: one of `workers` equal loops on threads of their own, which share a
/// ticket.
pub fn work<H: Host>(subsystem: &Subsystem, number: usize, workers: usize, host: &mut H) {
    let mut drive = Drive::worker(subsystem, number, workers);
    let Ok(_) = run(&mut drive, host, &mut Resting, 0);
}
