//! Admission: whether a request may be made with an IRP (I-2, I-3).

use crate::provider::Door;
use crate::provider::application::{Application, Moment, Stopped};
use crate::provider::findings::Report;
use crate::provider::functions::Function;
use crate::provider::irp::{Fit, Irp};

/// Reports through the door, if the request has one.
pub(crate) fn report<A: Application>(
    door: Option<Door<'_>>,
    app: &mut A,
    report: Report,
) -> Result<(), Stopped> {
    match door {
        Some(door) => door.report(app, report),
        None => app.report(report),
    }
}

/// Whether a request may be made with an IRP; what is wrong with it is a finding (I-2, I-3).
pub(crate) fn admitted<A: Application>(
    door: Option<Door<'_>>,
    app: &mut A,
    function: &'static Function,
    irp: &Irp,
    socket: u64,
) -> Result<bool, Stopped> {
    let mut told = |rule, what: &str, advice: &'static str, before: Option<Moment>| {
        let found = format!("{} was given {what}", function.name);
        let told = Report::of(rule, found, socket).advising(advice);
        report(door, app, Report { before, ..told })
    };
    match irp.fit() {
        Fit::Freed => {
            let advice = "Use no IRP after IoFreeIrp: free it last, or allocate another.";
            told("I-3", "an IRP that had been given to IoFreeIrp", advice, Some(Moment::Freed))?;
            Ok(false)
        }
        Fit::Taken(other) => {
            told("I-3", &taken_by(other), TAKEN_ADVICE, Some(Moment::Begun))?;
            Ok(false)
        }
        Fit::NoLocation => {
            let advice =
                "Allocate an IRP with at least one stack location: IoAllocateIrp(1, FALSE).";
            told("I-2", "an IRP without a stack location", advice, None)?;
            Ok(false)
        }
        Fit::Usable { reused, unprepared } => {
            if reused {
                let advice = "Call IoReuseIrp, and IoSetCompletionRoutine again, before an IRP's next request.";
                let what = "a completed IRP without IoReuseIrp";
                told("I-3", what, advice, Some(Moment::Begun))?;
            }
            if unprepared {
                let advice = "Call IoSetCompletionRoutine with a routine, and TRUE for success, error and cancel.";
                told(
                    "I-3",
                    "an IRP without a routine that is called in all three cases",
                    advice,
                    None,
                )?;
            }
            Ok(true)
        }
    }
}

const TAKEN_ADVICE: &str = "Give each request an IRP of its own, or wait until the completion routine of the one before has run.";

/// How an IRP that a request of `function` has is told of.
fn taken_by(function: &str) -> String {
    format!("an IRP whose request is under way, {function}")
}

/// Another thread's request has just got the IRP.
pub(crate) fn taken<A: Application>(
    door: Option<Door<'_>>,
    app: &mut A,
    function: &'static Function,
    irp: &Irp,
    socket: u64,
) -> Result<(), Stopped> {
    let other = irp.last().map_or("another thread's", |flight| flight.function.name);
    let found = format!("{} was given {}", function.name, taken_by(other));
    let told = Report::of("I-3", found, socket).advising(TAKEN_ADVICE).after(Moment::Begun);
    report(door, app, told)
}
