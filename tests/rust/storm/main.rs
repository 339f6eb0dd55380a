//! Storms: plans and their streams, the generator that carries them out, and what is timed.

mod arrivals;
mod clocked;
mod course;
mod generator;
mod lives;
mod living;
mod order;
mod pacing;
mod series;
mod shards;
mod stage;

use std::collections::BTreeSet;
use wsksim::core::flags::Edge;
use wsksim::core::random::Share;
use wsksim::storm::{Arrivals, Digest, Order, Plan};

fn plan() -> Plan {
    Plan {
        seed: 7,
        sockets: 100,
        disconnects: 1_000,
        abortive: Share::new(0.25).expect("a share"),
        order: Order::Random,
        pace: Some((1e6, Arrivals::Poisson)),
    }
}

fn digest(plan: &Plan) -> u64 {
    let mut digest = Digest::default();
    plan.edges().unwrap().for_each(|planned| digest.add(&planned));
    digest.value()
}

#[test]
fn the_same_seed_gives_the_same_edges() {
    let edges: Vec<_> = plan().edges().unwrap().collect();
    assert_eq!(edges, plan().edges().unwrap().collect::<Vec<_>>());
    assert_eq!(edges.len(), 1_000);
    assert_eq!(digest(&plan()), digest(&plan()));
}

#[test]
fn the_stream_is_a_promise_to_users() {
    // A changed number here is a changed storm for everybody who kept a seed.
    assert_eq!(digest(&plan()), 2_654_253_151_413_101_911);
    let first: Vec<_> =
        plan().edges().unwrap().take(4).map(|p| (p.socket, p.edge, p.instant)).collect();
    let (graceful, abortive) = (Edge::Graceful, Edge::Abortive);
    let promised =
        [(82, abortive, 108), (84, abortive, 1_086), (80, graceful, 1_911), (73, graceful, 2_023)];
    assert_eq!(first, promised);
}

#[test]
fn edges_of_zeroes_count_too() {
    // Socket 0, graceful, without an instant.
    let plan = Plan { sockets: 1, abortive: Share::NONE, order: Order::Made, pace: None, ..plan() };
    let digests: BTreeSet<u64> =
        [0, 1, 2, 5, 1_000].map(|disconnects| digest(&Plan { disconnects, ..plan })).into();
    assert_eq!(digests.len(), 5);
    assert!(!digests.contains(&0));
}

#[test]
fn whatever_makes_another_storm_makes_another_digest() {
    let usual = plan();
    let others = [
        usual,
        Plan { seed: 8, ..usual },
        Plan { sockets: 101, ..usual },
        Plan { disconnects: 999, ..usual },
        Plan { abortive: Share::NONE, ..usual },
        Plan { order: Order::Made, ..usual },
        Plan { order: Order::Recent, ..usual },
        Plan { pace: None, ..usual },
        Plan { pace: Some((1e6, Arrivals::Constant)), ..usual },
        Plan { pace: Some((1e6, Arrivals::Burst(10))), ..usual },
        Plan { pace: Some((2e6, Arrivals::Poisson)), ..usual },
    ];
    let digests: BTreeSet<_> = others.iter().map(digest).collect();
    assert_eq!(digests.len(), others.len());
}

#[test]
fn kinds_are_drawn_with_their_share_from_the_stream_of_fleets() {
    let abortive = plan().edges().unwrap().filter(|planned| planned.edge == Edge::Abortive).count();
    assert!((190..310).contains(&abortive), "{abortive}");
    let mut random = wsksim::core::random::Random::new(7, 0);
    let share = Share::new(0.25).expect("a share");
    for planned in plan().edges().unwrap() {
        assert_eq!(planned.edge == Edge::Abortive, random.happens(share));
    }
}

#[test]
fn edges_without_a_rate_are_due_at_once() {
    let plan = Plan { pace: None, ..plan() };
    assert!(plan.edges().unwrap().all(|planned| planned.instant == 0));
}
