//! Script: lives that somebody has recorded, line by line, in the order of time.

use crate::storm::ends::{Deed, Dialled, Ends};
use crate::storm::fates::Fate;
use crate::storm::lives::{Ending, Life};
use crate::storm::living::Storm;
use crate::storm::slots::Phase;
use std::collections::VecDeque;

/// No slot.
const NONE: u32 = u32::MAX;

/// What a recorded life does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It connects.
    Begin,
    /// It sends so many bytes.
    Send(u64),
    /// It ends so.
    End(Ending),
    /// It is heard of no more: its connection times out.
    Lose,
}

/// One line of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// When, in nanoseconds; never before the line before it.
    pub instant: u64,
    /// Which life; lives begin in the order of their numbers, from 0.
    pub life: u64,
    /// What it does.
    pub act: Act,
}

/// The lines that are known and not carried out, and who is where.
#[derive(Debug, Default)]
pub(super) struct Script {
    lines: VecDeque<Line>,
    slots: Vec<u32>,
}

impl Script {
    /// The instant of the next line.
    pub(super) fn next(&self) -> Option<u64> {
        self.lines.front().map(|line| line.instant)
    }
}

impl Storm {
    /// Adds lines to the script. The lives of a script are those of group 0, which has none of its own.
    pub fn follow(&mut self, lines: impl IntoIterator<Item = Line>) {
        self.script.lines.extend(lines);
    }

    /// Carries the next line of the script out if it is due; whether it was.
    pub(super) fn follow_script<E: Ends>(
        &mut self,
        ends: &mut E,
        now: u64,
    ) -> Result<bool, E::Error> {
        let may_begin = self.may_begin();
        let is_next =
            |line: &mut Line| line.instant <= now && (may_begin || line.act != Act::Begin);
        let Some(Line { instant, life, act }) = self.script.lines.pop_front_if(is_next) else {
            return Ok(false);
        };
        if act == Act::Begin {
            let life = Life { group: 0, number: life, instant, due: instant, ending: None };
            let slot = self.enter(ends, life, &[], None)?;
            self.script.slots.push(slot.unwrap_or(NONE));
            return Ok(true);
        }
        let slot = self.script.slots.get(life as usize).copied().unwrap_or(NONE);
        let known = self.slots.get(slot as usize).copied().flatten();
        // Who is over, or whose place another has, does nothing any more.
        let Some(living) = known.filter(|living| living.life.number == life) else {
            return Ok(true);
        };
        if let Some(living) = &mut self.slots[slot as usize] {
            living.due = instant;
        }
        if living.phase == Phase::Connecting {
            self.owe(slot, act);
            return Ok(true);
        }
        self.act_out(ends, slot, act).map(|()| true)
    }

    /// A life whose connect is not answered does it when it is.
    fn owe(&mut self, slot: u32, act: Act) {
        let Some(living) = &mut self.slots[slot as usize] else { return };
        match act {
            Act::Begin => {}
            Act::Send(bytes) => living.owes += bytes,
            Act::End(ending) => living.life.ending = Some(ending),
            Act::Lose => living.life.ending = Some(Ending::Vanish),
        }
    }

    /// A recorded life is connected: it does what it owes.
    pub(super) fn pay<E: Ends>(&mut self, ends: &mut E, slot: u32) -> Result<(), E::Error> {
        let Some(living) = &mut self.slots[slot as usize] else { return Ok(()) };
        living.phase = Phase::Scripted;
        living.wait = 0;
        let (owes, ending) = (std::mem::take(&mut living.owes), living.life.ending.take());
        if owes > 0 {
            self.act_out(ends, slot, Act::Send(owes))?;
        }
        match ending {
            Some(ending) => self.act_out(ends, slot, Act::End(ending)),
            None => Ok(()),
        }
    }

    fn act_out<E: Ends>(&mut self, ends: &mut E, slot: u32, act: Act) -> Result<(), E::Error> {
        let Some(mut living) = self.slots[slot as usize] else { return Ok(()) };
        self.stirred = true;
        match act {
            Act::Begin => Ok(()),
            Act::Send(bytes) if living.phase == Phase::Scripted => {
                self.outcome.sent += bytes;
                ends.send(living.end, bytes)
            }
            Act::End(Ending::Abort) => {
                ends.planned(living.end, Deed::End, living.due)?;
                ends.end(living.end, Ending::Abort)?;
                self.over(ends, slot, Fate::AbortedByPeer)
            }
            Act::End(ending) if living.phase == Phase::Scripted => {
                living.life.ending = Some(ending);
                self.end(ends, slot, living)
            }
            Act::Lose => {
                ends.planned(living.end, Deed::End, living.due)?;
                ends.end(living.end, Ending::Vanish)?;
                let lost = ends.time_out(living.end)?;
                self.gone(slot, if lost { Fate::TimedOut } else { Fate::AbortedByUs });
                Ok(())
            }
            // After its end it sends no more, and ends once.
            Act::Send(_) | Act::End(_) => Ok(()),
        }
    }

    /// A life enters its place, connected to the application by its own connect or by the application's; its slot, if it
    /// has one now.
    pub(super) fn enter<E: Ends>(
        &mut self,
        ends: &mut E,
        life: Life,
        quantities: &[u64],
        called: Option<u64>,
    ) -> Result<Option<u32>, E::Error> {
        self.outcome.begin(&life, quantities);
        let due = self.note_begin(&life);
        self.stirred = true;
        let dialled = match called {
            Some(end) => Dialled::Connected(end),
            None => ends.connect(&life)?,
        };
        let (end, connected) = match dialled {
            Dialled::Connected(end) => (end, true),
            Dialled::Waiting(end) => (end, false),
            Dialled::Refused { full } => {
                self.outcome.full += u64::from(full);
                self.note_end(Fate::Refused);
                return Ok(None);
            }
            Dialled::Failed => {
                self.note_end(Fate::NeverConnected);
                return Ok(None);
            }
        };
        ends.planned(end, Deed::Connect, due)?;
        Ok(Some(self.take_place(life, end, connected, due)))
    }
}
