//! Values: statuses on their way to Python.

use crate::core::status::NtStatus;
use crate::py::values::once::{self, Once};
use pyo3::prelude::*;
use pyo3::types::PyDict;

static STATUSES: Once<Py<PyDict>> = Once::new();
static USUAL: Once<[Py<PyAny>; 2]> = Once::new();

/// A status on its way to Python, where it is an `NTSTATUS` and prints as people read it.
#[derive(Clone, Copy)]
pub(crate) struct Status(pub(crate) NtStatus);

impl<'py> IntoPyObject<'py> for Status {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let class = || py.import("wsksim.wsk.words.status")?.getattr("NTSTATUS");
        let known = once::kept(py, &STATUSES, || -> PyResult<_> {
            let members = class()?.getattr("_value2member_map_")?.cast_into::<PyDict>()?;
            Ok(members.unbind())
        })?;
        // These two are most of all.
        let usual = once::kept(py, &USUAL, || -> PyResult<_> {
            let member = |status: NtStatus| class()?.call1((status.bits(),)).map(Bound::unbind);
            Ok([member(NtStatus::SUCCESS)?, member(NtStatus::PENDING)?])
        })?;
        match self.0 {
            NtStatus::SUCCESS => return Ok(usual[0].bind(py).clone()),
            NtStatus::PENDING => return Ok(usual[1].bind(py).clone()),
            _ => {}
        }
        match known.bind(py).get_item(self.0.bits())? {
            Some(member) => Ok(member),
            None => class()?.call1((self.0.bits(),)),
        }
    }
}
