//! Moments: lines of the application that a later finding may point back to. They lie in the objects which the
//! application holds as long as it can misuse them, so that nothing is kept for good.

use crate::core::findings::Place;
use crate::provider::Moment;
use crate::py::values::places;
use crate::py::wsk::application::{PythonApplication, not_none};
use crate::py::wsk::lending::mdls;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::Arc;

/// Lists whose release a socket remembers.
const RELEASED: usize = 64;

impl<'py> PythonApplication<'py> {
    /// Where the application did what a report contradicts.
    pub(crate) fn before_of(&self, moment: Moment) -> PyResult<Option<Arc<Place>>> {
        let py = self.py;
        let kept = match moment {
            Moment::Closed(id) => self.remembered(id, "closed_at")?,
            Moment::Refused(id) => {
                let by = self.remembered(id, "refused_by")?;
                return Ok(by.as_ref().and_then(places::of_callable));
            }
            Moment::Released(id, list) => match self.remembered(id, "released")? {
                Some(released) => not_none(released.call_method1("get", (list,))?),
                None => None,
            },
            Moment::Begun | Moment::Freed => {
                let of_request = || self.irp.as_ref()?.get().spot(py, moment);
                let spot = self.before.as_ref().map(|spot| spot.clone_ref(py));
                return Ok(spot.or_else(of_request).and_then(|spot| places::shown(spot.bind(py))));
            }
            Moment::Waits(number) => {
                let waiting = self.provider.as_ref().and_then(|one| one.get().irp_of(py, number));
                let spot = waiting.and_then(|irp| irp.get().spot(py, Moment::Begun));
                return Ok(spot.and_then(|spot| places::shown(spot.bind(py))));
            }
            Moment::MemoryFreed => self.freed_at()?,
        };
        Ok(kept.and_then(|kept| places::shown(kept.cast::<PyTuple>().ok()?)))
    }

    /// What a socket's object keeps under that name.
    fn remembered(&self, id: u64, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(socket) = self.socket(id)? else { return Ok(None) };
        socket.getattr(intern!(self.py, "__dict__"))?.call_method1("get", (name,)).map(not_none)
    }

    /// Where an MDL of the call's buffer was freed.
    fn freed_at(&self) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(buffer) = &self.buffer else { return Ok(None) };
        for mdl in mdls(buffer)? {
            if let Some(freed) = not_none(mdl.getattr(intern!(self.py, "_freed"))?) {
                return Ok(Some(freed));
            }
        }
        Ok(None)
    }

    /// The socket's object keeps the line of the moment, unless it has one.
    pub(crate) fn keep(&self, moment: Moment) -> PyResult<()> {
        let py = self.py;
        let (id, name) = match moment {
            Moment::Closed(id) => (id, "closed_at"),
            Moment::Refused(id) => (id, "refused_by"),
            Moment::Released(id, _) => (id, "released"),
            Moment::Begun => {
                if let Some(irp) = &self.irp {
                    irp.get().begun_here(py);
                }
                return Ok(());
            }
            Moment::Freed | Moment::Waits(_) | Moment::MemoryFreed => return Ok(()),
        };
        let Some(socket) = self.socket(id)? else { return Ok(()) };
        let members = socket.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>()?;
        match moment {
            Moment::Refused(_) => match &self.called {
                Some(listener) => {
                    members.set_item(name, listener.call_method1("callback", ("WskAcceptEvent",))?)
                }
                None => Ok(()),
            },
            Moment::Released(_, list) => {
                let released = match members.get_item(name)? {
                    Some(released) => released.cast_into::<PyDict>()?,
                    None => {
                        let released = PyDict::new(py);
                        members.set_item(name, &released)?;
                        released
                    }
                };
                if released.len() >= RELEASED
                    && let Some((oldest, _)) = released.iter().next()
                {
                    released.del_item(oldest)?;
                }
                released.set_item(list, places::spot(py))
            }
            _ if members.contains(name)? => Ok(()),
            _ => members.set_item(name, places::spot(py)),
        }
    }

    /// Whether a socket's object keeps the moment.
    pub(crate) fn has(&self, moment: Moment) -> PyResult<bool> {
        Ok(match moment {
            Moment::Closed(id) => self.remembered(id, "closed_at")?.is_some(),
            Moment::Refused(id) => self.remembered(id, "refused_by")?.is_some(),
            Moment::Released(id, list) => match self.remembered(id, "released")? {
                Some(released) => released.contains(list)?,
                None => false,
            },
            Moment::Begun | Moment::Freed | Moment::Waits(_) | Moment::MemoryFreed => false,
        })
    }
}
