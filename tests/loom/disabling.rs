//! Disable and enable against a running call, and a close from the own callback.

use crate::stage::{Stage, drive_doing, drive_once, model, reach, thread};
use wsksim::core::error::Answer;
use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::handle::SocketHandle;
use wsksim::core::indication::Verdict;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Closing;

#[test]
fn l7_disable_with_a_call_running_then_enable() {
    // Property: SUCCESS means that none runs or starts until enable, and no edge is lost (E-13, E-14).
    let outcomes = ["L7 not running", "L7 running", "L7 superseded", "L7 both"];
    model("L7 disable", &outcomes, || {
        let stage = Stage::new();
        let socket = stage.open(0);
        assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
        let asker = thread(&stage, move |stage| {
            let bar = |barred| stage.write(0, |seen| seen.barred = barred);
            let disabled = stage.subsystem.disable(socket).unwrap() == NtStatus::SUCCESS;
            reach(if disabled { "L7 not running" } else { "L7 running" });
            if disabled {
                bar(true);
            }
            assert_eq!(stage.subsystem.post(socket, Abortive), Answer::Held);
            if disabled {
                bar(false);
            }
            assert_eq!(stage.subsystem.enable(socket), Ok(NtStatus::SUCCESS));
        });
        drive_once(&stage, 0, 1);
        asker.join().unwrap();
        let counts = stage.settle();
        reach(if counts.indicated[0] == 1 { "L7 both" } else { "L7 superseded" });
        assert_eq!((counts.held, counts.indicated[1]), (0, 1), "enabled again (U-36): {counts:?}");
    });
}

#[test]
fn l7_two_disables_while_a_call_runs() {
    // Property: each of two askers is told for itself whether the call still runs (E-13, E-32, U-37).
    let outcomes = ["L7 both running", "L7 one running", "L7 none running"];
    model("L7 two", &outcomes, || {
        let stage = Stage::new();
        let socket = stage.open(0);
        assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
        let driver = thread(&stage, |stage| drive_once(stage, 0, 1));
        let disable = move |stage: &Stage| stage.subsystem.disable(socket).unwrap();
        let other = thread(&stage, move |stage| {
            if disable(stage) == NtStatus::SUCCESS {
                // Ordered behind the call that may have run: loom looks at the witness.
                let _ = stage.seen(0);
            }
        });
        let answer = disable(&stage);
        if answer == NtStatus::SUCCESS {
            let _ = stage.seen(0);
        }
        other.join().unwrap();
        let again = disable(&stage);
        driver.join().unwrap();
        reach(match (answer, again) {
            (NtStatus::SUCCESS, NtStatus::SUCCESS) => "L7 none running",
            (_, NtStatus::SUCCESS) => "L7 one running",
            _ => "L7 both running",
        });
        stage.subsystem.enable(socket).unwrap();
        let counts = stage.settle();
        assert_eq!((counts.held, counts.indicated), (0, [1, 0]), "{counts:?}");
    });
}

#[test]
fn l7_close_from_the_own_callback() {
    // Property: a close from inside the call completes once, after that call, beside a post (C-15).
    model("L7 close", &["L7 queued", "L7 held", "L7 closed"], || {
        let stage = Stage::new();
        let socket = stage.open(0);
        assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
        let poster = thread(&stage, move |stage| {
            let answer = stage.subsystem.post(socket, Abortive);
            match answer {
                Answer::Queued => reach("L7 queued"),
                Answer::Held => reach("L7 held"),
                Answer::Closed => reach("L7 closed"),
                other => panic!("{other:?}"),
            }
        });
        let other = thread(&stage, |stage| close_inside(stage, 1));
        close_inside(&stage, 0);
        other.join().unwrap();
        poster.join().unwrap();
        let counts = stage.settle();
        assert_eq!((counts.open, counts.indicated), (0, [1, 0]), "{counts:?}");
        assert!(stage.seen(0).completed);
    });
}

/// Drives with a handler that closes its own socket.
fn close_inside(stage: &std::sync::Arc<Stage>, number: usize) {
    drive_doing(stage, number, 2, |stage, call| {
        let SocketHandle { index: 0, .. } = call.handle else { panic!("only one socket is open") };
        assert_eq!(stage.subsystem.disable(call.handle), Ok(NtStatus::EVENT_PENDING));
        assert_eq!(stage.subsystem.close(call.handle), Ok(Closing::Pending));
        Verdict::Success
    });
}
