//! `SOCKADDR_IN`: an IPv4 address and a port.

use crate::network::address::{AF_INET, Address};
use crate::py::wsk::addresses::{
    Members, PORTS, Reduced, dict, equal, host_of, made, number, of_family, read, reduced,
    replaced, restore, set, text, tuple,
};
use crate::py::wsk::lending::Loan;
use crate::py::wsk::members::{Given, Host, Number};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pyo3::{PyTraverseError, gc::PyVisit};

/// SOCKADDR_IN: an IPv4 address and a port.
///
/// Args:
///     sin_family: USHORT; AF_INET.
///     sin_port: 0 to 65,535. A Python int has no byte order: 80 is port 80, where C needs `RtlUshortByteSwap(80)`.
///     sin_addr: text, 4 bytes in network order, or an int without byte order, such as INADDR_LOOPBACK; kept as text.
///
/// Raises:
///     ValueError: a number does not fit, or the text is no IPv4 address.
///     TypeError: a member is of another type.
///
/// Members may be assigned later; a call that gets one that does not fit answers STATUS_INVALID_PARAMETER (U-26).
///
/// Rules: A-2, L-15, U-26; page ns-ws2def-sockaddr_in.
#[pyclass(name = "SOCKADDR_IN", module = "wsksim.wsk", subclass, weakref)]
pub(crate) struct SockaddrIn {
    family: Number,
    port: Number,
    host: Host<[u8; 4]>,
    /// While it is lent: how long it may be read.
    loan: Option<Py<Loan>>,
}

impl SockaddrIn {
    pub(crate) fn of(port: u16, host: [u8; 4], loan: Option<Py<Loan>>) -> Self {
        let (family, port) = (Number::Plain(AF_INET.into()), Number::Plain(port.into()));
        Self { family, port, host: Host::Bytes(host), loan }
    }

    /// Returns what it was before.
    pub(crate) fn fill(&mut self, port: u16, host: [u8; 4]) -> Self {
        let loan = self.loan.take();
        std::mem::replace(self, Self::of(port, host, loan))
    }
}

impl Members for SockaddrIn {
    const KIND: &'static str = "SOCKADDR_IN";
    const ALL: &'static [&'static str] = &["sin_family", "sin_port", "sin_addr"];
    const TOLD: &'static [&'static str] = Self::ALL;
    const READ: &'static [&'static str] = Self::ALL;

    fn loan(&self) -> Option<&Py<Loan>> {
        self.loan.as_ref()
    }

    fn member(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        match name {
            "sin_family" => self.family.shown(py),
            "sin_port" => self.port.shown(py),
            _ => self.host.shown(py),
        }
    }

    fn assign(&mut self, name: &str, given: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        Ok(match name {
            "sin_family" => self.family.assign(given),
            "sin_port" => self.port.assign(given),
            _ => self.host.assign(given)?,
        })
    }

    fn packed(&self, py: Python<'_>, caller: &str) -> PyResult<Address> {
        let family = self.family.fits(py, Self::KIND, "the family", PORTS)?;
        let port = self.port.fits(py, Self::KIND, "the port", PORTS)?;
        let host = self.host.fits(py, Self::KIND)?;
        of_family(Self::KIND, caller, family, AF_INET)?;
        Ok(made(AF_INET, &host, port))
    }
}

#[pymethods]
impl SockaddrIn {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("sin_family", "sin_port", "sin_addr")
    }

    #[new]
    #[pyo3(
        signature = (sin_family = Given(None), sin_port = Given(None), sin_addr = Given(None)),
        text_signature = "(sin_family=2, sin_port=0, sin_addr='0.0.0.0')"
    )]
    fn new(sin_family: Given<'_>, sin_port: Given<'_>, sin_addr: Given<'_>) -> PyResult<Self> {
        let family = number(Self::KIND, "sin_family", &sin_family, AF_INET.into(), PORTS)?;
        let port = number(Self::KIND, "sin_port", &sin_port, 0, PORTS)?;
        let host = host_of(Self::KIND, &sin_addr, [0; 4])?;
        Ok(Self { family, port, host, loan: None })
    }

    #[getter]
    fn sin_family(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        read(slf, "sin_family")
    }

    #[setter]
    fn set_sin_family(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        set(slf, "sin_family", given)
    }

    #[getter]
    fn sin_port(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        read(slf, "sin_port")
    }

    #[setter]
    fn set_sin_port(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        set(slf, "sin_port", given)
    }

    #[getter]
    fn sin_addr(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        read(slf, "sin_addr")
    }

    #[setter]
    fn set_sin_addr(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        set(slf, "sin_addr", given)
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
        self.host.visit(&visit)?;
        self.loan.as_ref().map_or(Ok(()), |loan| visit.call(loan))
    }

    fn __clear__(&mut self) {
        let _before = self.fill(0, [0; 4]);
    }
}
