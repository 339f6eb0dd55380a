//! Two workers on one socket.

use crate::stage::{Stage, drive_once, model, thread};
use wsksim::core::error::Answer;
use wsksim::core::flags::Edge::{Abortive, Graceful};

#[test]
fn l5_two_workers_one_socket_both_edges() {
    // Property: calls of one socket never overlap, keep their order, and a deferred one comes (D-24).
    model("L5", || {
        let stage = Stage::new();
        let socket = stage.open(0);
        for edge in [Graceful, Abortive] {
            assert_eq!(stage.subsystem.post(socket, edge), Answer::Queued);
        }
        let other = thread(&stage, |stage| drive_once(stage, 1, 2));
        drive_once(&stage, 0, 2);
        other.join().unwrap();
        let counts = stage.settle();
        assert_eq!(counts.indicated, [1, 1]);
    });
}
