//! Policies: the choices that a test author may want the other way.

use crate::stage::{OK, PENDING, Seen, Stage, any, local};
use wsksim::core::chooser::Schedule;
use wsksim::core::irql::IrqlPolicy;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::wsk::{Completions, Policies, event};

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
    let policies = Policies { completions: Completions::Later, ..Policies::default() };
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
    // Failures pend too (I-18).
    let failed = stage.turn(|turn| turn.send(id, b"abc".to_vec(), 0, 7));
    assert_eq!((failed.status, failed.outcome), (PENDING, NtStatus::CONNECTION_ABORTED));
    assert_eq!(stage.turn(|turn| turn.close(id, 6)).status, PENDING);
    let mut seen: Vec<_> = [(2, 0), (3, 0), (4, 3), (5, 0), (6, 0)]
        .map(|(irp, information)| Seen::Done(irp, OK, information))
        .into();
    seen.insert(4, Seen::Done(7, NtStatus::CONNECTION_ABORTED, 0));
    assert_eq!(stage.drive(), seen);
    stage.end(&[]);
}

#[test]
fn what_is_decided_pends_and_is_completed_by_the_caller() {
    // I-5, I-18, T-153
    let policies = Policies { completions: Completions::Windows, ..Policies::default() };
    let stage = Stage::with(policies, Options::default());
    let client = stage.client;
    let made = stage.turn(|turn| turn.socket(client, 2, 1, 6, 2, Stage::table(9), 1));
    assert_eq!((made.status, made.outcome, made.completions.len()), (PENDING, OK, 1));
    let id = made.completions[0].socket;
    stage.turn(|turn| turn.completed(made.completions[0].token));
    let early = stage.turn(|turn| turn.send(id, b"abc".to_vec(), 0, 2));
    assert_eq!((early.status, early.completions[0].status), (PENDING, early.outcome));
    assert_eq!(early.outcome, NtStatus::INVALID_DEVICE_STATE);
    // Without an IRP, or with one where none belongs, the answer is the status.
    assert_eq!(stage.turn(|turn| turn.bind(id, any(0), 0, 0)).status, NtStatus::INVALID_PARAMETER);
    let no_irp_here = stage.turn(|turn| turn.tdi_behavior(client, 0, 3));
    assert_eq!(
        (no_irp_here.status, no_irp_here.completions.len()),
        (NtStatus::INVALID_PARAMETER, 1)
    );
    let closed = stage.turn(|turn| turn.close(id, 4));
    assert_eq!((closed.status, closed.outcome, closed.completions.len()), (PENDING, OK, 1));
    assert_eq!(stage.drive(), []);
    stage.end(&[]);
}

#[test]
fn the_seed_draws_the_way_of_each_completion() {
    // I-18: each way occurs, and a list of choices makes them again
    let policies = Policies { completions: Completions::Drawn, ..Policies::default() };
    let run = |options: Options, choices: Option<Vec<u32>>| {
        let core = wsksim::core::subsystem::Subsystem::choosing(options, choices);
        let stage = Stage::on(core, policies);
        let (client, mut ways) = (stage.client, Vec::new());
        for irp in 1..=60 {
            let reply = stage.turn(|turn| turn.socket(client, 2, 1, 6, 0, Default::default(), irp));
            ways.push((reply.status == PENDING, reply.completions.len()));
        }
        (ways, stage.core.choices().unwrap())
    };
    let (ways, choices) = run(Options { seed: 3, ..Options::default() }, None);
    for way in [(false, 1), (true, 1), (true, 0)] {
        assert!(ways.contains(&way), "{way:?}");
    }
    assert_eq!(run(Options::default(), Some(choices)).0, ways);
    assert!(run(Options::default(), Some(Vec::new())).0.iter().all(|way| *way == (false, 1)));
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
