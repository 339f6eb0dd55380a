//! Stage: a core with its provider, a driver on them that is captured, and what that driver keeps.

use crate::driver::{Driver, Found, Heard, Request, Supplied, succeeds};
use crate::verbs::Given;
use crate::walk;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wsksim::core::findings::Found as What;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::{Options, Subsystem};
use wsksim::provider::processor::{self, DISCONNECT};
use wsksim::provider::{
    Answer, Blame, ClientTable, Door, Held, Misuse, Provider, Report, Stopped, TableKind,
};
use wsksim::wsk::{Policies, Table, Turn, event};

pub(crate) const OK: NtStatus = NtStatus::SUCCESS;
pub(crate) const PENDING: NtStatus = NtStatus::PENDING;
/// A table of a client that asks for version 1.0.
pub(crate) const VERSION_1: ClientTable = ClientTable { version: Some(0x0100), reserved: 0 };
pub(crate) const INVALID: NtStatus = NtStatus::INVALID_PARAMETER;

/// What threads share.
pub(crate) struct Shared {
    pub(crate) core: Subsystem,
    pub(crate) provider: Arc<Provider>,
    serial: u32,
}

/// One thread's driver; a clone is the same.
#[derive(Clone)]
pub(crate) struct Stage(Rc<Inner>);

#[derive(Default)]
struct Inner {
    shared: Option<Arc<Shared>>,
    /// The numbers of the registration and of its client.
    registration: Cell<u64>,
    client: Cell<u64>,
    /// A finding is raised, too.
    raises: Cell<bool>,
    supplied: RefCell<Vec<Rc<Supplied>>>,
    sockets: RefCell<HashMap<u64, Rc<Supplied>>>,
    names: RefCell<HashMap<u64, String>>,
    /// What the sockets are called that `WskAcceptEvent` is shown next.
    next_accepted: RefCell<Vec<(String, Given)>>,
    handles: RefCell<HashMap<u64, u64>>,
    lent: RefCell<HashMap<u64, Rc<Request>>>,
    history: RefCell<Vec<String>>,
    found: RefCell<Vec<Found>>,
    /// How many findings of each kind the core had.
    counted: RefCell<Vec<u64>>,
    let_go: RefCell<Vec<Held>>,
    /// What a callback does whose socket has nothing of its own to do.
    default: RefCell<Option<Plain>>,
}

type Plain = Rc<dyn Fn(&str, &Heard) -> Answer>;

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with_options(Policies::default(), Options::default())
    }

    /// A finding is raised.
    pub(crate) fn raising() -> Self {
        let stage = Self::new();
        stage.0.raises.set(true);
        stage
    }

    pub(crate) fn with_options(policies: Policies, options: Options) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(100);
        let serial = LAST.fetch_add(1, Ordering::Relaxed);
        let core = Subsystem::new(options);
        let provider = Arc::new(Provider::new(&core, policies, serial));
        let stage = Self::beside(&Arc::new(Shared { core, provider, serial }));
        let (status, registration) =
            stage.with(|door, app| door.register(app, Some(VERSION_1), false)).unwrap();
        assert_eq!(status, OK);
        stage.0.registration.set(registration);
        let (status, client) = stage.turn(|turn| turn.capture(registration));
        assert_eq!(status, OK);
        stage.0.client.set(client);
        stage
    }

    /// Another thread's driver, without a registration.
    pub(crate) fn beside(shared: &Arc<Shared>) -> Self {
        Self(Rc::new(Inner { shared: Some(Arc::clone(shared)), ..Inner::default() }))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        self.0.shared.as_ref().expect("every stage has one")
    }

    /// The number that tells this subsystem's calls apart from another's.
    pub(crate) fn serial(&self) -> u32 {
        self.shared().serial
    }

    pub(crate) fn registration(&self) -> u64 {
        self.0.registration.get()
    }

    pub(crate) fn client(&self) -> u64 {
        self.0.client.get()
    }

    /// Calls the provider with a driver of its own, and lets go of what the machine does not need any more.
    pub(crate) fn with<T>(&self, act: impl FnOnce(Door<'_>, &mut Driver) -> T) -> T {
        self.asking(None, act)
    }

    /// As [`with`](Self::with), with the IRP of the call that is made.
    pub(crate) fn asking<T>(
        &self,
        request: Option<&Rc<Request>>,
        act: impl FnOnce(Door<'_>, &mut Driver) -> T,
    ) -> T {
        walk::acts();
        self.at_door(|door| act(door, &mut Driver::asking(self, request)))
    }

    fn at_door<T>(&self, act: impl FnOnce(Door<'_>) -> T) -> T {
        let Shared { core, provider, .. } = &**self.shared();
        let result = act(provider.on(core));
        for index in provider.machine().take_letting().closed {
            core.release(index);
        }
        result
    }

    /// Asks the machine what no function of WSK tells, or has a remote end act.
    pub(crate) fn turn<T>(&self, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        self.at_door(|door| door.turn(act))
    }

    // --- what the driver keeps ---

    /// A context and a table for a socket that is called `name`.
    pub(crate) fn supply(&self, name: &str, given: Given) -> (Table, Rc<Supplied>) {
        let Given { callbacks, .. } = given;
        let mut supplied = self.0.supplied.borrow_mut();
        let number = supplied.len() as u32;
        let made = Supplied::new(number, name, callbacks);
        supplied.push(Rc::clone(&made));
        let handler = if callbacks & event::DISCONNECT == 0 {
            HandlerId::NONE
        } else {
            HandlerId::new(HandlerKind::Single, number)
        };
        (Table::new(u64::from(number), handler, callbacks, u64::from(number) + 1), made)
    }

    pub(crate) fn supplied(&self, socket: u64) -> Option<Rc<Supplied>> {
        self.0.sockets.borrow().get(&socket).cloned()
    }

    /// What was supplied as the context of that number.
    pub(crate) fn supplied_as(&self, context: u64) -> Rc<Supplied> {
        Rc::clone(&self.0.supplied.borrow()[context as usize])
    }

    /// A socket is there.
    pub(crate) fn adopt(&self, socket: u64, supplied: Rc<Supplied>) {
        self.0.names.borrow_mut().insert(socket, supplied.name.clone());
        self.0.sockets.borrow_mut().insert(socket, supplied);
    }

    /// What the next socket is called that `WskAcceptEvent` is shown, and the callbacks that are written for it.
    pub(crate) fn expect_accepted(&self, name: &str, given: impl Into<Given>) {
        self.0.next_accepted.borrow_mut().push((name.to_owned(), given.into()));
    }

    /// `WskAcceptEvent` is shown a socket: what is written for it is written at once (L-7). The kind of its table, unless
    /// the provider takes it.
    pub(crate) fn show_accepted(&self, socket: u64) -> TableKind {
        let mut next = self.0.next_accepted.borrow_mut();
        let none = || ("accepted".to_owned(), Given::from(0));
        let (name, given) = if next.is_empty() { none() } else { next.remove(0) };
        drop(next);
        let kind = given.kind.clone();
        let (table, supplied) = self.supply(&name, given);
        self.adopt(socket, supplied);
        if kind == TableKind::Null {
            return kind;
        }
        match self.with(|door, _| door.accept_written(socket, &kind, table)) {
            None => kind,
            Some(taken) => {
                assert!(taken, "it is shown (A-20)");
                TableKind::Null
            }
        }
    }

    /// A socket is gone; its name stays.
    pub(crate) fn forget(&self, socket: u64) {
        self.note_handle(socket);
        self.0.sockets.borrow_mut().remove(&socket);
    }

    pub(crate) fn name(&self, socket: u64) -> String {
        let names = self.0.names.borrow();
        names
            .get(&socket)
            .cloned()
            .unwrap_or_else(|| if socket == 0 { "-".into() } else { socket.to_string() })
    }

    /// Closes what is left; nothing of it is under way afterwards.
    pub(crate) fn close_all(&self) {
        self.0.default.take();
        let mut open: Vec<u64> = self.0.sockets.borrow().keys().copied().collect();
        open.sort_unstable();
        for socket in open {
            self.close(Some(&Request::new("close")), socket);
        }
        self.drive();
        for (name, count) in self.turn(|turn| turn.pending()) {
            assert_eq!(count, 0, "{name}, after {:?}", self.heard());
        }
        let (flights, calls) = self.with(|door, _| door.under_way());
        assert_eq!((flights.len(), calls), (0, 0), "after {:?}", self.heard());
    }

    /// The socket of that name.
    pub(crate) fn id_of(&self, name: &str) -> Option<u64> {
        let names = self.0.names.borrow();
        names.iter().filter(|(_, known)| *known == name).map(|(id, _)| *id).max()
    }

    /// What callbacks do from now on whose socket has nothing of its own to do.
    pub(crate) fn by_default(&self, act: impl Fn(&str, &Heard) -> Answer + 'static) {
        *self.0.default.borrow_mut() = Some(Rc::new(act));
    }

    pub(crate) fn act_by_default(&self, name: &str, heard: &Heard) -> Answer {
        let act = self.0.default.borrow().clone();
        act.map_or_else(|| succeeds(name), |act| act(name, heard))
    }

    pub(crate) fn lend(&self, number: u64, request: Rc<Request>) {
        self.0.lent.borrow_mut().insert(number, request);
    }

    /// The request of that number, if it is not completed.
    pub(crate) fn lent(&self, number: u64) -> Option<Rc<Request>> {
        self.0.lent.borrow().get(&number).cloned()
    }

    pub(crate) fn take_back(&self, number: u64) -> Option<Rc<Request>> {
        self.0.lent.borrow_mut().remove(&number)
    }

    pub(crate) fn note(&self, event: String) {
        self.0.history.borrow_mut().push(event);
    }

    /// What was heard since this was asked last.
    pub(crate) fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.history.borrow_mut())
    }

    pub(crate) fn let_go(&self, held: Held) {
        self.0.let_go.borrow_mut().push(held);
    }

    /// Whether the provider let go of that.
    pub(crate) fn has_let_go(&self, held: &Held) -> bool {
        self.0.let_go.borrow().contains(held)
    }

    // --- findings ---

    pub(crate) fn found(&self, report: Report) -> Result<(), Stopped> {
        let Report { rule, found, mut socket, blame, before, .. } = report;
        if socket == 0
            && let Some(call) = processor::here().handler_call(self.serial())
        {
            socket = self.of_handle(call.handle);
        }
        self.0.found.borrow_mut().push(Found { rule, socket, blame, found, before });
        if self.0.raises.get() { Err(Stopped) } else { Ok(()) }
    }

    /// An IRP was treated as it cannot be (I-3).
    pub(crate) fn misused(&self, done: Result<(), Misuse>) {
        if let Err(Misuse { found, socket, .. }) = done {
            let report = Report::of("I-3", found, socket);
            self.with(|door, app| door.report(app, report)).expect("nothing is raised");
        }
    }

    /// The findings since this was asked last: the provider's, and then the core's of the disconnect handlers.
    pub(crate) fn findings(&self) -> Vec<Found> {
        let mut found = std::mem::take(&mut *self.0.found.borrow_mut());
        let mut counted = self.0.counted.borrow_mut();
        for (place, one) in self.shared().core.findings().iter().enumerate() {
            if counted.len() == place {
                counted.push(0);
            }
            let handle = one.subject.handle();
            let handle = handle.unwrap_or_else(|| panic!("of a connection: {one:?}"));
            for _ in counted[place]..one.count {
                found.push(Found {
                    rule: one.rule.id,
                    socket: self.of_handle(handle),
                    blame: Blame::Callback(DISCONNECT),
                    found: match &one.found {
                        What::Text(text) => text.clone(),
                        other => format!("{other:?}"),
                    },
                    before: None,
                });
            }
            counted[place] = one.count;
        }
        walk::looks(found.iter().map(|one| one.rule));
        found
    }

    /// The rules and sockets of the findings since this was asked last.
    pub(crate) fn rules(&self) -> Vec<String> {
        let found = self.findings();
        found.iter().map(|one| format!("{} {}", one.rule, self.name(one.socket))).collect()
    }

    /// The only finding since this was asked last.
    pub(crate) fn only(&self) -> Found {
        let mut found = self.findings();
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    fn note_handle(&self, socket: u64) {
        if let Some(handle) = self.turn(|turn| turn.handle(socket)) {
            self.0.handles.borrow_mut().insert(handle.bits(), socket);
        }
    }

    pub(crate) fn of_handle(&self, handle: SocketHandle) -> u64 {
        let sockets: Vec<u64> = self.0.sockets.borrow().keys().copied().collect();
        for socket in sockets {
            self.note_handle(socket);
        }
        self.0.handles.borrow().get(&handle.bits()).copied().unwrap_or(0)
    }
}
