//! What an application can do wrong with its IRPs, and the repaired twin of each.

use crate::driver::Request;
use crate::stage::{INVALID, OK, PENDING, Stage};
use std::rc::Rc;
use wsksim::core::irql::Irql;
use wsksim::core::status::NtStatus;
use wsksim::provider::processor::here;
use wsksim::provider::{
    Asked, Blame, Buffer, Irp, Moment, RoutineAnswer, Switches, function, request_of_nobody,
};

/// What a completion routine answers.
pub(crate) fn kept() -> RoutineAnswer {
    RoutineAnswer::Status(NtStatus::MORE_PROCESSING_REQUIRED)
}

fn send(stage: &Stage, request: &Rc<Request>, socket: u64) -> NtStatus {
    stage.send(Some(request), socket, b"x", 0)
}

#[test]
pub(crate) fn i_3_a_routine_keeps_its_irp() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    for (answer, told) in [
        (RoutineAnswer::Status(OK), "returned 0x00000000 (STATUS_SUCCESS)"),
        (RoutineAnswer::Nothing, "returned nothing"),
        (RoutineAnswer::Other("a word".to_owned()), "returned a word"),
        (RoutineAnswer::Raised("an error".to_owned()), "raised an error"),
    ] {
        let request = Request::new("send");
        request.runs(move |_| answer.clone());
        assert_eq!(send(&stage, &request, socket), OK, "it is completed all the same");
        let found = stage.only();
        assert_eq!((found.rule, found.socket, found.blame), ("I-3", socket, Blame::Routine));
        assert_eq!(found.found, format!("the completion routine of WskSend {told}"));
    }
    let request = Request::new("send");
    request.runs(|_| kept());
    assert_eq!(send(&stage, &request, socket), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn i_3_an_irp_is_reused_before_its_next_request() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let request = Request::new("send");
    assert_eq!(send(&stage, &request, socket), OK);
    assert_eq!(request.irp.reuse(), Ok(true));
    assert_eq!(send(&stage, &request, socket), OK);
    assert_eq!(stage.rules(), [""; 0]);
    assert_eq!(send(&stage, &request, socket), OK);
    assert_eq!(stage.only().found, "WskSend was given a completed IRP without IoReuseIrp");
}

#[test]
pub(crate) fn i_3_a_routine_is_set_for_every_outcome() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let all = Switches::ALL;
    for (routine, switches) in [
        (false, Switches::NONE),
        (false, all),
        (true, Switches { success: false, ..all }),
        (true, Switches { error: false, ..all }),
        (true, Switches { cancel: false, ..all }),
    ] {
        let request = Request::with("send", Irp::new(false));
        request.irp.set_routine(routine, switches).expect("no request has it");
        assert_eq!(send(&stage, &request, socket), OK);
        let found = stage.only();
        assert_eq!((found.rule, found.blame), ("I-3", Blame::Caller));
        assert!(found.found.ends_with("called in all three cases"), "{}", found.found);
    }
    let request = Request::with("send", Irp::new(false));
    request.irp.set_routine(true, all).expect("no request has it");
    assert_eq!(send(&stage, &request, socket), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn i_3_an_irp_that_is_under_way_or_freed_is_let_alone() {
    let stage = Stage::new();
    let (socket, end) = stage.remote_pair(0);
    let request = Request::new("receive");
    assert_eq!(stage.receive(Some(&request), socket, 4, 0), PENDING);
    assert_eq!(send(&stage, &request, socket), INVALID);
    assert_eq!(stage.rules(), ["I-3 A"]);
    for misuse in [
        request.irp.reuse().map(|_| ()),
        request.irp.free(),
        request.irp.set_routine(false, Switches::NONE),
    ] {
        let misuse = misuse.expect_err("its request is under way");
        assert_eq!((misuse.found, misuse.socket), ("the IRP's request is under way", socket));
    }
    stage.remote_send(end, b"data");
    stage.drive();
    assert_eq!(request.only(), (OK, 4), "its request goes on");

    assert_eq!(request.irp.free(), Ok(()), "the twin: nobody has it any more");
    assert_eq!(stage.rules(), [""; 0]);
    assert_eq!(send(&stage, &request, socket), INVALID);
    assert_eq!(stage.only().found, "WskSend was given an IRP that had been given to IoFreeIrp");
    assert!(request.irp.cancel().is_err() && request.irp.check_there().is_err());
}

#[test]
pub(crate) fn i_3_a_request_that_names_no_client_is_judged_too() {
    let stage = Stage::new();
    let nobody = |request: &Rc<Request>| {
        stage.asking(Some(request), |_, app| {
            request_of_nobody(app, &function::SOCKET, Some(&request.irp))
        })
    };
    let request = Request::new("socket");
    assert_eq!(nobody(&request), Ok(NtStatus::INVALID_HANDLE));
    assert_eq!(request.only(), (NtStatus::INVALID_HANDLE, 0));
    assert_eq!(stage.rules(), [""; 0]);
    assert_eq!(nobody(&request), Ok(NtStatus::INVALID_HANDLE));
    assert_eq!(stage.rules(), ["I-3 -"], "it was completed, and not reused");
}

#[test]
pub(crate) fn i_2_an_irp_has_a_stack_location() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let bare = Request::with("send", Irp::new(true));
    bare.irp.set_locations(0);
    assert_eq!(send(&stage, &bare, socket), INVALID);
    let found = stage.only();
    assert_eq!((found.rule, found.socket, found.blame), ("I-2", socket, Blame::Caller));
    assert_eq!(found.found, "WskSend was given an IRP without a stack location");
    assert_eq!(bare.done.borrow().len(), 0, "its routine would stand in that location");
    bare.irp.set_locations(2);
    assert_eq!(send(&stage, &bare, socket), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn i_9_memory_is_not_freed_while_a_request_waits_with_it() {
    let stage = Stage::new();
    let (socket, end) = stage.remote_pair(0);
    let frees = |block| stage.with(|door, app| door.may_free(app, "IoFreeMdl", block));
    let waits = |mdls: &[u64]| {
        let request = Request::new("receive");
        *request.mdls.borrow_mut() = mdls.to_vec();
        assert_eq!(stage.receive(Some(&request), socket, 4, 0), PENDING);
        request
    };
    let (first, second) = (waits(&[7, 8]), waits(&[8]));
    for block in [7, 8] {
        assert_eq!(frees(block), Ok(false));
        let found = stage.only();
        assert_eq!((found.rule, found.socket, found.blame), ("I-9", socket, Blame::Caller));
        let told = "IoFreeMdl was given memory of WskReceive, whose request is under way";
        assert_eq!(found.found, told);
        assert!(matches!(found.before, Some(Moment::Waits(_))), "{:?}", found.before);
    }
    assert_eq!(frees(9), Ok(true), "nobody waits with it");
    stage.remote_send(end, b"data");
    stage.drive();
    assert_eq!(first.only(), (OK, 4));
    assert_eq!(frees(7), Ok(true), "the twin: its request is completed");
    assert_eq!(stage.rules(), [""; 0]);
    assert_eq!(frees(8), Ok(false), "the other request waits");
    assert_eq!(stage.rules(), ["I-9 A"]);
    assert_eq!(stage.close(Some(&Request::new("close")), socket), PENDING);
    stage.drive();
    assert_eq!(second.only(), (NtStatus::CANCELLED, 0));
    assert_eq!(frees(8), Ok(true));
    let routine = Request::new("send");
    *routine.mdls.borrow_mut() = vec![5];
    let (other, _) = stage.named_pair("B", 0);
    assert_eq!(stage.send(Some(&routine), other, b"x", 0), OK);
    assert_eq!(frees(5), Ok(true), "it was completed at once");
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn i_9_memory_that_was_freed_is_given_to_no_request() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let asks = |freed| {
        let buffer = Buffer { offset: 0, length: 4, memory: Some(0), freed };
        let refusal = buffer.refusal("WskSend").expect("there are no bytes");
        let request = Request::new("send");
        assert_eq!(stage.refused((&function::SEND, socket), Some(&request), refusal), INVALID);
        assert_eq!(request.only(), (INVALID, 0), "it is completed all the same (I-4)");
    };
    asks(true);
    let found = stage.only();
    assert_eq!((found.rule, found.socket, found.blame), ("I-9", socket, Blame::Caller));
    assert_eq!(found.before, Some(Moment::MemoryFreed));
    asks(false);
    assert_eq!(stage.rules(), ["U-48 A"], "it was never freed, and is short");
    let whole = Buffer { offset: 0, length: 4, memory: Some(4), freed: false };
    assert_eq!(whole.refusal("WskSend"), None, "the twin");
    assert_eq!(stage.send(Some(&Request::new("send")), socket, b"data", 0), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
pub(crate) fn i_10_an_irp_from_a_higher_driver_may_go_without_routine() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let request = Request::with("send", Irp::new(false));
    request.irp.set_from_above();
    assert_eq!(send(&stage, &request, socket), OK);
    let passed = Request::new("send");
    passed.irp.set_from_above();
    passed.runs(|_| RoutineAnswer::Status(OK));
    assert_eq!(send(&stage, &passed, socket), OK, "it goes back to the higher driver");
    assert_eq!(stage.rules(), [""; 0]);
    let own = Request::with("send", Irp::new(false));
    assert_eq!(send(&stage, &own, socket), OK);
    assert_eq!(stage.rules(), ["I-3 A"]);
}

#[test]
pub(crate) fn q_2_a_routine_returns_at_its_level() {
    let stage = Stage::new();
    let (socket, _) = stage.remote_pair(0);
    let request = Request::new("send");
    request.runs(|_| {
        here().set_level(Irql::Dispatch);
        kept()
    });
    assert_eq!(send(&stage, &request, socket), OK);
    let found = stage.only();
    assert_eq!((found.rule, found.socket, found.blame), ("Q-2", socket, Blame::Routine));
    assert_eq!(here().level(), Irql::Passive, "the level is put back");
    let twin = Request::new("send");
    twin.runs(|_| {
        here().set_level(Irql::Dispatch);
        here().set_level(Irql::Passive);
        kept()
    });
    assert_eq!(send(&stage, &twin, socket), OK);
    assert_eq!(stage.rules(), [""; 0]);
}

#[test]
fn a_finding_that_is_raised_ends_the_call_and_what_was_begun_is_over() {
    let stage = Stage::raising();
    let (socket, end) = stage.remote_pair(wsksim::wsk::event::RECEIVE);
    let request = Request::new("disconnect");
    let asked = Asked::of_socket(&function::DISCONNECT, socket, Some(&request.irp));
    let raised = stage.asking(Some(&request), |door, app| {
        door.request(app, asked, |turn, irp| turn.disconnect(socket, None, 2, irp))
    });
    assert!(raised.is_err());
    assert_eq!(request.only(), (INVALID, 0), "its IRP is completed");
    stage.supplied(socket).expect("it is open").answers("WskReceiveEvent", kept_nothing());
    stage.remote_send(end, b"x");
    assert!(stage.try_drive().is_err());
    assert_eq!(stage.rules(), ["C-2 A", "U-22 A"]);
    assert_eq!(stage.close(Some(&Request::new("close")), socket), OK, "no callback runs");
    for (name, count) in stage.turn(|turn| turn.pending()) {
        assert_eq!(count, 0, "{name}");
    }
}

fn kept_nothing() -> wsksim::provider::Returned {
    wsksim::provider::Returned::Nothing
}
