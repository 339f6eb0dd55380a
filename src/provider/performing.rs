//! Performing: completions and callbacks that a drive fetches, and what the callbacks' answers mean.

use crate::core::status::NtStatus;
use crate::provider::Door;
use crate::provider::application::{
    Answer, Application, Callback, Count, Held, Moment, Returned, Stopped,
};
use crate::provider::findings::{Blame, Report};
use crate::provider::loans::Loan;
use crate::provider::processor::{self, Frame, advice_on_level};
use crate::provider::tables::Handover;
use crate::wsk::{Call, Due, Fetched, Lent, Row, Turn};

/// Whose breach an answer about an accepted socket is.
fn socket_of(lent: Lent, socket: u64) -> u64 {
    match lent {
        Lent::Accepted(id) => id,
        _ => socket,
    }
}

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
        self.perform_one(app, fetched, |_| Due::Nothing).map(|(called, _)| Some(called))
    }

    /// Performs errands, at most so many, until edges come before the next one: how many. `oldest` tells the number of the
    /// oldest edge that is queued, `goes_on` whether another errand may follow, `called` is told of each callback. The
    /// machine's lock is taken once for each errand, for what ends one fetches the next; a plain provider takes it for each.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the application ended the drive; the errand is over all the same.
    pub fn perform_due<A: Application>(
        &self,
        app: &mut A,
        most: u32,
        oldest: impl Fn() -> u64,
        goes_on: impl Fn() -> bool,
        mut called: impl FnMut(),
    ) -> Result<u64, Stopped> {
        let (mut next, plain) = (None, self.provider().plain);
        for left in (0..most).rev() {
            let due = next.take();
            let fetched = match due.unwrap_or_else(|| self.turn(|turn| turn.next_due(oldest()))) {
                Due::Edges(edges) => return Ok(edges),
                Due::Nothing => return Ok(0),
                Due::Errand(fetched) => fetched,
            };
            let (was_call, after) = self.perform_one(app, fetched, |turn| {
                if left > 0 && !plain && goes_on() { turn.next_due(oldest()) } else { Due::Nothing }
            })?;
            if was_call {
                called();
            }
            if !goes_on() {
                break;
            }
            next = after.filter(|_| !plain);
        }
        Ok(0)
    }

    /// Performs one errand: whether it was a callback; and what is next, if nothing went wrong.
    fn perform_one<A: Application>(
        &self,
        app: &mut A,
        fetched: Fetched,
        next: impl FnOnce(&mut Turn<'_>) -> Due,
    ) -> Result<(bool, Option<Due>), Stopped> {
        let Fetched { token, socket, flags, lent, row, .. } = fetched;
        let Some(row) = row else {
            let result = self.complete_errand(app, fetched);
            let is_well = result.is_ok();
            let next = self.turn(|turn| {
                turn.finish_errand(token, NtStatus::SUCCESS, None);
                is_well.then(|| next(turn))
            });
            return result.map(|()| (false, next));
        };
        let frame = Frame { name: row.name, socket, owner: self.provider().serial, flags };
        let (judged, result) = self.call(app, row, frame, fetched, lent);
        let Judged { status, accepted } = judged;
        let (rule, next) = self.turn(|turn| {
            let rule = turn.finish_errand(token, status, accepted);
            let is_well = rule.is_none() && result.is_ok();
            (rule, is_well.then(|| next(turn)))
        });
        self.end_loan(app, lent, socket, status);
        result?;
        self.report_answer(app, rule, (lent, frame))?;
        Ok((true, next))
    }

    /// Completes one IRP for the machine, at the errand's level or this thread's if that is higher.
    fn complete_errand<A: Application>(
        &self,
        app: &mut A,
        fetched: Fetched,
    ) -> Result<(), Stopped> {
        let Call::Complete(done) = fetched.call else { return Ok(()) };
        self.complete(app, &done, true, fetched.irql)
    }

    /// Calls one callback, and judges how it left and what it answered.
    fn call<A: Application>(
        &self,
        app: &mut A,
        row: &'static Row,
        frame: Frame,
        fetched: Fetched,
        lent: Lent,
    ) -> (Judged, Result<(), Stopped>) {
        let Fetched { irql, socket, flags, call, .. } = fetched;
        let processor = processor::here();
        let entered = processor.enter(frame);
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
            let report = Report::of("Q-2", found, socket).advising(advice_on_level(irql, left));
            let report = report.blaming(Blame::Callback(row.name)).inside(frame);
            if let Err(stopped) = self.report(app, report) {
                return (default, Err(stopped));
            }
        }
        let mut judged = default;
        let result = self.judge(app, row, frame, lent, answer, &mut judged);
        (judged, result)
    }

    /// What an answer comes to: one that the callback does not have, and an exception, are ignored (U-22). `judged`
    /// holds it also when a finding is to be raised.
    fn judge<A: Application>(
        &self,
        app: &mut A,
        row: &'static Row,
        frame: Frame,
        lent: Lent,
        answer: Answer,
        judged: &mut Judged,
    ) -> Result<(), Stopped> {
        let Answer { returned, accepted, table } = answer;
        let socket = frame.socket;
        let told = |rule, found: String| {
            Report::of(rule, found, socket).blaming(Blame::Callback(row.name)).inside(frame)
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
                let report = told("U-22", format!("{} returned {text}", row.name));
                return self.report(app, report.advising(row.advice));
            }
            Returned::Status(status) => status,
        };
        if matches!(lent, Lent::Notice) {
            return Ok(());
        }
        judged.status = status;
        if let (Lent::Accepted(_), NtStatus::SUCCESS) = (lent, status)
            && let Some((rule, found)) = Handover::AcceptEvent.breach(&table)
        {
            judged.status = row.default;
            let report = told(rule, found);
            return self.report(app, Report { socket: socket_of(lent, socket), ..report });
        }
        if !row.allowed.contains(&status) {
            let found = format!("{} returned {status}", row.name);
            return self.report(app, told(row.rule, found).advising(row.advice));
        }
        if let (Lent::List(_, total), NtStatus::SUCCESS) = (lent, status) {
            judged.accepted = match accepted {
                Count::Untouched => None,
                Count::Bytes(count) if usize::try_from(count).is_ok_and(|count| count <= total) => {
                    Some(count as usize)
                }
                Count::Bytes(count) => {
                    return self.bad_count(app, frame, total, &count.to_string());
                }
                Count::Other(text) => return self.bad_count(app, frame, total, &text),
            };
        }
        Ok(())
    }

    /// What was written to BytesAccepted cannot be one (G-16): all counts.
    fn bad_count<A: Application>(
        &self,
        app: &mut A,
        frame: Frame,
        total: usize,
        wrote: &str,
    ) -> Result<(), Stopped> {
        let found = format!(
            "WskReceiveEvent was indicated {total} bytes and wrote {wrote}, which is ignored"
        );
        let report = Report::of("G-16", found, frame.socket).advising(format!(
            "Write a number from 0 to {total} to BytesAccepted, or leave it: then all count."
        ));
        self.report(app, report.blaming(Blame::Callback(frame.name)).inside(frame))
    }

    /// What was lent for a callback goes back, unless the application keeps it.
    fn end_loan<A: Application>(&self, app: &mut A, lent: Lent, socket: u64, status: NtStatus) {
        match lent {
            Lent::List(list, _) | Lent::Datagrams(list) if status != NtStatus::PENDING => {
                self.end_list(app, socket, list);
            }
            // The machine closes it; the application must not touch it again.
            Lent::Accepted(id) if status != NtStatus::SUCCESS => {
                app.remember(Moment::Refused(id));
                app.let_go(Held::Socket(id));
            }
            _ => {}
        }
    }
}
