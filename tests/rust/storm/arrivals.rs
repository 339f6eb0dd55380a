//! Planned instants: their rate, their shape, and a logarithm that is the same everywhere.

use proptest::prelude::*;
use wsksim::storm::Arrivals;
use wsksim::storm::arrivals::{Instants, logarithm};

fn instants(arrivals: Arrivals, rate: f64, count: usize) -> Vec<u64> {
    let mut instants = Instants::new(arrivals, rate, 7);
    (0..count).map(|_| instants.next()).collect()
}

#[test]
fn constant_arrivals_keep_their_distance_and_add_no_error_up() {
    let found = instants(Arrivals::Constant, 3e6, 3_000_001);
    assert_eq!(found[..4], [0, 333, 666, 1_000]);
    assert_eq!(found[3_000_000], 1_000_000_000);
}

#[test]
fn bursts_come_at_once_and_keep_the_mean_rate() {
    let found = instants(Arrivals::Burst(100), 1e6, 1_000);
    for (number, burst) in found.chunks(100).enumerate() {
        assert!(burst.iter().all(|&instant| instant == number as u64 * 100_000));
    }
}

#[test]
fn poisson_arrivals_have_the_mean_and_the_spread_of_their_process() {
    const COUNT: usize = 200_000;
    let found = instants(Arrivals::Poisson, 1e6, COUNT);
    let distances: Vec<f64> = found.windows(2).map(|two| (two[1] - two[0]) as f64).collect();
    let count = distances.len() as f64;
    let mean = distances.iter().sum::<f64>() / count;
    let variance = distances.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / count;
    // The mean is 1,000 ns with a standard error of 1,000 / √count; the deviation equals the mean.
    assert!((mean - 1_000.0).abs() < 5.0 * 1_000.0 / count.sqrt(), "{mean}");
    assert!((variance.sqrt() - 1_000.0).abs() < 15.0, "{variance}");
    // Shares of an exponential distribution: 1 - 1/e below the mean, e⁻³ above three times the mean.
    let below = distances.iter().filter(|&&one| one < 1_000.0).count() as f64 / count;
    let above = distances.iter().filter(|&&one| one > 3_000.0).count() as f64 / count;
    assert!((below - 0.632).abs() < 0.006 && (above - 0.0498).abs() < 0.003, "{below} {above}");
}

proptest! {
    #[test]
    fn instants_never_go_back(rate in 0.001f64..1e9, seed: u64, burst in 1u64..50) {
        for arrivals in [Arrivals::Constant, Arrivals::Poisson, Arrivals::Burst(burst)] {
            let mut instants = Instants::new(arrivals, rate, seed);
            let found: Vec<_> = (0..200).map(|_| instants.next()).collect();
            prop_assert!(found.is_sorted());
        }
    }

    #[test]
    fn the_logarithm_is_one(value in 1e-300f64..1e300) {
        let (ours, theirs) = (logarithm(value), value.ln());
        prop_assert!((ours - theirs).abs() <= 1e-15 * theirs.abs().max(1.0), "{ours} {theirs}");
    }

    #[test]
    fn the_logarithm_is_one_near_one(value in 0.5f64..2.0) {
        let (ours, theirs) = (logarithm(value), value.ln());
        prop_assert!((ours - theirs).abs() <= 4e-16, "{ours} {theirs}");
    }
}

#[test]
fn the_logarithm_is_the_same_to_the_last_bit_on_every_machine() {
    let found = [0.1, 0.5, 0.7, 1.0, 3.0, 1e-16].map(|value: f64| logarithm(value).to_bits());
    let bits = [
        0xC002_6BB1_BBB5_5515,
        0xBFE6_2E42_FEFA_39EF,
        0xBFD6_D3C3_24E1_3F4F,
        0,
        0x3FF1_93EA_7AAD_030A,
        0xC042_6BB1_BBB5_5515,
    ];
    assert_eq!(found, bits);
}
