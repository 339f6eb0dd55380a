//! Orders: every round gives each socket one turn.

use proptest::prelude::*;
use wsksim::storm::Order;
use wsksim::storm::order::Draws;

fn rounds(order: Order, sockets: u32, count: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut draws = Draws::new(order, sockets, seed).unwrap();
    let mut round = |number: usize| {
        let draws = (0..sockets).map(|_| draws.next());
        draws.inspect(|(of, _)| assert_eq!(*of, number as u64)).map(|(_, socket)| socket).collect()
    };
    (0..count).map(&mut round).collect()
}

proptest! {
    #[test]
    fn a_round_gives_every_socket_one_turn(sockets in 1u32..200, seed: u64) {
        for order in [Order::Made, Order::Random, Order::Recent] {
            for mut round in rounds(order, sockets, 3, seed) {
                round.sort_unstable();
                prop_assert!(round.iter().copied().eq(0..sockets));
            }
        }
    }
}

#[test]
fn made_is_the_order_of_creation() {
    assert_eq!(rounds(Order::Made, 4, 2, 0), [[0, 1, 2, 3], [0, 1, 2, 3]]);
}

#[test]
fn recent_begins_with_what_was_opened_last() {
    // Sockets open again in the order of their draws, so the last of a round is the newest of the next.
    assert_eq!(rounds(Order::Recent, 4, 3, 0), [[3, 2, 1, 0], [0, 1, 2, 3], [3, 2, 1, 0]]);
}

#[test]
fn every_random_order_is_equally_likely() {
    let mut counts = std::collections::BTreeMap::new();
    for seed in 0..60 {
        for round in rounds(Order::Random, 4, 100, seed) {
            *counts.entry(round).or_insert(0u32) += 1;
        }
    }
    // 6,000 draws of 24 orders: 250 each, with a standard deviation below 16.
    assert_eq!(counts.len(), 24);
    assert!(counts.values().all(|&count| (170..330).contains(&count)), "{counts:?}");
}

#[test]
fn random_rounds_differ_from_each_other() {
    let rounds = rounds(Order::Random, 50, 3, 7);
    assert!(rounds[0] != rounds[1] && rounds[1] != rounds[2]);
}
