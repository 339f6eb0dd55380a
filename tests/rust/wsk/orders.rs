//! Orders: what may overtake what, over seeds. Each pair that the contract leaves unordered is seen in both orders, each
//! that it orders in one (docs/simulated.md has the table; tests/rust/wsk/mutants fixes one order each).

use crate::stage::{OK, PENDING, Seen, Stage, any, local};
use wsksim::core::chooser::Schedule;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::wsk::{Call, Completions, Npi, Policies, event};

const SEEDS: u64 = 200;

fn stage(schedule: Schedule, seed: u64) -> Stage {
    let policies = Policies { completions: Completions::Later, ..Policies::default() };
    Stage::with(policies, Options { seed, schedule, ..Options::default() })
}

/// What `run` says over seeds: whether one came before the other.
fn over_seeds(schedule: Schedule, run: &dyn Fn(&mut Stage) -> bool) -> [bool; 2] {
    let mut found = [false; 2];
    for seed in 0..SEEDS {
        let mut stage = stage(schedule, seed);
        found[usize::from(run(&mut stage))] = true;
        stage.check_books();
    }
    found
}

/// Either may come first, and the older one does under `fifo`.
fn unordered(run: impl Fn(&mut Stage) -> bool) {
    assert!(run(&mut stage(Schedule::Fifo, 0)), "oldest first");
    for schedule in [Schedule::Explore, Schedule::Pct(3)] {
        assert_eq!(over_seeds(schedule, &run), [true; 2], "{schedule:?}");
    }
}

/// Only one may come first.
fn ordered(run: impl Fn(&mut Stage) -> bool) {
    for schedule in [Schedule::Fifo, Schedule::Explore, Schedule::Pct(3)] {
        assert_eq!(over_seeds(schedule, &run), [false, true], "{schedule:?}");
    }
}

fn place(seen: &[Seen], is: impl Fn(&Seen) -> bool) -> usize {
    seen.iter().position(is).unwrap_or_else(|| panic!("it came: {seen:?}"))
}

fn done(irp: u64) -> impl Fn(&Seen) -> bool {
    move |seen| matches!(seen, Seen::Done(of, ..) if *of == irp)
}

fn is_event(seen: &Seen) -> bool {
    matches!(seen, Seen::Event(..))
}

fn is_data(seen: &Seen) -> bool {
    matches!(seen, Seen::Data(_))
}

/// A connection, made where every request pends.
fn pair(stage: &mut Stage) -> (u64, u64) {
    let (listener, to) = stage.turn(|turn| turn.remote_listen(local(0).unwrap())).unwrap();
    let client = stage.client;
    let reply = stage.ask(|turn, irp| {
        turn.socket_connect(client, 1, 6, any(0), Some(to), 0, Stage::table(9), irp)
    });
    assert_eq!(reply.status, PENDING);
    let id = yielded(stage);
    (id, stage.turn(|turn| turn.remote_accept(listener)).expect("it connected"))
}

/// The socket of the one completion that waits.
fn yielded(stage: &Stage) -> u64 {
    let fetched = stage.fetch().expect("the completion");
    let Call::Complete(done) = fetched.call else { panic!("{:?}", fetched.call) };
    stage.finish(fetched.token, OK);
    done.socket
}

fn conditional(stage: &mut Stage) -> u64 {
    let client = stage.client;
    stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, 1, Stage::table(5), irp));
    let listener = yielded(stage);
    stage.ask(|turn, irp| turn.set_option(listener, 0x3002, Some(1), irp));
    stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp));
    stage.drive();
    listener
}

fn knock(stage: &Stage) -> u64 {
    stage.turn(|turn| turn.remote_connect(local(80).unwrap(), None)).1
}

/// A send that is sent, whose completion waits.
fn sent(stage: &mut Stage, id: u64) -> u64 {
    assert_eq!(stage.send(id, b"ask").status, PENDING);
    stage.irp() - 1
}

#[test]
fn a_reply_may_complete_before_the_send() {
    // D-20, T-154
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.receive(id, 8, 0);
        let reply = stage.irp() - 1;
        let send = sent(stage, id);
        stage.turn(|turn| turn.remote_send(remote, b"ok".to_vec()));
        let seen = stage.drive();
        place(&seen, done(send)) < place(&seen, done(reply))
    });
}

#[test]
fn data_may_be_indicated_before_the_send_completes() {
    // D-20, T-154
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::RECEIVE);
        let send = sent(stage, id);
        stage.turn(|turn| turn.remote_send(remote, b"ok".to_vec()));
        let seen = stage.drive();
        place(&seen, done(send)) < place(&seen, is_data)
    });
}

#[test]
fn a_disconnect_may_be_indicated_before_the_send_completes() {
    // D-20, T-154
    for abort in [false, true] {
        unordered(|stage| {
            let (id, remote) = pair(stage);
            stage.enable(id, event::DISCONNECT);
            let send = sent(stage, id);
            if abort {
                stage.turn(|turn| turn.remote_abort(remote));
            } else {
                stage.turn(|turn| turn.remote_disconnect(remote));
            }
            let seen = stage.drive();
            place(&seen, done(send)) < place(&seen, is_event)
        });
    }
}

#[test]
fn a_disconnect_may_be_indicated_before_an_option_is_set() {
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::DISCONNECT);
        stage.ask(|turn, irp| turn.set_option(id, 0x8, Some(1), irp));
        let option = stage.irp() - 1;
        stage.turn(|turn| turn.remote_disconnect(remote));
        let seen = stage.drive();
        place(&seen, done(option)) < place(&seen, is_event)
    });
}

#[test]
fn requests_of_one_socket_may_complete_in_any_order() {
    unordered(|stage| {
        let (id, _) = pair(stage);
        stage.ask(|turn, irp| turn.set_option(id, 0x8, Some(1), irp));
        let first = stage.irp() - 1;
        stage.ask(|turn, irp| turn.get_local_address(id, irp));
        let second = stage.irp() - 1;
        let seen = stage.drive();
        place(&seen, done(first)) < place(&seen, done(second))
    });
}

#[test]
fn a_larger_backlog_may_be_told_after_data() {
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::RECEIVE | event::SEND_BACKLOG);
        stage.turn(|turn| turn.remote_set_reading(remote, false));
        stage.send(id, &[1; 70_000]);
        stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
        let seen = stage.drive();
        place(&seen, |seen| matches!(seen, Seen::Backlog(_))) < place(&seen, is_data)
    });
}

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

/// Whether a cancel won against what completes the request with `win`.
fn cancelled(stage: &mut Stage, irp: u64, win: impl FnOnce(&Stage)) -> bool {
    assert!(stage.turn(|turn| turn.cancel(irp)));
    win(stage);
    let seen = stage.drive();
    let Some(Seen::Done(_, status, _)) = seen.iter().find(|seen| done(irp)(seen)) else { panic!() };
    assert!([OK, NtStatus::CANCELLED].contains(status));
    *status == NtStatus::CANCELLED
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
fn a_cancel_may_lose_against_data() {
    // I-12, U-46
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.receive(id, 4, 0);
        let receive = stage.irp() - 1;
        cancelled(stage, receive, |stage| {
            stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
        })
    });
}

#[test]
fn a_cancel_of_what_nothing_completes_takes_effect() {
    // I-12
    ordered(|stage| {
        let (id, _) = pair(stage);
        stage.receive(id, 4, 0);
        let receive = stage.irp() - 1;
        cancelled(stage, receive, |_| ())
    });
}

#[test]
fn receives_that_a_disconnect_ends_complete_before_it_is_indicated() {
    // D-20, U-7, G-3
    for abort in [false, true] {
        ordered(|stage| {
            let (id, remote) = pair(stage);
            stage.enable(id, event::DISCONNECT);
            stage.receive(id, 4, 0);
            let receive = stage.irp() - 1;
            if abort {
                stage.turn(|turn| turn.remote_abort(remote));
            } else {
                stage.turn(|turn| turn.remote_disconnect(remote));
            }
            let seen = stage.drive();
            place(&seen, done(receive)) < place(&seen, is_event)
        });
    }
}

#[test]
fn a_send_that_an_abort_ends_completes_before_it_is_indicated() {
    // D-20, 6.2, T-92
    ordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::DISCONNECT);
        stage.turn(|turn| turn.remote_set_reading(remote, false));
        assert_eq!(stage.send(id, &[1; 70_000]).status, PENDING);
        let send = stage.irp() - 1;
        stage.turn(|turn| turn.remote_abort(remote));
        let seen = stage.drive();
        place(&seen, done(send)) < place(&seen, is_event)
    });
}

#[test]
fn data_is_indicated_before_the_graceful_disconnect() {
    // D-19
    ordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::RECEIVE | event::DISCONNECT);
        stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
        stage.turn(|turn| turn.remote_disconnect(remote));
        let seen = stage.drive();
        place(&seen, is_data) < place(&seen, is_event)
    });
}

#[test]
fn receives_complete_in_their_order_and_so_do_sends_and_the_disconnect_behind_them() {
    // G-4, U-20
    ordered(|stage| {
        let (id, remote) = pair(stage);
        let irps = [1, 1].map(|length| {
            stage.receive(id, length, 0);
            stage.irp() - 1
        });
        stage.turn(|turn| turn.remote_send(remote, b"xy".to_vec()));
        let seen = stage.drive();
        place(&seen, done(irps[0])) < place(&seen, done(irps[1]))
    });
    ordered(|stage| {
        let (id, _) = pair(stage);
        let (first, second) = (sent(stage, id), sent(stage, id));
        stage.disconnect(id, 0);
        let finish = stage.irp() - 1;
        let seen = stage.drive();
        let places = [first, second, finish].map(|irp| place(&seen, done(irp)));
        places.is_sorted()
    });
}

#[test]
fn nothing_is_indicated_before_the_request_that_yields_the_socket() {
    // D-27, U-10
    ordered(|stage| {
        let client = stage.client;
        stage.turn(|turn| turn.set_static_events(client, Npi::Wsk, event::DISCONNECT, 0));
        stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, 1, Stage::table(5), irp));
        let listener = yielded(stage);
        stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp));
        stage.drive();
        let end = knock(stage);
        stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(1), irp));
        let accept = stage.irp() - 1;
        stage.turn(|turn| turn.remote_disconnect(end));
        let seen = stage.drive();
        place(&seen, done(accept)) < place(&seen, is_event)
    });
}

#[test]
fn a_close_completes_after_everything_of_its_socket() {
    // C-14
    ordered(|stage| {
        let (id, _) = pair(stage);
        let send = sent(stage, id);
        stage.ask(|turn, irp| turn.set_option(id, 0x8, Some(1), irp));
        let option = stage.irp() - 1;
        stage.close(id);
        let close = stage.irp() - 1;
        let seen = stage.drive();
        let last = place(&seen, done(close));
        place(&seen, done(send)) < last && place(&seen, done(option)) < last
    });
}
