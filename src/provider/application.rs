//! Application: a driver under test, as the provider sees it.

use crate::core::irql::Irql;
use crate::core::status::NtStatus;
use crate::provider::findings::Report;
use crate::provider::irp::{Flight, Irp};
use crate::provider::loans::Loan;
use crate::provider::tables::TableKind;
use crate::wsk::{Call, Completion, Row};
use std::sync::Arc;

/// The application ended the provider's work on its stack: an exception that is no answer, or a breach that is to be
/// raised. The application holds the reason; whatever was begun is ended all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// A driver under test. Python, C and the tests have one each.
pub trait Application {
    /// A request has got its IRP and is about to be made.
    fn began(&mut self, flight: &Arc<Flight>);

    /// Fills what the request's caller lent for its result (I-9), and writes `IoStatus` and `PendingReturned`. The
    /// request still has the IRP.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if what was lent cannot be filled.
    fn fill(&mut self, done: &Done<'_>) -> Result<(), Stopped>;

    /// Runs the completion routine, which owns the IRP from here on (I-6); tells what it returned.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the routine ended with what is no answer.
    fn complete(&mut self, done: &Done<'_>) -> Result<RoutineAnswer, Stopped>;

    /// Runs one callback of a client table, at the level that this thread has already.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the callback ended with what is no answer.
    fn call(&mut self, callback: Callback) -> Result<Answer, Stopped>;

    /// The provider holds this no longer.
    fn let_go(&mut self, held: Held);

    /// The memory that a request which waits was given and is to keep, as the numbers of its MDLs or other blocks (I-9);
    /// the application vouches that no other block gets the same number before the request is completed.
    fn memory(&mut self, flight: &Arc<Flight>) -> Vec<u64>;

    /// Remembers which line of the application the moment is due to, as cheaply as it can.
    fn remember(&mut self, _moment: Moment) {}

    /// Whether that moment was remembered.
    fn remembers(&self, _moment: Moment) -> bool {
        false
    }

    /// Takes note of a breach: has it counted and kept as a finding.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a breach is to be raised.
    fn report(&mut self, report: Report) -> Result<(), Stopped>;
}

/// What an application did that a later finding may point back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// It closed this socket.
    Closed(u64),
    /// Its `WskAcceptEvent` refused this socket, so that the provider closed it.
    Refused(u64),
    /// It gave this list of this socket back.
    Released(u64, u64),
    /// It gave the IRP in question to a request, which pends.
    Begun,
    /// It gave the IRP in question to `IoFreeIrp`.
    Freed,
    /// It made the request of this number, which waits still.
    Waits(u64),
    /// It freed memory that the present call is given.
    MemoryFreed,
}

/// One completion on its way to the application.
#[derive(Debug)]
pub struct Done<'d> {
    /// The request.
    pub flight: &'d Arc<Flight>,
    /// Its IRP.
    pub irp: &'d Arc<Irp>,
    /// What it is completed with.
    pub completion: &'d Completion,
    /// Whether the call has returned `STATUS_PENDING`, or will (I-10, I-17).
    pub pending: bool,
    /// Whether the completion routine is to run: its switches say so.
    pub runs: bool,
}

/// What a completion routine came back with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoutineAnswer {
    /// A status.
    Status(NtStatus),
    /// Nothing at all.
    Nothing,
    /// Another value, described.
    Other(String),
    /// An exception, described.
    Raised(String),
}

/// One callback to be called.
#[derive(Debug)]
pub struct Callback {
    /// Which.
    pub row: &'static Row,
    /// The socket whose callback it is.
    pub socket: u64,
    /// Its `Flags`, if it has any.
    pub flags: u32,
    /// The level that it runs at.
    pub irql: Irql,
    /// Its other arguments.
    pub call: Call,
    /// How long what it is shown may be read, if not for good (A-7, C-24).
    pub loan: Option<Arc<Loan>>,
}

/// What a callback came back with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// There is no such callback, or nobody holds the socket any more.
    Absent,
    /// A status, or an inspect action.
    Status(NtStatus),
    /// Nothing at all.
    Nothing,
    /// Another value, described.
    Other(String),
    /// An exception, described.
    Raised(String),
}

/// What a callback returned and wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it returned.
    pub returned: Returned,
    /// What stands in `BytesAccepted` of `WskReceiveEvent`.
    pub accepted: Count,
    /// Of which kind the table is that `WskAcceptEvent` wrote, unless it was taken before (L-6, L-7).
    pub table: TableKind,
}

impl Answer {
    /// An answer without out parameters.
    #[must_use]
    pub const fn plain(returned: Returned) -> Self {
        Self { returned, accepted: Count::Untouched, table: TableKind::Null }
    }
}

/// What stands in an out parameter for a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// What the provider had put there.
    Untouched,
    /// So many bytes.
    Bytes(u64),
    /// What cannot be a count, described.
    Other(String),
}

/// What the provider held of the application's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// An IRP with its buffers: the request is over.
    Request(Arc<Flight>),
    /// A socket: its close is complete, or `WskAcceptEvent` refused it.
    Socket(u64),
    /// An indicated list whose callback did not keep it (C-24), or that was released.
    List(u64),
}
