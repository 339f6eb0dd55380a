//! Remotes: the simulated network around one machine, for `wsksim.network`.

use crate::contract::Rule;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::network::routes::Route;
use crate::provider::swapped_port;
use crate::py::keep::findings::of_caller;
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments::copied;
use crate::py::wsk::values::{PyAddress, Shown, Status, address, shown_address, whole_address};
use crate::wsk::Turn;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::borrow::Cow;

/// Remote ends, and what may befall a connection or the provider.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Remotes {
    subsystem: Py<Subsystem>,
}

impl Remotes {
    fn turn<T>(&self, py: Python<'_>, act: impl FnOnce(&mut Turn<'_>) -> T) -> PyResult<T> {
        let shared = self.subsystem.get().alive(py)?;
        let provider = shared.provider();
        let result = provider.on(&shared.core).turn(act);
        shared.let_go(py, provider.machine());
        Ok(result)
    }

    fn bound<'py>(
        py: Python<'py>,
        answer: Result<(u64, Address), NtStatus>,
    ) -> (Status, u64, Option<Shown<'py>>) {
        match answer {
            Ok((id, address)) => (Status(NtStatus::SUCCESS), id, Some(shown_address(py, address))),
            Err(status) => (Status(status), 0, None),
        }
    }
}

#[pymethods]
impl Remotes {
    #[new]
    fn new(subsystem: Py<Subsystem>) -> Self {
        Self { subsystem }
    }

    fn listen<'py>(
        &self,
        py: Python<'py>,
        local: PyAddress,
    ) -> PyResult<(Status, u64, Option<Shown<'py>>)> {
        let local = whole_address("listen", &local)?;
        Ok(Self::bound(py, self.turn(py, |turn| turn.remote_listen(local))?))
    }

    fn accept(&self, py: Python<'_>, listener: u64) -> PyResult<u64> {
        self.turn(py, |turn| turn.remote_accept(listener).unwrap_or(0))
    }

    #[pyo3(signature = (to, local = None))]
    fn connect(
        &self,
        py: Python<'_>,
        to: PyAddress,
        local: Option<PyAddress>,
    ) -> PyResult<(Status, u64)> {
        let to = whole_address("connect", &to)?;
        let local = local.as_ref().and_then(address);
        let ((status, id), swapped) =
            self.turn(py, |turn| (turn.remote_connect(to, local), turn.listens_at_swapped(to)))?;
        if let Some(swapped) = swapped {
            let note = swapped_port("connect", to.port(), swapped, 0);
            let rule = Rule::named(note.rule);
            let advice = note.advice.map(Cow::into_owned);
            let shared = self.subsystem.get().alive(py)?;
            shared.core.report(of_caller(py, rule, note.found, advice, note.note));
        }
        Ok((Status(status), id))
    }

    fn state(&self, py: Python<'_>, remote: u64) -> PyResult<&'static str> {
        self.turn(py, |turn| turn.remote_state(remote).map_or("closed", |state| state.name()))
    }

    fn seen(&self, py: Python<'_>, remote: u64) -> PyResult<(bool, bool)> {
        self.turn(py, |turn| turn.remote_seen(remote))
    }

    fn addresses<'py>(
        &self,
        py: Python<'py>,
        remote: u64,
    ) -> PyResult<Option<(Shown<'py>, Shown<'py>)>> {
        let found = self.turn(py, |turn| turn.remote_addresses(remote))?;
        Ok(found.map(|(own, peer)| (shown_address(py, own), shown_address(py, peer))))
    }

    fn send(&self, py: Python<'_>, remote: u64, data: &[u8]) -> PyResult<Status> {
        let data = copied("send", data)?;
        self.turn(py, |turn| turn.remote_send(remote, data)).map(Status)
    }

    /// What arrived; None for nothing yet, no bytes for the end.
    #[pyo3(signature = (remote, limit = None))]
    fn read<'py>(
        &self,
        py: Python<'py>,
        remote: u64,
        limit: Option<usize>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let (read, over) = self.turn(py, |turn| {
            let read = turn.remote_read(remote, limit.unwrap_or(usize::MAX));
            let over = !read.is_empty() || limit == Some(0) || turn.remote_ended(remote);
            (read, over)
        })?;
        Ok(over.then(|| PyBytes::new(py, &read)))
    }

    fn set_reading(&self, py: Python<'_>, remote: u64, reading: bool) -> PyResult<()> {
        self.turn(py, |turn| turn.remote_set_reading(remote, reading))
    }

    fn disconnect(&self, py: Python<'_>, remote: u64) -> PyResult<Status> {
        self.turn(py, |turn| turn.remote_disconnect(remote)).map(Status)
    }

    fn abort(&self, py: Python<'_>, remote: u64) -> PyResult<Status> {
        self.turn(py, |turn| turn.remote_abort(remote)).map(Status)
    }

    fn vanish(&self, py: Python<'_>, remote: u64) -> PyResult<()> {
        self.turn(py, |turn| turn.remote_vanish(remote))
    }

    fn close(&self, py: Python<'_>, remote: u64) -> PyResult<()> {
        self.turn(py, |turn| turn.remote_close(remote))
    }

    fn datagram<'py>(
        &self,
        py: Python<'py>,
        local: PyAddress,
    ) -> PyResult<(Status, u64, Option<Shown<'py>>)> {
        let local = whole_address("datagram", &local)?;
        Ok(Self::bound(py, self.turn(py, |turn| turn.remote_datagram(local))?))
    }

    fn send_to(&self, py: Python<'_>, remote: u64, data: &[u8], to: PyAddress) -> PyResult<Status> {
        let to = whole_address("send_to", &to)?;
        self.turn(py, |turn| turn.remote_send_to(remote, data, to)).map(Status)
    }

    fn receive_from<'py>(
        &self,
        py: Python<'py>,
        remote: u64,
    ) -> PyResult<Option<(Bound<'py, PyBytes>, Shown<'py>)>> {
        let got = self.turn(py, |turn| turn.remote_receive_from(remote))?;
        Ok(got.map(|(data, from)| (PyBytes::new(py, &data), shown_address(py, from))))
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
    fn set_route(&self, py: Python<'_>, to: PyAddress, status: Option<u32>) -> PyResult<()> {
        let to = whole_address("unreachable", &to)?;
        let network = NtStatus::NETWORK_UNREACHABLE.bits();
        let route = match status {
            None => Route::Silent,
            Some(status) if status == network => Route::NetworkUnreachable,
            Some(_) => Route::HostUnreachable,
        };
        self.turn(py, |turn| turn.set_route(to, route))
    }

    /// An address is reached as usual again.
    fn restore(&self, py: Python<'_>, to: PyAddress) -> PyResult<()> {
        let to = whole_address("restore", &to)?;
        self.turn(py, |turn| turn.restore_route(to))
    }

    /// This machine loses an address (U-45).
    fn remove_address(&self, py: Python<'_>, host: PyAddress) -> PyResult<()> {
        let host = whole_address("remove_address", &host)?;
        self.turn(py, |turn| turn.remove_address(host))
    }

    /// From now on a name stands for these hosts.
    fn set_name(&self, py: Python<'_>, name: &str, hosts: Vec<PyAddress>) -> PyResult<()> {
        let hosts = hosts.iter().map(|host| whole_address("names", host));
        let hosts = hosts.collect::<PyResult<Vec<_>>>()?;
        self.turn(py, |turn| turn.names_mut().set(name, hosts))
    }

    /// Forgets a name; whether it was known.
    fn remove_name(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        self.turn(py, |turn| turn.names_mut().remove(name))
    }

    /// The hosts that a name stands for; None if it is unknown.
    fn find_name<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Vec<Shown<'py>>>> {
        let found = self.turn(py, |turn| turn.names().find(name).map(<[_]>::to_vec))?;
        Ok(found.map(|hosts| hosts.into_iter().map(|host| shown_address(py, host)).collect()))
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
