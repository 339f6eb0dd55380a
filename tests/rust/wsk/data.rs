//! Data: sends, receives, indications, and the disconnects behind them.

use crate::stage::{OK, PENDING, Seen, Stage, any};
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::wsk::{Call, Policies, State, event};

const WAITALL: u32 = 2;
const DRAIN: u32 = 4;

fn events(seen: &[Seen]) -> Vec<u32> {
    let flags = |seen: &Seen| if let Seen::Event(_, flags) = seen { Some(*flags) } else { None };
    seen.iter().filter_map(flags).collect()
}

#[test]
fn three_chunks_are_indicated_before_the_graceful_disconnect() {
    // D-19, T-88
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    assert_eq!(stage.enable(id, event::RECEIVE | event::DISCONNECT), OK);
    for chunk in [b"one", b"two", b"six"] {
        stage.turn(|turn| turn.remote_send(remote, chunk.to_vec()));
    }
    stage.turn(|turn| turn.remote_disconnect(remote));
    let data = |text: &[u8]| Seen::Data(text.to_vec());
    assert_eq!(stage.drive(), [data(b"one"), data(b"two"), data(b"six"), Seen::Event(9, 0)]);
    stage.end(&[id]);
}

#[test]
fn a_declined_indication_holds_the_graceful_disconnect_behind_the_data() {
    // G-17, G-18, T-89
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::RECEIVE | event::DISCONNECT);
    stage.answers.receive = (NtStatus::DATA_NOT_ACCEPTED, None);
    stage.turn(|turn| turn.remote_send(remote, b"data".to_vec()));
    stage.turn(|turn| turn.remote_disconnect(remote));
    assert_eq!(stage.drive(), [Seen::Data(b"data".to_vec())]);
    assert_eq!(stage.core.counts().held, 1);
    stage.answers.receive = (OK, None);
    assert_eq!(stage.receive(id, 0, 0).status, OK);
    assert_eq!(stage.drive(), [Seen::Data(b"data".to_vec()), Seen::Event(9, 0)]);
    stage.end(&[id]);
}

#[test]
fn an_abort_overtakes_declined_data_and_discards_it() {
    // G-18, G-3, T-90
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::RECEIVE | event::DISCONNECT);
    stage.answers.receive = (NtStatus::DATA_NOT_ACCEPTED, None);
    stage.turn(|turn| turn.remote_send(remote, b"data".to_vec()));
    stage.turn(|turn| turn.remote_disconnect(remote));
    stage.drive();
    stage.turn(|turn| turn.remote_abort(remote));
    assert_eq!(stage.drive(), [Seen::Event(9, 1)]);
    assert_eq!(stage.receive(id, 4, 0).status, NtStatus::CONNECTION_RESET);
    assert_eq!(stage.core.counts().withheld[0], 1, "superseded");
    stage.end(&[id]);
}

#[test]
fn a_switch_indicates_a_graceful_disconnect_before_unread_data() {
    // U-6
    let policies = Policies { graceful_after_data: false, ..Policies::default() };
    let mut stage = Stage::with(policies, Options::default());
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    stage.turn(|turn| turn.remote_send(remote, b"data".to_vec()));
    stage.turn(|turn| turn.remote_disconnect(remote));
    assert_eq!(stage.drive(), [Seen::Event(9, 0)]);
    stage.end(&[id]);
}

#[test]
fn partial_acceptance_pauses_and_a_zero_length_receive_resumes() {
    // G-16, G-17, U-39, T-120
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::RECEIVE);
    stage.answers.receive = (OK, Some(3));
    stage.turn(|turn| turn.remote_send(remote, b"0123456789".to_vec()));
    assert_eq!(stage.drive(), [Seen::Data(b"0123456789".to_vec())]);
    stage.turn(|turn| turn.remote_send(remote, b"new".to_vec()));
    assert_eq!(stage.drive(), []);
    stage.answers.receive = (OK, None);
    assert_eq!(stage.receive(id, 0, 0).status, OK);
    assert_eq!(stage.drive(), [Seen::Data(b"3456789".to_vec()), Seen::Data(b"new".to_vec())]);
    stage.end(&[id]);
}

#[test]
fn pending_receives_complete_before_the_event() {
    // D-20, G-1, G-2, T-91; G-3, T-92
    for (abort, status, flags) in [(false, OK, 0), (true, NtStatus::CONNECTION_RESET, 1)] {
        let mut stage = Stage::new();
        let (id, remote) = stage.pair(9);
        stage.enable(id, event::DISCONNECT);
        let irps: Vec<u64> = (0..3)
            .map(|_| {
                assert_eq!(stage.receive(id, 8, 0).status, PENDING);
                stage.irp() - 1
            })
            .collect();
        if abort {
            stage.turn(|turn| turn.remote_abort(remote));
        } else {
            stage.turn(|turn| turn.remote_disconnect(remote));
        }
        let mut expected: Vec<_> = irps.iter().map(|&irp| Seen::Done(irp, status, 0)).collect();
        expected.push(Seen::Event(9, flags));
        assert_eq!(stage.drive(), expected);
        stage.end(&[id]);
    }
}

#[test]
fn a_socket_is_on_hold_while_a_completion_routine_runs() {
    // D-20
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    stage.receive(id, 8, 0);
    stage.turn(|turn| turn.remote_disconnect(remote));
    let fetched = stage.fetch().expect("the completion");
    assert_eq!(stage.drive(), [], "the routine has not returned");
    stage.finish(fetched.token, OK);
    assert_eq!(stage.drive(), [Seen::Event(9, 0)]);
    stage.end(&[id]);
}

#[test]
fn wait_all_waits_for_the_whole_buffer_or_the_end() {
    // G-10, G-11, T-116
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    assert_eq!(stage.receive(id, 10, WAITALL).status, PENDING);
    let first = stage.irp() - 1;
    stage.turn(|turn| turn.remote_send(remote, b"0123".to_vec()));
    assert_eq!(stage.drive(), []);
    stage.turn(|turn| turn.remote_send(remote, b"456789ab".to_vec()));
    assert_eq!(stage.drive(), [Seen::Done(first, OK, 10)]);
    assert_eq!(stage.receive(id, 10, WAITALL).status, PENDING);
    let second = stage.irp() - 1;
    stage.turn(|turn| turn.remote_disconnect(remote));
    assert_eq!(stage.drive(), [Seen::Done(second, OK, 2)]);
    stage.end(&[id]);
}

#[test]
fn drain_discards_until_the_end() {
    // G-12, G-13, T-118, T-119
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::RECEIVE | event::DISCONNECT);
    assert_eq!(stage.receive(id, 4, DRAIN).status, NtStatus::INVALID_PARAMETER);
    assert_eq!(stage.receive(id, 0, DRAIN | WAITALL).status, NtStatus::INVALID_PARAMETER);
    assert_eq!(stage.receive(id, 0, 1).status, NtStatus::NOT_SUPPORTED);
    assert_eq!(stage.receive(id, 0, DRAIN).status, PENDING);
    let irp = stage.irp() - 1;
    stage.turn(|turn| turn.remote_send(remote, b"gone".to_vec()));
    assert_eq!(stage.drive(), []);
    stage.turn(|turn| turn.remote_disconnect(remote));
    assert_eq!(stage.drive(), [Seen::Done(irp, OK, 0), Seen::Event(9, 0)]);
    stage.end(&[id]);
}

#[test]
fn a_send_completes_when_all_of_it_is_sent() {
    // G-15, G-4, T-108: the disconnect waits for a megabyte before it
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.turn(|turn| turn.remote_set_reading(remote, false));
    let data: Vec<u8> = (0..1 << 20).map(|number: u32| number as u8).collect();
    assert_eq!(stage.send(id, &data).status, PENDING);
    let send = stage.irp() - 1;
    assert_eq!(
        stage.ask(|turn, irp| turn.disconnect(id, Some(b"bye".to_vec()), 0, irp)).status,
        PENDING
    );
    let finish = stage.irp() - 1;
    assert_eq!(stage.state(id), Some(State::SelfFin));
    assert_eq!(stage.send(id, b"x").status, NtStatus::INVALID_DEVICE_STATE);
    let mut read = Vec::new();
    while !stage.turn(|turn| turn.remote_seen(remote)).0 {
        let part = stage.turn(|turn| turn.remote_read(remote, 10_000));
        assert!(!part.is_empty(), "the stream goes on until the end");
        read.extend(part);
    }
    read.extend(stage.turn(|turn| turn.remote_read(remote, usize::MAX)));
    assert_eq!(read.len(), data.len() + 3);
    assert_eq!((&read[..data.len()], &read[data.len()..]), (&data[..], &b"bye"[..]));
    assert_eq!(stage.drive(), [Seen::Done(send, OK, 1 << 20), Seen::Done(finish, OK, 0)]);
    stage.end(&[id]);
}

#[test]
fn a_hung_disconnect_is_forced_to_an_end() {
    // G-6, G-7, T-113, T-114
    for close in [false, true] {
        let mut stage = Stage::new();
        let (id, remote) = stage.pair(9);
        stage.turn(|turn| turn.remote_set_reading(remote, false));
        stage.send(id, &[1; 65_536]);
        stage.ask(|turn, irp| turn.disconnect(id, Some(b"x".to_vec()), 0, irp));
        let hung = stage.irp() - 1;
        let (status, forced) = if close {
            (NtStatus::CANCELLED, stage.close(id).status)
        } else {
            (NtStatus::CONNECTION_ABORTED, stage.disconnect(id, 1).status)
        };
        assert_eq!(forced, if close { PENDING } else { OK });
        assert!(stage.turn(|turn| turn.remote_seen(remote)).1, "the peer sees an abort");
        assert_eq!(stage.drive()[0], Seen::Done(hung, status, 0));
        if !close {
            stage.end(&[id]);
        }
    }
}

#[test]
fn a_peer_that_finishes_and_closes_resets_the_open_half() {
    // G-19, U-1, C-11, T-121
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    stage.turn(|turn| turn.remote_disconnect(remote));
    assert_eq!(stage.send(id, b"still").status, OK, "D-13");
    stage.turn(|turn| turn.remote_close(remote));
    assert_eq!(events(&stage.drive()), [0, 1]);
    assert_eq!(stage.send(id, b"x").status, NtStatus::CONNECTION_RESET);
    stage.end(&[id]);
}

#[test]
fn retained_lists_are_released_once() {
    // G-16, C-20 to C-23, D-29, T-105, T-131
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::RECEIVE | event::DISCONNECT);
    stage.turn(|turn| turn.remote_send(remote, b"kept".to_vec()));
    let fetched = stage.fetch().expect("the receive event");
    let Call::Receive { list, segments: Some(_) } = fetched.call else { panic!("{fetched:?}") };
    stage.finish(fetched.token, NtStatus::PENDING);
    stage.turn(|turn| turn.remote_disconnect(remote));
    assert_eq!(events(&stage.drive()), [0]);
    let release = |of| stage.turn(|turn| turn.release(id, of, None)).0;
    assert_eq!(release(list + 1000), NtStatus::INVALID_PARAMETER);
    assert_eq!(release(list), OK);
    assert_eq!(release(list), NtStatus::INVALID_PARAMETER);
    stage.end(&[id]);
}

#[test]
fn a_close_with_a_retained_list_is_a_breach() {
    // C-22
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::RECEIVE);
    stage.answers.receive = (NtStatus::PENDING, None);
    stage.turn(|turn| turn.remote_send(remote, b"kept".to_vec()));
    stage.drive();
    let closed = stage.close(id);
    assert_eq!((closed.status, closed.breach), (OK, Some("C-22")));
}

#[test]
fn silent_mode_leaves_only_close() {
    // G-20, T-122
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::DISCONNECT);
    let input = wsksim::wsk::IoctlInput::None;
    let set = stage.ask(|turn, irp| turn.ioctl(id, 0x2F00_0007, input, 0, irp).0);
    assert_eq!(set.status, OK);
    assert_eq!(stage.send(id, b"x").status, NtStatus::INVALID_DEVICE_STATE);
    assert_eq!(stage.disconnect(id, 0).status, NtStatus::INVALID_DEVICE_STATE);
    assert_eq!(stage.disconnect(id, 1).status, NtStatus::INVALID_DEVICE_STATE);
    stage.turn(|turn| turn.remote_abort(remote));
    assert_eq!(stage.drive(), []);
    stage.end(&[id]);
}

#[test]
fn a_send_that_waits_raises_the_ideal_backlog() {
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.enable(id, event::SEND_BACKLOG);
    stage.turn(|turn| turn.remote_set_reading(remote, false));
    stage.send(id, &[1; 70_000]);
    assert_eq!(stage.drive(), [Seen::Backlog(131_072)]);
    assert_eq!(stage.disconnect(id, 1).status, OK);
    stage.end(&[id]);
}

#[test]
fn datagrams_reach_requests_before_callbacks() {
    // E-26, E-28, U-27, T-67
    let mut stage = Stage::new();
    let (to, from) = (stage.socket(4, 3), stage.socket(4, 4));
    for id in [to, from] {
        assert_eq!(stage.ask(|turn, irp| turn.bind(id, any(0), 0, irp)).status, OK);
    }
    let found = stage.ask(|turn, irp| turn.get_local_address(to, irp));
    let address = found.completions[0].local.expect("bound").source(1, 0);
    let port = found.completions[0].local.expect("bound").port();
    let address = address.with_port(port);
    let send = |stage: &mut Stage, data: &[u8]| {
        let messages = vec![data.to_vec()];
        stage.ask(|turn, irp| turn.send_to(from, messages, Some(address), 0, irp)).status
    };
    assert_eq!(stage.enable(to, event::RECEIVE_FROM), OK);
    assert_eq!(stage.ask(|turn, irp| turn.receive_from(to, 2, 0, irp)).status, PENDING);
    let irp = stage.irp() - 1;
    assert_eq!(send(&mut stage, b"abcd"), OK);
    assert_eq!(stage.drive(), [Seen::Done(irp, OK, 2)]);
    send(&mut stage, b"1");
    send(&mut stage, b"2");
    let fetched = stage.fetch().expect("the receive-from event");
    let Call::ReceiveFrom { list, datagrams: Some(datagrams) } = fetched.call else { panic!() };
    assert_eq!(datagrams.len(), 2);
    stage.finish(fetched.token, NtStatus::PENDING);
    let release = |item| stage.turn(|turn| turn.release(to, list, Some(&[item]))).0;
    assert_eq!((release(1), release(1)), (OK, NtStatus::INVALID_PARAMETER));
    assert_eq!((release(0), release(0)), (OK, NtStatus::INVALID_PARAMETER));
    stage.answers.receive_from = NtStatus::DATA_NOT_ACCEPTED;
    send(&mut stage, b"3");
    assert_eq!(stage.drive(), [Seen::Datagrams(1)]);
    send(&mut stage, b"4");
    assert_eq!(stage.drive(), [], "switched off");
    assert_eq!(stage.enable(to, event::RECEIVE_FROM), OK);
    assert_eq!(stage.drive(), [Seen::Datagrams(1)]);
    stage.end(&[to, from]);
}
