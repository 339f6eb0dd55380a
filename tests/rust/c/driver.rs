//! Driver: an echo driver as a C program would be: tables of `extern "C"` functions, contexts, IRPs with routines.

use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use wsksim::c::{
    Dispatch, Driver, IRP, Lending, SOCKADDR, SOCKADDR_IN, WSK_CLIENT_CONNECTION_DISPATCH,
    WSK_CLIENT_DATAGRAM_DISPATCH, WSK_CLIENT_LISTEN_DISPATCH, WSK_DATA_INDICATION,
    WSK_DATAGRAM_INDICATION, WSK_SOCKET, Whose,
};
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::network::address::{AF_INET, Address};
use wsksim::provider::{Function, Switches, function};
use wsksim::wsk::{Npi, Reply, Table, Turn, event};

pub(crate) const OK: i32 = 0;
pub(crate) const PENDING: i32 = 0x103;
const MORE_PROCESSING_REQUIRED: i32 = 0xC000_0016_u32.cast_signed();

/// What the driver did, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// `WskAcceptEvent`: the remote's port is not 0.
    Accept(bool),
    /// Events were enabled inside `WskAcceptEvent`: the status.
    Enabled(NtStatus),
    /// `WskReceiveEvent`: flags and data.
    Receive(u32, Vec<u8>),
    /// `WskReceiveFromEvent`: the datagrams.
    ReceiveFrom(Vec<Vec<u8>>),
    /// `WskDisconnectEvent`: flags.
    Disconnect(u32),
    /// A completion routine: which request's, status, Information.
    Done(&'static str, i32, usize),
}

/// Everything that the driver's functions share: its device extension.
pub(crate) struct Echo {
    pub(crate) driver: Arc<Driver>,
    pub(crate) registration: u64,
    pub(crate) client: u64,
    pub(crate) seen: Mutex<Vec<Seen>>,
    pub(crate) connections: Mutex<Vec<Rc<Connection>>>,
    /// What the callbacks answer.
    pub(crate) accepts: AtomicI32,
    pub(crate) receives: AtomicI32,
    pub(crate) disconnects: AtomicI32,
    /// What WskReceiveEvent writes to BytesAccepted; `usize::MAX` for nothing.
    pub(crate) takes: AtomicUsize,
    /// Events that WskAcceptEvent enables on the socket, and whether it does so before it writes its table.
    pub(crate) enables: (AtomicU32, AtomicBool),
}

/// One connection's context.
pub(crate) struct Connection {
    echo: *const Echo,
    pub(crate) socket: *mut WSK_SOCKET,
    /// The list that was kept.
    pub(crate) kept: AtomicPtr<c_void>,
}

/// What a completion routine is called with.
struct Routine {
    echo: *const Echo,
    name: &'static str,
    done: Mutex<Option<(i32, usize)>>,
}

pub(crate) static CONNECTION: WSK_CLIENT_CONNECTION_DISPATCH = WSK_CLIENT_CONNECTION_DISPATCH {
    WskReceiveEvent: Some(on_receive),
    WskDisconnectEvent: Some(on_disconnect),
    WskSendBacklogEvent: None,
};
static LISTENER: WSK_CLIENT_LISTEN_DISPATCH = WSK_CLIENT_LISTEN_DISPATCH {
    WskAcceptEvent: Some(on_accept),
    WskInspectEvent: None,
    WskAbortEvent: None,
};
static DATAGRAMS: WSK_CLIENT_DATAGRAM_DISPATCH =
    WSK_CLIENT_DATAGRAM_DISPATCH { WskReceiveFromEvent: Some(on_receive_from) };

fn echo_of<'a>(context: *mut c_void) -> &'a Echo {
    // SAFETY: the listener's and the datagram socket's context is the `Echo`, which outlives its sockets.
    unsafe { &*context.cast::<Echo>().cast_const() }
}

fn connection_of<'a>(context: *mut c_void) -> (&'a Connection, &'a Echo) {
    // SAFETY: a connection's context is one of `connections`, which are dropped with the `Echo`.
    let connection = unsafe { &*context.cast::<Connection>().cast_const() };
    // SAFETY: likewise.
    (connection, unsafe { &*connection.echo })
}

unsafe extern "C" fn on_accept(
    context: *mut c_void,
    _: u32,
    _: *mut SOCKADDR,
    remote: *mut SOCKADDR,
    socket: *mut WSK_SOCKET,
    own_context: *mut *mut c_void,
    dispatch: *mut *const WSK_CLIENT_CONNECTION_DISPATCH,
) -> i32 {
    let echo = echo_of(context);
    // SAFETY: the provider lends an address of IPv4, for the listener is bound to one.
    let remote = unsafe { remote.cast::<SOCKADDR_IN>().read() };
    echo.note(Seen::Accept(remote.sin_port != [0, 0] && remote.sin_addr == [127, 0, 0, 1]));
    let connection = Rc::new(Connection { echo, socket, kept: AtomicPtr::default() });
    let enables = echo.enables.0.load(Ordering::Relaxed);
    let early = echo.enables.1.load(Ordering::Relaxed);
    if early {
        echo.note(Seen::Enabled(echo.enable(socket, enables)));
    }
    // SAFETY: the out parameters are the provider's, for the time of this call.
    unsafe { own_context.write(ptr::from_ref(&*connection).cast_mut().cast()) };
    // SAFETY: likewise.
    unsafe { dispatch.write(&raw const CONNECTION) };
    if enables != 0 && !early {
        echo.note(Seen::Enabled(echo.enable(socket, enables)));
    }
    echo.connections.lock().unwrap().push(connection);
    echo.accepts.load(Ordering::Relaxed)
}

unsafe extern "C" fn on_receive(
    context: *mut c_void,
    flags: u32,
    first: *mut WSK_DATA_INDICATION,
    _: usize,
    accepted: *mut usize,
) -> i32 {
    let (connection, echo) = connection_of(context);
    let mut data = Vec::new();
    let mut next = first;
    while !next.is_null() {
        // SAFETY: an item of the list that is lent.
        let item = unsafe { next.read() };
        // SAFETY: likewise.
        data.extend(unsafe { item.Buffer.read() });
        next = item.Next;
    }
    echo.note(Seen::Receive(flags, data.clone()));
    if echo.takes.load(Ordering::Relaxed) != usize::MAX {
        // SAFETY: the out parameter is the provider's, for the time of this call.
        unsafe { accepted.write(echo.takes.load(Ordering::Relaxed)) };
    }
    let answer = echo.receives.load(Ordering::Relaxed);
    if answer == PENDING {
        connection.kept.store(first.cast(), Ordering::Relaxed);
    }
    let whose = Whose::Socket(connection.socket);
    echo.ask_later(&function::SEND, whose, |turn, id, irp| turn.send(id, data, 0, irp));
    answer
}

unsafe extern "C" fn on_disconnect(context: *mut c_void, flags: u32) -> i32 {
    let (connection, echo) = connection_of(context);
    echo.note(Seen::Disconnect(flags));
    let whose = Whose::Socket(connection.socket);
    echo.ask_later(&function::DISCONNECT, whose, |turn, id, irp| turn.disconnect(id, None, 0, irp));
    echo.disconnects.load(Ordering::Relaxed)
}

unsafe extern "C" fn on_receive_from(
    context: *mut c_void,
    _: u32,
    first: *mut WSK_DATAGRAM_INDICATION,
) -> i32 {
    let echo = echo_of(context);
    let (mut datagrams, mut next) = (Vec::new(), first);
    while !next.is_null() {
        // SAFETY: an item of the list that is lent.
        let item = unsafe { next.read() };
        // SAFETY: likewise.
        datagrams.push(unsafe { item.Buffer.read() });
        // SAFETY: likewise: its sender.
        let family = unsafe { (*item.RemoteAddress).sa_family };
        assert_eq!(family, AF_INET);
        next = item.Next;
    }
    echo.note(Seen::ReceiveFrom(datagrams));
    let answer = echo.receives.load(Ordering::Relaxed);
    if answer == PENDING {
        let connection = Connection { echo, socket: ptr::null_mut(), kept: AtomicPtr::default() };
        connection.kept.store(first.cast(), Ordering::Relaxed);
        echo.connections.lock().unwrap().push(Rc::new(connection));
    }
    answer
}

/// A routine that frees its IRP and what it was called with.
unsafe extern "C" fn on_done_later(_: *mut c_void, irp: *mut IRP, context: *mut c_void) -> i32 {
    // SAFETY: `ask_later` made it of a box, for this routine.
    let routine = unsafe { Box::from_raw(context.cast::<Routine>()) };
    // SAFETY: the IRP is this routine's (I-6).
    let status = unsafe { (*irp).IoStatus };
    // SAFETY: the `Echo` outlives its requests.
    let echo = unsafe { &*routine.echo };
    echo.note(Seen::Done(routine.name, status.Status, status.Information));
    // SAFETY: nobody else uses it, and this routine keeps it from the provider.
    unsafe { IRP::free(irp) }.expect("its request is over");
    MORE_PROCESSING_REQUIRED
}

/// A routine that leaves word of how the request ended.
unsafe extern "C" fn on_done(_: *mut c_void, irp: *mut IRP, context: *mut c_void) -> i32 {
    // SAFETY: `ask` keeps it until the request is over.
    let routine = unsafe { &*context.cast::<Routine>().cast_const() };
    // SAFETY: the IRP is this routine's (I-6).
    let status = unsafe { (*irp).IoStatus };
    *routine.done.lock().unwrap() = Some((status.Status, status.Information));
    MORE_PROCESSING_REQUIRED
}

/// Where the driver listens, or gets its datagrams.
const PORT: u16 = 7;

/// Loopback, with this port.
pub(crate) fn local(port: u16) -> Option<Address> {
    Address::new(AF_INET, &[127, 0, 0, 1], port)
}

impl Echo {
    pub(crate) fn new() -> Box<Self> {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Box<Self> {
        Self::of(Driver::new(options))
    }

    pub(crate) fn of(driver: Arc<Driver>) -> Box<Self> {
        let (registration, client) = driver.attach().expect("version 1.0 is offered");
        Box::new(Self {
            driver,
            registration,
            client,
            seen: Mutex::default(),
            connections: Mutex::default(),
            accepts: AtomicI32::new(OK),
            receives: AtomicI32::new(OK),
            disconnects: AtomicI32::new(OK),
            takes: AtomicUsize::new(usize::MAX),
            enables: (AtomicU32::new(0), AtomicBool::new(false)),
        })
    }

    fn note(&self, seen: Seen) {
        self.seen.lock().unwrap().push(seen);
    }

    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    fn context(&self) -> *mut c_void {
        ptr::from_ref(self).cast_mut().cast()
    }

    /// A request whose end the driver notes, and does not wait for.
    pub(crate) fn ask_later(
        &self,
        function: &'static Function,
        whose: Whose,
        act: impl FnOnce(&mut Turn<'_>, u64, u64) -> Reply,
    ) -> NtStatus {
        let routine = Routine { echo: self, name: function.name, done: Mutex::default() };
        let (irp, context) = (IRP::allocate(), Box::into_raw(Box::new(routine)).cast());
        // SAFETY: just allocated; the routine frees it and its context, once.
        let set = unsafe {
            IRP::set_completion_routine(irp, Some(on_done_later), context, Switches::ALL)
        };
        set.expect("it is at rest");
        // SAFETY: the routine frees it when the request is over.
        let lending = unsafe { Lending::of(irp) };
        self.driver.request(function, whose, lending, act)
    }

    /// A request that is waited for by driving: its status and Information. A call that does not pend answers the same
    /// status (I-4).
    pub(crate) fn ask(&self, call: impl FnOnce(Lending) -> NtStatus) -> (NtStatus, usize) {
        let routine = Routine { echo: self, name: "", done: Mutex::default() };
        let irp = IRP::allocate();
        let context = ptr::from_ref(&routine).cast_mut().cast();
        // SAFETY: just allocated; the routine's context lives until the request is over, below.
        let set =
            unsafe { IRP::set_completion_routine(irp, Some(on_done), context, Switches::ALL) };
        set.expect("it is at rest");
        // SAFETY: it is freed below, when the request is over.
        let returned = call(unsafe { Lending::of(irp) });
        self.driver.drive().expect("nobody else drives");
        let (status, information) = routine.done.lock().unwrap().expect("the request is over");
        let status = NtStatus::from_bits(status.cast_unsigned());
        assert!([NtStatus::PENDING, status].contains(&returned), "{returned:?}");
        // SAFETY: its request is over, and nobody uses it any more.
        unsafe { IRP::free(irp) }.expect("it is at rest");
        (status, information)
    }

    /// A listening or datagram socket at its port: the socket and its address.
    fn bound(&self, kind: u16, protocol: u32, flags: u32, on: u32) -> (*mut WSK_SOCKET, Address) {
        let dispatch = if kind == 2 {
            // SAFETY: a static.
            unsafe { Dispatch::of_datagrams(&raw const DATAGRAMS) }
        } else {
            // SAFETY: a static.
            unsafe { Dispatch::of_listener(&raw const LISTENER) }
        };
        let (driver, client, context) = (&self.driver, self.client, self.context());
        let table: Table = driver.table(context, dispatch).expect("room");
        let (status, socket) = self.ask(|lending| {
            let whose = Whose::Client(self.registration);
            let lending = lending.yielding(context, dispatch);
            driver.request(&function::SOCKET, whose, lending, |turn, _, irp| {
                turn.socket(client, AF_INET, kind, protocol, flags, table, irp)
            })
        });
        assert_eq!(status, NtStatus::SUCCESS);
        let socket = ptr::with_exposed_provenance_mut(socket);
        let whose = Whose::Socket(socket);
        let (status, _) = self.ask(|lending| {
            driver.request(&function::BIND, whose, lending, |turn, id, irp| {
                turn.bind(id, local(PORT), 0, irp)
            })
        });
        assert_eq!(status, NtStatus::SUCCESS);
        let (status, _) = self.ask(|lending| {
            driver.request(&function::GET_LOCAL_ADDRESS, whose, lending, |turn, id, irp| {
                turn.get_local_address(id, irp)
            })
        });
        assert_eq!(status, NtStatus::SUCCESS);
        assert_eq!(self.enable(socket, on), NtStatus::SUCCESS);
        (socket, local(PORT).unwrap())
    }

    /// A listener that accepts by event, and whose connections inherit what is on.
    pub(crate) fn listener(&self) -> (*mut WSK_SOCKET, Address) {
        self.bound(1, 6, 1, event::ACCEPT | event::RECEIVE | event::DISCONNECT)
    }

    /// A listener whose connections inherit nothing.
    pub(crate) fn bare_listener(&self) -> (*mut WSK_SOCKET, Address) {
        self.bound(1, 6, 1, event::ACCEPT)
    }

    /// A datagram socket.
    pub(crate) fn datagrams(&self) -> (*mut WSK_SOCKET, Address) {
        self.bound(2, 17, 4, event::RECEIVE_FROM)
    }

    pub(crate) fn enable(&self, socket: *mut WSK_SOCKET, mask: u32) -> NtStatus {
        let whose = Whose::Socket(socket);
        // SAFETY: NULL.
        let none = unsafe { Lending::of(ptr::null_mut()) };
        self.driver.request(&function::CONTROL_SOCKET, whose, none, |turn, id, irp| {
            turn.event_callback(id, Npi::Wsk, mask, irp)
        })
    }

    pub(crate) fn close(&self, socket: *mut WSK_SOCKET) -> NtStatus {
        self.ask(|lending| self.driver.close(socket, lending)).0
    }

    /// A remote end connects to the listener, and the accept event is called: its end.
    pub(crate) fn arrive(&self, to: Address) -> u64 {
        let (status, remote) = self.driver.turn(|turn| turn.remote_connect(to, local(0)));
        assert_eq!(status, NtStatus::SUCCESS);
        self.driver.drive().expect("nobody else drives");
        remote
    }

    /// What was found: rule, what was done, the function if it is known.
    pub(crate) fn findings(&self) -> Vec<(&'static str, String)> {
        let findings = self.driver.core().findings();
        let function = |place: &wsksim::core::findings::Place| place.function.clone();
        findings
            .iter()
            .map(|one| (one.rule.id, one.place.as_deref().map_or_else(String::new, function)))
            .collect()
    }

    /// Closes a remote end and these sockets, and checks that nothing is left.
    pub(crate) fn end(&self, sockets: &[*mut WSK_SOCKET], remote: u64) {
        self.driver.turn(|turn| turn.remote_close(remote));
        for &socket in sockets {
            self.close(socket);
        }
        self.driver.drive().expect("nobody else drives");
        assert_eq!(self.driver.holds(), (0, 0, 0), "requests, sockets, lists");
        let counts = self.driver.core().counts();
        assert_eq!((counts.open, counts.held, counts.queued), (0, 0, 0));
        assert!(self.driver.detach(self.registration), "nothing holds it");
    }
}

/// What findings call one of the driver's functions.
pub(crate) fn named(function: *const ()) -> String {
    format!("0x{:x}", function.addr())
}

pub(crate) fn disconnect_function() -> String {
    named(on_disconnect as *const ())
}

pub(crate) fn accept_function() -> String {
    named(on_accept as *const ())
}

pub(crate) fn receive_function() -> String {
    named(on_receive as *const ())
}
