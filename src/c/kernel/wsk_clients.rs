//! Clients: registering, the provider's tables, and the functions that make sockets.

use crate::c::driver::always;
use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::{KERNEL, PROVIDED, place};
use crate::c::kernel::memory::{Block, read, write};
use crate::c::kernel::waits::{Until, Wait};
use crate::c::kernel::wsk_requests::{Call, address, c_status};
use crate::c::lending::Lending;
use crate::c::site;
use crate::c::tables::Dispatch;
use crate::core::status::NtStatus;
use crate::provider::{
    ClientTable, Look, Registration, Wait as Patience, function, request_of_nobody,
};
use crate::wsk::Category;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::time::Duration;

const INVALID: i32 = c_status(NtStatus::INVALID_PARAMETER);
const NO_ROOM: i32 = c_status(NtStatus::INSUFFICIENT_RESOURCES);
/// Units of time in a microsecond.
const MICRO: u64 = 10;

/// One registration.
#[derive(Debug)]
struct Registered {
    id: u64,
    over: bool,
    /// The `WSK_CLIENT` that it is shown by, and its number.
    client: Block,
    number: u64,
    site: u64,
}

/// What ties a driver to the provider.
#[derive(Debug)]
pub(crate) struct Clients {
    /// By the address of the `WSK_REGISTRATION`.
    registered: BTreeMap<usize, Registered>,
    provider: Block,
    sockets: [Block; 5],
}

/// The functions of each category's table, in the headers' order.
const TABLES: [&[usize]; 5] = [
    &[place::WskControlSocket, place::WskCloseSocket],
    &[
        place::WskControlSocket,
        place::WskCloseSocket,
        place::WskBind,
        place::WskAccept,
        place::WskInspectComplete,
        place::WskGetLocalAddress,
    ],
    &[
        place::WskControlSocket,
        place::WskCloseSocket,
        place::WskBind,
        place::WskConnect,
        place::WskGetLocalAddress,
        place::WskGetRemoteAddress,
        place::WskSend,
        place::WskReceive,
        place::WskDisconnect,
        place::WskRelease,
        place::WskConnectEx,
        place::WskSendEx,
        place::WskReceiveEx,
    ],
    &[
        place::WskControlSocket,
        place::WskCloseSocket,
        place::WskBind,
        place::WskSendTo,
        place::WskReceiveFrom,
        place::WskRelease,
        place::WskGetLocalAddress,
        place::WskSendMessages,
    ],
    &[
        place::WskControlSocket,
        place::WskCloseSocket,
        place::WskBind,
        place::WskAccept,
        place::WskConnect,
        place::WskListen,
        place::WskSend,
        place::WskReceive,
        place::WskDisconnect,
        place::WskRelease,
        place::WskGetLocalAddress,
        place::WskGetRemoteAddress,
        place::WskConnectEx,
        place::WskSendEx,
        place::WskReceiveEx,
    ],
];
/// Those of `WSK_PROVIDER_DISPATCH`, behind its version.
const PROVIDER: [usize; 6] = [
    place::WskSocket,
    place::WskSocketConnect,
    place::WskControlClient,
    place::WskGetAddressInfo,
    place::WskFreeAddressInfo,
    place::WskGetNameInfo,
];
const VERSION: u16 = 0x0100;

impl Clients {
    /// The tables, of the stubs that the driver's object brings.
    pub(crate) fn new(stubs: &[usize; PROVIDED]) -> Option<Self> {
        let table = |functions: &[usize], head: usize| {
            let block = Block::new(head + 8 * functions.len())?;
            for (at, function) in functions.iter().enumerate() {
                write(block.at() + head + 8 * at, stubs[function - KERNEL]);
            }
            Some(block)
        };
        let provider = table(&PROVIDER, 8)?;
        write(provider.at(), VERSION);
        let [basic, listen, connection, datagram, stream] = TABLES.map(|one| table(one, 0));
        let sockets = [basic?, listen?, connection?, datagram?, stream?];
        Some(Self { registered: BTreeMap::new(), provider, sockets })
    }

    /// The tables of sockets, by category.
    pub(crate) fn tables(&self) -> [usize; 5] {
        [0, 1, 2, 3, 4].map(|place: usize| self.sockets[place].at())
    }

    /// Where those were registered that were not deregistered.
    pub(crate) fn left(&self) -> Vec<u64> {
        let live = self.registered.values().filter(|one| !one.over);
        let mut left: Vec<u64> = live.map(|one| one.site).collect();
        left.sort_unstable();
        left
    }

    fn of(&self, registration: usize) -> Registration {
        let found = self.registered.get(&registration);
        found.map_or(Registration { id: 0, over: false }, |one| Registration {
            id: if one.over { 0 } else { one.id },
            over: one.over,
        })
    }
}

impl Kernel {
    /// The registration and the number of a `WSK_CLIENT`; `None` if it is none.
    pub(crate) fn client(&self, client: usize) -> Option<(u64, u64)> {
        let clients = self.clients.borrow();
        let mut live = clients.registered.values().filter(|one| one.number != 0);
        live.find(|one| one.client.at() == client).map(|one| (one.id, one.number))
    }

    /// A call that names no client (L-19).
    pub(crate) fn of_nobody(&self, call: &Call<'_>) -> i32 {
        let lending = Lending::with(crate::c::kernel::irps::at(call.irp()));
        let mut app = self.application().lending(lending);
        c_status(always(request_of_nobody(&mut app, call.function, call.record())))
    }
}

pub(crate) unsafe extern "C" fn register(npi: usize, registration: usize) -> i32 {
    border(place::WskRegister, |kernel| {
        if registration == 0 {
            return INVALID;
        }
        let dispatch = if npi == 0 { 0 } else { read::<usize>(npi + 8) };
        let table = (dispatch != 0).then(|| ClientTable {
            version: Some(read(dispatch)),
            reserved: read::<u16>(dispatch + 2).into(),
        });
        let in_use = kernel.clients.borrow().of(registration).id != 0;
        let mut app = kernel.application();
        let registered = kernel.driver().with_door(|door| door.register(&mut app, table, in_use));
        let (status, id) = always(registered);
        if status != NtStatus::SUCCESS {
            return c_status(status);
        }
        let Some(client) = Block::new(16) else { return NO_ROOM };
        write(registration, 1_u64);
        write(registration + 8, client.at());
        let one = Registered { id, over: false, client, number: 0, site: site::here() };
        kernel.clients.borrow_mut().registered.insert(registration, one);
        0
    })
}

pub(crate) unsafe extern "C" fn deregister(registration: usize) {
    border(place::WskDeregister, |kernel| {
        let paired = kernel.clients.borrow().of(registration);
        let mut app = kernel.application();
        let may = kernel.driver().with_door(|door| door.may_deregister(&mut app, paired));
        if !always(may) {
            return;
        }
        while !kernel.driver().with_door(|door| door.deregistered(paired.id)) {
            kernel.wait(Wait::new("WskDeregister", Until::Deregistered(paired.id), None));
        }
        if let Some(one) = kernel.clients.borrow_mut().registered.get_mut(&registration) {
            one.over = true;
        }
        write(registration, 0_u64);
    });
}

pub(crate) unsafe extern "C" fn capture(registration: usize, timeout: u32, npi: usize) -> i32 {
    border(place::WskCaptureProviderNPI, |kernel| {
        if npi == 0 {
            return INVALID;
        }
        let paired = kernel.clients.borrow().of(registration);
        let begun = kernel.now.get();
        let mut app = kernel.application();
        let patience = |now: u64| {
            let waited = Duration::from_micros((now - begun) / MICRO);
            Patience { timeout, waited }
        };
        let may = kernel.driver().with_door(|door| door.may_capture(&mut app, patience(begun)));
        if !always(may) {
            return INVALID;
        }
        // A wait without end ends with the provider.
        if timeout != u32::MAX && kernel.fails(place::WskCaptureProviderNPI) {
            return c_status(NtStatus::DEVICE_NOT_READY);
        }
        loop {
            let seen = kernel.driver().provider().machine().changes();
            let now = kernel.now.get();
            let look = kernel
                .driver()
                .with_door(|door| door.capture(&mut app, paired.id, patience(now), false));
            match always(look) {
                Look::Over(NtStatus::SUCCESS, number) => {
                    let mut clients = kernel.clients.borrow_mut();
                    let table = clients.provider.at();
                    if let Some(one) = clients.registered.get_mut(&registration) {
                        one.number = number;
                        write(npi, one.client.at());
                    }
                    write(npi + 8, table);
                    return 0;
                }
                Look::Over(status, _) => return c_status(status),
                Look::Waits(left) => {
                    let left = left.map(|left| now + left.as_micros() as u64 * MICRO);
                    kernel.wait(Wait::new("WskCaptureProviderNPI", Until::Change(seen), left));
                }
            }
        }
    })
}

pub(crate) unsafe extern "C" fn release(registration: usize) {
    border(place::WskReleaseProviderNPI, |kernel| {
        let paired = kernel.clients.borrow().of(registration);
        let mut app = kernel.application();
        always(kernel.driver().with_door(|door| door.release_npi(&mut app, paired)));
    });
}

pub(crate) unsafe extern "C" fn query(registration: usize, characteristics: usize) -> i32 {
    border(place::WskQueryProviderCharacteristics, |kernel| {
        let paired = kernel.clients.borrow().of(registration);
        let mut app = kernel.application();
        let asked =
            kernel.driver().with_door(|door| door.query_characteristics(&mut app, paired.id));
        let (status, highest, lowest) = always(asked);
        if status == NtStatus::SUCCESS {
            write(characteristics, [highest, lowest]);
        }
        c_status(status)
    })
}

pub(crate) unsafe extern "C" fn socket(
    client: usize,
    family: u16,
    kind: u16,
    protocol: u32,
    flags: u32,
    context: usize,
    table: usize,
    _process: usize,
    _thread: usize,
    _descriptor: usize,
    irp: usize,
) -> i32 {
    border(place::WskSocket, |kernel| {
        let Some(mut call) = Call::new(kernel, &function::SOCKET, 0, irp) else { return INVALID };
        let Some((registration, number)) = kernel.client(client) else {
            return kernel.of_nobody(&call);
        };
        call.registration = registration;
        let category = Category::from_flags(flags).unwrap_or(Category::Basic);
        if category == Category::Basic && flags == 0 && (context != 0 || table != 0) {
            call.invalid(); // O-4
        }
        let dispatch = Dispatch::of(category, table);
        let context: *mut c_void = ptr::with_exposed_provenance_mut(context);
        let Ok(table) = kernel.driver().table(context, dispatch) else { return NO_ROOM };
        call.ask(
            |asked| asked,
            |lending| lending.yielding(context, dispatch).category(category),
            |turn, _, irp| turn.socket(number, family, kind, protocol, flags, table, irp),
        )
    })
}

pub(crate) unsafe extern "C" fn socket_connect(
    client: usize,
    kind: u16,
    protocol: u32,
    local: usize,
    remote: usize,
    flags: u32,
    context: usize,
    table: usize,
    _process: usize,
    _thread: usize,
    _descriptor: usize,
    irp: usize,
) -> i32 {
    border(place::WskSocketConnect, |kernel| {
        let function = &function::SOCKET_CONNECT;
        let Some(mut call) = Call::new(kernel, function, 0, irp) else { return INVALID };
        let Some((registration, number)) = kernel.client(client) else {
            return kernel.of_nobody(&call);
        };
        call.registration = registration;
        let (local, remote) = (address(local), address(remote));
        let dispatch = Dispatch::of(Category::Connection, table);
        let context: *mut c_void = ptr::with_exposed_provenance_mut(context);
        let Ok(table) = kernel.driver().table(context, dispatch) else { return NO_ROOM };
        call.ask(
            move |asked| asked.to(remote),
            |lending| lending.yielding(context, dispatch),
            |turn, _, irp| {
                turn.socket_connect(number, kind, protocol, local, remote, flags, table, irp)
            },
        )
    })
}
