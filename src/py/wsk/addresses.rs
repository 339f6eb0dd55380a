//! Addresses: what SOCKADDR_IN and SOCKADDR_IN6 have in common, and their way to the machine and from it. They are bytes
//! until somebody looks.

use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, AF_INET6, Address};
use crate::provider::Refusal;
use crate::py::wsk::lending::Loan;
use crate::py::wsk::members::{Given, Host, Number, Version, host};
use crate::py::wsk::sockaddr_in::SockaddrIn;
use crate::py::wsk::sockaddr_in6::SockaddrIn6;
use crate::py::wsk::supplied::Refused;
use pyo3::PyClass;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::False;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};

pub(crate) const PORTS: u64 = 1 << 16;
pub(crate) const ULONGS: u64 = 1 << 32;

/// A number that was given, or what it is when it was left out.
pub(crate) fn number(
    name: &str,
    member: &str,
    given: &Given<'_>,
    plain: u32,
    limit: u64,
) -> PyResult<Number> {
    let Some(given) = &given.0 else { return Ok(Number::Plain(plain)) };
    let number = Number::of(given);
    number.fits(given.py(), name, member, limit)?;
    Ok(number)
}

pub(crate) fn host_of<V: Version>(name: &str, given: &Given<'_>, plain: V) -> PyResult<Host<V>> {
    given.0.as_ref().map_or(Ok(plain), |given| host(name, given)).map(Host::Bytes)
}

/// The members of an address by name, in their order.
pub(crate) trait Members: PyClass<Frozen = False> + Sync {
    const KIND: &'static str;
    const ALL: &'static [&'static str];
    /// Those that two equal addresses have in common.
    const TOLD: &'static [&'static str];
    /// Those that a call reads.
    const READ: &'static [&'static str];

    fn loan(&self) -> Option<&Py<Loan>>;

    fn member(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>>;

    /// Returns the object that the member was before.
    fn assign(&mut self, name: &str, given: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>>;

    /// As the provider wants it; a member that was assigned may not fit.
    fn packed(&self, py: Python<'_>, caller: &str) -> PyResult<Address>;
}

/// A member, if it may be read still.
pub(crate) fn read<T: Members>(slf: &Bound<'_, T>, name: &str) -> PyResult<Py<PyAny>> {
    let py = slf.py();
    let loan = slf.borrow().loan().map(|loan| loan.clone_ref(py));
    if let Some(loan) = loan {
        loan.get().look(py, || format!("{}.{name}", T::KIND))?;
    }
    slf.borrow().member(py, name)
}

pub(crate) fn set<T: Members>(
    slf: &Bound<'_, T>,
    name: &str,
    given: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let before = slf.borrow_mut().assign(name, given)?;
    drop(before);
    Ok(())
}

pub(crate) fn tuple<'py, T: Members>(
    slf: &Bound<'py, T>,
    names: &[&'static str],
) -> PyResult<Bound<'py, PyTuple>> {
    let members = names.iter().map(|name| read(slf, name)).collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(slf.py(), members)
}

pub(crate) fn equal<T: Members>(slf: &Bound<'_, T>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
    let Ok(other) = other.cast::<T>() else { return Ok(false) };
    tuple(slf, T::TOLD)?.eq(tuple(other, T::TOLD)?)
}

pub(crate) fn text<T: Members>(slf: &Bound<'_, T>) -> PyResult<String> {
    let mut members = Vec::new();
    for name in T::ALL {
        members.push(format!("{name}={}", read(slf, name)?.bind(slf.py()).repr()?));
    }
    Ok(format!("{}({})", slf.as_any().get_type().qualname()?, members.join(", ")))
}

/// The members as they are, for `vars`.
pub(crate) fn dict<'py, T: Members>(slf: &Bound<'py, T>) -> PyResult<Bound<'py, PyDict>> {
    let members = PyDict::new(slf.py());
    for name in T::ALL {
        members.set_item(name, slf.borrow().member(slf.py(), name)?)?;
    }
    Ok(members)
}

/// How a copy is made, which is nobody's loan.
pub(crate) fn reduced<'py, T: Members>(slf: &Bound<'py, T>) -> PyResult<Reduced<'py>> {
    let nothing = PyTuple::empty(slf.py());
    Ok((slf.as_any().get_type(), nothing, tuple(slf, T::ALL)?))
}

pub(crate) type Reduced<'py> = (Bound<'py, PyType>, Bound<'py, PyTuple>, Bound<'py, PyTuple>);

/// The members of a copy, whether they fit or not.
pub(crate) fn restore<T: Members>(slf: &Bound<'_, T>, state: &Bound<'_, PyTuple>) -> PyResult<()> {
    T::ALL.iter().zip(state.iter()).try_for_each(|(name, member)| set(slf, name, &member))
}

pub(crate) fn replaced<'py, T: Members>(
    slf: &Bound<'py, T>,
    changes: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let members = PyDict::new(slf.py());
    for name in T::ALL {
        members.set_item(name, read(slf, name)?)?;
    }
    if let Some(changes) = changes {
        members.update(changes.as_mapping())?;
    }
    slf.as_any().get_type().call((), Some(&members))
}

pub(crate) fn of_family(kind: &str, caller: &str, family: u32, expected: u16) -> PyResult<()> {
    if family == u32::from(expected) {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "{caller}: asked for {kind} with family {expected}; found {family}; pass the other structure"
    )))
}

pub(crate) fn made(family: u16, host: &[u8], port: u32) -> Address {
    let port = u16::try_from(port).expect("Invariant: a port was checked");
    Address::new(family, host, port).expect("Invariant: family and length belong together")
}

/// An address as Python sees it.
pub(crate) fn shown_address(py: Python<'_>, address: Address) -> PyResult<Bound<'_, PyAny>> {
    lent_address(py, address, None)
}

/// An address that may be read as long as the loan runs.
pub(crate) fn lent_address<'py>(
    py: Python<'py>,
    address: Address,
    loan: Option<&Py<Loan>>,
) -> PyResult<Bound<'py, PyAny>> {
    let loan = loan.map(|loan| loan.clone_ref(py));
    Ok(match (<[u8; 4]>::packed(address.host()), <[u8; 16]>::packed(address.host())) {
        (Some(host), _) => Bound::new(py, SockaddrIn::of(address.port(), host, loan))?.into_any(),
        (_, Some(host)) => Bound::new(py, SockaddrIn6::of(address.port(), host, loan))?.into_any(),
        _ => unreachable!("Invariant: a host has 4 or 16 bytes"),
    })
}

/// The family of the structure that an object is, if it is one.
fn family_of(address: &Bound<'_, PyAny>) -> Option<u16> {
    if address.is_instance_of::<SockaddrIn>() {
        return Some(AF_INET);
    }
    address.is_instance_of::<SockaddrIn6>().then_some(AF_INET6)
}

/// An address on its way to the machine; its members may have been assigned since it was made.
pub(crate) fn packed(caller: &str, name: &str, given: &Bound<'_, PyAny>) -> PyResult<Address> {
    fn whole<T: Members>(caller: &str, given: &Bound<'_, T>) -> PyResult<Address> {
        let lent = given.borrow().loan().is_some_and(|loan| loan.get().is_over());
        if lent {
            T::READ.iter().try_for_each(|name| read(given, name).map(|_| ()))?;
        }
        given.borrow().packed(given.py(), caller)
    }
    if let Ok(given) = given.cast::<SockaddrIn>() {
        return whole(caller, given);
    }
    if let Ok(given) = given.cast::<SockaddrIn6>() {
        return whole(caller, given);
    }
    Err(no_address(caller, name, given))
}

fn no_address(caller: &str, name: &str, given: &Bound<'_, PyAny>) -> PyErr {
    let kind = given.get_type().name().map_or_else(|_| "another".to_owned(), |n| n.to_string());
    PyTypeError::new_err(format!(
        "{caller}: asked for a SOCKADDR_IN, SOCKADDR_IN6 or None as {name}; found {kind}; pass one"
    ))
}

/// Writes an address into the application's structure of the same family (A-2, I-9).
pub(crate) fn fill(target: &Bound<'_, PyAny>, address: Address) {
    let (port, host) = (address.port(), address.host());
    if let Ok(target) = target.cast::<SockaddrIn>()
        && let Some(host) = <[u8; 4]>::packed(host)
    {
        let before = target.borrow_mut().fill(port, host);
        drop(before);
    } else if let Ok(target) = target.cast::<SockaddrIn6>()
        && let Some(host) = <[u8; 16]>::packed(host)
    {
        let before = target.borrow_mut().fill(port, host);
        drop(before);
    }
}

/// Family, host bytes and port of an address.
///
/// Raises:
///     TypeError: it is no SOCKADDR, or a member is of another type.
///     ValueError: a member does not fit, or the family is another than the structure's.
#[pyfunction]
pub(crate) fn _packed<'py>(
    caller: &str,
    name: &str,
    address: &Bound<'py, PyAny>,
) -> PyResult<(u16, Bound<'py, PyBytes>, u16)> {
    let found = packed(caller, name, address)?;
    Ok((found.family(), PyBytes::new(address.py(), found.host()), found.port()))
}

/// An address as the provider wants it: None for NULL, and Refused for one that does not fit.
///
/// Raises:
///     TypeError: it is no SOCKADDR, or a member is of another type.
#[pyfunction]
pub(crate) fn _to_machine<'py>(
    caller: &str,
    name: &str,
    address: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = address.py();
    match if address.is_none() { Ok(()) } else { packed(caller, name, &address).map(|_| ()) } {
        Ok(()) => Ok(address),
        Err(misfit) if misfit.is_instance_of::<PyValueError>(py) => {
            let refusal = Refusal::plain(NtStatus::INVALID_PARAMETER);
            Ok(Bound::new(py, Refused(refusal))?.into_any())
        }
        Err(wrong) => Err(wrong),
    }
}

/// The family of an address that is to be filled, None for NULL; the provider judges whether a result fits it.
///
/// Raises:
///     TypeError: it is no SOCKADDR.
#[pyfunction]
pub(crate) fn _place_of(
    caller: &str,
    name: &str,
    address: &Bound<'_, PyAny>,
) -> PyResult<Option<u16>> {
    match family_of(address) {
        None if address.is_none() => Ok(None),
        None => Err(no_address(caller, name, address)),
        family => Ok(family),
    }
}

/// Writes an address into the application's structure; None leaves it.
#[pyfunction]
pub(crate) fn _fill_address(target: &Bound<'_, PyAny>, address: &Bound<'_, PyAny>) -> PyResult<()> {
    if !target.is_none() && !address.is_none() {
        fill(target, packed("fill_address", "the address", address)?);
    }
    Ok(())
}
