//! Work: timers, deferred routines and work items come in every order; devices, lists and hashes; each mistake with one is
//! found.

use crate::line_server::options;
use crate::mistakes::{Mistake, are_found, is_silent, run_alone};
use std::collections::HashSet;
use wsksim::c::kernel::Options;
use wsksim::core::chooser::Schedule;

const FILE: &str = "tests/drivers/work.c";

const FOUND: [Mistake; 23] = [
    ("DESTROYED_TWICE", "K-2", Some("DESTROYED_TWICE")),
    ("ITEM_FREED_TWICE", "K-2", None),
    ("OTHER_LIST", "K-2", Some("OTHER_LIST")),
    ("ENTRY_LEFT", "K-1", Some("ENTRY_LEFT")),
    ("DEVICE_LEFT", "K-4", None),
    ("LINK_LEFT", "K-4", Some("LINK_LEFT")),
    ("LOOKASIDE_LEFT", "K-4", Some("LOOKASIDE_LEFT")),
    ("HANDLE_LEFT", "K-4", Some("HANDLE_LEFT")),
    ("HASH_LEFT", "K-4", Some("HASH_LEFT")),
    ("TIMER_UNINITIALIZED", "K-6", Some("TIMER_UNINITIALIZED")),
    ("LIST_UNINITIALIZED", "K-6", Some("LIST_UNINITIALIZED")),
    ("LOOKASIDE_DELETED", "K-6", Some("LOOKASIDE_DELETED")),
    ("NO_DEVICE", "K-6", Some("NO_DEVICE")),
    ("DPC_LOWERED", "K-9", None),
    ("ITEM_HOLDS", "K-9", Some("ITEM_HOLDS")),
    ("ITEM_TWICE", "K-11", Some("ITEM_TWICE")),
    ("ITEM_FREED", "K-11", None),
    ("TIMER_FREED", "K-11", Some("TIMER_FREED")),
    ("TIMER_LEFT", "K-12", Some("TIMER_LEFT")),
    ("DPC_LEFT", "K-12", Some("DPC_LEFT")),
    ("ITEM_LEFT", "K-12", Some("ITEM_LEFT")),
    ("PUSHED_TWICE", "K-15", Some("PUSHED_TWICE")),
    ("WAIT_IN_DPC", "Q-3", Some("WAIT_IN_DPC")),
];

#[test]
fn each_mistake_with_later_work_is_found_at_its_line() {
    are_found(FILE, &FOUND, |switch| run_alone(FILE, Some(switch), Options::default()));
}

#[test]
fn later_work_comes_to_its_end_in_every_order() {
    is_silent(100, |options| run_alone(FILE, None, options));
}

#[test]
fn the_same_seed_gives_the_same_order_of_work_and_another_one_another() {
    let mut traces = HashSet::new();
    for seed in 0..20 {
        let run = || run_alone(FILE, None, options(seed, Schedule::Explore));
        let (Some(one), Some(other)) = (run(), run()) else { return };
        assert_eq!(one.trace(), other.trace(), "seed {seed}");
        traces.insert(one.trace());
    }
    assert!(traces.len() > 5, "{}", traces.len());
}
