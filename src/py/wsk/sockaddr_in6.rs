//! `SOCKADDR_IN6`: an IPv6 address and a port.

use crate::network::address::{AF_INET6, Address};
use crate::py::wsk::addresses::{
    Members, PORTS, Reduced, ULONGS, dict, equal, host_of, made, number, of_family, read, reduced,
    replaced, restore, set, text, tuple,
};
use crate::py::wsk::lending::Loan;
use crate::py::wsk::members::{Given, Host, Number};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pyo3::{PyTraverseError, gc::PyVisit};

/// SOCKADDR_IN6: an IPv6 address and a port.
///
/// Args:
///     sin6_family: USHORT; AF_INET6.
///     sin6_port: 0 to 65,535, as a number without byte order.
///     sin6_flowinfo: ULONG; carried, not used.
///     sin6_addr: text, 16 bytes in network order, such as in6addr_loopback, or an int; kept as text.
///     sin6_scope_id: ULONG; carried, not used.
///
/// Raises:
///     ValueError: a number does not fit, or the text is no IPv6 address; a scope has its own member.
///     TypeError: a member is of another type.
///
/// Members may be assigned later; a call that gets one that does not fit answers STATUS_INVALID_PARAMETER (U-26).
///
/// Rules: A-2, L-15, U-26; page ns-ws2ipdef-sockaddr_in6_lh.
#[pyclass(name = "SOCKADDR_IN6", module = "wsksim.wsk", subclass, weakref)]
pub(crate) struct SockaddrIn6 {
    family: Number,
    port: Number,
    flow: Number,
    host: Host<[u8; 16]>,
    scope: Number,
    /// While it is lent: how long it may be read.
    loan: Option<Py<Loan>>,
}

impl SockaddrIn6 {
    pub(crate) fn of(port: u16, host: [u8; 16], loan: Option<Py<Loan>>) -> Self {
        let (family, port) = (Number::Plain(AF_INET6.into()), Number::Plain(port.into()));
        let (flow, scope) = (Number::Plain(0), Number::Plain(0));
        Self { family, port, flow, host: Host::Bytes(host), scope, loan }
    }

    /// Returns what it was before.
    pub(crate) fn fill(&mut self, port: u16, host: [u8; 16]) -> Self {
        let loan = self.loan.take();
        std::mem::replace(self, Self::of(port, host, loan))
    }
}

impl Members for SockaddrIn6 {
    const KIND: &'static str = "SOCKADDR_IN6";
    const ALL: &'static [&'static str] =
        &["sin6_family", "sin6_port", "sin6_flowinfo", "sin6_addr", "sin6_scope_id"];
    const TOLD: &'static [&'static str] =
        &["sin6_family", "sin6_port", "sin6_addr", "sin6_scope_id"];
    const READ: &'static [&'static str] =
        &["sin6_family", "sin6_port", "sin6_addr", "sin6_flowinfo", "sin6_scope_id"];

    fn loan(&self) -> Option<&Py<Loan>> {
        self.loan.as_ref()
    }

    fn member(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        match name {
            "sin6_family" => self.family.shown(py),
            "sin6_port" => self.port.shown(py),
            "sin6_flowinfo" => self.flow.shown(py),
            "sin6_scope_id" => self.scope.shown(py),
            _ => self.host.shown(py),
        }
    }

    fn assign(&mut self, name: &str, given: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        Ok(match name {
            "sin6_family" => self.family.assign(given),
            "sin6_port" => self.port.assign(given),
            "sin6_flowinfo" => self.flow.assign(given),
            "sin6_scope_id" => self.scope.assign(given),
            _ => self.host.assign(given)?,
        })
    }

    fn packed(&self, py: Python<'_>, caller: &str) -> PyResult<Address> {
        self.flow.fits(py, Self::KIND, "sin6_flowinfo", ULONGS)?;
        self.scope.fits(py, Self::KIND, "sin6_scope_id", ULONGS)?;
        let family = self.family.fits(py, Self::KIND, "the family", PORTS)?;
        let port = self.port.fits(py, Self::KIND, "the port", PORTS)?;
        let host = self.host.fits(py, Self::KIND)?;
        of_family(Self::KIND, caller, family, AF_INET6)?;
        Ok(made(AF_INET6, &host, port))
    }
}

#[pymethods]
impl SockaddrIn6 {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str, &'static str) {
        ("sin6_family", "sin6_port", "sin6_flowinfo", "sin6_addr", "sin6_scope_id")
    }

    #[new]
    #[pyo3(
        signature = (
            sin6_family = Given(None), sin6_port = Given(None), sin6_flowinfo = Given(None),
            sin6_addr = Given(None), sin6_scope_id = Given(None),
        ),
        text_signature = "(sin6_family=23, sin6_port=0, sin6_flowinfo=0, sin6_addr='::', sin6_scope_id=0)"
    )]
    fn new(
        sin6_family: Given<'_>,
        sin6_port: Given<'_>,
        sin6_flowinfo: Given<'_>,
        sin6_addr: Given<'_>,
        sin6_scope_id: Given<'_>,
    ) -> PyResult<Self> {
        let family = number(Self::KIND, "sin6_family", &sin6_family, AF_INET6.into(), PORTS)?;
        let port = number(Self::KIND, "sin6_port", &sin6_port, 0, PORTS)?;
        let flow = number(Self::KIND, "sin6_flowinfo", &sin6_flowinfo, 0, ULONGS)?;
        let scope = number(Self::KIND, "sin6_scope_id", &sin6_scope_id, 0, ULONGS)?;
        let host = host_of(Self::KIND, &sin6_addr, [0; 16])?;
        Ok(Self { family, port, flow, host, scope, loan: None })
    }

    #[getter]
    fn sin6_family(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        read(slf, "sin6_family")
    }

    #[setter]
    fn set_sin6_family(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        set(slf, "sin6_family", given)
    }

    #[getter]
    fn sin6_port(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        read(slf, "sin6_port")
    }

    #[setter]
    fn set_sin6_port(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        set(slf, "sin6_port", given)
    }

    #[getter]
    fn sin6_flowinfo(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        read(slf, "sin6_flowinfo")
    }

    #[setter]
    fn set_sin6_flowinfo(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        set(slf, "sin6_flowinfo", given)
    }

    #[getter]
    fn sin6_addr(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        read(slf, "sin6_addr")
    }

    #[setter]
    fn set_sin6_addr(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        set(slf, "sin6_addr", given)
    }

    #[getter]
    fn sin6_scope_id(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        read(slf, "sin6_scope_id")
    }

    #[setter]
    fn set_sin6_scope_id(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        set(slf, "sin6_scope_id", given)
    }

    #[getter(__dict__)]
    fn members<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        dict(slf)
    }

    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        equal(slf, other)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        tuple(slf, Self::TOLD)?.hash()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        text(slf)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        reduced(slf)
    }

    fn __setstate__(slf: &Bound<'_, Self>, state: &Bound<'_, PyTuple>) -> PyResult<()> {
        restore(slf, state)
    }

    #[pyo3(signature = (**changes))]
    fn __replace__<'py>(
        slf: &Bound<'py, Self>,
        changes: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        replaced(slf, changes)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.family.visit(&visit)?;
        self.port.visit(&visit)?;
        self.flow.visit(&visit)?;
        self.host.visit(&visit)?;
        self.scope.visit(&visit)?;
        self.loan.as_ref().map_or(Ok(()), |loan| visit.call(loan))
    }

    fn __clear__(&mut self) {
        let _before = self.fill(0, [0; 16]);
    }
}
