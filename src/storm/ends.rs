//! Ends: the remote ends of a storm, and the application behind them, as who carries lives out sees them.

use crate::storm::course::Totals;
use crate::storm::lives::{Ending, Life};

/// What a connect came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialled {
    /// The remote end that is connected.
    Connected(u64),
    /// The remote end that waits for an answer.
    Waiting(u64),
    /// Nobody listens, or the backlog is full.
    Refused {
        /// The backlog is.
        full: bool,
    },
    /// The address is not reached, or there is no port.
    Failed,
}

/// What happened to a remote end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is connected.
    Connected,
    /// Its connect was refused.
    Refused,
    /// Bytes arrived.
    Arrived,
    /// All that it had to send is sent, and its half is over.
    Sent,
    /// The application finished.
    Finished,
    /// The application tore the connection down.
    Aborted,
    /// It tore the connection down itself, by its answer to late data.
    Reset,
}

/// What of a life's doings has a planned instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Its connect.
    Connect,
    /// What ends its connection.
    End,
}

/// The remote ends, and the application behind them.
#[allow(clippy::missing_errors_doc, reason = "each fails for one reason: the subsystem is gone")]
pub trait Ends {
    /// Why it could not go on.
    type Error;

    /// A remote end of this group connects.
    fn connect(&mut self, life: &Life) -> Result<Dialled, Self::Error>;
    /// The next connection that the application made to this group.
    fn accept(&mut self, _group: u32) -> Result<Option<u64>, Self::Error> {
        Ok(None)
    }
    /// How its peer has ended already, if it has.
    fn seen(&mut self, _end: u64) -> Result<Option<Told>, Self::Error> {
        Ok(None)
    }
    /// It sends so many bytes.
    fn send(&mut self, end: u64, bytes: u64) -> Result<(), Self::Error>;
    /// It reads at most so many bytes; returns how many.
    fn read(&mut self, end: u64, most: u64) -> Result<u64, Self::Error>;
    /// It ends.
    fn end(&mut self, end: u64, ending: Ending) -> Result<(), Self::Error>;
    /// The connection of one that vanished times out, and it is gone; whether there was a connection left.
    fn time_out(&mut self, end: u64) -> Result<bool, Self::Error>;
    /// The machine of the application ends its connection; whether there was one to end.
    fn kill(&mut self, end: u64) -> Result<bool, Self::Error>;
    /// Nobody needs it any more.
    fn leave(&mut self, end: u64) -> Result<(), Self::Error>;
    /// Drives the application, and adds what happened to remote ends meanwhile; whether nothing is left to do. On the
    /// plan's own clock nothing is.
    fn drive(&mut self, told: &mut Vec<(u64, Told)>) -> Result<bool, Self::Error>;
    /// What the application's side has counted so far.
    fn totals(&mut self) -> Result<Totals, Self::Error>;

    /// The clock was moved.
    fn moved(&mut self, _now: u64) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Nanoseconds since the beginning on this machine's clock; `None` where the plan has its own.
    fn now(&self) -> Option<u64> {
        None
    }

    /// Rests until an instant of this machine's clock.
    fn rest(&mut self, _until: u64) {}

    /// Puts this machine's clock forward.
    fn skip(&mut self, _by: u64) {}

    /// What this end does next was planned for this instant; only where times are measured does anybody want to know.
    fn planned(&mut self, _end: u64, _deed: Deed, _instant: u64) -> Result<(), Self::Error> {
        Ok(())
    }
}
