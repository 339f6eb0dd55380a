//! The network around the machine: who answers a connect, how remote ends leave, and what befalls connections from outside.

use crate::stage::{OK, PENDING, Seen, Stage, any, local};
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::network::address::{AF_INET, Address};
use wsksim::network::remote::RemoteState;
use wsksim::network::routes::Route;
use wsksim::wsk::{IoctlInput, IoctlOutput, Policies, State, Table, event};

const WAITALL: u32 = 2;
const RESET: NtStatus = NtStatus::CONNECTION_RESET;
const ABORTED: NtStatus = NtStatus::CONNECTION_ABORTED;

pub(crate) fn far(port: u16) -> Address {
    Address::new(AF_INET, &[198, 51, 100, 7], port).unwrap()
}

/// A bound socket that connects to `to`: the socket, what the call returned, and its IRP.
pub(crate) fn connecting(stage: &mut Stage, to: Address) -> (u64, NtStatus, u64) {
    let id = stage.socket(2, 9);
    assert_eq!(stage.ask(|turn, irp| turn.bind(id, any(0), 0, irp)).status, OK);
    let status = stage.ask(|turn, irp| turn.connect(id, Some(to), 0, None, irp)).status;
    (id, status, stage.irp() - 1)
}

#[test]
fn a_connect_ends_as_the_network_answers() {
    // 10.1, U-43, T-158
    let mut stage = Stage::new();
    let mut ids = Vec::new();
    let answers = [
        (None, NtStatus::CONNECTION_REFUSED),
        (Some(Route::HostUnreachable), NtStatus::HOST_UNREACHABLE),
        (Some(Route::NetworkUnreachable), NtStatus::NETWORK_UNREACHABLE),
    ];
    for (number, (route, status)) in answers.into_iter().enumerate() {
        let to = far(80 + number as u16);
        if let Some(route) = route {
            stage.turn(|turn| turn.set_route(to, route));
        }
        let (id, returned, _) = connecting(&mut stage, to);
        assert_eq!((returned, stage.state(id)), (status, Some(State::Bound)));
        ids.push(id);
    }
    // Nobody answers until the transport gives up, or the application does.
    stage.turn(|turn| turn.set_route(far(0), Route::Silent));
    for (cancel, status) in [(false, NtStatus::IO_TIMEOUT), (true, NtStatus::CANCELLED)] {
        let (id, returned, irp) = connecting(&mut stage, far(99));
        assert_eq!((returned, stage.state(id)), (PENDING, Some(State::Connecting)));
        assert_eq!(stage.drive(), []);
        assert!(if cancel {
            stage.turn(|turn| turn.cancel(irp))
        } else {
            stage.turn(|turn| turn.timeout(id))
        });
        assert_eq!(stage.drive(), [Seen::Done(irp, status, 0)]);
        assert_eq!(stage.state(id), Some(State::Bound));
        assert!(!stage.turn(|turn| turn.timeout(id)), "nothing is left to time out");
        ids.push(id);
    }
    // The same socket connects once the host is back (U-43).
    stage.turn(|turn| turn.restore_route(far(0)));
    let (_, address) = stage.turn(|turn| turn.remote_listen(far(99))).unwrap();
    let id = ids[3];
    let again = stage.ask(|turn, irp| turn.connect(id, Some(address), 0, None, irp));
    assert_eq!((again.status, stage.state(id)), (OK, Some(State::Open)));
    stage.end(&ids);
}

#[test]
fn a_route_of_a_port_leaves_the_host_s_others_alone() {
    let mut stage = Stage::new();
    for port in [80, 81] {
        stage.turn(|turn| turn.remote_listen(far(port))).unwrap();
    }
    stage.turn(|turn| turn.set_route(far(80), Route::Silent));
    let refused = stage.turn(|turn| turn.remote_connect(far(82), None));
    assert_eq!(refused, (NtStatus::CONNECTION_REFUSED, 0), "no end is left of it");
    let (one, first, _) = connecting(&mut stage, far(80));
    let (two, second, _) = connecting(&mut stage, far(81));
    assert_eq!((first, second), (PENDING, OK));
    stage.turn(|turn| turn.restore_route(far(80)));
    assert_eq!(stage.state(one), Some(State::Connecting), "its packets were lost");
    stage.end(&[one, two]);
}

#[test]
fn a_connect_that_an_inspection_leaves_undecided_times_out() {
    // A-17, U-43
    let mut stage = Stage::new();
    let listener = stage.socket(1, 5);
    stage.ask(|turn, irp| turn.set_option(listener, 0x3002, Some(1), irp));
    assert_eq!(stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp)).status, OK);
    stage.answers.inspect = 2;
    let (id, returned, irp) = connecting(&mut stage, local(80).unwrap());
    assert_eq!(returned, PENDING);
    let Seen::Inspect(request) = stage.drive()[0] else { panic!() };
    assert!(stage.turn(|turn| turn.timeout(id)));
    assert_eq!(stage.drive(), [Seen::Abort(request), Seen::Done(irp, NtStatus::IO_TIMEOUT, 0)]);
    assert_eq!(stage.state(id), Some(State::Bound));
    stage.end(&[id, listener]);
}

#[test]
fn a_cancelled_receive_tells_what_it_has_taken() {
    // I-8, U-46, G-10, T-151
    for close in [false, true] {
        let mut stage = Stage::new();
        let (id, remote) = stage.pair(9);
        stage.receive(id, 10, WAITALL);
        let irp = stage.irp() - 1;
        stage.turn(|turn| turn.remote_send(remote, b"0123".to_vec()));
        if close {
            assert_eq!(stage.close(id).status, PENDING);
        } else {
            assert!(stage.turn(|turn| turn.cancel(irp)));
        }
        let fetched = stage.fetch().expect("the completion");
        let wsksim::wsk::Call::Complete(done) = fetched.call else { panic!() };
        assert_eq!((done.irp, done.status, done.information), (irp, NtStatus::CANCELLED, 4));
        assert_eq!(done.data.as_deref(), Some(&b"0123"[..]));
        stage.finish(fetched.token, OK);
        if close {
            stage.drive();
            stage.end(&[]);
            continue;
        }
        stage.turn(|turn| turn.remote_send(remote, b"4567".to_vec()));
        let next = stage.receive(id, 10, 0);
        assert_eq!(next.completions[0].data.as_deref(), Some(&b"4567"[..]));
        // What an abort ends tells nothing (G-3, T-116).
        stage.receive(id, 10, WAITALL);
        let irp = stage.irp() - 1;
        stage.turn(|turn| turn.remote_send(remote, b"89".to_vec()));
        stage.turn(|turn| turn.remote_abort(remote));
        assert_eq!(stage.drive(), [Seen::Done(irp, RESET, 0)]);
        stage.end(&[id]);
    }
}

#[test]
fn a_peer_that_vanished_acknowledges_nothing() {
    // G-15, G-6, U-12, T-152
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    stage.turn(|turn| turn.remote_vanish(remote));
    assert_eq!(stage.send(id, b"lost").status, PENDING);
    let send = stage.irp() - 1;
    assert_eq!(stage.disconnect(id, 0).status, PENDING);
    let finish = stage.irp() - 1;
    assert_eq!(stage.drive(), []);
    assert!(stage.turn(|turn| turn.timeout(id)));
    let done = |irp| Seen::Done(irp, NtStatus::IO_TIMEOUT, 0);
    assert_eq!(stage.drive(), [done(send), done(finish), Seen::Event(9, 1)]);
    assert_eq!(stage.send(id, b"x").status, RESET);
    stage.end(&[id]);
}

#[test]
fn a_connection_that_the_machine_kills_is_aborted_for_both_ends() {
    // U-45, T-156
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    stage.receive(id, 4, 0);
    let irp = stage.irp() - 1;
    assert!(stage.turn(|turn| turn.kill(id)));
    assert_eq!(stage.drive(), [Seen::Done(irp, ABORTED, 0), Seen::Event(9, 1)]);
    assert_eq!(stage.turn(|turn| turn.remote_seen(remote)), (false, true));
    assert_eq!(stage.receive(id, 4, 0).status, RESET);
    assert!(!stage.turn(|turn| turn.kill(id)));
    stage.end(&[id]);
}

#[test]
fn an_address_that_is_removed_takes_its_connections_with_it() {
    // U-45
    let mut stage = Stage::new();
    let own = far(80).source(1, 0);
    let listing = |stage: &mut Stage, id| {
        let list = IoctlInput::None;
        let (_, list) = stage.turn(|turn| turn.ioctl(id, 0x4800_0016, list, 4096, 0));
        let IoctlOutput::Addresses(list) = list else { panic!() };
        list
    };
    stage.turn(|turn| turn.remote_listen(far(80))).unwrap();
    let (id, returned, _) = connecting(&mut stage, far(80));
    assert_eq!(returned, OK);
    let (other, _) = stage.pair(7);
    stage.enable(id, event::DISCONNECT);
    stage.receive(id, 4, 0);
    let irp = stage.irp() - 1;
    assert_eq!(listing(&mut stage, id), [own]);
    let change = stage.ask(|turn, irp| turn.ioctl(id, 0x2800_0017, IoctlInput::None, 0, irp).0);
    assert_eq!(change.status, PENDING);
    let change = stage.irp() - 1;
    let listener = stage.listener(90);
    stage.turn(|turn| turn.remote_connect(own.with_port(90), None));
    stage.turn(|turn| turn.remove_address(own));
    let expected = [Seen::Done(irp, ABORTED, 0), Seen::Done(change, OK, 0), Seen::Event(9, 1)];
    assert_eq!(stage.drive(), expected);
    assert_eq!(stage.state(other), Some(State::Open));
    assert_eq!(listing(&mut stage, id), []);
    let (refused, returned, _) = connecting(&mut stage, far(80));
    assert_eq!(returned, NtStatus::NETWORK_UNREACHABLE);
    let knock = stage.turn(|turn| turn.remote_connect(own.with_port(90), None));
    assert_eq!(knock, (NtStatus::HOST_UNREACHABLE, 0));
    let accept = stage.ask(|turn, irp| turn.accept(listener, 0, Table::default(), irp));
    assert_eq!(accept.status, PENDING, "who waited is gone unseen");
    stage.turn(|turn| turn.restore_route(own));
    assert_eq!(listing(&mut stage, id), [own]);
    stage.end(&[id, other, refused, listener]);
}

#[test]
fn remote_ends_that_meet_each_other_close_as_closesocket_does() {
    // U-47: also where both ends are without WSK
    let stage = Stage::new();
    let (listener, at) = stage.turn(|turn| turn.remote_listen(local(0).unwrap())).unwrap();
    let (connected, one) = stage.turn(|turn| turn.remote_connect(at, None));
    assert_eq!(connected, OK);
    let other = stage.turn(|turn| turn.remote_accept(listener)).unwrap();
    stage.turn(|turn| turn.remote_set_reading(one, false));
    stage.turn(|turn| turn.remote_close(one));
    assert_eq!(stage.turn(|turn| turn.remote_seen(other)), (true, false));
    assert_eq!(stage.turn(|turn| turn.remote_send(other, b"late".to_vec())), OK);
    assert_eq!(stage.turn(|turn| turn.remote_seen(other)), (true, true));
    for end in [other, listener] {
        stage.turn(|turn| turn.remote_close(end));
    }
    stage.end(&[]);
}

/// What an application hears of a remote end that leaves as `leave` does, and of a send of its own afterwards.
fn heard(unread: bool, leave: impl FnOnce(&Stage, u64)) -> (Vec<Seen>, NtStatus, Vec<Seen>) {
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    if unread {
        assert_eq!(stage.send(id, b"unread").status, OK);
    }
    leave(&stage, remote);
    let first = stage.drive();
    let sent = stage.send(id, b"late").status;
    let then = stage.drive();
    assert_eq!(stage.turn(|turn| turn.remote_state(remote)), None, "nothing of it is left");
    stage.end(&[id]);
    (first, sent, then)
}

#[test]
fn a_remote_end_closes_as_closesocket_does() {
    // U-47, D-13, G-19, T-155
    let close = |stage: &Stage, end| stage.turn(|turn| turn.remote_close(end));
    let (first, sent, then) = heard(false, close);
    assert_eq!((&first[..], sent), (&[Seen::Event(9, 0)][..], PENDING));
    assert!(matches!(then[..], [Seen::Done(_, RESET, 0), Seen::Event(9, 1)]), "{then:?}");
    assert_eq!(heard(true, close), (vec![Seen::Event(9, 1)], RESET, vec![]));
    let lingers_not = |stage: &Stage, end| {
        stage.turn(|turn| turn.remote_abort(end));
        stage.turn(|turn| turn.remote_close(end));
    };
    assert_eq!(heard(false, lingers_not), (vec![Seen::Event(9, 1)], RESET, vec![]));
}

/// What the functions of a remote end answer.
fn closed_answers(stage: &Stage, end: u64) -> [NtStatus; 3] {
    stage.turn(|turn| {
        [turn.remote_send(end, b"x".to_vec()), turn.remote_disconnect(end), turn.remote_abort(end)]
    })
}

#[test]
fn what_a_closed_end_has_sent_still_arrives() {
    // U-47, D-19
    let policies = Policies { window: 4, ..Policies::default() };
    let mut stage = Stage::with(policies, Options::default());
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    stage.turn(|turn| turn.remote_send(remote, b"0123456789".to_vec()));
    stage.turn(|turn| turn.remote_close(remote));
    let state = stage.turn(|turn| turn.remote_state(remote));
    assert_eq!(state, Some(RemoteState::Closed));
    // It answers nothing any more, whether its connection is over or not; another close changes nothing.
    let calls = closed_answers(&stage, remote);
    assert_eq!(calls, [NtStatus::FILE_FORCED_CLOSED; 3]);
    stage.turn(|turn| turn.remote_close(remote));
    let mut got = Vec::new();
    for _ in 0..3 {
        let receive = stage.receive(id, 16, 0);
        got.extend(receive.completions[0].data.clone().unwrap());
    }
    assert_eq!(got, b"0123456789");
    assert_eq!(stage.drive(), [Seen::Event(9, 0)]);
    // The end is gone with the other half, in order.
    assert_eq!(stage.disconnect(id, 0).status, OK);
    assert_eq!(stage.state(id), Some(State::BothFin));
    assert_eq!(stage.turn(|turn| turn.remote_state(remote)), None);
    assert_eq!(closed_answers(&stage, remote), calls);
    stage.end(&[id]);
}

#[test]
fn a_closed_end_is_gone_with_its_peer() {
    let mut stage = Stage::new();
    for kill in [false, true] {
        let (id, remote) = stage.pair(9);
        stage.turn(|turn| turn.remote_close(remote));
        if kill {
            stage.turn(|turn| turn.kill(id));
        }
        assert_eq!(stage.close(id).status, OK);
        stage.drive();
        assert_eq!(stage.turn(|turn| turn.remote_state(remote)), None);
    }
    stage.end(&[]);
}

#[test]
fn a_remote_end_tells_nothing_yet_from_the_end() {
    let mut stage = Stage::new();
    let ended = |stage: &Stage, end| stage.turn(|turn| turn.remote_ended(end));
    let (id, remote) = stage.pair(9);
    assert!(!ended(&stage, remote));
    stage.send(id, b"x");
    stage.disconnect(id, 0);
    assert!(!ended(&stage, remote), "a byte lies there");
    assert_eq!(stage.turn(|turn| turn.remote_read(remote, 1)), b"x");
    assert!(ended(&stage, remote));
    let (other, silent) = stage.pair(9);
    stage.turn(|turn| turn.remote_vanish(silent));
    stage.disconnect(other, 1);
    assert!(!ended(&stage, silent), "it hears nothing of the abort");
    stage.end(&[id, other]);
}

#[test]
fn a_disconnect_whose_data_is_half_sent_goes_on_without_its_irp() {
    // I-14, U-25
    let policies = Policies { window: 4, ..Policies::default() };
    let mut stage = Stage::with(policies, Options::default());
    let (id, remote) = stage.pair(9);
    stage.turn(|turn| turn.remote_set_reading(remote, false));
    let asked = stage.ask(|turn, irp| turn.disconnect(id, Some(b"goodbye".to_vec()), 0, irp));
    assert_eq!(asked.status, PENDING);
    let irp = stage.irp() - 1;
    assert!(stage.turn(|turn| turn.cancel(irp)));
    assert_eq!(stage.drive(), [Seen::Done(irp, NtStatus::CANCELLED, 0)]);
    assert_eq!(stage.state(id), Some(State::SelfFin));
    assert_eq!(stage.turn(|turn| turn.remote_read(remote, 9)), b"good");
    assert_eq!(stage.turn(|turn| turn.remote_read(remote, 9)), b"bye");
    assert!(stage.turn(|turn| turn.remote_seen(remote)).0);
    assert_eq!(stage.drive(), []);
    stage.end(&[id]);
}

#[test]
fn a_full_backlog_refuses() {
    let policies = Policies { backlog: 2, ..Policies::default() };
    let mut stage = Stage::with(policies, Options::default());
    let listener = stage.listener(80);
    let knock = |stage: &Stage| stage.turn(|turn| turn.remote_connect(local(80).unwrap(), None)).0;
    assert_eq!([0; 3].map(|_| knock(&stage)), [OK, OK, NtStatus::CONNECTION_REFUSED]);
    let accept = stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(1), irp));
    let accepted = accept.completions[0].socket;
    assert_eq!([0; 2].map(|_| knock(&stage)), [OK, NtStatus::CONNECTION_REFUSED]);
    stage.end(&[accepted, listener]);
}

#[test]
fn names_stand_for_hosts() {
    let stage = Stage::new();
    stage.turn(|turn| turn.names_mut().set("Storage.Example", vec![far(0), local(0).unwrap()]));
    let found = stage.turn(|turn| turn.names().find("storage.example").map(<[_]>::to_vec));
    assert_eq!(found, Some(vec![far(0), local(0).unwrap()]));
    let name = stage.turn(|turn| turn.names().name_of(far(443)).map(str::to_owned));
    assert_eq!(name.as_deref(), Some("Storage.Example"));
    assert!(stage.turn(|turn| turn.names_mut().remove("STORAGE.example")));
    assert!(stage.turn(|turn| turn.names().all().is_empty()));
    stage.end(&[]);
}
