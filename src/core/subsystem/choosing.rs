//! Choosing: what the contract machine asks the chooser, and the list of all that was chosen.

use crate::core::chooser::{NoChoices, Point};
use crate::core::findings::Finding;
use crate::core::limits::MAX_FINDING_CHOICES;
use crate::core::subsystem::Subsystem;
use crate::core::sync::Ordering;

impl Subsystem {
    /// Chooses one of `options`; 0 is the plainest.
    pub fn choose(&self, point: Point, options: u32) -> u32 {
        self.chooser.lock().choose(point, options)
    }

    /// Chooses one of `options`, each of which goes on with a thread (see `core::chooser`).
    pub fn choose_thread(&self, point: Point, options: u32, thread: impl Fn(u32) -> u64) -> u32 {
        self.chooser.lock().choose_thread(point, options, thread)
    }

    /// The thread that is ahead of the others.
    #[must_use]
    pub fn leader(&self, threads: impl Iterator<Item = u64>) -> Option<u64> {
        self.chooser.lock().leader(threads)
    }

    /// All that was chosen so far, for another subsystem to choose again.
    ///
    /// # Errors
    ///
    /// [`NoChoices`], where they would not repeat the history.
    pub fn choices(&self) -> Result<Vec<u32>, NoChoices> {
        // Relaxed: whoever asks has seen the team end.
        if self.teams.load(Ordering::Relaxed) > 0 {
            return Err(NoChoices::Team);
        }
        self.chooser.lock().choices()
    }

    /// The finding with what was chosen until now, if something was, and a drive on one thread can choose it again.
    pub(crate) fn with_choices(&self, finding: Finding) -> Finding {
        // Relaxed: a team that begins only now has found nothing yet.
        if finding.choices.is_some() || self.teams.load(Ordering::Relaxed) > 0 {
            return finding;
        }
        let chooser = self.chooser.lock();
        match chooser.made() {
            0 => finding,
            made if made <= MAX_FINDING_CHOICES => finding.in_step(made, chooser.choices().ok()),
            made => finding.in_step(made, None),
        }
    }

    /// Whether this subsystem chooses what it was given.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.chooser.lock().is_given()
    }
}
