//! Single rules of the core, one case each: limits, breaches, order, levels, generations.

use crate::recorder::{BATCH, Recorder, SINGLE, disabled, dispatch, enabled, open_many, subsystem};
use wsksim::core::dispatch::{Drive, Step};
use wsksim::core::error::{Answer, CoreError};
use wsksim::core::findings::Finding;
use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::flags::{DisconnectFlags, Edge};
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::HandlerId;
use wsksim::core::indication::{Breach, Verdict};
use wsksim::core::irql::{Irql, IrqlPolicy};
use wsksim::core::limits::TAKE;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::{Check, Closing, Opening, Options, Subsystem};

#[test]
fn a_word_answers_each_post_by_what_came_before() {
    use Answer::{Held, Queued, Repeated};
    type Posts<'t> = &'t [(Edge, Answer)];
    let table: [(bool, Posts, &[u32]); 6] = [
        (true, &[(Graceful, Queued), (Abortive, Queued), (Graceful, Repeated)], &[0, 1]),
        (true, &[(Abortive, Queued), (Graceful, Repeated), (Abortive, Repeated)], &[1]),
        (true, &[(Graceful, Queued), (Graceful, Repeated)], &[0]),
        (false, &[(Graceful, Held), (Abortive, Held), (Graceful, Repeated)], &[1]),
        (false, &[(Abortive, Held), (Graceful, Repeated)], &[1]),
        (false, &[(Graceful, Held), (Graceful, Repeated)], &[0]),
    ];
    for (on, posts, flags) in table {
        let subsystem = subsystem();
        let opening = if on { enabled(SINGLE) } else { disabled(SINGLE) };
        let socket = subsystem.open(0, opening).unwrap();
        for (edge, answer) in posts {
            assert_eq!(subsystem.post(socket, *edge), *answer, "{edge:?} in {posts:?}");
        }
        subsystem.enable(socket).unwrap();
        let mut host = Recorder::new();
        dispatch(&subsystem, &mut host);
        assert_eq!(host.calls.iter().map(|call| call.flags).collect::<Vec<_>>(), flags);
    }
}

#[test]
fn flags_are_the_four_documented_values() {
    let flags = |edge, irql| DisconnectFlags::new(edge, irql).bits();
    assert_eq!([flags(Graceful, Irql::Passive), flags(Abortive, Irql::Passive)], [0, 1]);
    assert_eq!([flags(Graceful, Irql::Dispatch), flags(Abortive, Irql::Dispatch)], [8, 9]);
    assert_eq!(flags(Graceful, Irql::Apc), 0);
}

#[test]
fn a_handle_of_another_life_or_of_none_is_refused() {
    let subsystem = subsystem();
    let socket = subsystem.open(0, enabled(SINGLE)).unwrap();
    let strangers = [
        SocketHandle { index: socket.index, generation: socket.generation + 1 },
        SocketHandle { index: socket.index, generation: 0 },
        SocketHandle { index: socket.index + 1, generation: 1 },
        SocketHandle { index: u32::MAX, generation: 1 },
    ];
    for stranger in strangers {
        let stale = Err(CoreError::Stale(stranger));
        assert_eq!(subsystem.post(stranger, Graceful), Answer::Stale);
        assert_eq!(subsystem.enable(stranger), stale);
        assert_eq!(subsystem.disable(stranger), stale);
        assert_eq!(subsystem.close(stranger), Err(CoreError::Stale(stranger)));
        assert!(subsystem.look(stranger).is_err());
    }
    assert_eq!(subsystem.counts().refused[Answer::Stale as usize], 4);
    assert_eq!(subsystem.counts().open, 1);
}

#[test]
fn generations_grow_by_one_with_each_life_of_a_slot() {
    let subsystem = subsystem();
    for generation in 1..=100 {
        let socket = subsystem.open(0, enabled(SINGLE)).unwrap();
        assert_eq!(socket, SocketHandle { generation, index: 0 });
        assert_eq!(subsystem.close(socket), Ok(Closing::Done));
    }
}

#[test]
fn a_kept_slot_waits_for_its_release() {
    let subsystem = subsystem();
    let kept = Opening { kept: true, ..enabled(SINGLE) };
    let first = subsystem.open(0, kept).unwrap();
    assert_eq!(subsystem.close(first), Ok(Closing::Done));
    assert_ne!(subsystem.open(0, kept).unwrap().index, first.index);
    subsystem.release(first.index);
    assert_eq!(subsystem.open(0, kept).unwrap().index, first.index);
}

#[test]
fn opening_more_than_allowed_opens_none() {
    let subsystem = Subsystem::new(Options { max_sockets: 3, ..Options::default() });
    open_many(&subsystem, 2, enabled(SINGLE));
    let mut handles = Vec::new();
    let refused = subsystem.open_many(2, enabled(SINGLE), |_, _| 0, &mut handles);
    assert_eq!(refused, Err(CoreError::SocketLimit { asked: 2, open: 2, limit: 3 }));
    assert!(handles.is_empty());
    assert_eq!(subsystem.counts().open, 2);
    open_many(&subsystem, 1, enabled(SINGLE));
}

#[test]
fn a_socket_without_handler_cannot_be_enabled() {
    let subsystem = subsystem();
    assert_eq!(subsystem.open(0, enabled(HandlerId::NONE)), Err(CoreError::NoHandler));
    let socket = subsystem.open(0, disabled(HandlerId::NONE)).unwrap();
    assert_eq!(subsystem.post(socket, Graceful), Answer::Held);
    assert_eq!(subsystem.enable(socket), Err(CoreError::NoHandler));
    assert_eq!(subsystem.disable(socket), Ok(NtStatus::SUCCESS));
    assert_eq!(subsystem.close(socket), Ok(Closing::Done));
    assert_eq!(subsystem.enable(socket), Err(CoreError::Closed(socket)));
}

#[test]
fn a_waiting_edge_beyond_the_limit_is_refused_and_leaves_no_trace() {
    let subsystem = Subsystem::new(Options { max_pending: Some(2), ..Options::default() });
    let handles = open_many(&subsystem, 3, enabled(SINGLE));
    assert_eq!(
        handles.iter().map(|h| subsystem.post(*h, Graceful)).collect::<Vec<_>>(),
        [Answer::Queued, Answer::Queued, Answer::Limit]
    );
    assert_eq!(subsystem.post(handles[0], Graceful), Answer::Repeated);
    assert_eq!(dispatch(&subsystem, &mut Recorder::new()), 2);
    assert_eq!(subsystem.post(handles[2], Graceful), Answer::Queued);
    assert_eq!(subsystem.close(handles[2]), Ok(Closing::Done));
    let answers = subsystem.post_many(&handles, |_| Abortive);
    assert_eq!(answers[Answer::Queued as usize], 2);
    assert_eq!(subsystem.counts().queued, 2);
}

#[test]
fn a_breach_that_raises_ends_the_drive_and_loses_nothing() {
    let subsystem = Subsystem::new(Options { check: Check::Raise, ..Options::default() });
    let handles = open_many(&subsystem, 5, enabled(SINGLE));
    subsystem.post_many(&handles, |_| Graceful);
    let mut contexts = Vec::new();
    for left in [4, 3, 2, 1, 0] {
        let ticket = subsystem.ticket().unwrap();
        let mut host = Recorder::doing(|call| {
            contexts.push(call.context);
            Verdict::Breach(Box::new(Breach::of(Finding::of("D-8", "raised"))))
        });
        let step = Drive::alone(&ticket).step(&mut host, u64::MAX);
        assert!(matches!(step, Step::Breach(_)), "{step:?}");
        assert_eq!(subsystem.counts().queued, left);
    }
    assert_eq!(contexts, [0, 1, 2, 3, 4], "put back in their order");
    let findings = subsystem.findings();
    assert_eq!((subsystem.counts().findings, findings.len(), findings[0].count), (5, 1, 5));
}

#[test]
fn what_a_drive_put_back_comes_before_everything_else() {
    let subsystem = subsystem();
    let handles = open_many(&subsystem, TAKE + 10, enabled(SINGLE));
    subsystem.post_many(&handles, |_| Graceful);
    let mut seen = Vec::new();
    for calls in [3, 0, 1, 500, u64::MAX] {
        let ticket = subsystem.ticket().unwrap();
        let mut stops = calls;
        let mut host = Recorder::doing(|call| {
            seen.push(call.context);
            stops -= 1;
            if stops == 0 { Verdict::Stop } else { Verdict::Success }
        });
        if calls > 0 {
            Drive::alone(&ticket).step(&mut host, u64::MAX);
        }
        drop(host);
        // New edges go behind what was put back.
        subsystem.post(handles[0], Abortive);
    }
    let expected: Vec<_> = (0..handles.len() as u64).chain([0]).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_halted_drive_keeps_what_is_queued() {
    let subsystem = subsystem();
    let handles = open_many(&subsystem, 4, enabled(SINGLE));
    subsystem.post_many(&handles, |_| Graceful);
    {
        let ticket = subsystem.ticket().unwrap();
        let mut host = Recorder::doing(|_| {
            subsystem.halt();
            Verdict::Success
        });
        assert!(matches!(Drive::alone(&ticket).step(&mut host, u64::MAX), Step::Halted));
    }
    assert_eq!(subsystem.counts().queued, 3);
    let mut host = Recorder::new();
    assert_eq!(dispatch(&subsystem, &mut host), 3);
    assert_eq!(host.seen(), [(1, 0), (2, 0), (3, 0)]);
}

#[test]
fn a_batch_holds_at_most_one_edge_of_a_socket() {
    let subsystem = subsystem();
    let handles = open_many(&subsystem, 2, enabled(BATCH));
    for edge in Edge::BOTH {
        subsystem.post_many(&handles, |_| edge);
    }
    let mut host = Recorder::new();
    dispatch(&subsystem, &mut host);
    assert_eq!(host.batches, [2, 2]);
    assert_eq!(host.seen(), [(0, 0), (1, 0), (0, 1), (1, 1)]);
}

#[test]
fn mixed_levels_follow_the_seed() {
    let flags = |seed: u64, pieces: &[u64]| {
        let options = Options { seed, irql: IrqlPolicy::Mixed, ..Options::default() };
        let subsystem = Subsystem::new(options);
        let handles = open_many(&subsystem, 200, enabled(SINGLE));
        subsystem.post_many(&handles, |_| Graceful);
        let mut host = Recorder::new();
        for calls in pieces {
            let ticket = subsystem.ticket().unwrap();
            Drive::alone(&ticket).step(&mut host, *calls);
        }
        host.calls.iter().map(|call| call.flags).collect::<Vec<_>>()
    };
    let whole = flags(7, &[u64::MAX]);
    assert_eq!(whole.len(), 200);
    assert!(whole.contains(&0) && whole.contains(&8));
    assert_eq!(whole, flags(7, &[u64::MAX]), "the same seed gives the same levels");
    assert_ne!(whole, flags(8, &[u64::MAX]));
    assert_eq!(flags(7, &[3, 90, 107]), flags(7, &[3, 90, 107]));
}

#[test]
fn a_shut_subsystem_opens_nothing_and_withholds_what_waits() {
    let subsystem = subsystem();
    let handles = open_many(&subsystem, 3, enabled(SINGLE));
    subsystem.post_many(&handles[..2], |_| Graceful);
    let mut done = Vec::new();
    subsystem.shut(|index| done.push(index));
    subsystem.shut(|_| panic!("closing again does nothing"));
    assert_eq!(done, [0, 1, 2]);
    assert_eq!(subsystem.open(0, enabled(SINGLE)), Err(CoreError::SubsystemClosed));
    assert_eq!(subsystem.post(handles[2], Graceful), Answer::Closed);
    assert_eq!(dispatch(&subsystem, &mut Recorder::new()), 0);
    let counts = subsystem.counts();
    assert_eq!((counts.withheld[1], counts.open, counts.queued), (2, 0, 0));
}
