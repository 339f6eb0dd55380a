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
use crate::provider::processor::{self, Driving};
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
}

impl CHost<'_> {
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
    /// Has one edge called, on this thread; false if there is none.
    ///
    /// # Errors
    ///
    /// [`CoreError`]: another drive runs.
    pub(crate) fn drive_one(self: &Arc<Self>) -> Result<bool, CoreError> {
        let ticket = self.core().ticket()?;
        let mut drive = Drive::alone(&ticket);
        drive.pass_errands(true);
        let driving = processor::here().driving(self.serial());
        let mut host = CHost { driver: self, driving, closed: Vec::new() };
        Performing(self).step(&mut drive, &mut host, 1);
        let made = drive.made();
        drop(drive);
        host.tidy();
        Ok(made > 0)
    }

    /// Whether errands or edges are due.
    pub(crate) fn has_due(&self) -> bool {
        (self.core().has_work() && !self.core().is_driven()) || self.turn(|turn| turn.has_errands())
    }

    /// Has what comes next called, an errand or an edge, on this thread.
    pub(crate) fn perform_one(self: &Arc<Self>) {
        let mut app = CApplication::of(self);
        let errands = self.turn(|turn| turn.has_errands());
        let mut edges = u64::from(!errands);
        if errands && self.core().is_driven() {
            let _ = always(self.with_door(|door| door.perform(&mut app)));
        } else if errands {
            let oldest = || self.core().queue.oldest();
            edges = always(
                self.with_door(|door| door.perform_due(&mut app, 1, oldest, || true, || {})),
            );
        }
        if edges > 0 {
            // Another drive has it then.
            let _ = self.drive_one();
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
        let driving = processor::here().driving(self.serial());
        let mut host = CHost { driver: self, driving, closed: Vec::new() };
        let Ok(_) = run(&mut drive, &mut host, &mut Performing(self), 0);
        let made = drive.made();
        drop(drive);
        host.tidy();
        Ok(made)
    }
}
