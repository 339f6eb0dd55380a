//! Shards: they have all of a plan between them, each at its own instants, whatever their number.

use super::plan;
use std::collections::BTreeSet;
use wsksim::core::random::Share;
use wsksim::storm::digest::Digest;
use wsksim::storm::lives::BLOCK;
use wsksim::storm::portion::{Portion, Shard};
use wsksim::storm::sharding::{ShardEdge, ShardEdges};
use wsksim::storm::{Arrivals, Order, Plan};

const COUNTS: [u64; 4] = [1, 2, 7, 32];
const PACES: [Option<(f64, Arrivals)>; 4] = [
    None,
    Some((1e6, Arrivals::Constant)),
    Some((1e6, Arrivals::Poisson)),
    Some((1e6, Arrivals::Burst(1_000))),
];

fn edges(plan: &Plan, number: u64, of: u64) -> Vec<ShardEdge> {
    let edges = ShardEdges::new(plan, Shard { number, of }).unwrap();
    let total = edges.total();
    let drawn: Vec<_> = edges.collect();
    assert_eq!(drawn.len() as u64, total);
    drawn
}

fn digest(edges: &[ShardEdge]) -> Digest {
    let mut digest = Digest::default();
    edges.iter().for_each(|edge| edge.add_to(&mut digest));
    digest
}

#[test]
fn shards_of_any_number_have_the_edges_of_the_plan() {
    for order in [Order::Made, Order::Random, Order::Recent] {
        for pace in PACES {
            let plan = Plan { sockets: 1_000, disconnects: 3 * BLOCK + 77, order, pace, ..plan() };
            let whole = edges(&plan, 0, 1);
            for of in COUNTS {
                let shards: Vec<_> = (0..of).map(|number| edges(&plan, number, of)).collect();
                let sum = shards
                    .iter()
                    .map(|edges| digest(edges))
                    .fold(Digest::default(), |sum, one| sum.plus(one));
                assert_eq!(sum, digest(&whole), "{order:?} {pace:?} {of}");
                let mut all: Vec<_> = shards.concat();
                all.sort_by_key(|edge| edge.number);
                let same = |one: &ShardEdge| ShardEdge { due: 0, ..*one };
                assert!(all.iter().map(same).eq(whole.iter().map(same)));
            }
        }
    }
}

#[test]
fn a_round_has_every_socket_once_however_it_lies_in_blocks() {
    for order in [Order::Made, Order::Random, Order::Recent] {
        for sockets in [999, BLOCK as u32, 100_000] {
            let disconnects = 3 * u64::from(sockets);
            let plan =
                Plan { sockets, disconnects, order, abortive: Share::NONE, pace: None, ..plan() };
            let drawn = edges(&plan, 0, 1);
            for round in drawn.chunks(sockets as usize) {
                let sockets: BTreeSet<_> = round.iter().map(|edge| edge.socket).collect();
                assert_eq!(sockets.len(), round.len(), "{order:?}");
            }
        }
    }
}

#[test]
fn all_shards_end_when_the_plan_does_and_keep_its_rate() {
    for (rate, arrivals) in PACES.into_iter().flatten() {
        let pace = Some((rate, arrivals));
        let plan = Plan { sockets: 1_000, disconnects: 20 * BLOCK + 9, pace, ..plan() };
        let lasts = plan.disconnects as f64 / rate * 1e9;
        for of in [2, 7] {
            for number in 0..of {
                let drawn = edges(&plan, number, of);
                assert!(drawn.is_sorted_by_key(|edge| edge.due), "{arrivals:?}");
                let last = drawn.last().unwrap().due as f64;
                assert!((last / lasts - 1.0).abs() < 0.01, "{arrivals:?}: {last} of {lasts}");
                // A burst of a shard is as large a part as its share, at an instant of the plan's.
                if let Arrivals::Burst(size) = arrivals {
                    let first = drawn.iter().take_while(|edge| edge.due == 0).count() as f64;
                    let share = drawn.len() as f64 / plan.disconnects as f64;
                    assert!((first - share * size as f64).abs() <= 1.0);
                    let distance = (size as f64 * 1e9 / rate) as u64;
                    assert!(drawn.iter().all(|edge| edge.due.is_multiple_of(distance)));
                }
            }
        }
    }
}

#[test]
fn the_only_shard_with_blocks_has_the_instants_of_the_plan() {
    for (rate, arrivals) in PACES.into_iter().flatten() {
        for (number, of, before) in [(0, 1, 0), (0, 32, 0), (5, 32, 5)] {
            let portion =
                Portion::new(Shard { number, of }, before, 40_000, Some((rate, arrivals)));
            assert_eq!((portion.own(), portion.count()), (40_000, 40_000));
            for instant in [0, 1_000, 39_999_000] {
                assert!(portion.due(instant / 1_000, instant).abs_diff(instant) <= 1_000_000);
            }
        }
    }
}

#[test]
fn portions_add_up_and_none_has_what_another_has() {
    for count in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 100 * BLOCK + 3] {
        for before in [0, 3, 33] {
            for of in COUNTS {
                let portions =
                    (0..of).map(|number| Portion::new(Shard { number, of }, before, count, None));
                assert_eq!(portions.clone().map(|portion| portion.own()).sum::<u64>(), count);
                let blocks: Vec<_> =
                    portions.clone().flat_map(|portion| portion.blocks()).collect();
                let all: BTreeSet<_> = blocks.iter().copied().collect();
                assert_eq!(
                    (blocks.len(), all.len()),
                    (count.div_ceil(BLOCK) as usize, blocks.len())
                );
                for portion in portions {
                    assert!(portion.blocks().all(|block| portion.has(block)));
                    assert_eq!(portion.blocks().next().is_some(), portion.has(portion.first()));
                }
            }
        }
    }
}
