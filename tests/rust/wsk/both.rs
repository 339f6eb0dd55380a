//! Both edges of one connection, while data stands before the graceful one: D-22 against G-18.

use crate::stage::{OK, PENDING, Seen, Stage};
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::wsk::{Policies, event};

const DECLINED: NtStatus = NtStatus::DATA_NOT_ACCEPTED;
const SUPERSEDED: usize = 0;

/// A connection with both events enabled, at which three bytes lie.
fn reading(stage: &mut Stage) -> (u64, u64) {
    let (id, remote) = stage.pair(9);
    assert_eq!(stage.enable(id, event::RECEIVE | event::DISCONNECT), OK);
    stage.turn(|turn| turn.remote_send(remote, b"abc".to_vec()));
    (id, remote)
}

/// The remote end finishes and tears down.
fn both(stage: &Stage, remote: u64) {
    assert_eq!(stage.turn(|turn| turn.remote_disconnect(remote)), OK);
    assert_eq!(stage.turn(|turn| turn.remote_abort(remote)), OK);
}

/// What follows when both edges arrive inside a receive callback that answers `status`.
fn inside(stage: &mut Stage, status: NtStatus, accepted: Option<usize>) -> (u64, Vec<Seen>) {
    let (id, remote) = reading(stage);
    let fetched = stage.fetch().expect("the receive event");
    both(stage, remote);
    assert_eq!(stage.drive(), [], "callbacks of a socket do not overlap (D-24)");
    stage.check_books();
    stage.turn(|turn| turn.finish_errand(fetched.token, status, accepted));
    (id, stage.drive())
}

#[test]
fn both_edges_inside_a_receive_callback_are_indicated() {
    // D-22, D-24, D-21, G-19
    for (status, accepted) in [(OK, None), (OK, Some(3)), (PENDING, None)] {
        let mut stage = Stage::new();
        let (id, seen) = inside(&mut stage, status, accepted);
        assert_eq!(seen, [Seen::Event(9, 0), Seen::Event(9, 1)], "{status:?}");
        assert_eq!(stage.core.counts().withheld[SUPERSEDED], 0);
        stage.end(&[id]);
    }
}

#[test]
fn a_receive_callback_that_pauses_leaves_the_abortive_edge_alone() {
    // G-18, when the callback answers
    for (status, accepted) in [(DECLINED, None), (OK, Some(1)), (OK, Some(0))] {
        let mut stage = Stage::new();
        let (id, seen) = inside(&mut stage, status, accepted);
        assert_eq!(seen, [Seen::Event(9, 1)], "{status:?}");
        assert_eq!(stage.check_books().withheld[SUPERSEDED], 1);
        stage.end(&[id]);
    }
}

#[test]
fn a_disable_inside_the_receive_callback_replaces_once() {
    // D-22, G-18: whoever comes first drops the graceful edge
    let mut stage = Stage::new();
    let (id, remote) = reading(&mut stage);
    let fetched = stage.fetch().expect("the receive event");
    both(&stage, remote);
    assert_eq!(stage.disable(id, event::DISCONNECT), OK);
    stage.turn(|turn| turn.finish_errand(fetched.token, DECLINED, None));
    assert_eq!(stage.drive(), []);
    assert_eq!(stage.check_books().withheld[SUPERSEDED], 1);
    assert_eq!(stage.enable(id, event::DISCONNECT), OK);
    assert_eq!(stage.drive(), [Seen::Event(9, 1)]);
    stage.end(&[id]);
}

#[test]
fn a_close_inside_the_receive_callback_withholds_both() {
    // D-25: the callback's answer replaces nothing any more
    let mut stage = Stage::new();
    let (id, remote) = reading(&mut stage);
    let fetched = stage.fetch().expect("the receive event");
    both(&stage, remote);
    assert_eq!(stage.close(id).status, PENDING);
    stage.turn(|turn| turn.finish_errand(fetched.token, DECLINED, None));
    assert!(matches!(stage.drive()[..], [Seen::Done(_, OK, 0)]));
    assert_eq!(stage.check_books().withheld[SUPERSEDED], 0);
    stage.end(&[]);
}

#[test]
fn both_edges_before_the_receive_callback_are_indicated() {
    // D-22, G-3: nobody paused; the data is gone, the edges are not
    let mut stage = Stage::new();
    let (id, remote) = reading(&mut stage);
    both(&stage, remote);
    assert_eq!(stage.drive(), [Seen::Event(9, 0), Seen::Event(9, 1)]);
    stage.end(&[id]);
}

#[test]
fn the_abortive_edge_replaces_one_behind_data_that_nobody_receives() {
    // G-18, U-6
    let mut stage = Stage::new();
    let (id, remote) = stage.pair(9);
    assert_eq!(stage.enable(id, event::DISCONNECT), OK);
    stage.turn(|turn| turn.remote_send(remote, b"abc".to_vec()));
    both(&stage, remote);
    assert_eq!(stage.drive(), [Seen::Event(9, 1)]);
    assert_eq!(stage.core.counts().withheld[SUPERSEDED], 1);
    stage.end(&[id]);
}

#[test]
fn a_replaced_edge_leaves_the_pending_edges_once() {
    // G-18 and the limit of pending edges
    let options = Options { max_pending: Some(2), ..Options::default() };
    let mut stage = Stage::with(Policies::default(), options);
    for _ in 0..3 {
        let (_, seen) = inside(&mut stage, DECLINED, None);
        assert_eq!(seen, [Seen::Event(9, 1)]);
    }
    assert_eq!(stage.core.counts().withheld[SUPERSEDED], 3);
}
