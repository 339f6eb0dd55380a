//! Wrong answers of C functions: each is a finding that names the function; the right answer is none.

use crate::driver::{
    Echo, OK, PENDING, Seen, accept_function, disconnect_function, receive_function,
};
use std::ptr;
use std::sync::atomic::Ordering;
use wsksim::c::Lending;
use wsksim::core::status::NtStatus;

const NOT_ACCEPTED: i32 = 0xC000_00D0_u32.cast_signed();

/// One connection whose remote sends and disconnects; what was found.
fn found(set: impl FnOnce(&Echo)) -> Vec<(&'static str, String)> {
    let echo = Echo::new();
    set(&echo);
    let (listener, address) = echo.listener();
    let remote = echo.arrive(address);
    echo.driver.turn(|turn| turn.remote_send(remote, b"hello".to_vec()));
    echo.driver.turn(|turn| turn.remote_disconnect(remote));
    echo.driver.drive().unwrap();
    let accepted = echo.accepts.load(Ordering::Relaxed) == OK;
    let socket = echo.connections.lock().unwrap()[0].socket;
    let sockets = if accepted { vec![socket, listener] } else { vec![listener] };
    echo.end(&sockets, remote);
    echo.findings()
}

#[test]
fn a_disconnect_event_that_answers_pending_is_found() {
    let wrong = found(|echo| echo.disconnects.store(PENDING, Ordering::Relaxed));
    assert_eq!(wrong, [("D-8", disconnect_function())]);
    assert_eq!(found(|_| ()), []);
}

#[test]
fn an_impossible_answer_of_the_accept_event_is_found_and_refuses() {
    let wrong = found(|echo| echo.accepts.store(PENDING, Ordering::Relaxed));
    assert_eq!(wrong, [("A-5", accept_function())]);
    assert_eq!(found(|echo| echo.accepts.store(NOT_ACCEPTED, Ordering::Relaxed)), []);
}

#[test]
fn more_bytes_accepted_than_indicated_are_found() {
    let wrong = found(|echo| echo.takes.store(6, Ordering::Relaxed));
    assert_eq!(wrong, [("G-16", receive_function())]);
    assert_eq!(found(|echo| echo.takes.store(5, Ordering::Relaxed)), []);
}

#[test]
fn a_receive_event_with_another_answer_is_found() {
    let wrong = found(|echo| echo.receives.store(0x17, Ordering::Relaxed));
    assert_eq!(wrong, [("G-16", receive_function())]);
}

#[test]
fn a_refused_socket_is_the_drivers_no_more() {
    let echo = Echo::new();
    echo.accepts.store(NOT_ACCEPTED, Ordering::Relaxed);
    let (listener, address) = echo.listener();
    let remote = echo.arrive(address);
    assert_eq!(echo.driver.turn(|turn| turn.remote_seen(remote)), (false, true));
    assert_eq!(echo.take_seen(), [Seen::Accept(true)]);
    let refused = echo.connections.lock().unwrap()[0].socket;
    assert_eq!(echo.close(refused), NtStatus::FILE_FORCED_CLOSED);
    assert_eq!(echo.findings(), [("C-16", String::new())]);
    echo.end(&[listener], remote);
}

#[test]
fn a_request_that_needs_an_irp_is_refused_without_one() {
    let echo = Echo::new();
    let (listener, _) = echo.listener();
    // SAFETY: NULL.
    let none = unsafe { Lending::of(ptr::null_mut()) };
    assert_eq!(echo.driver.close(listener, none), NtStatus::INVALID_PARAMETER);
    echo.end(&[listener], 0);
    assert_eq!(echo.findings(), []);
}
