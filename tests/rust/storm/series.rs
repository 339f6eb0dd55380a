//! Series: percentiles within three digits, and an encoding that is read back.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use wsksim::storm::Series;
use wsksim::storm::series::{Code, LONGEST, Sum};

fn series(times: impl IntoIterator<Item = u64>) -> Series {
    let mut series = Series::new();
    times.into_iter().for_each(|time| series.record(time, 1));
    series
}

#[test]
fn percentiles_are_right_to_three_digits() {
    let series = series((1..=100_000).map(|number| number * 1_000));
    assert_eq!(series.count(), 100_000);
    for (percent, right) in [(50.0, 5e7), (90.0, 9e7), (99.0, 9.9e7), (99.9, 9.99e7)] {
        let found = series.percentile(percent) as f64;
        assert!((found - right).abs() <= right / 1_000.0, "{percent}: {found}");
    }
    assert_eq!(series.longest(), 100_000_000);
    assert!(series.percentile(100.0) <= series.longest());
}

#[test]
fn adding_is_as_if_recorded_together() {
    let (mut first, second) = (series(0..500), series(400..9_000));
    first.add(&second);
    let together = series((0..500).chain(400..9_000));
    assert_eq!(first.histogram(), together.histogram());
    assert_eq!(first.longest(), together.longest());
}

#[test]
fn more_than_a_day_counts_as_a_day_and_nothing_is_left_out() {
    let series = series([LONGEST, LONGEST * 2, u64::MAX]);
    assert_eq!(series.count(), 3);
    assert!(series.percentile(1.0) >= LONGEST);
}

#[test]
fn the_encoding_is_read_back_as_it_was_written() {
    let times = [vec![], vec![0, 17, 1_234_567], (0..1_000).map(|n| n * n).collect()];
    for series in times.into_iter().map(series) {
        let code = series.encoded().expect("few enough");
        let read: Histogram<u64> =
            Deserializer::new().deserialize(&mut code.as_slice()).expect("version 2");
        assert_eq!(&read, series.histogram());
    }
}

#[test]
fn a_code_is_read_back_bucket_by_bucket() {
    let mut series = Series::new();
    for (time, count) in
        [(0, 1), (1, 2), (2_047, 3), (2_048, 4), (123_456_789, 70_000), (LONGEST, 1)]
    {
        series.record(time, count);
    }
    let code = series.encoded().unwrap();
    let mut sum = Sum::default();
    sum.add(&Code::read(&code, series.longest()).unwrap());
    assert_eq!(sum.series().histogram(), series.histogram());
    assert_eq!(sum.series().longest(), LONGEST);
    sum.add(&Code::read(&code, 7).unwrap());
    let twice = sum.series();
    assert_eq!((twice.count(), twice.longest()), (2 * series.count(), LONGEST));
    series.add(&series.clone());
    assert_eq!(twice.histogram(), series.histogram());
    assert_eq!(twice.encoded().unwrap(), series.encoded().unwrap());
    for length in 0..code.len() {
        assert!(Code::read(&code[..length], 0).is_err(), "{length} of {} bytes", code.len());
    }
    let foreign = Histogram::<u64>::new_with_bounds(1, 1_000_000, 3).unwrap();
    let mut code = Vec::new();
    V2DeflateSerializer::new().serialize(&foreign, &mut code).unwrap();
    assert!(Code::read(&code, 0).is_err());
}

#[test]
fn a_rank_is_exact_where_a_fraction_is_not() {
    for count in [1_000, 2_000, 13_000, 20_000] {
        let series =
            series((0..count).map(|one| if one < count / 1_000 { 1_000_000 } else { 1_000 }));
        assert!(series.percentile(99.9) < 1_100, "{count}");
        assert!(series.percentile(99.91) > 999_000, "{count}");
    }
}
