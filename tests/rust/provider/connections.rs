//! What an application can do wrong with a socket that it calls functions of, and the repaired twin of each.

use crate::driver::Request;
use crate::irps::kept;
use crate::stage::{INVALID, OK, PENDING, Stage};
use crate::verbs::{ABORTIVE, CONNECTION, CONNECTION_SOCKET, LISTEN_SOCKET, LISTENER, local};
use std::sync::mpsc::channel;
use wsksim::core::findings::Subject;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::HandlerId;
use wsksim::core::indication::Indication;
use wsksim::core::status::NtStatus;
use wsksim::provider::{Blame, Buffer, Part, closed_connection, function, processor};
use wsksim::wsk::{State, event};

const STATE: NtStatus = NtStatus::INVALID_DEVICE_STATE;
const CLOSED: NtStatus = NtStatus::FILE_FORCED_CLOSED;

fn anew(name: &str) -> std::rc::Rc<Request> {
    Request::new(name)
}

#[test]
pub(crate) fn e_8_events_are_enabled_when_the_socket_can_have_them() {
    let stage = Stage::new();
    let socket = stage.bound("A", CONNECTION_SOCKET, CONNECTION);
    let listener = stage.new_socket("L", LISTEN_SOCKET, LISTENER);
    assert_eq!(stage.events(None, socket, event::DISCONNECT), STATE);
    assert_eq!(stage.events(None, listener, event::ACCEPT), STATE);
    assert_eq!(stage.rules(), ["E-8 A", "E-8 L"]);
    let (connected, _) = stage.named_pair("B", 0);
    let bound = stage.bound("M", LISTEN_SOCKET, LISTENER);
    assert_eq!(stage.events(None, connected, event::DISCONNECT), OK);
    assert_eq!(stage.events(None, bound, event::ACCEPT), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn e_12_a_disable_names_one_event() {
    let stage = Stage::new();
    let both = event::DISCONNECT | event::RECEIVE;
    let (socket, _) = stage.remote_pair(both);
    for bits in [both, 0] {
        assert_eq!(stage.events(None, socket, bits | event::DISABLE), INVALID);
        assert_eq!(stage.rules(), ["E-12 A"]);
    }
    assert_eq!(stage.turn(|turn| turn.enabled_events(socket)), both);
    for bit in [event::DISCONNECT, event::RECEIVE] {
        assert_eq!(stage.events(None, socket, bit | event::DISABLE), OK);
    }
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn c_2_a_disconnect_has_one_flag() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    for flags in [2, 3, 8, 1 << 31] {
        assert_eq!(stage.disconnect(Some(&anew("disconnect")), socket, None, flags), INVALID);
        assert_eq!(stage.rules(), ["C-2 A"]);
    }
    assert_eq!(stage.turn(|turn| turn.state(socket)), Some(State::Open));
    assert_eq!(stage.disconnect(Some(&anew("disconnect")), socket, None, 0), OK);
    assert_eq!(stage.disconnect(Some(&anew("disconnect")), socket, None, ABORTIVE), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn c_3_an_abort_takes_no_buffer() {
    let stage = Stage::new();
    let (socket, end) = stage.remote_pair(0);
    let request = anew("disconnect");
    assert_eq!(stage.disconnect(Some(&request), socket, Some(b"bye"), ABORTIVE), INVALID);
    assert_eq!(request.only(), (INVALID, 0));
    assert_eq!(stage.rules(), ["C-3 A"]);
    assert_eq!(stage.turn(|turn| turn.state(socket)), Some(State::Open), "nothing is torn down");
    assert_eq!(stage.disconnect(Some(&anew("disconnect")), socket, Some(b"bye"), 0), OK);
    assert_eq!(stage.turn(|turn| turn.remote_read(end, 9)), b"bye");
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn c_7_no_call_is_executing_when_the_socket_is_closed() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let shared = stage.shared();
    let (entered, inside) = channel();
    let (go, gone) = channel::<()>();
    std::thread::scope(|scope| {
        let other = scope.spawn(move || {
            let beside = Stage::beside(shared);
            let request = anew("send");
            request.runs(move |_| {
                entered.send(()).expect("it is waited for");
                gone.recv().expect("it is told to go on");
                kept()
            });
            beside.send(Some(&request), socket, b"x", 0)
        });
        inside.recv().expect("the routine runs");
        assert_eq!(stage.close(Some(&anew("close")), socket), OK, "it never fails (C-17)");
        go.send(()).expect("the routine waits");
        assert_eq!(other.join().expect("it ends"), OK);
    });
    let found = stage.only();
    assert_eq!((found.rule, found.socket, found.blame), ("C-7", socket, Blame::Caller));

    let (twin, _) = stage.named_pair("B", 0);
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(Stage::beside(shared).send(Some(&anew("s")), twin, b"x", 0), OK));
    });
    assert_eq!(stage.close(Some(&anew("close")), twin), OK);
    assert_eq!(stage.rules(), [""; 0], "the other thread's call has returned");
}

#[test]
pub(crate) fn c_16_and_u_41_a_closed_socket_is_not_used() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    assert_eq!(stage.send(Some(&anew("send")), socket, b"x", 0), OK);
    assert_eq!(stage.close(Some(&anew("close")), socket), OK);
    assert_eq!(stage.rules(), [""; 0], "the twin: used before the close");
    let part = Part { socket, list: 1, item: None, count: 0 };
    let uses: [(&str, NtStatus); 6] = [
        ("C-16 A", stage.send(Some(&anew("send")), socket, b"x", 0)),
        ("C-16 A", stage.receive(Some(&anew("receive")), socket, 4, 0)),
        ("C-16 A", stage.disconnect(Some(&anew("disconnect")), socket, None, 0)),
        ("C-16 A", stage.events(None, socket, event::RECEIVE)),
        ("C-16 A", stage.close(Some(&anew("close")), socket)),
        ("C-16 A", stage.with(|door, app| door.release(app, socket, Some(&[part]))).unwrap()),
    ];
    let expected = uses.map(|(rule, _)| rule);
    assert_eq!(uses.map(|(_, status)| status), [CLOSED; 6]);
    assert_eq!(stage.rules(), expected);
}

#[test]
pub(crate) fn c_22_lists_are_released_before_the_close() {
    let stage = Stage::new();
    for (name, releases) in [("A", false), ("B", true)] {
        let (socket, end) = stage.named_pair(name, event::RECEIVE);
        let supplied = stage.supplied(socket).expect("it is open");
        let lists = std::rc::Rc::new(std::cell::Cell::new(0));
        let seen = std::rc::Rc::clone(&lists);
        supplied.on("WskReceiveEvent", move |_, heard| {
            seen.set(heard.list);
            crate::callbacks::status(PENDING)
        });
        stage.remote_send(end, b"kept");
        stage.drive();
        if releases {
            assert_eq!(stage.release(socket, socket, lists.get()), OK);
        }
        assert_eq!(stage.close(Some(&anew("close")), socket), OK);
        let expected: &[&str] = if releases { &[] } else { &["C-22 A"] };
        assert_eq!(stage.rules(), expected);
    }
}

#[test]
pub(crate) fn u_48_a_buffer_lies_within_its_mdls() {
    let stage = Stage::new();
    let (socket, end) = stage.remote_pair(0);
    let beyond = [(0, 5, 4), (5, 0, 4), (4, 1, 4), (1, 0, 0), (u64::MAX, 1, 4)];
    for (offset, length, memory) in beyond {
        let memory = Some(memory);
        let refusal = Buffer { offset, length, memory, freed: false }.refusal("WskSend");
        let request = anew("send");
        let refusal = refusal.expect("it goes beyond its MDLs");
        assert_eq!(stage.refused((&function::SEND, socket), Some(&request), refusal), INVALID);
        assert_eq!(request.only(), (INVALID, 0), "it is completed all the same (I-4)");
        assert_eq!(stage.rules(), ["U-48 A"]);
    }
    for (offset, length, memory) in [(0, 4, 4), (4, 0, 4), (1, 3, 4), (0, 0, 0)] {
        let memory = Some(memory);
        let fits = Buffer { offset, length, memory, freed: false };
        assert_eq!(fits.refusal("WskSend"), None);
    }
    assert_eq!(stage.turn(|turn| turn.remote_read(end, 9)), b"", "nothing was read");
    assert_eq!(stage.send(Some(&anew("send")), socket, b"fits", 0), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn u_49_a_port_has_no_byte_order() {
    let stage = Stage::new();
    stage.turn(|turn| turn.remote_listen(local(8080))).expect("a free port");
    for (port, status, rules) in [
        (8080_u16.swap_bytes(), NtStatus::CONNECTION_REFUSED, ["U-49 A"].as_slice()),
        (8081, NtStatus::CONNECTION_REFUSED, &[]),
        (8080, OK, &[]),
    ] {
        let socket = stage.bound("A", CONNECTION_SOCKET, CONNECTION);
        assert_eq!(stage.connect(Some(&anew("connect")), socket, local(port)), status);
        assert_eq!(stage.rules(), rules);
        stage.close(Some(&anew("close")), socket);
    }
}

#[test]
fn a_call_of_a_closed_connection_says_in_which_handler_it_was() {
    let (gone, here) = (SocketHandle::from_bits(1 << 32 | 3), SocketHandle::from_bits(1 << 32 | 4));
    let told = || closed_connection("close", gone, 7, Subject::Connection);
    let outside = told();
    assert_eq!((outside.rule.id, outside.inside.as_ref()), ("C-16", ""));
    assert_eq!(outside.subject, Subject::Connection(gone));
    assert!(outside.advice.starts_with("Close a connection once"));
    let driving = processor::here().driving(7);
    let handler = HandlerId::NONE;
    let call = |handle| Indication { handler, handle, context: 0, flags: 1, edge_number: 5 };
    driving.begin(&call(here));
    let inside = told();
    assert_eq!(inside.inside, format!("WskDisconnectEvent of {}", Subject::Connection(here)));
    assert_eq!((inside.edge_number, inside.flags), (5, 1));
    driving.begin(&call(gone));
    assert_eq!(told().inside, "WskDisconnectEvent");
    driving.rest();
    let other = closed_connection("enable", gone, 7, Subject::Connection);
    assert_ne!(other.advice, outside.advice);
}
