//! Tables 6.1 and 6.2, cell by cell.

use crate::stage::{OK, PENDING, Seen, Stage, any, local};
use wsksim::core::status::NtStatus;
use wsksim::wsk::{Npi, Reply, State, event};

const WRONG: NtStatus = NtStatus::INVALID_DEVICE_STATE;
const RESET: NtStatus = NtStatus::CONNECTION_RESET;
const ABORTED: NtStatus = NtStatus::CONNECTION_ABORTED;
const FORCED: NtStatus = NtStatus::FILE_FORCED_CLOSED;

/// A socket in `state`, its remote end (0 if none), everything completed.
fn reach(stage: &mut Stage, state: State) -> (u64, u64) {
    if matches!(state, State::New | State::Bound | State::Connecting) {
        let id = stage.socket(2, 9);
        if state != State::New {
            assert_eq!(stage.ask(|turn, irp| turn.bind(id, any(0), 0, irp)).status, OK);
        }
        if state == State::Connecting {
            // A conditional listener that does not answer.
            let listener = stage.socket(1, 5);
            let on = |turn: &mut wsksim::wsk::Turn<'_>, irp| {
                turn.set_option(listener, 0x3002, Some(1), irp)
            };
            assert_eq!(stage.ask(on).status, OK);
            assert_eq!(stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp)).status, OK);
            let connect = stage.ask(|turn, irp| turn.connect(id, local(80), 0, None, irp));
            assert_eq!(connect.status, PENDING);
        }
        assert_eq!(stage.state(id), Some(state));
        return (id, 0);
    }
    let (id, remote) = stage.pair(9);
    match state {
        State::PeerFin => assert_eq!(stage.turn(|turn| turn.remote_disconnect(remote)), OK),
        State::SelfFin => assert_eq!(stage.disconnect(id, 0).status, OK),
        State::BothFin => {
            assert_eq!(stage.disconnect(id, 0).status, OK);
            assert_eq!(stage.turn(|turn| turn.remote_disconnect(remote)), OK);
        }
        State::Reset => assert_eq!(stage.turn(|turn| turn.remote_abort(remote)), OK),
        State::Aborted => assert_eq!(stage.disconnect(id, 1).status, OK),
        State::Dead => stage.turn(|turn| turn.make_dead(id)),
        State::Closing => {
            // Pending behind a completion that nobody has performed.
            assert_eq!(stage.receive(id, 4, 0).status, PENDING);
            assert_eq!(stage.close(id).status, PENDING);
        }
        _ => {}
    }
    assert_eq!(stage.state(id), Some(state));
    (id, remote)
}

/// State, then: send, receive, disconnect 0, disconnect ABORTIVE, enable DISCONNECT, close.
type Row = (State, [NtStatus; 6]);

const ROWS: [Row; 11] = [
    (State::New, [WRONG, WRONG, WRONG, WRONG, WRONG, OK]),
    (State::Bound, [WRONG, WRONG, WRONG, WRONG, WRONG, OK]),
    (State::Connecting, [WRONG, WRONG, WRONG, WRONG, WRONG, PENDING]),
    (State::Open, [OK, PENDING, OK, OK, OK, OK]),
    (State::PeerFin, [OK, OK, OK, OK, OK, OK]),
    (State::SelfFin, [WRONG, PENDING, WRONG, OK, OK, OK]),
    (State::BothFin, [WRONG, OK, WRONG, OK, OK, OK]),
    (State::Reset, [RESET, RESET, RESET, OK, OK, OK]),
    (State::Aborted, [ABORTED, ABORTED, ABORTED, OK, OK, OK]),
    (State::Dead, [FORCED, FORCED, FORCED, FORCED, FORCED, OK]),
    (State::Closing, [FORCED, FORCED, FORCED, FORCED, FORCED, FORCED]),
];

/// Twelve states by six functions: the rows above, and that of CLOSED, which no state stands for.
const _: () = assert!((ROWS.len() + 1) * 6 == 72);

/// Calls the function of a column.
fn call(stage: &mut Stage, id: u64, column: usize) -> Reply {
    match column {
        0 => stage.send(id, b"x"),
        1 => stage.receive(id, 8, 0),
        2 => stage.disconnect(id, 0),
        3 => stage.disconnect(id, 1),
        4 => stage.turn(|turn| turn.event_callback(id, Npi::Wsk, event::DISCONNECT, 0)),
        _ => stage.close(id),
    }
}

#[test]
fn each_function_of_a_closed_socket_is_refused() {
    for column in 0..6 {
        let mut stage = Stage::new();
        let (id, remote) = stage.pair(9);
        assert_eq!(stage.close(id).status, OK);
        stage.drive();
        assert_eq!(stage.state(id), None);
        let before = stage.turn(|turn| turn.remote_seen(remote));
        let found = call(&mut stage, id, column);
        assert_eq!((found.status, found.breach), (FORCED, Some("C-16")), "column {column}");
        assert_eq!(stage.turn(|turn| turn.remote_seen(remote)), before, "column {column}");
        assert!(stage.drive().is_empty(), "column {column}");
        stage.check_books();
    }
}

/// The state after: disconnect 0 and disconnect ABORTIVE.
fn after(state: State, column: usize) -> State {
    match (state, column) {
        (State::Open, 2) => State::SelfFin,
        (State::PeerFin, 2) => State::BothFin,
        (State::Open | State::PeerFin | State::SelfFin, 3) => State::Aborted,
        (state, _) => state,
    }
}

#[test]
fn each_function_in_each_state_answers_as_table_6_1_says() {
    for (state, row) in ROWS {
        for (column, expected) in row.into_iter().enumerate() {
            let mut stage = Stage::new();
            let (id, remote) = reach(&mut stage, state);
            let before = stage.turn(|turn| turn.remote_seen(remote));
            let found = call(&mut stage, id, column);
            let irp = stage.irp() - 1;
            let cell = format!("{state:?}, column {column}");
            assert_eq!(found.status, expected, "{cell}");
            let early =
                column == 4 && matches!(state, State::New | State::Bound | State::Connecting);
            let illegal = match state {
                State::Closing => Some("C-16"),
                _ => early.then_some("E-8"),
            };
            assert_eq!(found.breach, illegal, "{cell}");
            if let (0 | 1, [done]) = (column, &found.completions[..]) {
                // One byte sent; the end of the stream, or no success, is 0 bytes.
                let bytes = u64::from(column == 0 && expected == OK);
                assert_eq!(done.information, bytes, "{cell}");
            }
            if column < 5 {
                assert_eq!(stage.state(id), Some(after(state, column)), "{cell}");
            }
            // RST: the peer sees an abortive disconnect.
            let (finished, aborted) = stage.turn(|turn| turn.remote_seen(remote));
            let live = matches!(state, State::Open | State::PeerFin | State::SelfFin);
            assert_eq!(aborted && !before.1, live && matches!(column, 3 | 5), "{cell}");
            let finishes = matches!(state, State::Open | State::PeerFin) && column == 2;
            assert_eq!(finished && !before.0, finishes, "{cell}");
            // Late indication.
            let seen = stage.drive();
            if (state, column) == (State::Connecting, 5) {
                let ends = [(irp - 1, NtStatus::CANCELLED), (irp, OK)];
                for (of, status) in ends {
                    assert!(seen.contains(&Seen::Done(of, status, 0)), "{cell}: {seen:?}");
                }
            }
            let events = seen.into_iter().filter_map(|seen| match seen {
                Seen::Event(9, flags) => Some(flags),
                _ => None,
            });
            let late = match state {
                State::PeerFin | State::BothFin if column == 4 => vec![0],
                State::Reset if column == 4 => vec![1],
                _ => vec![],
            };
            assert_eq!(events.collect::<Vec<_>>(), late, "{cell}");
            stage.check_books();
        }
    }
}

const TRIGGERS: [&str; 7] =
    ["remote graceful", "remote abortive", "local 0", "local ABORTIVE", "close", "cancel", "dead"];

/// Trigger and pending request: the statuses of table 6.2; `None`: keeps waiting.
fn expected(trigger: usize, request: usize) -> Option<NtStatus> {
    match (trigger, request) {
        (0, 0) => Some(OK),
        (0 | 2, _) => None,
        (1, _) => Some(RESET),
        (3, _) => Some(ABORTED),
        (4, _) => Some(NtStatus::CANCELLED),
        (5, 0) => Some(NtStatus::CANCELLED),
        // I-14: nothing of the request was taken; of the last, something was.
        (5, 3) => None,
        (5, _) => Some(NtStatus::CANCELLED),
        _ => Some(FORCED),
    }
}

#[test]
fn each_trigger_ends_each_pending_request_as_table_6_2_says() {
    let mut cells = 0;
    for (trigger, name) in TRIGGERS.into_iter().enumerate() {
        // 3: a send that has begun, which a cancel leaves alone.
        for request in 0..4 {
            if (trigger, request) == (2, 2) || request == 3 && trigger != 5 {
                continue; // The first cell is empty: a second one is refused by table 6.1.
            }
            cells += 1;
            let mut stage = Stage::new();
            let (id, remote) = stage.pair(9);
            let cell = format!("{}, request {request}", name);
            if matches!(request, 1 | 2) {
                // The peer's window is full before.
                stage.turn(|turn| turn.remote_set_reading(remote, false));
                assert_eq!(stage.send(id, &[7; 65_536]).status, OK, "{cell}");
            }
            let reply = match request {
                0 => stage.receive(id, 8, 0),
                1 => stage.send(id, b"late"),
                3 => {
                    stage.turn(|turn| turn.remote_set_reading(remote, false));
                    stage.send(id, &[7; 65_540])
                }
                _ => stage.ask(|turn, irp| turn.disconnect(id, Some(b"bye".to_vec()), 0, irp)),
            };
            assert_eq!(reply.status, PENDING, "{cell}");
            let irp = stage.irp() - 1;
            match trigger {
                0 => assert_eq!(stage.turn(|turn| turn.remote_disconnect(remote)), OK),
                1 => assert_eq!(stage.turn(|turn| turn.remote_abort(remote)), OK),
                2 => drop(stage.disconnect(id, 0)),
                3 => assert_eq!(stage.disconnect(id, 1).status, OK),
                4 => assert_eq!(stage.close(id).status, PENDING),
                5 => assert_eq!(stage.turn(|turn| turn.cancel(irp)), request != 3, "{cell}"),
                _ => stage.turn(|turn| turn.make_dead(id)),
            }
            let seen = stage.drive();
            let done = seen.iter().find_map(|seen| match seen {
                Seen::Done(of, status, information) if *of == irp => Some((*status, *information)),
                _ => None,
            });
            assert_eq!(done, expected(trigger, request).map(|status| (status, 0)), "{cell}");
            if done.is_none() {
                // It keeps going: the peer reads again, and sends.
                stage.turn(|turn| turn.remote_set_reading(remote, true));
                if trigger == 2 && request == 0 {
                    assert_eq!(stage.turn(|turn| turn.remote_send(remote, b"ok".to_vec())), OK);
                }
                let seen = stage.drive();
                let ended =
                    seen.iter().any(|seen| matches!(seen, Seen::Done(of, OK, _) if *of == irp));
                assert!(ended, "{cell}: {seen:?}");
            }
            stage.check_books();
        }
    }
    assert_eq!(cells, 7 * 3 - 1 + 1);
}

/// Section 3.3: what leaves each state, and where to. Closing and dying are left out: every state does.
const TRANSITIONS: [(State, State); 18] = [
    (State::New, State::Bound),
    (State::Bound, State::Connecting),
    (State::Connecting, State::Open),
    (State::Connecting, State::Bound),
    (State::Open, State::PeerFin),
    (State::Open, State::SelfFin),
    (State::Open, State::Reset),
    (State::Open, State::Aborted),
    (State::PeerFin, State::BothFin),
    (State::PeerFin, State::Reset),
    (State::PeerFin, State::Aborted),
    (State::SelfFin, State::BothFin),
    (State::SelfFin, State::Reset),
    (State::SelfFin, State::Aborted),
    (State::SelfFin, State::Open),
    (State::BothFin, State::Reset),
    // Of ours: a finish that is accepted and not sent can be taken back, or forced to an end (G-7).
    (State::BothFin, State::PeerFin),
    (State::BothFin, State::Aborted),
];

#[test]
fn every_transition_of_section_3_3_is_reached_and_no_other() {
    let mut reached = std::collections::BTreeSet::new();
    for (state, _) in ROWS {
        for act in 0..8 {
            let mut stage = Stage::new();
            let (id, remote) = reach(&mut stage, state);
            match act {
                0 => drop(stage.close(id)),
                1 => stage.turn(|turn| turn.make_dead(id)),
                2 => drop(stage.disconnect(id, 1)),
                3 => drop(stage.turn(|turn| turn.remote_disconnect(remote))),
                4 => drop(stage.turn(|turn| turn.remote_abort(remote))),
                5 => drop(stage.ask(|turn, irp| turn.bind(id, any(0), 0, irp))),
                6 => {
                    // Cancels a connect.
                    for irp in 1000..1100 {
                        stage.turn(|turn| turn.cancel(irp));
                    }
                }
                _ => {
                    // A finish that hangs: taken back, or forced to an end.
                    stage.turn(|turn| turn.remote_set_reading(remote, false));
                    stage.send(id, &[1; 70_000]);
                    let hung = stage.disconnect(id, 0).status == PENDING;
                    let irp = stage.irp() - 1;
                    if hung {
                        assert!(stage.turn(|turn| turn.cancel(irp)));
                        assert_eq!(stage.state(id), Some(state));
                        stage.disconnect(id, 0);
                        assert_eq!(stage.disconnect(id, 1).status, OK);
                    }
                }
            }
            reached.extend(stage.turn(|turn| turn.transitions()).into_iter().map(|t| (t.0, t.1)));
        }
        let leaves = |to| state == State::Closing || reached.contains(&(state, to));
        assert!(leaves(State::Closing), "{state:?}");
        assert!(leaves(State::Dead) || state == State::Dead, "{state:?}");
    }
    for expected in TRANSITIONS {
        assert!(reached.contains(&expected), "{expected:?}");
    }
    for (from, to) in reached {
        let ends = matches!(to, State::Closing | State::Dead);
        assert!(ends || TRANSITIONS.contains(&(from, to)), "{from:?} to {to:?}");
    }
}
