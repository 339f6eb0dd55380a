//! World: one subsystem, what its application knows, and what must hold of it at any moment.

use crate::input::{Bytes, Input};
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wsksim::core::chooser::Schedule;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::irql::IrqlPolicy;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::{Options, Subsystem};
use wsksim::network::address::Address;
use wsksim::provider::{Door, Irp, Provider};
use wsksim::wsk::{Completions, Policies, Table, Turn, callback, event};

/// Threads that make calls; the last is the one that only drives.
pub(crate) const ACTORS: usize = 3;
const CALLBACKS: u32 =
    event::CONNECTION | event::ACCEPT | event::RECEIVE_FROM | callback::INSPECT | callback::ABORT;

/// What a socket is made as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Connection,
    Listen,
    Datagram,
    Stream,
}

/// A list that a callback kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) list: u64,
    /// Datagrams in it; none of a stream's.
    pub(crate) datagrams: Option<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// Calls of each thread that are inside functions of it.
    inside: [u32; ACTORS],
    /// Its close was called.
    pub(crate) closing: bool,
    /// Its close is complete, or it was refused: it is not the application's any more.
    pub(crate) gone: bool,
    /// No callback of it may come yet (D-27).
    pub(crate) early: bool,
    /// Callbacks of it that run.
    pub(crate) running: u32,
    /// A callback that runs will keep its list.
    pub(crate) keeping: u32,
    pub(crate) kept: Vec<Kept>,
    /// Edges that were indicated.
    pub(crate) edges: [bool; 2],
}

/// One socket of the application's.
#[derive(Debug)]
pub(crate) struct Sock {
    /// Its context, from 1.
    pub(crate) context: u64,
    pub(crate) kind: Kind,
    id: AtomicU64,
    standing: Mutex<Standing>,
    /// Requests of it that are not completed.
    pub(crate) open_requests: AtomicU32,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) name: &'static str,
    pub(crate) irp: Arc<Irp>,
    pub(crate) sock: Option<Arc<Sock>>,
    /// The socket that it yields.
    pub(crate) yields: Option<Arc<Sock>>,
    pub(crate) closes: bool,
    pub(crate) begun: AtomicU32,
    pub(crate) filled: AtomicU32,
    pub(crate) ran: AtomicU32,
    pub(crate) gone: AtomicU32,
    pub(crate) status: Mutex<Option<NtStatus>>,
    /// PendingReturned, and what the call returned.
    pub(crate) pending: AtomicBool,
    pub(crate) returned: Mutex<Option<NtStatus>>,
}

/// Everything.
pub(crate) struct World {
    pub(crate) core: Subsystem,
    pub(crate) provider: Arc<Provider>,
    pub(crate) registration: u64,
    pub(crate) client: u64,
    /// Whether programs may break rules.
    pub(crate) wild: bool,
    pub(crate) ends_by_shutting: bool,
    pub(crate) seen: Mutex<Seen>,
    /// What happens inside callbacks.
    pub(crate) inside: Mutex<Bytes>,
}

/// What the application knows.
#[derive(Default)]
pub(crate) struct Seen {
    /// Every socket, by context less 1.
    pub(crate) socks: Vec<Arc<Sock>>,
    /// Those that the application may use.
    pub(crate) usable: Vec<Arc<Sock>>,
    pub(crate) by_id: HashMap<u64, Arc<Sock>>,
    pub(crate) requests: Vec<Arc<Request>>,
    pub(crate) by_number: HashMap<u64, Arc<Request>>,
    /// IRPs whose routine has taken them.
    pub(crate) pool: Vec<Arc<Irp>>,
    /// Lists that the provider holds, or the application.
    pub(crate) lists: BTreeSet<u64>,
    pub(crate) inspections: Vec<(Arc<Sock>, (u64, u32))>,
    pub(crate) remotes: Vec<u64>,
    pub(crate) addresses: Vec<Address>,
    /// Rules that were broken on purpose.
    pub(crate) broken: BTreeSet<&'static str>,
    /// Rules that findings name, with what was found.
    pub(crate) found: Vec<(&'static str, String)>,
    pub(crate) failures: Vec<String>,
    /// What has come to pass, of what should in some program.
    pub(crate) met: BTreeSet<&'static str>,
    trace: DefaultHasher,
    pub(crate) steps: u64,
}

thread_local! {
    static ACTOR: Cell<usize> = const { Cell::new(0) };
}

/// From here on this thread is that actor.
pub(crate) fn become_actor(actor: usize) {
    ACTOR.set(actor);
}

/// A thread that failed has left a lock behind; what it guards is looked at all the same.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sock {
    pub(crate) fn id(&self) -> u64 {
        self.id.load(Ordering::SeqCst)
    }

    pub(crate) fn set_id(&self, id: u64) {
        self.id.store(id, Ordering::SeqCst);
    }

    pub(crate) fn standing(&self) -> MutexGuard<'_, Standing> {
        lock(&self.standing)
    }

    /// Runs `act` inside a function of it, unless it is being closed.
    pub(crate) fn used(&self, act: impl FnOnce()) {
        let actor = ACTOR.get();
        {
            let mut standing = self.standing();
            if standing.closing || standing.gone {
                return;
            }
            standing.inside[actor] += 1;
        }
        act();
        self.standing().inside[actor] -= 1;
    }

    /// Whether this thread may close it now, which it then has to.
    pub(crate) fn may_close(&self) -> bool {
        let mut standing = self.standing();
        let mut others = standing.inside;
        others[ACTOR.get()] = 0;
        let free = others == [0; ACTORS] && standing.kept.is_empty() && standing.keeping == 0;
        let may = free && !standing.closing && !standing.gone;
        standing.closing |= may;
        may
    }
}

impl World {
    /// `plain`: the provider takes its slow paths.
    pub(crate) fn new(input: &Input, wild: bool, plain: bool) -> Arc<Self> {
        let [how, levels, window, end] = input.header;
        let schedule = match how % 4 {
            0 | 1 => Schedule::Fifo,
            2 => Schedule::Explore,
            _ => Schedule::Pct(2),
        };
        let irql = match levels % 3 {
            0 => IrqlPolicy::Passive,
            1 => IrqlPolicy::Dispatch,
            _ => IrqlPolicy::Mixed,
        };
        let core = Subsystem::new(Options { schedule, irql, ..Options::default() });
        let policies = Policies {
            graceful_after_data: levels & 0x40 == 0,
            completions: match how >> 5 & 3 {
                0 => Completions::Inline,
                1 => Completions::Windows,
                2 => Completions::Later,
                _ => Completions::Drawn,
            },
            window: [3, 64, 65_536][usize::from(window) % 3],
            plain,
            ..Policies::default()
        };
        let provider = Arc::new(Provider::new(&core, policies, 1));
        let (registration, client) = provider.machine().turn(&core, |turn| {
            let registration = turn.register(0x0100);
            (registration, turn.capture(registration).1)
        });
        Arc::new(Self {
            core,
            provider,
            registration,
            client,
            wild,
            ends_by_shutting: end % 4 == 3,
            seen: Mutex::default(),
            inside: Mutex::new(Bytes::new(&input.streams[2])),
        })
    }

    pub(crate) fn see<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        act(&mut lock(&self.seen))
    }

    pub(crate) fn fail(&self, what: impl Into<String>) {
        self.see(|seen| seen.failures.push(what.into()));
    }

    pub(crate) fn check(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fail(what());
        }
    }

    /// It has come to pass.
    pub(crate) fn meets(&self, what: &'static str) {
        self.see(|seen| seen.met.insert(what));
    }

    /// A step of the history, which is the same whenever a program runs on one thread.
    pub(crate) fn note(&self, what: impl Hash) {
        self.see(|seen| {
            what.hash(&mut seen.trace);
            seen.steps += 1;
        });
    }

    pub(crate) fn trace(&self) -> u64 {
        self.see(|seen| seen.trace.finish())
    }

    /// A rule is broken on purpose from here on.
    pub(crate) fn breaks(&self, rules: &[&'static str]) {
        self.see(|seen| seen.broken.extend(rules));
    }

    /// A socket that is about to be made.
    pub(crate) fn sock(&self, kind: Kind) -> Arc<Sock> {
        self.see(|seen| {
            let sock = Arc::new(Sock {
                context: seen.socks.len() as u64 + 1,
                kind,
                id: AtomicU64::new(0),
                standing: Mutex::default(),
                open_requests: AtomicU32::new(0),
            });
            seen.socks.push(Arc::clone(&sock));
            sock
        })
    }

    pub(crate) fn table(sock: &Sock) -> Table {
        Table::new(sock.context, HandlerId::new(HandlerKind::Single, 0), CALLBACKS, 0)
    }

    /// Calls the provider, and gives back what it needs no more.
    pub(crate) fn with_door<T>(&self, act: impl FnOnce(Door<'_>) -> T) -> T {
        let result = act(self.provider.on(&self.core));
        self.core.release_many(self.provider.machine().take_letting().closed);
        result
    }

    pub(crate) fn turn<T>(&self, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        self.with_door(|door| door.turn(act))
    }

    /// The connection with a context.
    pub(crate) fn of_context(&self, context: u64) -> Option<Arc<Sock>> {
        self.see(|seen| seen.socks.get(context as usize - 1).cloned())
    }

    /// A callback of a socket begins.
    pub(crate) fn enter(&self, sock: &Sock, name: &'static str) {
        self.meets(name);
        let mut standing = sock.standing();
        standing.running += 1;
        let (gone, early, running) = (standing.gone, standing.early, standing.running);
        drop(standing);
        let context = sock.context;
        self.check(!gone, || format!("{name} of socket {context}, whose close is complete (C-14)"));
        self.check(!early, || format!("{name} of socket {context}, before its routine or accept callback has returned (D-27)"));
        self.check(running == 1, || {
            format!("{name} of socket {context} beside another callback of it (D-24)")
        });
        self.note((name, context));
    }

    pub(crate) fn leave(&self, sock: &Sock) {
        sock.standing().running -= 1;
    }

    /// An edge is indicated.
    pub(crate) fn edge(&self, sock: &Sock, abortive: bool) {
        let mut standing = sock.standing();
        let before = std::mem::replace(&mut standing.edges[usize::from(abortive)], true);
        let wrong = before || !abortive && standing.edges[1];
        drop(standing);
        self.check(!wrong, || {
            format!("an edge of socket {} again, or graceful after abortive (D-21)", sock.context)
        });
    }

    pub(crate) fn released(&self, index: u32) {
        self.turn(|turn| turn.closed(index));
    }

    pub(crate) fn ended(&self, handle: SocketHandle) {
        self.turn(|turn| turn.ended(handle));
    }
}
