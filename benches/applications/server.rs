//! Server: a driver in C as a careful author writes it for load: contexts in one array, IRPs allocated with them and
//! reused, nothing allocated while it runs.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use wsksim::c::{
    Dispatch, Driver, IRP, Lending, SOCKADDR, WSK_CLIENT_CONNECTION_DISPATCH,
    WSK_CLIENT_LISTEN_DISPATCH, WSK_DATA_INDICATION, WSK_SOCKET, Whose,
};
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::network::address::{AF_INET, Address};
use wsksim::provider::{Function, Switches, function};
use wsksim::wsk::{Completions, Npi, Policies, Reply, Turn, event};

const SUCCESS: i32 = 0;
const MORE_PROCESSING_REQUIRED: i32 = 0xC000_0016_u32.cast_signed();

/// One connection's context.
struct Connection {
    server: *mut Server,
    socket: *mut WSK_SOCKET,
    /// For the close, and for the send.
    irp: *mut IRP,
    place: u32,
}

/// The driver's own state, which its functions reach by their contexts. One thread runs it.
pub(crate) struct Server {
    pub(crate) driver: Arc<Driver>,
    registration: u64,
    listener: *mut WSK_SOCKET,
    pub(crate) address: Address,
    connections: Vec<Connection>,
    free: Vec<u32>,
    done: Option<(i32, usize)>,
    pub(crate) accepted: u64,
    pub(crate) indicated: u64,
    pub(crate) closed: u64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

static CONNECTION: WSK_CLIENT_CONNECTION_DISPATCH = WSK_CLIENT_CONNECTION_DISPATCH {
    WskReceiveEvent: Some(on_receive),
    WskDisconnectEvent: Some(on_disconnect),
    WskSendBacklogEvent: None,
};
static LISTENER: WSK_CLIENT_LISTEN_DISPATCH = WSK_CLIENT_LISTEN_DISPATCH {
    WskAcceptEvent: Some(on_accept),
    WskInspectEvent: None,
    WskAbortEvent: None,
};

unsafe extern "C" fn on_accept(
    context: *mut c_void,
    _: u32,
    _: *mut SOCKADDR,
    _: *mut SOCKADDR,
    socket: *mut WSK_SOCKET,
    own_context: *mut *mut c_void,
    dispatch: *mut *const WSK_CLIENT_CONNECTION_DISPATCH,
) -> i32 {
    // SAFETY: the listener's context is the server, which outlives its sockets; one thread runs it.
    let server = unsafe { &mut *context.cast::<Server>() };
    let place = server.free.pop().expect("as many contexts as connections");
    let connection = &raw mut server.connections[place as usize];
    server.accepted += 1;
    // SAFETY: an element of the array, which is never moved.
    unsafe { (*connection).socket = socket };
    // SAFETY: the out parameters are the provider's, for the time of this call.
    unsafe { own_context.write(connection.cast()) };
    // SAFETY: likewise.
    unsafe { dispatch.write(&raw const CONNECTION) };
    SUCCESS
}

unsafe extern "C" fn on_receive(
    context: *mut c_void,
    _: u32,
    first: *mut WSK_DATA_INDICATION,
    total: usize,
    _: *mut usize,
) -> i32 {
    // SAFETY: the connection's context is an element of the array.
    let connection = unsafe { &mut *context.cast::<Connection>() };
    // SAFETY: the server outlives its sockets.
    let server = unsafe { &mut *connection.server };
    server.received += total as u64;
    if server.answers() {
        // SAFETY: an item of the list that is lent.
        let item = unsafe { first.read() };
        // SAFETY: likewise.
        let data = unsafe { item.Buffer.read() };
        let whose = Whose::Socket(connection.socket);
        connection.ask(on_sent, |driver, lending| {
            driver.request(&function::SEND, whose, lending, |turn, id, irp| {
                turn.send(id, data, 0, irp)
            })
        });
    }
    SUCCESS
}

unsafe extern "C" fn on_disconnect(context: *mut c_void, _: u32) -> i32 {
    // SAFETY: the connection's context is an element of the array.
    let connection = unsafe { &mut *context.cast::<Connection>() };
    // SAFETY: the server outlives its sockets.
    unsafe { (*connection.server).indicated += 1 };
    let socket = connection.socket;
    connection.ask(on_closed, |driver, lending| driver.close(socket, lending));
    SUCCESS
}

unsafe extern "C" fn on_sent(_: *mut c_void, irp: *mut IRP, context: *mut c_void) -> i32 {
    // SAFETY: the routine's context is an element of the array.
    let connection = unsafe { &mut *context.cast::<Connection>() };
    // SAFETY: the IRP is this routine's (I-6).
    let status = unsafe { (*irp).IoStatus };
    assert_eq!(status.Status, SUCCESS);
    // SAFETY: the server outlives its sockets.
    unsafe { (*connection.server).sent += status.Information as u64 };
    MORE_PROCESSING_REQUIRED
}

unsafe extern "C" fn on_closed(_: *mut c_void, irp: *mut IRP, context: *mut c_void) -> i32 {
    // SAFETY: the routine's context is an element of the array.
    let connection = unsafe { &mut *context.cast::<Connection>() };
    // SAFETY: the IRP is this routine's (I-6).
    let status = unsafe { (*irp).IoStatus };
    assert_eq!(status.Status, SUCCESS);
    // SAFETY: the server outlives its sockets.
    let server = unsafe { &mut *connection.server };
    server.closed += 1;
    server.free.push(connection.place);
    MORE_PROCESSING_REQUIRED
}

/// A routine that leaves word of how the request ended.
unsafe extern "C" fn on_done(_: *mut c_void, irp: *mut IRP, context: *mut c_void) -> i32 {
    // SAFETY: the IRP is this routine's (I-6).
    let status = unsafe { (*irp).IoStatus };
    // SAFETY: the routine's context is the server.
    unsafe { (*context.cast::<Server>()).done = Some((status.Status, status.Information)) };
    MORE_PROCESSING_REQUIRED
}

type Routine = unsafe extern "C" fn(*mut c_void, *mut IRP, *mut c_void) -> i32;

impl Connection {
    /// A request with the connection's IRP.
    fn ask(&mut self, routine: Routine, call: impl FnOnce(&Arc<Driver>, Lending) -> NtStatus) {
        // SAFETY: the server outlives its sockets.
        let driver = unsafe { &(*self.server).driver };
        let context = ptr::from_mut(self).cast();
        // SAFETY: the IRP is the connection's; the one before it has ended.
        unsafe { IRP::reuse(self.irp, 0) }.expect("one request at a time");
        // SAFETY: likewise.
        let set =
            unsafe { IRP::set_completion_routine(self.irp, Some(routine), context, Switches::ALL) };
        set.expect("it is at rest");
        // SAFETY: the IRP lives as long as the server.
        call(driver, unsafe { Lending::of(self.irp) });
    }
}

impl Server {
    /// A server with a listener, and contexts for so many connections.
    pub(crate) fn new(count: usize, completions: Completions, answers: bool) -> Box<Self> {
        let policies = Policies { completions, backlog: usize::MAX, ..Policies::default() };
        let driver = Driver::with(Options::default(), policies);
        let (registration, client) = driver.attach().expect("version 1.0 is offered");
        let none = Address::new(AF_INET, &[127, 0, 0, 1], 0).expect("four bytes");
        let mut server = Box::new(Self {
            driver,
            registration,
            listener: ptr::null_mut(),
            address: none,
            connections: Vec::new(),
            free: (0..count as u32).rev().collect(),
            done: None,
            accepted: 0,
            indicated: 0,
            closed: 0,
            received: 0,
            sent: if answers { 0 } else { u64::MAX },
        });
        let own: *mut Self = &raw mut *server;
        server.connections = (0..count as u32)
            .map(|place| Connection {
                server: own,
                socket: ptr::null_mut(),
                irp: IRP::allocate(),
                place,
            })
            .collect();
        server.listen(client);
        server
    }

    fn answers(&self) -> bool {
        self.sent != u64::MAX
    }

    fn listen(&mut self, client: u64) {
        // SAFETY: a static.
        let dispatch = unsafe { Dispatch::of_listener(&raw const LISTENER) };
        let context = ptr::from_mut(self).cast();
        let table = self.driver.table(context, dispatch).expect("room");
        let made = self.ask(|driver, registration, lending| {
            let lending = lending.yielding(context, dispatch);
            driver.request(&function::SOCKET, registration, lending, |turn, _, irp| {
                turn.socket(client, AF_INET, 1, 6, 1, table, irp)
            })
        });
        self.listener = ptr::with_exposed_provenance_mut(made);
        let (whose, at) = (Whose::Socket(self.listener), self.address);
        self.ask(|driver, _, lending| {
            driver.request(&function::BIND, whose, lending, |turn, id, irp| {
                turn.bind(id, Some(at), 0, irp)
            })
        });
        let mut address = None;
        self.ask(|driver, _, lending| {
            let function: &'static Function = &function::GET_LOCAL_ADDRESS;
            driver.request(function, whose, lending, |turn, id, irp| {
                let reply = turn.get_local_address(id, irp);
                address = reply.completions.iter().find_map(|done| done.local);
                reply
            })
        });
        self.address = address.expect("it is bound");
        // SAFETY: NULL.
        let none = unsafe { Lending::of(ptr::null_mut()) };
        let on = event::ACCEPT | event::RECEIVE | event::DISCONNECT;
        let act =
            |turn: &mut Turn<'_>, id, irp| -> Reply { turn.event_callback(id, Npi::Wsk, on, irp) };
        assert_eq!(
            self.driver.request(&function::CONTROL_SOCKET, whose, none, act),
            NtStatus::SUCCESS
        );
    }

    /// A request that ends within the call: its Information.
    fn ask(&mut self, call: impl FnOnce(&Arc<Driver>, Whose, Lending) -> NtStatus) -> usize {
        let irp = IRP::allocate();
        let context = ptr::from_mut(self).cast();
        let routine: Routine = on_done;
        // SAFETY: just allocated; the server lives until its request is over, below.
        let set =
            unsafe { IRP::set_completion_routine(irp, Some(routine), context, Switches::ALL) };
        set.expect("it is at rest");
        let driver = Arc::clone(&self.driver);
        // SAFETY: it is freed below, when the request is over.
        call(&driver, Whose::Client(self.registration), unsafe { Lending::of(irp) });
        driver.drive().expect("nobody else drives");
        // SAFETY: its request is over, and nobody uses it any more.
        unsafe { IRP::free(irp) }.expect("it is at rest");
        let (status, information) = self.done.take().expect("the request is over");
        assert_eq!(status, SUCCESS);
        information
    }

    /// Raises unless everything is over and nothing was found wrong.
    pub(crate) fn check(&self, lives: u64) {
        assert_eq!((self.accepted, self.indicated, self.closed), (lives, lives, lives));
        assert_eq!(self.driver.core().findings().len(), 0);
        assert_eq!(self.driver.holds(), (0, 1, 0), "requests, sockets, lists");
        let counts = self.driver.core().counts();
        assert_eq!((counts.open, counts.held, counts.queued), (0, 0, 0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let listener = self.listener;
        self.ask(|driver, _, lending| driver.close(listener, lending));
        for connection in &self.connections {
            // SAFETY: no request is under way.
            unsafe { IRP::free(connection.irp) }.expect("it is at rest");
        }
        assert!(self.driver.detach(self.registration), "nothing holds it");
    }
}
