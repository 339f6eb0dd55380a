//! Two workers on one socket.

use crate::stage::{Player, Stage, drive_doing, drive_once, model, reach, thread};
use wsksim::core::dispatch::{Drive, Step};
use wsksim::core::error::Answer;
use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::indication::{Indication, Verdict};

#[test]
fn l5_two_workers_one_socket_both_edges() {
    // Property: calls of one socket never overlap, keep their order, and a deferred one comes (D-24).
    model("L5", &["L5 deferred", "L5 in turn"], || {
        let stage = Stage::new();
        let socket = stage.open(0);
        for edge in [Graceful, Abortive] {
            assert_eq!(stage.subsystem.post(socket, edge), Answer::Queued);
        }
        let other = thread(&stage, |stage| drive_doing(stage, 1, 2, note_requeued));
        drive_doing(&stage, 0, 2, note_requeued);
        other.join().unwrap();
        let counts = stage.settle();
        assert_eq!(counts.indicated, [1, 1]);
    });
}

#[test]
fn l5_two_workers_share_what_one_of_them_took() {
    // Property: an entry that is stolen from a tray is begun once, by one worker (row S1).
    model("L5 trays", &["L5 stolen", "L5 one did all"], || {
        let stage = Stage::new();
        for socket in [stage.open(0), stage.open(1)] {
            assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
        }
        let other = thread(&stage, |stage| drive_once(stage, 1, 2));
        let mut drive = Drive::worker(&stage.subsystem, 0, 2);
        let step = drive.step(&mut Player::of(&stage), u64::MAX);
        assert!(matches!(step, Step::Empty), "{step:?}");
        let mine = drive.made();
        drop(drive);
        other.join().unwrap();
        // The first taker took both.
        reach(if mine == 1 { "L5 stolen" } else { "L5 one did all" });
        assert_eq!(stage.settle().indicated, [2, 0]);
        assert_eq!([stage.seen(0).graceful, stage.seen(1).graceful], [1, 1]);
    });
}

/// Two edges were posted: a third place in the queue was given to an edge that was deferred.
fn note_requeued(_: &Stage, call: &Indication) -> Verdict {
    if call.flags & 1 == 1 {
        reach(if call.edge_number > 2 { "L5 deferred" } else { "L5 in turn" });
    }
    Verdict::Success
}
