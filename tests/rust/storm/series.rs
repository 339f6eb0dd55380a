//! Series: percentiles within three digits, and a log that another reader of the format reads back.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use std::time::{Duration, SystemTime};
use wsksim::storm::Series;
use wsksim::storm::series::{LONGEST, write_log};

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
fn the_log_is_read_back_as_it_was_written() {
    let (service, response) = (series([0, 17, 1_234_567]), series((0..1_000).map(|n| n * n)));
    let mut text = Vec::new();
    let all = [("service", &service), ("response", &response)];
    let began = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500_000_000_250);
    write_log(&mut text, &all, began, Duration::from_millis(2_500), "a storm").expect("no file");
    let mut found = Vec::new();
    for entry in IntervalLogIterator::new(&text) {
        match entry.expect("the log is well formed") {
            LogEntry::Interval(interval) => {
                let code = base64(interval.encoded_histogram());
                let histogram: Histogram<u64> =
                    Deserializer::new().deserialize(&mut code.as_slice()).expect("version 2");
                let tag = interval.tag().expect("each has its name").as_str().to_owned();
                assert_eq!(interval.duration(), Duration::from_millis(2_500));
                found.push((tag, histogram));
            }
            LogEntry::BaseTime(time) => assert_eq!(time, Duration::from_millis(1_500_000_000_250)),
            LogEntry::StartTime(_) => {}
        }
    }
    assert_eq!(found.len(), 2);
    for ((tag, histogram), (name, series)) in found.iter().zip(all) {
        assert_eq!(tag, name);
        assert_eq!(histogram, series.histogram());
    }
}

#[test]
fn a_name_that_the_log_cannot_hold_is_refused() {
    let series = Series::new();
    let written =
        write_log(&mut Vec::new(), &[("a,b", &series)], SystemTime::UNIX_EPOCH, Duration::ZERO, "");
    assert!(written.is_err());
}

/// What a text in base 64 stands for.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter(|&byte| byte != b'=');
    let values =
        digits.map(|byte| DIGITS.iter().position(|&digit| digit == byte).expect("a digit"));
    let values: Vec<usize> = values.collect();
    let groups = values.chunks(4).map(|four| {
        let bits = four
            .iter()
            .enumerate()
            .fold(0, |bits, (place, value)| bits | value << (18 - 6 * place));
        [bits >> 16, bits >> 8, bits].map(|byte| byte as u8)[..four.len() - 1].to_vec()
    });
    groups.flatten().collect()
}
