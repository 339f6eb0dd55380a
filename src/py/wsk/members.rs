//! Members: what the members of an address hold, which may be assigned anything until a call looks at them (U-26).

use crate::py::values::arguments::in_hex;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt, PyString, PyType};
use pyo3::{IntoPyObjectExt, PyTraverseError, gc::PyVisit};
use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An argument that may be left out, which is another thing than None.
pub(crate) struct Given<'py>(pub(crate) Option<Bound<'py, PyAny>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Given<'py> {
    type Error = Infallible;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(Self(Some(given.to_owned())))
    }
}

/// A number: as such where it is a plain one, else the object that was given.
pub(crate) enum Number {
    Plain(u32),
    Object(Py<PyAny>),
}

impl Number {
    pub(crate) fn of(given: &Bound<'_, PyAny>) -> Self {
        let plain = if given.is_exact_instance_of::<PyInt>() { given.extract().ok() } else { None };
        plain.map_or_else(|| Self::Object(given.clone().unbind()), Self::Plain)
    }

    /// Returns the object that it was before.
    pub(crate) fn assign(&mut self, given: &Bound<'_, PyAny>) -> Option<Py<PyAny>> {
        match std::mem::replace(self, Self::of(given)) {
            Self::Plain(_) => None,
            Self::Object(before) => Some(before),
        }
    }

    pub(crate) fn shown(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Plain(number) => number.into_py_any(py),
            Self::Object(object) => Ok(object.clone_ref(py)),
        }
    }

    /// The number, if it is one of `limit`.
    pub(crate) fn fits(
        &self,
        py: Python<'_>,
        caller: &str,
        name: &str,
        limit: u64,
    ) -> PyResult<u32> {
        if let Self::Plain(number) = self
            && u64::from(*number) < limit
        {
            return Ok(*number);
        }
        let shown = self.shown(py)?.into_bound(py);
        if !shown.is_instance_of::<PyInt>() || shown.is_instance_of::<PyBool>() {
            return Err(PyTypeError::new_err(format!(
                "{caller}: asked for a number as {name}; found {}; pass an int",
                shown.get_type().name()?
            )));
        }
        match shown.extract::<u32>() {
            Ok(number) if u64::from(number) < limit => Ok(number),
            _ => Err(PyValueError::new_err(format!(
                "{caller}: asked for {name} from 0 to {}; found {}; pass one of these",
                limit - 1,
                in_hex(&shown)
            ))),
        }
    }

    pub(crate) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Object(object) => visit.call(object),
        }
    }
}

/// What the bytes of a host of one version are and look like.
pub(crate) trait Version: Copy + PartialEq {
    const NUMBER: u8;

    fn parsed(text: &str) -> Option<Self>;

    /// From as many bytes, in network order.
    fn packed(bytes: &[u8]) -> Option<Self>;

    /// From a number whose highest byte is the first of the address.
    fn numbered(number: u128) -> Option<Self>;

    fn text(self, py: Python<'_>) -> PyResult<String>;
}

impl Version for [u8; 4] {
    const NUMBER: u8 = 4;

    fn parsed(text: &str) -> Option<Self> {
        text.parse::<Ipv4Addr>().ok().map(|found| found.octets())
    }

    fn packed(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok()
    }

    fn numbered(number: u128) -> Option<Self> {
        u32::try_from(number).ok().map(u32::to_be_bytes)
    }

    fn text(self, _: Python<'_>) -> PyResult<String> {
        Ok(Ipv4Addr::from(self).to_string())
    }
}

impl Version for [u8; 16] {
    const NUMBER: u8 = 6;

    fn parsed(text: &str) -> Option<Self> {
        text.parse::<Ipv6Addr>().ok().map(|found| found.octets())
    }

    fn packed(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok()
    }

    fn numbered(number: u128) -> Option<Self> {
        Some(number.to_be_bytes())
    }

    fn text(self, py: Python<'_>) -> PyResult<String> {
        let found = Ipv6Addr::from(self);
        if found.to_ipv4_mapped().is_none() {
            return Ok(found.to_string());
        }
        // Which form it has depends on the version of Python.
        let shown = py.import("ipaddress")?.getattr("IPv6Address")?.call1((&self[..],))?;
        Ok(shown.str()?.to_string())
    }
}

/// A host: its bytes, or the object that was assigned.
pub(crate) enum Host<V> {
    Bytes(V),
    Object(Py<PyAny>),
}

impl<V: Version> Host<V> {
    /// Returns the object that it was before.
    pub(crate) fn assign(&mut self, given: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        Ok(match std::mem::replace(self, Self::assigned(given)?) {
            Self::Bytes(_) => None,
            Self::Object(before) => Some(before),
        })
    }

    /// Text as an address prints itself is its bytes.
    fn assigned(given: &Bound<'_, PyAny>) -> PyResult<Self> {
        if given.is_exact_instance_of::<PyString>()
            && let Ok(text) = given.cast::<PyString>()?.to_str()
            && let Some(bytes) = V::parsed(text)
            && bytes.text(given.py())? == text
        {
            return Ok(Self::Bytes(bytes));
        }
        Ok(Self::Object(given.clone().unbind()))
    }

    pub(crate) fn shown(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Bytes(bytes) => bytes.text(py)?.into_py_any(py),
            Self::Object(object) => Ok(object.clone_ref(py)),
        }
    }

    /// The bytes, if it is an address.
    pub(crate) fn fits(&self, py: Python<'_>, caller: &str) -> PyResult<V> {
        match self {
            Self::Bytes(bytes) => Ok(*bytes),
            Self::Object(object) => host(caller, object.bind(py)),
        }
    }

    pub(crate) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Bytes(_) => Ok(()),
            Self::Object(object) => visit.call(object),
        }
    }
}

/// The bytes of a host that is given as text, bytes or a number.
pub(crate) fn host<V: Version>(caller: &str, given: &Bound<'_, PyAny>) -> PyResult<V> {
    let address = plain(given)?;
    let address = address.as_ref().unwrap_or(given);
    let asked = format!("{caller}: asked for an IPv{} address", V::NUMBER);
    let is_text = address.is_instance_of::<PyString>();
    let is_number = address.is_instance_of::<PyInt>();
    if address.is_instance_of::<PyBool>()
        || !(is_text || is_number || address.is_instance_of::<PyBytes>())
    {
        return Err(PyTypeError::new_err(format!(
            "{asked}; found {}; pass text, bytes or an int",
            address.get_type().name()?
        )));
    }
    let found = if let Ok(text) = address.cast::<PyString>() {
        text.to_str().ok().and_then(V::parsed)
    } else if let Ok(bytes) = address.cast::<PyBytes>() {
        V::packed(bytes.as_bytes())
    } else {
        address.extract().ok().and_then(V::numbered)
    };
    let refused = || -> PyResult<PyErr> {
        // Python refuses to print integers of thousands of digits.
        let shown = if is_number {
            "an int that does not fit".to_owned()
        } else {
            address.repr()?.to_string_lossy().chars().take(80).collect()
        };
        Ok(PyValueError::new_err(format!("{asked}; found {shown}; pass text, bytes or an int")))
    };
    match found {
        Some(found) => Ok(found),
        None => Err(refused()?),
    }
}

/// The text of an address object of Python's own.
fn plain<'py>(given: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let usual = given.is_instance_of::<PyString>()
        || given.is_instance_of::<PyInt>()
        || given.is_instance_of::<PyBytes>();
    if usual {
        return Ok(None);
    }
    let module = given.py().import("ipaddress")?;
    for name in ["IPv4Address", "IPv6Address"] {
        if given.is_instance(module.getattr(name)?.cast::<PyType>()?)? {
            return Ok(Some(given.str()?.into_any()));
        }
    }
    Ok(None)
}
