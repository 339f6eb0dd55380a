//! Ends: the remote ends of a storm, and the application behind them, as who carries lives out sees them.

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

/// The remote ends, and the application behind them.
#[allow(clippy::missing_errors_doc, reason = "each fails for one reason: the subsystem is gone")]
pub trait Ends {
    /// Why it could not go on.
    type Error;

    /// A remote end of this group connects.
    fn connect(&mut self, life: &Life) -> Result<Dialled, Self::Error>;
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
    /// Drives the application until nothing is left to do, and adds what happened to remote ends meanwhile.
    fn drive(&mut self, told: &mut Vec<(u64, Told)>) -> Result<(), Self::Error>;
}
