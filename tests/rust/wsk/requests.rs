//! Requests: the discipline of IRPs (section 10).

use crate::stage::{OK, PENDING, Seen, Stage};
use wsksim::core::status::NtStatus;
use wsksim::wsk::State;

const CANCELLED: NtStatus = NtStatus::CANCELLED;

#[test]
fn cancelling_one_receive_leaves_the_other() {
    // I-12, I-13, T-146
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.receive(id, 4, 0);
    let first = stage.irp() - 1;
    stage.receive(id, 4, 0);
    let second = stage.irp() - 1;
    assert!(stage.turn(|turn| turn.cancel(first)));
    assert!(!stage.turn(|turn| turn.cancel(first)), "its completion began");
    stage.turn(|turn| turn.remote_send(remote, b"data".to_vec()));
    assert_eq!(stage.drive(), [Seen::Done(first, CANCELLED, 0), Seen::Done(second, OK, 4)]);
    assert_eq!(stage.state(id), Some(State::Open));
    stage.end(&[id]);
}

#[test]
fn a_half_sent_send_cannot_be_cancelled() {
    // I-14, T-147; U-25: a disconnect can, in time
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    stage.turn(|turn| turn.remote_set_reading(remote, false));
    stage.send(id, &[1; 70_000]);
    let half = stage.irp() - 1;
    stage.send(id, b"whole");
    let whole = stage.irp() - 1;
    stage.disconnect(id, 0);
    let finish = stage.irp() - 1;
    assert_eq!(stage.state(id), Some(State::SelfFin));
    assert!(!stage.turn(|turn| turn.cancel(half)));
    assert!(stage.turn(|turn| turn.cancel(whole)));
    assert!(stage.turn(|turn| turn.cancel(finish)));
    assert_eq!(stage.state(id), Some(State::Open));
    stage.turn(|turn| turn.remote_set_reading(remote, true));
    let seen = stage.drive();
    assert_eq!(
        seen,
        [
            Seen::Done(whole, CANCELLED, 0),
            Seen::Done(finish, CANCELLED, 0),
            Seen::Done(half, OK, 70_000)
        ]
    );
    assert_eq!(stage.turn(|turn| turn.remote_seen(remote)), (false, false));
    stage.end(&[id]);
}

#[test]
fn a_close_cancels_and_its_own_irp_comes_last() {
    // C-6, C-9, C-10, C-14, C-17, U-38, T-124, T-127
    let mut stage = Stage::new();
    let (id, _) = stage.pair(9);
    assert_eq!(stage.turn(|turn| turn.close(id, 0)).status, NtStatus::INVALID_PARAMETER);
    stage.receive(id, 4, 0);
    let receive = stage.irp() - 1;
    assert_eq!(stage.close(id).status, PENDING);
    let close = stage.irp() - 1;
    assert!(!stage.turn(|turn| turn.cancel(close)));
    let again = stage.close(id);
    assert_eq!((again.status, again.breach), (NtStatus::FILE_FORCED_CLOSED, Some("C-16")));
    assert_eq!(stage.state(id), Some(State::Closing));
    assert_eq!(stage.drive(), [Seen::Done(receive, CANCELLED, 0), Seen::Done(close, OK, 0)]);
    assert_eq!(stage.state(id), None);
    assert_eq!(stage.send(id, b"x").breach, Some("C-16"));
    stage.end(&[]);
}

#[test]
fn an_irp_in_use_is_refused_and_not_completed() {
    // I-3, I-4
    let mut stage = Stage::new();
    let (id, _) = stage.pair(9);
    stage.receive(id, 4, 0);
    let irp = stage.irp() - 1;
    let reply = stage.turn(|turn| turn.receive(id, 4, 0, irp));
    assert_eq!((reply.status, reply.breach), (NtStatus::INVALID_PARAMETER, Some("I-3")));
    assert_eq!(reply.completions, []);
    stage.end(&[id]);
}

#[test]
fn a_failed_call_completes_its_irp_with_what_it_returns() {
    // I-4, I-8, I-15, U-44, T-144
    let mut stage = Stage::new();
    let (id, _) = stage.pair(9);
    for reply in [
        stage.disconnect(id, 2),
        stage.ask(|turn, irp| turn.disconnect(id, Some(b"x".to_vec()), 1, irp)),
        stage.ask(|turn, irp| turn.send(id, Vec::new(), 1, irp)),
        stage.ask(|turn, irp| turn.accept(id, 0, Stage::table(0), irp)),
        stage.ask(|turn, irp| turn.send(99_999, Vec::new(), 0, irp)),
        stage.ask(|turn, irp| turn.get_option(id, 0x4002, 16, irp)),
        stage.ask(|turn, irp| turn.set_option(id, 0x3002, Some(1), irp)),
    ] {
        assert!(!reply.status.is_success(), "{reply:?}");
    }
    assert_eq!(stage.state(id), Some(State::Open), "no half a change");
    assert_eq!(stage.send(id, b"").completions[0].information, 0, "U-40");
    stage.end(&[id]);
}
