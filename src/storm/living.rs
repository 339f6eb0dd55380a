//! Living: carries the lives of a plan out, on the plan's own clock or on this machine's.
//!
//! The plan's own clock stands still while anything is to be done: what is due at one instant is done, a few lives at a
//! time, and after each few the application is driven until nothing is left. Then the clock jumps to the next instant at
//! which a life goes on. So the application answers in no time at all, and the same plan is the same history every time.
//!
//! Where lives have planned instants of this machine's clock, that one goes on whatever the application does. A few
//! lives act, the application is driven for a few calls, and so on; whoever is late counts from the planned instant.

use crate::storm::arrivals::Arrivals;
use crate::storm::calendar::Calendar;
use crate::storm::course::{Course, Totals};
use crate::storm::ends::{Ends, Told};
use crate::storm::fates::Outcome;
use crate::storm::generator::Lag;
use crate::storm::half_open::{Left, oldest};
use crate::storm::kills::{Killing, Kills};
use crate::storm::lives::{self, Life, Lives, Stream};
use crate::storm::portion::Shard;
use crate::storm::script::Script;
use crate::storm::slots::{Living, Phase, is_on};
use foldhash::{HashMap, HashMapExt as _};

/// Lives that act before the application is driven: few enough to find room in the backlog of a listener.
pub(super) const FEW: usize = 64;
/// How long a storm on this machine's clock goes on without a look at signals, in nanoseconds (R18).
const SLICE: u64 = 20_000_000;

/// How the lives of one group are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// So many may be open.
    pub open: u64,
    /// Its patience in nanoseconds, if it has an end.
    pub timeout: Option<u64>,
    /// Its lives begin when the application connects to them.
    pub listens: bool,
}

/// Carries the lives of one plan out.
#[derive(Debug)]
pub struct Storm {
    pub(super) lives: Lives,
    pub(super) streams: Vec<Stream>,
    /// How many may be open, and how many are, by group.
    pub(super) room: Vec<(u64, u64)>,
    /// Whether the lives of a group begin when the application connects to them.
    listens: Vec<bool>,
    /// The application may have connected, or there may be room again for one that did.
    pub(super) calling: bool,
    /// The group to which it has connected, and the remote end of that.
    pub(super) called: Option<(usize, u64)>,
    /// The patience of each group, in nanoseconds.
    pub(super) timeouts: Vec<Option<u64>>,
    pub(super) calendar: Calendar,
    pub(super) slots: Vec<Option<Living>>,
    pub(super) free: Vec<u32>,
    /// What the steps of the life in each slot drew.
    pub(super) quantities: Vec<Vec<u64>>,
    /// What those of the life that begins now drew.
    drawn: Vec<u64>,
    /// Lives that somebody has recorded, if it is they that are carried out.
    pub(super) script: Script,
    pub(super) is_scripted: bool,
    pub(super) by_end: HashMap<u64, u32>,
    pub(super) told: Vec<(u64, Told)>,
    pub(super) killing: Option<Killing>,
    /// Something was done that the application has not seen.
    pub(super) stirred: bool,
    /// Lives that began since the application had nothing left to do.
    pub(super) unheard: usize,
    pub(super) outcome: Outcome,
    pub(super) course: Course,
    pub(super) lag: Lag,
    /// Since when a life is due for which there is no room.
    pub(super) stalled: Option<u64>,
}

impl Storm {
    /// Begins.
    #[must_use]
    pub fn new(lives: Lives, groups: &[Group], kills: Option<Kills>) -> Self {
        Self::of_shard(lives, groups, kills, Shard::WHOLE)
    }

    /// Begins what a shard has of it; how many may be open there, and how often it kills, is the caller's to say.
    #[must_use]
    pub fn of_shard(lives: Lives, groups: &[Group], kills: Option<Kills>, shard: Shard) -> Self {
        let Shard { number, of } = shard;
        Self {
            streams: (0..lives.groups.len())
                .map(|group| Stream::new(&lives, group, number, of))
                .collect(),
            room: groups.iter().map(|group| (group.open, 0)).collect(),
            listens: groups.iter().map(|group| group.listens).collect(),
            calling: true,
            called: None,
            timeouts: groups.iter().map(|group| group.timeout).collect(),
            calendar: Calendar::new(groups.len()),
            slots: Vec::new(),
            free: Vec::new(),
            quantities: Vec::new(),
            drawn: Vec::new(),
            script: Script::default(),
            is_scripted: false,
            by_end: HashMap::new(),
            told: Vec::new(),
            killing: kills.map(|kills| Killing::new(kills, lives.seed)),
            stirred: false,
            unheard: 0,
            outcome: Outcome::default(),
            course: Course::default(),
            lag: Lag::default(),
            stalled: None,
            lives,
        }
    }

    /// Begins a storm of lives that are told line by line ([`follow`](Self::follow)), with planned instants.
    #[must_use]
    pub fn of_script(seed: u64) -> Self {
        let pace = Some((1.0, Arrivals::Constant));
        let told = lives::Group { count: 0, steps: Vec::new(), endings: None, pace };
        let room = Group { open: u64::MAX, timeout: None, listens: false };
        let lives = Lives { seed, groups: [told].into() };
        Self { is_scripted: true, ..Self::new(lives, &[room], None) }
    }

    /// What has become of the lives so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let mut outcome = self.outcome;
        outcome.now = self.calendar.now();
        for living in self.slots.iter().flatten() {
            outcome.open += u64::from(living.phase != Phase::Connecting);
            outcome.connecting += u64::from(living.phase == Phase::Connecting);
            outcome.vanished += u64::from(living.phase == Phase::Vanished);
        }
        outcome
    }

    /// How many lives are over.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.outcome.over()
    }

    /// How the storm went, given what was counted elsewhere so far.
    pub fn course(&mut self, totals: Totals) -> &Course {
        self.course.settle(self.calendar.now(), totals);
        &self.course
    }

    /// How far it was behind the planned instants of its lives.
    #[must_use]
    pub fn lag(&self) -> Lag {
        self.lag
    }

    /// The lives that have stood as they stand for the longest time, at most so many.
    #[must_use]
    pub fn left(&self, most: usize) -> Vec<Left> {
        oldest(&self.slots, most)
    }

    /// Whether a remote end is that of a life which is not over.
    #[must_use]
    pub fn lives_at(&self, end: u64) -> bool {
        self.by_end.contains_key(&end)
    }

    /// Goes on for so many drives of the application, or to the end; whether it is at the end.
    ///
    /// # Errors
    ///
    /// Whatever the remote ends answered.
    pub fn go_on<E: Ends>(&mut self, ends: &mut E, drives: u32) -> Result<bool, E::Error> {
        let end = ends.now().map(|now| now.saturating_add(SLICE));
        for _ in 0..drives {
            if let Some(now) = ends.now() {
                self.go_to(ends, now)?;
            }
            let mut acts = 0;
            while acts < FEW && self.act(ends)? {
                acts += 1;
            }
            if std::mem::take(&mut self.stirred) {
                self.hear(ends)?;
            } else if acts == 0 && !self.pass_time(ends)? {
                return Ok(true);
            }
            if end.is_some_and(|end| self.calendar.now() >= end) {
                break;
            }
        }
        Ok(false)
    }

    /// Moves the clock; only forward.
    ///
    /// # Errors
    ///
    /// Whatever the remote ends answered.
    pub fn go_to<E: Ends>(&mut self, ends: &mut E, now: u64) -> Result<(), E::Error> {
        let before = self.calendar.now();
        if self.course.parts(before, now) {
            self.course.settle(before, ends.totals()?);
        }
        self.calendar.go_to(now);
        ends.moved(now)
    }

    /// The next instant at which a life begins or goes on, or is killed before that; kills alone keep no storm going.
    #[must_use]
    pub fn next_instant(&mut self) -> Option<u64> {
        let slots = &self.slots;
        let wait = self.calendar.first(|wait| is_on(slots, wait)).map(|wait| wait.instant);
        let begins = (0..self.room.len()).filter_map(|group| self.next_of(group));
        let begins = begins.map(|life| life.due).chain(self.script.next());
        let next = begins.chain(wait).min()?;
        Some(self.next_kill().map_or(next, |kill| kill.min(next)))
    }

    /// Nothing is to be done now: lets time pass; false if nothing is to come.
    fn pass_time<E: Ends>(&mut self, ends: &mut E) -> Result<bool, E::Error> {
        let Some(next) = self.next_instant() else { return Ok(false) };
        let Some(now) = ends.now() else {
            let next = next.max(self.calendar.now());
            return self.go_to(ends, next).map(|()| true);
        };
        if self.script.next().is_none() && (0..self.room.len()).all(|group| self.has_begun(group)) {
            // Nothing is planned any more: what is left is waiting, and none of it is measured.
            ends.skip(next.saturating_sub(now));
        } else {
            ends.rest(next.min(now.saturating_add(SLICE)));
            // What else runs in the application's process may have asked for something.
            self.stirred = true;
        }
        Ok(true)
    }

    /// Drives the application, and lets lives go on to which something happened.
    fn hear<E: Ends>(&mut self, ends: &mut E) -> Result<(), E::Error> {
        let mut told = std::mem::take(&mut self.told);
        let driven = ends.drive(&mut told);
        if let Some(now) = ends.now() {
            self.go_to(ends, now)?;
        }
        for (end, what) in told.drain(..) {
            if let Some(&slot) = self.by_end.get(&end) {
                self.hear_of(ends, slot, what)?;
            }
        }
        self.told = told;
        self.calling = true;
        if driven? {
            self.unheard = 0;
        } else {
            // What is left to do for the application is done next time.
            self.stirred = true;
        }
        Ok(())
    }

    /// The life of a group that begins next by itself, if there is room for it.
    pub(super) fn next_of(&self, group: usize) -> Option<&Life> {
        let (most, open) = self.room[group];
        self.streams[group].head().filter(|_| open < most && !self.listens[group])
    }

    /// Whether no life of a group is to begin by itself any more.
    fn has_begun(&self, group: usize) -> bool {
        self.listens[group] || self.streams[group].head().is_none()
    }

    /// Whether the application has connected to a group that has room for a life more.
    pub(super) fn is_called<E: Ends>(&mut self, ends: &mut E) -> Result<bool, E::Error> {
        for group in 0..self.room.len() {
            let (most, open) = self.room[group];
            if self.called.is_none()
                && self.calling
                && self.listens[group]
                && open < most
                && self.streams[group].head().is_some()
            {
                self.called = ends.accept(group as u32)?.map(|end| (group, end));
            }
        }
        self.calling &= self.called.is_some();
        Ok(self.called.is_some())
    }

    /// Lets a life begin to which the application has connected; whether there was one.
    fn answer<E: Ends>(&mut self, ends: &mut E) -> Result<bool, E::Error> {
        if !self.is_called(ends)? {
            return Ok(false);
        }
        let Some((group, end)) = self.called.take() else { return Ok(false) };
        self.begin(ends, group, Some(end)).map(|()| true)
    }

    /// Lets one life begin or go on; whether there was one.
    pub(super) fn act<E: Ends>(&mut self, ends: &mut E) -> Result<bool, E::Error> {
        let now = self.calendar.now();
        let begins = (0..self.room.len()).filter_map(|group| {
            self.next_of(group).filter(|life| life.due <= now).map(|life| (life.due, group))
        });
        // Those that come while the application is busy wait, and their accept latency says so: a backlog that is full
        // because nobody drove the application would be our doing.
        let begins = begins.min().filter(|_| self.may_begin());
        let slots = &self.slots;
        let wait = self.calendar.first(|wait| is_on(slots, wait));
        let wait = wait.filter(|wait| wait.instant <= now);
        if let Some((instant, group)) = begins
            && wait.is_none_or(|wait| instant <= wait.instant)
        {
            self.begin(ends, group, None)?;
            return Ok(true);
        }
        if self.answer(ends)? || self.follow_script(ends, now)? {
            return Ok(true);
        }
        if self.next_kill().is_some_and(|kill| kill <= now) {
            self.kill(ends)?;
            return Ok(true);
        }
        self.note_stall(now);
        let Some(wait) = wait else { return Ok(false) };
        self.calendar.take(&wait);
        if wait.in_vain {
            self.give_up(ends, wait.slot, wait.instant)?;
        } else {
            if let Some(living) = &mut self.slots[wait.slot as usize] {
                living.due = wait.instant;
            }
            self.go(ends, wait.slot)?;
        }
        Ok(true)
    }

    /// The next life of a group begins, at the end to which the application has connected or by a connect of its own.
    fn begin<E: Ends>(
        &mut self,
        ends: &mut E,
        group: usize,
        called: Option<u64>,
    ) -> Result<(), E::Error> {
        let mut quantities = std::mem::take(&mut self.drawn);
        let Some(life) = self.streams[group].take(&mut quantities) else { return Ok(()) };
        let slot = self.enter(ends, life, &quantities, called);
        self.drawn = quantities;
        let Some(slot) = slot? else { return Ok(()) };
        if let Some(end) = called {
            // What it did before this life began was no news to anybody.
            self.told.extend(ends.seen(end)?.map(|what| (end, what)));
        }
        std::mem::swap(&mut self.quantities[slot as usize], &mut self.drawn);
        match self.slots[slot as usize].map(|living| living.phase) {
            Some(Phase::Connecting) => self.be_patient(slot),
            _ => return self.go(ends, slot),
        }
        Ok(())
    }

    /// A life takes a place; returns its slot.
    pub(super) fn take_place(&mut self, life: Life, end: u64, connected: bool, due: u64) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.quantities.push(Vec::new());
            self.slots.len() as u32 - 1
        });
        self.room[life.group as usize].1 += 1;
        self.by_end.insert(end, slot);
        let begun = if self.is_scripted { Phase::Scripted } else { Phase::Sleeping };
        self.slots[slot as usize] = Some(Living {
            life,
            end,
            step: 0,
            phase: if connected { begun } else { Phase::Connecting },
            sent: false,
            finished: false,
            killed: false,
            wait: 0,
            due,
            since: self.calendar.now(),
            owes: 0,
        });
        slot
    }

    /// The instant of the next kill.
    pub(super) fn next_kill(&self) -> Option<u64> {
        self.killing.as_ref().map(Killing::next)
    }
}
