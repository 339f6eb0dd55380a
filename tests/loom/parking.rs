//! A worker that sleeps when it finds nothing.

use crate::stage::{Player, Stage, model, reach, thread};
use wsksim::core::dispatch::{Batch, Drive, Host, Step, work};
use wsksim::core::error::Answer;
use wsksim::core::flags::Edge::Graceful;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Breach, Indication, Verdict};

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
        work(&stage.subsystem, 0, 1, &mut host);
        for poster in posters {
            poster.join().unwrap();
        }
        assert_eq!(stage.settle().indicated, [2, 0]);
    });
}

#[test]
fn l6_blocked_handler_holds_up_no_other_socket() {
    // Property: what lies behind a call that blocks is found by the other worker, asleep or not.
    model("L6 team", &["L6 shared"], || {
        let stage = Stage::new();
        let sockets = [stage.open(0), stage.open(1)];
        stage.subsystem.begin_driving().unwrap();
        let other = thread(&stage, |stage| {
            work(&stage.subsystem, 1, 2, &mut Player::doing(stage, wait_for_socket_1));
        });
        stage.subsystem.post_many(&sockets, |_| Graceful);
        let mut drive = Drive::worker(&stage.subsystem, 0, 2);
        let step = drive.step(&mut Player::doing(&stage, wait_for_socket_1), u64::MAX);
        assert!(matches!(step, Step::Empty), "{step:?}");
        if drive.made() == 1 {
            reach("L6 shared");
        }
        drop(drive);
        stage.await_bell();
        stage.subsystem.halt();
        other.join().unwrap();
        stage.subsystem.end_driving();
        stage.subsystem.begin_driving().unwrap();
        assert_eq!(stage.settle().indicated, [2, 0]);
    });
}

/// The handler of socket 0 returns only when socket 1 was called.
fn wait_for_socket_1(stage: &Stage, call: &Indication) -> Verdict {
    if call.context == 1 {
        stage.ring()
    } else {
        stage.await_bell()
    }
    Verdict::Success
}

#[test]
fn l6_errand_against_a_worker_that_parks() {
    // Property: a worker that goes to sleep has seen every errand, or is woken for it (row Q4).
    model("L6 errand", &[], || {
        let stage = Stage::new();
        stage.open(0);
        let other = thread(&stage, |stage| stage.subsystem.add_errands(1));
        // Ends with the errand; a lost one would let it sleep for ever.
        work(&stage.subsystem, 0, 1, &mut Fetcher);
        other.join().unwrap();
        stage.subsystem.take_errands(1);
    });
}

/// A host that ends its loop with the first errand.
struct Fetcher;

impl Host for Fetcher {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, _: &Indication) -> Verdict {
        unreachable!("nothing is posted")
    }

    fn call_batch(
        &mut self,
        _: HandlerId,
        _: &Batch<'_>,
        _: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        unreachable!("nothing is posted")
    }

    fn closed(&mut self, _: u32) {}

    fn runs_errands(&self) -> bool {
        true
    }
}
