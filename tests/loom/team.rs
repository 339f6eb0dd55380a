//! Two workers on one socket.

use crate::stage::{Stage, drive_doing, model, reach, thread};
use wsksim::core::dispatch::{Indication, Verdict};
use wsksim::core::error::Answer;
use wsksim::core::flags::Edge::{Abortive, Graceful};

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

/// Two edges were posted: a third place in the queue was given to an edge that was deferred.
fn note_requeued(_: &Stage, call: &Indication) -> Verdict {
    if call.flags & 1 == 1 {
        reach(if call.edge_number > 2 { "L5 deferred" } else { "L5 in turn" });
    }
    Verdict::Success
}
