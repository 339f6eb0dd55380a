//! Life cycle: registrations, categories, binding, connecting, and the states between.

use crate::stage::{OK, PENDING, Seen, Stage, any, local};
use wsksim::core::status::NtStatus;
use wsksim::wsk::{State, Table, event};

const WRONG: NtStatus = NtStatus::INVALID_DEVICE_STATE;
const BAD: NtStatus = NtStatus::INVALID_PARAMETER;

#[test]
fn a_capture_needs_an_offered_version_and_a_present_provider() {
    // O-12 to O-16, O-19, T-9 to T-13
    let mut stage = Stage::new();
    let capture = |stage: &Stage, id| stage.turn(|turn| turn.capture(id)).0;
    let far = stage.turn(|turn| turn.register(0x0900));
    assert_eq!(capture(&stage, far), NtStatus::NOINTERFACE);
    let query = stage.turn(|turn| turn.query_characteristics(far));
    assert_eq!(query, (OK, 0x0101, 0x0100));
    stage.turn(|turn| turn.set_provider_ready(false));
    let near = stage.turn(|turn| turn.register(0x0100));
    let seen = stage.machine.changes();
    assert_eq!(capture(&stage, near), PENDING);
    assert_eq!(stage.turn(|turn| turn.query_characteristics(near)).0, NtStatus::DEVICE_NOT_READY);
    stage.turn(|turn| turn.set_provider_ready(true));
    assert_ne!(stage.machine.changes(), seen);
    assert_eq!(capture(&stage, near), OK);
    assert_eq!(stage.turn(|turn| turn.deregister(near)), PENDING, "captured");
    assert_eq!(capture(&stage, near), NtStatus::DEVICE_NOT_READY);
    assert_eq!(stage.turn(|turn| turn.release_npi(near)), OK);
    assert_eq!(stage.turn(|turn| turn.release_npi(near)), BAD);
    assert_eq!(stage.turn(|turn| turn.deregister(near)), OK);
    // Sockets go on after their client was released.
    let (id, _) = stage.pair(1);
    let (registration, client) = (stage.registration, stage.client);
    assert_eq!(stage.turn(|turn| turn.release_npi(registration)), OK);
    let barred = stage.turn(|turn| turn.socket(client, 2, 1, 6, 0, Table::default(), 5));
    assert_eq!(barred.status, NtStatus::DEVICE_NOT_READY);
    assert_eq!(stage.send(id, b"x").status, OK);
}

#[test]
fn deregistering_waits_for_sockets_and_cancels_list_changes() {
    // O-17, O-18, T-14
    let mut stage = Stage::new();
    let (client, registration) = (stage.client, stage.registration);
    assert_eq!(stage.ask(|turn, irp| turn.transport_list_change(client, irp)).status, PENDING);
    let irp = stage.irp() - 1;
    let listener = stage.listener(80);
    stage.turn(|turn| turn.remote_connect(local(80).unwrap(), None));
    let id =
        stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(1), irp)).completions[0].socket;
    stage.turn(|turn| turn.release_npi(registration));
    let deregister = |stage: &Stage| stage.turn(|turn| turn.deregister(registration));
    assert_eq!(deregister(&stage), PENDING);
    assert_eq!(stage.drive(), [Seen::Done(irp, NtStatus::CANCELLED, 0)]);
    stage.close(listener);
    assert_eq!(deregister(&stage), PENDING);
    let seen = stage.machine.changes();
    stage.close(id);
    assert_ne!(stage.machine.changes(), seen);
    assert_eq!(deregister(&stage), OK);
}

#[test]
fn sockets_are_of_one_category() {
    // L-1, L-2, L-18, L-19, O-3, O-4, I-15, U-30, T-16, T-17, T-47
    let mut stage = Stage::new();
    let client = stage.client;
    for flags in [0, 1, 2, 4, 8] {
        let table = if flags == 0 { Table::default() } else { Stage::table(0) };
        let reply = stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, flags, table, irp));
        assert_eq!(reply.status, OK);
        assert_ne!(reply.completions[0].socket, 0);
    }
    for flags in [3, 0x10, 0xC] {
        let reply =
            stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, flags, Stage::table(0), irp));
        assert_eq!(reply.status, BAD);
    }
    let null = stage.turn(|turn| turn.socket(client, 2, 1, 6, 2, Stage::table(0), 0));
    assert_eq!((null.status, null.completions.len()), (BAD, 0));
    let no_client = stage.ask(|turn, irp| turn.socket(0, 2, 1, 6, 2, Stage::table(0), irp));
    assert_eq!(no_client.status, NtStatus::INVALID_HANDLE);
    let odd = stage.ask(|turn, irp| turn.socket(client, 2, 2, 17, 1, Stage::table(0), irp));
    let odd = odd.completions[0].socket;
    let bind = stage.ask(|turn, irp| turn.bind(odd, any(0), 0, irp));
    assert_eq!(bind.status, NtStatus::NOT_IMPLEMENTED);
    assert_eq!(stage.close(odd).status, OK);
}

#[test]
fn a_connect_needs_a_bound_socket_and_a_listener() {
    // L-12, L-14 to L-17, U-43, T-25 to T-27, T-86
    let mut stage = Stage::new();
    let id = stage.socket(2, 9);
    let connect = |stage: &mut Stage, flags, data: Option<Vec<u8>>| {
        stage.ask(|turn, irp| turn.connect(id, local(80), flags, data, irp)).status
    };
    assert_eq!(connect(&mut stage, 0, None), WRONG);
    assert_eq!(stage.ask(|turn, irp| turn.get_local_address(id, irp)).status, WRONG);
    assert_eq!(stage.ask(|turn, irp| turn.bind(id, any(0), 0, irp)).status, OK);
    assert_eq!(stage.ask(|turn, irp| turn.bind(id, any(0), 0, irp)).status, WRONG);
    let found = stage.ask(|turn, irp| turn.get_local_address(id, irp));
    let address = found.completions[0].local.unwrap();
    assert!(address.is_wildcard() && address.port() != 0);
    assert_eq!(stage.ask(|turn, irp| turn.get_remote_address(id, irp)).status, WRONG);
    assert_eq!(connect(&mut stage, 1, None), BAD);
    assert_eq!(connect(&mut stage, 0, Some(vec![0; 65_536])), NtStatus::BUFFER_OVERFLOW);
    assert_eq!(connect(&mut stage, 0, None), NtStatus::CONNECTION_REFUSED);
    assert_eq!(stage.state(id), Some(State::Bound));
    let listener = stage.listener(80);
    let reply = stage.ask(|turn, irp| turn.connect(id, local(80), 0, Some(b"first".to_vec()), irp));
    assert_eq!((reply.status, reply.completions[0].information), (OK, 5));
    let found = stage.ask(|turn, irp| turn.get_local_address(id, irp));
    assert!(!found.completions[0].local.unwrap().is_wildcard(), "L-15");
    let accepted = stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(1), irp));
    let accepted = accepted.completions[0].socket;
    let got = stage.receive(accepted, 16, 0);
    assert_eq!(got.completions[0].data.as_deref(), Some(&b"first"[..]));
    stage.end(&[id, accepted, listener]);
}

#[test]
fn a_stream_socket_takes_one_role() {
    // O-5, O-6, L-13, E-31, T-28, T-29, T-70
    let mut stage = Stage::new();
    let stream = stage.socket(8, 4);
    let accept = |stage: &mut Stage, id| {
        stage.ask(|turn, irp| turn.accept(id, 0, Stage::table(1), irp)).status
    };
    assert_eq!(accept(&mut stage, stream), WRONG);
    stage.ask(|turn, irp| turn.bind(stream, any(80), 0, irp));
    assert_eq!(accept(&mut stage, stream), WRONG);
    assert_eq!(stage.ask(|turn, irp| turn.listen(stream, irp)).status, OK);
    assert_eq!(accept(&mut stage, stream), PENDING);
    let connect = stage.ask(|turn, irp| turn.connect(stream, local(81), 0, None, irp));
    assert_eq!(connect.status, WRONG);
    assert_eq!(stage.send(stream, b"x").status, WRONG);
    let other = stage.socket(8, 6);
    stage.ask(|turn, irp| turn.bind(other, any(0), 0, irp));
    let connect = stage.ask(|turn, irp| turn.connect(other, local(80), 0, None, irp));
    assert_eq!(connect.status, OK);
    assert_eq!(accept(&mut stage, other), WRONG);
    assert_eq!(stage.ask(|turn, irp| turn.listen(other, irp)).status, WRONG);
    assert_eq!(stage.enable(other, event::DISCONNECT), OK);
    let seen = stage.drive();
    assert!(matches!(seen[..], [Seen::Done(_, OK, 0)]));
    let connection = stage.socket(2, 1);
    let refused = stage.ask(|turn, irp| turn.listen(connection, irp)).status;
    assert_eq!(refused, NtStatus::INVALID_DEVICE_REQUEST);
}

#[test]
fn both_sides_finishing_at_once_get_one_indication_each() {
    // U-33, C-12, T-106, T-126
    let mut stage = Stage::new();
    let listener = stage.listener(80);
    let one = stage.connected(local(80).unwrap(), 1);
    let two = stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(2), irp));
    let two = two.completions[0].socket;
    for id in [one, two] {
        stage.enable(id, event::DISCONNECT);
    }
    for id in [one, two] {
        assert_eq!(stage.disconnect(id, 0).status, OK);
    }
    for id in [one, two] {
        assert_eq!(stage.state(id), Some(State::BothFin));
    }
    assert_eq!(stage.drive(), [Seen::Event(2, 0), Seen::Event(1, 0)]);
    assert_eq!(stage.close(one).status, OK);
    assert_eq!(stage.drive(), []);
    assert_eq!(stage.state(two), Some(State::BothFin));
    stage.end(&[two, listener]);
}

#[test]
fn an_abort_or_close_resets_the_peer() {
    // C-11, D-6, D-16, U-34, T-72, T-73, T-85, T-117, T-125
    for close in [false, true] {
        let mut stage = Stage::new();
        let listener = stage.listener(80);
        let one = stage.connected(local(80).unwrap(), 1);
        let two = stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(2), irp));
        let two = two.completions[0].socket;
        for id in [one, two] {
            stage.enable(id, event::DISCONNECT);
        }
        assert_eq!(stage.disconnect(two, 0).status, OK);
        if close {
            assert_eq!(stage.close(one).status, OK);
        } else {
            assert_eq!(stage.disconnect(one, 1).status, OK);
        }
        assert_eq!(stage.drive(), [Seen::Event(2, 1)]);
        assert_eq!(stage.state(two), Some(State::Reset));
        let counts = stage.check_books();
        assert_eq!(counts.withheld[if close { 1 } else { 2 }], 1);
        let left = if close { vec![two, listener] } else { vec![one, two, listener] };
        stage.end(&left);
    }
}
