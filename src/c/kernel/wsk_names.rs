//! Names: `WskGetAddressInfo`, what it allocates, and `WskGetNameInfo`.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{Block, read, wide, write};
use crate::c::kernel::wsk_requests::{Call, address, c_status};
use crate::c::structures::write_address;
use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, Address};
use crate::provider::{Hints, NameQuestion, Question, Refusal, function, name_of, resolve};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ptr;

const INVALID: i32 = c_status(NtStatus::INVALID_PARAMETER);
/// `sizeof(ADDRINFOEXW)`, with room for an address behind it.
const SIZE: usize = 72;
const ROOM: usize = 32;
const ADDRESS_LENGTH: usize = 16;
const CANONICAL: usize = 24;
const ADDRESS: usize = 32;
const NEXT: usize = 64;

fn text_of(string: usize) -> Option<String> {
    (string != 0).then(|| String::from_utf16_lossy(&wide(string)))
}

fn hints(at: usize) -> Hints {
    if at == 0 {
        return Hints::default();
    }
    let pointer = |place: usize| read::<usize>(at + place) != 0;
    Hints {
        family: read(at + 4),
        address_length: read(at + ADDRESS_LENGTH),
        pointers: [pointer(CANONICAL), pointer(ADDRESS), pointer(NEXT)],
    }
}

/// A list of `ADDRINFOEXW` in one block.
fn list(found: &[Address]) -> Option<Block> {
    let each = SIZE + ROOM;
    let block = Block::new(each * found.len())?;
    for (place, one) in found.iter().enumerate() {
        let at = block.at() + each * place;
        write(at + 4, i32::from(one.family()));
        let length: usize = if one.family() == AF_INET { 16 } else { 28 };
        write(at + ADDRESS_LENGTH, length);
        write(at + ADDRESS, at + SIZE);
        write_address(ptr::with_exposed_provenance_mut(at + SIZE), *one);
        if place + 1 < found.len() {
            write(at + NEXT, at + each);
        }
    }
    Some(block)
}

pub(crate) unsafe extern "C" fn address_info(
    client: usize,
    node: usize,
    service: usize,
    _space: u32,
    _provider: usize,
    hints_at: usize,
    result: usize,
    _process: usize,
    _thread: usize,
    irp: usize,
) -> i32 {
    border(place::WskGetAddressInfo, |kernel| {
        let function = &function::GET_ADDRESS_INFO;
        let Some(mut call) = Call::new(kernel, function, 0, irp) else { return INVALID };
        let Some((registration, number)) = kernel.client(client) else {
            return kernel.of_nobody(&call);
        };
        call.registration = registration;
        let (node, service) = (text_of(node), text_of(service));
        let question = Question {
            node: node.as_deref(),
            service: service.as_deref(),
            hints: hints(hints_at),
            result: result != 0,
            irp: irp != 0,
        };
        let found = kernel.driver().turn(|turn| resolve(&question, turn.names()));
        if let Ok(found) = &found
            && let Some(block) = list(found)
        {
            write(result, block.at());
            kernel.handles.borrow_mut().keep_names(block);
        }
        call.ask(
            |asked| asked,
            |lending| lending,
            |turn, _, irp| turn.decided(number, irp, found.map(|_| ())),
        )
    })
}

pub(crate) unsafe extern "C" fn free_address_info(_client: usize, list: usize) {
    border(place::WskFreeAddressInfo, |kernel| {
        let mut app = kernel.application();
        let row = &function::FREE_ADDRESS_INFO;
        let _ = kernel
            .driver()
            .with_door(|door| door.level_allowed(&mut app, row.name, row.highest, 0));
        if list != 0 && !kernel.handles.borrow_mut().drop_names(list) {
            let found = "WskFreeAddressInfo was given what WskGetAddressInfo had not returned, or freed before";
            kernel.report("K-2", found);
        }
    });
}

/// Writes text to a UNICODE_STRING; whether it fits.
fn put(string: usize, text: &str) -> bool {
    let units: Vec<u16> = text.encode_utf16().collect();
    let (room, buffer) = (usize::from(read::<u16>(string + 2)), read::<usize>(string + 8));
    if 2 * units.len() > room {
        return false;
    }
    for (place, unit) in units.iter().enumerate() {
        write(buffer + 2 * place, *unit);
    }
    write(string, 2 * units.len() as u16);
    true
}

fn host_text(address: Address) -> String {
    match *address.host() {
        [a, b, c, d] => Ipv4Addr::new(a, b, c, d).to_string(),
        ref host => <[u8; 16]>::try_from(host)
            .map_or_else(|_| String::new(), |host| Ipv6Addr::from(host).to_string()),
    }
}

pub(crate) unsafe extern "C" fn name_info(
    client: usize,
    at: usize,
    length: u32,
    node: usize,
    service: usize,
    flags: u32,
    _process: usize,
    _thread: usize,
    irp: usize,
) -> i32 {
    border(place::WskGetNameInfo, |kernel| {
        let function = &function::GET_NAME_INFO;
        let Some(mut call) = Call::new(kernel, function, 0, irp) else { return INVALID };
        let Some((registration, number)) = kernel.client(client) else {
            return kernel.of_nobody(&call);
        };
        call.registration = registration;
        let asked = address(at);
        let memory = asked.map_or(0, |one| if one.family() == AF_INET { 16 } else { 28 });
        let wanted = node != 0 || service != 0;
        let question =
            NameQuestion { address: asked, length: length.into(), memory, wanted, irp: irp != 0 };
        let found = match (question.check(), asked) {
            (Ok(()), Some(asked)) => kernel
                .driver()
                .turn(|turn| name_of(asked, flags, turn.names()))
                .map(|name| (name.unwrap_or_else(|| host_text(asked)), asked.port().to_string())),
            (Err(status), _) => Err(status),
            (Ok(()), None) => Err(NtStatus::INVALID_PARAMETER),
        };
        if let Ok((host, port)) = &found {
            let fits = (node == 0 || put(node, host)) && (service == 0 || put(service, port));
            if !fits {
                call.refuse(Refusal::plain(NtStatus::BUFFER_TOO_SMALL));
            }
        }
        call.ask(
            |asked| asked,
            |lending| lending,
            |turn, _, irp| turn.decided(number, irp, found.map(|_| ())),
        )
    })
}
