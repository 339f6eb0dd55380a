//! Driver: one driver in C under test, with its subsystem, its provider, and what the two hold of each other's.

use crate::c::application::{CApplication, Outs, settled};
use crate::c::contexts::Contexts;
use crate::c::lending::Lending;
use crate::c::lists::Lists;
use crate::c::sanitizers;
use crate::c::site::Site;
use crate::c::sockets::Sockets;
use crate::c::structures::WSK_SOCKET;
use crate::c::tables::Dispatch;
use crate::c::watching::Moments;
use crate::core::error::CoreError;
use crate::core::findings::Place;
use crate::core::ledger::Ledger;
use crate::core::status::NtStatus;
use crate::core::subsystem::{Options, Subsystem};
use crate::core::sync::{AtomicU32, Mutex, Ordering};
use crate::provider::{
    Asked, ClientTable, Door, Function, Irp, Look, Provider, Registration, Stopped, Wait, function,
};
use crate::wsk::{Category, Completions, Policies, Reply, Table, Turn};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A driver, its subsystem and its provider.
#[derive(Debug)]
pub struct Driver {
    core: Subsystem,
    provider: Arc<Provider>,
    serial: u32,
    pub(super) held: Mutex<Held>,
    /// Who knows the driver's lines.
    pub(super) lines: OnceLock<Box<dyn Lines>>,
}

/// Knows which line of a driver an address is.
pub(crate) trait Lines: Send + Sync + std::fmt::Debug {
    /// The line at an address: one behind a call, or the first of a function.
    fn place(&self, address: u64) -> Place;
    /// The callers of the function that makes a call, innermost first.
    fn callers(&self, site: Site) -> Vec<Place>;
}

/// Whose function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A client's, by its registration.
    Client(u64),
    /// A socket's.
    Socket(*mut WSK_SOCKET),
}

/// A context and its tables, by address; the context only goes back to the driver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Supplied {
    pub(crate) context: u64,
    pub(crate) dispatch: Dispatch,
}

impl Supplied {
    pub(crate) const NOTHING: Self = Self { context: 0, dispatch: Dispatch::NONE };

    pub(crate) fn new(context: *mut c_void, dispatch: Dispatch) -> Self {
        Self { context: context.expose_provenance() as u64, dispatch }
    }

    pub(crate) fn context(self) -> *mut c_void {
        std::ptr::with_exposed_provenance_mut(self.context as usize)
    }
}

#[derive(Debug, Default)]
pub(super) struct Held {
    /// What was lent for requests that are under way.
    pub(super) lent: Ledger<Lending>,
    sockets: Sockets,
    /// Sockets whose accept callback runs and has supplied nothing yet.
    accepting: Vec<(u64, Outs)>,
    pub(super) lists: Lists,
    /// The tables of functions, by category: basic, listening, connection, datagram, stream.
    tables: [usize; 5],
    pub(super) contexts: Contexts,
    /// Memory that requests which wait use: where it begins, its end, and whose it is.
    pub(super) memory: BTreeMap<(usize, u64), usize>,
    pub(super) moments: Moments,
}

impl Held {
    /// Whether it is asked what is held of the driver's memory: of one that a kernel has loaded.
    pub(super) fn watches(&self) -> bool {
        self.tables != [0; 5]
    }

    fn count_context(&mut self, context: u64, more: bool) {
        match (context != 0 && self.watches(), more) {
            (true, true) => self.contexts.add(context),
            (true, false) => self.contexts.remove(context),
            (false, _) => {}
        }
    }
}

/// Drivers of C are numbered from here, those of other languages from 0.
const FIRST: u32 = 1 << 31;

impl Driver {
    /// A driver with a subsystem of its own, whose requests complete as mostly in Windows (I-18).
    #[must_use]
    pub fn new(options: Options) -> Arc<Self> {
        let policies = Policies { completions: Completions::Windows, ..Policies::default() };
        Self::with(options, policies)
    }

    /// A driver with a subsystem of its own, under these policies.
    #[must_use]
    pub fn with(options: Options, policies: Policies) -> Arc<Self> {
        Self::choosing(options, policies, None)
    }

    /// One whose subsystem chooses what is given.
    pub(crate) fn choosing(
        options: Options,
        policies: Policies,
        choices: Option<Vec<u32>>,
    ) -> Arc<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(FIRST);
        // Relaxed: only that no two draw the same.
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        let core = Subsystem::choosing(options, choices);
        let provider = Arc::new(Provider::new(&core, policies, serial));
        let (held, lines) = (Mutex::default(), OnceLock::new());
        Arc::new(Self { core, provider, serial, held, lines })
    }

    /// Its subsystem.
    #[must_use]
    pub fn core(&self) -> &Subsystem {
        &self.core
    }

    /// The number that tells its provider from every other one of this process.
    pub(crate) fn serial(&self) -> u32 {
        self.serial
    }

    /// Its provider.
    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Calls the provider, and gives back what it needs no more.
    pub fn with_door<T>(&self, act: impl FnOnce(Door<'_>) -> T) -> T {
        let result = act(self.provider.on(&self.core));
        self.provider.machine().release_closed(&self.core);
        result
    }

    /// Takes a turn of the contract machine: what remote ends do, and what tests ask.
    pub fn turn<T>(&self, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        self.with_door(|door| door.turn(act))
    }

    /// `WskRegister` and `WskCaptureProviderNPI` of version 1.0: the registration and the client (O-10, O-13).
    ///
    /// # Errors
    ///
    /// The status of the function that failed.
    pub fn attach(self: &Arc<Self>) -> Result<(u64, u64), NtStatus> {
        let mut app = CApplication::of(self);
        let table = ClientTable { version: Some(0x0100), reserved: 0 };
        let registered = self.with_door(|door| door.register(&mut app, Some(table), false));
        let registration = match always(registered) {
            (NtStatus::SUCCESS, number) => number,
            (status, _) => return Err(status),
        };
        let wait = Wait { timeout: 0, waited: Duration::ZERO };
        let look = self.with_door(|door| door.capture(&mut app, registration, wait, false));
        match always(look) {
            Look::Over(NtStatus::SUCCESS, client) => Ok((registration, client)),
            Look::Over(status, _) => Err(status),
            Look::Waits(_) => Err(NtStatus::DEVICE_NOT_READY),
        }
    }

    /// `WskReleaseProviderNPI`, and one look of `WskDeregister`: whether its wait would be over (O-17).
    #[must_use]
    pub fn detach(self: &Arc<Self>, registration: u64) -> bool {
        let mut app = CApplication::of(self);
        let paired = Registration { id: registration, over: false };
        always(self.with_door(|door| door.release_npi(&mut app, paired)));
        self.with_door(|door| door.deregistered(registration))
    }

    /// What the machine is to know of a context and its tables.
    ///
    /// # Errors
    ///
    /// [`CoreError::HandlerLimit`].
    pub fn table(&self, context: *mut c_void, dispatch: Dispatch) -> Result<Table, CoreError> {
        let handler = dispatch.handler(&self.core)?;
        let context = Supplied::new(context, dispatch).context;
        Ok(Table::new(context, handler, dispatch.callbacks(), 0))
    }

    /// Makes one request: `act` asks the machine, with the socket's number, 0 of a client's, and the request's.
    pub fn request(
        self: &Arc<Self>,
        function: &'static Function,
        whose: Whose,
        lending: Lending,
        act: impl FnOnce(&mut Turn<'_>, u64, u64) -> Reply,
    ) -> NtStatus {
        let irp = lending.record();
        let socket = settled(self, whose);
        let asked = match whose {
            Whose::Client(registration) => Asked::of_client(function, registration, irp.as_ref()),
            Whose::Socket(_) => Asked::of_socket(function, socket, irp.as_ref()),
        };
        let asked = asked.refused(lending.refusal(function));
        let mut app = CApplication::of(self).lending(lending);
        always(self.with_door(|door| {
            door.request(&mut app, asked, |turn, number| act(turn, socket, number))
        }))
    }

    /// `WskCloseSocket`.
    pub fn close(self: &Arc<Self>, socket: *mut WSK_SOCKET, lending: Lending) -> NtStatus {
        let irp = lending.record();
        let number = self.number_of(Whose::Socket(socket));
        let asked = Asked::of_socket(&function::CLOSE_SOCKET, number, irp.as_ref());
        let mut app = CApplication::of(self).lending(lending);
        always(self.with_door(|door| door.close_socket(&mut app, asked)))
    }

    /// `WskRelease` of the items that are chained to the first.
    pub fn release(self: &Arc<Self>, socket: *mut WSK_SOCKET, first: *mut c_void) -> NtStatus {
        let number = self.number_of(Whose::Socket(socket));
        let chain = (!first.is_null()).then(|| self.held.lock().lists.chained(first));
        let mut app = CApplication::of(self);
        always(self.with_door(|door| door.release(&mut app, number, chain.as_deref())))
    }

    /// The machine's number of a socket that the driver knows; 0 if it is none, or gone.
    pub(crate) fn number_of(&self, whose: Whose) -> u64 {
        let Whose::Socket(socket) = whose else { return 0 };
        self.held.lock().sockets.number_of(socket)
    }

    /// The same, and where `WskAcceptEvent` is to supply something with the socket, if it runs and has not yet.
    #[inline]
    pub(crate) fn number_and_outs(&self, whose: Whose) -> (u64, Option<Outs>) {
        let Whose::Socket(socket) = whose else { return (0, None) };
        let held = self.held.lock();
        let number = held.sockets.number_of(socket);
        let outs = held.accepting.iter().find(|(other, _)| *other == number);
        (number, outs.map(|(_, outs)| *outs))
    }

    /// What the driver knows a socket by.
    #[must_use]
    pub fn socket(&self, number: u64) -> Option<*mut WSK_SOCKET> {
        self.held.lock().sockets.shown(number)
    }

    /// A socket is there.
    pub(crate) fn add_socket(
        &self,
        number: u64,
        supplied: Supplied,
        category: Category,
    ) -> *mut WSK_SOCKET {
        let mut held = self.held.lock();
        held.count_context(supplied.context, true);
        let table = std::ptr::with_exposed_provenance(held.tables[place_of(category)]);
        held.sockets.add(number, supplied, table)
    }

    /// The tables that sockets show, by category: basic, listening, connection, datagram, stream.
    pub(crate) fn show_tables(&self, tables: [usize; 5]) {
        self.held.lock().tables = tables;
    }

    /// A socket is gone: the driver must not touch it again.
    pub(crate) fn drop_socket(&self, number: u64) {
        let mut held = self.held.lock();
        if let Some(supplied) = held.sockets.remove(number) {
            held.count_context(supplied.context, false);
            held.moments.rest(number);
        }
    }

    /// What was supplied with a socket.
    pub(crate) fn supplied(&self, number: u64) -> Option<Supplied> {
        self.held.lock().sockets.supplied(number)
    }

    /// `WskAcceptEvent` wrote what it supplies (L-6).
    pub(crate) fn supply(&self, number: u64, supplied: Supplied) {
        sanitizers::release(sanitizers::of_context(supplied.context));
        let mut held = self.held.lock();
        held.accepting.retain(|(other, _)| *other != number);
        held.count_context(supplied.context, true);
        held.sockets.supply(number, supplied);
    }

    /// `WskAcceptEvent` is shown a socket, and told where to supply something with it.
    pub(crate) fn begin_accept(&self, number: u64, outs: Outs) -> *mut WSK_SOCKET {
        let socket = self.add_socket(number, Supplied::NOTHING, Category::Connection);
        self.held.lock().accepting.push((number, outs));
        socket
    }

    /// It has returned: where it may have supplied something, if that was not asked before.
    pub(crate) fn end_accept(&self, number: u64) -> Option<Outs> {
        let accepting = &mut self.held.lock().accepting;
        let place = accepting.iter().position(|(other, _)| *other == number)?;
        Some(accepting.swap_remove(place).1)
    }

    /// How many requests, sockets and lists the provider holds of the driver's, or shows to it.
    #[must_use]
    pub fn holds(&self) -> (usize, usize, usize) {
        let held = self.held.lock();
        (held.lent.len(), held.sockets.len(), held.lists.len())
    }

    /// Asks to end the request of an IRP (I-12); whether it is cancelled by this.
    pub(crate) fn cancel(&self, irp: &Irp) -> bool {
        match irp.cancel() {
            Ok(Some(flight)) => self.with_door(|door| door.cancel(&flight)),
            _ => false,
        }
    }
}

/// The place of a category among the tables.
fn place_of(category: Category) -> usize {
    match category {
        Category::Basic => 0,
        Category::Listen => 1,
        Category::Connection => 2,
        Category::Datagram => 3,
        Category::Stream => 4,
    }
}

/// What the provider answered: nothing that a driver in C does stops it, for findings are kept and not raised.
pub(crate) fn always<T>(answered: Result<T, Stopped>) -> T {
    answered.expect("Invariant: an application in C stops nothing")
}
