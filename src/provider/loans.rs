//! Loans: what the application may read only for a time: the addresses of `WskAcceptEvent`, and indicated lists.
//!
//! The provider begins a loan before it calls the callback, and ends it. A language keeps it beside what it shows, and
//! asks before each use.

use crate::core::sync::{AtomicBool, Ordering};
use crate::provider::Door;
use crate::provider::application::{Application, Stopped};
use crate::provider::findings::Report;
use crate::wsk::Call;
use crate::wsk::Row;
use std::sync::Arc;

/// One stretch of time in which what a callback was shown may be read.
#[derive(Debug)]
pub struct Loan {
    /// The rule that a later use breaks.
    rule: &'static str,
    /// The callback.
    callback: &'static str,
    /// Whose callback it is.
    pub(crate) socket: u64,
    over: AtomicBool,
}

impl Loan {
    /// What `call` lends: addresses for the time of the callback, a list until the callback has not kept it or it
    /// is released (C-24).
    pub(crate) fn of(call: &Call, row: &'static Row, socket: u64) -> Option<Arc<Self>> {
        let rule = match call {
            Call::Accept { accepted: Some(_) } => "A-7",
            Call::Receive { segments: Some(_), .. }
            | Call::ReceiveFrom { datagrams: Some(_), .. } => "C-24",
            _ => return None,
        };
        let over = AtomicBool::new(false);
        Some(Arc::new(Self { rule, callback: row.name, socket, over }))
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        // Relaxed: who reads on another thread while the callback returns is late or not, and nothing hangs on it.
        self.over.load(Ordering::Relaxed)
    }

    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

impl Door<'_> {
    /// Whether `what` of a loan may be used; once that has ended, the use is a finding (A-7, C-24).
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the finding is to be raised.
    pub fn may_use<A: Application>(
        &self,
        app: &mut A,
        loan: &Loan,
        what: &str,
    ) -> Result<bool, Stopped> {
        if !loan.is_over() {
            return Ok(true);
        }
        let Loan { rule, callback, socket, .. } = *loan;
        let found = format!("{what} of {callback} was read later");
        self.report(app, Report::of(rule, found, socket).against(callback))?;
        Ok(false)
    }
}
