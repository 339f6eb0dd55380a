//! IRPs: what the machine's lock leaves open. Cancel, completion, close, disable and deregistration race
//! for it; an IRP is completed by whoever fetches its errand, and may be used again from there on.

use crate::machine::{CANCELLED, Kernel, OK, PENDING, model, thread};
use crate::stage::reach;
use std::sync::Arc;
use wsksim::core::status::NtStatus;
use wsksim::wsk::{Npi, event};

fn receive(kernel: &Kernel, irp: u64) -> NtStatus {
    kernel.ask(irp, |turn| turn.receive(kernel.socket, 4, 0, irp))
}

fn disable(kernel: &Kernel, irp: u64) -> NtStatus {
    let mask = event::DISCONNECT | event::DISABLE;
    let status = kernel.ask(irp, |turn| turn.event_callback(kernel.socket, Npi::Wsk, mask, irp));
    if status == OK {
        // Ordered behind the call that may have run: loom looks at the witness.
        let _ = kernel.calls();
    }
    status
}

fn cancel(kernel: &Kernel, irp: u64) -> bool {
    kernel.turn(|turn| turn.cancel(irp))
}

/// Performs what is left, and whatever that brings.
fn drain(kernel: &Arc<Kernel>) {
    kernel.drive();
    while kernel.perform() {}
    kernel.check_quiet();
}

#[test]
fn l11_cancel_against_completion_against_reuse() {
    // Property: one end per request; a cancel that lost leaves it and its successor alone (I-4, I-6, I-12).
    let outcomes = ["L11 cancelled", "L11 received", "L11 used again", "L11 too late"];
    model("L11 cancel", &outcomes, || {
        let kernel = Kernel::new();
        assert_eq!(receive(&kernel, 1), PENDING);
        let canceller = thread(&kernel, |kernel| cancel(kernel, 1));
        let peer = thread(&kernel, |kernel| {
            assert_eq!(kernel.turn(|turn| turn.remote_send(kernel.remote, b"x".to_vec())), OK);
        });
        // Over as soon as its routine ran: the application makes its next request at once.
        let again = kernel.perform();
        if again {
            reach("L11 used again");
            receive(&kernel, 2);
        }
        let cancelled = canceller.join().unwrap();
        peer.join().unwrap();
        assert!(!again || !cancel(&kernel, 1), "its request is over");
        if again && !cancelled {
            reach("L11 too late");
        }
        drain_all(&kernel, again);
        reach(if cancelled { "L11 cancelled" } else { "L11 received" });
        let first = if cancelled { (CANCELLED, Vec::new()) } else { (OK, b"x".to_vec()) };
        assert_eq!(kernel.end_of(1), first);
        // What the first one did not get was not lost with it (I-13).
        let second: &[u8] = if cancelled { b"x" } else { b"y" };
        assert_eq!(kernel.end_of(2), (OK, second.to_vec()));
        kernel.check_quiet();
    });
}

/// Lets both receives end: the first may wait to be performed, the second for data.
fn drain_all(kernel: &Arc<Kernel>, again: bool) {
    while kernel.perform() {}
    if !again {
        receive(kernel, 2);
    }
    kernel.turn(|turn| turn.remote_send(kernel.remote, b"y".to_vec()));
    while kernel.perform() {}
}

#[test]
fn l11_close_against_cancel() {
    // Property: a close ends what is pending once, and is complete behind it (I-4, C-9, C-14).
    let outcomes = ["L11 cancelled first", "L11 closed first", "L11 close pends", "L11 close done"];
    model("L11 close", &outcomes, || {
        let kernel = Kernel::new();
        assert_eq!(receive(&kernel, 1), PENDING);
        let canceller = thread(&kernel, |kernel| {
            reach(if cancel(kernel, 1) { "L11 cancelled first" } else { "L11 closed first" });
        });
        let closer = thread(&kernel, |kernel| {
            let status = kernel.ask(2, |turn| turn.close(kernel.socket, 2));
            reach(if status == PENDING { "L11 close pends" } else { "L11 close done" });
            if status == OK {
                // Told that nothing is left: ordered behind the routine of the receive.
                assert_eq!(kernel.end_of(1).0, CANCELLED);
            }
        });
        kernel.perform();
        canceller.join().unwrap();
        closer.join().unwrap();
        while kernel.perform() {}
        assert_eq!((kernel.end_of(1).0, kernel.end_of(2).0), (CANCELLED, OK));
        assert_eq!(kernel.turn(|turn| turn.state(kernel.socket)), None);
        assert_eq!(kernel.core.counts().open, 0);
        kernel.check_quiet();
    });
}

#[test]
fn l11_disables_that_wait_for_the_call() {
    // Property: each of two disables ends once, with success, when no call runs any more (E-13, U-37).
    let outcomes = ["L11 both wait", "L11 one waits", "L11 none waits"];
    model("L11 disables", &outcomes, || {
        let kernel = Kernel::new();
        let enable =
            kernel.turn(|turn| turn.event_callback(kernel.socket, Npi::Wsk, event::DISCONNECT, 0));
        assert_eq!(enable.status, OK);
        assert_eq!(kernel.turn(|turn| turn.remote_disconnect(kernel.remote)), OK);
        let driver = thread(&kernel, |kernel| kernel.drive());
        let other = thread(&kernel, |kernel| disable(kernel, 1));
        let waiting = [disable(&kernel, 2), other.join().unwrap()];
        driver.join().unwrap();
        reach(match waiting.into_iter().filter(|status| *status == PENDING).count() {
            0 => "L11 none waits",
            1 => "L11 one waits",
            _ => "L11 both wait",
        });
        drain(&kernel);
        assert_eq!((kernel.end_of(1).0, kernel.end_of(2).0), (OK, OK));
        // Called before, or remembered (D-22).
        let counts = kernel.core.counts();
        assert_eq!(counts.indicated[0] + counts.held, 1, "{counts:?}");
    });
}

#[test]
fn l11_wait_for_the_last_close() {
    // Property: a deregistration that waits is woken by what it waits for (O-17).
    model("L11 wait", &["L11 waited", "L11 at once"], || {
        let kernel = Kernel::new();
        let closer = thread(&kernel, |kernel| {
            assert_eq!(kernel.ask(1, |turn| turn.close(kernel.socket, 1)), OK);
        });
        let registration = kernel.registration;
        assert_eq!(kernel.turn(|turn| turn.release_npi(registration)), OK);
        let mut rounds = 0;
        loop {
            let seen = kernel.changes();
            if kernel.turn(|turn| turn.deregister(registration)) != PENDING {
                break;
            }
            rounds += 1;
            kernel.wait(seen);
        }
        reach(if rounds > 1 { "L11 waited" } else { "L11 at once" });
        closer.join().unwrap();
        kernel.check_quiet();
    });
}
