//! Locks: threads that share one of each kind count right in every order, and each mistake with one is found.

use crate::line_server::options;
use crate::mistakes::{Mistake, are_found, is_silent, run_alone};
use std::collections::HashSet;
use wsksim::c::kernel::Options;
use wsksim::core::chooser::Schedule;

const FILE: &str = "tests/drivers/locks.c";

const FOUND: [Mistake; 19] = [
    ("AT_PASSIVE", "K-5", Some("AT_PASSIVE")),
    ("SHARED_UPGRADE", "K-5", Some("SHARED_UPGRADE")),
    ("FAST_UNINITIALIZED", "K-6", None),
    ("MUTEX_LEFT", "K-10", Some("MUTEX_LEFT")),
    ("MUTEX_OF_OTHERS", "K-10", Some("MUTEX_OF_OTHERS")),
    ("FAST_TWICE", "K-10", Some("FAST_TWICE")),
    ("FAST_OF_OTHERS", "K-10", Some("FAST_OF_OTHERS")),
    ("PUSH_TWICE", "K-10", Some("PUSH_TWICE")),
    ("PUSH_OTHER_MODE", "K-10", Some("PUSH_OTHER_MODE")),
    ("UPGRADE", "K-10", Some("UPGRADE")),
    ("RESOURCE_OF_OTHERS", "K-10", Some("RESOURCE_OF_OTHERS")),
    ("HELD_FREED", "K-11", Some("HELD_FREED")),
    ("RESOURCE_FREED", "K-11", Some("RESOURCE_FREED")),
    ("RESOURCE_LEFT", "K-4", Some("RESOURCE_LEFT")),
    ("NO_REGION", "K-13", Some("NO_REGION")),
    ("REGION_LEFT", "K-13", Some("REGION_LEFT")),
    ("RUNDOWN_TWICE", "K-14", Some("RUNDOWN_TWICE")),
    ("RUNDOWN_USED", "K-14", Some("RUNDOWN_USED")),
    ("ONCE_TWICE", "K-14", Some("ONCE_TWICE")),
];

#[test]
fn each_mistake_with_a_lock_is_found_at_its_line() {
    are_found(FILE, &FOUND, |switch| run_alone(FILE, Some(switch), Options::default()));
}

#[test]
fn an_unsafe_fast_mutex_wants_a_critical_region() {
    let one: [Mistake; 1] = [("FAST_UNSAFE", "K-13", Some("FAST_UNSAFE"))];
    are_found(FILE, &one, |switch| run_alone(FILE, Some(switch), Options::default()));
}

#[test]
fn locks_keep_threads_apart_in_every_order() {
    is_silent(100, |options| run_alone(FILE, None, options));
}

#[test]
fn the_same_seed_gives_the_same_order_and_another_one_another() {
    let mut traces = HashSet::new();
    for seed in 0..20 {
        let run = || run_alone(FILE, None, options(seed, Schedule::Explore));
        let (Some(one), Some(other)) = (run(), run()) else { return };
        assert_eq!(one.trace(), other.trace(), "seed {seed}");
        traces.insert(one.trace());
    }
    assert_eq!(traces.len(), 20);
}
