//! Driving: the host that has the driver's callbacks called and its requests completed.

use crate::driver::Heard;
use crate::stage::{Shared, Stage};
use crate::text::flags_at;
use crate::walk;
use wsksim::core::dispatch::{Drive, Host, Pauses, Step, run};
use wsksim::core::findings::Finding;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::HandlerKind;
use wsksim::core::indication::{Breach, Indication, Verdict};
use wsksim::provider::processor::{self, DISCONNECT, Driving, with_level_left};
use wsksim::provider::{Stopped, found_of};

impl Stage {
    /// Drives until nothing is left to do.
    pub(crate) fn drive(&self) {
        assert_eq!(self.try_drive(), Ok(()), "nothing is raised");
    }

    pub(crate) fn try_drive(&self) -> Result<(), Stopped> {
        let Shared { core, .. } = &**self.shared();
        let ticket = core.ticket().expect("no other drive runs");
        let mut drive = Drive::alone(&ticket);
        let driving = processor::here().driving(self.serial());
        let mut caller = Caller { stage: self.clone(), driving, closed: Vec::new() };
        let ended = run(&mut drive, &mut caller, &mut Performing(self.clone()), 0);
        caller.tidy();
        let ended = ended?;
        assert!(matches!(ended, Step::Empty), "{ended:?}");
        Ok(())
    }
}

/// The pauses of a drive that performs errands.
struct Performing(Stage);

impl Pauses<Caller> for Performing {
    type Failure = Stopped;

    fn calls(&mut self, _: u64) -> Option<u64> {
        Some(1)
    }

    fn empty(&mut self, _: &Drive<'_>) -> bool {
        false
    }

    fn errands(
        &mut self,
        drive: &mut Drive<'_>,
        _: &mut Caller,
    ) -> Result<Option<u64>, Self::Failure> {
        let oldest = drive.oldest();
        let edges = self.0.turn(|turn| turn.edges_first(oldest));
        if edges == 0 && self.0.with(|door, app| door.perform(app))? == Some(true) {
            drive.count_calls(1);
        }
        Ok(Some(edges))
    }

    fn ended(&mut self, caller: &mut Caller) -> Result<bool, Self::Failure> {
        caller.tidy();
        Ok(true)
    }
}

/// Calls the driver's disconnect handlers.
struct Caller {
    stage: Stage,
    driving: Driving,
    closed: Vec<u32>,
}

impl Caller {
    fn tidy(&mut self) {
        self.driving.rest();
        for index in self.closed.drain(..) {
            self.stage.shared().core.release(index);
        }
    }
}

impl Host for Caller {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        let stage = self.stage.clone();
        let supplied = stage.supplied_as(indication.context);
        assert_eq!(indication.handler.number(), supplied.number);
        let level = self.driving.begin(indication);
        stage.note(format!("{DISCONNECT} {} {}", supplied.name, flags_at(indication.flags, level)));
        let socket = stage.of_handle(indication.handle);
        let heard = Heard::of(socket);
        walk::acts();
        let answer = supplied.act(&stage, DISCONNECT, &heard);
        let verdict = match found_of(answer.returned) {
            None => Verdict::Success,
            Some(found) => Verdict::Breach(Box::new(Breach::of(Finding::of("D-8", found)))),
        };
        match self.driving.left(level) {
            None => verdict,
            Some(left) => with_level_left(verdict, level, left, |finding| finding),
        }
    }

    fn closed(&mut self, index: u32) {
        self.closed.push(index);
        self.stage.turn(|turn| turn.closed(index));
    }

    fn ended(&mut self, handle: SocketHandle) {
        self.stage.turn(|turn| turn.ended(handle));
    }

    fn runs_errands(&self) -> bool {
        true
    }
}
