//! Living: carries the lives of a plan out on the plan's own clock, each as soon as there is room for it.
//!
//! The clock stands still while anything is to be done: what is due at one instant is done, a few lives at a time, and
//! after each few the application is driven until nothing is left. Then the clock jumps to the next instant at which a
//! life goes on. So the application answers in no time at all, and the same plan is the same history every time.

use crate::storm::calendar::Calendar;
use crate::storm::ends::{Dialled, Ends, Told};
use crate::storm::fates::{Fate, Outcome};
use crate::storm::kills::{Killing, Kills};
use crate::storm::lives::{Ending, Lives, Step, Stream};
use crate::storm::slots::{Living, Phase, is_on};
use std::collections::HashMap;

/// Lives that act before the application is driven: few enough to find room in the backlog of a listener.
const FEW: usize = 64;

/// Carries the lives of one plan out.
#[derive(Debug)]
pub struct Storm {
    lives: Lives,
    streams: Vec<Stream>,
    /// How many may be open, and how many are, by group.
    room: Vec<(u64, u64)>,
    /// The patience of each group, in nanoseconds.
    timeouts: Vec<Option<u64>>,
    calendar: Calendar,
    slots: Vec<Option<Living>>,
    free: Vec<u32>,
    /// What the steps of the life in each slot drew.
    quantities: Vec<Vec<u64>>,
    by_end: HashMap<u64, u32>,
    told: Vec<(u64, Told)>,
    killing: Option<Killing>,
    /// Something was done that the application has not seen.
    stirred: bool,
    outcome: Outcome,
}

impl Storm {
    /// Begins; for each group so many lives may be open, and so long is its patience.
    #[must_use]
    pub fn new(lives: Lives, groups: &[(u64, Option<u64>)], kills: Option<Kills>) -> Self {
        Self {
            streams: (0..lives.groups.len())
                .map(|group| Stream::new(&lives, group, 0, 1))
                .collect(),
            room: groups.iter().map(|(most, _)| (*most, 0)).collect(),
            timeouts: groups.iter().map(|(_, timeout)| *timeout).collect(),
            calendar: Calendar::new(groups.len()),
            slots: Vec::new(),
            free: Vec::new(),
            quantities: Vec::new(),
            by_end: HashMap::new(),
            told: Vec::new(),
            killing: kills.map(|kills| Killing::new(kills, lives.seed)),
            stirred: false,
            outcome: Outcome::default(),
            lives,
        }
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

    /// Goes on for so many drives of the application, or to the end; whether it is at the end.
    ///
    /// # Errors
    ///
    /// Whatever the remote ends answered.
    pub fn go_on<E: Ends>(&mut self, ends: &mut E, drives: u32) -> Result<bool, E::Error> {
        for _ in 0..drives {
            let mut acts = 0;
            while acts < FEW && self.act(ends)? {
                acts += 1;
            }
            if std::mem::take(&mut self.stirred) {
                self.hear(ends)?;
            } else if acts == 0 {
                let (slots, kill) = (&self.slots, self.next_kill());
                if !self.calendar.go_on(kill, |wait| is_on(slots, wait)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Drives the application, and lets lives go on to which something happened.
    fn hear<E: Ends>(&mut self, ends: &mut E) -> Result<(), E::Error> {
        let mut told = std::mem::take(&mut self.told);
        let driven = ends.drive(&mut told);
        for (end, what) in told.drain(..) {
            if let Some(&slot) = self.by_end.get(&end) {
                self.hear_of(ends, slot, what)?;
            }
        }
        self.told = told;
        driven
    }

    /// Lets one life begin or go on; whether there was one.
    fn act<E: Ends>(&mut self, ends: &mut E) -> Result<bool, E::Error> {
        for group in 0..self.room.len() {
            let (most, open) = self.room[group];
            if open < most && self.streams[group].head().is_some() {
                self.begin(ends, group)?;
                return Ok(true);
            }
        }
        if self.next_kill().is_some_and(|kill| kill <= self.calendar.now()) {
            self.kill(ends)?;
            return Ok(true);
        }
        let slots = &self.slots;
        let Some(wait) = self.calendar.take(|wait| is_on(slots, wait)) else { return Ok(false) };
        if wait.in_vain {
            self.give_up(ends, wait.slot)?;
        } else {
            self.go(ends, wait.slot)?;
        }
        Ok(true)
    }

    fn begin<E: Ends>(&mut self, ends: &mut E, group: usize) -> Result<(), E::Error> {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.quantities.push(Vec::new());
            self.slots.len() as u32 - 1
        });
        let quantities = &mut self.quantities[slot as usize];
        let Some(life) = self.streams[group].take(quantities) else {
            self.free.push(slot);
            return Ok(());
        };
        self.outcome.begin(&life, quantities);
        self.stirred = true;
        let (end, phase) = match ends.connect(&life)? {
            Dialled::Connected(end) => (end, Phase::Sleeping),
            Dialled::Waiting(end) => (end, Phase::Connecting),
            Dialled::Refused { full } => {
                self.free.push(slot);
                self.outcome.refuse(full);
                return Ok(());
            }
            Dialled::Failed => {
                self.free.push(slot);
                self.outcome.end(Fate::NeverConnected);
                return Ok(());
            }
        };
        self.room[group].1 += 1;
        self.by_end.insert(end, slot);
        let living = Living {
            life,
            end,
            step: 0,
            phase,
            sent: false,
            finished: false,
            killed: false,
            wait: 0,
        };
        self.slots[slot as usize] = Some(living);
        if phase == Phase::Connecting {
            self.be_patient(slot);
            return Ok(());
        }
        self.go(ends, slot)
    }

    /// Goes through the steps of a life until it has to wait.
    fn go<E: Ends>(&mut self, ends: &mut E, slot: u32) -> Result<(), E::Error> {
        let at = slot as usize;
        loop {
            let Some(living) = &mut self.slots[at] else { return Ok(()) };
            living.wait = 0;
            let living = *living;
            let group = &self.lives.groups[living.life.group as usize];
            let Some(&step) = group.steps.get(living.step) else {
                return self.end(ends, slot, living);
            };
            let quantity = self.quantities[at][living.step];
            let wait = match step {
                Step::Send(_) => {
                    ends.send(living.end, quantity)?;
                    self.outcome.sent += quantity;
                    self.stirred = true;
                    None
                }
                Step::Wait(_) => Some(Phase::Sleeping),
                Step::ReadAll => {
                    self.read(ends, living.end, u64::MAX)?;
                    None
                }
                Step::Read(_) => {
                    let left = quantity - self.read(ends, living.end, quantity)?;
                    (left > 0 && !living.finished).then_some(Phase::Reading(left))
                }
                Step::ReadEnd => {
                    self.read(ends, living.end, u64::MAX)?;
                    (!living.finished).then_some(Phase::ReadingEnd)
                }
            };
            // What was done may have ended it.
            let Some(living) = &mut self.slots[at] else { return Ok(()) };
            living.step += 1;
            if let Some(phase) = wait {
                living.phase = phase;
                if phase == Phase::Sleeping {
                    living.wait = self.calendar.sleep(slot, quantity);
                } else {
                    self.be_patient(slot);
                }
                return Ok(());
            }
        }
    }

    fn read<E: Ends>(&mut self, ends: &mut E, end: u64, most: u64) -> Result<u64, E::Error> {
        let read = ends.read(end, most)?;
        self.outcome.received += read;
        // Room in the window may let a send of the application's go on.
        self.stirred |= read > 0;
        Ok(read)
    }

    /// A life has taken all its steps.
    fn end<E: Ends>(&mut self, ends: &mut E, slot: u32, living: Living) -> Result<(), E::Error> {
        let Some(ending) = living.life.ending else {
            // The application ends it; when it has, this end does.
            return if living.finished {
                self.close_half(ends, slot, living.end, Ending::Disconnect)
            } else {
                self.wait_for_the_end(slot, Phase::ReadingEnd);
                Ok(())
            };
        };
        self.stirred = true;
        match ending {
            Ending::Abort => {
                ends.end(living.end, ending)?;
                self.over(ends, slot, Fate::AbortedByPeer)
            }
            Ending::Vanish => {
                ends.end(living.end, ending)?;
                self.wait_for_the_end(slot, Phase::Vanished);
                Ok(())
            }
            Ending::Disconnect | Ending::Close => self.close_half(ends, slot, living.end, ending),
        }
    }

    fn close_half<E: Ends>(
        &mut self,
        ends: &mut E,
        slot: u32,
        end: u64,
        ending: Ending,
    ) -> Result<(), E::Error> {
        self.stirred = true;
        self.wait_for_the_end(slot, Phase::Ending);
        ends.end(end, ending)
    }

    fn wait_for_the_end(&mut self, slot: u32, phase: Phase) {
        if let Some(living) = &mut self.slots[slot as usize] {
            living.phase = phase;
            self.be_patient(slot);
        }
    }

    /// From now on its patience runs.
    fn be_patient(&mut self, slot: u32) {
        let Some(living) = &mut self.slots[slot as usize] else { return };
        let group = living.life.group;
        let timeout = self.timeouts[group as usize];
        living.wait = timeout.map_or(0, |timeout| self.calendar.limit(slot, group, timeout));
    }

    /// Its patience is at an end.
    fn give_up<E: Ends>(&mut self, ends: &mut E, slot: u32) -> Result<(), E::Error> {
        let Some(living) = self.slots[slot as usize] else { return Ok(()) };
        self.stirred = true;
        match living.phase {
            Phase::Sleeping => Ok(()),
            Phase::Vanished => {
                let fate =
                    if ends.time_out(living.end)? { Fate::TimedOut } else { Fate::AbortedByUs };
                self.gone(slot, fate);
                Ok(())
            }
            Phase::Connecting => {
                ends.end(living.end, Ending::Abort)?;
                self.over(ends, slot, Fate::NeverConnected)
            }
            Phase::Reading(_) | Phase::ReadingEnd | Phase::Ending => {
                ends.end(living.end, Ending::Abort)?;
                self.over(ends, slot, Fate::TimedOut)
            }
        }
    }

    /// The instant of the next kill.
    fn next_kill(&self) -> Option<u64> {
        self.killing.as_ref().map(Killing::next)
    }

    /// Has the machine of the application end one connection; none if there is none.
    fn kill<E: Ends>(&mut self, ends: &mut E) -> Result<(), E::Error> {
        let Some(killing) = &mut self.killing else { return Ok(()) };
        let group = killing.group();
        let mut order = killing.draw(self.slots.len());
        let found = order.find_map(|at| {
            let living = self.slots[at].filter(|living| {
                living.life.group == group && living.phase != Phase::Connecting && !living.killed
            });
            living.map(|living| (at, living))
        });
        let Some((at, living)) = found else { return Ok(()) };
        if !ends.kill(living.end)? {
            return Ok(());
        }
        self.stirred = true;
        if living.phase == Phase::Vanished {
            return self.over(ends, at as u32, Fate::Killed);
        }
        self.slots[at] = Some(Living { killed: true, ..living });
        Ok(())
    }

    /// Something happened to a life.
    fn hear_of<E: Ends>(&mut self, ends: &mut E, slot: u32, what: Told) -> Result<(), E::Error> {
        let at = slot as usize;
        let Some(mut living) = self.slots[at] else { return Ok(()) };
        match what {
            Told::Refused => return self.over(ends, slot, Fate::Refused),
            Told::Aborted if living.killed => return self.over(ends, slot, Fate::Killed),
            Told::Aborted => return self.over(ends, slot, Fate::AbortedByUs),
            Told::Reset => return self.over(ends, slot, Fate::AbortedByPeer),
            Told::Sent => living.sent = true,
            Told::Finished => living.finished = true,
            Told::Connected | Told::Arrived => {}
        }
        self.slots[at] = Some(living);
        match living.phase {
            Phase::Connecting if what == Told::Connected => self.go(ends, slot),
            Phase::Reading(wanted) if matches!(what, Told::Arrived | Told::Finished) => {
                let left = wanted - self.read(ends, living.end, wanted)?;
                if left == 0 || living.finished {
                    return self.go(ends, slot);
                }
                self.slots[at] = Some(Living { phase: Phase::Reading(left), ..living });
                Ok(())
            }
            Phase::ReadingEnd if living.finished => {
                self.read(ends, living.end, u64::MAX)?;
                self.go(ends, slot)
            }
            // It goes on reading, so that the application's last bytes are no late ones.
            Phase::ReadingEnd | Phase::Ending if what == Told::Arrived => {
                self.read(ends, living.end, u64::MAX).map(drop)
            }
            Phase::Ending if living.sent && living.finished => {
                self.over(ends, slot, Fate::EndedInOrder)
            }
            _ => Ok(()),
        }
    }

    /// A life is over, and its remote end is given back.
    fn over<E: Ends>(&mut self, ends: &mut E, slot: u32, fate: Fate) -> Result<(), E::Error> {
        let Some(end) = self.slots[slot as usize].map(|living| living.end) else { return Ok(()) };
        self.gone(slot, fate);
        self.stirred = true;
        ends.leave(end)
    }

    fn gone(&mut self, slot: u32, fate: Fate) {
        let Some(living) = self.slots[slot as usize].take() else { return };
        self.by_end.remove(&living.end);
        self.free.push(slot);
        self.room[living.life.group as usize].1 -= 1;
        self.outcome.end(fate);
    }
}
