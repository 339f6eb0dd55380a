//! A worker that sleeps when it finds nothing.

use crate::stage::{Player, Stage, model, thread};
use wsksim::core::dispatch::{Verdict, team};
use wsksim::core::error::Answer;
use wsksim::core::flags::Edge::Graceful;

#[test]
fn l6_parking_worker_and_two_posters() {
    // Property: no wake-up is lost; a worker that slept on would deadlock the model (R10).
    model("L6", &[], || {
        let stage = Stage::new();
        let sockets = [stage.open(0), stage.open(1)];
        let posters = sockets.map(|socket| {
            thread(&stage, move |stage| {
                assert_eq!(stage.subsystem.post(socket, Graceful), Answer::Queued);
            })
        });
        // Ends itself with the second call, so that nothing else can wake it.
        let mut host = Player::doing(&stage, |stage, call| {
            let other = call.context ^ 1;
            if stage.seen(other).graceful == 1 { Verdict::Stop } else { Verdict::Success }
        });
        team::work(&stage.subsystem, 0, 1, &mut host);
        for poster in posters {
            poster.join().unwrap();
        }
        assert_eq!(stage.settle().indicated, [2, 0]);
    });
}
