//! Connections and datagrams: what is unordered there, and between sockets.

use super::{cancelled, done, is_data, is_event, pair, place, sent, unordered};
use crate::stage::{Seen, Stage, local};
use wsksim::wsk::event;

#[test]
fn a_reply_may_complete_before_the_send() {
    // D-20, T-154
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.receive(id, 8, 0);
        let reply = stage.irp() - 1;
        let send = sent(stage, id);
        stage.turn(|turn| turn.remote_send(remote, b"ok".to_vec()));
        let seen = stage.drive();
        place(&seen, done(send)) < place(&seen, done(reply))
    });
}

#[test]
fn data_may_be_indicated_before_the_send_completes() {
    // D-20, T-154
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::RECEIVE);
        let send = sent(stage, id);
        stage.turn(|turn| turn.remote_send(remote, b"ok".to_vec()));
        let seen = stage.drive();
        place(&seen, done(send)) < place(&seen, is_data)
    });
}

#[test]
fn a_disconnect_may_be_indicated_before_the_send_completes() {
    // D-20, T-154
    for abort in [false, true] {
        unordered(|stage| {
            let (id, remote) = pair(stage);
            stage.enable(id, event::DISCONNECT);
            let send = sent(stage, id);
            if abort {
                stage.turn(|turn| turn.remote_abort(remote));
            } else {
                stage.turn(|turn| turn.remote_disconnect(remote));
            }
            let seen = stage.drive();
            place(&seen, done(send)) < place(&seen, is_event)
        });
    }
}

#[test]
fn a_disconnect_may_be_indicated_before_an_option_is_set() {
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::DISCONNECT);
        stage.ask(|turn, irp| turn.set_option(id, 0x8, Some(1), irp));
        let option = stage.irp() - 1;
        stage.turn(|turn| turn.remote_disconnect(remote));
        let seen = stage.drive();
        place(&seen, done(option)) < place(&seen, is_event)
    });
}

#[test]
fn requests_of_one_socket_may_complete_in_any_order() {
    unordered(|stage| {
        let (id, _) = pair(stage);
        stage.ask(|turn, irp| turn.set_option(id, 0x8, Some(1), irp));
        let first = stage.irp() - 1;
        stage.ask(|turn, irp| turn.get_local_address(id, irp));
        let second = stage.irp() - 1;
        let seen = stage.drive();
        place(&seen, done(first)) < place(&seen, done(second))
    });
}

#[test]
fn a_larger_backlog_may_be_told_after_data() {
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::RECEIVE | event::SEND_BACKLOG);
        stage.turn(|turn| turn.remote_set_reading(remote, false));
        stage.send(id, &[1; 70_000]);
        stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
        let seen = stage.drive();
        place(&seen, |seen| matches!(seen, Seen::Backlog(_))) < place(&seen, is_data)
    });
}

#[test]
fn a_cancel_may_lose_against_data() {
    // I-12, U-46
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.receive(id, 4, 0);
        let receive = stage.irp() - 1;
        cancelled(stage, receive, |stage| {
            stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
        })
    });
}

#[test]
fn a_larger_backlog_may_be_told_before_an_older_send_completes() {
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::SEND_BACKLOG);
        stage.turn(|turn| turn.remote_set_reading(remote, false));
        let send = sent(stage, id);
        stage.send(id, &[1; 70_000]);
        let seen = stage.drive();
        place(&seen, done(send)) < place(&seen, |seen| matches!(seen, Seen::Backlog(_)))
    });
}

#[test]
fn a_larger_backlog_may_be_told_after_a_disconnect() {
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::SEND_BACKLOG | event::DISCONNECT);
        stage.turn(|turn| turn.remote_set_reading(remote, false));
        stage.send(id, &[1; 70_000]);
        stage.turn(|turn| turn.remote_disconnect(remote));
        let seen = stage.drive();
        place(&seen, |seen| matches!(seen, Seen::Backlog(_))) < place(&seen, is_event)
    });
}

#[test]
fn transfers_may_complete_before_an_option_is_set() {
    unordered(|stage| {
        let (id, _) = pair(stage);
        let option = option(stage, id);
        let send = sent(stage, id);
        let seen = stage.drive();
        place(&seen, done(option)) < place(&seen, done(send))
    });
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.receive(id, 8, 0);
        let receive = stage.irp() - 1;
        let option = option(stage, id);
        stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
        let seen = stage.drive();
        place(&seen, done(option)) < place(&seen, done(receive))
    });
}

#[test]
fn callbacks_may_come_before_an_option_is_set() {
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::RECEIVE);
        let option = option(stage, id);
        stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
        let seen = stage.drive();
        place(&seen, done(option)) < place(&seen, is_data)
    });
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::SEND_BACKLOG);
        stage.turn(|turn| turn.remote_set_reading(remote, false));
        let option = option(stage, id);
        stage.send(id, &[1; 70_000]);
        let seen = stage.drive();
        place(&seen, done(option)) < place(&seen, |seen| matches!(seen, Seen::Backlog(_)))
    });
}

#[test]
fn what_the_peer_does_may_come_before_a_graceful_disconnect_completes() {
    // D-20, G-6: as with a send
    let finish = |stage: &mut Stage, id| {
        stage.disconnect(id, 0);
        stage.irp() - 1
    };
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.receive(id, 8, 0);
        let receive = stage.irp() - 1;
        let finish = finish(stage, id);
        stage.turn(|turn| turn.remote_send(remote, b"bye".to_vec()));
        let seen = stage.drive();
        place(&seen, done(finish)) < place(&seen, done(receive))
    });
    unordered(|stage| {
        let (id, remote) = pair(stage);
        stage.enable(id, event::RECEIVE);
        let finish = finish(stage, id);
        stage.turn(|turn| turn.remote_send(remote, b"bye".to_vec()));
        let seen = stage.drive();
        place(&seen, done(finish)) < place(&seen, is_data)
    });
    for abort in [false, true] {
        unordered(|stage| {
            let (id, remote) = pair(stage);
            stage.enable(id, event::DISCONNECT);
            let finish = finish(stage, id);
            stage.turn(|turn| match abort {
                true => turn.remote_abort(remote),
                false => turn.remote_disconnect(remote),
            });
            let seen = stage.drive();
            place(&seen, done(finish)) < place(&seen, is_event)
        });
    }
}

/// A datagram socket, and a datagram that it sends to a remote end, whose completion waits.
fn datagrams(stage: &mut Stage) -> (u64, u64, u64) {
    let client = stage.client;
    stage.ask(|turn, irp| turn.socket(client, 2, 2, 17, 4, Stage::table(3), irp));
    let id = super::yielded(stage);
    stage.ask(|turn, irp| turn.bind(id, local(90), 0, irp));
    stage.drive();
    let (remote, to) = stage.turn(|turn| turn.remote_datagram(local(0).unwrap())).unwrap();
    stage.ask(|turn, irp| turn.send_to(id, vec![b"ask".to_vec()], Some(to), 0, irp));
    let send = stage.irp() - 1;
    (id, send, remote)
}

fn answer(stage: &Stage, remote: u64) {
    stage.turn(|turn| turn.remote_send_to(remote, b"answer", local(90).unwrap()));
}

#[test]
fn an_answer_may_come_before_the_datagram_is_sent() {
    unordered(|stage| {
        let (id, send, remote) = datagrams(stage);
        stage.ask(|turn, irp| turn.receive_from(id, 8, 0, irp));
        let receive = stage.irp() - 1;
        answer(stage, remote);
        let seen = stage.drive();
        place(&seen, done(send)) < place(&seen, done(receive))
    });
    unordered(|stage| {
        let (id, send, remote) = datagrams(stage);
        stage.enable(id, event::RECEIVE_FROM);
        answer(stage, remote);
        let seen = stage.drive();
        place(&seen, done(send)) < place(&seen, |seen| matches!(seen, Seen::Datagrams(_)))
    });
}

#[test]
fn sockets_may_overtake_each_other() {
    // Completions, callbacks and disconnects of one socket against those of another.
    unordered(|stage| {
        let ((one, _), (other, _)) = (pair(stage), pair(stage));
        let (first, second) = (sent(stage, one), sent(stage, other));
        let seen = stage.drive();
        place(&seen, done(first)) < place(&seen, done(second))
    });
    unordered(|stage| {
        let ((one, near), (other, _)) = (pair(stage), pair(stage));
        stage.enable(one, event::RECEIVE);
        stage.turn(|turn| turn.remote_send(near, b"x".to_vec()));
        let second = sent(stage, other);
        let seen = stage.drive();
        place(&seen, is_data) < place(&seen, done(second))
    });
    unordered(|stage| {
        let ((one, near), (other, far)) = (pair(stage), pair(stage));
        stage.enable(one, event::DISCONNECT);
        stage.enable(other, event::DISCONNECT);
        stage.turn(|turn| turn.remote_disconnect(near));
        stage.turn(|turn| turn.remote_abort(far));
        let seen = stage.drive();
        place(&seen, |seen| matches!(seen, Seen::Event(_, 0)))
            < place(&seen, |seen| matches!(seen, Seen::Event(_, 1)))
    });
    unordered(|stage| {
        let ((one, near), (other, _)) = (pair(stage), pair(stage));
        stage.enable(one, event::DISCONNECT);
        stage.turn(|turn| turn.remote_disconnect(near));
        let second = sent(stage, other);
        let seen = stage.drive();
        place(&seen, is_event) < place(&seen, done(second))
    });
}

/// An option that is set, whose completion waits.
fn option(stage: &mut Stage, id: u64) -> u64 {
    stage.ask(|turn, irp| turn.set_option(id, 0x8, Some(1), irp));
    stage.irp() - 1
}
