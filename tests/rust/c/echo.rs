//! A connection's life through the tables: accept, receive, send with a routine, disconnect, close.

use crate::driver::{Echo, OK, Seen};
use std::sync::atomic::Ordering;
use wsksim::c::{Driver, Whose};
use wsksim::core::irql::IrqlPolicy;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::provider::function;
use wsksim::wsk::{Completions, Policies, event};

fn live(echo: &Echo, flags: u32) {
    let (listener, address) = echo.listener();
    let remote = echo.arrive(address);
    assert_eq!(echo.take_seen(), [Seen::Accept(true)]);
    echo.driver.turn(|turn| turn.remote_send(remote, b"hello".to_vec()));
    echo.driver.drive().unwrap();
    let received = Seen::Receive(flags, b"hello".to_vec());
    assert_eq!(echo.take_seen(), [received, Seen::Done("WskSend", OK, 5)]);
    assert_eq!(echo.driver.turn(|turn| turn.remote_read(remote, 9)), b"hello");
    echo.driver.turn(|turn| turn.remote_disconnect(remote));
    assert_eq!(echo.driver.drive().unwrap(), 1);
    let answered = Seen::Done("WskDisconnect", OK, 0);
    assert_eq!(echo.take_seen(), [Seen::Disconnect(flags), answered]);
    assert_eq!(echo.driver.turn(|turn| turn.remote_seen(remote)), (true, false));
    let socket = echo.connections.lock().unwrap()[0].socket;
    echo.end(&[socket, listener], remote);
    assert_eq!(echo.findings(), []);
}

#[test]
fn a_connection_lives_through_the_tables() {
    live(&Echo::new(), 0);
}

#[test]
fn a_connection_lives_under_each_way_of_completion() {
    // I-18
    for completions in
        [Completions::Inline, Completions::Windows, Completions::Later, Completions::Drawn]
    {
        for plain in [false, true] {
            let policies = Policies { completions, plain, ..Policies::default() };
            live(&Echo::of(Driver::with(Options::default(), policies)), 0);
        }
    }
}

#[test]
fn requests_of_a_driver_pend_and_are_over_by_the_return() {
    // I-18: as mostly in Windows, unless asked otherwise; without a usable IRP the answer comes at once.
    let echo = Echo::new();
    let (listener, address) = echo.listener();
    let remote = echo.arrive(address);
    let socket = echo.connections.lock().unwrap()[0].socket;
    echo.take_seen();
    let (whose, send) = (Whose::Socket(socket), b"hello".to_vec());
    let ask =
        |data| echo.ask_later(&function::SEND, whose, |turn, id, irp| turn.send(id, data, 0, irp));
    assert_eq!(ask(send), NtStatus::PENDING);
    assert_eq!(echo.take_seen(), [Seen::Done("WskSend", OK, 5)]);
    echo.driver.turn(|turn| turn.remote_abort(remote));
    echo.driver.drive().unwrap();
    echo.take_seen();
    assert_eq!(ask(b"late".to_vec()), NtStatus::PENDING);
    let reset = NtStatus::CONNECTION_RESET.bits().cast_signed();
    assert_eq!(echo.take_seen(), [Seen::Done("WskSend", reset, 0)]);
    echo.end(&[socket, listener], remote);
    assert_eq!(echo.findings(), []);
}

#[test]
fn at_dispatch_level_every_callback_is_told_so() {
    live(&Echo::with(Options { irql: IrqlPolicy::Dispatch, ..Options::default() }), 8);
}

#[test]
fn an_abort_comes_with_its_flag() {
    let echo = Echo::new();
    let (listener, address) = echo.listener();
    let remote = echo.arrive(address);
    echo.driver.turn(|turn| turn.remote_abort(remote));
    echo.driver.drive().unwrap();
    let seen = echo.take_seen();
    assert_eq!(seen[..2], [Seen::Accept(true), Seen::Disconnect(1)]);
    let socket = echo.connections.lock().unwrap()[0].socket;
    echo.end(&[socket, listener], remote);
    assert_eq!(echo.findings(), []);
}

#[test]
fn events_are_enabled_inside_the_accept_event_once_its_table_is_written() {
    for (early, status) in [(false, NtStatus::SUCCESS), (true, NtStatus::INVALID_PARAMETER)] {
        let echo = Echo::new();
        echo.enables.0.store(event::RECEIVE, Ordering::Relaxed);
        echo.enables.1.store(early, Ordering::Relaxed);
        let (listener, address) = echo.bare_listener();
        let remote = echo.arrive(address);
        echo.driver.turn(|turn| turn.remote_send(remote, vec![1]));
        echo.driver.drive().unwrap();
        let mut expected = vec![Seen::Accept(true), Seen::Enabled(status)];
        if !early {
            expected.extend([Seen::Receive(0, vec![1]), Seen::Done("WskSend", OK, 1)]);
        }
        assert_eq!(echo.take_seen(), expected);
        let socket = echo.connections.lock().unwrap()[0].socket;
        echo.end(&[socket, listener], remote);
        assert_eq!(echo.findings(), []);
    }
}

#[test]
fn drives_do_not_nest_and_two_drivers_do_not_meet() {
    let (one, other) = (Echo::new(), Echo::new());
    let (first, address) = one.listener();
    let (second, _) = other.listener();
    let remote = one.arrive(address);
    assert_eq!(other.driver.drive().unwrap(), 0);
    assert_eq!(other.take_seen(), []);
    let ticket = one.driver.core().ticket().unwrap();
    assert!(one.driver.drive().is_err());
    drop(ticket);
    let socket = one.connections.lock().unwrap()[0].socket;
    one.end(&[socket, first], remote);
    other.end(&[second], 0);
}
