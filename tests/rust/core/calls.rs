//! One thread: which edges are indicated, in which order, and what the books say.

use crate::recorder::{BATCH, Recorder, SINGLE, disabled, dispatch, enabled, open_many, subsystem};
use wsksim::core::chooser::{NoChoices, Schedule};
use wsksim::core::dispatch::Drive;
use wsksim::core::error::{Answer, CoreError};
use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::irql::IrqlPolicy;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::{Closing, Options, Subsystem};

/// posted = indicated + withheld + pending, at a quiet point.
fn assert_balanced(subsystem: &Subsystem) {
    let counts = subsystem.counts();
    let posted: u64 = counts.posted.iter().sum();
    let fates: u64 = counts.indicated.iter().chain(&counts.withheld).sum();
    assert_eq!(posted, fates + counts.queued + counts.held, "{counts:?}");
}

#[test]
fn edges_are_indicated_oldest_first() {
    for handler in [SINGLE, BATCH] {
        let subsystem = subsystem();
        let handles = open_many(&subsystem, 3, enabled(handler));
        for (socket, edge) in [(2, Graceful), (0, Abortive), (1, Graceful), (2, Abortive)] {
            assert_eq!(subsystem.post(handles[socket], edge), Answer::Queued);
        }
        let mut host = Recorder::new();
        assert_eq!(dispatch(&subsystem, &mut host), 4);
        assert_eq!(host.seen(), [(2, 0), (0, 1), (1, 0), (2, 1)]);
        assert_balanced(&subsystem);
    }
}

/// The order in which 20 sockets' edges are indicated, a few calls at a time.
fn explored(seed: u64, calls: u64) -> Vec<(u64, u32)> {
    let options = Options { seed, schedule: Schedule::Explore, ..Options::default() };
    chosen(options, None, calls).0
}

/// The same with any schedule, and all that was chosen.
fn chosen(options: Options, choices: Option<Vec<u32>>, calls: u64) -> (Vec<(u64, u32)>, Vec<u32>) {
    let subsystem = Subsystem::choosing(options, choices);
    let handles = open_many(&subsystem, 20, enabled(SINGLE));
    for &handle in &handles {
        assert_eq!(subsystem.post(handle, Graceful), Answer::Queued);
        assert_eq!(subsystem.post(handle, Abortive), Answer::Queued);
    }
    let mut host = Recorder::new();
    while subsystem.counts().queued > 0 {
        let ticket = subsystem.ticket().unwrap();
        let _ = Drive::alone(&ticket).step(&mut host, calls);
    }
    assert_balanced(&subsystem);
    (host.seen().to_vec(), subsystem.choices().unwrap())
}

#[test]
fn a_list_of_choices_repeats_an_order_with_any_seed() {
    for (schedule, calls) in [
        (Schedule::Fifo, u64::MAX),
        (Schedule::Explore, u64::MAX),
        (Schedule::Explore, 3),
        (Schedule::Pct(0), u64::MAX),
        (Schedule::Pct(3), 1),
    ] {
        let irql = IrqlPolicy::Mixed;
        for seed in 0..20 {
            let options = Options { seed, schedule, irql, ..Options::default() };
            let (order, choices) = chosen(options, None, calls);
            assert_eq!(chosen(options, None, calls).0, order);
            let another = Options { seed: seed + 99, ..options };
            assert_ne!(chosen(another, None, calls).0, order);
            assert_eq!(chosen(another, Some(choices.clone()), calls), (order, choices));
        }
    }
    let options = Options { schedule: Schedule::Pct(2), ..Options::default() };
    let (order, _) = chosen(options, Some(Vec::new()), u64::MAX);
    assert!(order.iter().map(|(context, _)| context).is_sorted(), "no choice is oldest first");
}

#[test]
fn with_priorities_a_sockets_edges_come_together() {
    for seed in 0..20 {
        let options = Options { seed, schedule: Schedule::Pct(0), ..Options::default() };
        let (order, _) = chosen(options, None, u64::MAX);
        for pair in order.chunks(2) {
            assert_eq!(pair[0].0, pair[1].0, "seed {seed}");
        }
    }
}

#[test]
fn what_a_team_has_driven_cannot_be_chosen_again() {
    let subsystem = subsystem();
    assert_eq!(subsystem.choices(), Ok(Vec::new()));
    subsystem.begin_driving().unwrap();
    drop(Drive::worker(&subsystem, 0, 1));
    subsystem.end_driving();
    assert_eq!(subsystem.choices(), Err(NoChoices::Team));
}

#[test]
fn an_explored_order_is_the_seeds_and_a_sockets_own_edges_keep_theirs() {
    for calls in [1, 3, u64::MAX] {
        let order = explored(7, calls);
        assert_eq!(order, explored(7, calls));
        assert_ne!(order, explored(8, calls));
        assert_eq!(order.len(), 40);
        for socket in 0..20 {
            let own: Vec<_> = order.iter().filter(|(context, _)| *context == socket).collect();
            assert_eq!(own, [&(socket, 0), &(socket, 1)], "graceful first (D-21)");
        }
        let firsts: Vec<_> = order.iter().filter(|(_, flags)| *flags == 0).collect();
        assert!(!firsts.is_sorted(), "sockets in the order of posting: nothing was drawn");
    }
}

#[test]
fn a_repeated_edge_is_refused() {
    let subsystem = subsystem();
    let socket = subsystem.open(0, enabled(SINGLE)).unwrap();
    assert_eq!(subsystem.post(socket, Graceful), Answer::Queued);
    assert_eq!(subsystem.post(socket, Graceful), Answer::Repeated);
    assert_eq!(subsystem.post(socket, Abortive), Answer::Queued);
    assert_eq!(subsystem.post(socket, Abortive), Answer::Repeated);
    assert_eq!(subsystem.post(socket, Graceful), Answer::Repeated);
    let mut host = Recorder::new();
    dispatch(&subsystem, &mut host);
    assert_eq!(subsystem.post(socket, Abortive), Answer::Repeated);
    assert_eq!(host.seen(), [(0, 0), (0, 1)]);
    assert_eq!(subsystem.counts().refused[Answer::Repeated as usize], 4);
    assert_balanced(&subsystem);
}

#[test]
fn of_two_remembered_edges_only_the_abortive_is_indicated() {
    let subsystem = subsystem();
    let arriving = subsystem.open(1, disabled(SINGLE)).unwrap();
    assert_eq!(subsystem.post(arriving, Graceful), Answer::Held);
    assert_eq!(subsystem.post(arriving, Abortive), Answer::Held);
    let waiting = subsystem.open(2, enabled(SINGLE)).unwrap();
    subsystem.post(waiting, Graceful);
    subsystem.post(waiting, Abortive);
    assert_eq!(subsystem.disable(waiting), Ok(NtStatus::SUCCESS));
    assert_eq!(subsystem.counts().held, 2);
    let mut host = Recorder::new();
    assert_eq!(dispatch(&subsystem, &mut host), 0);
    subsystem.enable(arriving).unwrap();
    subsystem.enable(waiting).unwrap();
    dispatch(&subsystem, &mut host);
    assert_eq!(host.seen(), [(1, 1), (2, 1)]);
    assert_eq!(subsystem.counts().withheld[0], 2);
    assert_balanced(&subsystem);
}

#[test]
fn a_closed_socket_gets_no_event_and_its_handle_goes_stale() {
    let subsystem = subsystem();
    let first = subsystem.open(1, enabled(SINGLE)).unwrap();
    subsystem.post(first, Graceful);
    assert_eq!(subsystem.close(first), Ok(Closing::Done));
    assert_eq!(subsystem.post(first, Abortive), Answer::Closed);
    assert_eq!(subsystem.close(first), Err(CoreError::Closed(first)));
    let mut host = Recorder::new();
    assert_eq!(dispatch(&subsystem, &mut host), 0);
    let second = subsystem.open(2, enabled(SINGLE)).unwrap();
    assert_eq!(second.index, first.index, "a spent slot is reused");
    assert_eq!(subsystem.post(first, Graceful), Answer::Stale);
    assert_eq!(subsystem.close(first), Err(CoreError::Stale(first)));
    assert_eq!(subsystem.counts().withheld[1], 1);
    assert_balanced(&subsystem);
}

#[test]
fn close_from_inside_the_call_completes_after_it_returned() {
    for handler in [SINGLE, BATCH] {
        let subsystem = subsystem();
        let socket = subsystem.open(7, enabled(handler)).unwrap();
        subsystem.post(socket, Graceful);
        subsystem.post(socket, Abortive);
        let mut answers = Vec::new();
        let mut host = Recorder::doing(|call| {
            answers.push((subsystem.disable(call.handle), subsystem.close(call.handle)));
            wsksim::core::indication::Verdict::Success
        });
        assert_eq!(dispatch(&subsystem, &mut host), 1);
        assert_eq!(host.closed, [socket.index]);
        drop(host);
        assert_eq!(answers, [(Ok(NtStatus::EVENT_PENDING), Ok(Closing::Pending))]);
        assert_eq!(subsystem.counts().withheld[1], 1);
        assert_balanced(&subsystem);
    }
}

#[test]
fn opening_and_closing_without_a_drive_stays_in_memory() {
    let subsystem = Subsystem::new(Options { max_sockets: 10_000, ..Options::default() });
    for _ in 0..200_000 {
        let socket = subsystem.open(0, enabled(SINGLE)).unwrap();
        assert_eq!(subsystem.post(socket, Graceful), Answer::Queued);
        assert_eq!(subsystem.close(socket), Ok(Closing::Done));
    }
    assert!(subsystem.slots_used() < 5_000, "{}", subsystem.slots_used());
    assert_eq!(dispatch(&subsystem, &mut Recorder::new()), 0);
    assert_balanced(&subsystem);
}
