//! IRP view: what an application sees of an IRP, most of it made when it is looked at.

use crate::core::status::NtStatus;
use crate::provider::Flight;
use crate::py::values::places::Spot;
use crate::py::wsk::deliver::Information;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::status_block::StatusBlock;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::Arc;

/// A completion routine.
#[derive(Clone)]
pub(crate) enum Routine {
    /// That of the guide's samples: it keeps the IRP and signals its waiter.
    Signal,
    /// The application's, with its context.
    Own(Arc<(Py<PyAny>, Py<PyAny>)>),
}

/// `IoStatus`, whose block is made when somebody looks.
pub(crate) enum Shown {
    Values(NtStatus, Information),
    Block(Py<PyAny>),
}

impl Shown {
    pub(crate) const fn of(status: NtStatus) -> Self {
        Self::Values(status, Information::Count(0))
    }
}

/// What an application sees of an IRP. The provider's part is the record.
pub(crate) struct View {
    pub(crate) routine: Option<Routine>,
    /// What `IoReuseIrp` gives back.
    pub(crate) standing: Option<Routine>,
    pub(crate) status: Shown,
    /// The block of the request that is under way, once somebody has looked at it.
    pub(crate) block: Option<Py<StatusBlock>>,
    pub(crate) under_way: bool,
    pub(crate) pending_returned: bool,
    pub(crate) pending_marked: bool,
    pub(crate) stack_count: u32,
    /// Where the last request was begun, if it pended.
    pub(crate) begun: Option<Spot>,
    /// Where it was given to IoFreeIrp.
    pub(crate) freed: Option<Spot>,
    /// Who the last request was made to: misuse between two requests is its finding.
    pub(crate) owner: Option<Py<Provider>>,
    /// Told when a request is over.
    pub(crate) watchers: Vec<(Arc<Flight>, Py<PyAny>)>,
}

/// What is to be dropped where nothing is locked.
pub(crate) type Before =
    (Option<Shown>, Option<Py<Provider>>, Option<Spot>, Option<Py<StatusBlock>>);

impl View {
    /// A request begins.
    pub(crate) fn begin(&mut self, owner: Option<Py<Provider>>) -> Before {
        let before = std::mem::replace(&mut self.status, Shown::of(NtStatus::PENDING));
        self.under_way = true;
        let former = if owner.is_some() { std::mem::replace(&mut self.owner, owner) } else { None };
        (Some(before), former, self.begun.take(), self.block.take())
    }

    /// A request ends: its block, if there is one that is to be written, and with what.
    pub(crate) fn end(
        &mut self,
        py: Python<'_>,
        status: NtStatus,
        information: Information,
    ) -> (Option<Py<StatusBlock>>, Information, Before) {
        self.under_way = false;
        let Some(block) = self.block.take() else {
            let shown = Shown::Values(status, information);
            let before = std::mem::replace(&mut self.status, shown);
            return (None, Information::Count(0), (Some(before), None, None, None));
        };
        let shown = Shown::Block(block.clone_ref(py).into_any());
        let before = std::mem::replace(&mut self.status, shown);
        (Some(block), information, (Some(before), None, None, None))
    }

    /// Somebody looks at `IoStatus`, for which `block` was made; it may be there by now.
    pub(crate) fn show(&mut self, py: Python<'_>, block: Py<StatusBlock>) -> (Py<PyAny>, Before) {
        if let Shown::Block(known) = &self.status {
            return (known.clone_ref(py), (None, None, None, Some(block)));
        }
        if self.under_way {
            self.block = Some(block.clone_ref(py));
        }
        let shown = Shown::Block(block.clone_ref(py).into_any());
        let before = std::mem::replace(&mut self.status, shown);
        (block.into_any(), (Some(before), None, None, None))
    }

    pub(crate) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // A routine that is the standing one too is one object held once.
        if let Some(Routine::Own(routine)) = &self.routine {
            let shared = match &self.standing {
                Some(Routine::Own(standing)) => Arc::ptr_eq(routine, standing),
                _ => false,
            };
            if !shared {
                visit.call(&routine.0)?;
                visit.call(&routine.1)?;
            }
        }
        if let Some(Routine::Own(routine)) = &self.standing {
            visit.call(&routine.0)?;
            visit.call(&routine.1)?;
        }
        match &self.status {
            Shown::Block(block) => visit.call(block)?,
            Shown::Values(_, Information::Object(object)) => visit.call(object)?,
            Shown::Values(_, Information::Count(_)) => {}
        }
        if let Some(block) = &self.block {
            visit.call(block)?;
        }
        if let Some(owner) = &self.owner {
            visit.call(owner)?;
        }
        self.watchers.iter().try_for_each(|(_, watcher)| visit.call(watcher))
    }
}
