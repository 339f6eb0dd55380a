//! What an application can do wrong with its registration and its client, and the repaired twin of each.

use crate::driver::Request;
use crate::stage::{INVALID, OK, Stage};
use crate::verbs::{CONNECTION, CONNECTION_SOCKET, of_events};
use std::time::Duration;
use wsksim::core::status::NtStatus;
use wsksim::provider::{Blame, Holders, Look, Patience, Say, Wait};
use wsksim::wsk::event;

#[test]
pub(crate) fn o_12_a_registration_is_deregistered_once() {
    let stage = Stage::new();
    assert!(stage.release_npi(false));
    assert!(stage.deregister(false));
    assert_eq!(stage.rules(), [""; 0], "the twin: each success of WskRegister is paired");
    for (call, rule, text) in [
        (
            Stage::deregister as fn(&Stage, bool) -> bool,
            "O-12",
            "WskDeregister was given a registration",
        ),
        (Stage::release_npi, "O-13", "WskReleaseProviderNPI was given a registration"),
    ] {
        assert!(!call(&stage, true));
        let found = stage.only();
        assert_eq!((found.rule, found.socket, found.blame), (rule, 0, Blame::Caller));
        assert!(found.found.starts_with(text) && found.found.ends_with("deregistered before"));
    }
}

#[test]
pub(crate) fn o_13_a_capture_is_released_once() {
    let stage = Stage::new();
    let (status, _) = stage.turn(|turn| turn.capture(stage.registration()));
    assert_eq!(status, OK);
    assert!(stage.release_npi(false) && stage.release_npi(false));
    assert_eq!(stage.rules(), [""; 0], "the twin: released as often as it was captured");
    assert!(!stage.release_npi(false));
    assert_eq!(stage.rules(), ["O-13 -"]);
}

#[test]
pub(crate) fn o_17_a_wait_that_cannot_end_is_found_and_one_that_ends_is_not() {
    let stage = Stage::new();
    let socket = stage.bound("A", CONNECTION_SOCKET, CONNECTION);
    let mut patience = Patience::default();
    let mut look = |idle, after| patience.look(idle, true, Duration::from_millis(after), None);
    assert!(!stage.deregister(false), "a socket and a capture hold it");
    assert_eq!((look(true, 0), look(true, 199)), (Say::Nothing, Say::Nothing));
    assert_eq!((look(true, 200), look(true, 300)), (Say::Stuck, Say::Nothing));
    let holders = stage.with(|door, _| door.holders(stage.registration()));
    assert_eq!(holders, Holders { sockets: vec![socket], captures: 1, requests: 0 });
    let words = holders.words(|socket| Ok::<_, ()>(format!("socket {}", stage.name(socket))));
    let words = words.expect("a name");
    stage.with(|door, app| door.report_stuck(app, &words)).expect("nothing is raised");
    let found = stage.only();
    assert_eq!((found.rule, found.socket, found.blame), ("O-17", 0, Blame::Caller));
    let captures = "1 capture that WskReleaseProviderNPI did not give back";
    let told = format!("it is held by socket A, {captures}");
    assert!(found.found.ends_with(&told), "{}", found.found);

    assert!(stage.release_npi(false));
    assert!(!stage.deregister(false), "the socket holds it still");
    assert_eq!(stage.close(Some(&Request::new("close")), socket), OK);
    assert!(stage.deregister(false));
    let (mut other, mut waited) = (Patience::default(), Duration::ZERO);
    for (idle, alone) in [(true, true), (false, true), (true, false), (true, true), (false, true)] {
        // Others drive or are there now and then: nobody says that the wait cannot end.
        waited += Duration::from_millis(150);
        assert_eq!(other.look(idle, alone, waited, None), Say::Nothing);
    }
    assert_eq!(other.look(true, true, Duration::from_secs(1), None), Say::Waits);
    assert_eq!(other.look(true, true, Duration::from_secs(2), None), Say::Stuck, "now nothing can");
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
fn a_request_of_the_client_holds_its_registration() {
    let stage = Stage::new();
    let request = Request::new("change");
    let record = Some(&request.irp);
    let asked = wsksim::provider::Asked::of_client(
        &wsksim::provider::function::CONTROL_CLIENT,
        stage.registration(),
        record,
    );
    let client = stage.client();
    let asked = stage.asking(Some(&request), |door, app| {
        door.request(app, asked, |turn, irp| turn.transport_list_change(client, irp))
    });
    assert_eq!(asked, Ok(NtStatus::PENDING));
    assert!(stage.release_npi(false));
    assert!(!stage.deregister(false), "its completion has not run (O-18)");
    stage.drive();
    assert_eq!(stage.heard(), ["change CANCELLED 0"]);
    assert!(stage.deregister(false));
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn e_21_static_events_precede_the_first_socket() {
    let stage = Stage::new();
    assert_eq!(stage.statics(None, of_events(event::RECEIVE)), OK);
    let socket = stage.new_socket("A", CONNECTION_SOCKET, CONNECTION);
    assert_eq!(stage.statics(None, of_events(event::RECEIVE)), OK, "it adds nothing (U-19)");
    assert_eq!(stage.rules(), [""; 0]);
    let more = stage.statics(None, of_events(event::RECEIVE | event::DISCONNECT));
    assert_eq!(more, NtStatus::INVALID_DEVICE_STATE);
    assert_eq!(stage.rules(), ["E-21 -"]);
    assert_eq!(stage.turn(|turn| turn.enabled_events(socket)), event::RECEIVE);
}

#[test]
pub(crate) fn e_22_static_events_take_no_irp() {
    let stage = Stage::new();
    let request = Request::new("static");
    assert_eq!(stage.statics(Some(&request), of_events(event::RECEIVE)), INVALID);
    assert_eq!(request.only(), (INVALID, 0), "it is completed all the same (I-4)");
    assert_eq!(stage.rules(), ["E-22 -"]);
    assert_eq!(stage.statics(None, of_events(event::RECEIVE)), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn u_42_nobody_deregisters_inside_a_callback() {
    let stage = Stage::new();
    let (socket, end) = stage.remote_pair(event::RECEIVE | event::DISCONNECT);
    let supplied = stage.supplied(socket).expect("it is open");
    for name in ["WskReceiveEvent", "WskDisconnectEvent"] {
        supplied.on(name, move |stage, _| {
            assert!(!stage.deregister(false), "it does nothing");
            crate::driver::succeeds(name)
        });
    }
    stage.remote_send(end, b"x");
    stage.turn(|turn| turn.remote_disconnect(end));
    stage.drive();
    let found = stage.findings();
    let told = found.iter().map(|one| (one.rule, one.socket)).collect::<Vec<_>>();
    assert_eq!(told, [("U-42", socket), ("U-42", socket)]);
    assert!(found[0].found.contains("WskReceiveEvent"), "{}", found[0].found);
    assert!(found[1].found.contains("WskDisconnectEvent"), "{}", found[1].found);

    let request = Request::new("send");
    request.runs(|stage| {
        assert!(!stage.deregister(false));
        crate::irps::kept()
    });
    assert_eq!(stage.send(Some(&request), socket, b"works", 0), OK);
    assert_eq!(stage.rules(), ["U-42 A"]);

    assert_eq!(stage.close(Some(&Request::new("close")), socket), OK);
    assert!(stage.release_npi(false) && stage.deregister(false), "outside of callbacks");
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
fn a_capture_waits_for_the_provider_as_long_as_it_was_told() {
    let stage = Stage::new();
    let registration = stage.registration();
    let look = |timeout, waited| {
        let wait = Wait { timeout, waited: Duration::from_millis(waited) };
        stage.with(|door, app| door.capture(app, registration, wait, false)).expect("not raised")
    };
    let absent = Look::Over(NtStatus::DEVICE_NOT_READY, 0);
    stage.turn(|turn| turn.set_provider_ready(false));
    assert_eq!(look(0, 0), absent);
    assert_eq!(look(50, 20), Look::Waits(Some(Duration::from_millis(30))));
    assert_eq!((look(50, 50), look(50, 70)), (absent, absent));
    assert_eq!(look(u32::MAX, 1 << 40), Look::Waits(None));
    assert_eq!(stage.rules(), [""; 0]);
    stage.level(wsksim::core::irql::Irql::Dispatch);
    assert_eq!(look(50, 20), absent, "it may not wait there");
    stage.level(wsksim::core::irql::Irql::Passive);
    assert_eq!(stage.rules(), ["Q-3 -"]);
    stage.turn(|turn| turn.set_provider_ready(true));
    assert_eq!(look(0, 0), Look::Over(OK, stage.client()));
    let other = stage
        .with(|door, app| door.capture(app, 0, Wait { timeout: 0, waited: Duration::ZERO }, false));
    assert_eq!(other, Ok(absent), "it is not registered");
}
