//! The history checker: histories made by hand, each bad one breaking one rule.

use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::handle::SocketHandle;
use wsksim::core::history::What::{
    CallEnded, CallStarted, CloseCompleted, Closed, Disabled, Enabled, Posted,
};
use wsksim::core::history::check::check;
use wsksim::core::history::{Note, What};

const DONE: What = Closed { done: true };
const PENDING: What = Closed { done: false };
const DISABLED: What = Disabled { running: false };
const DISABLED_RUNNING: What = Disabled { running: true };

/// The two numbers and what they are about.
type Line = (u64, u64, What);

fn notes(lines: &[Line]) -> Vec<Note> {
    let handle = SocketHandle { generation: 1, index: 3 };
    lines.iter().map(|&(from, to, what)| Note { from, to, handle, what }).collect()
}

fn rule(lines: &[Line]) -> Option<&'static str> {
    check(&notes(lines)).err().map(|violation| violation.rule)
}

#[test]
fn a_life_without_threads_is_good() {
    let summary = check(&notes(&[
        (0, 1, Posted(Graceful)),
        (2, 3, CallStarted(Graceful)),
        (4, 5, CallEnded(Graceful)),
        (6, 7, Posted(Abortive)),
        (8, 9, CallStarted(Abortive)),
        (10, 13, CallEnded(Abortive)),
        (11, 12, PENDING),
        (10, 14, CloseCompleted),
    ]))
    .unwrap();
    assert_eq!((summary.posted, summary.indicated), ([1, 1], [1, 1]));
    assert_eq!((summary.closed, summary.waited, summary.left), (1, 1, vec![]));
}

#[test]
fn an_edge_of_an_open_socket_without_a_call_is_left() {
    let history = notes(&[(0, 1, DISABLED), (2, 3, Posted(Graceful))]);
    assert_eq!(check(&history).unwrap().left, [(history[0].handle, Graceful)]);
}

#[test]
fn what_the_numbers_leave_open_is_no_violation() {
    // A stalled begin: its first number is older than the end of the call before it.
    let deferred = [
        (0, 1, Posted(Graceful)),
        (2, 3, Posted(Abortive)),
        (4, 5, CallStarted(Graceful)),
        (6, 10, CallStarted(Abortive)),
        (7, 9, CallEnded(Graceful)),
        (11, 12, CallEnded(Abortive)),
    ];
    assert_eq!(rule(&deferred), None);
    // A call that began before the close, whose end was noted late.
    let closing = [(0, 1, Posted(Graceful)), (2, 5, CallStarted(Graceful)), (3, 6, PENDING)];
    let ending = [(7, 8, CallEnded(Graceful)), (7, 9, CloseCompleted)];
    assert_eq!(rule(&[&closing[..], &ending].concat()), None);
    // The close's exchange lay between the call's finish and the numbers around it.
    let around = [(5, 8, CallEnded(Graceful)), (6, 9, DONE)];
    assert_eq!(rule(&[&closing[..2], &around].concat()), None);
    // An enable that began before the disable and was decided behind it.
    let stalled = [
        (0, 1, Posted(Graceful)),
        (2, 6, Enabled),
        (3, 4, DISABLED),
        (7, 8, CallStarted(Graceful)),
        (9, 10, CallEnded(Graceful)),
    ];
    assert_eq!(rule(&stalled), None);
    // A disable that may have been decided before the call began.
    let disabling = [(0, 1, Posted(Graceful)), (2, 4, CallStarted(Graceful)), (3, 6, DISABLED)];
    assert_eq!(rule(&[&disabling[..], &[(5, 7, CallEnded(Graceful))]].concat()), None);
    // The disable's answer names a call that may just have begun, or may just be ending.
    let told = [(0, 1, Posted(Graceful)), (2, 5, CallStarted(Graceful)), (3, 4, DISABLED_RUNNING)];
    assert_eq!(rule(&[&told[..], &[(6, 7, CallEnded(Graceful))]].concat()), None);
}

#[test]
fn each_broken_rule_is_found() {
    let posted = (0, 1, Posted(Graceful));
    let call = [(2, 3, CallStarted(Graceful)), (6, 7, CallEnded(Graceful))];
    let [start, end] = call;
    let both = [posted, (0, 1, Posted(Abortive)), start];
    let late = [(8, 9, CallStarted(Abortive)), (10, 11, CallEnded(Abortive))];
    let bad: [(&str, &str, &[Line]); 25] = [
        ("D-21", "posted twice", &[posted, (2, 3, Posted(Graceful))]),
        ("D-21", "called twice", &[posted, start, end, (8, 9, CallStarted(Graceful))]),
        ("D-21", "graceful accepted last", &[(0, 1, Posted(Abortive)), (2, 3, Posted(Graceful))]),
        (
            "D-21",
            "abortive called first",
            &[
                both[0],
                both[1],
                (2, 3, CallStarted(Abortive)),
                (4, 5, CallEnded(Abortive)),
                (6, 7, CallStarted(Graceful)),
                (8, 9, CallEnded(Graceful)),
            ],
        ),
        (
            "D-24",
            "overlap",
            &[
                both[0],
                both[1],
                both[2],
                (4, 5, CallStarted(Abortive)),
                end,
                (8, 9, CallEnded(Abortive)),
            ],
        ),
        ("D-24", "never ended", &[posted, start]),
        ("D-24", "never started", &[posted, end]),
        (
            "D-24",
            "ended first",
            &[posted, (6, 7, CallStarted(Graceful)), (4, 5, CallEnded(Graceful))],
        ),
        ("R10", "never posted", &call),
        ("R10", "called before posted", &[start, end, (8, 9, Posted(Graceful))]),
        ("D-25", "started after close", &[both[0], both[1], (2, 3, DONE), late[0], late[1]]),
        ("C-13", "done while running", &[posted, start, (4, 5, DONE), end]),
        (
            "C-13",
            "complete while running",
            &[posted, start, (3, 4, PENDING), (3, 5, CloseCompleted), end],
        ),
        ("C-13", "never completed", &[posted, start, (4, 5, PENDING), end]),
        ("C-13", "completed twice", &[(2, 3, DONE), (4, 5, CloseCompleted)]),
        ("C-13", "completed unasked", &[(4, 5, CloseCompleted)]),
        (
            "C-13",
            "waited for nothing",
            &[posted, start, end, (8, 9, PENDING), (10, 11, CloseCompleted)],
        ),
        ("D-21", "closed twice", &[(2, 3, DONE), (4, 5, DONE)]),
        ("U-41", "posted after close", &[(2, 3, DONE), (4, 5, Posted(Graceful))]),
        ("U-41", "enabled after close", &[(2, 3, DONE), (4, 5, Enabled)]),
        ("E-13", "running, said not", &[posted, start, (4, 5, DISABLED), end]),
        ("E-13", "not running, said so", &[posted, start, end, (8, 9, DISABLED_RUNNING)]),
        ("E-14", "started after disable", &[posted, (1, 1, DISABLED), start, end]),
        ("E-14", "enabled before only", &[posted, (0, 0, Enabled), (1, 1, DISABLED), start, end]),
        ("E-14", "enabled after only", &[posted, (1, 1, DISABLED), start, (4, 5, Enabled), end]),
    ];
    for (expected, name, lines) in bad {
        assert_eq!(rule(lines), Some(expected), "{name}");
    }
    let good = [posted, (0, 0, DISABLED), (1, 1, Enabled), start, end, (8, 9, DONE)];
    assert_eq!(rule(&good), None, "a later enable re-arms (U-36)");
}

#[test]
fn lives_of_one_slot_are_told_apart() {
    let mut history = notes(&[(0, 1, Posted(Graceful)), (2, 3, DONE)]);
    let next = SocketHandle { generation: 2, index: 3 };
    history.push(Note { from: 4, to: 5, handle: next, what: Posted(Graceful) });
    let summary = check(&history).unwrap();
    assert_eq!((summary.sockets, summary.closed, summary.posted), (2, 1, [2, 0]));
    assert_eq!(summary.left, [(next, Graceful)]);
}
