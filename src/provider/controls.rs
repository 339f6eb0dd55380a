//! Controls: which input, output, level and IRP each option, ioctl and operation of a client takes (1.4).
//!
//! A language decodes the input as [`Wanted`] says, for only it knows how a structure lies in its memory; whether it
//! fits is decided in `control_buffers`.

use crate::core::irql::Irql;
use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, Address};
use crate::provider::control_buffers::{Input, InputBuffer, OutputBuffer, Wanted, npi_of};
use crate::wsk::{IoctlInput, IoctlOutput, Reply, Transport, Turn, ioctl};

const SET_OPTION: u32 = 0;
const GET_OPTION: u32 = 1;
const IOCTL: u32 = 2;
const SOL_SOCKET: u32 = 0xFFFF;

const SO_WSK_EVENT_CALLBACK: u32 = 0x4002;

const TRANSPORT_LIST_QUERY: u32 = 2;
const TRANSPORT_LIST_CHANGE: u32 = 3;
const CACHE_SD: u32 = 4;
const RELEASE_SD: u32 = 5;
const TDI_DEVICENAME_MAPPING: u32 = 6;
const SET_STATIC_EVENT_CALLBACKS: u32 = 7;
const TDI_BEHAVIOR: u32 = 8;

/// Sizes of what lies in memory (1.7).
const POINTER: u64 = 8;
const INSPECT_ID: u64 = 16;
const LIST_HEAD: u64 = 8;
const SOCKET_ADDRESS: u64 = 16;
const SOCKADDR_IN: u64 = 16;
const SOCKADDR_IN6: u64 = 28;

/// One call of `WskControlSocket` or `WskControlClient`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// RequestType; not of a client's.
    pub request: u32,
    /// ControlCode.
    pub code: u32,
    /// Level; not of a client's.
    pub level: u32,
    /// InputSize and InputBuffer.
    pub input: InputBuffer,
    /// OutputSize and OutputBuffer.
    pub output: OutputBuffer,
}

/// What a control call answers at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nothing.
    None,
    /// A WSK_INSPECT_ID.
    InspectId(u64, u32),
    /// A SOCKET_ADDRESS_LIST.
    Addresses(Vec<Address>),
    /// WSK_TRANSPORTs.
    Transports(Vec<Transport>),
    /// A cached descriptor.
    Pointer(u64),
    /// It takes so many bytes.
    Needed(u64),
}

/// The highest level of a `WskControlSocket` (section 9).
#[must_use]
pub const fn highest_of_socket(request: u32, code: u32) -> Irql {
    match (request, code) {
        (
            IOCTL,
            ioctl::ADDRESS_LIST_QUERY | ioctl::ADDRESS_LIST_CHANGE | ioctl::ADDRESS_LIST_SORT,
        ) => Irql::Passive,
        _ => Irql::Dispatch,
    }
}

/// What the input of a `WskControlSocket` has to hold.
#[must_use]
pub const fn wanted_of_socket(request: u32, code: u32) -> Wanted {
    match (request, code) {
        (SET_OPTION, SO_WSK_EVENT_CALLBACK) => Wanted::Event,
        (SET_OPTION, _) => Wanted::Ulong,
        (IOCTL, ioctl::WSK_SET_REMOTE_ADDRESS | ioctl::WSK_SET_SENDTO_ADDRESS) => Wanted::Address,
        (IOCTL, ioctl::WSK_REGISTER_EXTENSION) => Wanted::Extension,
        (IOCTL, ioctl::ADDRESS_LIST_SORT) => Wanted::Addresses,
        _ => Wanted::Nothing,
    }
}

/// What the input of a `WskControlClient` has to hold.
#[must_use]
pub const fn wanted_of_client(code: u32) -> Wanted {
    match code {
        SET_STATIC_EVENT_CALLBACKS => Wanted::Event,
        CACHE_SD => Wanted::Descriptor,
        RELEASE_SD => Wanted::Pointer,
        TDI_BEHAVIOR => Wanted::Ulong,
        TDI_DEVICENAME_MAPPING => Wanted::Mappings,
        _ => Wanted::Nothing,
    }
}

/// Whether an ioctl takes no input.
const fn takes_no_input(code: u32) -> bool {
    matches!(
        code,
        ioctl::ADDRESS_LIST_CHANGE
            | ioctl::ADDRESS_LIST_QUERY
            | ioctl::WSK_QUERY_IDEAL_SEND_BACKLOG
            | ioctl::WSK_QUERY_INSPECT_ID
            | ioctl::WSK_QUERY_RECEIVE_BACKLOG
            | ioctl::WSK_SET_TCP_SILENT_MODE
    )
}

const INVALID: NtStatus = NtStatus::INVALID_PARAMETER;

impl Control {
    fn no_input(&self) -> Result<(), NtStatus> {
        if self.input.is_given() { Err(INVALID) } else { Ok(()) }
    }

    fn no_output(&self) -> Result<(), NtStatus> {
        self.output.check_absent()
    }

    fn size(&self) -> usize {
        usize::try_from(self.output.size).unwrap_or(usize::MAX)
    }

    /// `WskControlSocket` of `socket`: the machine's answer, and what the call writes at once.
    pub fn of_socket(self, turn: &mut Turn<'_>, socket: u64, irp: u64) -> (Reply, Output) {
        match self.ask_socket(turn, socket, irp) {
            Ok(answer) => answer,
            Err(status) => (turn.refused(socket, irp, status), Output::None),
        }
    }

    fn ask_socket(
        self,
        turn: &mut Turn<'_>,
        socket: u64,
        irp: u64,
    ) -> Result<(Reply, Output), NtStatus> {
        let level = if self.request == IOCTL { 0 } else { SOL_SOCKET };
        if self.level != level {
            return Err(INVALID);
        }
        self.output.check()?;
        let code = self.code;
        let wanted = wanted_of_socket(self.request, code);
        match self.request {
            SET_OPTION if code == SO_WSK_EVENT_CALLBACK => {
                self.no_output()?;
                let Input::Event(npi, mask) = self.input.checked(wanted)? else {
                    return Err(INVALID);
                };
                Ok((turn.event_callback(socket, npi_of(npi), mask, irp), Output::None))
            }
            SET_OPTION => {
                self.no_output()?;
                let value = match self.input.checked(wanted)? {
                    Input::Ulong(value) => Some(value),
                    _ => None,
                };
                Ok((turn.set_option(socket, code, value, irp), Output::None))
            }
            GET_OPTION => {
                self.no_input()?;
                Ok((turn.get_option(socket, code, self.size(), irp), Output::None))
            }
            IOCTL => self.ioctl(turn, socket, irp),
            _ => Err(INVALID),
        }
    }

    fn ioctl(
        self,
        turn: &mut Turn<'_>,
        socket: u64,
        irp: u64,
    ) -> Result<(Reply, Output), NtStatus> {
        let code = self.code;
        if takes_no_input(code) {
            self.no_input()?;
        }
        let OutputBuffer { size: output_size, memory, .. } = self.output;
        if code == ioctl::WSK_QUERY_INSPECT_ID && memory.is_some() && output_size < INSPECT_ID {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        // Of a list the machine knows no exact size: it gives the whole, and what fits is seen here.
        let listed = matches!(code, ioctl::ADDRESS_LIST_QUERY | ioctl::ADDRESS_LIST_SORT);
        let size = if listed { usize::MAX } else { self.size() };
        let held = self.input.checked(wanted_of_socket(IOCTL, code))?;
        if code == ioctl::WSK_REGISTER_EXTENSION && !matches!(held, Input::Extension(Some(_))) {
            return Err(INVALID);
        }
        let input = match held {
            Input::Address(address) => IoctlInput::Address(address),
            Input::Addresses(list) => IoctlInput::Addresses(list),
            Input::Ulong(value) => IoctlInput::Number(value),
            _ => IoctlInput::None,
        };
        let (mut reply, made) = turn.ioctl(socket, code, input, size, irp);
        let output = match made {
            IoctlOutput::None => Output::None,
            IoctlOutput::InspectId(key, serial) => Output::InspectId(key, serial),
            IoctlOutput::Addresses(list) => {
                let needed = bytes_of(&list);
                if needed > output_size {
                    reply.status = NtStatus::BUFFER_OVERFLOW;
                    Output::Needed(needed)
                } else {
                    Output::Addresses(list)
                }
            }
        };
        Ok((reply, output))
    }

    /// `WskControlClient`: the machine's answer, and what the call writes at once.
    pub fn of_client(self, turn: &mut Turn<'_>, client: u64, irp: u64) -> (Reply, Output) {
        match self.ask_client(turn, client, irp) {
            Ok(answer) => answer,
            Err(status) => (turn.refused(0, irp, status), Output::None),
        }
    }

    fn ask_client(
        self,
        turn: &mut Turn<'_>,
        client: u64,
        irp: u64,
    ) -> Result<(Reply, Output), NtStatus> {
        self.output.check()?;
        if !matches!(self.code, TRANSPORT_LIST_QUERY | CACHE_SD) {
            self.no_output()?;
        }
        let (has_input, size) = (self.input.is_given(), self.size());
        let reply = match (self.code, self.input.checked(wanted_of_client(self.code))?) {
            (TRANSPORT_LIST_QUERY, _) if !has_input => {
                let (reply, needed, list) = turn.transport_list_query(client, size, irp);
                let output = match reply.status {
                    NtStatus::SUCCESS => Output::Transports(list),
                    NtStatus::BUFFER_OVERFLOW => Output::Needed(needed as u64),
                    _ => Output::None,
                };
                return Ok((reply, output));
            }
            // With less room the cached descriptor would be lost.
            (CACHE_SD, Input::Memory) if self.output.size >= POINTER => {
                let (reply, cached) = turn.cache_sd(client, irp);
                let given = reply.status == NtStatus::SUCCESS;
                return Ok((reply, if given { Output::Pointer(cached) } else { Output::None }));
            }
            (SET_STATIC_EVENT_CALLBACKS, Input::Event(npi, mask)) => {
                turn.set_static_events(client, npi_of(npi), mask, irp)
            }
            (TRANSPORT_LIST_CHANGE, _) if !has_input => turn.transport_list_change(client, irp),
            (RELEASE_SD, Input::Pointer(cached)) => turn.release_sd(client, cached, irp),
            (TDI_BEHAVIOR, Input::Ulong(value)) => turn.tdi_behavior(client, value, irp),
            (TDI_DEVICENAME_MAPPING, Input::Memory) => turn.tdi_mapping(client, irp),
            _ => return Err(INVALID),
        };
        Ok((reply, Output::None))
    }
}

/// How many bytes a SOCKET_ADDRESS_LIST takes with the addresses behind it.
fn bytes_of(list: &[Address]) -> u64 {
    let each = list.iter().map(|one| {
        SOCKET_ADDRESS + if one.family() == AF_INET { SOCKADDR_IN } else { SOCKADDR_IN6 }
    });
    LIST_HEAD + each.sum::<u64>()
}
