//! Listeners: what is unordered there.

use super::{cancelled, conditional, done, knock, place, unordered, yielded};
use crate::stage::{OK, Seen, Stage, any, local};
use wsksim::core::status::NtStatus;
use wsksim::wsk::{Call, event};

#[test]
fn a_request_may_be_inspected_before_an_older_one() {
    //
    unordered(|stage| {
        conditional(stage);
        let ends = [knock(stage), knock(stage)];
        stage.answers.inspect = 0;
        let fetched = stage.fetch().expect("an inspect event");
        stage.finish(fetched.token, NtStatus::from_bits(0));
        let name = |end| stage.turn(|turn| turn.remote_state(end)).unwrap().name();
        let first = name(ends[0]) == "refused";
        assert_ne!(first, name(ends[1]) == "refused");
        first
    });
}

#[test]
fn a_late_accept_may_meet_its_abort() {
    // the application decides, in a routine of another request, what its peer has given up
    unordered(|stage| {
        let listener = conditional(stage);
        let end = knock(stage);
        stage.answers.inspect = 2;
        let [Seen::Inspect(request)] = stage.drive()[..] else { panic!("inspected") };
        let client = stage.client;
        stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, 2, Stage::table(7), irp));
        let other = stage.irp() - 1;
        stage.turn(|turn| turn.remote_abort(end));
        let (mut told, mut before) = (false, None);
        while let Some(fetched) = stage.fetch() {
            match &fetched.call {
                Call::Complete(done) if done.irp == other => {
                    let accept = stage.irp();
                    stage.turn(|turn| turn.inspect_complete(listener, request, 1, accept));
                    before = Some(!told);
                }
                Call::Abort { .. } => told = true,
                Call::Complete(_) => {}
                call => panic!("nothing is established: {call:?}"),
            }
            stage.finish(fetched.token, OK);
        }
        assert!(told);
        before.expect("the routine ran")
    });
}

#[test]
fn a_cancel_may_lose_against_a_connection() {
    // I-12, T-157: an accept, and a connect, that yield a socket all the same
    unordered(|stage| {
        let client = stage.client;
        stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, 1, Stage::table(5), irp));
        let listener = yielded(stage);
        stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp));
        stage.drive();
        stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(1), irp));
        let accept = stage.irp() - 1;
        cancelled(stage, accept, |stage| {
            knock(stage);
        })
    });
    unordered(|stage| {
        conditional(stage);
        let client = stage.client;
        stage.ask(|turn, irp| {
            turn.socket_connect(client, 1, 6, any(0), local(80), 0, Stage::table(9), irp)
        });
        let connect = stage.irp() - 1;
        cancelled(stage, connect, |_| ())
    });
}

#[test]
fn an_abort_may_be_told_before_another_request_is_inspected() {
    //
    unordered(|stage| {
        conditional(stage);
        stage.answers.inspect = 2;
        let end = knock(stage);
        let [Seen::Inspect(first)] = stage.drive()[..] else { panic!("inspected") };
        stage.turn(|turn| turn.remote_abort(end));
        knock(stage);
        let seen = stage.drive();
        let other = |seen: &Seen| matches!(seen, Seen::Inspect(id) if *id != first);
        place(&seen, |seen| *seen == Seen::Abort(first)) < place(&seen, other)
    });
}

#[test]
fn an_accept_may_complete_after_the_event_has_another_connection() {
    // which connection is whose is ordered, the call and the routine are not
    unordered(|stage| {
        let client = stage.client;
        stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, 1, Stage::table(5), irp));
        let listener = yielded(stage);
        stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp));
        stage.drive();
        stage.enable(listener, event::ACCEPT);
        stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(1), irp));
        let accept = stage.irp() - 1;
        knock(stage);
        knock(stage);
        let seen = stage.drive();
        place(&seen, done(accept)) < place(&seen, |seen| matches!(seen, Seen::Accepted(_)))
    });
}
