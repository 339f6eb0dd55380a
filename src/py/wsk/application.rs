//! Application: a driver under test that is written in Python.

use crate::core::status::NtStatus;
use crate::core::subsystem::Check;
use crate::provider::{
    Answer, Application, Blame, Callback, Count, Done, Flight, Held, Misuse, Moment, Report,
    Returned, RoutineAnswer, Stopped, processor,
};
use crate::py::drive::host::{guarded, raised_text, status_of};
use crate::py::keep::findings;
use crate::py::keep::shared::Inside;
use crate::py::values::arguments::shown;
use crate::py::values::errors::is_contract_error;
use crate::py::values::export;
use crate::py::values::places::Spot;
use crate::py::wsk::crossings;
use crate::py::wsk::deliver::Deliver;
use crate::py::wsk::findings::{Known, of_provider};
use crate::py::wsk::irp::Irp;
use crate::py::wsk::irp_view::Routine;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::socket::Socket;
use crate::py::wsk::stopping::stop;
use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt};
use std::sync::Arc;

/// What Python holds of a request that is under way.
pub(crate) struct Lent {
    pub(crate) irp: Py<Irp>,
    /// Fills what was lent for the result, and makes `IoStatus.Information` of it.
    pub(crate) deliver: Deliver,
    /// The MDLs that it keeps while it waits (I-9).
    pub(crate) memory: Vec<Py<PyAny>>,
}

/// What of the application was called last.
pub(crate) enum Called<'py> {
    Nothing,
    /// A completion routine.
    Routine(Bound<'py, PyAny>),
    /// A callback of this socket.
    Callback(Bound<'py, Socket>),
}

/// One stack's work for an application in Python.
pub(crate) struct PythonApplication<'py> {
    pub(crate) py: Python<'py>,
    /// None for a request that names no client, and has no other provider to report to.
    pub(crate) provider: Option<Bound<'py, Provider>>,
    /// The IRP of the call that is about to be made, and what fills its buffers.
    asking: Option<Lent>,
    /// What the call is given for its data.
    pub(crate) buffer: Option<Bound<'py, PyAny>>,
    /// The IRP of the call.
    pub(crate) irp: Option<Bound<'py, Irp>>,
    /// The request that is being completed.
    pub(crate) completing: Option<Lent>,
    /// The socket that the call is about: it may be closed, so that nobody else knows it.
    about: Option<Bound<'py, Socket>>,
    /// The socket that WskAcceptEvent was shown: it may be closed by now.
    pub(crate) accepted: Option<Bound<'py, Socket>>,
    /// Where the IRP was used before that is misused between two requests.
    pub(crate) before: Option<Spot>,
    /// What a callback or routine has just raised.
    raised: Option<PyErr>,
    /// What was called last.
    pub(crate) called: Called<'py>,
}

impl<'py> PythonApplication<'py> {
    pub(crate) fn new(py: Python<'py>, provider: Option<&Bound<'py, Provider>>) -> Self {
        Self {
            py,
            provider: provider.cloned(),
            asking: None,
            buffer: None,
            irp: None,
            completing: None,
            about: None,
            accepted: None,
            before: None,
            raised: None,
            called: Called::Nothing,
        }
    }

    /// With the IRP of a call.
    pub(crate) fn with_irp(mut self, irp: Option<&Bound<'py, Irp>>) -> Self {
        self.irp = irp.cloned();
        self.asking = irp.map(|irp| Lent {
            irp: irp.clone().unbind(),
            deliver: Deliver::Nothing,
            memory: Vec::new(),
        });
        self
    }

    /// With what fills the buffers of the IRP's request.
    pub(crate) fn delivering(mut self, deliver: Deliver) -> Self {
        if let Some(asking) = &mut self.asking {
            asking.deliver = deliver;
        }
        self
    }

    /// With the WSK_BUF or WSK_BUF_LIST of the call.
    pub(crate) fn keeping(mut self, buffer: Option<&Bound<'py, PyAny>>) -> Self {
        self.buffer = buffer.filter(|buffer| !buffer.is_none()).cloned();
        self
    }

    /// With the socket that a call is about.
    pub(crate) fn about(mut self, socket: &Bound<'py, Socket>) -> Self {
        self.about = Some(socket.clone());
        self
    }

    /// An IRP was treated as it cannot be (I-3); `before`: where that was done which forbids it.
    pub(crate) fn misused(
        &mut self,
        caller: &str,
        misuse: &Misuse,
        before: Option<Spot>,
    ) -> Result<(), Stopped> {
        self.before = before;
        self.report(misuse.report(caller))
    }

    /// Whether this thread may wait for what was asked of the provider (D-10, Q-3).
    pub(crate) fn may_wait(&mut self, what: &str, socket: u64) -> Result<bool, Stopped> {
        let Some(provider) = self.provider.clone() else {
            let processor = processor::here();
            let inside = processor.inside().is_some() || Inside::driving();
            return Ok(!inside && !processor.level().is_dispatch());
        };
        let drives = Inside::driving();
        let waits =
            provider.get().with_door(self.py, |door| door.may_wait(self, what, socket, drives));
        waits.map_err(stop)?
    }

    /// The application's object for a socket, if anybody has it still.
    pub(crate) fn socket(&self, id: u64) -> Option<Bound<'py, Socket>> {
        let near = [&self.about, &self.accepted].into_iter().flatten();
        let near = near.into_iter().find(|socket| socket.get().id == id).cloned();
        near.or_else(|| self.provider.as_ref()?.get().socket(self.py, id))
    }

    /// The socket whose callback was called last.
    pub(crate) fn called_socket(&self) -> Option<&Bound<'py, Socket>> {
        if let Called::Callback(socket) = &self.called { Some(socket) } else { None }
    }

    /// The callable that is to blame, if not the caller.
    fn blamed(&self, blame: Blame) -> Option<Bound<'py, PyAny>> {
        match (blame, &self.called) {
            (Blame::Callback(name), Called::Callback(socket)) => socket.get().named(self.py, name),
            (Blame::Routine, Called::Routine(routine)) => Some(routine.clone()),
            _ => None,
        }
    }

    /// What an exception of a callback or routine means: most are its answer, some end everything.
    fn answer_of(&mut self, raised: PyErr) -> Result<String, Stopped> {
        let py = self.py;
        let ends = raised.is_instance_of::<PyKeyboardInterrupt>(py)
            || raised.is_instance_of::<PySystemExit>(py)
            || is_contract_error(py, &raised);
        if ends {
            return Err(stop(raised));
        }
        let text = raised_text(py, &raised);
        self.raised = Some(raised);
        Ok(text)
    }
}

impl Application for PythonApplication<'_> {
    fn began(&mut self, flight: &Arc<Flight>) {
        let py = self.py;
        let Some(lent) = self.asking.take() else { return };
        let provider = self.provider.as_ref();
        // A request of nobody keeps whom the IRP was last given to.
        let owner = provider.filter(|_| flight.socket != 0 || flight.registration != 0);
        let owner = owner.map(|owner| owner.clone().unbind());
        lent.irp.bind(py).get().began(owner);
        match provider {
            Some(provider) => provider.get().lend(flight.number, lent),
            None => self.completing = Some(lent),
        }
    }

    fn fill(&mut self, done: &Done<'_>) -> Result<(), Stopped> {
        if let Some(provider) = &self.provider
            && let Some(lent) = provider.get().take_back(done.flight.number)
        {
            self.completing = Some(lent);
        }
        self.fill_in(done).map_err(stop)
    }

    fn complete(&mut self, done: &Done<'_>) -> Result<RoutineAnswer, Stopped> {
        let py = self.py;
        let kept = RoutineAnswer::Status(NtStatus::MORE_PROCESSING_REQUIRED);
        let Some(irp) = self.completing.as_ref().map(|lent| lent.irp.clone_ref(py)) else {
            return Ok(kept);
        };
        let Some(Routine::Own(routine)) = irp.bind(py).get().routine() else { return Ok(kept) };
        let (function, context) = &*routine;
        self.called = Called::Routine(function.bind(py).clone());
        let arguments = (py.None(), irp, context.clone_ref(py));
        let accepting = self.accepting_by(done);
        crossings::outward();
        let answered = guarded(|| export::call(function.bind(py), arguments));
        self.accepted_now(accepting);
        match answered {
            Ok(answer) => Ok(match status_of(&answer) {
                Some(status) => RoutineAnswer::Status(NtStatus::from_bits(status)),
                None if answer.is_none() => RoutineAnswer::Nothing,
                None => RoutineAnswer::Other(shown(&answer)),
            }),
            Err(raised) => self.answer_of(raised).map(RoutineAnswer::Raised),
        }
    }

    fn call(&mut self, callback: Callback) -> Result<Answer, Stopped> {
        let accepting = self.accepting(&callback.call);
        let called = {
            let mut outcome = Answer::plain(Returned::Absent);
            let raised = guarded(|| {
                outcome = self.run_callback(callback)?;
                Ok(self.py.None().into_bound(self.py))
            });
            raised.map(|_| outcome)
        };
        self.accepted_now(accepting);
        match called {
            Ok(answer) => Ok(answer),
            Err(raised) => {
                let text = self.answer_of(raised)?;
                Ok(Answer::plain(Returned::Raised(text)))
            }
        }
    }

    fn memory(&mut self, flight: &Arc<Flight>) -> Vec<u64> {
        // Another thread may change the chain meanwhile: then what was found of it is not kept.
        self.kept(flight).unwrap_or_default()
    }

    fn let_go(&mut self, held: Held) {
        let py = self.py;
        let gone = match held {
            Held::Request(flight) => match self.completing.take() {
                Some(lent) => lent.irp.bind(py).get().tell(py, &flight),
                None => Ok(()),
            },
            Held::Socket(id) => {
                if let Some(provider) = &self.provider {
                    provider.get().forget(id);
                }
                Ok(())
            }
            // Its items ask the loan, which has ended.
            Held::List(_) => Ok(()),
        };
        if let Err(raised) = gone {
            // Of a watcher, such as a closed loop's: nobody is there to hear of it.
            raised.write_unraisable(py, None);
        }
    }

    fn remember(&mut self, moment: Moment) {
        // A finding without its other line is better than a call that fails for it.
        self.keep(moment);
    }

    fn remembers(&self, moment: Moment) -> bool {
        self.has(moment)
    }

    fn report(&mut self, report: Report) -> Result<(), Stopped> {
        let py = self.py;
        let cause = self.raised.take().filter(|_| report.raised);
        let Some(provider) = &self.provider else { return Ok(()) };
        let kept = || -> PyResult<Option<PyErr>> {
            let shared = provider.get().subsystem.get().alive(py)?;
            let about = if report.socket == 0 { None } else { self.socket(report.socket) };
            let callee = self.blamed(report.blame);
            let before = match report.before {
                Some(moment) => self.before_of(moment)?,
                None => None,
            };
            let whose = report.inside.map_or(0, |frame| frame.socket);
            let inside = if whose == 0 { None } else { self.socket(whose) };
            let known = Known {
                about: about.as_ref(),
                inside: inside.as_ref(),
                callee: callee.as_ref(),
                raised: cause.as_ref(),
                before,
            };
            let finding = of_provider(py, shared, &report, known)?;
            let raises = !report.note && shared.core.options().check == Check::Raise;
            let raised = raises.then(|| findings::contract_error(py, shared, &finding, cause));
            shared.core.report(finding);
            Ok(raised)
        };
        match kept() {
            Ok(None) => Ok(()),
            Ok(Some(raised)) | Err(raised) => Err(stop(raised)),
        }
    }
}

/// What was written as a count.
pub(crate) fn count_of(written: &Bound<'_, PyAny>) -> Count {
    let number = written.is_instance_of::<PyInt>() && !written.is_instance_of::<PyBool>();
    match written.extract::<u64>() {
        Ok(count) if number => Count::Bytes(count),
        _ => Count::Other(shown(written)),
    }
}
