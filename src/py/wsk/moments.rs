//! Moments: lines of the application that a later finding may point back to. They lie in the objects which the
//! application holds as long as it can misuse them, so that nothing is kept for good.

use crate::core::findings::Place;
use crate::provider::Moment;
use crate::py::values::places::{self, Spot};
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::lending::mdls;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::Arc;

impl PythonApplication<'_> {
    /// Where the application did what a report contradicts.
    pub(crate) fn before_of(&self, moment: Moment) -> PyResult<Option<Arc<Place>>> {
        let py = self.py;
        let spot = match moment {
            Moment::Closed(id) | Moment::Released(id, _) => {
                self.socket(id).and_then(|socket| socket.get().spot(py, moment))
            }
            Moment::Refused(id) => {
                let by = self.socket(id).and_then(|socket| socket.get().refused_by(py));
                return Ok(by.and_then(|by| places::of_callable(by.bind(py))));
            }
            Moment::Begun | Moment::Freed => {
                let of_request = || self.irp.as_ref()?.get().spot(py, moment);
                let spot = self.before.as_ref().map(|spot| spot.clone_ref(py));
                spot.or_else(of_request)
            }
            Moment::Waits(number) => {
                let waiting = self.provider.as_ref().and_then(|one| one.get().irp_of(py, number));
                waiting.and_then(|irp| irp.get().spot(py, Moment::Begun))
            }
            Moment::MemoryFreed => self.freed_at()?,
        };
        Ok(spot.and_then(|spot| places::shown(spot.bind(py))))
    }

    /// Where an MDL of the call's buffer was freed.
    fn freed_at(&self) -> PyResult<Option<Spot>> {
        let Some(buffer) = &self.buffer else { return Ok(None) };
        for mdl in mdls(buffer)? {
            let freed = mdl.getattr(intern!(self.py, "_freed"))?;
            if !freed.is_none() {
                return Ok(freed.cast_into::<PyTuple>().ok().map(Bound::unbind));
            }
        }
        Ok(None)
    }

    /// The socket's object keeps the line of the moment.
    pub(crate) fn keep(&self, moment: Moment) {
        let py = self.py;
        match moment {
            Moment::Closed(id) => {
                if let Some(socket) = self.socket(id).filter(|socket| !socket.get().knows(moment)) {
                    socket.get().keep_closed(places::spot(py));
                }
            }
            Moment::Refused(id) => {
                if let Some(socket) = self.socket(id) {
                    let listener = self.called_socket();
                    let by = listener.and_then(|one| one.get().named(py, "WskAcceptEvent"));
                    socket.get().keep_refused(by.map(Bound::unbind));
                }
            }
            Moment::Released(id, list) => {
                if let Some(socket) = self.socket(id) {
                    socket.get().keep_released(list, places::spot(py));
                }
            }
            Moment::Begun => {
                if let Some(irp) = &self.irp {
                    irp.get().begun_here(py);
                }
            }
            Moment::Freed | Moment::Waits(_) | Moment::MemoryFreed => {}
        }
    }

    /// Whether a socket's object keeps the moment.
    pub(crate) fn has(&self, moment: Moment) -> bool {
        let (Moment::Closed(id) | Moment::Refused(id) | Moment::Released(id, _)) = moment else {
            return false;
        };
        self.socket(id).is_some_and(|socket| socket.get().knows(moment))
    }
}
