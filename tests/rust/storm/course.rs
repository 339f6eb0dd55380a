//! How a storm went: nothing is lost when steps become longer.

use wsksim::storm::course::{Course, Totals};
use wsksim::storm::noise::Noise;

#[test]
fn steps_grow_and_keep_what_they_hold() {
    let mut course = Course::default();
    for (number, instant) in [0, 1, 9_999, 10_000, 2_399_999, 5_000_000_000].into_iter().enumerate()
    {
        course.at(instant).begun += 1;
        course.settle(instant, Totals { accepted: number as u64 + 1, edges: 2 * number as u64 });
    }
    let (step, stretches) = course.steps();
    assert!(stretches.len() <= 240 && step * 240 > 5_000_000_000 && step * 120 <= 5_000_000_000);
    assert_eq!((stretches.iter().map(|one| one.begun).sum::<u64>(), stretches[0].begun), (6, 5));
    assert_eq!(stretches.iter().map(|one| one.accepted).sum::<u64>(), 6);
    assert_eq!(stretches.iter().map(|one| one.edges).sum::<u64>(), 10);
    assert_eq!(stretches.last().map(|one| one.begun), Some(1));
}

#[test]
fn the_last_instant_of_all_has_its_step() {
    let mut course = Course::default();
    course.at(u64::MAX).ended += 1;
    assert_eq!(course.steps().1.iter().map(|one| one.ended).sum::<u64>(), 1);
}

#[test]
fn noise_is_what_others_took() {
    let mut noise = Noise::default();
    assert_eq!(noise.level(), None);
    (0..100_000).for_each(|_| noise.hear(100));
    assert_eq!((noise.level(), noise.gaps, noise.largest), (Some("low"), 0, 0));
    noise.hear(150_000);
    assert_eq!((noise.level(), noise.gaps, noise.largest), (Some("some"), 1, 150_000));
    noise.hear(1_500_000);
    assert_eq!(noise.level(), Some("high"));
    assert_eq!((noise.lost, noise.listened), (1_650_000, 11_650_000));
}
