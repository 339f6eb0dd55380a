//! Turning: lives and the application take turns, as the application's own scheduler says.
//!
//! [`go_on`](Storm::go_on) drives an application that does nothing by itself. A driver in C has threads, and a scheduler that
//! chooses who goes on at each of its calls; there the remote ends are one more that can. It is that scheduler which asks
//! whether a life [is due](Storm::is_due), lets one take [a step](Storm::step), and moves the clock.

use crate::storm::ends::Ends;
use crate::storm::living::Storm;
use crate::storm::slots::is_on;

impl Storm {
    /// Whether a life can begin or go on at this instant, or something happened to one.
    ///
    /// # Errors
    ///
    /// Whatever the remote ends answered.
    pub fn is_due<E: Ends>(&mut self, ends: &mut E) -> Result<bool, E::Error> {
        ends.drive(&mut self.told)?;
        let lives = &self.by_end;
        self.told.retain(|(end, _)| lives.contains_key(end));
        let (now, slots) = (self.calendar.now(), &self.slots);
        let goes = self.calendar.first(|wait| is_on(slots, wait));
        if !self.told.is_empty() || goes.is_some_and(|wait| wait.instant <= now) {
            return Ok(true);
        }
        let mut begins = (0..self.room.len()).filter_map(|group| self.next_of(group));
        let begins = self.may_begin() && begins.any(|life| life.instant <= now);
        let kills = self.next_kill().is_some_and(|kill| kill <= now);
        Ok(begins || kills || self.is_called(ends)?)
    }

    /// One life hears what happened to it, begins or goes on.
    ///
    /// # Errors
    ///
    /// Whatever the remote ends answered.
    pub fn step<E: Ends>(&mut self, ends: &mut E) -> Result<(), E::Error> {
        self.stirred = false;
        if self.told.is_empty() {
            return self.act(ends).map(drop);
        }
        let (end, what) = self.told.remove(0);
        self.calling = true;
        match self.by_end.get(&end) {
            Some(&slot) => self.hear_of(ends, slot, what),
            None => Ok(()),
        }
    }

    /// The application has nothing left to do, so that others may begin.
    pub fn rest(&mut self) {
        self.unheard = 0;
        self.calling = true;
    }

    /// So many lives of a group may be open from now on.
    pub fn admit(&mut self, group: usize, open: u64) {
        self.room[group].0 = open;
    }
}
