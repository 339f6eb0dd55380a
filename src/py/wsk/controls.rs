//! Controls: `WskControlSocket` and `WskControlClient`, whose inputs and outputs `wsksim.wsk` lays out.

use crate::provider::{
    Asked, Control, Input, Output, Wanted, function, highest_of_socket, wanted_of_client,
    wanted_of_socket,
};
use crate::py::sockets::subsystem::Subsystem;
use crate::py::wsk::application::PythonApplication;
use crate::py::wsk::arguments::{Arguments, irp};
use crate::py::wsk::sockets::{Call, SocketFunctions, base};
use crate::py::wsk::stopping::ended;
use crate::py::wsk::values::{PyAddress, Status, address, shown_address};
use crate::wsk::Npi;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The control functions, and with its bases all of one provider's.
#[pyclass(frozen, extends = SocketFunctions, subclass, module = "wsksim._native")]
pub(crate) struct Controls;

/// What is asked: (RequestType, ControlCode, Level), the decoded input, whether there is any, OutputSize, and whether
/// there is an OutputBuffer.
type Given<'py> = (
    (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>),
    Bound<'py, PyAny>,
    bool,
    Bound<'py, PyAny>,
    bool,
);

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

fn npi(number: u32) -> PyResult<Npi> {
    match number {
        0 => Ok(Npi::Null),
        1 => Ok(Npi::Wsk),
        2 => Ok(Npi::Other),
        other => Err(PyValueError::new_err(format!(
            "npi: asked for {other}; give 0 (NULL), 1 (NPI_WSK_INTERFACE_ID) or 2 (another GUID)"
        ))),
    }
}

/// The decoded input: None for NULL and for what does not hold what is wanted.
fn input(wanted: Wanted, given: &Bound<'_, PyAny>, arguments: &mut Arguments) -> PyResult<Input> {
    let none = Input::None;
    Ok(match wanted {
        Wanted::Nothing => none,
        Wanted::Ulong => arguments.made(given)?.map_or(none, Input::Ulong),
        Wanted::Pointer => arguments.made(given)?.map_or(none, Input::Pointer),
        Wanted::Address => arguments.address(given)?.map_or(none, Input::Address),
        Wanted::Addresses => {
            let list: Option<Vec<PyAddress>> = arguments.made(given)?;
            let list = list.map(|list| list.iter().map(address).collect::<Option<Vec<_>>>());
            list.flatten().map_or(none, Input::Addresses)
        }
        Wanted::Event => match arguments.made::<(u32, u32)>(given)? {
            Some((number, mask)) => Input::Event(npi(number)?, mask),
            None => none,
        },
        Wanted::Extension => match arguments.made::<u32>(given)? {
            Some(number) => Input::Extension(npi(number)?),
            None => none,
        },
        Wanted::Descriptor | Wanted::Mappings => {
            if arguments.made::<bool>(given)? == Some(true) {
                Input::Memory
            } else {
                none
            }
        }
    })
}

fn shown(py: Python<'_>, output: Output) -> PyResult<Py<PyAny>> {
    let shown = match output {
        Output::None => return Ok(py.None()),
        Output::InspectId(key, serial) => ("inspect_id", (key, serial)).into_pyobject(py)?,
        Output::Addresses(list) => {
            let list: Vec<_> = list.into_iter().map(|one| shown_address(py, one)).collect();
            ("addresses", list).into_pyobject(py)?
        }
        Output::Transports(list) => ("transports", list).into_pyobject(py)?,
        Output::Pointer(cached) => ("pointer", cached).into_pyobject(py)?,
        Output::Needed(bytes) => ("needed", bytes).into_pyobject(py)?,
    };
    Ok(shown.into_any().unbind())
}

#[pymethods]
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
        socket: &Bound<'py, PyAny>,
        asked: Given<'py>,
        refused: &Bound<'py, PyAny>,
        deliver: &Bound<'py, PyAny>,
        irp: &Bound<'py, PyAny>,
    ) -> PyResult<(Status, Py<PyAny>)> {
        let ((request, code, level), given, has_input, size, has_output) = asked;
        let function = &function::CONTROL_SOCKET;
        let mut arguments = Arguments::of(function);
        let request = arguments.ulong("RequestType", &request)?;
        let code = arguments.ulong("ControlCode", &code)?;
        let level = arguments.ulong("Level", &level)?;
        let output_size = arguments.size_t("OutputSize", &size)?;
        arguments.made::<bool>(refused)?;
        let input = input(wanted_of_socket(request, code), &given, &mut arguments)?;
        let control = Control { request, code, level, input, has_input, output_size, has_output };
        let highest = highest_of_socket(request, code);
        let call =
            Call { base: base(slf.as_super()), socket, function, irp, deliver: Some(deliver) };
        let mut output = Output::None;
        let status = call.asked(
            |asked| asked.up_to(highest).refused(arguments.refused),
            |turn, id, irp| {
                let (reply, made) = control.of_socket(turn, id, irp);
                output = made;
                reply
            },
        )?;
        Ok((status, shown(slf.py(), output)?))
    }

    /// WskControlClient, likewise.
    fn control_client<'py>(
        slf: &Bound<'py, Self>,
        numbers: (u64, u64),
        asked: Given<'py>,
        refused: &Bound<'py, PyAny>,
        given_irp: &Bound<'py, PyAny>,
    ) -> PyResult<(Status, Py<PyAny>)> {
        let (registration, client) = numbers;
        let ((_, code, _), given, has_input, size, has_output) = asked;
        let row = &function::CONTROL_CLIENT;
        let mut arguments = Arguments::of(row);
        let irp = irp(row, given_irp)?;
        let code = arguments.ulong("ControlCode", &code)?;
        let output_size = arguments.size_t("OutputSize", &size)?;
        arguments.made::<bool>(refused)?;
        let input = input(wanted_of_client(code), &given, &mut arguments)?;
        let control =
            Control { request: 0, code, level: 0, input, has_input, output_size, has_output };
        let base = base(slf.as_super());
        let mut app = PythonApplication::new(slf.py(), Some(base)).with_irp(irp);
        let record = irp.map(|irp| irp.get().record());
        let asked = Asked::of_client(row, registration, record).refused(arguments.refused);
        let mut output = Output::None;
        let status = base.get().with_door(slf.py(), |door| {
            door.request(&mut app, asked, |turn, irp| {
                let (reply, made) = control.of_client(turn, client, irp);
                output = made;
                reply
            })
        })?;
        Ok((Status(ended(status)?), shown(slf.py(), output)?))
    }
}
