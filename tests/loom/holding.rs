//! What holds edges back, and callbacks of other kinds: the bits HOLD, UNREAD, ATTENDING and WANTED.

use crate::stage::{Player, Stage, drive_doing, drive_once, model, reach, thread};
use std::sync::Arc;
use wsksim::core::counters::Withheld;
use wsksim::core::dispatch::{Drive, Step};
use wsksim::core::error::{Answer, CoreError};
use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::handle::SocketHandle;
use wsksim::core::indication::Verdict;
use wsksim::core::subsystem::{Attend, Closing, Opening};

/// Posts both edges of a socket; `names` are the outcomes of a post that is held and one that is queued.
fn post_both(stage: &Stage, socket: SocketHandle, names: [&'static str; 2]) {
    for edge in [Graceful, Abortive] {
        match stage.subsystem.post(socket, edge) {
            Answer::Held => reach(names[0]),
            Answer::Queued => reach(names[1]),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn l8_hold_until_the_yielding_routine_has_returned() {
    // Property: nothing is indicated before the end of a hold, and it replaces nothing (D-20, D-27).
    model("L8 hold", &["L8 held", "L8 let go"], || {
        let stage = Stage::new();
        let opening = Opening { hold: true, ..Stage::opening() };
        let socket = stage.subsystem.open(0, opening).expect("the first socket");
        stage.write(0, |seen| seen.barred = true);
        let poster =
            thread(&stage, move |stage| post_both(stage, socket, ["L8 held", "L8 let go"]));
        let routine = thread(&stage, move |stage| {
            stage.write(0, |seen| seen.barred = false);
            assert_eq!(stage.subsystem.unhold(socket), Ok(()));
        });
        drive_once(&stage, 0, 1);
        poster.join().unwrap();
        routine.join().unwrap();
        let counts = stage.settle();
        assert_eq!((counts.indicated, counts.held), ([1, 1], 0), "{counts:?}");
    });
}

#[test]
fn l8_unread_data_stands_before_a_graceful_edge() {
    // Property: a graceful edge waits for the data, an abortive one takes its place (D-19, G-18).
    let outcomes = ["L8 unread", "L8 read", "L8 data first", "L8 overtaken"];
    model("L8 unread", &outcomes, || {
        let stage = Stage::new();
        let socket = stage.open(0);
        assert_eq!(stage.subsystem.set_unread(socket, true), Ok(()));
        // Whether data lies there, as the application's receive knows it.
        stage.write(1, |seen| seen.barred = true);
        let poster =
            thread(&stage, move |stage| post_both(stage, socket, ["L8 unread", "L8 read"]));
        let reader = thread(&stage, move |stage| {
            stage.write(1, |seen| seen.barred = false);
            assert_eq!(stage.subsystem.set_unread(socket, false), Ok(()));
        });
        let during = |stage: &Stage, call: &wsksim::core::indication::Indication| {
            let graceful = call.flags & 1 == 0;
            assert!(!graceful || !stage.seen(1).barred, "data stands before it");
            Verdict::Success
        };
        drive_doing(&stage, 0, 1, during);
        poster.join().unwrap();
        reader.join().unwrap();
        let counts = stage.settle();
        let superseded = counts.withheld[Withheld::Superseded as usize];
        reach(if superseded == 1 { "L8 overtaken" } else { "L8 data first" });
        assert_eq!((counts.indicated, counts.held), ([1 - superseded, 1], 0), "{counts:?}");
    });
}

#[test]
fn l8_overtaken_behind_data_that_nobody_reads() {
    // Property: an abortive edge never waits for data, and drops the graceful one that does (G-18).
    model("L8 overtaken", &["L8 alone", "L8 in its place"], || {
        let stage = Stage::new();
        let socket = stage.open(0);
        assert_eq!(stage.subsystem.set_unread(socket, true), Ok(()));
        let finisher = thread(&stage, move |stage| match stage.subsystem.post(socket, Graceful) {
            Answer::Held => reach("L8 in its place"),
            Answer::Repeated => reach("L8 alone"),
            other => panic!("{other:?}"),
        });
        let aborter = thread(&stage, move |stage| {
            assert_eq!(stage.subsystem.post(socket, Abortive), Answer::Queued);
        });
        drive_once(&stage, 0, 1);
        finisher.join().unwrap();
        aborter.join().unwrap();
        let counts = stage.settle();
        assert_eq!((counts.indicated, counts.held), ([0, 1], 0), "{counts:?}");
        assert_eq!(counts.posted[0], counts.withheld[Withheld::Superseded as usize]);
    });
}

#[test]
fn l8_reading_callback_that_pauses_against_both_edges() {
    // Property: both edges wait for the callback that was given the data before them (D-24); if it
    // pauses when both are there, the abortive one is left, and otherwise none is lost (D-22, G-18).
    let outcomes = ["L8 both there", "L8 none there", "L8 one there"];
    model("L8 reading", &outcomes, || {
        let stage = Stage::new();
        let socket = stage.open(0);
        assert_eq!(stage.subsystem.attend(socket), Ok(Attend::Call));
        assert_eq!(stage.subsystem.set_unread(socket, true), Ok(()));
        stage.write(0, |seen| seen.barred = true);
        let poster = thread(&stage, move |stage| {
            stage.subsystem.post(socket, Graceful);
            // The abort discards the data (G-3) and delays nothing but itself.
            assert_eq!(stage.subsystem.set_unread(socket, false), Ok(()));
            let withheld = stage.subsystem.counts().withheld;
            assert_eq!(withheld[Withheld::Superseded as usize], 0, "nothing replaces it yet");
            assert_eq!(stage.subsystem.post(socket, Abortive), Answer::Queued);
        });
        let reader = thread(&stage, move |stage| {
            let before = stage.subsystem.counts().posted;
            assert_eq!(stage.subsystem.supersede(socket), Ok(()));
            stage.write(0, |seen| seen.barred = false);
            assert!(!stage.subsystem.attended(socket).closed);
            match before {
                [0, 0] => reach("L8 none there"),
                [1, 0] => reach("L8 one there"),
                _ => reach("L8 both there"),
            }
        });
        drive_once(&stage, 0, 1);
        poster.join().unwrap();
        reader.join().unwrap();
        let counts = stage.settle();
        let superseded = counts.withheld[Withheld::Superseded as usize];
        assert_eq!((counts.indicated, counts.held), ([1 - superseded, 1], 0), "{counts:?}");
    });
}

#[test]
fn l8_enable_against_a_remembered_edge() {
    // Property: a remembered edge is indicated once enabled, unless an abortive one came first (D-22).
    let outcomes = ["L8 remembered", "L8 enabled first", "L8 both", "L8 replaced"];
    model("L8 enable", &outcomes, || {
        let stage = Stage::new();
        let opening = Opening { enabled: false, ..Stage::opening() };
        let socket = stage.subsystem.open(0, opening).expect("the first socket");
        assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Held);
        let asker = thread(&stage, move |stage| {
            stage.subsystem.enable(socket).expect("open until now");
        });
        let poster = thread(&stage, move |stage| match stage.subsystem.post(socket, Abortive) {
            Answer::Held => reach("L8 remembered"),
            Answer::Queued => reach("L8 enabled first"),
            other => panic!("{other:?}"),
        });
        drive_once(&stage, 0, 1);
        asker.join().unwrap();
        poster.join().unwrap();
        let counts = stage.settle();
        let superseded = counts.withheld[Withheld::Superseded as usize];
        reach(if superseded == 1 { "L8 replaced" } else { "L8 both" });
        assert_eq!((counts.indicated, counts.held), ([1 - superseded, 1], 0), "{counts:?}");
    });
}

#[test]
fn l8_disable_against_both_edges() {
    // Property: a disable that finds both edges waiting leaves the abortive one alone (D-22, E-14).
    let outcomes = ["L8 none called", "L8 one called", "L8 two called"];
    model("L8 disable", &outcomes, || {
        let stage = Stage::new();
        let socket = stage.open(0);
        for edge in [Graceful, Abortive] {
            assert_eq!(stage.subsystem.post(socket, edge), Answer::Queued);
        }
        let asker = thread(&stage, move |stage| {
            stage.subsystem.disable(socket).expect("open until now");
        });
        drive_once(&stage, 0, 1);
        asker.join().unwrap();
        let before = stage.subsystem.counts();
        let superseded = before.withheld[Withheld::Superseded as usize];
        reach(match before.indicated {
            [0, 0] => "L8 none called",
            [1, 0] => "L8 one called",
            _ => "L8 two called",
        });
        assert_eq!(superseded, u64::from(before.indicated == [0, 0]), "{before:?}");
        stage.subsystem.enable(socket).expect("open until now");
        let counts = stage.settle();
        assert_eq!((counts.indicated, counts.held), ([1 - superseded, 1], 0), "{counts:?}");
    });
}

/// Calls another callback of socket 0 if it may begin now: what that came to, and whether a close that
/// waited for it is complete.
fn call_other(stage: &Stage, socket: SocketHandle) -> Result<(Attend, bool), CoreError> {
    let attend = stage.subsystem.attend(socket)?;
    if attend != Attend::Call {
        return Ok((attend, false));
    }
    stage.write(0, |seen| assert!(!seen.barred && !seen.completed, "none may start"));
    stage.write(0, |seen| assert!(!seen.barred, "it still runs"));
    let end = stage.subsystem.attended(socket);
    if end.closed {
        stage.write(0, |seen| seen.completed = true);
    }
    Ok((attend, end.closed))
}

#[test]
fn l8_callbacks_of_two_kinds_take_turns() {
    // Property: callbacks of two kinds never overlap, and neither is forgotten for the other (D-24).
    model("L8 callbacks", &["L8 other first", "L8 other busy"], || {
        let stage = Stage::new();
        let socket = stage.open(0);
        assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
        let other = thread(&stage, move |stage| {
            match call_other(stage, socket).expect("open until now").0 {
                Attend::Call => reach("L8 other first"),
                Attend::Busy => {
                    reach("L8 other busy");
                    stage.expect_word();
                }
                Attend::Held => panic!("nothing holds it"),
            }
        });
        let poster = thread(&stage, move |stage| {
            assert_eq!(stage.subsystem.post(socket, Abortive), Answer::Queued);
        });
        drive_once(&stage, 0, 1);
        other.join().unwrap();
        poster.join().unwrap();
        let counts = stage.settle();
        assert_eq!((counts.indicated, counts.held), ([1, 1], 0), "{counts:?}");
        // Who was turned away is told when it may try again.
        assert_eq!(stage.words(), stage.words_expected());
        assert_eq!(call_other(&stage, socket), Ok((Attend::Call, false)));
    });
}

#[test]
fn l8_close_against_callbacks_of_two_kinds() {
    // Property: a close completes once, when callbacks of neither kind run (C-13, D-25).
    let outcomes = ["L8 at once", "L8 behind it", "L8 behind the event", "L8 refused"];
    model("L8 close", &outcomes, || {
        let stage = Stage::new();
        let socket = stage.open(0);
        assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
        let other = thread(&stage, move |stage| match call_other(stage, socket) {
            Ok((_, true)) => reach("L8 behind it"),
            Ok(_) => {}
            Err(refusal) => {
                assert_eq!(refusal, CoreError::Closed(socket));
                reach("L8 refused");
            }
        });
        let closer = thread(&stage, move |stage| {
            if stage.subsystem.close(socket).expect("open until now") == Closing::Done {
                stage.write(0, |seen| seen.barred = true);
                reach("L8 at once");
            }
        });
        drive_telling(&stage);
        other.join().unwrap();
        closer.join().unwrap();
        stage.settle();
        let seen = stage.seen(0);
        assert!(seen.barred != seen.completed, "complete at once or behind a call: {seen:?}");
        assert_eq!(stage.subsystem.counts().open, 0);
        assert_eq!(stage.open(1).index, 0, "the slot is free again");
    });
}

/// Drives once and notes whether a close completed behind a call of the event.
fn drive_telling(stage: &Arc<Stage>) {
    let mut drive = Drive::worker(&stage.subsystem, 0, 1);
    let mut host = Player::of(stage);
    let step = drive.step(&mut host, u64::MAX);
    assert!(matches!(step, Step::Empty | Step::Unready), "{step:?}");
    if host.has_closed() {
        reach("L8 behind the event");
    }
}
