//! Lists that a driver keeps, and buffers that it lends.

use crate::driver::{Echo, PENDING, Seen};
use std::ptr;
use std::sync::atomic::Ordering;
use wsksim::c::{MDL, WSK_BUF, Whose};
use wsksim::core::status::NtStatus;
use wsksim::provider::function;
use wsksim::wsk::event;

#[test]
fn a_list_is_kept_with_pending_and_given_back() {
    let echo = Echo::new();
    echo.receives.store(PENDING, Ordering::Relaxed);
    let (listener, address) = echo.listener();
    let remote = echo.arrive(address);
    echo.driver.turn(|turn| turn.remote_send(remote, b"kept".to_vec()));
    echo.driver.drive().unwrap();
    assert_eq!(echo.driver.holds().2, 1);
    let (socket, kept) = {
        let connections = echo.connections.lock().unwrap();
        (connections[0].socket, connections[0].kept.load(Ordering::Relaxed))
    };
    assert_eq!(echo.driver.release(socket, kept), NtStatus::SUCCESS);
    assert_eq!(echo.driver.holds().2, 0);
    assert_eq!(echo.driver.release(socket, ptr::null_mut()), NtStatus::INVALID_PARAMETER);
    assert_eq!(echo.findings(), []);
    // Once only; what is released is no list any more.
    assert_eq!(echo.driver.release(socket, kept), NtStatus::INVALID_PARAMETER);
    assert_eq!(echo.findings(), [("C-20", String::new())]);
    echo.end(&[socket, listener], remote);
}

#[test]
fn a_close_with_a_list_that_is_kept_is_found() {
    let echo = Echo::new();
    echo.receives.store(PENDING, Ordering::Relaxed);
    let (listener, address) = echo.listener();
    let remote = echo.arrive(address);
    echo.driver.turn(|turn| turn.remote_send(remote, b"kept".to_vec()));
    echo.driver.drive().unwrap();
    let socket = echo.connections.lock().unwrap()[0].socket;
    assert_eq!(echo.close(socket), NtStatus::SUCCESS);
    assert_eq!(echo.findings(), [("C-22", String::new())]);
    echo.close(listener);
}

#[test]
fn datagrams_are_kept_and_given_back_in_parts() {
    let echo = Echo::new();
    let (socket, address) = echo.datagrams();
    echo.receives.store(PENDING, Ordering::Relaxed);
    let (remote, _) = echo.driver.turn(|turn| turn.remote_datagram(address.with_port(0))).unwrap();
    for data in [b"one", b"two"] {
        let sent = echo.driver.turn(|turn| turn.remote_send_to(remote, data, address));
        assert_eq!(sent, NtStatus::SUCCESS);
    }
    echo.driver.drive().unwrap();
    let indicated = echo.take_seen().into_iter().map(|seen| match seen {
        Seen::ReceiveFrom(datagrams) => datagrams.len(),
        other => panic!("{other:?}"),
    });
    assert_eq!(indicated.sum::<usize>(), 2);
    let kept: Vec<_> = {
        let connections = echo.connections.lock().unwrap();
        connections.iter().map(|one| one.kept.load(Ordering::Relaxed)).collect()
    };
    for first in kept {
        assert_eq!(echo.driver.release(socket, first), NtStatus::SUCCESS);
    }
    assert_eq!(echo.driver.holds().2, 0);
    echo.end(&[socket], remote);
    assert_eq!(echo.findings(), []);
}

#[test]
fn a_receive_fills_the_chain_that_was_lent() {
    let echo = Echo::new();
    let (listener, address) = echo.listener();
    let remote = echo.arrive(address);
    let socket = echo.connections.lock().unwrap()[0].socket;
    assert_eq!(echo.enable(socket, event::RECEIVE | event::DISABLE), NtStatus::SUCCESS);
    echo.driver.turn(|turn| turn.remote_send(remote, b"abcdefgh".to_vec()));
    let (mut first, mut second) = ([0_u8; 4], [0_u8; 8]);
    let mut later = MDL::of(second.as_mut_ptr(), 8);
    let mut mdl = MDL { Next: &raw mut later, ..MDL::of(first.as_mut_ptr(), 4) };
    let buffer = WSK_BUF { Mdl: &raw mut mdl, Offset: 1, Length: 9 };
    let whose = Whose::Socket(socket);
    let (status, length) = echo.ask(|lending| {
        // SAFETY: the buffer lives until the request is over: `ask` waits for that.
        let lending = unsafe { lending.filling(buffer) };
        echo.driver.request(&function::RECEIVE, whose, lending, |turn, id, irp| {
            turn.receive(id, 9, 0, irp)
        })
    });
    assert_eq!((status, length), (NtStatus::SUCCESS, 8));
    // SAFETY: the chain is there.
    assert_eq!(unsafe { buffer.read() }, b"abcdefgh\0");
    assert_eq!((first, second), (*b"\0abc", *b"defgh\0\0\0"));
    echo.end(&[socket, listener], remote);
    assert_eq!(echo.findings(), []);
}
