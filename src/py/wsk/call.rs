//! Call: one call of a function of a socket, on its way to the provider.

use crate::core::status::NtStatus;
use crate::provider::{Asked, Door, Function, Stopped};
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::arguments::{Arguments, irp};
use crate::py::wsk::deliver::Deliver;
use crate::py::wsk::provider::Provider;
use crate::py::wsk::socket::Socket;
use crate::py::wsk::stopping::ended;
use crate::py::wsk::values::Status;
use crate::wsk::{Reply, Turn};
use pyo3::prelude::*;

/// One call of a function of a socket.
pub(crate) struct Call<'a, 'py> {
    pub(crate) base: &'a Bound<'py, Provider>,
    pub(crate) socket: &'a Bound<'py, Socket>,
    pub(crate) function: &'static Function,
    pub(crate) irp: &'a Bound<'py, PyAny>,
    pub(crate) deliver: Deliver,
    /// The WSK_BUF or WSK_BUF_LIST, whose memory a request that waits keeps (I-9).
    pub(crate) buffer: Option<&'a Bound<'py, PyAny>>,
}

impl<'py> Call<'_, 'py> {
    pub(crate) fn request(
        self,
        arguments: Arguments,
        act: impl FnOnce(&mut Turn<'_>, u64, u64) -> Reply,
    ) -> PyResult<Status> {
        self.asked(|asked| asked.refused(arguments.refused).to(arguments.peer), act)
    }

    /// A request that is asked for with more than a refusal.
    pub(crate) fn asked(
        self,
        with: impl FnOnce(Asked<'_>) -> Asked<'_>,
        act: impl FnOnce(&mut Turn<'_>, u64, u64) -> Reply,
    ) -> PyResult<Status> {
        let socket = self.socket.get().id;
        self.made(|door, app, asked| {
            door.request(app, with(asked), |turn, irp| act(turn, socket, irp))
        })
    }

    /// A request that the provider makes in its own way.
    pub(crate) fn made(
        self,
        make: impl FnOnce(Door<'_>, &mut PythonApplication<'py>, Asked<'_>) -> Result<NtStatus, Stopped>,
    ) -> PyResult<Status> {
        let py = self.base.py();
        let socket = self.socket.get().id;
        let irp = irp(self.function, self.irp)?;
        let mut app = PythonApplication::new(py, Some(self.base))
            .with_irp(irp)
            .delivering(self.deliver)
            .keeping(self.buffer)
            .about(self.socket);
        let record = irp.map(|irp| irp.get().record());
        let asked = Asked::of_socket(self.function, socket, record);
        let status = self.base.get().with_door(py, |door| make(door, &mut app, asked))?;
        ended(status).map(Status)
    }
}
