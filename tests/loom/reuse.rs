//! Slots and drives change hands: reuse against old handles, the end of a subsystem, of a drive.

use crate::stage::{Player, Stage, drive_once, model, reach, thread};
use loom::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use wsksim::core::dispatch::{Drive, Step, work};
use wsksim::core::error::{Answer, CoreError};
use wsksim::core::flags::Edge::Graceful;
use wsksim::core::handle::SocketHandle;

#[test]
fn l9_slot_reused_against_a_stale_handle() {
    // Property: an edge of one life never becomes a call of the next life in its slot (R8).
    let outcomes = ["L9 queued", "L9 closed", "L9 stale", "L9 same slot"];
    model("L9 stale", &outcomes, || {
        let stage = Stage::new();
        let old = stage.open(0);
        let reopener = thread(&stage, move |stage| {
            stage.subsystem.close(old).expect("open until now");
            let new = stage.open(1);
            if new.index == old.index {
                reach("L9 same slot");
            }
            assert_eq!(stage.subsystem.post(new, Graceful), Answer::Queued);
        });
        let poster = thread(&stage, move |stage| {
            let answer = stage.subsystem.post(old, Graceful);
            match answer {
                Answer::Queued => reach("L9 queued"),
                Answer::Closed => reach("L9 closed"),
                Answer::Stale => reach("L9 stale"),
                other => panic!("{other:?}"),
            }
        });
        drive_once(&stage, 0, 1);
        reopener.join().unwrap();
        poster.join().unwrap();
        let counts = stage.settle();
        assert_eq!(counts.indicated[0], u64::from(stage.seen(0).graceful) + 1);
        assert_eq!(stage.seen(1).graceful, 1, "the new life gets its own edge");
    });
}

#[test]
fn l9_slots_taken_and_given_back_at_once() {
    // Property: two opens never give the same handle, nor one slot to two open sockets (R8).
    model("L9 slots", &["L9 reused", "L9 fresh"], || {
        let stage = Stage::new();
        let first = stage.open(0);
        let turner = thread(&stage, move |stage| {
            stage.subsystem.close(first).unwrap();
            let second = stage.open(0);
            assert_ne!(second, first);
            stage.subsystem.close(second).unwrap();
        });
        let third = stage.open(1);
        turner.join().unwrap();
        let fourth = stage.open(1);
        assert_ne!(third.index, fourth.index);
        reach(if third.index == first.index { "L9 reused" } else { "L9 fresh" });
        let taken = u64::from(third.generation) + u64::from(fourth.generation);
        assert_eq!(taken, 4, "each open of a slot is a life of its own: {third:?}, {fourth:?}");
    });
}

#[test]
fn l9_a_guessed_handle_is_as_good_as_a_given_one() {
    // Property: whoever finds a life open finds its context, however it came by the handle (row W1).
    model("L9 guess", &["L9 guessed", "L9 too early"], || {
        let stage = Stage::new();
        let before = stage.open(0);
        stage.subsystem.close(before).unwrap();
        // Orders nothing; loom tries both sides of it, which it does not for a lone load in the core.
        let hint = Arc::new(AtomicBool::new(false));
        let given = hint.clone();
        let opener = thread(&stage, move |stage| {
            assert_eq!(stage.open(1).generation, 2);
            given.store(true, Ordering::Relaxed);
        });
        let guess = SocketHandle { generation: 2, index: before.index };
        let _ = hint.load(Ordering::Relaxed);
        let posted = stage.subsystem.post(guess, Graceful).accepted();
        drive_once(&stage, 0, 1);
        reach(if posted { "L9 guessed" } else { "L9 too early" });
        assert_eq!(stage.seen(1).graceful, u8::from(posted));
        opener.join().unwrap();
        stage.settle();
    });
}

#[test]
fn l9_a_slot_that_left_the_free_list_and_came_back() {
    // Property: a stopped taker does not take a slot by a link that has changed meanwhile (R8).
    model("L9 aba", &[], || {
        let stage = Stage::new();
        for socket in [stage.open(0), stage.open(0)] {
            stage.subsystem.close(socket).unwrap();
        }
        let held = Arc::new(Mutex::new(Vec::new()));
        let seconds = held.clone();
        let turner = thread(&stage, move |stage| {
            let [first, second] = [stage.open(0), stage.open(0)];
            stage.subsystem.close(first).unwrap();
            seconds.lock().unwrap().push(second.index);
        });
        let third = stage.open(0);
        turner.join().unwrap();
        let mut indices = held.lock().unwrap().clone();
        indices.extend([third.index, stage.open(0).index]);
        indices.sort_unstable();
        indices.dedup();
        assert_eq!(indices.len(), 3, "each slot is open once: {indices:?}");
    });
}

#[test]
fn l10_quiet_means_that_all_is_done() {
    // Property: when all workers rest, what was posted before has been indicated (row Q3).
    model("L10 quiet", &[], || {
        let stage = Stage::new();
        let socket = stage.open(0);
        stage.subsystem.begin_driving().unwrap();
        let worker = thread(&stage, |stage| {
            work(&stage.subsystem, 0, 1, &mut Player::of(stage));
        });
        assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
        while !stage.subsystem.wait_quiet(1) {}
        assert_eq!(stage.seen(0).graceful, 1);
        stage.subsystem.halt();
        worker.join().unwrap();
    });
}

#[test]
fn l10_halt_against_park_against_post() {
    // Property: a halted worker ends wherever it is, and what is queued stays in the books (R10).
    model("L10 halt", &["L10 both", "L10 one", "L10 none"], || {
        let stage = Stage::new();
        let sockets = [stage.open(0), stage.open(1)];
        stage.subsystem.begin_driving().unwrap();
        assert_eq!(stage.subsystem.post(sockets[0], Graceful), Answer::Queued);
        let poster = thread(&stage, move |stage| {
            assert_eq!(stage.subsystem.post(sockets[1], Graceful), Answer::Queued);
        });
        let halter = thread(&stage, |stage| stage.subsystem.halt());
        work(&stage.subsystem, 0, 1, &mut Player::of(&stage));
        poster.join().unwrap();
        halter.join().unwrap();
        reach(["L10 none", "L10 one", "L10 both"][stage.subsystem.counts().indicated[0] as usize]);
        stage.subsystem.end_driving();
        stage.subsystem.begin_driving().unwrap();
        assert_eq!(stage.settle().indicated, [2, 0]);
    });
}

#[test]
fn l10_one_drive_after_another() {
    // Property: a drive sees everything that the drive before it did (row T1).
    model("L10 drives", &["L10 refused", "L10 second drive"], || {
        let stage = Stage::new();
        for socket in [stage.open(0), stage.open(0)] {
            assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
        }
        let other = thread(&stage, drive_one_call);
        drive_one_call(&stage);
        other.join().unwrap();
        if stage.subsystem.counts().indicated == [2, 0] {
            reach("L10 second drive");
        }
    });
}

/// Makes one call under the right to drive, if nobody else has it. Both sockets share a witness.
fn drive_one_call(stage: &Arc<Stage>) {
    if stage.subsystem.begin_driving() == Err(CoreError::Driven) {
        reach("L10 refused");
        return;
    }
    // One worker of one, and not the first: no lock but the queue's, which would order more.
    let mut drive = Drive::worker(&stage.subsystem, 1, 1);
    let step = drive.step(&mut Player::sharing(stage), 1);
    assert!(matches!(step, Step::Spent), "{step:?}");
    drop(drive);
    stage.subsystem.end_driving();
}

#[test]
fn l12_shut_against_open() {
    // Property: closing the subsystem closes every socket that an open gave out (row G1).
    model("L12", &["L12 refused", "L12 opened"], || {
        let stage = Stage::new();
        let opener = thread(&stage, |stage| match stage.subsystem.open(0, Stage::opening()) {
            Ok(socket) => {
                let answer = stage.subsystem.post(socket, Graceful);
                assert!(matches!(answer, Answer::Queued | Answer::Closed), "{answer:?}");
                reach("L12 opened");
            }
            Err(refusal) => {
                assert_eq!(refusal, CoreError::SubsystemClosed);
                reach("L12 refused");
            }
        });
        stage.subsystem.shut(|_| {});
        opener.join().unwrap();
        let counts = stage.settle();
        assert_eq!((counts.open, counts.indicated), (0, [0, 0]));
    });
}
