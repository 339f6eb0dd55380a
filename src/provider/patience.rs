//! Patience: when a wait has something to say, and for what a waiting `WskDeregister` waits (O-17, I-12).
//!
//! The waits themselves are the contract's. That of `WskDeregister` ends when the last socket is closed, the last capture
//! released and the last request of the client over; that for a request when something ends the request. A program of
//! one thread cannot do any of that while it waits.

use crate::provider::Door;
use crate::provider::application::{Application, Stopped};
use crate::provider::findings::Report;
use std::time::Duration;

/// What keeps a registration (O-17).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// Sockets that are not closed.
    pub sockets: Vec<u64>,
    /// Captures that were not released.
    pub captures: usize,
    /// Requests of the client that are not over.
    pub requests: usize,
}

/// So many sockets are named.
const NAMED: usize = 8;

impl Holders {
    /// In words; `name` tells what the application calls a socket.
    ///
    /// # Errors
    ///
    /// What `name` fails with.
    pub fn words<E>(&self, name: impl FnMut(u64) -> Result<String, E>) -> Result<String, E> {
        let named = self.sockets.iter().copied().take(NAMED);
        let mut words = named.map(name).collect::<Result<Vec<_>, E>>()?;
        let counts = [
            (self.sockets.len().saturating_sub(NAMED), "more socket", "more sockets", ""),
            (self.captures, "capture", "captures", " that WskReleaseProviderNPI did not give back"),
            (self.requests, "request", "requests", " under way"),
        ];
        let counted = counts.iter().filter(|(count, ..)| *count > 0);
        words.extend(counted.map(|(count, one, more, what)| {
            format!("{count} {}{what}", if *count == 1 { one } else { more })
        }));
        if words.is_empty() {
            words.push("calls that are still executing".to_owned());
        }
        Ok(words.join(", "))
    }
}

impl Door<'_> {
    /// What keeps a registration.
    #[must_use]
    pub fn holders(&self, registration: u64) -> Holders {
        let (sockets, captures) = self.turn(|turn| turn.holders(registration));
        Holders { sockets, captures, requests: self.requests_of(registration) }
    }

    /// The wait of `WskDeregister` cannot end, for this thread is the only one (O-17).
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the finding is to be raised.
    pub fn report_stuck<A: Application>(&self, app: &mut A, held_by: &str) -> Result<(), Stopped> {
        let found = format!("no other thread is there to end its wait: it is held by {held_by}");
        self.report(app, Report::of("O-17", found, 0))
    }
}

/// Looks in a row that found nothing to do: what began between the first two is seen by then.
const STUCK: u32 = 2;
/// How long the thread has to have been alone: one that was just started may not have a frame yet, and is not seen.
const ALONE: Duration = Duration::from_millis(200);
/// After so long a thread that waits for others says for what.
const LONG: Duration = Duration::from_secs(1);

/// What a wait has to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Say {
    /// Nothing, or nothing more.
    #[default]
    Nothing,
    /// What it waits for: it takes long.
    Waits,
    /// That it cannot end, and what it waits for.
    Stuck,
}

/// One wait, of `WskDeregister` or for a request: says once that it takes long, and once that it cannot end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patience {
    idle: u32,
    /// When the first look of these was.
    since: Duration,
    told: Say,
}

impl Patience {
    /// One look found that the wait is not over. `idle`: nobody else drives the subsystem, and there was nothing to drive;
    /// `alone`: this is the only thread of the program; `waited`: so far; `long`: after so long it says for what, a second
    /// if not given.
    pub fn look(
        &mut self,
        idle: bool,
        alone: bool,
        waited: Duration,
        long: Option<Duration>,
    ) -> Say {
        // A look while others were there counts for nothing.
        self.idle = if idle && alone { self.idle + 1 } else { 0 };
        if self.idle <= 1 {
            self.since = waited;
        }
        let found = if self.idle >= STUCK && waited.saturating_sub(self.since) >= ALONE {
            Say::Stuck
        } else if waited >= long.unwrap_or(LONG) {
            Say::Waits
        } else {
            Say::Nothing
        };
        if found <= self.told {
            return Say::Nothing;
        }
        self.told = found;
        found
    }
}
