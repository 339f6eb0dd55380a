//! Shutting: a whole subsystem closes; and what waits for routines: deregistering, chains, early releases.

use crate::stage::{OK, PENDING, Seen, Stage, local};
use wsksim::core::status::NtStatus;
use wsksim::network::address::AF_INET;
use wsksim::wsk::{Call, Npi, event};

const CANCELLED: NtStatus = NtStatus::CANCELLED;
const NOT_READY: NtStatus = NtStatus::DEVICE_NOT_READY;

#[test]
fn shutting_cancels_what_is_pending_and_refuses_the_rest() {
    // C-9, C-10, C-11, D-25, I-4, O-13
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    let listener = stage.listener(0);
    assert_eq!(stage.receive(id, 4, 0).status, PENDING);
    let receive = stage.irp() - 1;
    let table = Stage::table(1);
    assert_eq!(stage.ask(|turn, irp| turn.accept(listener, 0, table, irp)).status, PENDING);
    let accept = stage.irp() - 1;
    let client = stage.client;
    assert_eq!(stage.ask(|turn, irp| turn.transport_list_change(client, irp)).status, PENDING);
    let change = stage.irp() - 1;
    for _ in 0..2 {
        stage.turn(|turn| turn.shut());
    }
    assert_eq!(
        stage.drive(),
        [
            Seen::Done(change, CANCELLED, 0),
            Seen::Done(receive, CANCELLED, 0),
            Seen::Done(accept, CANCELLED, 0)
        ]
    );
    assert_eq!(stage.turn(|turn| turn.remote_seen(remote)), (false, true));
    assert_eq!((stage.state(id), stage.state(listener)), (None, None));
    assert_eq!(stage.send(id, b"x").status, NOT_READY);
    assert_eq!(stage.close(id).status, NOT_READY);
    assert_eq!(
        stage.ask(|turn, irp| turn.socket(client, AF_INET, 1, 6, 2, table, irp)).status,
        NOT_READY
    );
    assert_eq!(stage.enable(id, event::DISCONNECT), NOT_READY);
    assert_eq!(
        stage.turn(|turn| turn.set_static_events(client, Npi::Wsk, event::RECEIVE, 0)).status,
        NOT_READY
    );
    assert_eq!(stage.turn(|turn| turn.release(id, 1, None)), (NOT_READY, None));
    assert_eq!(stage.turn(|turn| turn.register(0x0100)), 0);
    let registration = stage.registration;
    assert_eq!(stage.turn(|turn| turn.capture(registration)), (NOT_READY, 0));
    // The capture was not released; nothing is waited for all the same (O-17).
    assert_eq!(stage.turn(|turn| turn.deregister(registration)), OK);
    assert_eq!(stage.check_books().open, 0);
    assert!(stage.turn(|turn| turn.pending()).iter().all(|(_, count)| *count == 0));
}

#[test]
fn shutting_waits_for_the_callback_that_runs() {
    // C-13, C-17: its own close completes with success, and after it
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::RECEIVE);
    stage.turn(|turn| turn.remote_send(remote, b"data".to_vec()));
    let call = stage.fetch().expect("the receive event");
    assert_eq!(stage.close(id).status, PENDING);
    let close = stage.irp() - 1;
    stage.turn(|turn| turn.shut());
    assert_eq!(stage.drive(), []);
    stage.finish(call.token, OK);
    assert_eq!(stage.drive(), [Seen::Done(close, OK, 0)]);
    assert_eq!(stage.state(id), None);
    assert_eq!(stage.check_books().open, 0);
}

#[test]
fn deregistering_waits_for_the_routine_of_the_list_change() {
    // O-17, O-18
    let mut stage = Stage::new();
    let (client, registration) = (stage.client, stage.registration);
    assert_eq!(stage.ask(|turn, irp| turn.transport_list_change(client, irp)).status, PENDING);
    assert_eq!(stage.turn(|turn| turn.release_npi(registration)), OK);
    assert_eq!(stage.turn(|turn| turn.deregister(registration)), PENDING);
    let routine = stage.fetch().expect("the completion");
    assert_eq!(stage.turn(|turn| turn.deregister(registration)), PENDING);
    stage.finish(routine.token, OK);
    assert_eq!(stage.turn(|turn| turn.deregister(registration)), OK);
}

#[test]
fn a_chain_of_requests_inside_routines_completes_in_order_and_leaves_nothing() {
    // I-4, I-5, I-11: decided at once, completed by a drive
    let mut stage = Stage::new();
    let (id, _remote) = stage.pair(9);
    let send = |stage: &mut Stage| {
        let irp = stage.irp();
        let reply = stage.turn(|turn| {
            turn.set_defers(true);
            turn.send(id, Vec::new(), 0, irp)
        });
        assert_eq!((reply.status, reply.completions.len()), (PENDING, 0));
        irp
    };
    let mut next = send(&mut stage);
    for _ in 0..100_000 {
        let routine = stage.fetch().expect("it was decided");
        assert!(
            matches!(&routine.call, Call::Complete(done) if (done.irp, done.status) == (next, OK))
        );
        assert!(stage.fetch().is_none(), "once only");
        next = send(&mut stage);
        stage.finish(routine.token, OK);
    }
    // What no routine asks for, a drive completes.
    assert_eq!(stage.drive(), [Seen::Done(next, OK, 0)]);
    stage.end(&[id]);
}

#[test]
fn a_failure_inside_a_routine_is_deferred_too() {
    // I-4, U-44
    let mut stage = Stage::new();
    let (id, _remote) = stage.pair(9);
    let irp = stage.irp();
    let reply = stage.turn(|turn| {
        turn.set_defers(true);
        turn.bind(id, local(0), 0, irp)
    });
    assert_eq!((reply.status, reply.completions.len()), (PENDING, 0));
    assert_eq!(stage.drive(), [Seen::Done(irp, NtStatus::INVALID_DEVICE_STATE, 0)]);
    stage.end(&[id]);
}

#[test]
fn a_list_may_be_released_before_its_callback_answers() {
    // C-20, C-22, C-23, G-16
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::RECEIVE);
    for (answer, breach) in [(PENDING, None), (OK, Some("C-20"))] {
        stage.turn(|turn| turn.remote_send(remote, b"data".to_vec()));
        let call = stage.fetch().expect("the receive event");
        let Call::Receive { list, .. } = call.call else { panic!("{call:?}") };
        assert_eq!(stage.turn(|turn| turn.release(id, list, None)), (OK, None));
        let again = stage.turn(|turn| turn.release(id, list, None));
        assert_eq!(again, (NtStatus::INVALID_PARAMETER, Some("C-20")));
        let found = stage.turn(|turn| turn.finish_errand(call.token, answer, None));
        assert_eq!(found, breach);
        assert_eq!(stage.turn(|turn| turn.release(id, list, None)), again);
    }
    let reply = stage.close(id);
    assert_eq!((reply.status, reply.breach), (OK, None));
    stage.end(&[]);
}

#[test]
fn an_errand_comes_after_the_edges_that_were_queued_before_it() {
    // Oldest first among edges and errands: those of one socket are held as D-19 and D-20 want it
    let mut stage = Stage::new();
    let pairs: Vec<_> = (1..=3).map(|context| stage.pair(context)).collect();
    for &(id, _) in &pairs {
        stage.enable(id, event::RECEIVE | event::DISCONNECT);
    }
    assert_eq!(stage.turn(|turn| turn.edges_first(1)), 0, "nothing waits");
    stage.turn(|turn| turn.remote_disconnect(pairs[0].1));
    stage.turn(|turn| turn.remote_send(pairs[1].1, b"data".to_vec()));
    stage.turn(|turn| turn.remote_disconnect(pairs[2].1));
    assert_eq!(stage.turn(|turn| turn.edges_first(1)), 1);
    assert_eq!(stage.turn(|turn| turn.edges_first(2)), 0);
    stage.drive();
    stage.end(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
}

#[test]
fn a_disconnect_that_shutting_cancels_still_ends_in_an_abort() {
    // C-11: both ends finish, but this one's data is not all sent
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.turn(|turn| turn.remote_set_reading(remote, false));
    stage.send(id, &[1; 70_000]);
    assert_eq!(stage.disconnect(id, 0).status, PENDING);
    stage.turn(|turn| turn.remote_disconnect(remote));
    stage.drive();
    stage.turn(|turn| turn.shut());
    assert_eq!(stage.turn(|turn| turn.remote_seen(remote)), (false, true));
    stage.drive();
}
