//! The ledger against an ordered map, and what it keeps.

use super::{Ledger, MANY, PAGE, VOLUME};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::rc::Rc;

proptest! {
    /// It is a map that is ordered.
    #[test]
    fn is_a_map(steps in prop::collection::vec((0..4_u8, prop_oneof![0..40_u64, 0..20_000_u64]), 1..300)) {
        let (mut ledger, mut map) = (Ledger::default(), BTreeMap::new());
        for (step, (what, number)) in steps.into_iter().enumerate() {
            match what {
                0 => prop_assert_eq!(ledger.insert(number, step), map.insert(number, step)),
                1 => prop_assert_eq!(ledger.remove(number), map.remove(&number)),
                2 => prop_assert_eq!(ledger.discard(number), map.remove(&number).is_some()),
                _ => prop_assert_eq!(ledger.get(number), map.get(&number)),
            }
            if let Some(thing) = ledger.get_mut(number) {
                *thing += 1;
                *map.get_mut(&number).expect("both have it") += 1;
            }
        }
        prop_assert_eq!(ledger.len(), map.len());
        prop_assert!(ledger.iter().eq(map.iter().map(|(&number, thing)| (number, thing))));
    }
}

/// What stays behind of many short lives is found by its number, in order, and none of it keeps a page.
#[test]
fn survivors_keep_no_pages() {
    let (waves, each) = (64, 50 * PAGE as u64);
    let thing = Rc::new(());
    let mut ledger = Ledger::default();
    let is_left = |number: u64| number % PAGE as u64 == 3;
    for wave in 0..waves {
        let numbers = wave * each..(wave + 1) * each;
        for number in numbers.clone() {
            assert!(ledger.insert(number, (number, Rc::clone(&thing))).is_none());
        }
        for number in numbers.filter(|&number| !is_left(number)) {
            assert!(ledger.discard(number));
        }
    }
    let left = || (0..waves * each).filter(|&number| is_left(number));
    assert!(ledger.pages <= ledger.len() / 8, "{} pages of {}", ledger.pages, ledger.len());
    assert!(ledger.numbers().eq(left()));
    assert!(left().all(|number| ledger.get(number).is_some_and(|(own, _)| *own == number)));
    // A number beside one that stayed behind has it on its page again.
    assert!(ledger.insert(4, (4, Rc::clone(&thing))).is_none());
    assert_eq!(ledger.insert(3, (3, Rc::clone(&thing))).map(|(own, _)| own), Some(3));
    assert!(ledger.discard(4));
    assert_eq!(ledger.len(), left().count());
    for number in left().filter(|number| number % (2 * PAGE as u64) == 3) {
        assert_eq!(ledger.remove(number).map(|(own, _)| own), Some(number));
        assert!(!ledger.discard(number));
    }
    assert_eq!(Rc::strong_count(&thing), 1 + ledger.len());
    left().for_each(|number| drop(ledger.remove(number)));
    assert!(ledger.is_empty() && ledger.few.capacity() < MANY);
    assert_eq!(Rc::strong_count(&thing), 1);
}

/// What is discarded, replaced or left when the ledger goes is dropped, once.
#[test]
fn each_thing_is_dropped_once() {
    let thing = Rc::new(());
    let mut ledger = Ledger::default();
    for number in 0..5 * PAGE as u64 {
        let _ = ledger.insert(number, Rc::clone(&thing));
    }
    drop(ledger.insert(0, Rc::clone(&thing)));
    for number in 0..2 * PAGE as u64 + 3 {
        assert!(ledger.discard(number));
    }
    assert_eq!(Rc::strong_count(&thing), 1 + ledger.len());
    drop(ledger);
    assert_eq!(Rc::strong_count(&thing), 1);
}

/// Numbers that are never given again leave nothing behind but a pointer for each volume.
#[test]
fn what_is_left_behind_costs_nothing() {
    let mut ledger = Ledger::default();
    let _ = ledger.insert(1, ());
    for number in 2..(5 * PAGE * VOLUME) as u64 {
        let _ = ledger.insert(number, ());
        assert_eq!(ledger.remove(number), Some(()));
    }
    assert_eq!(ledger.volumes.iter().flatten().count(), 2, "the first and the last");
    let pages = ledger.volumes.iter().flatten().flat_map(|volume| volume.pages.iter().flatten());
    assert_eq!(pages.count(), 1);
}
