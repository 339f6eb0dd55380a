//! Lives: the same ones whoever draws them.

use proptest::prelude::*;
use wsksim::core::random::Share;
use wsksim::storm::Arrivals;
use wsksim::storm::lives::{BLOCK, Digest, Draw, Ending, Group, Life, Lives, Step, Stream};

fn share(share: f64) -> Share {
    Share::new(share).expect("a share")
}

fn group(count: u64, pace: Option<(f64, Arrivals)>) -> Group {
    Group {
        count,
        steps: vec![
            Step::Send(Draw::Uniform(64, 1024)),
            Step::Wait(Draw::Exponential(100_000_000)),
            Step::ReadAll,
            Step::Read(Draw::Fixed(64)),
        ],
        endings: Some([share(0.85), Share::NONE, share(0.10), share(0.05)]),
        pace,
    }
}

fn plan(seed: u64) -> Lives {
    let groups = vec![
        group(5 * BLOCK + 17, Some((50_000.0, Arrivals::Poisson))),
        group(3, Some((1.0, Arrivals::Constant))),
        group(BLOCK, Some((20_000.0, Arrivals::Burst(100)))),
        Group { endings: None, ..group(2 * BLOCK + 1, Some((1e6, Arrivals::Poisson))) },
    ];
    Lives { seed, groups: groups.into() }
}

/// The lives of a shard, each with the instant at which the plan has it.
fn all(lives: &Lives, shard: u64, shards: u64) -> Vec<(Life, Vec<u64>)> {
    let (mut merged, mut quantities) = (lives.merged(shard, shards), Vec::new());
    let mut all = Vec::new();
    while let Some(life) = merged.next(&mut quantities) {
        all.push((Life { due: life.instant, ..life }, quantities.clone()));
    }
    all
}

#[test]
fn digests_of_shards_add_up_to_that_of_the_whole() {
    let lives = plan(7);
    let whole = lives.digest(0, 1);
    for shards in [2, 7, 32] {
        let parts = (0..shards).map(|shard| lives.digest(shard, shards));
        assert_eq!(parts.fold(Digest::default(), Digest::plus), whole, "{shards} shards");
    }
    assert_ne!(plan(8).digest(0, 1), whole);
}

#[test]
fn shards_hold_each_life_once_and_merge_by_planned_instant() {
    let lives = plan(7);
    let whole = all(&lives, 0, 1);
    assert_eq!(whole.len() as u64, lives.count());
    let order = |(life, _): &(Life, Vec<u64>)| (life.instant, life.group, life.number);
    assert!(whole.is_sorted_by_key(order));
    for shards in [2, 7, 32] {
        let mut parts: Vec<_> = (0..shards).flat_map(|shard| all(&lives, shard, shards)).collect();
        parts.sort_by_key(order);
        assert!(parts == whole, "{shards} shards");
    }
}

#[test]
fn a_block_is_the_same_whatever_was_drawn_before() {
    let lives = plan(3);
    let mut stream = Stream::new(&lives, 0, 0, 1);
    let (mut quantities, mut later) = (Vec::new(), Vec::new());
    let mut block = lives.block(0, 4);
    while let Some(life) = stream.take(&mut quantities) {
        if life.number >= 4 * BLOCK && life.number < 5 * BLOCK {
            assert_eq!(block.next(&mut later), Some(life));
            assert_eq!(later, quantities);
        }
    }
    assert_eq!(block.next(&mut later), None);
}

#[test]
fn quantities_and_endings_are_what_was_asked_for() {
    let lives = Lives { seed: 1, groups: [group(200_000, None)].into() };
    let (mut sent, mut waited, mut ends) = (0, 0, [0_u32; 4]);
    for (life, quantities) in all(&lives, 0, 1) {
        assert!((64..=1024).contains(&quantities[0]) && quantities[1] > 0);
        assert_eq!((quantities[2], quantities[3], life.instant), (0, 64, 0));
        sent += quantities[0];
        waited += quantities[1];
        ends[life.ending.expect("each ends") as usize] += 1;
    }
    // Ten deviations of each mean.
    assert!((sent / 200_000).abs_diff(544) < 7, "{sent}");
    assert!((waited / 200_000).abs_diff(100_000_000) < 2_300_000, "{waited}");
    assert_eq!(ends[Ending::Close as usize], 0);
    for (found, asked) in ends.iter().zip([170_000_u32, 0, 20_000, 10_000]) {
        assert!(found.abs_diff(asked) < 1_700, "{ends:?}");
    }
}

#[test]
fn a_poisson_rate_is_kept_by_each_block() {
    let lives =
        Lives { seed: 5, groups: [group(3 * BLOCK, Some((1e6, Arrivals::Poisson)))].into() };
    let instants: Vec<_> = all(&lives, 0, 1).iter().map(|(life, _)| life.instant).collect();
    for (number, block) in instants.chunks(BLOCK as usize).enumerate() {
        let (from, to) = (number as u64 * BLOCK * 1_000, (number as u64 + 1) * BLOCK * 1_000);
        assert!(block[0] >= from && block[block.len() - 1] <= to);
        // Exponential distances: about 1 - 1/e of them are below the mean.
        let below = block.windows(2).filter(|pair| pair[1] - pair[0] < 1_000).count();
        assert!(below.abs_diff(41_427) < 1_500, "{below}");
    }
}

#[test]
fn these_lives_stay_what_they_are() {
    // A promise to users: the same plan, the same lives, in every version and on every machine.
    let lives = plan(7);
    assert_eq!(format!("{:032x}", lives.digest(0, 1).value()), "213be9c71990f52f07e13c973a8a97eb");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_plan_is_the_same_in_any_number_of_shards(
        seed: u64,
        counts in prop::collection::vec(1..3 * BLOCK, 1..4),
        shards in 1_u64..40,
    ) {
        let groups = counts.into_iter().map(|count| group(count, None)).collect();
        let lives = Lives { seed, groups };
        let parts = (0..shards).map(|shard| lives.digest(shard, shards));
        prop_assert_eq!(parts.fold(Digest::default(), Digest::plus), lives.digest(0, 1));
    }
}
