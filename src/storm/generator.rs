//! Generator: carries a plan out. It opens sockets, posts their edges, many at a time, and closes and opens
//! each socket before it disconnects again.
//!
//! Without a rate, [`post_group`](Generator::post_group) posts as many as are wanted, and the caller
//! has all of them handled before it asks again (a closed model: the handler sets the pace). With a
//! rate, [`post_due`](Generator::post_due) posts what is due and never waits for a handler, except for
//! one thing that no plan can do without: a socket whose last edge has not been handled has nothing
//! left to disconnect.

use crate::core::error::Answer;
use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::subsystem::Subsystem;
use crate::storm::course::Course;
use crate::storm::digest::Digest as Sum;
use crate::storm::plan::{Digest, Edges, Few, Plan, PlannedEdge};
use crate::storm::portion::Shard;
use crate::storm::sharding::ShardEdges;
use crate::storm::timing::Timing;
use std::iter::Peekable;

/// An edge posted later than this after its planned instant is *late*, in nanoseconds.
pub const LATE: u64 = 1_000_000;
/// Most edges that one look at the clock stands for.
const GROUP: usize = 256;

/// Who opens and closes a storm's sockets: it knows what their contexts are.
pub trait Opener {
    /// Why it could not.
    type Error;

    /// Opens a socket for each number, in order, and adds their handles to `opened`.
    ///
    /// # Errors
    ///
    /// Whatever refused it; then none was opened.
    fn open(&mut self, numbers: &[u32], opened: &mut Vec<SocketHandle>) -> Result<(), Self::Error>;

    /// Closes sockets whose edges have been handled. One that is closed already is left alone.
    ///
    /// # Errors
    ///
    /// Whatever refused it.
    fn close(&mut self, handles: &[SocketHandle]) -> Result<(), Self::Error>;
}

/// What there is to do after [`Generator::post_due`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// More may be due already.
    More,
    /// Nothing before this instant.
    At(u64),
    /// The next socket's last edge has not been handled.
    Busy(SocketHandle),
    /// Every edge was posted.
    Done,
}

/// How far the generator was behind its plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// The longest time from a planned instant to the end of its post.
    pub worst: u64,
    /// Edges posted more than [`LATE`] after their planned instant.
    pub late: u64,
    /// The planned instant of the last edge that was posted.
    pub planned: u64,
    /// When the last edge was posted.
    pub posted: u64,
    /// How long, in all, the next edge's socket still had its last one unhandled.
    pub stalled: u64,
}

/// Carries one plan out.
#[derive(Debug)]
pub struct Generator {
    edges: Peekable<Edges>,
    sockets: u32,
    total: u64,
    posted: u64,
    digest: Digest,
    /// Of a shard: what was not posted, and the digest of what was.
    sum: Option<(Box<ShardEdges>, Sum)>,
    lag: Lag,
    course: Course,
    /// Since when the next edge's socket is not ready.
    stalled: Option<u64>,
    /// The present life of each socket.
    handles: Vec<SocketHandle>,
    group: Vec<PlannedEdge>,
    numbers: Vec<u32>,
    lives: Vec<SocketHandle>,
}

impl Generator {
    /// Begins a plan; no socket is open yet. `None` if there is no memory for as many sockets.
    #[must_use]
    pub fn new(plan: &Plan) -> Option<Self> {
        Self::of(plan.edges()?, plan.sockets, plan.disconnects)
    }

    /// Begins what a shard has of a plan, on `open` sockets.
    #[must_use]
    pub fn of_shard(plan: &Plan, shard: Shard, open: u32) -> Option<Self> {
        let edges = ShardEdges::new(plan, shard)?;
        let sum = Some((Box::new(edges.clone()), Sum::default()));
        let total = edges.total();
        let made = Self::of(Edges::Shard(Few::new(edges, open)), open, total)?;
        Some(Self { sum, ..made })
    }

    fn of(edges: Edges, sockets: u32, total: u64) -> Option<Self> {
        let mut handles = Vec::new();
        handles.try_reserve_exact(sockets as usize).ok()?;
        Some(Self {
            edges: edges.peekable(),
            sockets,
            total,
            posted: 0,
            digest: Digest::default(),
            sum: None,
            lag: Lag::default(),
            course: Course::default(),
            stalled: None,
            handles,
            group: Vec::new(),
            numbers: Vec::new(),
            lives: Vec::new(),
        })
    }

    /// How many edges were posted.
    #[must_use]
    pub fn posted(&self) -> u64 {
        self.posted
    }

    /// How many there are in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The digest of the edges that were posted.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The digest of the edges of a shard that were posted: those of all shards add up to that of the plan.
    #[must_use]
    pub fn sum(&self) -> Option<Sum> {
        self.sum.as_ref().map(|(_, sum)| *sum)
    }

    /// How far it was behind.
    #[must_use]
    pub fn lag(&self) -> Lag {
        self.lag
    }

    /// How a storm with a rate went.
    #[must_use]
    pub fn course(&self) -> &Course {
        &self.course
    }

    /// Opens up to `most` more sockets for the first time; returns how many are left.
    ///
    /// # Errors
    ///
    /// Whatever the opener answered.
    pub fn connect<O: Opener>(&mut self, opener: &mut O, most: u32) -> Result<u32, O::Error> {
        let first = self.handles.len() as u32;
        let mut count = most.min(self.sockets - first);
        self.numbers.clear();
        // With little memory in smaller steps.
        while count > 1 && self.numbers.try_reserve(count as usize).is_err() {
            count /= 2;
        }
        self.numbers.extend(first..first + count);
        opener.open(&self.numbers, &mut self.handles)?;
        self.course.at(0).begun += u64::from(count);
        Ok(self.sockets - first - count)
    }

    /// Posts the next edges, up to `most` and to the end of the round; returns how many. All that was
    /// posted before has been handled.
    ///
    /// # Errors
    ///
    /// Whatever the opener answered; then none of them was posted.
    pub fn post_group<O: Opener>(
        &mut self,
        core: &Subsystem,
        opener: &mut O,
        most: usize,
    ) -> Result<usize, O::Error> {
        let left = usize::try_from(self.total - self.posted).unwrap_or(usize::MAX);
        let mut most = most.min(left).min(self.sockets as usize);
        self.group.clear();
        self.numbers.clear();
        self.lives.clear();
        // With little memory in smaller steps.
        while most > 1 && self.has_no_room(most) {
            most /= 2;
        }
        while self.group.len() < most {
            let Some(next) = self.next_of_round(|_| true) else { break };
            self.group.push(next);
        }
        self.reopen(opener)?;
        self.post(core);
        Ok(self.group.len())
    }

    /// Posts the edges that are due, up to a limit; to be called again and again.
    ///
    /// # Errors
    ///
    /// Whatever the opener answered; then none of them was posted.
    pub fn post_due<O: Opener>(
        &mut self,
        core: &Subsystem,
        opener: &mut O,
        timing: &Timing,
    ) -> Result<Due, O::Error> {
        let now = timing.now();
        self.group.clear();
        let mut due = Due::More;
        while self.group.len() < GROUP {
            let (handles, mut ended) = (&self.handles, Due::More);
            let next = next_of_round(&mut self.edges, &self.group, |next| {
                let handle = handles[next.socket as usize];
                if next.instant > now {
                    ended = Due::At(next.instant);
                } else if next.round > 0 && timing.planned().is_on_its_way(handle.index) {
                    ended = Due::Busy(handle);
                }
                ended == Due::More
            });
            let Some(next) = next else {
                due = if self.edges.peek().is_none() { Due::Done } else { ended };
                break;
            };
            self.group.push(next);
        }
        if self.group.is_empty() {
            if matches!(due, Due::Busy(_)) {
                self.stalled.get_or_insert(now);
            }
            return Ok(due);
        }
        if let Some(since) = self.stalled.take() {
            self.lag.stalled += now - since;
        }
        self.reopen(opener)?;
        if self.group.first().is_some_and(|first| first.round > 0) {
            let again = self.group.len() as u64;
            let stretch = self.course.at(now);
            stretch.begun += again;
            stretch.ended += again;
        }
        for planned in &self.group {
            timing.planned().plan(
                self.handles[planned.socket as usize].index,
                planned.edge,
                planned.instant,
            );
        }
        if !self.post(core) {
            // Somebody else has closed some of them; their edges will never be handled.
            for handle in self.lives.iter().filter(|handle| core.look(**handle).is_err()) {
                timing.planned().clear_all(handle.index);
            }
        }
        self.note_lag(timing.now());
        Ok(due)
    }

    /// Whether there is no memory for a group of so many.
    fn has_no_room(&mut self, count: usize) -> bool {
        let group = self.group.try_reserve(count);
        group.and(self.numbers.try_reserve(count)).and(self.lives.try_reserve(count)).is_err()
    }

    fn next_of_round(&mut self, take: impl FnMut(&PlannedEdge) -> bool) -> Option<PlannedEdge> {
        next_of_round(&mut self.edges, &self.group, take)
    }

    /// Closes the sockets of a group whose last edge of the round is handled, and opens them again.
    fn reopen<O: Opener>(&mut self, opener: &mut O) -> Result<(), O::Error> {
        if self.group.first().is_none_or(|first| first.round == 0) {
            return Ok(());
        }
        self.numbers.clear();
        self.numbers.extend(self.group.iter().map(|planned| planned.socket));
        self.lives.clear();
        self.lives.extend(self.numbers.iter().map(|&number| self.handles[number as usize]));
        opener.close(&self.lives)?;
        self.lives.clear();
        opener.open(&self.numbers, &mut self.lives)?;
        for (&number, &life) in self.numbers.iter().zip(&self.lives) {
            self.handles[number as usize] = life;
        }
        Ok(())
    }

    /// Posts the group's edges; whether every one of them was accepted.
    fn post(&mut self, core: &Subsystem) -> bool {
        self.lives.clear();
        for planned in &self.group {
            self.digest.add(planned);
            self.lives.push(self.handles[planned.socket as usize]);
        }
        if let Some((edges, sum)) = &mut self.sum {
            edges.take(self.group.len()).for_each(|edge| edge.add_to(sum));
        }
        let group = &self.group;
        let answers = core.post_many(&self.lives, |position| -> Edge { group[position].edge });
        self.posted += group.len() as u64;
        answers[Answer::Queued as usize] == group.len() as u64
    }

    fn note_lag(&mut self, now: u64) {
        for planned in &self.group {
            let lag = now.saturating_sub(planned.instant);
            self.lag.worst = self.lag.worst.max(lag);
            self.lag.late += u64::from(lag > LATE);
            self.lag.planned = planned.instant;
        }
        self.lag.posted = now;
        self.course.at(now).edges += self.group.len() as u64;
    }
}

/// The next edge, if it is of the same round as the group's, and `take` wants it. No socket occurs
/// twice in a round.
#[inline]
fn next_of_round(
    edges: &mut Peekable<Edges>,
    group: &[PlannedEdge],
    mut take: impl FnMut(&PlannedEdge) -> bool,
) -> Option<PlannedEdge> {
    edges.next_if(|next| group.first().is_none_or(|first| first.round == next.round) && take(next))
}
