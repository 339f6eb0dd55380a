//! Ordered: what the contract orders comes in one order, whatever the seed.

use super::{
    cancelled, conditional, done, is_data, is_event, knock, ordered, pair, place, sent, yielded,
};
use crate::stage::{PENDING, Seen, Stage, any};
use wsksim::wsk::{Npi, event};

#[test]
fn a_cancel_of_what_nothing_completes_takes_effect() {
    // I-12
    ordered(|stage| {
        let (id, _) = pair(stage);
        stage.receive(id, 4, 0);
        let receive = stage.irp() - 1;
        cancelled(stage, receive, |_| ())
    });
}

#[test]
fn receives_that_a_disconnect_ends_complete_before_it_is_indicated() {
    // D-20, U-7, G-3
    for abort in [false, true] {
        ordered(|stage| {
            let (id, remote) = pair(stage);
            stage.enable(id, event::DISCONNECT);
            stage.receive(id, 4, 0);
            let receive = stage.irp() - 1;
            if abort {
                stage.turn(|turn| turn.remote_abort(remote));
            } else {
                stage.turn(|turn| turn.remote_disconnect(remote));
            }
            let seen = stage.drive();
            place(&seen, done(receive)) < place(&seen, is_event)
        });
    }
}

#[test]
fn a_send_that_an_abort_ends_completes_before_it_is_indicated() {
    // D-20, 6.2, T-92
    ordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::DISCONNECT);
        stage.turn(|turn| turn.remote_set_reading(remote, false));
        assert_eq!(stage.send(id, &[1; 70_000]).status, PENDING);
        let send = stage.irp() - 1;
        stage.turn(|turn| turn.remote_abort(remote));
        let seen = stage.drive();
        place(&seen, done(send)) < place(&seen, is_event)
    });
}

#[test]
fn data_is_indicated_before_the_graceful_disconnect() {
    // D-19
    ordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::RECEIVE | event::DISCONNECT);
        stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
        stage.turn(|turn| turn.remote_disconnect(remote));
        let seen = stage.drive();
        place(&seen, is_data) < place(&seen, is_event)
    });
}

#[test]
fn receives_complete_in_their_order_and_so_do_sends_and_the_disconnect_behind_them() {
    // G-4, U-20
    ordered(|stage| {
        let (id, remote) = pair(stage);
        let irps = [1, 1].map(|length| {
            stage.receive(id, length, 0);
            stage.irp() - 1
        });
        stage.turn(|turn| turn.remote_send(remote, b"xy".to_vec()));
        let seen = stage.drive();
        place(&seen, done(irps[0])) < place(&seen, done(irps[1]))
    });
    ordered(|stage| {
        let (id, _) = pair(stage);
        let (first, second) = (sent(stage, id), sent(stage, id));
        stage.disconnect(id, 0);
        let finish = stage.irp() - 1;
        let seen = stage.drive();
        let places = [first, second, finish].map(|irp| place(&seen, done(irp)));
        places.is_sorted()
    });
}

#[test]
fn nothing_is_indicated_before_the_request_that_yields_the_socket() {
    // D-27, U-10
    ordered(|stage| {
        let client = stage.client;
        stage.turn(|turn| turn.set_static_events(client, Npi::Wsk, event::DISCONNECT, 0));
        stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, 1, Stage::table(5), irp));
        let listener = yielded(stage);
        stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp));
        stage.drive();
        let end = knock(stage);
        stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(1), irp));
        let accept = stage.irp() - 1;
        stage.turn(|turn| turn.remote_disconnect(end));
        let seen = stage.drive();
        place(&seen, done(accept)) < place(&seen, is_event)
    });
}

#[test]
fn a_close_completes_after_everything_of_its_socket() {
    // C-14
    ordered(|stage| {
        let (id, _) = pair(stage);
        let send = sent(stage, id);
        stage.ask(|turn, irp| turn.set_option(id, 0x8, Some(1), irp));
        let option = stage.irp() - 1;
        stage.close(id);
        let close = stage.irp() - 1;
        let seen = stage.drive();
        let last = place(&seen, done(close));
        place(&seen, done(send)) < last && place(&seen, done(option)) < last
    });
}

#[test]
fn receives_complete_before_anything_of_their_socket_is_indicated() {
    // D-20, U-7, U-20; the bytes of the event come after those of the request
    ordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::RECEIVE);
        stage.receive(id, 1, 0);
        let receive = stage.irp() - 1;
        stage.turn(|turn| turn.remote_send(remote, b"xy".to_vec()));
        let seen = stage.drive();
        place(&seen, done(receive)) < place(&seen, is_data)
    });
}

#[test]
fn a_request_is_inspected_before_its_abort_is_told() {
    // what its peer gives up before the application was asked is not told at all
    ordered(|stage| {
        conditional(stage);
        stage.answers.inspect = 2;
        let end = knock(stage);
        stage.turn(|turn| turn.remote_abort(end));
        assert_eq!(stage.drive(), []);
        let end = knock(stage);
        let mut seen = stage.drive();
        stage.turn(|turn| turn.remote_abort(end));
        seen.extend(stage.drive());
        place(&seen, |seen| matches!(seen, Seen::Inspect(_)))
            < place(&seen, |seen| matches!(seen, Seen::Abort(_)))
    });
}

#[test]
fn accepts_complete_as_they_were_made() {
    // A-1, U-32
    ordered(|stage| {
        let client = stage.client;
        stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, 1, Stage::table(5), irp));
        let listener = yielded(stage);
        stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp));
        stage.drive();
        let accepts = [1, 2].map(|context| {
            stage.ask(|turn, irp| turn.accept(listener, 0, Stage::table(context), irp));
            stage.irp() - 1
        });
        knock(stage);
        knock(stage);
        let seen = stage.drive();
        place(&seen, done(accepts[0])) < place(&seen, done(accepts[1]))
    });
}
