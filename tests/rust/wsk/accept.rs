//! Accept: both ways to accept, inheritance, conditional accept.

use crate::stage::{ALL, OK, PENDING, Seen, Stage, any, local};
use wsksim::core::status::NtStatus;
use wsksim::wsk::{Call, Npi, State, Table, event};

const REFUSED: NtStatus = NtStatus::CONNECTION_REFUSED;

fn remote(stage: &Stage, port: u16) -> u64 {
    let (status, id) = stage.turn(|turn| turn.remote_connect(local(port).unwrap(), None));
    assert_eq!(status, OK);
    id
}

fn accept(stage: &mut Stage, listener: u64, context: u64) -> wsksim::wsk::Reply {
    stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(context), irp))
}

#[test]
fn queued_accepts_are_served_in_order_with_their_own_contexts() {
    // L-5, U-32, T-20, T-22, T-132
    let mut stage = Stage::new();
    let listener = stage.listener(80);
    assert_eq!(accept(&mut stage, listener, 21).status, PENDING);
    assert_eq!(accept(&mut stage, listener, 22).status, PENDING);
    let ends = [remote(&stage, 80), remote(&stage, 80)];
    let mut sockets = Vec::new();
    while let Some(fetched) = stage.fetch() {
        let Call::Complete(done) = fetched.call else { panic!() };
        assert!(done.local.is_some() && done.remote.is_some());
        sockets.push(done.socket);
        stage.finish(fetched.token, OK);
    }
    for &id in &sockets {
        assert_eq!(stage.enable(id, event::DISCONNECT), OK);
    }
    for end in ends {
        stage.turn(|turn| turn.remote_disconnect(end));
    }
    assert_eq!(stage.drive(), [Seen::Event(21, 0), Seen::Event(22, 0)]);
    let third = remote(&stage, 80);
    let inline = accept(&mut stage, listener, 23);
    assert_eq!(inline.status, OK);
    sockets.push(inline.completions[0].socket);
    assert_eq!(stage.turn(|turn| turn.remote_state(third)).unwrap().name(), "open");
    sockets.push(listener);
    stage.end(&sockets);
}

#[test]
fn a_peer_that_left_the_queue_is_never_seen() {
    // U-9, L-20, T-34
    let mut stage = Stage::new();
    let listener = stage.listener(80);
    let (first, second) = (remote(&stage, 80), remote(&stage, 80));
    stage.turn(|turn| turn.remote_abort(second));
    stage.turn(|turn| turn.remote_disconnect(first));
    let id = accept(&mut stage, listener, 21).completions[0].socket;
    assert_eq!(stage.state(id), Some(State::PeerFin));
    assert_eq!(accept(&mut stage, listener, 22).status, PENDING);
    stage.enable(id, event::DISCONNECT);
    assert_eq!(stage.drive(), [Seen::Event(21, 0)]);
    stage.end(&[id, listener]);
}

#[test]
fn nothing_is_indicated_before_the_yielding_routine_returned() {
    // D-27, U-10, T-102
    let mut stage = Stage::new();
    let client = stage.client;
    stage.turn(|turn| turn.set_static_events(client, Npi::Wsk, event::DISCONNECT, 0));
    let listener = stage.listener(80);
    assert_eq!(accept(&mut stage, listener, 21).status, PENDING);
    let end = remote(&stage, 80);
    let fetched = stage.fetch().expect("the accept's completion");
    let Call::Complete(done) = &fetched.call else { panic!() };
    let id = done.socket;
    stage.turn(|turn| turn.remote_abort(end));
    assert_eq!(stage.drive(), []);
    stage.finish(fetched.token, OK);
    assert_eq!(stage.drive(), [Seen::Event(21, 1)]);
    // Also when the routine runs inline.
    let end = remote(&stage, 80);
    let reply = stage.turn(|turn| turn.accept(listener, 0, Stage::table(22), 7));
    stage.turn(|turn| turn.remote_disconnect(end));
    assert_eq!(stage.drive(), []);
    stage.turn(|turn| turn.completed(reply.completions[0].token));
    assert_eq!(stage.drive(), [Seen::Event(22, 0)]);
    stage.end(&[id, reply.completions[0].socket, listener]);
}

#[test]
fn the_accept_event_hands_over_inherited_events() {
    // E-15 to E-17, L-6, L-8, T-21, T-55 to T-59, T-135
    let mut stage = Stage::new();
    let listener = stage.listener(80);
    assert_eq!(stage.enable(listener, event::ACCEPT | event::DISCONNECT), OK);
    assert_eq!(stage.disable(listener, event::ACCEPT), OK);
    assert_eq!(stage.enable(listener, event::ACCEPT), OK);
    assert_eq!(accept(&mut stage, listener, 21).status, PENDING);
    let irp = stage.irp() - 1;
    let (first, second) = (remote(&stage, 80), remote(&stage, 80));
    let seen = stage.drive();
    assert_eq!(seen[0], Seen::Done(irp, OK, 0));
    let Seen::Accepted(id) = seen[1] else { panic!("{seen:?}") };
    stage.turn(|turn| turn.remote_disconnect(first));
    stage.turn(|turn| turn.remote_disconnect(second));
    assert_eq!(stage.drive(), [Seen::Event(77, 0)], "A-3: not for WskAccept");
    assert_eq!(stage.disable(id, event::DISCONNECT), OK);
    stage.turn(|turn| turn.remote_abort(second));
    assert_eq!(stage.drive(), []);
    stage.close(id);
    stage.close(listener);
    stage.check_books();
}

#[test]
fn an_abort_during_the_accept_event_is_indicated_after_it() {
    // D-27, A-20, L-7, T-103, T-141, T-142
    let mut stage = Stage::new();
    let listener = stage.listener(80);
    stage.enable(listener, event::ACCEPT);
    let end = remote(&stage, 80);
    let fetched = stage.fetch().expect("the accept event");
    let Call::Accept { accepted: Some((local, remote, id)) } = fetched.call else { panic!() };
    assert_eq!((local.port(), remote.family()), (80, 2));
    assert_eq!(stage.enable(id, event::DISCONNECT), NtStatus::INVALID_PARAMETER);
    assert!(
        stage.turn(|turn| turn.accept_written(id, Table::new(31, crate::stage::HANDLER, ALL, 0)))
    );
    assert!(!stage.turn(|turn| turn.accept_written(id, Stage::table(32))), "L-10");
    assert_eq!(stage.enable(id, event::DISCONNECT), OK);
    stage.turn(|turn| turn.remote_abort(end));
    assert_eq!(stage.drive(), []);
    stage.finish(fetched.token, OK);
    assert_eq!(stage.drive(), [Seen::Event(31, 1)]);
    stage.end(&[id, listener]);
}

#[test]
fn an_end_inside_the_accept_event_replaces_a_finish_behind_data_that_nobody_receives() {
    // D-27 only delays: G-18, U-6, and U-45 as an abort by the peer.
    for killed in [false, true] {
        let mut stage = Stage::new();
        let listener = stage.listener(80);
        stage.enable(listener, event::ACCEPT | event::DISCONNECT);
        let end = remote(&stage, 80);
        stage.turn(|turn| turn.remote_send(end, b"a".to_vec()));
        stage.turn(|turn| turn.remote_disconnect(end));
        let fetched = stage.fetch().expect("the accept event");
        let Call::Accept { accepted: Some((_, _, id)) } = fetched.call else { panic!() };
        assert!(stage.turn(|turn| turn.accept_written(id, Stage::table(31))));
        if killed {
            assert!(stage.turn(|turn| turn.kill(id)));
        } else {
            stage.turn(|turn| turn.remote_abort(end));
        }
        stage.finish(fetched.token, OK);
        assert_eq!(stage.drive(), [Seen::Event(31, 1)], "killed: {killed}");
        stage.end(&[id, listener]);
    }
}

#[test]
fn a_send_inside_the_accept_event_asks_for_backlog_after_it() {
    // D-27: nothing is indicated on the new socket before the call has returned, whoever drives meanwhile.
    for (answer, after) in
        [(OK, vec![Seen::Backlog(131_072)]), (NtStatus::REQUEST_NOT_ACCEPTED, Vec::new())]
    {
        let mut stage = Stage::new();
        let listener = stage.listener(80);
        stage.enable(listener, event::ACCEPT);
        let end = remote(&stage, 80);
        stage.turn(|turn| turn.remote_set_reading(end, false));
        let fetched = stage.fetch().expect("the accept event");
        let Call::Accept { accepted: Some((_, _, id)) } = fetched.call else { panic!() };
        stage.turn(|turn| turn.accept_written(id, Stage::table(31)));
        assert_eq!(stage.enable(id, event::SEND_BACKLOG | event::DISCONNECT), OK);
        assert_eq!(stage.send(id, &[1; 70_000]).status, PENDING);
        assert_eq!(stage.drive(), []);
        stage.finish(fetched.token, answer);
        let mut seen = stage.drive();
        seen.retain(|one| !matches!(one, Seen::Done(..)));
        assert_eq!(seen, after);
        stage.turn(|turn| turn.remote_close(end));
        stage.drive();
        let left = if answer == OK { vec![id, listener] } else { vec![listener] };
        stage.end(&left);
    }
}

#[test]
fn a_refused_connection_is_aborted_and_never_indicated() {
    // D-18, T-87
    let mut stage = Stage::new();
    let listener = stage.listener(80);
    stage.enable(listener, event::ACCEPT | event::DISCONNECT);
    stage.answers.accept = NtStatus::REQUEST_NOT_ACCEPTED;
    let end = remote(&stage, 80);
    stage.turn(|turn| turn.remote_disconnect(end));
    let seen = stage.drive();
    let [Seen::Accepted(id)] = seen[..] else { panic!("{seen:?}") };
    assert_eq!(stage.turn(|turn| turn.remote_seen(end)), (false, true));
    assert_eq!(stage.state(id), None);
    stage.check_books();
    stage.end(&[listener]);
}

fn conditional(stage: &mut Stage) -> u64 {
    let listener = stage.socket(1, 5);
    let set =
        |turn: &mut wsksim::wsk::Turn<'_>, irp| turn.set_option(listener, 0x3002, Some(1), irp);
    assert_eq!(stage.ask(set).status, OK);
    assert_eq!(stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp)).status, OK);
    assert_eq!(stage.ask(set).status, NtStatus::INVALID_DEVICE_STATE, "A-12");
    stage.enable(listener, event::ACCEPT);
    listener
}

#[test]
fn an_inspection_decides_before_the_handshake() {
    // T-68, T-137 to T-140
    let mut stage = Stage::new();
    let listener = conditional(&mut stage);
    let knock = |stage: &Stage| stage.turn(|turn| turn.remote_connect(local(80).unwrap(), None)).1;
    let state = |stage: &Stage, end| stage.turn(|turn| turn.remote_state(end)).unwrap().name();
    // Reject: no event follows.
    stage.answers.inspect = 0;
    let end = knock(&stage);
    assert_eq!(state(&stage, end), "connecting");
    assert!(matches!(stage.drive()[..], [Seen::Inspect(_)]));
    assert_eq!(state(&stage, end), "refused");
    // Accept.
    stage.answers.inspect = 1;
    let end = knock(&stage);
    let seen = stage.drive();
    let [Seen::Inspect(id), Seen::Accepted(accepted)] = seen[..] else { panic!("{seen:?}") };
    assert_eq!(state(&stage, end), "open");
    let query = |stage: &Stage, socket| {
        let none = wsksim::wsk::IoctlInput::None;
        stage.turn(|turn| turn.ioctl(socket, 0x4F00_0005, none, 16, 0))
    };
    let (reply, output) = query(&stage, accepted);
    assert_eq!(reply.status, OK);
    assert_eq!(output, wsksim::wsk::IoctlOutput::InspectId(id.0, id.1));
    let (ordinary, _) = stage.pair(3);
    assert_eq!(query(&stage, ordinary).0.status, NtStatus::INVALID_DEVICE_REQUEST);
    // Pend, then complete.
    stage.answers.inspect = 2;
    let end = knock(&stage);
    let Seen::Inspect(id) = stage.drive()[0] else { panic!() };
    let complete = |stage: &mut Stage, action| {
        stage.ask(|turn, irp| turn.inspect_complete(listener, id, action, irp)).status
    };
    assert_eq!(complete(&mut stage, 2), NtStatus::INVALID_PARAMETER);
    assert_eq!(complete(&mut stage, 1), OK);
    assert_eq!(state(&stage, end), "open");
    let Seen::Accepted(second) = stage.drive()[0] else { panic!() };
    // Pend, then the peer drops: the abort event, and nothing is established any more.
    let end = knock(&stage);
    let Seen::Inspect(id) = stage.drive()[0] else { panic!() };
    stage.turn(|turn| turn.remote_close(end));
    assert_eq!(stage.drive(), [Seen::Abort(id)]);
    let late = stage.ask(|turn, irp| turn.inspect_complete(listener, id, 1, irp));
    assert_eq!(late.status, OK);
    assert_eq!(stage.drive(), []);
    // The peer drops while the callback runs.
    let end = knock(&stage);
    let fetched = stage.fetch().expect("the inspect event");
    stage.turn(|turn| turn.remote_close(end));
    assert_eq!(stage.drive(), []);
    stage.finish(fetched.token, NtStatus::from_bits(1));
    assert!(matches!(stage.drive()[..], [Seen::Abort(_)]));
    stage.end(&[accepted, second, ordinary, listener]);
}

#[test]
fn an_end_that_vanished_or_aborted_while_connecting_is_never_established() {
    //
    let mut stage = Stage::new();
    let listener = conditional(&mut stage);
    let knock = |stage: &Stage| stage.turn(|turn| turn.remote_connect(local(80).unwrap(), None)).1;
    let state = |stage: &Stage, end| stage.turn(|turn| turn.remote_state(end)).unwrap().name();
    let complete = |stage: &mut Stage, id, action| {
        stage.ask(|turn, irp| turn.inspect_complete(listener, id, action, irp)).status
    };
    // Nobody is told that an end vanished; the handshake after an Accept finds out.
    for (action, leaves) in [(1, false), (1, true), (0, false)] {
        stage.answers.inspect = 2;
        let end = knock(&stage);
        let Seen::Inspect(id) = stage.drive()[0] else { panic!() };
        stage.turn(|turn| turn.remote_vanish(end));
        assert_eq!(state(&stage, end), "vanished");
        assert_eq!(stage.drive(), []);
        if leaves {
            stage.turn(|turn| turn.remote_close(end));
        }
        assert_eq!(complete(&mut stage, id, action), OK);
        let expected = if action == 1 { vec![Seen::Abort(id)] } else { Vec::new() };
        assert_eq!(stage.drive(), expected);
        assert!(leaves || state(&stage, end) == "vanished");
    }
    // It vanishes while the callback runs, which answers Accept.
    stage.answers.inspect = 1;
    let end = knock(&stage);
    let fetched = stage.fetch().expect("the inspect event");
    stage.turn(|turn| turn.remote_vanish(end));
    stage.finish(fetched.token, NtStatus::from_bits(1));
    assert!(matches!(stage.drive()[..], [Seen::Abort(_)]));
    // An abort drops the request at once.
    stage.answers.inspect = 2;
    let end = knock(&stage);
    let Seen::Inspect(id) = stage.drive()[0] else { panic!() };
    assert_eq!(stage.turn(|turn| turn.remote_abort(end)), OK);
    assert_eq!(state(&stage, end), "aborted");
    assert_eq!(stage.drive(), [Seen::Abort(id)]);
    assert_eq!(complete(&mut stage, id, 1), OK);
    assert_eq!(stage.drive(), []);
    stage.end(&[listener]);
}

#[test]
fn an_application_waits_for_an_inspection_and_may_cancel() {
    // A-14, I-12, U-43, D-17, T-86
    let mut stage = Stage::new();
    let listener = conditional(&mut stage);
    let id = stage.socket(2, 9);
    stage.ask(|turn, irp| turn.bind(id, any(0), 0, irp));
    assert_eq!(stage.ask(|turn, irp| turn.connect(id, local(80), 0, None, irp)).status, PENDING);
    let irp = stage.irp() - 1;
    assert!(stage.turn(|turn| turn.cancel(irp)));
    assert_eq!(stage.drive(), [Seen::Done(irp, NtStatus::CANCELLED, 0)]);
    assert_eq!(stage.state(id), Some(State::Bound));
    stage.answers.inspect = 0;
    assert_eq!(stage.ask(|turn, irp| turn.connect(id, local(80), 0, None, irp)).status, PENDING);
    let irp = stage.irp() - 1;
    let seen = stage.drive();
    assert_eq!(seen[1..], [Seen::Done(irp, REFUSED, 0)]);
    stage.end(&[id, listener]);
}

#[test]
fn a_socket_that_gave_up_inside_the_inspection_is_never_established() {
    // whoever asked for the connection is gone, or asks again, while the callback runs still.
    for (action, again) in [(1, false), (0, false), (1, true), (0, true)] {
        let mut stage = Stage::new();
        let listener = conditional(&mut stage);
        let id = stage.socket(2, 9);
        stage.ask(|turn, irp| turn.bind(id, any(0), 0, irp));
        let dial = |stage: &mut Stage| {
            let reply = stage.ask(|turn, irp| turn.connect(id, local(80), 0, None, irp));
            assert_eq!(reply.status, PENDING);
            stage.irp() - 1
        };
        let first = dial(&mut stage);
        let fetched = stage.fetch().expect("the inspect event");
        let Call::Inspect { request: Some((.., of)) } = fetched.call else { panic!() };
        assert!(stage.turn(|turn| turn.cancel(first)));
        if again {
            let second = dial(&mut stage);
            assert!(stage.turn(|turn| turn.cancel(second)));
        }
        assert_eq!(stage.close(id).status, PENDING);
        assert!(stage.drive().iter().all(|one| matches!(one, Seen::Done(..))));
        assert_eq!(stage.state(id), None);
        let complete =
            stage.ask(|turn, irp| turn.inspect_complete(listener, of, action, irp)).status;
        assert_eq!(complete, OK);
        stage.finish(fetched.token, NtStatus::from_bits(action));
        // The second request was never asked about: nothing is heard of it.
        let expected = if action == 1 { vec![Seen::Abort(of)] } else { Vec::new() };
        assert_eq!(stage.drive(), expected);
        stage.end(&[listener]);
    }
}

#[test]
fn closing_a_listener_leaves_accepted_connections_alone() {
    // C-19, C-9, C-10, T-124, T-130
    let mut stage = Stage::new();
    let listener = stage.listener(80);
    let first = remote(&stage, 80);
    let id = accept(&mut stage, listener, 21).completions[0].socket;
    stage.enable(id, event::DISCONNECT);
    let waiting = remote(&stage, 80);
    let second = stage.listener(81);
    assert_eq!(accept(&mut stage, second, 22).status, PENDING);
    let irp = stage.irp() - 1;
    assert_eq!(stage.close(listener).status, OK);
    assert!(stage.turn(|turn| turn.remote_seen(waiting)).1);
    assert_eq!(stage.close(second).status, PENDING);
    stage.turn(|turn| turn.remote_disconnect(first));
    let seen = stage.drive();
    assert_eq!(seen[0], Seen::Done(irp, NtStatus::CANCELLED, 0));
    // The close is complete when the routine of what it cancelled has returned (C-9), and the edge is older.
    assert_eq!(seen[1], Seen::Event(21, 0));
    assert!(matches!(seen[2..], [Seen::Done(_, OK, 0)]), "{seen:?}");
    let refused = stage.turn(|turn| turn.remote_connect(local(80).unwrap(), None)).0;
    assert_eq!(refused, REFUSED);
    stage.end(&[id]);
}
