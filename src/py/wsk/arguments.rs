//! Arguments: what C's compiler checks, and what C's types hold.
//!
//! A value that C would not compile raises TypeError. A number that compiles but does not fit its type is refused with
//! `STATUS_INVALID_PARAMETER` (U-26): nothing is cut off or masked away.

use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::provider::{Function, Handover, Place, Refusal};
use crate::py::values::arguments::copied;
use crate::py::wsk::addresses::packed;
use crate::py::wsk::irp::Irp;
use crate::py::wsk::socket::Socket;
use crate::py::wsk::supplied::{Refused, Supplied};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBool, PyInt};

/// The arguments of one call: the first that does not fit is why it is refused.
pub(crate) struct Arguments {
    function: &'static Function,
    pub(crate) refused: Option<Refusal>,
    /// Whom the call connects to.
    pub(crate) peer: Option<Address>,
}

impl Arguments {
    pub(crate) fn of(function: &'static Function) -> Self {
        Self { function, refused: None, peer: None }
    }

    /// An argument does not fit.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.refused.get_or_insert(refusal);
    }

    /// A number that a USHORT holds; 0 if it does not fit.
    pub(crate) fn ushort(&mut self, parameter: &str, value: &Bound<'_, PyAny>) -> PyResult<u16> {
        self.number(parameter, value, "USHORT")
    }

    /// A number that a ULONG holds; 0 if it does not fit.
    pub(crate) fn ulong(&mut self, parameter: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
        self.number(parameter, value, "ULONG")
    }

    /// A number that a SIZE_T holds; 0 if it does not fit.
    pub(crate) fn size_t(&mut self, parameter: &str, value: &Bound<'_, PyAny>) -> PyResult<u64> {
        self.number(parameter, value, "SIZE_T")
    }

    fn number<T: Default + for<'a, 'py> FromPyObject<'a, 'py>>(
        &mut self,
        parameter: &str,
        value: &Bound<'_, PyAny>,
        kind: &str,
    ) -> PyResult<T> {
        if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
            return Err(wrong(
                self.function.name,
                "an int",
                parameter,
                value,
                &format!("a {kind}"),
            ));
        }
        Ok(value.extract().unwrap_or_else(|_| {
            self.refuse(Refusal::plain(NtStatus::INVALID_PARAMETER));
            T::default()
        }))
    }

    /// What `wsksim.wsk` made of an argument; `None` for NULL, and for what does not fit.
    pub(crate) fn made<'py, T>(&mut self, value: &Bound<'py, PyAny>) -> PyResult<Option<T>>
    where
        T: pyo3::conversion::FromPyObjectOwned<'py>,
    {
        if value.is_none() {
            return Ok(None);
        }
        if !value.is_exact_instance_of::<Refused>() {
            return value.extract().map(Some).map_err(Into::into);
        }
        self.refuse(value.cast::<Refused>()?.get().0.clone());
        Ok(None)
    }

    /// What is handed over with a new socket (L-3 to L-5, O-4).
    pub(crate) fn handover(&mut self, place: Handover, supplied: &Bound<'_, Supplied>) {
        let has_context = !supplied.get().context.is_none(supplied.py());
        if let Some(refusal) = place.refusal(supplied.get().kind(), has_context) {
            self.refuse(refusal);
        }
    }

    /// A SOCKADDR that is to be filled, as its family or None for NULL, with an address of `socket`'s.
    pub(crate) fn place(
        &mut self,
        socket: &Bound<'_, Socket>,
        given: Option<u16>,
        required: bool,
    ) -> PyResult<()> {
        let place = match given {
            None if !required => return Ok(()),
            None => Place::Null,
            Some(family) => Place::Family(family),
        };
        if let Some(refusal) = place.refusal(socket.get().family, required) {
            self.refuse(refusal);
        }
        Ok(())
    }

    /// An address; `None` for NULL, and for one that does not fit.
    pub(crate) fn address(&mut self, value: &Bound<'_, PyAny>) -> PyResult<Option<Address>> {
        let made: Option<Bound<'_, PyAny>> = self.made(value)?;
        made.map(|made| packed(self.function.name, "an address", &made)).transpose()
    }

    /// Bytes; `None` for NULL, and for what does not fit.
    pub(crate) fn bytes(&mut self, value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
        let made: Option<PyBackedBytes> = self.made(value)?;
        made.map(|bytes| copied(self.function.name, &bytes)).transpose()
    }

    /// Something that must not be NULL.
    pub(crate) fn required<T>(&mut self, made: Option<T>) -> Option<T> {
        if made.is_none() {
            self.refuse(Refusal::plain(NtStatus::INVALID_PARAMETER));
        }
        made
    }
}

/// The IRP of a call; `None` for NULL.
pub(crate) fn irp<'a, 'py>(
    function: &'static Function,
    value: &'a Bound<'py, PyAny>,
) -> PyResult<Option<&'a Bound<'py, Irp>>> {
    if value.is_none() {
        return Ok(None);
    }
    let found = value.cast::<Irp>();
    found.map(Some).map_err(|_| wrong(function.name, "an IRP or None", "Irp", value, "wsk.IRP()"))
}

/// What C would not compile.
pub(crate) fn wrong(
    name: &str,
    asked: &str,
    parameter: &str,
    found: &Bound<'_, PyAny>,
    pass: &str,
) -> PyErr {
    let kind = found.get_type().name().map_or_else(|_| "another".to_owned(), |n| n.to_string());
    PyTypeError::new_err(format!(
        "{name}: asked for {asked} as {parameter}; found {kind}; pass {pass}"
    ))
}
