//! What an application can do wrong where it accepts connections, and the repaired twin of each.

use crate::callbacks::status;
use crate::driver::Request;
use crate::stage::{OK, Stage};
use crate::verbs::CONNECTION;
use wsksim::core::status::NtStatus;
use wsksim::provider::{Answer, Blame, Held, Returned};
use wsksim::wsk::{State, event};

const REFUSES: NtStatus = NtStatus::REQUEST_NOT_ACCEPTED;
const BY_ACCEPT: Blame = Blame::Callback("WskAcceptEvent");

/// A listener whose `WskAcceptEvent` answers so; what its remote end saw, and the number of the socket that was shown.
fn visited(stage: &Stage, answer: impl Fn(&Stage, u64) -> Answer + 'static) -> ((bool, bool), u64) {
    let listener = stage.listener(event::ACCEPT);
    let shown = std::rc::Rc::new(std::cell::Cell::new(0));
    let seen = std::rc::Rc::clone(&shown);
    stage.supplied(listener).expect("it is open").on("WskAcceptEvent", move |stage, heard| {
        seen.set(heard.accepted);
        answer(stage, heard.accepted)
    });
    stage.expect_accepted("B", CONNECTION);
    let end = stage.remote_connect(listener);
    stage.drive();
    (stage.turn(|turn| turn.remote_seen(end)), shown.get())
}

#[test]
fn l_6_what_the_accept_event_writes_is_a_table() {
    let stage = Stage::new();
    let (seen, accepted) = visited(&stage, |_, _| Answer {
        no_table: Some("WskAcceptEvent wrote a WSK_CLIENT_LISTEN_DISPATCH".to_owned()),
        ..status(OK)
    });
    assert_eq!(seen, (false, true), "the connection is refused");
    let found = stage.only();
    assert_eq!((found.rule, found.socket, found.blame), ("L-6", accepted, BY_ACCEPT));
    assert!(stage.has_let_go(&Held::Socket(accepted)));

    let (seen, accepted) = visited(&stage, |_, _| status(OK));
    assert_eq!(seen, (false, false));
    assert_eq!(stage.turn(|turn| turn.state(accepted)), Some(State::Open));
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
fn a_5_the_accept_event_keeps_the_connection_or_refuses_it() {
    let stage = Stage::new();
    for answer in [NtStatus::from_bits(0x12345), NtStatus::PENDING, NtStatus::DATA_NOT_ACCEPTED] {
        let (seen, _) = visited(&stage, move |_, _| status(answer));
        assert_eq!(seen, (false, true), "every other answer refuses");
        let found = stage.only();
        assert_eq!((found.rule, found.blame), ("A-5", BY_ACCEPT));
        assert_eq!(stage.name(found.socket), "L");
    }
    for (answer, aborted) in [(OK, false), (REFUSES, true)] {
        let (seen, accepted) = visited(&stage, move |_, _| status(answer));
        assert_eq!(seen, (false, aborted));
        assert_eq!(stage.has_let_go(&Held::Socket(accepted)), aborted);
        assert_eq!(stage.rules(), [""; 0]);
    }
}

#[test]
fn a_5_a_socket_that_is_refused_is_not_touched() {
    let stage = Stage::new();
    for (answer, rules) in [(REFUSES, ["A-5 B"].as_slice()), (OK, &[])] {
        let (seen, _) = visited(&stage, move |stage, accepted| {
            let closed = stage.close(Some(&Request::new("close")), accepted);
            assert_eq!(closed, OK);
            status(answer)
        });
        assert_eq!(seen, (false, true));
        assert_eq!(stage.rules(), rules);
    }
}

#[test]
fn u_22_an_accept_event_that_gives_no_answer_refuses() {
    let stage = Stage::new();
    for returned in [Returned::Nothing, Returned::Raised("an error".to_owned())] {
        let (seen, _) = visited(&stage, move |_, _| Answer::plain(returned.clone()));
        assert_eq!(seen, (false, true));
        let found = stage.only();
        assert_eq!((found.rule, found.blame), ("U-22", BY_ACCEPT));
    }
}
