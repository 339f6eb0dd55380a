//! Callbacks: how each callback of a client table is called. WskDisconnectEvent is not among them: the core calls it.

use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::network::stream::Segment;
use crate::provider::{Answer, Callback, Count, Returned};
use crate::py::drive::host::{returned, status_of};
use crate::py::values::export;
use crate::py::values::once::{self, Once};
use crate::py::wsk::addresses::{lent_address, shown_address};
use crate::py::wsk::application::{Called, PythonApplication, count_of};
use crate::py::wsk::crossings;
use crate::py::wsk::data_indication::DataIndication;
use crate::py::wsk::lending::{Answered, Loan, Part};
use crate::py::wsk::out::Out;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::socket::{Birth, Socket};
use crate::py::wsk::supplied::kind_of;
use crate::wsk::{Call, Category};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// `wsksim.wsk.functions.callbacks`, whose functions make the arguments of one callback each and call it.
static CALLBACKS: Once<Py<PyModule>> = Once::new();

impl<'py> PythonApplication<'py> {
    /// Calls a callback with the structures that it gets; what comes back is what it answered.
    pub(crate) fn run_callback(&mut self, callback: Callback) -> PyResult<Answer> {
        let py = self.py;
        let absent = Answer::plain(Returned::Absent);
        let found = (self.provider.clone(), self.socket(callback.socket));
        let (Some(provider), Some(socket)) = found else { return Ok(absent) };
        let Some(function) = socket.get().named(py, callback.row.name) else { return Ok(absent) };
        self.called = Called::Callback(socket.clone());
        crossings::outward();
        let bytes = |data: Vec<u8>| PyBytes::new(py, &data);
        let shown = |address| shown_address(py, address);
        let flags = callback.flags;
        let context = socket.get().context(py);
        let loan = callback.loan.map(|loan| Bound::new(py, Loan::of(loan, &provider, &socket)?));
        let loan = loan.transpose()?;
        let name = match &callback.call {
            Call::Accept { .. } => "accept",
            Call::Receive { .. } => "",
            Call::ReceiveFrom { .. } => "receive_from",
            Call::Inspect { .. } => "inspect",
            Call::Abort { .. } => "abort",
            Call::SendBacklog { .. } => "send_backlog",
            Call::Complete(_) => return Ok(absent),
        };
        if let Call::Receive { list, segments } = callback.call {
            let receive = Receive { socket, flags, function, context, list };
            return self.receive(&receive, segments.as_deref(), loan.as_ref());
        }
        if let Call::Accept { accepted } = callback.call {
            let accept = Accept { provider, socket, flags, function, context };
            return self.accept(&accept, accepted, loan.as_ref());
        }
        let module = once::kept(py, &CALLBACKS, || {
            py.import("wsksim.wsk.functions.callbacks").map(Bound::unbind)
        })?;
        let event = module.bind(py).getattr(name)?;
        let answered = match callback.call {
            Call::ReceiveFrom { list, datagrams } => {
                let one = |(data, from)| Ok((bytes(data), shown(from)?));
                let datagrams = datagrams
                    .map(|all| all.into_iter().map(one).collect::<PyResult<Vec<_>>>())
                    .transpose()?;
                export::call(&event, (&socket, function, flags, list, datagrams, loan))?
            }
            Call::Inspect { request } => {
                let request = request
                    .map(|(local, remote, id)| Ok::<_, PyErr>((shown(local)?, shown(remote)?, id)))
                    .transpose()?;
                export::call(&event, (&socket, function, request))?
            }
            Call::Abort { id } => export::call(&event, (&socket, function, id))?,
            Call::SendBacklog { size } => export::call(&event, (&socket, function, size))?,
            Call::Accept { .. } | Call::Receive { .. } | Call::Complete(_) => return Ok(absent),
        };
        let answered = answered.cast_into::<Answered>()?;
        let Answered { returned: answer, accepted } = answered.get();
        let accepted = accepted.as_ref().map(|count| count_of(count.bind(py)));
        let accepted = accepted.unwrap_or(Count::Untouched);
        Ok(Answer { accepted, ..Answer::plain(returned(answer.bind(py))) })
    }

    /// WskReceiveEvent with the pieces of a list; without any, the socket is non-functional (L-22).
    fn receive(
        &self,
        receive: &Receive<'py>,
        segments: Option<&[Segment]>,
        loan: Option<&Bound<'py, Loan>>,
    ) -> PyResult<Answer> {
        let py = self.py;
        let Receive { socket, flags, function, context, list } = receive;
        let (Some(segments), Some(loan)) = (segments, loan) else {
            let accepted = Bound::new(py, Out::of(0_usize.into_py_any(py)?))?;
            let answer = export::call(function, (context, flags, py.None(), 0, accepted))?;
            return Ok(Answer::plain(returned(&answer)));
        };
        let mut first = py.None();
        for (place, segment) in segments.iter().enumerate().rev() {
            let bytes = PyBytes::new(py, segment).unbind();
            let part = Part::of_list(socket.clone().unbind(), *list);
            let part = if place == 0 { Some(Py::new(py, part)?) } else { None };
            let loan = loan.clone().unbind();
            first = Py::new(py, DataIndication::lent(first, bytes, loan, part))?.into_any();
        }
        let total: usize = segments.iter().map(|segment| segment.len()).sum();
        let accepted = Bound::new(py, Out::of(total.into_py_any(py)?))?;
        let answer = export::call(function, (context, flags, first, total, &accepted))?;
        let count = Out::written(&accepted);
        let count = count.map_or_else(|| count_of(&py.None().into_bound(py)), |one| count_of(&one));
        Ok(Answer { accepted: count, ..Answer::plain(returned(&answer)) })
    }

    /// WskAcceptEvent with a new socket; without one, the listener is non-functional.
    fn accept(
        &mut self,
        accept: &Accept<'py>,
        accepted: Option<(Address, Address, u64)>,
        loan: Option<&Bound<'py, Loan>>,
    ) -> PyResult<Answer> {
        let py = self.py;
        let Accept { provider, socket, flags, function, context } = accept;
        let context_out = Bound::new(py, Out { value: None })?;
        let table_out = Bound::new(py, Out { value: None })?;
        let (Some((local, remote, id)), Some(loan)) = (accepted, loan) else {
            let nothing = || py.None();
            let arguments =
                (context, flags, nothing(), nothing(), nothing(), &context_out, &table_out);
            let answer = export::call(function, arguments)?;
            return Ok(Answer::plain(returned(&answer)));
        };
        let copy = |one: &Py<PyAny>| one.clone_ref(py);
        let birth = Birth {
            provider: provider.clone().unbind(),
            id,
            family: socket.get().family,
            registration: socket.get().registration.as_ref().map(copy),
            context: None,
            table: None,
        };
        let made = Provider::born(py, Category::Connection as u32, birth)?;
        made.get().begin_writing(py, context_out.as_unbound(), table_out.as_unbound());
        let lent = |address| lent_address(py, address, Some(loan.as_unbound()));
        let (local, remote) = (lent(local)?, lent(remote)?);
        let called = || -> PyResult<Answer> {
            let arguments = (context, flags, local, remote, &made, &context_out, &table_out);
            let answer = export::call(function, arguments)?;
            if status_of(&answer) == Some(NtStatus::SUCCESS.bits()) {
                Socket::settle(&made)?;
            }
            let mut found = Answer::plain(returned(&answer));
            if made.get().is_written() {
                found.table = kind_of(Out::written(&table_out).as_ref())?;
            }
            Ok(found)
        };
        let answer = called();
        made.get().end_writing();
        self.accepted = Some(made);
        answer
    }
}

/// One call of WskReceiveEvent.
struct Receive<'py> {
    socket: Bound<'py, Socket>,
    flags: u32,
    function: Bound<'py, PyAny>,
    context: Py<PyAny>,
    list: u64,
}

/// One call of WskAcceptEvent.
struct Accept<'py> {
    provider: Bound<'py, Provider>,
    /// The listening one.
    socket: Bound<'py, Socket>,
    flags: u32,
    function: Bound<'py, PyAny>,
    context: Py<PyAny>,
}
