//! Team: one of several equal loops that share a ticket.

use crate::core::dispatch::drive::Drive;
use crate::core::dispatch::host::Host;
use crate::core::dispatch::step::Step;
use crate::core::subsystem::Subsystem;
use crate::core::sync::yield_now;

/// Works until the drive is told to stop: one of `workers` equal loops on threads of their own.
pub fn work<H: Host>(subsystem: &Subsystem, number: usize, workers: usize, host: &mut H) {
    let mut drive = Drive::worker(subsystem, number, workers);
    loop {
        match drive.step(host, u64::MAX) {
            Step::Empty => {
                if drive.rest() {
                    return;
                }
            }
            Step::Unready => yield_now(),
            Step::Spent => {}
            Step::Errands | Step::Other(_) | Step::Stopped | Step::Halted | Step::Breach(_) => {
                return;
            }
        }
    }
}
