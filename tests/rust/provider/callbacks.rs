//! What an application can do wrong inside its callbacks and with their answers, and the repaired twin of each.

use crate::driver::{Request, succeeds};
use crate::stage::{OK, PENDING, Stage};
use crate::verbs::{DATAGRAM, DATAGRAM_SOCKET, local};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use wsksim::core::irql::{Irql, IrqlPolicy};
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::provider::processor::here;
use wsksim::provider::{Answer, Blame, Count, Held, Loan, Part, Returned};
use wsksim::wsk::{Policies, event};

const DECLINES: NtStatus = NtStatus::DATA_NOT_ACCEPTED;

pub(crate) fn status(status: NtStatus) -> Answer {
    Answer::plain(Returned::Status(status))
}

fn accepts(count: Count) -> Answer {
    Answer { accepted: count, ..status(OK) }
}

#[test]
pub(crate) fn d_8_a_disconnect_handler_succeeds() {
    for (answer, told) in [
        (Returned::Status(PENDING), "Status(259)"),
        (Returned::Status(NtStatus::from_bits(0xC000_0001)), "Status(3221225473)"),
        (Returned::Nothing, "Nothing"),
        (Returned::Raised("an error".to_owned()), "Raised(\"an error\")"),
        (Returned::Other("a word".to_owned()), "it returned a word"),
    ] {
        let stage = Stage::new();
        let (socket, end) = stage.remote_pair(event::DISCONNECT);
        let supplied = stage.supplied(socket).expect("it is open");
        supplied.answers("WskDisconnectEvent", answer);
        stage.turn(|turn| turn.remote_disconnect(end));
        stage.drive();
        let found = stage.only();
        let by = Blame::Callback("WskDisconnectEvent");
        assert_eq!((found.rule, found.socket, found.blame), ("D-8", socket, by));
        assert_eq!(found.found, told);

        supplied.answers("WskDisconnectEvent", Returned::Status(OK));
        stage.turn(|turn| turn.remote_abort(end));
        stage.drive();
        let heard = ["WskDisconnectEvent A 0", "WskDisconnectEvent A 1"];
        assert_eq!(stage.heard(), heard, "the answer changes nothing (U-22)");
        assert_eq!(stage.rules(), [""; 0]);
    }
}

/// Runs `act` inside each kind of callback of A that a remote end can bring about; the findings.
fn inside(stage: &Stage, act: impl Fn(&Stage) + Clone + 'static) -> Vec<String> {
    let (socket, end) = stage.remote_pair(event::RECEIVE | event::DISCONNECT);
    let supplied = stage.supplied(socket).expect("it is open");
    for name in ["WskReceiveEvent", "WskDisconnectEvent"] {
        let act = act.clone();
        supplied.on(name, move |stage, _| {
            act(stage);
            succeeds(name)
        });
    }
    stage.remote_send(end, b"x");
    stage.turn(|turn| turn.remote_disconnect(end));
    stage.drive();
    let heard = stage.heard();
    let calls = heard.iter().filter(|event| event.contains("Event A"));
    assert_eq!(calls.count(), 2, "{heard:?}");
    stage.rules()
}

#[test]
pub(crate) fn d_10_a_callback_does_not_wait() {
    let waits = |stage: &Stage| {
        let may = stage.with(|door, app| door.may_wait(app, "a wait", 0, true));
        assert_eq!(may, Ok(false));
    };
    let stage = Stage::new();
    assert_eq!(inside(&stage, waits), ["D-10 A", "D-10 A"]);

    let (socket, _) = stage.named_pair("B", 0);
    let request = Request::new("send");
    request.runs(move |stage| {
        waits(stage);
        crate::irps::kept()
    });
    assert_eq!(stage.send(Some(&request), socket, b"x", 0), OK);
    let found = stage.only();
    assert_eq!((found.rule, found.socket), ("D-10", socket));
    assert_eq!(found.found, "a wait was called inside the completion routine of WskSend");

    assert_eq!(stage.with(|door, app| door.may_wait(app, "a wait", 0, false)), Ok(true));
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn d_10_the_loop_of_a_drive_does_not_wait_either() {
    let stage = Stage::new();
    assert_eq!(stage.with(|door, app| door.may_wait(app, "a wait", 0, true)), Ok(false));
    assert_eq!(stage.only().found, "a wait was called inside a drive");
    assert_eq!(stage.with(|door, app| door.may_wait(app, "a wait", 0, false)), Ok(true));
    assert_eq!(stage.rules(), [""; 0], "outside of it");
}

#[test]
pub(crate) fn d_11_a_callback_may_start_requests() {
    let stage = Stage::new();
    let (other, end) = stage.named_pair("B", 0);
    let sends = move |stage: &Stage| {
        assert_eq!(stage.send(Some(&Request::new("send")), other, b"x", 0), OK);
        assert_eq!(stage.receive(Some(&Request::new("receive")), other, 4, 0), PENDING);
    };
    assert_eq!(inside(&stage, sends), [""; 0]);
    assert_eq!(stage.turn(|turn| turn.remote_read(end, 9)), b"xx");
}

#[test]
pub(crate) fn g_16_a_receive_event_accepts_what_it_was_indicated() {
    let stage = Stage::new();
    let (socket, end) = stage.remote_pair(event::RECEIVE);
    let supplied = stage.supplied(socket).expect("it is open");
    for wrong in [
        accepts(Count::Bytes(5)),
        accepts(Count::Other("a word".to_owned())),
        status(NtStatus::REQUEST_NOT_ACCEPTED),
        status(NtStatus::from_bits(0xC000_0001)),
    ] {
        let answer = wrong.clone();
        supplied.on("WskReceiveEvent", move |_, _| answer.clone());
        stage.remote_send(end, b"data");
        stage.drive();
        let found = stage.only();
        let by = Blame::Callback("WskReceiveEvent");
        assert_eq!((found.rule, found.socket, found.blame), ("G-16", socket, by), "{wrong:?}");
        assert_eq!(stage.heard(), ["WskReceiveEvent A 0 \"data\""], "all of it counts");
    }
    for right in [
        status(OK),
        accepts(Count::Bytes(4)),
        status(PENDING),
        // With another status the count means nothing.
        Answer { accepted: Count::Bytes(5), ..status(PENDING) },
        accepts(Count::Bytes(0)),
        Answer { accepted: Count::Bytes(5), ..status(DECLINES) },
    ] {
        supplied.on("WskReceiveEvent", move |_, _| right.clone());
        stage.remote_send(end, b"data");
        let resumed = stage.receive(Some(&Request::new("resume")), socket, 0, 0);
        assert_eq!(resumed, OK, "nothing is paused (U-39)");
        stage.drive();
        assert_eq!(stage.rules(), [""; 0]);
    }
}

#[test]
pub(crate) fn u_22_a_callback_returns_one_of_its_statuses() {
    let stage = Stage::new();
    let (socket, end) = stage.remote_pair(event::RECEIVE);
    let supplied = stage.supplied(socket).expect("it is open");
    for (returned, told) in [
        (Returned::Nothing, "WskReceiveEvent returned nothing"),
        (Returned::Other("a word".to_owned()), "WskReceiveEvent returned a word"),
        (Returned::Raised("an error".to_owned()), "WskReceiveEvent raised an error"),
    ] {
        supplied.answers("WskReceiveEvent", returned);
        stage.remote_send(end, b"x");
        stage.drive();
        let found = stage.only();
        assert_eq!((found.rule, found.socket, found.found.as_str()), ("U-22", socket, told));
    }
    supplied.answers("WskReceiveEvent", Returned::Status(OK));
    stage.remote_send(end, b"y");
    stage.drive();
    assert_eq!(stage.rules(), [""; 0]);
    assert_eq!(stage.heard().len(), 4, "every answer is ignored");
}

#[test]
pub(crate) fn u_22_the_callbacks_of_the_other_tables_too() {
    let stage = Stage::new();
    let udp = stage.bound("U", DATAGRAM_SOCKET, DATAGRAM);
    assert_eq!(stage.events(None, udp, event::RECEIVE_FROM), OK);
    let far = stage.turn(|turn| turn.remote_datagram(local(0))).expect("a free port").0;
    let (to, supplied) = (stage.address(udp), stage.supplied(udp).expect("it is open"));
    for (answer, rules) in [
        (status(NtStatus::CANCELLED), ["U-22 U"].as_slice()),
        (status(OK), &[]),
        (status(PENDING), &[]),
    ] {
        supplied.on("WskReceiveFromEvent", move |_, _| answer.clone());
        assert_eq!(stage.turn(|turn| turn.remote_send_to(far, b"x", to)), OK);
        stage.drive();
        assert_eq!(stage.rules(), rules);
    }
}

/// The list that A is indicated; its callback releases it inside or not, and answers so.
fn indicated(stage: &Stage, releases: bool, answer: NtStatus) -> (u64, u64, Arc<Loan>) {
    let (socket, end) = stage.remote_pair(event::RECEIVE);
    let list = Rc::new(RefCell::new(None));
    let seen = Rc::clone(&list);
    stage.supplied(socket).expect("it is open").on("WskReceiveEvent", move |stage, heard| {
        let loan = heard.loan.clone().expect("a list is lent");
        assert!(!loan.is_over(), "it may be read inside");
        *seen.borrow_mut() = Some((heard.list, loan));
        if releases {
            assert_eq!(stage.release(socket, socket, heard.list), OK);
        }
        status(answer)
    });
    stage.remote_send(end, b"data");
    stage.drive();
    let (list, loan) = list.take().expect("it was called");
    (socket, list, loan)
}

#[test]
pub(crate) fn c_20_a_list_is_released_that_the_callback_kept() {
    let stage = Stage::new();
    for answer in [OK, DECLINES] {
        indicated(&stage, true, answer);
        let found = stage.only();
        assert_eq!((found.rule, found.blame), ("C-20", Blame::Callback("WskReceiveEvent")));
        assert_eq!(stage.name(found.socket), "A");
    }
    let (socket, list, _) = indicated(&stage, true, PENDING);
    let invalid = NtStatus::INVALID_PARAMETER;
    assert_eq!(stage.rules(), [""; 0], "the twin: it is released once, and kept");
    assert_eq!(stage.release(socket, socket, list), invalid, "once only (C-23)");
    assert_eq!(stage.rules(), ["C-20 A"]);
    let (socket, list, _) = indicated(&stage, false, OK);
    assert_eq!(stage.release(socket, socket, list), invalid, "it was not kept");
    let found = stage.only();
    assert_eq!((found.rule, found.blame), ("C-20", Blame::Caller));
    assert!(found.found.contains("WskReceiveEvent had not answered STATUS_PENDING"));
    let (socket, list, _) = indicated(&stage, false, PENDING);
    assert_eq!(stage.release(socket, socket, list), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn c_20_a_list_is_given_back_to_the_socket_that_was_shown_it() {
    let stage = Stage::new();
    let (socket, list, _) = indicated(&stage, false, PENDING);
    let (other, _) = stage.named_pair("B", 0);
    assert_eq!(stage.release(other, socket, list), NtStatus::INVALID_PARAMETER);
    let found = stage.only();
    assert_eq!((found.rule, found.socket, found.blame), ("C-20", other, Blame::Caller));
    assert!(found.found.ends_with("was not shown what is given back"), "{}", found.found);
    let item = |item| Part { socket, list, item: Some(item), count: 2 };
    let twice = [item(1), item(1)];
    let released = stage.with(|door, app| door.release(app, socket, Some(&twice)));
    assert_eq!(released, Ok(NtStatus::INVALID_PARAMETER));
    assert!(stage.only().found.ends_with("are not of one list, each once"));
    assert_eq!(stage.release(socket, socket, list), OK, "the twin");
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn c_24_a_list_is_let_go_of_unless_the_callback_keeps_it() {
    let stage = Stage::new();
    let reads = |loan: &Loan| stage.with(|door, app| door.may_use(app, loan, "Buffer"));
    for answer in [OK, DECLINES] {
        let (socket, list, loan) = indicated(&stage, false, answer);
        assert!(stage.has_let_go(&Held::List(list)));
        assert_eq!(reads(&loan), Ok(false));
        let found = stage.only();
        assert_eq!((found.rule, found.socket, found.blame), ("C-24", socket, Blame::Caller));
        assert_eq!(found.found, "Buffer of WskReceiveEvent was read later");
    }
    let (socket, list, loan) = indicated(&stage, false, PENDING);
    assert!(!stage.has_let_go(&Held::List(list)), "it may be read until it is released");
    assert_eq!(reads(&loan), Ok(true));
    assert_eq!(stage.release(socket, socket, list), OK);
    assert!(stage.has_let_go(&Held::List(list)));
    assert_eq!(stage.rules(), [""; 0]);
    assert_eq!(reads(&loan), Ok(false));
    assert_eq!(stage.rules(), ["C-24 A"]);
}

#[test]
pub(crate) fn q_2_a_callback_returns_at_its_level() {
    for (policy, entered, leaves) in [
        (IrqlPolicy::Passive, Irql::Passive, Irql::Dispatch),
        (IrqlPolicy::Dispatch, Irql::Dispatch, Irql::Passive),
    ] {
        let options = Options { irql: policy, ..Options::default() };
        let stage = Stage::with_options(Policies::default(), options);
        let found = inside(&stage, move |_| {
            assert_eq!(here().level(), entered);
            here().set_level(leaves);
        });
        assert_eq!(found, ["Q-2 A", "Q-2 A"]);
        assert_eq!(here().level(), Irql::Passive, "the level is put back");

        let twin = Stage::with_options(Policies::default(), options);
        let found = inside(&twin, move |_| {
            here().set_level(leaves);
            here().set_level(entered);
        });
        assert_eq!(found, [""; 0]);
    }
}
