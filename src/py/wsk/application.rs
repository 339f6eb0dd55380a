//! Application: a driver under test that is written in Python.

use crate::core::status::NtStatus;
use crate::core::subsystem::Check;
use crate::network::stream::Segment;
use crate::provider::{
    Answer, Application, Blame, Callback, Count, Done, Flight, Held, Misuse, Moment, Report,
    Returned, RoutineAnswer, Stopped, processor,
};
use crate::py::drive::host::{guarded, raised_text, returned, status_of};
use crate::py::keep::findings;
use crate::py::keep::shared::Inside;
use crate::py::values::arguments::shown;
use crate::py::values::errors::is_contract_error;
use crate::py::values::once::{self, Once};
use crate::py::values::places::Spot;
use crate::py::wsk::crossings;
use crate::py::wsk::findings::{Known, of_provider};
use crate::py::wsk::irp::{Irp, Routine};
use crate::py::wsk::lending::{Answered, Loan};
use crate::py::wsk::provider::Provider;
use crate::py::wsk::status_block::StatusBlock;
use crate::py::wsk::stopping::stop;
use crate::py::wsk::values::shown_address;
use crate::wsk::Call;
use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt};
use std::sync::Arc;

/// What Python holds of a request that is under way.
pub(crate) struct Lent {
    pub(crate) irp: Py<Irp>,
    /// Fills what was lent for the result, and makes `IoStatus.Information` of it.
    pub(crate) deliver: Option<Py<PyAny>>,
    /// The block that the request began with.
    pub(crate) block: Option<Py<StatusBlock>>,
    /// The MDLs that it keeps while it waits (I-9).
    pub(crate) memory: Vec<Py<PyAny>>,
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
    about: Option<Bound<'py, PyAny>>,
    /// The socket that WskAcceptEvent was shown: it may be closed by now.
    accepted: Option<Bound<'py, PyAny>>,
    /// Where the IRP was used before that is misused between two requests.
    pub(crate) before: Option<Spot>,
    /// What a callback or routine has just raised.
    raised: Option<PyErr>,
    /// The routine that was called last, or the socket whose callback was.
    pub(crate) called: Option<Bound<'py, PyAny>>,
}

/// `wsksim.wsk.functions.callbacks`, whose functions make the arguments of one callback each and call it.
static CALLBACKS: Once<Py<PyModule>> = Once::new();

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
            called: None,
        }
    }

    /// With the IRP of a call.
    pub(crate) fn with_irp(mut self, irp: Option<&Bound<'py, Irp>>) -> Self {
        self.irp = irp.cloned();
        self.asking = irp.map(|irp| Lent {
            irp: irp.clone().unbind(),
            deliver: None,
            block: None,
            memory: Vec::new(),
        });
        self
    }

    /// With what fills the buffers of the IRP's request.
    pub(crate) fn delivering(mut self, deliver: Option<&Bound<'py, PyAny>>) -> Self {
        if let Some(asking) = &mut self.asking {
            asking.deliver = deliver.map(|deliver| deliver.clone().unbind());
        }
        self
    }

    /// With the WSK_BUF or WSK_BUF_LIST of the call.
    pub(crate) fn keeping(mut self, buffer: Option<&Bound<'py, PyAny>>) -> Self {
        self.buffer = buffer.filter(|buffer| !buffer.is_none()).cloned();
        self
    }

    /// With the socket that a call is about.
    pub(crate) fn about(mut self, socket: &Bound<'py, PyAny>) -> Self {
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
    pub(crate) fn socket(&self, id: u64) -> PyResult<Option<Bound<'py, PyAny>>> {
        for socket in [&self.about, &self.accepted].into_iter().flatten() {
            if socket.getattr("id")?.extract::<u64>()? == id {
                return Ok(Some(socket.clone()));
            }
        }
        match &self.provider {
            Some(provider) => provider.getattr("sockets")?.call_method1("get", (id,)).map(not_none),
            None => Ok(None),
        }
    }

    /// The callable that is to blame, if not the caller.
    fn blamed(&self, blame: Blame) -> PyResult<Option<Bound<'py, PyAny>>> {
        match (blame, &self.called) {
            (Blame::Callback(name), Some(socket)) => {
                socket.call_method1("callback", (name,)).map(not_none)
            }
            (Blame::Routine, Some(routine)) => Ok(Some(routine.clone())),
            _ => Ok(None),
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

    fn run_callback(&mut self, callback: Callback) -> PyResult<Option<Bound<'py, Answered>>> {
        let py = self.py;
        let found = (self.provider.clone(), self.socket(callback.socket)?);
        let (Some(provider), Some(socket)) = found else { return Ok(None) };
        self.called = Some(socket.clone());
        crossings::outward();
        let bytes = |data: Vec<u8>| PyBytes::new(py, &data);
        let module = once::kept(py, &CALLBACKS, || {
            py.import("wsksim.wsk.functions.callbacks").map(Bound::unbind)
        })?;
        let module = module.bind(py);
        let flags = callback.flags;
        let loan = callback.loan.map(|loan| Loan::of(loan, &provider, &socket)).transpose()?;
        let returned = match callback.call {
            Call::Receive { list, segments } => {
                let made = |segment: &Segment| PyBytes::new(py, segment);
                let segments: Option<Vec<_>> = segments.map(|s| s.iter().map(made).collect());
                module.call_method1("receive", (&socket, flags, list, segments, loan))?
            }
            Call::ReceiveFrom { list, datagrams } => {
                let datagrams: Option<Vec<_>> = datagrams.map(|datagrams| {
                    let one = |(data, from)| (bytes(data), shown_address(py, from));
                    datagrams.into_iter().map(one).collect()
                });
                module.call_method1("receive_from", (&socket, flags, list, datagrams, loan))?
            }
            Call::Accept { accepted } => {
                let accepted = accepted.map(|(local, remote, id)| {
                    (shown_address(py, local), shown_address(py, remote), id)
                });
                let answered =
                    module.call_method1("accept", (&provider, &socket, flags, accepted, loan))?;
                if answered.is_none() {
                    return Ok(None);
                }
                let (answer, made): (Bound<'py, PyAny>, Bound<'py, PyAny>) = answered.extract()?;
                self.accepted = not_none(made);
                answer
            }
            Call::Inspect { request } => {
                let request = request.map(|(local, remote, id)| {
                    (shown_address(py, local), shown_address(py, remote), id)
                });
                module.call_method1("inspect", (&socket, request))?
            }
            Call::Abort { id } => module.call_method1("abort", (&socket, id))?,
            Call::SendBacklog { size } => module.call_method1("send_backlog", (&socket, size))?,
            Call::Complete(_) => return Ok(None),
        };
        if returned.is_none() {
            return Ok(None);
        }
        Ok(Some(returned.cast_into::<Answered>()?))
    }
}

impl Application for PythonApplication<'_> {
    fn began(&mut self, flight: &Arc<Flight>) {
        let py = self.py;
        let Some(mut lent) = self.asking.take() else { return };
        let provider = self.provider.as_ref();
        // A request of nobody keeps whom the IRP was last given to.
        let owner = provider.filter(|_| flight.socket != 0 || flight.registration != 0);
        let owner = owner.map(|owner| owner.clone().unbind());
        lent.block = Some(lent.irp.bind(py).get().began(py, owner.as_ref()));
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

    fn complete(&mut self, _: &Done<'_>) -> Result<RoutineAnswer, Stopped> {
        let py = self.py;
        let kept = RoutineAnswer::Status(NtStatus::MORE_PROCESSING_REQUIRED);
        let Some(irp) = self.completing.as_ref().map(|lent| lent.irp.clone_ref(py)) else {
            return Ok(kept);
        };
        let Some(Routine::Own(routine)) = irp.bind(py).get().routine() else { return Ok(kept) };
        let (function, context) = &*routine;
        self.called = Some(function.bind(py).clone());
        let arguments = (py.None(), irp, context.clone_ref(py));
        crossings::outward();
        match guarded(|| function.bind(py).call1(arguments)) {
            Ok(answer) => Ok(match status_of(&answer) {
                Some(status) => RoutineAnswer::Status(NtStatus::from_bits(status)),
                None if answer.is_none() => RoutineAnswer::Nothing,
                None => RoutineAnswer::Other(shown(&answer)),
            }),
            Err(raised) => self.answer_of(raised).map(RoutineAnswer::Raised),
        }
    }

    fn call(&mut self, callback: Callback) -> Result<Answer, Stopped> {
        let called = {
            let mut outcome = None;
            let raised = guarded(|| {
                outcome = self.run_callback(callback)?;
                Ok(self.py.None().into_bound(self.py))
            });
            raised.map(|_| outcome)
        };
        match called {
            Ok(None) => Ok(Answer::plain(Returned::Absent)),
            Ok(Some(answered)) => {
                let Answered { returned: answer, accepted, wrote } = answered.get();
                let accepted = accepted.as_ref().map(|count| count_of(count.bind(self.py)));
                Ok(Answer {
                    returned: returned(answer.bind(self.py)),
                    accepted: accepted.unwrap_or(Count::Untouched),
                    table: wrote.clone(),
                })
            }
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
            Held::Socket(id) => self.provider.as_ref().map_or(Ok(()), |provider| {
                provider.getattr("sockets")?.call_method1("pop", (id, py.None())).map(|_| ())
            }),
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
        let _ = self.keep(moment);
    }

    fn remembers(&self, moment: Moment) -> bool {
        self.has(moment).unwrap_or(false)
    }

    fn report(&mut self, report: Report) -> Result<(), Stopped> {
        let py = self.py;
        let cause = self.raised.take().filter(|_| report.raised);
        let Some(provider) = &self.provider else { return Ok(()) };
        let kept = || -> PyResult<Option<PyErr>> {
            let shared = provider.get().subsystem.get().alive(py)?;
            let about = if report.socket == 0 { None } else { self.socket(report.socket)? };
            let callee = self.blamed(report.blame)?;
            let before = match report.before {
                Some(moment) => self.before_of(moment)?,
                None => None,
            };
            let whose = report.inside.map_or(0, |frame| frame.socket);
            let inside = if whose == 0 { None } else { self.socket(whose)? };
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
fn count_of(written: &Bound<'_, PyAny>) -> Count {
    let number = written.is_instance_of::<PyInt>() && !written.is_instance_of::<PyBool>();
    match written.extract::<u64>() {
        Ok(count) if number => Count::Bytes(count),
        _ => Count::Other(shown(written)),
    }
}

pub(crate) fn not_none(value: Bound<'_, PyAny>) -> Option<Bound<'_, PyAny>> {
    if value.is_none() { None } else { Some(value) }
}
