//! Closing against posters and a worker: nothing starts after it, nothing runs when it is complete.

use crate::stage::{Stage, drive_once, model, reach, thread};
use std::sync::Arc;
use wsksim::core::error::{Answer, CoreError};
use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::handle::SocketHandle;
use wsksim::core::subsystem::Closing;

/// Closes; told that it is done, bars the witness: a call that starts or still runs then is found.
fn close(stage: &Arc<Stage>, socket: SocketHandle) {
    match stage.subsystem.close(socket).expect("open until now") {
        Closing::Done => stage.write(0, |seen| seen.barred = true),
        Closing::Pending => {}
    }
    let again = stage.subsystem.close(socket);
    assert_eq!(again, Err(CoreError::Closed(socket)), "one close completes, once (C-13)");
}

fn assert_closed_once(stage: &Arc<Stage>) {
    let seen = stage.seen(0);
    assert!(seen.barred != seen.completed, "complete at once or behind the call, once: {seen:?}");
    assert_eq!(stage.subsystem.counts().open, 0);
    let next = stage.open(1);
    assert_eq!((next.index, next.generation), (0, 2), "the slot is free again, once");
    assert_eq!(stage.open(1).index, 1, "and only once");
}

#[test]
fn l3_two_posts_one_worker_and_close() {
    // Property: after a close nothing starts, and at its completion nothing runs (D-25, C-13).
    let outcomes = ["L3 called", "L3 refused", "L3 withheld", "L3 at once", "L3 waited"];
    model("L3", &outcomes, || {
        let stage = Stage::new();
        let socket = stage.open(0);
        let poster = thread(&stage, move |stage| {
            for edge in [Graceful, Abortive] {
                let answer = stage.subsystem.post(socket, edge);
                assert!(matches!(answer, Answer::Queued | Answer::Closed), "{answer:?}");
                if answer == Answer::Closed {
                    reach("L3 refused");
                }
            }
        });
        let closer = thread(&stage, move |stage| close(stage, socket));
        drive_once(&stage, 0, 1);
        poster.join().unwrap();
        closer.join().unwrap();
        let counts = stage.settle();
        if counts.indicated == [1, 1] {
            reach("L3 called");
        }
        if counts.withheld[1] == 2 {
            reach("L3 withheld");
        }
        reach(if stage.seen(0).barred { "L3 at once" } else { "L3 waited" });
        assert_closed_once(&stage);
    });
}

#[test]
fn l4_two_posters_one_worker_and_close() {
    // Property: posts that race with each other and with a close each get one fate (D-25, R10).
    model("L4", &["L4 refused", "L4 at once", "L4 waited", "L4 called"], || {
        let stage = Stage::new();
        let socket = stage.open(0);
        let graceful = thread(&stage, move |stage| {
            if stage.subsystem.post(socket, Graceful) == Answer::Closed {
                reach("L4 refused");
            }
        });
        let abortive = thread(&stage, move |stage| {
            assert_eq!(stage.subsystem.post(socket, Abortive), Answer::Queued);
            close(stage, socket);
        });
        drive_once(&stage, 0, 1);
        graceful.join().unwrap();
        abortive.join().unwrap();
        if stage.settle().indicated == [1, 1] {
            reach("L4 called");
        }
        reach(if stage.seen(0).barred { "L4 at once" } else { "L4 waited" });
        assert_closed_once(&stage);
    });
}
