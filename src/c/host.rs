//! Host: a drive of a driver in C: the core calls `WskDisconnectEvent` by itself, the provider everything else.

use crate::c::application::CApplication;
use crate::c::driver::{Driver, always};
use crate::c::sanitizers;
use crate::core::dispatch::{Drive, Host, Pauses, Step, run};
use crate::core::error::CoreError;
use crate::core::findings::Place;
use crate::core::handle::SocketHandle;
use crate::core::handlers::HandlerKind;
use crate::core::indication::{Indication, Verdict};
use crate::core::irql::CallLevel;
use crate::provider::Door;
use crate::provider::processor::{self, Driving};
use std::cell::Cell;
use std::convert::Infallible;
use std::sync::Arc;

/// A function of the driver's, of which only the address is known.
pub(crate) fn function_at(address: u64) -> Place {
    Place { function: format!("0x{address:x}"), file: String::new(), line: 0 }
}

/// Has the core call functions of the driver.
struct CHost<'d> {
    driver: &'d Arc<Driver>,
    driving: Driving,
    closed: Vec<u32>,
    /// Whether another call may follow on this stack; always, where nobody is asked.
    goes_on: Option<&'d dyn Fn() -> bool>,
}

impl<'d> CHost<'d> {
    fn new(driver: &'d Arc<Driver>, goes_on: Option<&'d dyn Fn() -> bool>) -> Self {
        let driving = processor::here().driving(driver.serial());
        Self { driver, driving, closed: Vec::new(), goes_on }
    }

    /// The calls of a step are over.
    fn tidy(&mut self) {
        self.driving.rest();
        self.driver.core().release_many(self.closed.drain(..));
    }
}

/// Says of a breach which function it is of.
#[cold]
fn blamed(verdict: Verdict, address: u64) -> Verdict {
    let Verdict::Breach(mut breach) = verdict else { return verdict };
    let mut next = Some(&mut breach);
    while let Some(one) = next {
        one.finding.place = Some(Arc::new(function_at(address)));
        next = one.also.as_mut();
    }
    Verdict::Breach(breach)
}

impl Host for CHost<'_> {
    fn admits(&self, kind: HandlerKind) -> bool {
        kind == HandlerKind::Native
    }

    fn call(&mut self, _: &Indication) -> Verdict {
        Verdict::Stop
    }

    fn call_native(
        &mut self,
        indication: &Indication,
        level: CallLevel,
        call: impl FnOnce() -> Verdict,
    ) -> Verdict {
        let key = sanitizers::of_context(indication.context);
        sanitizers::acquire(key);
        let verdict = self.driving.call_native(level, call);
        sanitizers::release(key);
        if self.goes_on.is_some_and(|goes_on| !goes_on()) {
            self.driver.core().ask_for_pause();
        }
        match verdict {
            Verdict::Success => Verdict::Success,
            wrong => blamed(wrong, self.driver.core().natives.address(indication.handler)),
        }
    }

    fn closed(&mut self, index: u32) {
        self.closed.push(index);
        self.driver.turn(|turn| turn.closed(index));
    }

    fn foresees(&mut self, indices: impl Iterator<Item = u32> + Clone) {
        self.driver.provider().machine().foresee(indices);
    }

    fn ended(&mut self, handle: SocketHandle) {
        self.driver.turn(|turn| turn.ended(handle));
    }

    fn runs_errands(&self) -> bool {
        true
    }
}

/// Most errands that are performed before other things are looked at.
const ERRANDS: u32 = 64;

/// The pauses of a drive that ends when nothing is left to do.
struct Performing<'d>(&'d Arc<Driver>);

impl<'d> Pauses<CHost<'d>> for Performing<'d> {
    type Failure = Infallible;

    fn calls(&mut self, _: u64) -> Option<u64> {
        Some(u64::MAX)
    }

    fn step(&mut self, drive: &mut Drive<'_>, host: &mut CHost<'d>, calls: u64) -> Step {
        host.driving.begin_native(self.0.core().options().irql);
        let step = drive.step(host, calls);
        host.tidy();
        step
    }

    fn empty(&mut self, _: &Drive<'_>) -> bool {
        false
    }

    fn errands(
        &mut self,
        drive: &mut Drive<'_>,
        _: &mut CHost<'d>,
    ) -> Result<Option<u64>, Infallible> {
        let mut app = CApplication::of(self.0);
        let mut calls = 0;
        let edges = self.0.with_door(|door| {
            door.perform_due(&mut app, ERRANDS, || drive.oldest(), || true, || calls += 1)
        });
        drive.count_calls(calls);
        Ok(Some(always(edges)))
    }
}

impl Driver {
    /// Has edges called on this thread, at most so many, until it is not to go on; how many. `passes`: errands wait for them.
    fn drive_edges(self: &Arc<Self>, most: u64, passes: bool, goes_on: &dyn Fn() -> bool) -> u64 {
        // Another drive has them then.
        let Ok(ticket) = self.core().ticket() else { return 0 };
        let mut drive = Drive::alone(&ticket);
        drive.pass_errands(passes);
        let mut host = CHost::new(self, Some(goes_on));
        Performing(self).step(&mut drive, &mut host, most);
        let made = drive.made();
        drop(drive);
        host.tidy();
        made
    }

    /// Whether errands or edges are due.
    pub(crate) fn has_due(&self) -> bool {
        (self.core().has_work() && !self.core().is_driven()) || self.turn(|turn| turn.has_errands())
    }

    /// Has what is due called on this thread, errands and edges in their order: the first of them, and more of them as long
    /// as `goes_on` says so. It is asked under the machine's lock too.
    pub(crate) fn perform_while(self: &Arc<Self>, goes_on: impl Fn() -> bool) {
        let mut app = CApplication::of(self);
        loop {
            if self.core().is_driven() {
                // A callback that a drive has called waits: what is no edge goes on.
                if always(self.with_door(|door| door.perform(&mut app))).is_none() || !goes_on() {
                    return;
                }
                continue;
            }
            let acted = Cell::new(false);
            let asked = || {
                acted.set(true);
                goes_on()
            };
            let oldest = || self.core().queue.oldest();
            let perform =
                |door: Door<'_>| door.perform_due(&mut app, u32::MAX, oldest, asked, || {});
            let edges = always(self.with_door(perform));
            if acted.get() && !goes_on() {
                return;
            }
            let passes = edges > 0;
            if !passes && !self.core().has_work() {
                return;
            }
            let most = if passes { edges } else { u64::MAX };
            if self.drive_edges(most, passes, &goes_on) == 0 || !goes_on() {
                return;
            }
        }
    }

    /// Has everything called that is due, on this thread; how many calls of callbacks were made.
    ///
    /// # Errors
    ///
    /// [`CoreError`]: another drive runs, perhaps around this very call.
    pub fn drive(self: &Arc<Self>) -> Result<u64, CoreError> {
        let ticket = self.core().ticket()?;
        let mut drive = Drive::alone(&ticket);
        let mut host = CHost::new(self, None);
        let Ok(_) = run(&mut drive, &mut host, &mut Performing(self), 0);
        let made = drive.made();
        drop(drive);
        host.tidy();
        Ok(made)
    }
}
