//! Chooser: the one place that decides what the contract leaves open, and writes it down.
//!
//! Which edge, which errand, which of the two, how much data at a time, which level: code that meets such a
//! point asks for one of so many options. Option 0 is always the plainest one: oldest first, one segment,
//! PASSIVE. The list of choices, given to another subsystem in the place of a seed, repeats the history; a
//! list that is cut, or whose numbers are made smaller, leads to a plainer history.
//!
//! `pct` chooses as Burckhardt and others do (A Randomized Scheduler with Probabilistic Guarantees of Finding
//! Bugs, 2010): each thread has a random priority, the highest that can run runs, and at few random steps the
//! priority of the one that would run falls below all others. The threads are here the sockets: each for its
//! edges, callbacks and completions; requests of clients; and, against errands, the network as one. Nobody
//! knows before how long a run will be, so the steps at which priorities change are drawn with a distance
//! that is equally likely in each power of two.

mod levels;
mod record;

use crate::core::limits::{MAX_CHANGES_AT, MAX_CHOICES};
use crate::core::random::Random;
use levels::Levels;
use record::Record;

/// What comes next among edges, callbacks and completions that may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// The oldest.
    #[default]
    Fifo,
    /// One drawn from the seed, oldest first within a socket.
    Explore,
    /// That of the socket with the highest priority, which changes this often.
    Pct(u32),
}

/// Where a choice is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Which edge of those that were taken out of the queue comes next.
    Edge,
    /// Whether the errand or the edge comes next.
    Turn,
    /// Which errand comes next.
    Errand,
    /// How many segments one callback is given.
    Segments,
    /// The level of an errand.
    Level,
    /// How a request is answered and completed: inline, pending and completed by the return, or pending and later.
    Completion,
    /// Which thread of a driver, callback or remote end goes on.
    Thread,
    /// Whether a cancel takes effect at once, or loses against what is under way.
    Cancel,
}

/// The thread that stands for the network where an errand and an edge are compared.
pub const NETWORK: u64 = u64::MAX;
/// The thread of requests that belong to no socket.
pub const CLIENTS: u64 = u64::MAX - 1;

/// Why there is no list of choices that repeats a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoChoices {
    /// Threads of a team have driven.
    #[error(
        "asked for the choices; workers have driven, and what they did the system's scheduler decided; drive with dispatch()"
    )]
    Team,
    /// More were made than are kept.
    #[error("asked for the choices; {made} were made, and {MAX_CHOICES} are kept; drive less")]
    TooMany {
        /// How many were made.
        made: u64,
    },
}

/// One subsystem's choices.
#[derive(Debug)]
pub(crate) struct Chooser {
    schedule: Schedule,
    /// Streams of the seed: of edges, of the machine's points, and of levels of edges.
    edges: Random,
    machine: Random,
    levels: Levels,
    priorities: Priorities,
    /// A replay: what is left to be chosen.
    given: Option<std::vec::IntoIter<u32>>,
    record: Record,
}

impl Chooser {
    /// Chooses by the seed, or what is `given`.
    pub(crate) fn new(schedule: Schedule, seed: u64, given: Option<Vec<u32>>) -> Self {
        let changes = if let Schedule::Pct(changes) = schedule { changes } else { 0 };
        Self {
            schedule,
            edges: Random::new(seed, 4),
            machine: Random::new(seed, 2),
            levels: Levels::new(Random::new(seed, 1)),
            priorities: Priorities::new(changes, Random::new(seed, 5)),
            given: given.map(Vec::into_iter),
            record: Record::default(),
        }
    }

    /// Chooses one of `options`, of which there is one at least.
    pub(crate) fn choose(&mut self, point: Point, options: u32) -> u32 {
        self.choose_by(options, |chooser| match (chooser.schedule, point) {
            // Levels and ways of completion are drawn although the order is not.
            (Schedule::Fifo, Point::Level | Point::Completion)
            | (Schedule::Explore | Schedule::Pct(_), _) => {
                (chooser.stream(point).next() % u64::from(options)) as u32
            }
            (Schedule::Fifo, _) => 0,
        })
    }

    /// Chooses one of `options`, each of which goes on with a thread; the first of a thread comes first.
    pub(crate) fn choose_thread(
        &mut self,
        point: Point,
        options: u32,
        thread: impl Fn(u32) -> u64,
    ) -> u32 {
        if let (Schedule::Pct(_), true) = (self.schedule, options > 1) {
            let best = self.priorities.choose(options, thread);
            return self.choose_by(options, |_| best);
        }
        self.choose(point, options)
    }

    /// The thread of `threads` that is ahead of the others; the first where priorities do not matter.
    pub(crate) fn leader(&self, threads: impl Iterator<Item = u64>) -> Option<u64> {
        let mut threads = threads;
        match self.schedule {
            Schedule::Pct(_) => threads.max_by_key(|thread| self.priorities.of(*thread)),
            _ => threads.next(),
        }
    }

    /// The level of the next edge, 0 for PASSIVE and 1 for DISPATCH, and of so many after it, one bit each. Each is a
    /// choice of its own.
    pub(crate) fn edge_levels(&mut self, count: u32) -> u64 {
        if self.given.is_none()
            && let Some(levels) = self.levels.take(count)
        {
            self.record.push_bits(levels, count);
            return levels;
        }
        (0..count).fold(0, |levels, place| {
            let drawn = self.levels.next();
            let level = match &mut self.given {
                Some(given) => given.next().unwrap_or(0).min(1),
                None => drawn,
            };
            self.record.push(level);
            levels | u64::from(level) << place
        })
    }

    /// How much was chosen so far.
    pub(crate) fn made(&self) -> u64 {
        self.record.made
    }

    /// What was chosen so far.
    pub(crate) fn choices(&self) -> Result<Vec<u32>, NoChoices> {
        self.record.list()
    }

    /// Whether this is a replay.
    pub(crate) fn is_given(&self) -> bool {
        self.given.is_some()
    }

    fn choose_by(&mut self, options: u32, choose: impl FnOnce(&mut Self) -> u32) -> u32 {
        if options <= 1 {
            return 0;
        }
        let choice = match &mut self.given {
            Some(given) => given.next().unwrap_or(0).min(options - 1),
            None => choose(self),
        };
        self.record.push(choice);
        choice
    }

    fn stream(&mut self, point: Point) -> &mut Random {
        match point {
            Point::Edge => &mut self.edges,
            _ => &mut self.machine,
        }
    }
}

/// Who runs first of several threads.
#[derive(Debug)]
struct Priorities {
    /// Makes each thread's priority from its number, so that none has to be kept.
    salt: u64,
    /// The steps at which a priority falls, latest first, and what it falls to.
    changes: Vec<(u64, u64)>,
    /// Threads whose priority has fallen.
    fallen: Vec<(u64, u64)>,
    step: u64,
}

/// Every thread whose priority has not fallen is above those whose has.
const UNFALLEN: u64 = 1 << 63;

impl Priorities {
    fn new(changes: u32, mut random: Random) -> Self {
        let salt = random.next();
        let mut at: Vec<_> = (0..u64::from(changes))
            .map(|number| {
                let power = random.next() % u64::from(MAX_CHANGES_AT);
                ((1 << power) + random.next() % (1 << power), number)
            })
            .collect();
        at.sort_unstable_by(|one, other| other.cmp(one));
        Self { salt, changes: at, fallen: Vec::new(), step: 0 }
    }

    fn of(&self, thread: u64) -> u64 {
        let fallen = self.fallen.iter().rev().find(|(fallen, _)| *fallen == thread);
        let unfallen = || UNFALLEN | Random::new(self.salt, thread).next();
        fallen.map_or_else(unfallen, |(_, priority)| *priority)
    }

    fn best(&self, options: u32, thread: &impl Fn(u32) -> u64) -> u32 {
        let mut best = (0, self.of(thread(0)));
        for option in 1..options {
            let priority = self.of(thread(option));
            if priority > best.1 {
                best = (option, priority);
            }
        }
        best.0
    }

    fn choose(&mut self, options: u32, thread: impl Fn(u32) -> u64) -> u32 {
        self.step += 1;
        let mut best = self.best(options, &thread);
        while let Some(&(step, priority)) = self.changes.last()
            && step <= self.step
        {
            self.changes.pop();
            self.fallen.push((thread(best), priority));
            best = self.best(options, &thread);
        }
        best
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(chooser: &mut Chooser, points: &[(u8, u32)]) -> Vec<u64> {
        let ask = |&(point, options): &(u8, u32)| match point {
            0 => u64::from(chooser.choose(Point::Segments, options)),
            1 => u64::from(
                chooser.choose_thread(Point::Edge, options, |option| u64::from(option % 5)),
            ),
            2 => u64::from(chooser.choose(Point::Level, 2)),
            _ => chooser.edge_levels(8),
        };
        points.iter().map(ask).collect()
    }

    fn points() -> impl Strategy<Value = Vec<(u8, u32)>> {
        proptest::collection::vec((0u8..4, 1u32..600), 0..200)
    }

    fn schedules() -> impl Strategy<Value = Schedule> {
        prop_oneof![
            Just(Schedule::Fifo),
            Just(Schedule::Explore),
            (0u32..9).prop_map(Schedule::Pct)
        ]
    }

    proptest! {
        #[test]
        fn what_was_chosen_can_be_chosen_again_with_any_seed(
            schedule in schedules(), other in schedules(), seeds: [u64; 2], points in points(),
        ) {
            let mut first = Chooser::new(schedule, seeds[0], None);
            let chosen = asked(&mut first, &points);
            let list = first.choices().unwrap();
            let mut again = Chooser::new(other, seeds[1], Some(list.clone()));
            prop_assert_eq!(&asked(&mut again, &points), &chosen);
            prop_assert_eq!(again.choices().unwrap(), list);
            let mut same = Chooser::new(schedule, seeds[0], None);
            prop_assert_eq!(asked(&mut same, &points), chosen);
        }

        #[test]
        fn any_list_is_a_history(given: Vec<u32>, points in points()) {
            let mut chooser = Chooser::new(Schedule::Explore, 0, Some(given));
            for (&point, choice) in points.iter().zip(asked(&mut chooser, &points)) {
                prop_assert!(point.0 >= 2 || choice < u64::from(point.1));
            }
        }
    }

    #[test]
    fn fifo_and_an_empty_list_choose_the_plainest() {
        for chooser in [
            &mut Chooser::new(Schedule::Fifo, 7, None),
            &mut Chooser::new(Schedule::Explore, 7, Some(Vec::new())),
        ] {
            let points: Vec<_> = (0..50).map(|number| (number % 2, 9)).collect();
            assert_eq!(asked(chooser, &points), [0; 50]);
        }
    }

    #[test]
    fn with_priorities_a_thread_goes_on_until_its_priority_falls() {
        let runs = |changes: u32, seed| {
            let mut chooser = Chooser::new(Schedule::Pct(changes), seed, None);
            let chosen: Vec<_> =
                (0..200).map(|_| chooser.choose_thread(Point::Errand, 4, u64::from)).collect();
            1 + chosen.windows(2).filter(|pair| pair[0] != pair[1]).count()
        };
        for seed in 0..50 {
            assert_eq!(runs(0, seed), 1, "seed {seed}");
            assert!((1..=4).contains(&runs(3, seed)), "seed {seed}");
        }
        assert!((0..50).any(|seed| runs(3, seed) == 4));
        let firsts: std::collections::BTreeSet<_> = (0..50)
            .map(|seed| {
                let mut chooser = Chooser::new(Schedule::Pct(0), seed, None);
                chooser.choose_thread(Point::Errand, 4, u64::from)
            })
            .collect();
        assert_eq!(firsts.len(), 4, "each thread has its turn with some seed");
    }

    #[test]
    fn a_list_that_is_not_whole_is_none() {
        let mut chooser = Chooser::new(Schedule::Explore, 0, None);
        for _ in 0..MAX_CHOICES {
            chooser.choose(Point::Segments, 2);
        }
        assert_eq!(chooser.choices().unwrap().len() as u64, MAX_CHOICES);
        chooser.choose(Point::Segments, 2);
        assert_eq!(chooser.choices(), Err(NoChoices::TooMany { made: MAX_CHOICES + 1 }));
    }
}
