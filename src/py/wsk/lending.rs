//! Lending: what a callback is shown only for a time, what it answers, and memory that a request is to keep.

use crate::provider;
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::socket::Socket;
use crate::py::wsk::stopping::ended;
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use pyo3::{PyTraverseError, gc::PyVisit, intern};
use std::collections::HashSet;
use std::sync::Arc;

/// One stretch of time in which what a callback was shown may be read (A-7, C-24).
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Loan {
    loan: Arc<provider::Loan>,
    /// A list that is kept does not keep the subsystem.
    owner: Py<PyWeakrefReference>,
    socket: Py<Socket>,
}

impl Loan {
    pub(crate) fn of(
        loan: Arc<provider::Loan>,
        owner: &Bound<'_, Provider>,
        socket: &Bound<'_, Socket>,
    ) -> PyResult<Self> {
        let owner = PyWeakrefReference::new(owner)?.unbind();
        Ok(Self { loan, owner, socket: socket.clone().unbind() })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.loan.is_over()
    }

    /// Asks whether something may be read still, once the loan is over.
    pub(crate) fn look(&self, py: Python<'_>, what: impl FnOnce() -> String) -> PyResult<()> {
        if self.is_over() { self.read(py, &what()) } else { Ok(()) }
    }
}

#[pymethods]
impl Loan {
    /// Whether it has ended.
    #[getter]
    fn over(&self) -> bool {
        self.loan.is_over()
    }

    /// Asks whether `what` may be read still; if not, that is a finding.
    fn read(&self, py: Python<'_>, what: &str) -> PyResult<()> {
        let Some(owner) = self.owner.bind(py).upgrade_as::<Provider>()? else { return Ok(()) };
        let mut app = PythonApplication::new(py, Some(&owner)).about(self.socket.bind(py));
        let may = owner.get().with_door(py, |door| door.may_use(&mut app, &self.loan, what))?;
        ended(may).map(|_| ())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.owner)?;
        visit.call(&self.socket)
    }
}

/// Where an item of an indicated list is from.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Part {
    socket: Py<Socket>,
    list: u64,
    /// Its place; None for a list that is released as a whole.
    #[pyo3(get)]
    item: Option<usize>,
    /// How many items the list has.
    #[pyo3(get)]
    count: usize,
}

impl Part {
    /// That of a list that is released as a whole.
    pub(crate) const fn of_list(socket: Py<Socket>, list: u64) -> Self {
        Self { socket, list, item: None, count: 0 }
    }

    /// As the provider wants it; the numbers of another subsystem's lists mean nothing to `socket`.
    pub(crate) fn of(&self, socket: &Bound<'_, Socket>, number: u64) -> provider::Part {
        let Self { list, item, count, .. } = *self;
        let own = self.socket.is(socket);
        provider::Part { socket: if own { number } else { 0 }, list, item, count }
    }
}

#[pymethods]
impl Part {
    #[new]
    #[pyo3(signature = (socket, number, item = None, count = 0))]
    fn new(socket: Py<Socket>, number: u64, item: Option<usize>, count: usize) -> Self {
        Self { socket, list: number, item, count }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.socket)
    }
}

/// What a callback returned and wrote.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Answered {
    pub(crate) returned: Py<PyAny>,
    /// What stands in BytesAccepted, if it has one.
    pub(crate) accepted: Option<Py<PyAny>>,
}

#[pymethods]
impl Answered {
    /// `accepted`: the Out that the callback was given for BytesAccepted.
    #[new]
    #[pyo3(signature = (returned, accepted = None))]
    fn new(returned: Py<PyAny>, accepted: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let value = accepted.map(|out| out.getattr(intern!(out.py(), "value"))).transpose()?;
        let accepted = value.map(Bound::unbind);
        Ok(Self { returned, accepted })
    }
}

/// The MDLs of a WSK_BUF, or of each element of a WSK_BUF_LIST, as they are now.
pub(crate) fn mdls<'py>(buffer: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let py = buffer.py();
    let (mdl, next) = (intern!(py, "Mdl"), intern!(py, "Next"));
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut chain = |first: Bound<'py, PyAny>| -> PyResult<()> {
        let mut one = first;
        while !one.is_none() && seen.insert(block_of(&one)) {
            found.push(one.clone());
            one = one.getattr(next)?;
        }
        Ok(())
    };
    if let Ok(first) = buffer.getattr(mdl) {
        chain(first)?;
        return Ok(found);
    }
    let (mut element, mut passed) = (buffer.clone(), HashSet::new());
    while !element.is_none() && passed.insert(block_of(&element)) {
        chain(element.getattr(intern!(py, "Buffer"))?.getattr(mdl)?)?;
        element = element.getattr(next)?;
    }
    Ok(found)
}

/// By which number the provider knows an object that is kept alive.
pub(crate) fn block_of(object: &Bound<'_, PyAny>) -> u64 {
    object.as_ptr() as usize as u64
}
