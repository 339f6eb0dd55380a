//! Storm: posters, askers and changing teams of workers; then the books and the history.

use crate::crowd::{Crowd, Member, SOCKETS, native_calls};
use std::thread::{Scope, scope};
use wsksim::core::dispatch::work;
use wsksim::core::flags::Edge;
use wsksim::core::history::check::check;
use wsksim::core::random::Random;
use wsksim::core::subsystem::Subsystem;

const POSTERS: u64 = 8;
const ASKERS: u64 = 2;
/// Posts by each poster, requests by each asker.
const EACH: u64 = 32_000;

#[test]
fn a_storm_keeps_the_rules_and_the_books() {
    let before = native_calls();
    for (seed, kept, teams) in [
        (7, false, [2, 4, 3]),
        (11, true, [4, 2, 2]),
        (2026, false, [3, 3, 4]),
        (42, true, [2, 3, 4]),
    ] {
        let crowd = Crowd::new(seed, kept);
        storm(&crowd, seed, teams);
        examine(&crowd);
    }
    assert!(native_calls() > before, "native handlers take part");
}

/// Teams of workers take turns while the others post and ask; the last one empties the queue.
fn storm(crowd: &Crowd, seed: u64, teams: [usize; 3]) {
    scope(|threads| {
        let others: Vec<_> = (0..POSTERS + ASKERS)
            .map(|number| {
                threads.spawn(move || {
                    let mut random = Random::new(seed, number);
                    for _ in 0..EACH {
                        if number < POSTERS {
                            crowd.post(&mut random)
                        } else {
                            crowd.ask(&mut random)
                        }
                    }
                })
            })
            .collect();
        let mut others = Some(others);
        for (turn, workers) in teams.into_iter().enumerate() {
            crowd.subsystem.begin_driving().expect("the last team gave its ticket back");
            let team = team(crowd, threads, seed, workers);
            if turn + 1 < teams.len() {
                let enough = (turn as u64 + 1) * EACH;
                while posted(&crowd.subsystem) < enough {
                    std::thread::yield_now();
                }
            } else {
                for other in others.take().into_iter().flatten() {
                    other.join().unwrap();
                }
                while !crowd.subsystem.wait_quiet(workers) {}
            }
            crowd.subsystem.halt();
            for worker in team {
                worker.join().unwrap();
            }
            crowd.subsystem.end_driving();
        }
    });
}

fn team<'scope>(
    crowd: &'scope Crowd,
    threads: &'scope Scope<'scope, '_>,
    seed: u64,
    workers: usize,
) -> Vec<std::thread::ScopedJoinHandle<'scope, ()>> {
    (0..workers)
        .map(|number| {
            threads.spawn(move || {
                let random = Random::new(seed, 100 + number as u64);
                work(&crowd.subsystem, number, workers, &mut Member { crowd, random });
            })
        })
        .collect()
}

fn posted(subsystem: &Subsystem) -> u64 {
    subsystem.counts().posted.iter().sum()
}

/// The history is good, it agrees with the books, and nothing that should have been called was left.
fn examine(crowd: &Crowd) {
    let subsystem = &crowd.subsystem;
    let counts = subsystem.counts();
    assert_eq!(counts.queued, 0, "the last team emptied the queue: {counts:?}");
    let mut notes = subsystem.take_history();
    let summary = check(&notes).unwrap_or_else(|violation| panic!("{violation}"));
    assert_eq!((summary.posted, summary.indicated), (counts.posted, counts.indicated));
    let mut held = 0;
    for &(handle, edge) in &summary.left {
        let sight = subsystem.look(handle).expect("nobody closed it");
        let superseded = edge == Edge::Graceful && !sight.can_send;
        assert!(superseded || !sight.enabled, "lost: {edge:?} of {handle:?}, {sight:?}");
        held += u64::from(!superseded);
    }
    assert_eq!(held, counts.held, "{counts:?}");
    for place in 0..SOCKETS {
        assert!(crowd.close(crowd.at(place)), "open until now");
    }
    notes.extend(subsystem.take_history());
    let summary = check(&notes).unwrap_or_else(|violation| panic!("{violation}"));
    let counts = subsystem.counts();
    let fates: u64 = counts.indicated.iter().chain(&counts.withheld).sum();
    assert_eq!(posted(subsystem), fates, "{counts:?}");
    assert_eq!((counts.held, counts.queued, counts.open), (0, 0, 0));
    assert!(summary.left.is_empty() && summary.waited > 0 && summary.disabled_running > 0);
    eprintln!(
        "{} sockets, posted {:?}, indicated {:?}, closes {} ({} waited), disables {} ({} told of a \
         running call), enables {}, notes {}",
        summary.sockets,
        summary.posted,
        summary.indicated,
        summary.closed,
        summary.waited,
        summary.disabled,
        summary.disabled_running,
        summary.enabled,
        notes.len(),
    );
}
