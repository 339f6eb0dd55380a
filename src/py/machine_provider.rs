//! Provider: the contract machine beside its sockets: registrations and clients, what a drive performs,
//! remote ends, and what tests do.

use crate::network::address::Address;
use crate::py::findings::user_handle;
use crate::py::machine_values::{
    Answer, PyAddress, address, answer, errand, npi, shown_address, status, whole_address,
};
use crate::py::shared::set_completing;
use crate::py::subsystem::Subsystem;
use crate::py::turns::{ask, wait_change};
use crate::wsk::{Reply, Turn};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use pyo3::{PyTraverseError, gc::PyVisit};
use std::time::Duration;

/// (family, host bytes, port)
type Shown<'py> = (u16, Bound<'py, PyBytes>, u16);

/// Clients, errands, remote ends and what tests do; the base of `Machine`.
#[pyclass(frozen, subclass, module = "wsksim._native")]
pub(crate) struct Provider {
    pub(crate) subsystem: Py<Subsystem>,
}

impl Provider {
    fn reply<'py>(
        &self,
        py: Python<'py>,
        act: impl FnOnce(&mut Turn<'_>) -> Reply,
    ) -> PyResult<Answer<'py>> {
        answer(py, self.ask(py, act)?)
    }

    fn ask<T>(&self, py: Python<'_>, act: impl FnOnce(&mut Turn<'_>) -> T) -> PyResult<T> {
        ask(py, &self.subsystem, act)
    }

    fn bound<'py>(
        py: Python<'py>,
        answer: Result<(u64, Address), crate::core::status::NtStatus>,
    ) -> (u32, u64, Option<Shown<'py>>) {
        match answer {
            Ok((id, address)) => (0, id, Some(shown_address(py, address))),
            Err(status) => (status.bits(), 0, None),
        }
    }
}

#[pymethods]
impl Provider {
    fn register(&self, py: Python<'_>, version: u16) -> PyResult<u64> {
        self.ask(py, |turn| turn.register(version))
    }

    fn capture(&self, py: Python<'_>, registration: u64) -> PyResult<(u32, u64)> {
        let (status, client) = self.ask(py, |turn| turn.capture(registration))?;
        Ok((status.bits(), client))
    }

    fn release_npi(&self, py: Python<'_>, registration: u64) -> PyResult<u32> {
        Ok(self.ask(py, |turn| turn.release_npi(registration))?.bits())
    }

    fn query_characteristics(
        &self,
        py: Python<'_>,
        registration: u64,
    ) -> PyResult<(u32, u16, u16)> {
        let (status, highest, lowest) =
            self.ask(py, |turn| turn.query_characteristics(registration))?;
        Ok((status.bits(), highest, lowest))
    }

    fn deregister(&self, py: Python<'_>, registration: u64) -> PyResult<u32> {
        Ok(self.ask(py, |turn| turn.deregister(registration))?.bits())
    }

    #[getter]
    fn changes(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.subsystem.get().alive(py)?.machine().changes())
    }

    /// Waits until `changes` differs from `seen`.
    #[pyo3(signature = (seen, timeout_ms = None))]
    fn wait_change(&self, py: Python<'_>, seen: u64, timeout_ms: Option<u64>) -> PyResult<u64> {
        wait_change(py, &self.subsystem, seen, timeout_ms.map(Duration::from_millis))
    }

    fn set_static_events<'py>(
        &self,
        py: Python<'py>,
        client: u64,
        npi: u32,
        mask: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        let npi = self::npi(npi)?;
        self.reply(py, |turn| turn.set_static_events(client, npi, mask, irp))
    }

    #[allow(clippy::type_complexity, reason = "a tuple of the stub")]
    fn transport_list_query<'py>(
        &self,
        py: Python<'py>,
        client: u64,
        size: usize,
        irp: u64,
    ) -> PyResult<(
        u32,
        Vec<Bound<'py, PyAny>>,
        Option<&'static str>,
        usize,
        Vec<(u16, u16, u32, u16)>,
    )> {
        let (reply, needed, list) =
            self.ask(py, |turn| turn.transport_list_query(client, size, irp))?;
        let (status, completions, breach) = answer(py, reply)?;
        let completions = completions.into_iter().map(Bound::into_any).collect();
        Ok((status, completions, breach, needed, list))
    }

    fn transport_list_change<'py>(
        &self,
        py: Python<'py>,
        client: u64,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.transport_list_change(client, irp))
    }

    #[allow(clippy::type_complexity, reason = "a tuple of the stub")]
    fn cache_sd<'py>(
        &self,
        py: Python<'py>,
        client: u64,
        descriptor: &[u8],
        irp: u64,
    ) -> PyResult<(u32, Vec<Bound<'py, PyAny>>, Option<&'static str>, u64)> {
        let _ = descriptor;
        let (reply, cached) = self.ask(py, |turn| turn.cache_sd(client, irp))?;
        let (status, completions, breach) = answer(py, reply)?;
        let completions = completions.into_iter().map(Bound::into_any).collect();
        Ok((status, completions, breach, cached))
    }

    fn release_sd<'py>(
        &self,
        py: Python<'py>,
        client: u64,
        cached: u64,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.release_sd(client, cached, irp))
    }

    fn tdi_behavior<'py>(
        &self,
        py: Python<'py>,
        client: u64,
        behavior: u32,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        self.reply(py, |turn| turn.tdi_behavior(client, behavior, irp))
    }

    fn tdi_mapping<'py>(
        &self,
        py: Python<'py>,
        client: u64,
        mappings: Vec<(u32, u16, u16, String)>,
        irp: u64,
    ) -> PyResult<Answer<'py>> {
        let _ = mappings;
        self.reply(py, |turn| turn.tdi_mapping(client, irp))
    }

    /// The next errand that may run now.
    fn next_errand<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let fetched = self.ask(py, |turn| turn.next_errand())?;
        fetched.map(|fetched| errand(py, fetched)).transpose()
    }

    /// An errand was performed.
    #[pyo3(signature = (token, status = 0, accepted_bytes = None))]
    fn finish_errand(
        &self,
        py: Python<'_>,
        token: u64,
        status: i64,
        accepted_bytes: Option<usize>,
    ) -> PyResult<Option<&'static str>> {
        let status = self::status(status)?;
        self.ask(py, |turn| turn.finish_errand(token, status, accepted_bytes))
    }

    /// The completion of an IRP that was decided inside a completion routine.
    fn next_deferred<'py>(
        &self,
        py: Python<'py>,
        irp: u64,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let fetched = self.ask(py, |turn| turn.next_deferred(irp))?;
        fetched.map(|fetched| errand(py, fetched)).transpose()
    }

    /// A request that the layer above answered by itself, inside a completion routine.
    fn complete_later(
        &self,
        py: Python<'_>,
        socket: u64,
        irp: u64,
        status: i64,
        information: u64,
    ) -> PyResult<()> {
        let status = self::status(status)?;
        self.ask(py, |turn| turn.complete_later(socket, irp, status, information))
    }

    fn waits(&self, py: Python<'_>, irp: u64) -> PyResult<bool> {
        self.ask(py, |turn| turn.waits(irp))
    }

    /// A completion routine begins or has ended on this thread; gives what was so before.
    #[staticmethod]
    fn set_completing(on: bool) -> bool {
        set_completing(on)
    }

    /// The completion routine of an inline completion has returned (D-27).
    fn completed(&self, py: Python<'_>, token: u64) -> PyResult<()> {
        self.ask(py, |turn| turn.completed(token))
    }

    fn remote_listen<'py>(
        &self,
        py: Python<'py>,
        local: PyAddress,
    ) -> PyResult<(u32, u64, Option<Shown<'py>>)> {
        let local = whole_address("remote_listen", &local)?;
        Ok(Self::bound(py, self.ask(py, |turn| turn.remote_listen(local))?))
    }

    fn remote_accept(&self, py: Python<'_>, listener: u64) -> PyResult<u64> {
        self.ask(py, |turn| turn.remote_accept(listener).unwrap_or(0))
    }

    #[pyo3(signature = (to, local = None))]
    fn remote_connect(
        &self,
        py: Python<'_>,
        to: PyAddress,
        local: Option<PyAddress>,
    ) -> PyResult<(u32, u64)> {
        let to = whole_address("remote_connect", &to)?;
        let local = address(local.as_ref());
        let (status, id) = self.ask(py, |turn| turn.remote_connect(to, local))?;
        Ok((status.bits(), id))
    }

    fn remote_state(&self, py: Python<'_>, remote: u64) -> PyResult<&'static str> {
        self.ask(py, |turn| turn.remote_state(remote).map_or("closed", |state| state.name()))
    }

    fn remote_seen(&self, py: Python<'_>, remote: u64) -> PyResult<(bool, bool)> {
        self.ask(py, |turn| turn.remote_seen(remote))
    }

    fn remote_addresses<'py>(
        &self,
        py: Python<'py>,
        remote: u64,
    ) -> PyResult<Option<(Shown<'py>, Shown<'py>)>> {
        let found = self.ask(py, |turn| turn.remote_addresses(remote))?;
        Ok(found.map(|(own, peer)| (shown_address(py, own), shown_address(py, peer))))
    }

    fn remote_send(&self, py: Python<'_>, remote: u64, data: &[u8]) -> PyResult<u32> {
        Ok(self.ask(py, |turn| turn.remote_send(remote, data.to_vec()))?.bits())
    }

    #[pyo3(signature = (remote, limit = None))]
    fn remote_read<'py>(
        &self,
        py: Python<'py>,
        remote: u64,
        limit: Option<usize>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let read = self.ask(py, |turn| turn.remote_read(remote, limit.unwrap_or(usize::MAX)))?;
        Ok(PyBytes::new(py, &read))
    }

    fn remote_stop_reading(&self, py: Python<'_>, remote: u64) -> PyResult<()> {
        self.ask(py, |turn| turn.remote_set_reading(remote, false))
    }

    fn remote_resume_reading(&self, py: Python<'_>, remote: u64) -> PyResult<()> {
        self.ask(py, |turn| turn.remote_set_reading(remote, true))
    }

    fn remote_disconnect(&self, py: Python<'_>, remote: u64) -> PyResult<u32> {
        Ok(self.ask(py, |turn| turn.remote_disconnect(remote))?.bits())
    }

    fn remote_abort(&self, py: Python<'_>, remote: u64) -> PyResult<u32> {
        Ok(self.ask(py, |turn| turn.remote_abort(remote))?.bits())
    }

    fn remote_vanish(&self, py: Python<'_>, remote: u64) -> PyResult<()> {
        self.ask(py, |turn| turn.remote_vanish(remote))
    }

    fn remote_close(&self, py: Python<'_>, remote: u64) -> PyResult<()> {
        self.ask(py, |turn| turn.remote_close(remote))
    }

    fn remote_datagram<'py>(
        &self,
        py: Python<'py>,
        local: PyAddress,
    ) -> PyResult<(u32, u64, Option<Shown<'py>>)> {
        let local = whole_address("remote_datagram", &local)?;
        Ok(Self::bound(py, self.ask(py, |turn| turn.remote_datagram(local))?))
    }

    fn remote_send_to(
        &self,
        py: Python<'_>,
        remote: u64,
        data: &[u8],
        to: PyAddress,
    ) -> PyResult<u32> {
        let to = whole_address("remote_send_to", &to)?;
        Ok(self.ask(py, |turn| turn.remote_send_to(remote, data, to))?.bits())
    }

    fn remote_receive_from<'py>(
        &self,
        py: Python<'py>,
        remote: u64,
    ) -> PyResult<Option<(Bound<'py, PyBytes>, Shown<'py>)>> {
        let got = self.ask(py, |turn| turn.remote_receive_from(remote))?;
        Ok(got.map(|(data, from)| (PyBytes::new(py, &data), shown_address(py, from))))
    }

    /// The socket turns non-functional (L-21).
    fn make_dead(&self, py: Python<'_>, socket: u64) -> PyResult<()> {
        self.ask(py, |turn| turn.make_dead(socket))
    }

    /// The connection is lost by timeout (U-12).
    fn timeout(&self, py: Python<'_>, socket: u64) -> PyResult<()> {
        self.ask(py, |turn| turn.timeout(socket))
    }

    /// The transports and the addresses changed.
    fn change_transports(&self, py: Python<'_>) -> PyResult<()> {
        self.ask(py, |turn| turn.change_transports())
    }

    /// The provider comes or goes.
    fn set_provider_ready(&self, py: Python<'_>, ready: bool) -> PyResult<()> {
        self.ask(py, |turn| turn.set_provider_ready(ready))
    }

    fn state(&self, py: Python<'_>, socket: u64) -> PyResult<&'static str> {
        self.ask(py, |turn| turn.state(socket).map_or("CLOSED", |state| state.name()))
    }

    fn enabled_events(&self, py: Python<'_>, socket: u64) -> PyResult<u32> {
        self.ask(py, |turn| turn.enabled_events(socket))
    }

    fn transitions(&self, py: Python<'_>) -> PyResult<Vec<(&'static str, &'static str, u64)>> {
        let made = self.ask(py, |turn| turn.transitions())?;
        Ok(made.into_iter().map(|(from, to, count)| (from.name(), to.name(), count)).collect())
    }

    fn pending<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let books = PyDict::new(py);
        for (name, count) in self.ask(py, |turn| turn.pending())? {
            books.set_item(name, count)?;
        }
        Ok(books)
    }

    fn handle(&self, py: Python<'_>, socket: u64) -> PyResult<u128> {
        let handle = self.ask(py, |turn| turn.handle(socket))?;
        let shared = &self.subsystem.get().shared;
        Ok(handle.map_or(0, |handle| user_handle(shared, handle.bits())))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)
    }
}
