//! History checker: whether what was noted can have happened under the rules.
//!
//! Sockets are independent, so each life is checked by itself, in O(n log n) for the whole history.
//! A life has at most two calls, which keeps every rule a pass or two over its notes. The checker
//! only speaks up when every order of the exchanges that the numbers admit breaks a rule; it is for
//! histories taken at a quiet point, when each call has ended.

use crate::core::flags::Edge;
use crate::core::flags::Edge::{Abortive, Graceful};
use crate::core::handle::SocketHandle;
use crate::core::history::{Note, What};

/// A rule that a history breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("socket {}.{}: {found} [{rule}]; its notes: {notes:?}", .handle.generation, .handle.index)]
pub struct Violation {
    /// The rule's id in the contract.
    pub rule: &'static str,
    /// The socket.
    pub handle: SocketHandle,
    /// What was found.
    pub found: &'static str,
    /// Everything noted of that socket.
    pub notes: Vec<Note>,
}

/// What a history that keeps the rules amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Sockets that something was noted of.
    pub sockets: u64,
    /// Accepted edges, graceful and abortive.
    pub posted: [u64; 2],
    /// Calls, graceful and abortive.
    pub indicated: [u64; 2],
    /// Closes, complete at once or later.
    pub closed: u64,
    /// Closes that waited for a call.
    pub waited: u64,
    /// Disables.
    pub disabled: u64,
    /// Disables that were told of a running call.
    pub disabled_running: u64,
    /// Enables.
    pub enabled: u64,
    /// Edges without a call, of sockets that nobody closed: superseded, held, or lost.
    pub left: Vec<(SocketHandle, Edge)>,
}

/// Checks a history, in any order of its notes.
///
/// # Errors
///
/// The first [`Violation`], by socket.
pub fn check(notes: &[Note]) -> Result<Summary, Violation> {
    let mut sorted = notes.to_vec();
    sorted.sort_unstable_by_key(|note| (note.handle.index, note.handle.generation, note.to));
    let mut summary = Summary::default();
    for notes in sorted.chunk_by(|a, b| a.handle == b.handle) {
        let violation = |(rule, found)| Violation {
            rule,
            handle: notes[0].handle,
            found,
            notes: notes.to_vec(),
        };
        let life = Life::read(notes).map_err(violation)?;
        life.check().map_err(violation)?;
        life.add_to(notes[0].handle, &mut summary);
    }
    Ok(summary)
}

/// A rule's id and how it is broken.
type Broken = (&'static str, &'static str);

fn ensure(holds: bool, rule: &'static str, found: &'static str) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err((rule, found)) }
}

/// The two numbers between which something was decided.
#[derive(Clone, Copy, Debug)]
struct When {
    from: u64,
    to: u64,
}

impl When {
    /// In every order that the numbers admit.
    fn certainly_before(self, other: Self) -> bool {
        self.to < other.from
    }
}

/// One call: a pair of exchanges, the handler between them.
#[derive(Clone, Copy, Debug)]
struct Call {
    edge: Edge,
    start: When,
    end: When,
}

impl Call {
    fn certainly_contains(&self, when: When) -> bool {
        self.start.certainly_before(when) && when.certainly_before(self.end)
    }

    fn may_contain(&self, when: When) -> bool {
        !when.certainly_before(self.start) && !self.end.certainly_before(when)
    }
}

/// One life of one slot.
#[derive(Debug, Default)]
struct Life {
    posted: [Option<When>; 2],
    calls: Vec<Call>,
    enabled: Vec<When>,
    disabled: Vec<(When, bool)>,
    closed: Option<(When, bool)>,
    completed: Option<When>,
}

impl Life {
    /// Sorts the notes of one life by kind; what must happen at most once, does.
    fn read(notes: &[Note]) -> Result<Self, Broken> {
        let mut life = Self::default();
        let (mut starts, mut ends) = ([None; 2], [None; 2]);
        for note in notes {
            let when = When { from: note.from, to: note.to };
            let repeated = match note.what {
                What::Posted(edge) => life.posted[edge as usize].replace(when).is_some(),
                What::CallStarted(edge) => starts[edge as usize].replace(when).is_some(),
                What::CallEnded(edge) => ends[edge as usize].replace(when).is_some(),
                What::Closed { done } => life.closed.replace((when, done)).is_some(),
                What::CloseCompleted => life.completed.replace(when).is_some(),
                What::Enabled => {
                    life.enabled.push(when);
                    false
                }
                What::Disabled { running } => {
                    life.disabled.push((when, running));
                    false
                }
            };
            ensure(!repeated, "D-21", "a kind of edge, its call, or the close happened twice")?;
        }
        for edge in Edge::BOTH {
            match (starts[edge as usize], ends[edge as usize]) {
                (None, None) => {}
                (Some(start), Some(end)) => life.calls.push(Call { edge, start, end }),
                _ => return Err(("D-24", "a call started and did not end, or the reverse")),
            }
        }
        Ok(life)
    }

    fn check(&self) -> Result<(), Broken> {
        self.check_posts()?;
        self.check_calls()?;
        self.check_switches()?;
        self.check_close()
    }

    fn check_posts(&self) -> Result<(), Broken> {
        if let [Some(graceful), Some(abortive)] = self.posted {
            let after = abortive.certainly_before(graceful);
            ensure(!after, "D-21", "a graceful edge was accepted after an abortive one")?;
        }
        for when in self.posted.into_iter().flatten() {
            let after = self.closed.is_some_and(|(closed, _)| closed.certainly_before(when));
            ensure(!after, "U-41", "an edge was accepted after the close")?;
        }
        Ok(())
    }

    fn check_calls(&self) -> Result<(), Broken> {
        for call in &self.calls {
            let posted = self.posted[call.edge as usize].ok_or(("R10", "called, never posted"))?;
            ensure(!call.start.certainly_before(posted), "R10", "called before it was posted")?;
            let ended = call.end.certainly_before(call.start);
            ensure(!ended, "D-24", "a call ended before it started")?;
        }
        if let [first, second] = &self.calls[..] {
            debug_assert!((first.edge, second.edge) == (Graceful, Abortive), "Invariant: read so");
            if second.start.certainly_before(first.end) {
                let overlap = first.start.certainly_before(second.end);
                ensure(!overlap, "D-24", "two calls overlap")?;
                return Err(("D-21", "the abortive call came before the graceful one"));
            }
        }
        Ok(())
    }

    fn check_switches(&self) -> Result<(), Broken> {
        for &(when, running) in &self.disabled {
            if running {
                let possible = self.calls.iter().any(|call| call.may_contain(when));
                ensure(possible, "E-13", "a disable was told of a call that cannot have run")?;
            } else {
                let certain = self.calls.iter().any(|call| call.certainly_contains(when));
                ensure(!certain, "E-13", "a disable was told that no call runs, and one did")?;
            }
        }
        for call in &self.calls {
            // A disable bars the call unless an enable may have come between the two (U-36).
            let may_precede = |enabled: &&When| !call.start.certainly_before(**enabled);
            let last = self.enabled.iter().filter(may_precede).map(|enabled| enabled.to).max();
            let barred = self.disabled.iter().any(|(disabled, _)| {
                disabled.certainly_before(call.start)
                    && last.is_none_or(|last| last < disabled.from)
            });
            ensure(!barred, "E-14", "a call started after a disable, without an enable between")?;
        }
        Ok(())
    }

    fn check_close(&self) -> Result<(), Broken> {
        let Some((closed, done)) = self.closed else {
            return ensure(self.completed.is_none(), "C-13", "a close completed, nobody closed");
        };
        for call in &self.calls {
            let late = closed.certainly_before(call.start);
            ensure(!late, "D-25", "a call started after the close")?;
        }
        for &when in self.enabled.iter().chain(self.disabled.iter().map(|(when, _)| when)) {
            let late = closed.certainly_before(when);
            ensure(!late, "U-41", "an enable or disable was accepted after the close")?;
        }
        let complete = match (done, self.completed) {
            (true, None) => closed,
            (false, Some(completed)) => {
                let possible = self.calls.iter().any(|call| call.may_contain(closed));
                ensure(possible, "C-13", "a close waited for a call that cannot have run")?;
                completed
            }
            (true, Some(_)) => return Err(("C-13", "a close completed twice")),
            (false, None) => return Err(("C-13", "a pending close never completed")),
        };
        let runs = self.calls.iter().any(|call| complete.certainly_before(call.end));
        ensure(!runs, "C-13", "a call ran when the close was complete")
    }

    fn add_to(&self, handle: SocketHandle, summary: &mut Summary) {
        summary.sockets += 1;
        for edge in Edge::BOTH {
            let posted = self.posted[edge as usize].is_some();
            let called = self.calls.iter().any(|call| call.edge == edge);
            summary.posted[edge as usize] += u64::from(posted);
            summary.indicated[edge as usize] += u64::from(called);
            if posted && !called && self.closed.is_none() {
                summary.left.push((handle, edge));
            }
        }
        summary.closed += u64::from(self.closed.is_some());
        summary.waited += u64::from(self.closed.is_some_and(|(_, done)| !done));
        summary.disabled += self.disabled.len() as u64;
        summary.disabled_running +=
            self.disabled.iter().filter(|(_, running)| *running).count() as u64;
        summary.enabled += self.enabled.len() as u64;
    }
}
