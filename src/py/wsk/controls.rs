//! Controls: `WskControlSocket` and `WskControlClient`, whose inputs and outputs `wsksim.wsk` lays out.

use crate::provider::{
    Asked, Control, Input, InputBuffer, Output, OutputBuffer, Wanted, function, highest_of_socket,
    wanted_of_client, wanted_of_socket,
};
use crate::py::sockets::subsystem::Subsystem;
use crate::py::wsk::addresses::{packed, shown_address};
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::arguments::{Arguments, irp};
use crate::py::wsk::call::Call;
use crate::py::wsk::deliver::Deliver;
use crate::py::wsk::socket::Socket;
use crate::py::wsk::sockets::{SocketFunctions, base};
use crate::py::wsk::stopping::ended;
use crate::py::wsk::values::Status;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

/// The control functions, and with its bases all of one provider's.
#[pyclass(frozen, extends = SocketFunctions, subclass, module = "wsksim._native")]
pub(crate) struct Controls;

const fn name_of(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Nothing => "nothing",
        Wanted::Ulong => "ulong",
        Wanted::Address => "address",
        Wanted::Addresses => "addresses",
        Wanted::Event => "event",
        Wanted::Extension => "extension",
        Wanted::Pointer => "pointer",
        Wanted::Descriptor => "descriptor",
        Wanted::Mappings => "mappings",
    }
}

/// InputSize and InputBuffer, as `wsksim.wsk` has read them.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct ControlInput {
    size: u64,
    memory: Option<u64>,
    value: Py<PyAny>,
    mask: u32,
}

#[pymethods]
impl ControlInput {
    /// `memory`: how many bytes are there, None for NULL; `value`: what was read of them, None for nothing; `mask`: the
    /// EventMask, if it is a WSK_EVENT_CALLBACK_CONTROL, whose value is its NpiId.
    #[new]
    #[pyo3(signature = (size, memory, value, mask = 0))]
    fn new(size: u64, memory: Option<u64>, value: Py<PyAny>, mask: u32) -> Self {
        Self { size, memory, value, mask }
    }
}

/// OutputSize and OutputBuffer, likewise.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct ControlOutput(OutputBuffer);

#[pymethods]
impl ControlOutput {
    /// `memory`: how many bytes are there, None for NULL.
    #[new]
    #[pyo3(signature = (size, memory, writable))]
    fn new(size: u64, memory: Option<u64>, writable: bool) -> Self {
        Self(OutputBuffer { size, memory, writable })
    }

    /// OutputSize.
    #[getter]
    fn size(&self) -> u64 {
        self.0.size
    }
}

/// What a control call answers at once.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Made {
    /// "inspect_id", "addresses", "transports", "pointer" or "needed".
    #[pyo3(get)]
    kind: &'static str,
    #[pyo3(get)]
    value: Py<PyAny>,
}

/// The input: nothing where `wsksim.wsk` could not read what is wanted.
fn input(
    wanted: Wanted,
    given: &Bound<'_, PyAny>,
    arguments: &mut Arguments,
) -> PyResult<InputBuffer> {
    let Some(given) = arguments.made::<PyRef<'_, ControlInput>>(given)? else {
        return Ok(InputBuffer::NONE);
    };
    let value = given.value.bind(given.py());
    let held = match wanted {
        Wanted::Event if given.memory.is_some() => Input::Event(arguments.made(value)?, given.mask),
        Wanted::Extension if given.memory.is_some() => Input::Extension(arguments.made(value)?),
        Wanted::Descriptor | Wanted::Mappings => Input::Memory,
        _ if value.is_none() => Input::None,
        Wanted::Ulong => arguments.made(value)?.map_or(Input::None, Input::Ulong),
        Wanted::Pointer => arguments.made(value)?.map_or(Input::None, Input::Pointer),
        Wanted::Address => arguments.address(value)?.map_or(Input::None, Input::Address),
        Wanted::Addresses => {
            let list: Option<Vec<Bound<'_, PyAny>>> = arguments.made(value)?;
            let whole = |one: &Bound<'_, PyAny>| packed("WskControlSocket", "an address", one);
            let list = list.map(|list| list.iter().map(whole).collect::<PyResult<Vec<_>>>());
            list.transpose()?.map_or(Input::None, Input::Addresses)
        }
        Wanted::Nothing | Wanted::Event | Wanted::Extension => Input::None,
    };
    Ok(InputBuffer { size: given.size, memory: given.memory, held })
}

/// The output.
fn output(given: &Bound<'_, PyAny>, arguments: &mut Arguments) -> PyResult<OutputBuffer> {
    let given = arguments.made::<PyRef<'_, ControlOutput>>(given)?;
    Ok(given.map_or(OutputBuffer::NONE, |given| given.0))
}

fn shown(py: Python<'_>, output: Output) -> PyResult<Option<Made>> {
    let (kind, value) = match output {
        Output::None => return Ok(None),
        Output::InspectId(key, serial) => ("inspect_id", (key, serial).into_py_any(py)?),
        Output::Addresses(list) => {
            let list = list.into_iter().map(|one| shown_address(py, one));
            ("addresses", list.collect::<PyResult<Vec<_>>>()?.into_py_any(py)?)
        }
        Output::Transports(list) => ("transports", list.into_py_any(py)?),
        Output::Pointer(cached) => ("pointer", cached.into_py_any(py)?),
        Output::Needed(bytes) => ("needed", bytes.into_py_any(py)?),
    };
    Ok(Some(Made { kind, value }))
}

#[pymethods]
#[allow(clippy::too_many_arguments, reason = "the parameters of the WSK functions")]
impl Controls {
    #[new]
    fn new(subsystem: Py<Subsystem>) -> PyClassInitializer<Self> {
        SocketFunctions::of(subsystem).add_subclass(Self)
    }

    /// What the input of a WskControlSocket has to hold.
    #[staticmethod]
    fn wanted_of_socket(request: u32, code: u32) -> &'static str {
        name_of(wanted_of_socket(request, code))
    }

    /// What the input of a WskControlClient has to hold.
    #[staticmethod]
    fn wanted_of_client(code: u32) -> &'static str {
        name_of(wanted_of_client(code))
    }

    /// WskControlSocket: (status, what it answers at once); `deliver` writes what comes later.
    fn control_socket<'py>(
        slf: &Bound<'py, Self>,
        socket: &Bound<'py, Socket>,
        request: &Bound<'py, PyAny>,
        code: &Bound<'py, PyAny>,
        level: &Bound<'py, PyAny>,
        input_given: &Bound<'py, PyAny>,
        output_given: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<(Status, Option<Made>)> {
        let function = &function::CONTROL_SOCKET;
        let mut arguments = Arguments::of(function);
        let request = arguments.ulong("RequestType", request)?;
        let code = arguments.ulong("ControlCode", code)?;
        let level = arguments.ulong("Level", level)?;
        let output = output(output_given, &mut arguments)?;
        let input = input(wanted_of_socket(request, code), input_given, &mut arguments)?;
        let control = Control { request, code, level, input, output };
        let (highest, deliver) = (highest_of_socket(request, code), Deliver::python(deliver));
        let call =
            Call { base: base(slf.as_super()), socket, function, irp, deliver, buffer: None };
        let mut answered = Output::None;
        let status = call.asked(
            |asked| asked.up_to(highest).refused(arguments.refused),
            |turn, id, irp| {
                let (reply, made) = control.of_socket(turn, id, irp);
                answered = made;
                reply
            },
        )?;
        Ok((status, shown(slf.py(), answered)?))
    }

    /// WskControlClient, likewise.
    fn control_client<'py>(
        slf: &Bound<'py, Self>,
        numbers: (u64, u64),
        code: &Bound<'py, PyAny>,
        input_given: &Bound<'py, PyAny>,
        output_given: &Bound<'py, PyAny>,
        given_irp: &Bound<'py, PyAny>,
    ) -> PyResult<(Status, Option<Made>)> {
        let (registration, client) = numbers;
        let row = &function::CONTROL_CLIENT;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given_irp)?;
        let code = arguments.ulong("ControlCode", code)?;
        let output = output(output_given, &mut arguments)?;
        let input = input(wanted_of_client(code), input_given, &mut arguments)?;
        let control = Control { request: 0, code, level: 0, input, output };
        let base = base(slf.as_super());
        let mut app = PythonApplication::new(slf.py(), Some(base)).with_irp(irp);
        let record = irp.map(|irp| irp.get().record());
        let asked = Asked::of_client(row, registration, record).refused(arguments.refused);
        let mut answered = Output::None;
        let status = base.get().with_door(slf.py(), |door| {
            door.request(&mut app, asked, |turn, irp| {
                let (reply, made) = control.of_client(turn, client, irp);
                answered = made;
                reply
            })
        })?;
        Ok((Status(ended(status)?), shown(slf.py(), answered)?))
    }
}
