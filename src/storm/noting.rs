//! Noting: what is written down when lives begin and end: how late, and whether there was room.

use crate::storm::fates::Fate;
use crate::storm::generator::LATE;
use crate::storm::lives::Life;
use crate::storm::living::{FEW, Storm};

impl Storm {
    /// A life begins; returns the instant at which it was to.
    pub(super) fn note_begin(&mut self, life: &Life) -> u64 {
        let now = self.calendar.now();
        self.course.at(now).begun += 1;
        self.unheard += 1;
        if self.lives.groups[life.group as usize].pace.is_none() {
            return now;
        }
        if let Some(since) = self.stalled.take() {
            self.lag.stalled += now - since;
        }
        let lag = now.saturating_sub(life.due);
        self.lag.worst = self.lag.worst.max(lag);
        self.lag.late += u64::from(lag > LATE);
        self.lag.planned = self.lag.planned.max(life.due);
        self.lag.posted = now;
        self.outcome.paced += 1;
        life.due
    }

    /// Whether another life may begin before the application has nothing left to do.
    pub(super) fn may_begin(&self) -> bool {
        self.unheard < FEW
    }

    /// Whether a life with a planned instant is due for which there is no room.
    pub(super) fn note_stall(&mut self, now: u64) {
        let stalls = (0..self.room.len()).any(|group| {
            let (most, open) = self.room[group];
            let head = self.streams[group].head().filter(|life| life.due <= now);
            open >= most && head.is_some() && self.lives.groups[group].pace.is_some()
        });
        if stalls {
            self.stalled.get_or_insert(now);
        }
    }

    /// A life is over.
    pub(super) fn note_end(&mut self, fate: Fate) {
        self.outcome.end(fate);
        self.course.at(self.calendar.now()).ended += 1;
    }
}
