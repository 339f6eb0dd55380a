//! The generator: it posts its plan to the last edge, and what it posts is handled once each.

use crate::plan;
use crate::stage::{Noting, Plain, core, dispatch};
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::subsystem::Subsystem;
use wsksim::storm::{Arrivals, Due, Generator, Order, Plan, Timing};

const SINGLE: HandlerId = HandlerId::new(HandlerKind::Single, 0);

/// What the plan says that a handler sees, in its order.
fn planned(plan: &Plan) -> Vec<(u64, u32)> {
    plan.edges().unwrap().map(|planned| (u64::from(planned.socket), planned.edge as u32)).collect()
}

fn balance(core: &Subsystem, plan: &Plan) {
    let counts = core.counts();
    assert_eq!(counts.posted, counts.indicated);
    assert_eq!(counts.posted.iter().sum::<u64>(), plan.disconnects);
    assert_eq!(counts.refused.iter().sum::<u64>() + counts.withheld.iter().sum::<u64>(), 0);
    assert_eq!(counts.open, u64::from(plan.sockets));
}

#[test]
fn at_the_handlers_pace_every_edge_of_the_plan_is_handled_in_its_order() {
    for order in [Order::Made, Order::Random, Order::Recent] {
        for most in [1, 64, 100, 1_000] {
            let plan = Plan { order, pace: None, ..plan() };
            let core = core(plan.sockets);
            let (mut opener, mut host) =
                (Plain { core: &core, handler: SINGLE }, Noting::default());
            let mut generator = Generator::new(&plan).unwrap();
            while generator.connect(&mut opener, 30).expect("there is room") > 0 {}
            while generator.post_group(&core, &mut opener, most).expect("there is room") > 0 {
                dispatch(&core, &mut host, None);
            }
            assert_eq!(host.seen, planned(&plan));
            assert_eq!(generator.posted(), plan.disconnects);
            balance(&core, &plan);
        }
    }
}

/// Posts what is due and handles it, until all is posted and handled.
fn run_paced(
    plan: &Plan,
    every: u64,
    handler: HandlerId,
) -> (Generator, Timing, Noting, Subsystem) {
    let core = core(plan.sockets);
    let mut host = Noting::default();
    let timing = Timing::new(plan.sockets as usize, every).unwrap();
    let mut generator = Generator::new(plan).unwrap();
    let mut opener = Plain { core: &core, handler };
    generator.connect(&mut opener, plan.sockets).expect("there is room");
    timing.begin();
    loop {
        let due = generator.post_due(&core, &mut opener, &timing).expect("there is room");
        dispatch(&core, &mut host, Some(&timing));
        if due == Due::Done {
            return (generator, timing, host, core);
        }
    }
}

#[test]
fn at_its_own_pace_too_and_each_edge_has_both_times() {
    for arrivals in [Arrivals::Constant, Arrivals::Poisson, Arrivals::Burst(30)] {
        for handler in [SINGLE, HandlerId::new(HandlerKind::Batch, 0)] {
            let plan = Plan { pace: Some((5e6, arrivals)), ..plan() };
            let (generator, timing, host, core) = run_paced(&plan, 1, handler);
            assert_eq!(host.seen, planned(&plan));
            balance(&core, &plan);
            let (service, response) = timing.series();
            assert_eq!((service.count(), response.count()), (plan.disconnects, plan.disconnects));
            let (lag, last) =
                (generator.lag(), plan.edges().unwrap().last().expect("there are edges"));
            assert_eq!(lag.planned, last.instant);
            assert!(lag.posted >= lag.planned, "{lag:?}");
            assert!(response.longest() >= service.percentile(0.0));
        }
    }
}

#[test]
fn one_call_in_many_is_timed_if_that_is_enough() {
    let plan = Plan { pace: Some((5e6, Arrivals::Constant)), ..plan() };
    let (_, timing, host, _) = run_paced(&plan, 10, SINGLE);
    assert_eq!(host.seen.len(), 1_000);
    assert_eq!(timing.series().0.count(), 100);
    assert_eq!(timing.series().1.count(), 100);
}

#[test]
fn nothing_is_posted_before_its_instant() {
    // One edge a quarter of an hour: only the first is due.
    let plan = Plan { pace: Some((1.0 / 900.0, Arrivals::Constant)), ..plan() };
    let core = core(plan.sockets);
    let timing = Timing::new(plan.sockets as usize, 1).unwrap();
    let mut opener = Plain { core: &core, handler: SINGLE };
    let mut generator = Generator::new(&plan).unwrap();
    generator.connect(&mut opener, plan.sockets).expect("there is room");
    for _ in 0..3 {
        let due = generator.post_due(&core, &mut opener, &timing).expect("there is room");
        assert_eq!(due, Due::At(900_000_000_000));
        assert_eq!(generator.posted(), 1);
    }
}

#[test]
fn a_socket_whose_edge_is_not_handled_holds_the_generator_up() {
    let pace = Some((1e9, Arrivals::Burst(1_000)));
    let plan = Plan { sockets: 10, order: Order::Made, disconnects: 20, pace, ..plan() };
    let core = core(plan.sockets);
    let (timing, mut host) = (Timing::new(10, 1).unwrap(), Noting::default());
    let mut opener = Plain { core: &core, handler: SINGLE };
    let mut generator = Generator::new(&plan).unwrap();
    generator.connect(&mut opener, plan.sockets).expect("there is room");
    let mut due = || {
        let due = generator.post_due(&core, &mut opener, &timing).expect("there is room");
        (due, generator.posted())
    };
    assert_eq!(due(), (Due::More, 10));
    assert!(matches!(due(), (Due::Busy(_), 10)));
    dispatch(&core, &mut host, Some(&timing));
    assert_eq!(due(), (Due::Done, 20));
    assert!(generator.lag().stalled > 0);
}

#[test]
fn a_late_edge_counts_from_its_planned_instant() {
    // All are due at once and the second round has to wait for the first: nobody's response begins
    // when it was posted.
    let pace = Some((1e9, Arrivals::Burst(1_000)));
    let plan = Plan { sockets: 1, order: Order::Made, disconnects: 500, pace, ..plan() };
    let (generator, timing, _, _) = run_paced(&plan, 1, SINGLE);
    let (_, response) = timing.series();
    assert!(response.longest() >= generator.lag().worst);
}
