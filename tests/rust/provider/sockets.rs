//! What an application can do wrong where it accepts connections, and the repaired twin of each.

use crate::callbacks::status;
use crate::driver::Request;
use crate::stage::{INVALID, OK, Stage};
use crate::verbs::{
    BASIC_SOCKET, CONNECTION, CONNECTION_SOCKET, DATAGRAM, DATAGRAM_SOCKET, Given, LISTEN_SOCKET,
    LISTENER, local,
};
use wsksim::core::status::NtStatus;
use wsksim::provider::{Answer, Blame, Held, Returned, TableKind};
use wsksim::wsk::{State, event};

const REFUSES: NtStatus = NtStatus::REQUEST_NOT_ACCEPTED;
const BY_ACCEPT: Blame = Blame::Callback("WskAcceptEvent");

/// A listener whose `WskAcceptEvent` answers so; what its remote end saw, and the number of the socket that was shown.
fn visited(
    stage: &Stage,
    given: impl Into<Given>,
    answer: impl Fn(&Stage, u64) -> Answer + 'static,
) -> ((bool, bool), u64) {
    let listener = stage.listener(event::ACCEPT);
    let shown = std::rc::Rc::new(std::cell::Cell::new(0));
    let seen = std::rc::Rc::clone(&shown);
    stage.supplied(listener).expect("it is open").on("WskAcceptEvent", move |stage, heard| {
        seen.set(heard.accepted);
        answer(stage, heard.accepted)
    });
    stage.expect_accepted("B", given);
    let end = stage.remote_connect(listener);
    stage.drive();
    (stage.turn(|turn| turn.remote_seen(end)), shown.get())
}

#[test]
pub(crate) fn l_6_what_the_accept_event_writes_is_a_table() {
    let stage = Stage::new();
    for (kind, words) in [
        (TableKind::Listen, "a WSK_CLIENT_LISTEN_DISPATCH"),
        (TableKind::Stream, "a WSK_CLIENT_STREAM_DISPATCH"),
        (TableKind::Other("a word".to_owned()), "a word"),
    ] {
        let (seen, accepted) = visited(&stage, kind, |_, _| status(OK));
        assert_eq!(seen, (false, true), "the connection is refused");
        let found = stage.only();
        assert_eq!((found.rule, found.socket, found.blame), ("L-6", accepted, BY_ACCEPT));
        let belongs = "where a WSK_CLIENT_CONNECTION_DISPATCH belongs";
        let told = format!("WskAcceptEvent wrote {words} as AcceptSocketDispatch, {belongs}");
        assert_eq!(found.found, told);
        assert!(stage.has_let_go(&Held::Socket(accepted)));
    }
    let (seen, _) = visited(&stage, TableKind::Listen, |_, _| status(REFUSES));
    assert_eq!((seen, stage.rules()), ((false, true), vec![]), "with a refusal it means nothing");

    let (seen, accepted) = visited(&stage, CONNECTION, |_, _| status(OK));
    assert_eq!(seen, (false, false));
    assert_eq!(stage.turn(|turn| turn.state(accepted)), Some(State::Open));
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn a_5_the_accept_event_keeps_the_connection_or_refuses_it() {
    let stage = Stage::new();
    for answer in [NtStatus::from_bits(0x12345), NtStatus::PENDING, NtStatus::DATA_NOT_ACCEPTED] {
        let (seen, _) = visited(&stage, CONNECTION, move |_, _| status(answer));
        assert_eq!(seen, (false, true), "every other answer refuses");
        let found = stage.only();
        assert_eq!((found.rule, found.blame), ("A-5", BY_ACCEPT));
        assert_eq!(stage.name(found.socket), "L");
    }
    for (answer, aborted) in [(OK, false), (REFUSES, true)] {
        let (seen, accepted) = visited(&stage, CONNECTION, move |_, _| status(answer));
        assert_eq!(seen, (false, aborted));
        assert_eq!(stage.has_let_go(&Held::Socket(accepted)), aborted);
        assert_eq!(stage.rules(), [""; 0]);
    }
}

#[test]
pub(crate) fn a_5_a_socket_that_is_refused_is_not_touched() {
    let stage = Stage::new();
    for (answer, rules) in [(REFUSES, ["A-5 B"].as_slice()), (OK, &[])] {
        let (seen, _) = visited(&stage, CONNECTION, move |stage, accepted| {
            let closed = stage.close(Some(&Request::new("close")), accepted);
            assert_eq!(closed, OK);
            status(answer)
        });
        assert_eq!(seen, (false, true));
        assert_eq!(stage.rules(), rules);
    }
}

#[test]
pub(crate) fn u_22_an_accept_event_that_gives_no_answer_refuses() {
    let stage = Stage::new();
    for returned in [Returned::Nothing, Returned::Raised("an error".to_owned())] {
        let (seen, _) = visited(&stage, CONNECTION, move |_, _| Answer::plain(returned.clone()));
        assert_eq!(seen, (false, true));
        let found = stage.only();
        assert_eq!((found.rule, found.blame), ("U-22", BY_ACCEPT));
    }
    let (seen, _) = visited(&stage, CONNECTION, |_, _| status(REFUSES));
    assert_eq!((seen, stage.rules()), ((false, true), vec![]), "a refusal is an answer");
}

#[test]
pub(crate) fn l_3_a_socket_takes_the_table_of_its_category() {
    let stage = Stage::new();
    let made = |flags, given: Given, has_context| {
        stage.socket_of(Some(&Request::new("socket")), "A", flags, given, has_context)
    };
    for (flags, given, words) in [
        (CONNECTION_SOCKET, LISTENER, "a WSK_CLIENT_LISTEN_DISPATCH"),
        (LISTEN_SOCKET, CONNECTION, "a WSK_CLIENT_CONNECTION_DISPATCH"),
        (DATAGRAM_SOCKET, CONNECTION, "a WSK_CLIENT_CONNECTION_DISPATCH"),
        (8, DATAGRAM, "a WSK_CLIENT_DATAGRAM_DISPATCH"),
        (BASIC_SOCKET, LISTENER, "a WSK_CLIENT_LISTEN_DISPATCH"),
    ] {
        assert_eq!(made(flags, given.into(), false), INVALID);
        let found = stage.only();
        assert_eq!((found.rule, found.socket, found.blame), ("L-3", 0, Blame::Caller));
        assert!(found.found.starts_with(&format!("WskSocket was given {words} as Dispatch")));
    }
    assert_eq!(made(BASIC_SOCKET, TableKind::Unknown.into(), false), INVALID);
    assert_eq!(
        stage.only().found,
        "WskSocket was given a table as Dispatch, where no table belongs"
    );
    for (flags, given) in [
        (CONNECTION_SOCKET, CONNECTION),
        (LISTEN_SOCKET, LISTENER),
        (DATAGRAM_SOCKET, DATAGRAM),
        (LISTEN_SOCKET, 0),
        (BASIC_SOCKET, 0),
    ] {
        assert_eq!(made(flags, given.into(), false), OK);
    }
    assert_eq!(made(8, TableKind::Stream.into(), true), OK);
    assert_eq!(made(LISTEN_SOCKET, TableKind::Unknown.into(), true), OK, "nobody can tell");
    assert_eq!(made(3, LISTENER.into(), true), INVALID, "two categories are none (L-2)");
    assert_eq!(made(BASIC_SOCKET, 0.into(), true), INVALID, "it has no context (O-4)");
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn l_4_and_l_5_a_connection_takes_its_own_table() {
    let stage = Stage::new();
    let listener = stage.listener(0);
    let far = stage.turn(|turn| turn.remote_listen(local(0))).expect("a free port").1;
    let connects =
        |given: Given| stage.socket_connect(Some(&Request::new("connect")), "A", far, given);
    let accepts = |given: Given| {
        stage.remote_connect(listener);
        stage.accept(Some(&Request::new("accept")), listener, "B", given)
    };
    for wrong in [Given::from(LISTENER), DATAGRAM.into(), TableKind::Stream.into()] {
        assert_eq!(connects(wrong.clone()), INVALID);
        assert_eq!(stage.rules(), ["L-4 -"]);
        assert_eq!(accepts(wrong), INVALID);
        assert_eq!(stage.rules(), ["L-5 L"]);
    }
    for right in [Given::from(CONNECTION), TableKind::Null.into(), TableKind::Unknown.into()] {
        assert_eq!(connects(right.clone()), OK);
        assert_eq!(accepts(right), OK);
    }
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn a_7_the_addresses_of_an_accept_event_are_read_while_it_runs() {
    let stage = Stage::new();
    let listener = stage.listener(event::ACCEPT);
    let loan = std::rc::Rc::new(std::cell::RefCell::new(None));
    let kept = std::rc::Rc::clone(&loan);
    stage.supplied(listener).expect("it is open").on("WskAcceptEvent", move |stage, heard| {
        let lent = heard.loan.clone().expect("addresses");
        let may = stage.with(|door, app| door.may_use(app, &lent, "LocalAddress"));
        assert_eq!(may, Ok(true));
        *kept.borrow_mut() = Some(lent);
        status(OK)
    });
    stage.remote_connect(listener);
    stage.drive();
    assert_eq!(stage.rules(), [""; 0], "the twin: read inside");
    let lent = loan.borrow().clone().expect("it was called");
    let may = stage.with(|door, app| door.may_use(app, &lent, "LocalAddress"));
    assert_eq!(may, Ok(false));
    let found = stage.only();
    assert_eq!((found.rule, found.socket, found.blame), ("A-7", listener, Blame::Caller));
    assert_eq!(found.found, "LocalAddress of WskAcceptEvent was read later");
}
