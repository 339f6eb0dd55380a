//! Orders: what may overtake what, over seeds. Each pair that the contract leaves unordered is seen in both orders, each
//! that it orders in one (docs/simulated.md has the table; tests/rust/wsk/mutants fixes one order each).

mod connections;
mod listeners;
mod ordered;

use crate::stage::{OK, PENDING, Seen, Stage, any, local};
use wsksim::core::chooser::Schedule;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::wsk::{Call, Completions, Policies};

const SEEDS: u64 = 200;

pub(super) fn stage(schedule: Schedule, seed: u64) -> Stage {
    let policies = Policies { completions: Completions::Later, ..Policies::default() };
    Stage::with(policies, Options { seed, schedule, ..Options::default() })
}

/// What `run` says over seeds: whether one came before the other.
fn over_seeds(schedule: Schedule, run: &dyn Fn(&mut Stage) -> bool) -> [bool; 2] {
    let mut found = [false; 2];
    for seed in 0..SEEDS {
        let mut stage = stage(schedule, seed);
        found[usize::from(run(&mut stage))] = true;
        stage.check_books();
    }
    found
}

/// Either may come first, and the older one does under `fifo`.
pub(super) fn unordered(run: impl Fn(&mut Stage) -> bool) {
    assert!(run(&mut stage(Schedule::Fifo, 0)), "oldest first");
    for schedule in [Schedule::Explore, Schedule::Pct(3)] {
        assert_eq!(over_seeds(schedule, &run), [true; 2], "{schedule:?}");
    }
}

/// Only one may come first.
pub(super) fn ordered(run: impl Fn(&mut Stage) -> bool) {
    for schedule in [Schedule::Fifo, Schedule::Explore, Schedule::Pct(3)] {
        assert_eq!(over_seeds(schedule, &run), [false, true], "{schedule:?}");
    }
}

pub(super) fn place(seen: &[Seen], is: impl Fn(&Seen) -> bool) -> usize {
    seen.iter().position(is).unwrap_or_else(|| panic!("it came: {seen:?}"))
}

pub(super) fn done(irp: u64) -> impl Fn(&Seen) -> bool {
    move |seen| matches!(seen, Seen::Done(of, ..) if *of == irp)
}

pub(super) fn is_event(seen: &Seen) -> bool {
    matches!(seen, Seen::Event(..))
}

pub(super) fn is_data(seen: &Seen) -> bool {
    matches!(seen, Seen::Data(_))
}

/// A connection, made where every request pends.
pub(super) fn pair(stage: &mut Stage) -> (u64, u64) {
    let (listener, to) = stage.turn(|turn| turn.remote_listen(local(0).unwrap())).unwrap();
    let client = stage.client;
    let reply = stage.ask(|turn, irp| {
        turn.socket_connect(client, 1, 6, any(0), Some(to), 0, Stage::table(9), irp)
    });
    assert_eq!(reply.status, PENDING);
    let id = yielded(stage);
    (id, stage.turn(|turn| turn.remote_accept(listener)).expect("it connected"))
}

/// The socket of the one completion that waits.
pub(super) fn yielded(stage: &Stage) -> u64 {
    let fetched = stage.fetch().expect("the completion");
    let Call::Complete(done) = fetched.call else { panic!("{:?}", fetched.call) };
    stage.finish(fetched.token, OK);
    done.socket
}

pub(super) fn conditional(stage: &mut Stage) -> u64 {
    let client = stage.client;
    stage.ask(|turn, irp| turn.socket(client, 2, 1, 6, 1, Stage::table(5), irp));
    let listener = yielded(stage);
    stage.ask(|turn, irp| turn.set_option(listener, 0x3002, Some(1), irp));
    stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp));
    stage.drive();
    listener
}

pub(super) fn knock(stage: &Stage) -> u64 {
    stage.turn(|turn| turn.remote_connect(local(80).unwrap(), None)).1
}

/// A send that is sent, whose completion waits.
pub(super) fn sent(stage: &mut Stage, id: u64) -> u64 {
    assert_eq!(stage.send(id, b"ask").status, PENDING);
    stage.irp() - 1
}

/// Whether a cancel won against what completes the request with `win`.
pub(super) fn cancelled(stage: &mut Stage, irp: u64, win: impl FnOnce(&Stage)) -> bool {
    assert!(stage.turn(|turn| turn.cancel(irp)));
    win(stage);
    let seen = stage.drive();
    let Some(Seen::Done(_, status, _)) = seen.iter().find(|seen| done(irp)(seen)) else { panic!() };
    assert!([OK, NtStatus::CANCELLED].contains(status));
    *status == NtStatus::CANCELLED
}
