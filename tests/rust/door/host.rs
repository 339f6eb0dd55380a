//! Host: a drive of a program's subsystem.

use crate::actor;
use crate::actor::Depth;
use crate::application::App;
use crate::world::{World, lock};
use std::convert::Infallible;
use std::sync::Arc;
use wsksim::core::dispatch::{Drive, Host, Pauses, Step, run};
use wsksim::core::flags::DisconnectFlags;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::HandlerKind;
use wsksim::core::indication::{Indication, Verdict};
use wsksim::provider::processor::{self, DISCONNECT, Driving, with_level_left};

/// Has everything called that is due; false if another thread does.
pub(crate) fn drive(world: &Arc<World>) -> bool {
    let Ok(ticket) = world.core.ticket() else { return false };
    let mut drive = Drive::alone(&ticket);
    let mut host = Caller { world, driving: processor::here().driving(1), closed: Vec::new() };
    let Ok(ended) = run(&mut drive, &mut host, &mut Performing(world), 0);
    world.check(matches!(ended, Step::Empty), || format!("a drive ended with {ended:?}"));
    drop(drive);
    host.rest();
    true
}

struct Caller<'w> {
    world: &'w Arc<World>,
    driving: Driving,
    closed: Vec<u32>,
}

impl Caller<'_> {
    fn rest(&mut self) {
        self.driving.rest();
        self.world.core.release_many(self.closed.drain(..));
    }
}

impl Host for Caller<'_> {
    fn admits(&self, kind: HandlerKind) -> bool {
        kind == HandlerKind::Single
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        let world = self.world;
        let level = self.driving.begin(indication);
        let Some(sock) = world.of_context(indication.context) else {
            world.fail(format!("{DISCONNECT} with context {}", indication.context));
            return Verdict::Success;
        };
        world.enter(&sock, DISCONNECT);
        world.edge(&sock, indication.flags & DisconnectFlags::ABORTIVE != 0);
        let depth = Depth::default().deeper().expect("callbacks are one deep");
        let acts = lock(&world.inside).pick(3);
        for _ in 0..acts {
            actor::act_inside(world, depth);
        }
        world.leave(&sock);
        match self.driving.left(level) {
            None => Verdict::Success,
            Some(left) => with_level_left(Verdict::Success, level, left, |finding| finding),
        }
    }

    fn closed(&mut self, index: u32) {
        self.closed.push(index);
        self.world.released(index);
    }

    fn ended(&mut self, handle: SocketHandle) {
        self.world.ended(handle);
    }

    fn runs_errands(&self) -> bool {
        true
    }
}

struct Performing<'w>(&'w Arc<World>);

impl<'w> Pauses<Caller<'w>> for Performing<'w> {
    type Failure = Infallible;

    fn calls(&mut self, _: u64) -> Option<u64> {
        Some(8)
    }

    fn step(&mut self, drive: &mut Drive<'_>, host: &mut Caller<'w>, calls: u64) -> Step {
        let step = drive.step(host, calls);
        host.rest();
        step
    }

    fn empty(&mut self, _: &Drive<'_>) -> bool {
        false
    }

    fn errands(
        &mut self,
        drive: &mut Drive<'_>,
        _: &mut Caller<'w>,
    ) -> Result<Option<u64>, Infallible> {
        let world = self.0;
        let oldest = drive.oldest();
        let edges = world.turn(|turn| turn.edges_first(oldest));
        if edges == 0 {
            let depth = Depth::default().deeper().expect("callbacks are one deep");
            let mut app = App::new(world, None, depth);
            let performed = world.with_door(|door| door.perform(&mut app));
            if performed.expect("this application stops nothing") == Some(true) {
                drive.count_calls(1);
            }
        }
        Ok(Some(edges))
    }
}
