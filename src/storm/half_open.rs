//! Half open: what is left of lives and connections at the end of a storm, and since when.

use crate::storm::slots::{Living, Phase};

/// A life that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Of which group.
    pub group: u32,
    /// Which of its lives.
    pub number: u64,
    /// How it stands.
    pub state: &'static str,
    /// Since which instant of the plan's clock, in nanoseconds.
    pub since: u64,
}

/// How a life stands, in words.
fn state(living: &Living) -> &'static str {
    match (living.phase, living.finished) {
        (Phase::Connecting, _) => "connecting",
        (Phase::Vanished, _) => "vanished",
        (Phase::Ending, true) => "finishing",
        (Phase::Ending, false) => "half open: the peer has finished",
        (_, true) => "half open: the application has finished",
        (_, false) => "open",
    }
}

/// The lives that have stood as they stand for the longest time, at most so many.
pub(super) fn oldest(slots: &[Option<Living>], most: usize) -> Vec<Left> {
    let left = slots.iter().flatten().map(|living| Left {
        group: living.life.group,
        number: living.life.number,
        state: state(living),
        since: living.since,
    });
    let mut left: Vec<_> = left.collect();
    left.sort_by_key(|one| (one.since, one.group, one.number));
    left.truncate(most);
    left
}
