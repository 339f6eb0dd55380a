//! What an application can do wrong with its level, and the repaired twin of each.

use crate::driver::Request;
use crate::stage::{INVALID, OK, PENDING, Stage};
use wsksim::core::irql::Irql;
use wsksim::provider::{Blame, Control, Input, function, highest_of_socket};

/// Runs `act` at a level.
fn at<T>(stage: &Stage, level: Irql, act: impl FnOnce() -> T) -> T {
    stage.level(level);
    let result = act();
    stage.level(Irql::Passive);
    result
}

#[test]
fn i_12_a_wait_that_nothing_can_end_names_its_request() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let request = Request::new("receive");
    assert_eq!(stage.receive(Some(&request), socket, 4, 0), PENDING);
    let flight = request.irp.last().expect("it was given");
    stage.with(|door, app| door.report_endless(app, &flight)).expect("not raised");
    let found = stage.findings();
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!((one.rule, one.socket, one.blame), ("I-12", socket, Blame::Caller));
    assert!(one.found.starts_with("a wait for WskReceive cannot end"), "{}", one.found);
}

#[test]
fn q_1_each_function_has_its_highest_level() {
    let stage = Stage::new();
    let registers =
        || stage.with(|door, app| door.register(app, Some(0x0100))).expect("not raised");
    let captures =
        |waits| stage.with(|door, app| door.may_capture(app, waits)).expect("not raised");
    assert_eq!(at(&stage, Irql::Apc, registers), (INVALID, 0));
    assert!(!at(&stage, Irql::Dispatch, || captures(true)));
    assert!(!at(&stage, Irql::Apc, || stage.deregister(false)));
    let found = stage.findings();
    let told = found.iter().map(|one| (one.rule, one.socket, one.blame)).collect::<Vec<_>>();
    assert_eq!(told, [("Q-1", 0, Blame::Caller); 3]);
    assert_eq!(
        found[0].found,
        "WskRegister was called at APC_LEVEL, which it allows up to PASSIVE_LEVEL"
    );

    let (socket, _) = stage.remote_pair(0);
    let sent = at(&stage, Irql::Dispatch, || {
        assert!(captures(false), "it does not wait");
        stage.send(Some(&Request::new("send")), socket, b"x", 0)
    });
    assert_eq!(sent, OK);
    assert_eq!(registers().0, OK);
    assert!(captures(true));
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
fn u_29_a_call_above_its_level_does_nothing() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let query = || Control {
        request: 2,
        code: 0x4800_0016,
        level: 0,
        input: Input::None,
        has_input: false,
        output_size: 4096,
        has_output: true,
    };
    assert_eq!(highest_of_socket(2, query().code), Irql::Passive);
    let request = Request::new("query");
    let (status, _) = at(&stage, Irql::Dispatch, || stage.control(Some(&request), socket, query()));
    assert_eq!(status, INVALID);
    assert_eq!(request.only(), (INVALID, 0), "its IRP is completed (I-4)");
    assert_eq!(stage.rules(), ["Q-1 A"]);
    assert!(!at(&stage, Irql::Dispatch, || stage.deregister(false)));
    assert_eq!(stage.rules(), ["Q-1 -"]);
    let twin = stage.control(None, socket, query());
    assert_eq!(twin.0, OK);
    assert!(stage.release_npi(false), "it is registered still");
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
fn q_3_nothing_is_waited_for_at_dispatch() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let waits = || stage.with(|door, app| door.may_wait(app, "a wait", socket, false));
    assert_eq!(at(&stage, Irql::Dispatch, waits), Ok(false));
    let found = stage.only();
    assert_eq!((found.rule, found.socket, found.blame), ("Q-3", socket, Blame::Caller));
    for level in [Irql::Passive, Irql::Apc] {
        assert_eq!(at(&stage, level, waits), Ok(true));
    }
    assert_eq!(stage.rules(), [""; 0]);
    assert_eq!(function::SEND.highest, Irql::Dispatch);
}
