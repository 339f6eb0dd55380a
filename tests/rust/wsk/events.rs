//! Events: enabling, disabling, static and inherited callbacks, and what waits for a running call.

use crate::stage::{OK, PENDING, Seen, Stage, any, local};
use wsksim::core::status::NtStatus;
use wsksim::wsk::{Npi, Table, event};

const BAD: NtStatus = NtStatus::INVALID_PARAMETER;
const WRONG: NtStatus = NtStatus::INVALID_DEVICE_STATE;

#[test]
fn masks_are_checked_as_a_whole() {
    // E-5 to E-8, E-12, E-30 to E-32, U-13 to U-15, T-35 to T-42, T-45
    let mut stage = Stage::new();
    let (id, _) = stage.pair(9);
    let basic = stage.turn(|turn| {
        let reply = turn.socket(2, 2, 1, 6, 0, Table::default(), 1);
        turn.completed(reply.completions[0].token);
        reply.completions[0].socket
    });
    for npi in [(Npi::Null, BAD), (Npi::Other, NtStatus::NOT_SUPPORTED), (Npi::Wsk, OK)] {
        let found = stage.turn(|turn| turn.event_callback(id, npi.0, event::RECEIVE, 0)).status;
        assert_eq!(found, npi.1);
    }
    assert_eq!(stage.disable(id, event::RECEIVE), OK);
    for mask in
        [0, 1, event::ACCEPT, event::RECEIVE_FROM, event::DISCONNECT | 0x1000, event::DISABLE]
    {
        assert_eq!(stage.enable(id, mask), BAD, "{mask:#x}");
    }
    assert_eq!(stage.disable(id, event::DISCONNECT | event::RECEIVE), BAD);
    assert_eq!(stage.turn(|turn| turn.enabled_events(id)), 0);
    assert_eq!(stage.disable(id, event::DISCONNECT), OK, "E-32");
    assert_eq!(stage.enable(basic, event::DISCONNECT), NtStatus::INVALID_DEVICE_REQUEST);
    let datagram = stage.socket(4, 1);
    assert_eq!(stage.enable(datagram, event::RECEIVE_FROM), WRONG);
    assert_eq!(stage.enable(datagram, event::DISCONNECT), BAD);
    let stream = stage.socket(8, 1);
    assert_eq!(stage.enable(stream, event::DISCONNECT), WRONG);
    let listener = stage.socket(1, 1);
    assert_eq!(stage.enable(listener, event::ACCEPT), WRONG);
    stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp));
    assert_eq!(stage.enable(listener, event::ACCEPT | event::DISCONNECT), OK);
    assert_eq!(stage.disable(listener, event::DISCONNECT), WRONG, "E-16");
    stage.end(&[id, basic, datagram, stream, listener]);
}

#[test]
fn enabling_what_is_null_is_refused() {
    // E-11, U-17, T-44
    let mut stage = Stage::new();
    let (_, address) = stage.turn(|turn| turn.remote_listen(local(0).unwrap())).unwrap();
    let client = stage.client;
    let table = Table::new(0, wsksim::core::handlers::HandlerId::NONE, event::CONNECTION, 0);
    let reply = stage
        .ask(|turn, irp| turn.socket_connect(client, 1, 6, any(0), Some(address), 0, table, irp));
    let id = reply.completions[0].socket;
    assert_eq!(stage.enable(id, event::DISCONNECT), BAD);
    assert_eq!(stage.enable(id, event::RECEIVE), OK);
    stage.end(&[id]);
}

#[test]
fn a_disable_answers_by_what_runs() {
    // E-13, E-14, E-18, E-19, U-36, U-37, T-48 to T-53, T-149
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT | event::RECEIVE);
    stage.turn(|turn| turn.remote_disconnect(remote));
    let mut answers = Vec::new();
    let seen = stage.drive_with(&mut |_| {
        let disable = event::DISCONNECT | event::DISABLE;
        let ask =
            |mask, irp| stage.turn(|turn| turn.event_callback(id, Npi::Wsk, mask, irp)).status;
        answers.push(ask(event::RECEIVE | event::DISABLE, 0));
        answers.push(ask(disable, 0));
        answers.push(ask(disable, 71));
        answers.push(ask(event::DISCONNECT, 0));
        answers.push(ask(disable, 72));
        stage.turn(|turn| turn.remote_abort(remote));
    });
    assert_eq!(answers, [OK, NtStatus::EVENT_PENDING, PENDING, OK, PENDING]);
    assert!(NtStatus::EVENT_PENDING.is_success());
    assert_eq!(seen, [Seen::Event(9, 0), Seen::Done(71, OK, 0), Seen::Done(72, OK, 0)]);
    assert_eq!(stage.core.counts().held, 1, "nothing new started");
    stage.enable(id, event::DISCONNECT);
    assert_eq!(stage.drive(), [Seen::Event(9, 1)]);
    stage.end(&[id]);
}

#[test]
fn a_close_inside_the_callback_completes_after_it() {
    // C-8, C-13, C-15, D-12, T-80
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    stage.turn(|turn| turn.remote_disconnect(remote));
    let mut answer = OK;
    let seen = stage.drive_with(&mut |_| answer = stage.turn(|turn| turn.close(id, 5)).status);
    assert_eq!(answer, PENDING);
    assert_eq!(seen, [Seen::Event(9, 0), Seen::Done(5, OK, 0)]);
    assert_eq!(stage.state(id), None);
    stage.end(&[]);
}

#[test]
fn a_close_inside_a_receive_callback_completes_after_it() {
    // C-8, C-13, C-15
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::RECEIVE | event::DISCONNECT);
    stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
    let fetched = stage.fetch().expect("the receive event");
    stage.turn(|turn| turn.remote_abort(remote));
    assert_eq!(stage.drive(), [], "callbacks of one socket do not overlap (D-24)");
    assert_eq!(stage.close(id).status, PENDING);
    let irp = stage.irp() - 1;
    assert_eq!(stage.drive(), []);
    stage.finish(fetched.token, OK);
    assert_eq!(stage.drive(), [Seen::Done(irp, OK, 0)]);
    stage.end(&[]);
}

#[test]
fn a_receive_callback_delays_the_disconnect_of_its_socket_only() {
    // D-24, T-99, T-100
    let mut stage = Stage::new();
    let (one, first) = stage.pair(1);
    let (two, second) = stage.pair(2);
    for id in [one, two] {
        stage.enable(id, event::RECEIVE | event::DISCONNECT);
    }
    stage.turn(|turn| turn.remote_send(first, b"x".to_vec()));
    let fetched = stage.fetch().expect("the receive event");
    stage.turn(|turn| turn.remote_abort(first));
    stage.turn(|turn| turn.remote_abort(second));
    assert_eq!(stage.drive(), [Seen::Event(2, 1)]);
    stage.finish(fetched.token, OK);
    assert_eq!(stage.drive(), [Seen::Event(1, 1)]);
    stage.end(&[one, two]);
}

#[test]
fn a_receive_callback_waits_for_the_disconnect_callback() {
    // D-24: the errand is parked, and made ready by the end of the call
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    stage.turn(|turn| turn.remote_send(remote, b"late".to_vec()));
    stage.turn(|turn| turn.remote_abort(remote));
    let dead = stage.drive_with(&mut |_| {
        stage.turn(|turn| turn.event_callback(id, Npi::Wsk, event::RECEIVE, 0));
        stage.turn(|turn| turn.make_dead(id));
        assert!(stage.fetch().is_none(), "parked");
    });
    assert_eq!(dead, [Seen::Event(9, 1), Seen::Notice("receive")]);
    stage.end(&[id]);
}

#[test]
fn static_events_are_on_for_good() {
    // E-20 to E-25, U-18, U-19, A-11, T-60 to T-66
    let mut stage = Stage::new();
    let client = stage.client;
    let set = |stage: &Stage, mask| {
        stage.turn(|turn| turn.set_static_events(client, Npi::Wsk, mask, 0)).status
    };
    let statics = event::DISCONNECT | event::RECEIVE_FROM;
    assert_eq!(set(&stage, statics), OK);
    let with_irp = stage.turn(|turn| turn.set_static_events(client, Npi::Wsk, statics, 8));
    assert_eq!((with_irp.status, with_irp.completions[0].status), (BAD, BAD));
    let (id, remote) = stage.pair(9);
    assert_eq!(set(&stage, statics), OK);
    assert_eq!(set(&stage, event::RECEIVE), WRONG);
    assert_eq!(stage.disable(id, event::DISCONNECT), WRONG);
    assert_eq!(stage.enable(id, event::DISCONNECT), OK);
    stage.turn(|turn| turn.remote_disconnect(remote));
    assert_eq!(stage.drive(), [Seen::Event(9, 0)]);
    // A NULL entry is skipped.
    let (_, address) = stage.turn(|turn| turn.remote_listen(local(0).unwrap())).unwrap();
    let reply = stage.ask(|turn, irp| {
        turn.socket_connect(client, 1, 6, any(0), Some(address), 0, Table::default(), irp)
    });
    let null = reply.completions[0].socket;
    assert_eq!(stage.drive(), []);
    stage.end(&[id, null]);
}

#[test]
fn a_dead_socket_is_announced_once_and_has_no_disconnect_event() {
    // L-21, L-22, D-26, U-11, A-8, T-30, T-31, T-134
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT | event::RECEIVE);
    let listener = stage.listener(80);
    stage.enable(listener, event::ACCEPT);
    stage.turn(|turn| turn.remote_disconnect(remote));
    stage.turn(|turn| turn.make_dead(id));
    stage.turn(|turn| turn.make_dead(id));
    stage.turn(|turn| turn.make_dead(listener));
    assert_eq!(stage.drive(), [Seen::Notice("receive"), Seen::Notice("accept")]);
    assert_eq!(stage.core.counts().withheld[3], 1, "non-functional");
    let option = stage.ask(|turn, irp| turn.set_option(id, 0x8, Some(1), irp));
    assert_eq!(option.status, NtStatus::FILE_FORCED_CLOSED);
    stage.end(&[id, listener]);
}

#[test]
fn a_timeout_is_an_abort() {
    // U-12, T-107
    let mut stage = Stage::new();
    let (id, _) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    assert_eq!(stage.receive(id, 4, 0).status, PENDING);
    let irp = stage.irp() - 1;
    stage.turn(|turn| turn.timeout(id));
    assert_eq!(stage.drive(), [Seen::Done(irp, NtStatus::IO_TIMEOUT, 0), Seen::Event(9, 1)]);
    assert_eq!(stage.send(id, b"x").status, NtStatus::CONNECTION_RESET);
    stage.end(&[id]);
}
