//! Started driver: a driver in C whose remote ends are moved from Python, step by step, in this process.

use crate::c::kernel::Kernel;
use crate::network::address::Address;
use crate::py::runs::driver::{Begun, Place, address, outcome};
use crate::py::runs::driver_results::told;
use crate::py::values::errors::error;
use crate::wsk::Turn;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::cell::RefCell;
use std::rc::Rc;

/// A driver that was started; on the thread that started it.
#[pyclass(unsendable, module = "wsksim._native")]
pub(crate) struct StartedDriver {
    kernel: RefCell<Option<Rc<Kernel>>>,
    begun: Begun,
}

/// Units of virtual time in a second.
const SECOND: f64 = 1e7;

impl StartedDriver {
    pub(crate) fn new(kernel: Rc<Kernel>) -> Self {
        let begun = Begun { status: kernel.start_driver(), ended: None };
        Self { kernel: RefCell::new(Some(kernel)), begun }
    }

    fn with<T>(&self, py: Python<'_>, act: impl FnOnce(&Rc<Kernel>) -> T) -> PyResult<T> {
        match &*self.kernel.borrow() {
            Some(kernel) => Ok(act(kernel)),
            None => {
                let text = "driver: asked for something after it was stopped; start it again";
                Err(error(py, "DriveError", text))
            }
        }
    }

    fn turn<T>(&self, py: Python<'_>, act: impl FnOnce(&mut Turn<'_>) -> T) -> PyResult<T> {
        self.with(py, |kernel| kernel.driver().turn(act))
    }
}

fn place(at: Address) -> (u16, Vec<u8>, u16) {
    (at.family(), at.host().to_vec(), at.port())
}

#[pymethods]
impl StartedDriver {
    /// What DriverEntry returned; None if it did not return.
    #[getter]
    fn status(&self) -> Option<u32> {
        self.begun.status.map(i32::cast_unsigned)
    }

    /// Why the run ended before its time; None if it has not.
    #[getter]
    fn ended(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.with(py, |kernel| kernel.ended().map(|ended| ended.to_string()))
    }

    /// Virtual time since the beginning, in seconds.
    #[getter]
    fn now(&self, py: Python<'_>) -> PyResult<f64> {
        self.with(py, |kernel| kernel.now() as f64 / SECOND)
    }

    /// Where it listens.
    fn listening(&self, py: Python<'_>) -> PyResult<Vec<Place>> {
        let places = self.turn(py, |turn| turn.listening_at())?;
        Ok(places.into_iter().map(place).collect())
    }

    /// A remote end connects: the status, and its number.
    fn connect(&self, py: Python<'_>, to: Place) -> PyResult<(u32, u64)> {
        let to = address(&to)?;
        let (status, number) = self.turn(py, |turn| turn.remote_connect(to, None))?;
        Ok((status.bits(), number))
    }

    /// The next connection at a remote listener.
    fn accept(&self, py: Python<'_>, listener: u64) -> PyResult<Option<u64>> {
        self.turn(py, |turn| turn.remote_accept(listener))
    }

    /// A remote end sends.
    fn send(&self, py: Python<'_>, end: u64, data: Vec<u8>) -> PyResult<u32> {
        Ok(self.turn(py, |turn| turn.remote_send(end, data))?.bits())
    }

    /// A remote end reads what has arrived, so many bytes at most.
    fn read<'py>(&self, py: Python<'py>, end: u64, most: usize) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.turn(py, |turn| turn.remote_read(end, most))?))
    }

    /// A remote end disconnects, closes, aborts or vanishes; the status of the first and the third.
    fn end(&self, py: Python<'_>, end: u64, how: &str) -> PyResult<u32> {
        let act = |turn: &mut Turn<'_>| match how {
            "disconnect" => turn.remote_disconnect(end).bits(),
            "abort" => turn.remote_abort(end).bits(),
            "close" => {
                turn.remote_close(end);
                0
            }
            _ => {
                turn.remote_vanish(end);
                0
            }
        };
        self.turn(py, act)
    }

    /// Whether the driver has finished towards a remote end, and whether it has aborted.
    fn seen(&self, py: Python<'_>, end: u64) -> PyResult<(bool, bool)> {
        self.turn(py, |turn| turn.remote_seen(end))
    }

    /// Lets everything happen that can, and so many seconds of virtual time pass.
    fn settle(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        self.with(py, |kernel| kernel.settle((seconds * SECOND) as u64))
    }

    /// Unloads it: what came of it, as `DriverObject.run` says it.
    fn stop<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let begun = self.begun.clone();
        self.with(py, |kernel| {
            if begun.is_running() {
                kernel.unload();
            }
        })?;
        let kernel = self.kernel.borrow_mut().take();
        let kernel = kernel.expect("Invariant: looked at above");
        told(py, outcome(&kernel, begun))
    }
}
