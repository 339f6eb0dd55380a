//! What an application can do wrong with its level, and the repaired twin of each.

use crate::driver::Request;
use crate::stage::{INVALID, OK, PENDING, Stage, VERSION_1};
use std::time::Duration;
use wsksim::core::irql::Irql;
use wsksim::core::status::NtStatus;
use wsksim::provider::levels::{self, OutOfRange};
use wsksim::provider::processor;
use wsksim::provider::{
    Blame, Control, InputBuffer, OutputBuffer, Wait, function, highest_of_socket,
};

const INFINITE: Wait = Wait { timeout: u32::MAX, waited: Duration::ZERO };
const NO_WAIT: Wait = Wait { timeout: 0, waited: Duration::ZERO };

/// Runs `act` at a level.
fn at<T>(stage: &Stage, level: Irql, act: impl FnOnce() -> T) -> T {
    stage.level(level);
    let result = act();
    stage.level(Irql::Passive);
    result
}

#[test]
pub(crate) fn i_12_a_wait_that_nothing_can_end_names_its_request() {
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

    // One that is cancelled before the wait ends.
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let request = Request::new("receive");
    assert_eq!(stage.receive(Some(&request), socket, 4, 0), PENDING);
    let flight = request.irp.last().expect("it was given");
    assert!(stage.with(|door, _| door.cancel(&flight)));
    stage.drive();
    assert_eq!(request.done.borrow().as_slice(), [(NtStatus::CANCELLED, 0)]);
    assert_eq!(stage.findings(), []);
}

#[test]
pub(crate) fn q_1_each_function_has_its_highest_level() {
    let stage = Stage::new();
    let registers =
        || stage.with(|door, app| door.register(app, Some(VERSION_1), false)).expect("not raised");
    let captures = |wait| stage.with(|door, app| door.may_capture(app, wait)).expect("not raised");
    assert_eq!(at(&stage, Irql::Apc, registers), (INVALID, 0));
    assert!(!at(&stage, Irql::Dispatch, || captures(INFINITE)));
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
        assert!(captures(NO_WAIT), "it does not wait");
        stage.send(Some(&Request::new("send")), socket, b"x", 0)
    });
    assert_eq!(sent, OK);
    assert_eq!(registers().0, OK);
    assert!(captures(INFINITE));
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn u_29_a_call_above_its_level_does_nothing() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let query = || Control {
        request: 2,
        code: 0x4800_0016,
        level: 0,
        input: InputBuffer::NONE,
        output: OutputBuffer::of(4096),
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
pub(crate) fn q_3_nothing_is_waited_for_at_dispatch() {
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

#[test]
fn a_driver_raises_its_level_up_to_dispatch_and_lowers_it_again() {
    let (passive, apc, dispatch) = (Irql::Passive, Irql::Apc, Irql::Dispatch);
    assert_eq!(levels::raise(Some(apc)), Ok(passive));
    assert_eq!(levels::raise(Some(passive)), Err(OutOfRange { lowest: apc, highest: dispatch }));
    assert_eq!(levels::raise(None), Err(OutOfRange { lowest: apc, highest: dispatch }));
    assert_eq!(levels::raise(Some(apc)), Ok(apc));
    assert_eq!(levels::lower(Some(dispatch)), Err(OutOfRange { lowest: passive, highest: apc }));
    assert_eq!(processor::here().level(), apc, "nothing has changed");
    assert_eq!(levels::raise(Some(dispatch)), Ok(apc));
    assert_eq!(levels::lower(Some(passive)), Ok(dispatch));
}
