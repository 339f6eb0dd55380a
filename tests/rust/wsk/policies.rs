//! Policies: the choices that a test author may want the other way.

use crate::stage::{OK, PENDING, Seen, Stage, any, local};
use wsksim::core::chooser::Schedule;
use wsksim::core::irql::IrqlPolicy;
use wsksim::core::subsystem::Options;
use wsksim::wsk::{Policies, event};

#[test]
fn disconnects_from_before_enabling_may_be_forgotten() {
    // U-2, D-22, T-95 to T-98
    for remember in [true, false] {
        let options = Options { remember_disconnects: remember, ..Options::default() };
        let mut stage = Stage::with(Policies::default(), options);
        let (id, remote) = stage.pair(9);
        stage.turn(|turn| turn.remote_disconnect(remote));
        assert_eq!(stage.enable(id, event::DISCONNECT), OK);
        let expected = if remember { vec![Seen::Event(9, 0)] } else { vec![] };
        assert_eq!(stage.drive(), expected);
        stage.disable(id, event::DISCONNECT);
        stage.enable(id, event::DISCONNECT);
        stage.turn(|turn| turn.remote_abort(remote));
        stage.disable(id, event::DISCONNECT);
        stage.enable(id, event::DISCONNECT);
        let expected = if remember { vec![Seen::Event(9, 1)] } else { vec![] };
        assert_eq!(stage.drive(), expected);
        let withheld = stage.check_books().withheld[5];
        assert_eq!(withheld, if remember { 0 } else { 2 });
        stage.end(&[id]);
    }
}

#[test]
fn everything_that_may_pend_does() {
    let policies = Policies { always_pend: true, ..Policies::default() };
    let stage = Stage::with(policies, Options::default());
    let client = stage.client;
    let reply = stage.turn(|turn| turn.socket(client, 2, 1, 6, 2, Stage::table(9), 1));
    assert_eq!(reply.status, PENDING);
    let fetched = stage.fetch().expect("the completion");
    let wsksim::wsk::Call::Complete(done) = fetched.call else { panic!() };
    let id = done.socket;
    stage.finish(fetched.token, OK);
    let (_, address) = stage.turn(|turn| turn.remote_listen(local(0).unwrap())).unwrap();
    assert_eq!(stage.turn(|turn| turn.bind(id, any(0), 0, 2)).status, PENDING);
    assert_eq!(stage.turn(|turn| turn.connect(id, Some(address), 0, None, 3)).status, PENDING);
    assert_eq!(stage.turn(|turn| turn.send(id, b"abc".to_vec(), 0, 4)).status, PENDING);
    assert_eq!(stage.turn(|turn| turn.disconnect(id, None, 1, 5)).status, PENDING);
    assert_eq!(stage.turn(|turn| turn.close(id, 6)).status, PENDING);
    let seen: Vec<_> = [(2, 0), (3, 0), (4, 3), (5, 0), (6, 0)]
        .map(|(irp, information)| Seen::Done(irp, OK, information))
        .into();
    assert_eq!(stage.drive(), seen);
    stage.end(&[]);
}

/// What an exploring drive sees of one busy moment.
fn explored(seed: u64) -> Vec<Seen> {
    let options = Options { seed, schedule: Schedule::Explore, ..Options::default() };
    let mut stage = Stage::with(Policies::default(), options);
    let pairs: Vec<_> = (1..=4).map(|context| stage.pair(context)).collect();
    for &(id, remote) in &pairs {
        stage.receive(id, 1, 0);
        stage.enable(id, event::RECEIVE | event::DISCONNECT);
        stage.turn(|turn| turn.remote_send(remote, b"0".to_vec()));
        stage.turn(|turn| turn.remote_send(remote, id.to_string().into_bytes()));
        stage.turn(|turn| turn.remote_disconnect(remote));
    }
    let seen = stage.drive();
    let ids: Vec<_> = pairs.iter().map(|pair| pair.0).collect();
    stage.end(&ids);
    seen
}

#[test]
fn the_seed_decides_an_explored_schedule() {
    assert_eq!(explored(1), explored(1));
    assert!((2..20).any(|seed| explored(seed) != explored(1)));
    let sorted = |seed| {
        let mut seen: Vec<_> = explored(seed).iter().map(|seen| format!("{seen:?}")).collect();
        seen.sort();
        seen
    };
    assert_eq!(sorted(1), sorted(2), "the same things happen");
}

#[test]
fn handlers_are_told_the_level_unless_switched_off() {
    // D-7, U-21, T-74 to T-76: the host masks what it tells
    for (told, flags) in [(true, u32::MAX), (false, !8)] {
        let options =
            Options { irql: IrqlPolicy::Dispatch, set_dispatch_flag: told, ..Options::default() };
        let mut stage = Stage::with(Policies::default(), options);
        let (id, remote) = stage.pair(9);
        stage.enable(id, event::RECEIVE | event::DISCONNECT);
        stage.turn(|turn| turn.remote_send(remote, b"x".to_vec()));
        let fetched = stage.fetch().expect("the receive event");
        assert!(fetched.irql.is_dispatch());
        assert_eq!(fetched.flags, if told { 8 } else { 0 });
        stage.finish(fetched.token, OK);
        stage.turn(|turn| turn.remote_abort(remote));
        assert_eq!(stage.drive(), [Seen::Event(9, 9)]);
        assert_eq!(stage.core.options().told_flags(), flags);
        stage.end(&[id]);
    }
}
