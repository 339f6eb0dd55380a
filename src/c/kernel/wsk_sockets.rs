//! Sockets: the functions of the provider's tables that a socket has.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory;
use crate::c::kernel::wsk_requests::{Call, address, c_status};
use crate::c::structures::{WSK_BUF, WSK_INSPECT_ID};
use crate::c::tables::Dispatch;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::provider::{Function, control_information, function};
use crate::wsk::{Category, Reply, Turn};
use std::ffi::c_void;
use std::ptr;

const INVALID: i32 = c_status(NtStatus::INVALID_PARAMETER);
/// An answer of the table's functions where there is no room for a handler.
const NO_ROOM: i32 = c_status(NtStatus::INSUFFICIENT_RESOURCES);

/// A call with nothing but an IRP, whose arguments `prepare` looks at.
fn ask<T>(
    at: usize,
    function: &'static Function,
    (socket, irp): (usize, usize),
    prepare: impl FnOnce(&mut Call<'_>) -> T,
    act: impl FnOnce(&mut Turn<'_>, u64, u64, T) -> Reply,
) -> i32 {
    border(at, |kernel| {
        let Some(mut call) = Call::new(kernel, function, socket, irp) else { return INVALID };
        let prepared = prepare(&mut call);
        call.ask(|asked| asked, |lending| lending, |turn, id, irp| act(turn, id, irp, prepared))
    })
}

pub(crate) unsafe extern "C" fn close(socket: usize, irp: usize) -> i32 {
    ask(
        place::WskCloseSocket,
        &function::CLOSE_SOCKET,
        (socket, irp),
        |_| (),
        |turn, id, irp, ()| turn.close(id, irp),
    )
}

pub(crate) unsafe extern "C" fn bind(socket: usize, local: usize, flags: u32, irp: usize) -> i32 {
    ask(
        place::WskBind,
        &function::BIND,
        (socket, irp),
        |_| address(local),
        |turn, id, irp, local| turn.bind(id, local, flags, irp),
    )
}

pub(crate) unsafe extern "C" fn listen(socket: usize, irp: usize) -> i32 {
    ask(
        place::WskListen,
        &function::LISTEN,
        (socket, irp),
        |_| (),
        |turn, id, irp, ()| turn.listen(id, irp),
    )
}

fn connecting(
    at: usize,
    function: &'static Function,
    (socket, irp): (usize, usize),
    (remote, buffer): (usize, usize),
    flags: u32,
) -> i32 {
    border(at, |kernel| {
        let Some(mut call) = Call::new(kernel, function, socket, irp) else { return INVALID };
        let remote: Option<Address> = address(remote);
        let first = call.bytes(buffer);
        call.ask(
            move |asked| asked.to(remote),
            |lending| lending,
            |turn, id, irp| turn.connect(id, remote, flags, first, irp),
        )
    })
}

pub(crate) unsafe extern "C" fn connect(
    socket: usize,
    remote: usize,
    flags: u32,
    irp: usize,
) -> i32 {
    connecting(place::WskConnect, &function::CONNECT, (socket, irp), (remote, 0), flags)
}

pub(crate) unsafe extern "C" fn connect_ex(
    socket: usize,
    remote: usize,
    buffer: usize,
    flags: u32,
    irp: usize,
) -> i32 {
    connecting(place::WskConnectEx, &function::CONNECT_EX, (socket, irp), (remote, buffer), flags)
}

pub(crate) unsafe extern "C" fn accept(
    socket: usize,
    flags: u32,
    context: usize,
    table: usize,
    local: usize,
    remote: usize,
    irp: usize,
) -> i32 {
    border(place::WskAccept, |kernel| {
        let Some(mut call) = Call::new(kernel, &function::ACCEPT, socket, irp) else {
            return INVALID;
        };
        let outputs = call.outputs();
        (outputs.local, outputs.remote) = (local, remote);
        let dispatch = Dispatch::of(Category::Connection, table);
        let context: *mut c_void = ptr::with_exposed_provenance_mut(context);
        let Ok(table) = kernel.driver().table(context, dispatch) else { return NO_ROOM };
        let lend = |lending: crate::c::lending::Lending| lending.yielding(context, dispatch);
        call.ask(|asked| asked, lend, |turn, id, irp| turn.accept(id, flags, table, irp))
    })
}

pub(crate) unsafe extern "C" fn inspect_complete(
    socket: usize,
    request: usize,
    action: u32,
    irp: usize,
) -> i32 {
    let prepare = |call: &mut Call<'_>| {
        if request == 0 {
            call.invalid();
            return (0, 0);
        }
        let WSK_INSPECT_ID { Key, SerialNumber } = memory::read(request);
        (Key as u64, SerialNumber)
    };
    ask(
        place::WskInspectComplete,
        &function::INSPECT_COMPLETE,
        (socket, irp),
        prepare,
        |turn, id, irp, request| turn.inspect_complete(id, request, action, irp),
    )
}

pub(crate) unsafe extern "C" fn disconnect(
    socket: usize,
    buffer: usize,
    flags: u32,
    irp: usize,
) -> i32 {
    ask(
        place::WskDisconnect,
        &function::DISCONNECT,
        (socket, irp),
        |call| call.bytes(buffer),
        |turn, id, irp, last| turn.disconnect(id, last, flags, irp),
    )
}

fn address_asked(
    at: usize,
    function: &'static Function,
    (socket, irp): (usize, usize),
    to: usize,
    remote: bool,
) -> i32 {
    let prepare = |call: &mut Call<'_>| {
        if to == 0 {
            call.invalid();
        }
        let outputs = call.outputs();
        if remote {
            outputs.remote = to;
        } else {
            outputs.local = to;
        }
    };
    ask(at, function, (socket, irp), prepare, |turn, id, irp, ()| {
        if remote { turn.get_remote_address(id, irp) } else { turn.get_local_address(id, irp) }
    })
}

pub(crate) unsafe extern "C" fn local_address(socket: usize, to: usize, irp: usize) -> i32 {
    let function = &function::GET_LOCAL_ADDRESS;
    address_asked(place::WskGetLocalAddress, function, (socket, irp), to, false)
}

pub(crate) unsafe extern "C" fn remote_address(socket: usize, to: usize, irp: usize) -> i32 {
    let function = &function::GET_REMOTE_ADDRESS;
    address_asked(place::WskGetRemoteAddress, function, (socket, irp), to, true)
}

/// The bytes to be sent; NULL is refused.
fn sent(call: &mut Call<'_>, buffer: usize) -> Vec<u8> {
    if buffer == 0 {
        call.invalid();
    }
    call.bytes(buffer).unwrap_or_default()
}

/// How much may be received; NULL is refused.
fn room(call: &mut Call<'_>, buffer: usize) -> usize {
    if buffer == 0 {
        call.invalid();
    }
    call.buffer(buffer).map_or(0, |buffer: WSK_BUF| buffer.Length)
}

/// No control information is simulated.
fn no_control(call: &mut Call<'_>, length: u32, control: usize) {
    if let Some(refusal) = control_information(length, control != 0) {
        call.refuse(refusal);
    }
}

pub(crate) unsafe extern "C" fn send(socket: usize, buffer: usize, flags: u32, irp: usize) -> i32 {
    ask(
        place::WskSend,
        &function::SEND,
        (socket, irp),
        |call| sent(call, buffer),
        |turn, id, irp, data| turn.send(id, data, flags, irp),
    )
}

pub(crate) unsafe extern "C" fn send_ex(
    socket: usize,
    buffer: usize,
    flags: u32,
    control_length: u32,
    control: usize,
    irp: usize,
) -> i32 {
    let prepare = |call: &mut Call<'_>| {
        no_control(call, control_length, control);
        sent(call, buffer)
    };
    ask(place::WskSendEx, &function::SEND_EX, (socket, irp), prepare, |turn, id, irp, data| {
        turn.send(id, data, flags, irp)
    })
}

pub(crate) unsafe extern "C" fn receive(
    socket: usize,
    buffer: usize,
    flags: u32,
    irp: usize,
) -> i32 {
    ask(
        place::WskReceive,
        &function::RECEIVE,
        (socket, irp),
        |call| room(call, buffer),
        |turn, id, irp, length| turn.receive(id, length, flags, irp),
    )
}

/// The value at an address that may be NULL.
fn length_at(at: usize) -> u32 {
    if at == 0 { 0 } else { memory::read(at) }
}

pub(crate) unsafe extern "C" fn receive_ex(
    socket: usize,
    buffer: usize,
    flags: u32,
    control_length: usize,
    control: usize,
    control_flags: usize,
    irp: usize,
) -> i32 {
    let prepare = |call: &mut Call<'_>| {
        no_control(call, length_at(control_length), control);
        let outputs = call.outputs();
        (outputs.control_length, outputs.control_flags) = (control_length, control_flags);
        room(call, buffer)
    };
    ask(
        place::WskReceiveEx,
        &function::RECEIVE_EX,
        (socket, irp),
        prepare,
        |turn, id, irp, length| turn.receive(id, length, flags, irp),
    )
}

pub(crate) unsafe extern "C" fn release(socket: usize, first: usize) -> i32 {
    border(place::WskRelease, |kernel| {
        let socket = ptr::with_exposed_provenance_mut(socket);
        c_status(kernel.driver().release(socket, ptr::with_exposed_provenance_mut(first)))
    })
}

pub(crate) unsafe extern "C" fn send_to(
    socket: usize,
    buffer: usize,
    flags: u32,
    remote: usize,
    control_length: u32,
    control: usize,
    irp: usize,
) -> i32 {
    let prepare = |call: &mut Call<'_>| {
        no_control(call, control_length, control);
        (vec![sent(call, buffer)], address(remote))
    };
    ask(
        place::WskSendTo,
        &function::SEND_TO,
        (socket, irp),
        prepare,
        |turn, id, irp, (data, to)| turn.send_to(id, data, to, flags, irp),
    )
}

/// Lists of more messages have no end.
const MESSAGES: usize = 65_536;

pub(crate) unsafe extern "C" fn send_messages(
    socket: usize,
    list: usize,
    flags: u32,
    remote: usize,
    control_length: u32,
    control: usize,
    irp: usize,
) -> i32 {
    let prepare = |call: &mut Call<'_>| {
        no_control(call, control_length, control);
        if list == 0 {
            call.invalid();
        }
        let (mut messages, mut next) = (Vec::new(), list);
        // WSK_BUF_LIST: Next, and the buffer behind it.
        while next != 0 && messages.len() < MESSAGES {
            messages.push(call.bytes(next + 8).unwrap_or_default());
            next = memory::read(next);
        }
        (messages, address(remote))
    };
    ask(
        place::WskSendMessages,
        &function::SEND_MESSAGES,
        (socket, irp),
        prepare,
        |turn, id, irp, (data, to)| turn.send_to(id, data, to, flags, irp),
    )
}

pub(crate) unsafe extern "C" fn receive_from(
    socket: usize,
    buffer: usize,
    flags: u32,
    remote: usize,
    control_length: usize,
    control: usize,
    control_flags: usize,
    irp: usize,
) -> i32 {
    let prepare = |call: &mut Call<'_>| {
        no_control(call, length_at(control_length), control);
        let outputs = call.outputs();
        outputs.remote = remote;
        (outputs.control_length, outputs.control_flags) = (control_length, control_flags);
        room(call, buffer)
    };
    ask(
        place::WskReceiveFrom,
        &function::RECEIVE_FROM,
        (socket, irp),
        prepare,
        |turn, id, irp, length| turn.receive_from(id, length, flags, irp),
    )
}
