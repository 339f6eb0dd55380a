//! Stepping: one life goes through its steps, hears what happens to it, and comes to its end.

use crate::storm::ends::{Deed, Ends, Told};
use crate::storm::fates::Fate;
use crate::storm::lives::{Ending, Step};
use crate::storm::living::Storm;
use crate::storm::slots::{Living, Phase};

impl Storm {
    /// Goes through the steps of a life until it has to wait.
    pub(super) fn go<E: Ends>(&mut self, ends: &mut E, slot: u32) -> Result<(), E::Error> {
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
                    living.wait = self.calendar.sleep(slot, living.due.saturating_add(quantity));
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
    pub(super) fn end<E: Ends>(
        &mut self,
        ends: &mut E,
        slot: u32,
        living: Living,
    ) -> Result<(), E::Error> {
        let Some(ending) = living.life.ending else {
            // The application ends it; when it has, this end does.
            return if living.finished {
                ends.planned(living.end, Deed::End, living.due)?;
                self.close_half(ends, slot, living.end, Ending::Disconnect)
            } else {
                self.wait_for_the_end(slot, Phase::ReadingEnd);
                Ok(())
            };
        };
        self.stirred = true;
        ends.planned(living.end, Deed::End, living.due)?;
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
            if phase != Phase::ReadingEnd {
                living.since = self.calendar.now();
            }
            self.be_patient(slot);
        }
    }

    /// From now on its patience runs.
    pub(super) fn be_patient(&mut self, slot: u32) {
        let Some(living) = &mut self.slots[slot as usize] else { return };
        let group = living.life.group;
        let timeout = self.timeouts[group as usize];
        living.wait = timeout.map_or(0, |timeout| self.calendar.limit(slot, group, timeout));
    }

    /// Its patience is at an end.
    pub(super) fn give_up<E: Ends>(
        &mut self,
        ends: &mut E,
        slot: u32,
        due: u64,
    ) -> Result<(), E::Error> {
        let Some(living) = self.slots[slot as usize] else { return Ok(()) };
        self.stirred = true;
        ends.planned(living.end, Deed::End, due)?;
        match living.phase {
            Phase::Sleeping | Phase::Scripted => Ok(()),
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

    /// Has the machine of the application end one connection; none if there is none.
    pub(super) fn kill<E: Ends>(&mut self, ends: &mut E) -> Result<(), E::Error> {
        let Some(killing) = &mut self.killing else { return Ok(()) };
        let (group, due) = (killing.group(), killing.next());
        let mut order = killing.draw(self.slots.len());
        let found = order.find_map(|at| {
            let living = self.slots[at].filter(|living| {
                living.life.group == group && living.phase != Phase::Connecting && !living.killed
            });
            living.map(|living| (at, living))
        });
        let Some((at, living)) = found else { return Ok(()) };
        ends.planned(living.end, Deed::End, due)?;
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
    pub(super) fn hear_of<E: Ends>(
        &mut self,
        ends: &mut E,
        slot: u32,
        what: Told,
    ) -> Result<(), E::Error> {
        let at = slot as usize;
        let Some(mut living) = self.slots[at] else { return Ok(()) };
        living.due = self.calendar.now();
        match what {
            Told::Refused => return self.over(ends, slot, Fate::Refused),
            Told::Aborted if living.killed => return self.over(ends, slot, Fate::Killed),
            Told::Aborted => return self.over(ends, slot, Fate::AbortedByUs),
            Told::Reset => return self.over(ends, slot, Fate::AbortedByPeer),
            Told::Sent => living.sent = true,
            Told::Finished => {
                living.finished = true;
                living.since = living.due;
            }
            Told::Connected => living.since = living.due,
            Told::Arrived => {}
        }
        self.slots[at] = Some(living);
        match living.phase {
            Phase::Connecting if what == Told::Connected && self.is_scripted => {
                self.pay(ends, slot)
            }
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
            Phase::ReadingEnd | Phase::Ending | Phase::Scripted if what == Told::Arrived => {
                self.read(ends, living.end, u64::MAX).map(drop)
            }
            Phase::Ending if living.sent && living.finished => {
                self.over(ends, slot, Fate::EndedInOrder)
            }
            _ => Ok(()),
        }
    }

    /// A life is over, and its remote end is given back.
    pub(super) fn over<E: Ends>(
        &mut self,
        ends: &mut E,
        slot: u32,
        fate: Fate,
    ) -> Result<(), E::Error> {
        let Some(end) = self.slots[slot as usize].map(|living| living.end) else { return Ok(()) };
        self.gone(slot, fate);
        self.stirred = true;
        ends.leave(end)
    }

    pub(super) fn gone(&mut self, slot: u32, fate: Fate) {
        let Some(living) = self.slots[slot as usize].take() else { return };
        self.by_end.remove(&living.end);
        self.free.push(slot);
        self.room[living.life.group as usize].1 -= 1;
        self.calling = true;
        self.note_end(fate);
    }
}
