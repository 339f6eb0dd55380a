//! Turns: plain transitions of threads that share a lock, beside guests that do not hold it.

use crate::stage::{Stage, drive_doing, drive_once, model, reach, thread};
use loom::sync::Mutex;
use std::sync::Arc;
use wsksim::core::error::Answer;
use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::indication::Verdict;
use wsksim::core::subsystem::Closing;

/// The lock that all threads hold while they are in the core, as Python's hold the interpreter's.
type Lock = Arc<Mutex<()>>;

fn in_turn<T>(lock: &Lock, act: impl FnOnce() -> T) -> T {
    let _turn = lock.lock().unwrap();
    act()
}

#[test]
fn l13_turns_without_a_guest() {
    // Property: with plain transitions only, each accepted edge has one fate, whoever's turn comes first.
    model("L13 turns", &["L13 closed first", "L13 indicated"], || {
        let (stage, lock) = (Stage::in_turns(), Lock::default());
        let socket = stage.open(0);
        let poster = thread(&stage, {
            let lock = lock.clone();
            move |stage| {
                in_turn(&lock, || stage.subsystem.post(socket, Graceful));
                in_turn(&lock, || stage.subsystem.post(socket, Abortive));
            }
        });
        let closer = thread(&stage, {
            let lock = lock.clone();
            move |stage| {
                let closed = in_turn(&lock, || stage.subsystem.close(socket));
                assert_eq!(closed, Ok(Closing::Done), "no call runs while it is another's turn");
                stage.write(0, |seen| seen.barred = true);
            }
        });
        in_turn(&lock, || drive_once(&stage, 0, 1));
        poster.join().unwrap();
        closer.join().unwrap();
        let counts = in_turn(&lock, || stage.settle());
        let made: u64 = counts.indicated.iter().sum();
        reach(if made == 0 { "L13 closed first" } else { "L13 indicated" });
    });
}

#[test]
fn l13_guest_beside_a_drive_whose_turn_it_is() {
    // Property: while a guest lives, a thread whose turn it is loses none of its changes.
    model("L13 guest", &["L13 guest between", "L13 guest after"], || {
        let (stage, lock) = (Stage::in_turns(), Lock::default());
        let socket = stage.open(0);
        assert_eq!(in_turn(&lock, || stage.subsystem.post(socket, Graceful)), Answer::Queued);
        let guest = in_turn(&lock, || {
            stage.subsystem.guest_enters();
            thread(&stage, move |stage| {
                // Without the lock: the abortive edge meets the graceful one's call.
                assert_eq!(stage.subsystem.post(socket, Abortive), Answer::Queued);
                stage.subsystem.guest_leaves();
            })
        });
        in_turn(&lock, || drive_once(&stage, 0, 1));
        let both = stage.subsystem.counts().indicated == [1, 1];
        reach(if both { "L13 guest between" } else { "L13 guest after" });
        // The guest may be gone by now, or not; the turn goes on either way.
        in_turn(&lock, || drive_once(&stage, 0, 1));
        guest.join().unwrap();
        let counts = in_turn(&lock, || stage.settle());
        assert_eq!(counts.indicated, [1, 1]);
    });
}

#[test]
fn l13_turn_after_a_guest_that_has_left() {
    // Property: who finds no guest any more sees all that guests did, though no lock orders the two.
    model("L13 left", &["L13 left", "L13 still there"], || {
        let (stage, lock) = (Stage::in_turns(), Lock::default());
        let socket = stage.open(0);
        stage.subsystem.guest_enters();
        let guest = thread(&stage, move |stage| {
            // Refused behind the abortive edge (D-21).
            let answer = stage.subsystem.post(socket, Graceful);
            assert!(matches!(answer, Answer::Queued | Answer::Repeated), "{answer:?}");
            stage.subsystem.guest_leaves();
        });
        let taker = thread(&stage, {
            let lock = lock.clone();
            move |stage| {
                in_turn(&lock, || {
                    let alone = stage.subsystem.is_alone();
                    reach(if alone { "L13 left" } else { "L13 still there" });
                    // A plain load and store: had it not seen the guest's edge, that would be lost.
                    assert_eq!(stage.subsystem.post(socket, Abortive), Answer::Queued);
                });
            }
        });
        guest.join().unwrap();
        taker.join().unwrap();
        let counts = in_turn(&lock, || stage.settle());
        assert_eq!(counts.indicated, counts.posted, "each accepted edge is indicated");
    });
}

#[test]
fn l13_own_call_closes_its_socket() {
    // Property: what a call changes in its turn stands when the call has ended (C-15).
    model("L13 own", &["L13 own"], || {
        let (stage, lock) = (Stage::in_turns(), Lock::default());
        let socket = stage.open(0);
        in_turn(&lock, || {
            assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
            drive_doing(&stage, 0, 1, |stage, indication| {
                let closed = stage.subsystem.close(indication.handle);
                assert_eq!(closed, Ok(Closing::Pending));
                Verdict::Success
            });
        });
        assert!(stage.seen(0).completed, "the close completed behind the call");
        reach("L13 own");
        in_turn(&lock, || stage.settle());
    });
}
