//! Performing: completions and callbacks that a drive fetches, and what the callbacks' answers mean.

use crate::core::status::NtStatus;
use crate::provider::Door;
use crate::provider::application::{Answer, Application, Callback, Count, Held, Returned, Stopped};
use crate::provider::findings::{Blame, Report};
use crate::provider::loans::Loan;
use crate::provider::processor::{self, Frame};
use crate::provider::tables::Handover;
use crate::wsk::{Call, Fetched, Lent, Row};

/// What an answer comes to.
#[derive(Clone, Copy, Debug)]
struct Judged {
    status: NtStatus,
    /// Bytes accepted; `None`: all, or it does not count.
    accepted: Option<usize>,
}

impl Door<'_> {
    /// Performs the next errand: true for a callback, false for a completion; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the application ended the drive; the errand is over all the same.
    pub fn perform<A: Application>(&self, app: &mut A) -> Result<Option<bool>, Stopped> {
        let Some(fetched) = self.turn(|turn| turn.next_errand()) else { return Ok(None) };
        let Some(row) = fetched.row else {
            return self.complete_errand(app, fetched).map(|()| Some(false));
        };
        let Fetched { token, socket, lent, .. } = fetched;
        let (judged, result) = self.call(app, row, fetched, lent);
        let Judged { status, accepted } = judged;
        let rule = self.turn(|turn| turn.finish_errand(token, status, accepted));
        self.end_loan(app, lent, socket, status);
        result?;
        self.report_machine(app, rule, row.name, socket, Blame::Callback(row.name))?;
        Ok(Some(true))
    }

    /// Completes one IRP for the machine, at the errand's level or this thread's if that is higher.
    fn complete_errand<A: Application>(
        &self,
        app: &mut A,
        fetched: Fetched,
    ) -> Result<(), Stopped> {
        let Fetched { token, irql, call, .. } = fetched;
        let Call::Complete(done) = call else { return Ok(()) };
        let result = self.complete(app, *done, true, irql);
        self.turn(|turn| turn.finish_errand(token, NtStatus::SUCCESS, None));
        result
    }

    /// Calls one callback, and judges how it left and what it answered.
    fn call<A: Application>(
        &self,
        app: &mut A,
        row: &'static Row,
        fetched: Fetched,
        lent: Lent,
    ) -> (Judged, Result<(), Stopped>) {
        let Fetched { irql, socket, flags, call, .. } = fetched;
        let processor = processor::here();
        let owner = self.provider().serial;
        let entered = processor.enter(Frame { name: row.name, socket, owner });
        processor.set_level(irql);
        let loan = Loan::of(&call, row, socket);
        if let (Some(loan), Lent::List(list, _) | Lent::Datagrams(list)) = (&loan, lent) {
            self.provider().custody.lock().lend(list, loan);
        }
        let answer = app.call(Callback { row, socket, flags, irql, call, loan: loan.clone() });
        let left = entered.leave();
        if let (Some(loan), Lent::Accepted(_)) = (loan, lent) {
            loan.end();
        }
        let default = Judged { status: row.default, accepted: None };
        let answer = match answer {
            Ok(answer) => answer,
            Err(stopped) => return (default, Err(stopped)),
        };
        if left != irql {
            let found = format!("{} left {} behind", row.name, left.name());
            let report = Report::of("Q-2", found, socket).blaming(Blame::Callback(row.name));
            if let Err(stopped) = self.report(app, report) {
                return (default, Err(stopped));
            }
        }
        let mut judged = default;
        let result = self.judge(app, row, socket, lent, answer, &mut judged);
        (judged, result)
    }

    /// What an answer comes to: one that the callback does not have, and an exception, are ignored (U-22). `judged`
    /// holds it also when a finding is to be raised.
    fn judge<A: Application>(
        &self,
        app: &mut A,
        row: &'static Row,
        socket: u64,
        lent: Lent,
        answer: Answer,
        judged: &mut Judged,
    ) -> Result<(), Stopped> {
        let Answer { returned, accepted, table } = answer;
        let told = |rule, found: String| {
            Report::of(rule, found, socket).blaming(Blame::Callback(row.name))
        };
        let status = match returned {
            Returned::Absent => return Ok(()),
            Returned::Raised(text) => {
                let report = told("U-22", format!("{} raised {text}", row.name));
                return self.report(app, report.raised());
            }
            Returned::Nothing => {
                let report = told("U-22", format!("{} returned nothing", row.name));
                return self.report(app, report.nothing());
            }
            Returned::Other(text) => {
                return self.report(app, told("U-22", format!("{} returned {text}", row.name)));
            }
            Returned::Status(status) => status,
        };
        if matches!(lent, Lent::Notice) {
            return Ok(());
        }
        judged.status = status;
        if let (Lent::Accepted(id), NtStatus::SUCCESS) = (lent, status)
            && let Some((rule, found)) = Handover::AcceptEvent.breach(&table)
        {
            judged.status = row.default;
            let report = Report::of(rule, found, id);
            return self.report(app, report.blaming(Blame::Callback(row.name)));
        }
        if !row.allowed.contains(&status) {
            let found = format!("{} returned 0x{:08X}", row.name, status.bits());
            return self.report(app, told(row.rule, found));
        }
        if let (Lent::List(_, total), NtStatus::SUCCESS) = (lent, status) {
            judged.accepted = match accepted {
                Count::Untouched => None,
                Count::Bytes(count) if usize::try_from(count).is_ok_and(|count| count <= total) => {
                    Some(count as usize)
                }
                Count::Bytes(count) => {
                    return self.bad_count(app, row, socket, total, &count.to_string());
                }
                Count::Other(text) => return self.bad_count(app, row, socket, total, &text),
            };
        }
        Ok(())
    }

    /// What was written to BytesAccepted cannot be one (G-16): all counts.
    fn bad_count<A: Application>(
        &self,
        app: &mut A,
        row: &'static Row,
        socket: u64,
        total: usize,
        wrote: &str,
    ) -> Result<(), Stopped> {
        let found = format!(
            "WskReceiveEvent was indicated {total} bytes and wrote {wrote}, which is ignored"
        );
        let blame = Blame::Callback(row.name);
        self.report(app, Report::of("G-16", found, socket).blaming(blame))
    }

    /// What was lent for a callback goes back, unless the application keeps it.
    fn end_loan<A: Application>(&self, app: &mut A, lent: Lent, socket: u64, status: NtStatus) {
        match lent {
            Lent::List(list, _) | Lent::Datagrams(list) if status != NtStatus::PENDING => {
                self.end_list(app, socket, list);
            }
            // The machine closes it; the application must not touch it again.
            Lent::Accepted(id) if status != NtStatus::SUCCESS => app.let_go(Held::Socket(id)),
            _ => {}
        }
    }
}
