//! Remotes: the simulated network around one machine, for `wsksim.network`.

use crate::contract::Rule;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::network::routes::Route;
use crate::provider::swapped_port;
use crate::py::keep::findings::of_caller;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments::socket_count;
use crate::py::wsk::addresses::{packed, shown_address};
use crate::py::wsk::remote_end::RemoteEnd;
use crate::py::wsk::remote_ends::RemoteEnds;
use crate::py::wsk::values::Status;
use crate::wsk::Turn;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::borrow::Cow;

/// What findings and errors call an address.
const ADDRESS: &str = "the address";

/// A status, and if it is a success the number of what was bound and where it is.
type Bind<'py> = (Status, u64, Option<Bound<'py, PyAny>>);

/// Remote ends, and what may befall a connection or the provider.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Remotes {
    subsystem: Py<Subsystem>,
}

impl Remotes {
    pub(crate) fn turn<T>(
        &self,
        py: Python<'_>,
        act: impl FnOnce(&mut Turn<'_>) -> T,
    ) -> PyResult<T> {
        let shared = self.subsystem.get().alive(py)?;
        let provider = shared.provider();
        let result = provider.on(&shared.core).turn(act);
        shared.let_go(py, provider.machine());
        Ok(result)
    }

    /// Whether the subsystem is closed.
    pub(crate) fn is_shut(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.subsystem.get().alive(py)?.core.is_shut())
    }

    fn bound<'py>(
        py: Python<'py>,
        answer: Result<(u64, Address), NtStatus>,
    ) -> PyResult<Bind<'py>> {
        Ok(match answer {
            Ok((id, address)) => (Status(NtStatus::SUCCESS), id, Some(shown_address(py, address)?)),
            Err(status) => (Status(status), 0, None),
        })
    }
}

#[pymethods]
impl Remotes {
    #[new]
    fn new(subsystem: Py<Subsystem>) -> Self {
        Self { subsystem }
    }

    fn listen<'py>(&self, py: Python<'py>, local: &Bound<'py, PyAny>) -> PyResult<Bind<'py>> {
        let local = packed("listen", ADDRESS, local)?;
        Self::bound(py, self.turn(py, |turn| turn.remote_listen(local))?)
    }

    /// The next connection that was made to a listener; None if there is none.
    fn accept(slf: &Bound<'_, Self>, listener: u64) -> PyResult<Option<RemoteEnd>> {
        let found = slf.get().turn(slf.py(), |turn| turn.remote_accept(listener))?;
        let status = NtStatus::SUCCESS;
        Ok(found.map(|id| RemoteEnd { remotes: slf.clone().unbind(), id, status }))
    }

    /// Connects: the end, or the status that refuses it; None if the subsystem is closed.
    #[pyo3(signature = (to, local = None))]
    fn connect<'py>(
        slf: &Bound<'py, Self>,
        to: &Bound<'py, PyAny>,
        local: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let shared = slf.get().subsystem.get().alive(py)?;
        if slf.get().is_shut(py)? {
            return Ok(None);
        }
        let local = local.map(|local| packed("connect", ADDRESS, local)).transpose()?;
        let to = packed("connect", ADDRESS, to)?;
        let ((status, id), swapped) = slf
            .get()
            .turn(py, |turn| (turn.remote_connect(to, local), turn.listens_at_swapped(to)))?;
        if let Some(swapped) = swapped {
            let note = swapped_port("connect", to.port(), swapped, 0);
            let rule = Rule::named(note.rule);
            let advice = note.advice.map(Cow::into_owned);
            shared.core.report(of_caller(py, rule, note.found, advice, note.note));
        }
        if !matches!(status, NtStatus::SUCCESS | NtStatus::PENDING) {
            return Status(status).into_pyobject(py).map(Some);
        }
        let made = RemoteEnd { remotes: slf.clone().unbind(), id, status };
        Ok(Some(Bound::new(py, made)?.into_any()))
    }

    /// Connects many: their ends, or the status that refuses one; None if the subsystem is closed.
    #[pyo3(signature = (to, count, local = None))]
    fn connect_many<'py>(
        slf: &Bound<'py, Self>,
        to: &Bound<'py, PyAny>,
        count: &Bound<'py, PyAny>,
        local: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let asked = "connect_many";
        if slf.get().is_shut(py)? {
            return Ok(None);
        }
        let local = local.map(|local| packed(asked, ADDRESS, local)).transpose()?;
        let to = packed(asked, ADDRESS, to)?;
        let count = socket_count(asked, count)?;
        match RemoteEnds::connected(slf, to, local, count)? {
            Ok(ends) => Ok(Some(Bound::new(py, ends)?.into_any())),
            Err(status) => Status(status).into_pyobject(py).map(Some),
        }
    }

    fn close(&self, py: Python<'_>, remote: u64) -> PyResult<()> {
        self.turn(py, |turn| turn.remote_close(remote))
    }

    fn datagram<'py>(&self, py: Python<'py>, local: &Bound<'py, PyAny>) -> PyResult<Bind<'py>> {
        let local = packed("datagram", ADDRESS, local)?;
        Self::bound(py, self.turn(py, |turn| turn.remote_datagram(local))?)
    }

    fn send_to(
        &self,
        py: Python<'_>,
        remote: u64,
        data: &[u8],
        to: &Bound<'_, PyAny>,
    ) -> PyResult<Status> {
        let to = packed("send_to", ADDRESS, to)?;
        self.turn(py, |turn| turn.remote_send_to(remote, data, to)).map(Status)
    }

    fn receive_from<'py>(
        &self,
        py: Python<'py>,
        remote: u64,
    ) -> PyResult<Option<(Bound<'py, PyBytes>, Bound<'py, PyAny>)>> {
        let got = self.turn(py, |turn| turn.remote_receive_from(remote))?;
        got.map(|(data, from)| Ok((PyBytes::new(py, &data), shown_address(py, from)?))).transpose()
    }

    /// The socket turns non-functional (L-21).
    fn make_dead(&self, py: Python<'_>, socket: u64) -> PyResult<()> {
        self.turn(py, |turn| turn.make_dead(socket))
    }

    /// The connection, or a connect, is lost by timeout (U-12, U-43); whether there was one.
    fn time_out(&self, py: Python<'_>, socket: u64) -> PyResult<bool> {
        self.turn(py, |turn| turn.timeout(socket))
    }

    /// This machine ends the connection, or a connect (U-45); whether there was one.
    fn kill(&self, py: Python<'_>, socket: u64) -> PyResult<bool> {
        self.turn(py, |turn| turn.kill(socket))
    }

    /// Nobody answers at an address; with a status, who connects there is told that it is not reached.
    #[pyo3(signature = (to, status = None))]
    fn set_route(
        &self,
        py: Python<'_>,
        to: &Bound<'_, PyAny>,
        status: Option<u32>,
    ) -> PyResult<()> {
        let to = packed(if status.is_some() { "unreachable" } else { "silence" }, ADDRESS, to)?;
        let network = NtStatus::NETWORK_UNREACHABLE.bits();
        let route = match status {
            None => Route::Silent,
            Some(status) if status == network => Route::NetworkUnreachable,
            Some(_) => Route::HostUnreachable,
        };
        self.turn(py, |turn| turn.set_route(to, route))
    }

    /// An address is reached as usual again.
    fn restore(&self, py: Python<'_>, to: &Bound<'_, PyAny>) -> PyResult<()> {
        let to = packed("restore", ADDRESS, to)?;
        self.turn(py, |turn| turn.restore_route(to))
    }

    /// This machine loses an address (U-45).
    fn remove_address(&self, py: Python<'_>, host: &Bound<'_, PyAny>) -> PyResult<()> {
        let host = packed("remove_address", ADDRESS, host)?;
        self.turn(py, |turn| turn.remove_address(host))
    }

    /// From now on a name stands for these hosts.
    fn set_name(&self, py: Python<'_>, name: &str, hosts: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
        let hosts = hosts.iter().map(|host| packed("names", "a host", host));
        let hosts = hosts.collect::<PyResult<Vec<_>>>()?;
        self.turn(py, |turn| turn.names_mut().set(name, hosts))
    }

    /// Forgets a name; whether it was known.
    fn remove_name(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        self.turn(py, |turn| turn.names_mut().remove(name))
    }

    /// The hosts that a name stands for; None if it is unknown.
    fn find_name<'py>(
        &self,
        py: Python<'py>,
        name: &str,
    ) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
        let found = self.turn(py, |turn| turn.names().find(name).map(<[_]>::to_vec))?;
        found
            .map(|hosts| hosts.into_iter().map(|host| shown_address(py, host)).collect())
            .transpose()
    }

    /// Every name.
    fn names(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.turn(py, |turn| turn.names().all().into_iter().map(str::to_owned).collect())
    }

    /// The transports and the addresses changed.
    fn change_transports(&self, py: Python<'_>) -> PyResult<()> {
        self.turn(py, |turn| turn.change_transports())
    }

    /// The provider comes or goes.
    fn set_provider_ready(&self, py: Python<'_>, ready: bool) -> PyResult<()> {
        self.turn(py, |turn| turn.set_provider_ready(ready))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}
