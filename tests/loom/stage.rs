//! Stage: a subsystem with witnesses, and the books at the end of every execution.
//!
//! Each socket has a witness, a cell that loom guards: two accesses that are not ordered by what the
//! core does end the model. Calls write into it, and so does whoever was told that no call runs any
//! more. So the models check the orderings as well as the steps.

use loom::cell::Cell;
use loom::sync::Notify;
use loom::sync::atomic::AtomicBool;
use loom::thread::JoinHandle;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use wsksim::core::counters::Counts;
use wsksim::core::dispatch::{Batch, Drive, Host, Step};
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Breach, Indication, Verdict};
use wsksim::core::subsystem::{Opening, Options, Subsystem};

const SINGLE: HandlerId = HandlerId::new(HandlerKind::Single, 0);

/// What a socket's calls left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) graceful: u8,
    pub(crate) abortive: u8,
    /// Whoever closed or disabled was told that no call runs, and none may start.
    pub(crate) barred: bool,
    /// The dispatcher said that a close which had waited is complete.
    pub(crate) completed: bool,
}

/// A cell that threads share, as loom sees it.
pub(crate) struct Witness<T>(pub(crate) Cell<T>);

// SAFETY: loom records every access to the cell and ends the model when two of them are not ordered.
unsafe impl<T: Send> Sync for Witness<T> {}
// SAFETY: the cell goes where its value may go.
unsafe impl<T: Send> Send for Witness<T> {}

/// One subsystem with two witnesses; contexts are their numbers.
pub(crate) struct Stage {
    pub(crate) subsystem: Subsystem,
    /// For handlers that wait for each other.
    bell: Notify,
    rung: AtomicBool,
    witnesses: [Witness<Seen>; 2],
    /// How often a host was told of the end of a call, and how often it has to be: counted outside the
    /// models, for they decide nothing there.
    words: AtomicUsize,
    words_expected: AtomicUsize,
}

impl Stage {
    pub(crate) fn new() -> Arc<Self> {
        let witness = || Witness(Cell::new(Seen::default()));
        let subsystem = Subsystem::new(Options::default());
        Arc::new(Self {
            subsystem,
            bell: Notify::new(),
            rung: AtomicBool::new(false),
            witnesses: [witness(), witness()],
            words: AtomicUsize::new(0),
            words_expected: AtomicUsize::new(0),
        })
    }

    /// A stage whose threads share a lock whenever they are in the core, but for guests.
    pub(crate) fn in_turns() -> Arc<Self> {
        let stage = Self::new();
        // SAFETY: the models of `turns` keep the promise, and find out what breaks without it.
        unsafe { stage.subsystem.take_turns() };
        stage
    }

    /// A socket with the event enabled, whose calls write into the witness `context`.
    pub(crate) fn open(&self, context: u64) -> SocketHandle {
        self.subsystem.open(context, Self::opening()).expect("a model opens at most three sockets")
    }

    pub(crate) fn opening() -> Opening {
        Opening { handler: SINGLE, enabled: true, kept: false, hold: false }
    }

    /// Lets those who wait for the bell go on.
    pub(crate) fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        self.bell.notify();
    }

    /// Blocks until the bell was rung; loom's `Notify` wakes without cause, too.
    pub(crate) fn await_bell(&self) {
        while !self.rung.load(Ordering::Acquire) {
            self.bell.wait();
        }
    }

    /// A call of another kind was turned away: the end of the one that runs has to be told.
    pub(crate) fn expect_word(&self) {
        self.words_expected.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn words(&self) -> usize {
        self.words.load(Ordering::Relaxed)
    }

    pub(crate) fn words_expected(&self) -> usize {
        self.words_expected.load(Ordering::Relaxed)
    }

    pub(crate) fn seen(&self, context: u64) -> Seen {
        self.witnesses[context as usize].0.get()
    }

    pub(crate) fn write(&self, context: u64, change: impl FnOnce(&mut Seen)) {
        let witness = &self.witnesses[context as usize].0;
        let mut seen = witness.get();
        change(&mut seen);
        witness.set(seen);
    }

    /// Drives what is queued after all threads ended, and balances the books.
    pub(crate) fn settle(self: &Arc<Self>) -> Counts {
        let mut drive = Drive::worker(&self.subsystem, 1, 2);
        let step = drive.step(&mut Player::of(self), u64::MAX);
        assert!(matches!(step, Step::Empty), "after everything ended: {step:?}");
        drop(drive);
        let counts = self.subsystem.counts();
        let posted: u64 = counts.posted.iter().sum();
        let fates: u64 = counts.indicated.iter().chain(&counts.withheld).sum();
        assert_eq!(posted, fates + counts.held, "one fate per edge; none is queued: {counts:?}");
        counts
    }
}

/// Runs `act` on a thread of the model.
pub(crate) fn thread(
    stage: &Arc<Stage>,
    act: impl FnOnce(&Arc<Stage>) + 'static,
) -> JoinHandle<()> {
    let stage = stage.clone();
    loom::thread::spawn(move || act(&stage))
}

/// What a model does inside a call.
pub(crate) type During = fn(&Stage, &Indication) -> Verdict;

/// The host of one drive: writes into the witness, then does what the model wants.
pub(crate) struct Player {
    stage: Arc<Stage>,
    during: During,
    /// Several sockets share the witness.
    shared: bool,
    closed: bool,
}

impl Player {
    pub(crate) fn of(stage: &Arc<Stage>) -> Self {
        Self::doing(stage, |_, _| Verdict::Success)
    }

    pub(crate) fn doing(stage: &Arc<Stage>, during: During) -> Self {
        Self { stage: stage.clone(), during, shared: false, closed: false }
    }

    /// Whether it was told that a close is complete.
    pub(crate) fn has_closed(&self) -> bool {
        self.closed
    }

    /// A host for sockets that share a witness.
    pub(crate) fn sharing(stage: &Arc<Stage>) -> Self {
        Self { shared: true, ..Self::of(stage) }
    }
}

impl Host for Player {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        let shared = self.shared;
        self.stage.write(indication.context, |seen| {
            assert!(!seen.barred, "a call starts after a close or disable said that none runs");
            assert!(!seen.completed, "a call starts after the close completed (D-25)");
            assert_eq!(seen.abortive, 0, "after an abortive edge comes none (D-21)");
            if indication.flags & 1 == 0 {
                assert!(shared || seen.graceful == 0, "at most one graceful (D-21)");
                seen.graceful = 1;
            } else {
                seen.abortive = 1;
            }
        });
        let verdict = (self.during)(&self.stage, indication);
        // A second access: had the other side been told meanwhile that no call runs, the two
        // accesses would not be ordered.
        self.stage.write(indication.context, |seen| assert!(!seen.barred, "a call still runs"));
        verdict
    }

    fn call_batch(
        &mut self,
        _: HandlerId,
        _: &Batch<'_>,
        _: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        unreachable!("the models open sockets with single handlers only")
    }

    fn closed(&mut self, index: u32) {
        self.stage.write(u64::from(index), |seen| seen.completed = true);
        self.closed = true;
    }

    fn ended(&mut self, _: SocketHandle) {
        self.stage.words.fetch_add(1, Ordering::Relaxed);
    }
}

/// One worker's way through what it finds.
pub(crate) fn drive_once(stage: &Arc<Stage>, number: usize, workers: usize) {
    drive_doing(stage, number, workers, |_, _| Verdict::Success);
}

/// [`drive_once`] with something to do inside the calls.
pub(crate) fn drive_doing(stage: &Arc<Stage>, number: usize, workers: usize, during: During) {
    let mut drive = Drive::worker(&stage.subsystem, number, workers);
    let step = drive.step(&mut Player::doing(stage, during), u64::MAX);
    assert!(matches!(step, Step::Empty | Step::Unready), "{step:?}");
}

/// Outcomes that executions reached, over all models: their names are unique.
static REACHED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Notes that an execution came to this outcome.
pub(crate) fn reach(outcome: &'static str) {
    REACHED.lock().expect("no panic under the lock").insert(outcome);
}

/// Runs every execution of a model up to the preemption bound and tells how many there were. Some
/// execution must reach each of `outcomes`: a model whose threads never meet proves nothing.
pub(crate) fn model(
    name: &str,
    outcomes: &[&'static str],
    execution: impl Fn() + Send + Sync + 'static,
) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = executions.clone();
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 20_000;
    let most = builder.preemption_bound;
    let bound = most.map_or("none".to_owned(), |bound| bound.to_string());
    let start = Instant::now();
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        execution();
    });
    let count = executions.load(Ordering::Relaxed);
    eprintln!("{name}: {count} executions, bound {bound}, {:.1} s", start.elapsed().as_secs_f32());
    // One preemption is not enough to meet in the middle of an operation.
    if most.is_none_or(|bound| bound > 1) {
        let reached = REACHED.lock().expect("no panic under the lock").clone();
        let missed: Vec<_> = outcomes.iter().filter(|name| !reached.contains(*name)).collect();
        assert!(missed.is_empty(), "{name}: no execution reached {missed:?}");
    }
}
