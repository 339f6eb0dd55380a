//! Posting against a worker: one fate per edge, in the right order.

use crate::stage::{Stage, drive_once, model, reach, thread};
use wsksim::core::error::Answer;
use wsksim::core::flags::Edge::{Abortive, Graceful};

#[test]
fn l1_two_posters_one_socket_one_worker() {
    // Property: each accepted edge of one socket is indicated once, graceful before abortive (D-21).
    model("L1", &["L1 both", "L1 refused"], || {
        let stage = Stage::new();
        let socket = stage.open(0);
        let posters = [Graceful, Abortive].map(|edge| {
            thread(&stage, move |stage| {
                let answer = stage.subsystem.post(socket, edge);
                let late = edge == Graceful && answer == Answer::Repeated;
                assert!(answer == Answer::Queued || late, "{answer:?}");
            })
        });
        drive_once(&stage, 0, 1);
        for poster in posters {
            poster.join().unwrap();
        }
        let counts = stage.settle();
        let seen = stage.seen(0);
        assert_eq!(counts.posted, [u64::from(seen.graceful), u64::from(seen.abortive)]);
        reach(if seen.graceful == 1 { "L1 both" } else { "L1 refused" });
        assert_eq!(seen.abortive, 1, "nothing refuses the abortive edge");
    });
}

#[test]
fn l2_two_posters_two_sockets_one_worker() {
    // Property: the queue loses and doubles no entry, whoever stores first (R10).
    model("L2", &["L2 none before the end", "L2 both before the end"], || {
        let stage = Stage::new();
        let sockets = [stage.open(0), stage.open(1)];
        let posters = sockets.map(|socket| {
            thread(&stage, move |stage| {
                assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
            })
        });
        drive_once(&stage, 0, 1);
        match stage.subsystem.counts().indicated {
            [0, 0] => reach("L2 none before the end"),
            [1, 0] => {}
            _ => reach("L2 both before the end"),
        }
        for poster in posters {
            poster.join().unwrap();
        }
        let counts = stage.settle();
        assert_eq!(counts.indicated, [2, 0]);
        assert_eq!([stage.seen(0).graceful, stage.seen(1).graceful], [1, 1]);
    });
}
