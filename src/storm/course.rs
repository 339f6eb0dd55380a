//! Course: how a storm went over its time, in a bounded number of steps of equal length.

/// Most steps: when they do not reach far enough, two become one.
const MOST: usize = 240;
/// The first length of a step, in nanoseconds.
const FIRST: u64 = 10_000;

/// What happened during one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Lives, or sockets, that began.
    pub begun: u64,
    /// Those that ended.
    pub ended: u64,
    /// Connections that the application took.
    pub accepted: u64,
    /// Edges that were posted.
    pub edges: u64,
}

/// Counts that somebody else keeps, since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Connections that the application took.
    pub accepted: u64,
    /// Edges that were posted.
    pub edges: u64,
}

/// How a storm went.
#[derive(Clone, Debug)]
pub struct Course {
    step: u64,
    stretches: Vec<Stretch>,
    known: Totals,
}

impl Default for Course {
    /// Of a storm that has not begun.
    fn default() -> Self {
        Self { step: FIRST, stretches: vec![Stretch::default()], known: Totals::default() }
    }
}

impl Course {
    /// The step that an instant lies in; to be counted in.
    pub fn at(&mut self, now: u64) -> &mut Stretch {
        while now / self.step >= MOST as u64 {
            self.double();
        }
        let place = (now / self.step) as usize;
        if place >= self.stretches.len() {
            self.stretches.resize(place + 1, Stretch::default());
        }
        &mut self.stretches[place]
    }

    /// Whether two instants lie in different steps.
    #[must_use]
    pub fn parts(&self, earlier: u64, later: u64) -> bool {
        earlier / self.step != later / self.step
    }

    /// What was counted elsewhere since the last call happened at this instant.
    pub fn settle(&mut self, now: u64, totals: Totals) {
        let known = std::mem::replace(&mut self.known, totals);
        let stretch = self.at(now);
        stretch.accepted += totals.accepted.saturating_sub(known.accepted);
        stretch.edges += totals.edges.saturating_sub(known.edges);
    }

    /// The length of a step in nanoseconds, and the steps.
    #[must_use]
    pub fn steps(&self) -> (u64, &[Stretch]) {
        (self.step, &self.stretches)
    }

    fn double(&mut self) {
        self.step *= 2;
        let pairs = self.stretches.chunks(2).map(|pair| {
            pair.iter().fold(Stretch::default(), |sum, one| Stretch {
                begun: sum.begun + one.begun,
                ended: sum.ended + one.ended,
                accepted: sum.accepted + one.accepted,
                edges: sum.edges + one.edges,
            })
        });
        self.stretches = pairs.collect();
    }
}
