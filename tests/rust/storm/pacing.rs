//! The loops that keep a plan's pace.

use crate::plan;
use crate::stage::{Noting, Plain, core, dispatch};
use wsksim::core::error::CoreError;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::subsystem::Subsystem;
use wsksim::storm::pacing::{InTurn, pace_beside, pace_in_turn};
use wsksim::storm::{Arrivals, Due, Generator, Order, Plan, Timing};

const SINGLE: HandlerId = HandlerId::new(HandlerKind::Single, 0);

/// One thread that posts and dispatches.
struct Alternating<'s> {
    core: &'s Subsystem,
    timing: &'s Timing,
    generator: Generator,
    host: Noting,
    waits: u32,
}

impl InTurn for Alternating<'_> {
    type Error = CoreError;

    fn post_due(&mut self) -> Result<Due, CoreError> {
        let mut opener = Plain { core: self.core, handler: SINGLE };
        self.generator.post_due(self.core, &mut opener, self.timing)
    }

    fn dispatch(&mut self) -> Result<u64, CoreError> {
        let before = self.host.seen.len();
        dispatch(self.core, &mut self.host, Some(self.timing));
        Ok((self.host.seen.len() - before) as u64)
    }

    fn wait(&mut self, _: &Timing, _: u64) {
        self.waits += 1;
    }
}

fn alternating<'s>(plan: &Plan, core: &'s Subsystem, timing: &'s Timing) -> Alternating<'s> {
    let mut generator = Generator::new(plan).unwrap();
    generator.connect(&mut Plain { core, handler: SINGLE }, plan.sockets).expect("there is room");
    timing.begin();
    Alternating { core, timing, generator, host: Noting::default(), waits: 0 }
}

#[test]
fn in_turn_every_edge_is_posted_and_handled() {
    let plan = Plan { pace: Some((1e5, Arrivals::Poisson)), ..plan() };
    let (core, timing) = (core(plan.sockets), Timing::new(plan.sockets as usize, 1).unwrap());
    let mut thread = alternating(&plan, &core, &timing);
    while !pace_in_turn(&timing, &mut thread).expect("there is room") {}
    dispatch(&core, &mut thread.host, Some(&timing));
    assert_eq!(thread.host.seen.len(), 1_000);
    assert!(thread.waits > 0, "there was time between the edges");
}

#[test]
fn in_turn_a_socket_that_nobody_will_handle_holds_nothing_up() {
    let pace = Some((1e9, Arrivals::Burst(1_000)));
    let plan = Plan { sockets: 2, order: Order::Made, disconnects: 4, pace, ..plan() };
    let (core, timing) = (core(plan.sockets), Timing::new(2, 1).unwrap());
    let mut thread = alternating(&plan, &core, &timing);
    assert_eq!(thread.post_due().expect("there is room"), Due::More);
    // Disabled behind the generator's back, with its edge on the way.
    for index in 0..2 {
        let handle = wsksim::core::handle::SocketHandle { generation: 1, index };
        core.disable(handle).expect("it is open");
    }
    assert_eq!(pace_in_turn(&timing, &mut thread), Ok(true));
    assert_eq!(thread.generator.posted(), 4);
}

#[test]
fn beside_workers_posting_ends_when_they_have_stopped() {
    let pace = Some((1.0 / 900.0, Arrivals::Constant));
    let plan = Plan { pace, ..plan() };
    let (core, timing) = (core(plan.sockets), Timing::new(plan.sockets as usize, 1).unwrap());
    let mut thread = alternating(&plan, &core, &timing);
    assert_eq!(pace_beside(&core, &timing, || thread.post_due()), Ok(false), "a moment has passed");
    core.halt();
    assert_eq!(pace_beside(&core, &timing, || thread.post_due()), Ok(true));
    assert_eq!(thread.generator.posted(), 1);
}
