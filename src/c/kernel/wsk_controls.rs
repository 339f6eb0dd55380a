//! Controls: `WskControlSocket` and `WskControlClient`, whose inputs and outputs lie in the driver's memory.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, read, write};
use crate::c::kernel::wsk_requests::{Call, address, c_status};
use crate::c::structures::write_address;
use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, Address};
use crate::provider::{
    Control, Input, InputBuffer, Output, OutputBuffer, Wanted, function, highest_of_socket,
    wanted_of_client, wanted_of_socket,
};
use crate::wsk::Transport;
use std::ptr;

const INVALID: i32 = c_status(NtStatus::INVALID_PARAMETER);
/// Sizes of what lies in memory (1.7).
const EVENT: usize = 16;
const LIST_HEAD: usize = 8;
const SOCKET_ADDRESS: usize = 16;

/// What the input holds of what is wanted, as far as it is long enough.
fn input(wanted: Wanted, size: usize, at: usize) -> InputBuffer {
    let memory = (at != 0).then_some(size as u64);
    let npi = |from: usize| {
        let npi = read::<usize>(from);
        (npi != 0).then(|| read::<[u8; 16]>(npi))
    };
    let held = match wanted {
        _ if at == 0 => Input::None,
        Wanted::Ulong if size >= 4 => Input::Ulong(read(at)),
        Wanted::Event if size >= EVENT => Input::Event(npi(at), read(at + 8)),
        Wanted::Extension if size >= 8 => Input::Extension(npi(at)),
        Wanted::Pointer if size >= 8 => Input::Pointer(read(at)),
        Wanted::Address if size >= 16 => address(at).map_or(Input::None, Input::Address),
        Wanted::Addresses if size >= LIST_HEAD => {
            let count = (read::<u32>(at) as usize).min((size - LIST_HEAD) / SOCKET_ADDRESS);
            let one = |place: usize| address(read(at + LIST_HEAD + SOCKET_ADDRESS * place));
            Input::Addresses((0..count).filter_map(one).collect())
        }
        Wanted::Descriptor | Wanted::Mappings => Input::Memory,
        _ => Input::None,
    };
    InputBuffer { size: size as u64, memory, held }
}

fn output(size: usize, at: usize) -> OutputBuffer {
    OutputBuffer { size: size as u64, memory: (at != 0).then_some(size as u64), writable: true }
}

/// Writes what a call answers at once, and how long it is.
fn answer(output: &Output, at: usize, returned: usize) {
    let written = match output {
        Output::None => return,
        Output::InspectId(key, serial) => {
            write(at, *key);
            write(at + 8, *serial);
            16
        }
        Output::Pointer(value) => {
            write(at, *value);
            8
        }
        Output::Addresses(list) => addresses(list, at),
        Output::Transports(list) => transports(list, at),
        Output::Needed(bytes) => *bytes as usize,
    };
    write(returned, written);
}

fn addresses(list: &[Address], at: usize) -> usize {
    write(at, list.len() as u32);
    let mut behind = at + LIST_HEAD + SOCKET_ADDRESS * list.len();
    for (place, one) in list.iter().enumerate() {
        let length = if one.family() == AF_INET { 16 } else { 28 };
        write(at + LIST_HEAD + SOCKET_ADDRESS * place, behind);
        write(at + LIST_HEAD + SOCKET_ADDRESS * place + 8, length as u32);
        write_address(ptr::with_exposed_provenance_mut(behind), *one);
        behind += length;
    }
    behind - at
}

fn transports(list: &[Transport], at: usize) -> usize {
    const EACH: usize = 28;
    for (place, one) in list.iter().enumerate() {
        let to = at + EACH * place;
        memory::fill(to, EACH, 0);
        write(to, one.0);
        write(to + 2, one.1);
        write(to + 4, one.2);
        write(to + 8, one.3);
    }
    EACH * list.len()
}

pub(crate) unsafe extern "C" fn control_socket(
    socket: usize,
    request: u32,
    code: u32,
    level: u32,
    input_size: usize,
    input_at: usize,
    output_size: usize,
    output_at: usize,
    returned: usize,
    irp: usize,
) -> i32 {
    border(place::WskControlSocket, |kernel| {
        let function = &function::CONTROL_SOCKET;
        let Some(mut call) = Call::new(kernel, function, socket, irp) else { return INVALID };
        let outputs = call.outputs();
        (outputs.memory, outputs.returned) = ((output_at, output_size), returned);
        let input = input(wanted_of_socket(request, code), input_size, input_at);
        let control =
            Control { request, code, level, input, output: output(output_size, output_at) };
        let mut answered = Output::None;
        let highest = highest_of_socket(request, code);
        let status = call.ask(
            move |asked| asked.up_to(highest),
            |lending| lending,
            |turn, id, irp| {
                let (reply, output) = control.of_socket(turn, id, irp);
                answered = output;
                reply
            },
        );
        answer(&answered, output_at, returned);
        status
    })
}

pub(crate) unsafe extern "C" fn control_client(
    client: usize,
    code: u32,
    input_size: usize,
    input_at: usize,
    output_size: usize,
    output_at: usize,
    returned: usize,
    irp: usize,
) -> i32 {
    border(place::WskControlClient, |kernel| {
        let function = &function::CONTROL_CLIENT;
        let Some(mut call) = Call::new(kernel, function, 0, irp) else { return INVALID };
        let Some((registration, number)) = kernel.client(client) else {
            return kernel.of_nobody(&call);
        };
        call.registration = registration;
        let input = input(wanted_of_client(code), input_size, input_at);
        let output = output(output_size, output_at);
        let control = Control { request: 0, code, level: 0, input, output };
        let mut answered = Output::None;
        let status = call.ask(
            |asked| asked,
            |lending| lending,
            |turn, _, irp| {
                let (reply, output) = control.of_client(turn, number, irp);
                answered = output;
                reply
            },
        );
        answer(&answered, output_at, returned);
        status
    })
}
