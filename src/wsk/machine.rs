//! Machine: the state behind one lock, and a turn: one call's time with it.
//!
//! No completion routine and no callback runs under the lock, so each may call back in (I-16, D-11,
//! D-12), and no callback runs on the stack of a call into the machine (D-28, U-23). Data and addresses
//! are copied in and out, so the application's buffers need to live no longer than each call; the side that
//! keeps them sees to it that they live until completion (I-9).

use crate::core::chooser::Point;
use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::irql::{Irql, IrqlPolicy};
use crate::core::ledger::Ledger;
use crate::core::subsystem::Subsystem;
use crate::core::sync::{AtomicBool, Condvar, Mutex, Ordering, wait_for};
use crate::network::Party;
use crate::network::address::Address;
use crate::network::line::Line;
use crate::network::names::Names;
use crate::network::ports::Ports;
use crate::network::remote::Remote;
use crate::network::routes::Routes;
use crate::wsk::client::{Client, Registration};
use crate::wsk::errand::{Errand, Running};
use crate::wsk::irp::{Completion, Place};
use crate::wsk::numbers::{ByIndex, Counter};
use crate::wsk::planning::Plans;
use crate::wsk::policies::{Completions, Policies};
use crate::wsk::ready::Ready;
use crate::wsk::socket::{Socket, State};
use crate::wsk::watching::{Ages, Arrivals, Notice};
use foldhash::{HashMap, HashMapExt as _};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

/// Core sockets and contexts that the owner of the objects has to let go of.
#[derive(Debug, Default)]
pub struct Let {
    /// Indices of core sockets whose close is complete: to be released.
    pub closed: Vec<u32>,
    /// Owners of tables that no socket has any more, and whether a core socket was opened with each.
    pub gone: Vec<(u64, bool)>,
}

impl Let {
    fn is_empty(&self) -> bool {
        self.closed.is_empty() && self.gone.is_empty()
    }
}

/// Everything that a machine knows.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) policies: Policies,
    pub(crate) irql: IrqlPolicy,
    pub(crate) provider_absent: bool,
    /// The subsystem is closed.
    pub(crate) shut: bool,
    /// Moves whenever a blocked capture or deregister may see something new.
    pub(crate) changes: u64,
    pub(crate) last_id: Counter,
    /// Sockets are numbered apart from all else, so that people can tell them by their numbers.
    pub(crate) last_socket: Counter,
    pub(crate) last_line: Counter,
    pub(crate) last_remote: Counter,
    pub(crate) registrations: HashMap<u64, Registration>,
    pub(crate) clients: HashMap<u64, Client>,
    pub(crate) descriptors: BTreeMap<u64, u64>,
    pub(crate) sockets: Ledger<Socket>,
    pub(crate) by_index: ByIndex,
    /// Room for the core socket that is opened.
    pub(crate) opened: Vec<SocketHandle>,
    /// Who asked a conditional listener and is not answered: the listener, and the request's serial there.
    pub(crate) requests: HashMap<Party, (u64, u32)>,
    pub(crate) ports: Ports,
    /// Which host of each crowd connects next.
    pub(crate) crowds: [u32; Address::CROWDS],
    pub(crate) routes: Routes,
    pub(crate) names: Names,
    pub(crate) lines: Ledger<Line>,
    pub(crate) remotes: Ledger<Remote>,
    /// IRPs that wait, and where.
    pub(crate) waiting: Ledger<Place>,
    /// Errands that may run; as many as the core was told of.
    pub(crate) ready: Ready,
    /// IRPs whose cancel has lost so far (I-12).
    pub(crate) late: VecDeque<u64>,
    /// Errands of sockets that are on hold or busy.
    pub(crate) parked: HashMap<u64, VecDeque<Errand>>,
    /// Few: as many as there are drives, and calls inside calls.
    pub(crate) running: Vec<(u64, Running)>,
    /// Inline completions whose routine has not returned, and the socket that each holds: few likewise.
    pub(crate) tokens: Vec<(u64, u64)>,
    pub(crate) transitions: [[u64; State::COUNT]; State::COUNT],
    pub(crate) letting: Let,
    pub(crate) announced: usize,
    /// Lines on which something may move, each once; the first one is looked at first.
    pub(crate) stirred: BinaryHeap<Reverse<u64>>,
    /// Threads that wait for `changes`.
    pub(crate) waiters: u32,
    /// What happened to remote ends, if anybody wants to know.
    pub(crate) notices: Option<Vec<(u64, Notice)>>,
    pub(crate) arrivals: Arrivals,
    /// Since when sockets stand as they stand, likewise.
    pub(crate) ages: Option<Ages>,
    /// For which instants the doings of remote ends were planned, likewise.
    pub(crate) plans: Option<Plans>,
}

impl Inner {
    /// How many errands a drive may fetch.
    pub(crate) fn due(&self) -> usize {
        self.ready.len() + self.late.len()
    }
}

/// The contract machine of one subsystem.
#[derive(Debug)]
pub struct Machine {
    pub(super) inner: Mutex<Inner>,
    changed: Condvar,
    /// Something is to be let go of: most calls find nothing, without the lock.
    lets_go: AtomicBool,
}

impl Machine {
    /// A machine beside `core`.
    #[must_use]
    pub fn new(core: &Subsystem, policies: Policies) -> Self {
        let inner = Inner {
            policies,
            irql: core.options().irql,
            provider_absent: false,
            shut: core.is_shut(),
            changes: 0,
            last_id: Counter::default(),
            last_socket: Counter::default(),
            last_line: Counter::default(),
            last_remote: Counter::default(),
            registrations: HashMap::new(),
            clients: HashMap::new(),
            descriptors: BTreeMap::new(),
            sockets: Ledger::default(),
            by_index: ByIndex::default(),
            opened: Vec::new(),
            requests: HashMap::new(),
            ports: Ports::default(),
            crowds: Default::default(),
            routes: Routes::default(),
            names: Names::default(),
            lines: Ledger::default(),
            remotes: Ledger::default(),
            waiting: Ledger::default(),
            ready: Ready::default(),
            late: VecDeque::new(),
            parked: HashMap::new(),
            running: Vec::new(),
            tokens: Vec::new(),
            transitions: [[0; State::COUNT]; State::COUNT],
            letting: Let::default(),
            announced: 0,
            stirred: BinaryHeap::new(),
            waiters: 0,
            notices: None,
            arrivals: Arrivals::default(),
            ages: None,
            plans: None,
        };
        Self { inner: Mutex::new(inner), changed: Condvar::new(), lets_go: AtomicBool::new(false) }
    }

    /// Takes the lock for one call. `core` has to be the one that the machine was made for.
    pub fn turn<T>(&self, core: &Subsystem, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let mut inner = self.inner.lock();
        let changes = inner.changes;
        let mut turn = Turn {
            on: &mut inner,
            core,
            current: 0,
            decided: None,
            breach: None,
            defers: false,
            at_once: false,
        };
        let result = act(&mut turn);
        // Under the lock, so that the core's count follows the list in the same order.
        let (ready, announced) = (inner.due(), inner.announced);
        inner.announced = ready;
        if ready > announced {
            core.add_errands((ready - announced) as u64);
        } else if announced > ready {
            core.take_errands((announced - ready) as u64);
        }
        if !inner.letting.is_empty() {
            // Relaxed: this thread sees it, and the lock orders the rest.
            self.lets_go.store(true, Ordering::Relaxed);
        }
        if inner.changes != changes && inner.waiters > 0 {
            self.changed.notify_all();
        }
        result
    }

    /// Waits a moment for the change counter to leave `seen`; returns it as it stands.
    pub fn wait_change(&self, seen: u64, limit: Duration) -> u64 {
        let mut inner = self.inner.lock();
        if inner.changes != seen {
            return inner.changes;
        }
        inner.waiters += 1;
        let mut inner = wait_for(&self.changed, inner, limit);
        inner.waiters -= 1;
        inner.changes
    }

    /// The change counter.
    pub fn changes(&self) -> u64 {
        self.inner.lock().changes
    }

    /// Takes what the owner of the application's objects has to let go of.
    pub fn take_letting(&self) -> Let {
        if !self.lets_go.load(Ordering::Relaxed) {
            return Let::default();
        }
        let mut inner = self.inner.lock();
        self.lets_go.store(false, Ordering::Relaxed);
        std::mem::take(&mut inner.letting)
    }

    /// Releases the core sockets whose close is complete, for an owner that keeps nothing else for the machine.
    pub fn release_closed(&self, core: &Subsystem) {
        if !self.lets_go.load(Ordering::Relaxed) {
            return;
        }
        let mut inner = self.inner.lock();
        self.lets_go.store(false, Ordering::Relaxed);
        let Let { closed, gone } = &mut inner.letting;
        gone.clear();
        if !closed.is_empty() {
            core.release_many(closed.drain(..));
        }
    }
}

/// One call's time with the machine.
#[derive(Debug)]
pub struct Turn<'m> {
    pub(crate) on: &'m mut Inner,
    pub(crate) core: &'m Subsystem,
    /// The IRP of this call.
    pub(crate) current: u64,
    /// Its completion, once this call decided it.
    pub(crate) decided: Option<Completion>,
    pub(crate) breach: Option<&'static str>,
    /// The caller runs a completion routine: what this call decides is completed by a drive (I-11).
    pub(crate) defers: bool,
    /// This call answers its final status, however others do.
    pub(crate) at_once: bool,
}

impl Turn<'_> {
    pub(crate) fn new_id(&mut self) -> u64 {
        self.on.last_id.next()
    }

    pub(crate) fn new_socket(&mut self) -> u64 {
        self.on.last_socket.next()
    }

    /// A socket that the caller knows to exist.
    #[track_caller]
    pub(crate) fn at(&mut self, id: u64) -> &mut Socket {
        self.on.sockets.get_mut(id).expect("Invariant: the caller found the socket in this turn")
    }

    pub(crate) fn look(&self, id: u64) -> Option<&Socket> {
        self.on.sockets.get(id)
    }

    /// Whether a socket is there and is so.
    pub(crate) fn has(&self, id: u64, is: impl FnOnce(&Socket) -> bool) -> bool {
        self.look(id).is_some_and(is)
    }

    /// Moves a socket to another state (contract 3.3), and counts the transition.
    pub(crate) fn go(&mut self, id: u64, to: State) {
        let socket = self.at(id);
        let from = std::mem::replace(&mut socket.state, to);
        if socket.is_connection() && from != to {
            self.on.transitions[from as usize][to as usize] += 1;
        }
        self.note_age(id);
    }

    /// How the request of this call is answered and completed, now that it is decided. No drive comes to a subsystem that is
    /// closed.
    pub(crate) fn way(&mut self) -> Completions {
        const WAYS: [Completions; 3] =
            [Completions::Inline, Completions::Windows, Completions::Later];
        let at_once = std::mem::take(&mut self.at_once);
        if self.defers {
            return Completions::Later;
        }
        if at_once {
            return Completions::Inline;
        }
        let way = match self.on.policies.completions {
            Completions::Drawn => WAYS[self.core.choose(Point::Completion, 3) as usize % 3],
            way => way,
        };
        if way == Completions::Later && self.on.shut { Completions::Windows } else { way }
    }

    /// Chooses the level of one callback (D-9).
    pub(crate) fn draw_irql(&mut self) -> Irql {
        match self.on.irql {
            IrqlPolicy::Passive => Irql::Passive,
            IrqlPolicy::Dispatch => Irql::Dispatch,
            IrqlPolicy::Mixed if self.core.choose(Point::Level, 2) == 0 => Irql::Passive,
            IrqlPolicy::Mixed => Irql::Dispatch,
        }
    }

    /// The state of a socket; `None` once it is closed.
    #[must_use]
    pub fn state(&self, id: u64) -> Option<State> {
        self.look(id).map(|socket| socket.state)
    }

    /// The core socket behind a connection.
    #[must_use]
    pub fn handle(&self, id: u64) -> Option<SocketHandle> {
        self.look(id).and_then(|socket| socket.handle)
    }

    /// The socket behind which a connection of the core is.
    #[must_use]
    pub fn socket_of(&self, handle: SocketHandle) -> Option<u64> {
        let id = self.on.by_index.get(handle.index)?;
        self.look(id).filter(|socket| socket.handle == Some(handle)).map(|_| id)
    }

    /// The events that are enabled on a socket, however that came (E-2).
    #[must_use]
    pub fn enabled_events(&self, id: u64) -> u32 {
        self.look(id).map_or(0, |socket| socket.enabled | socket.statics | socket.inherit)
    }

    /// How often each transition of section 3.3 was made.
    #[must_use]
    pub fn transitions(&self) -> Vec<(State, State, u64)> {
        let made = State::ALL.into_iter().flat_map(|from| State::ALL.map(|to| (from, to)));
        let counted =
            made.map(|(from, to)| (from, to, self.on.transitions[from as usize][to as usize]));
        counted.filter(|&(_, _, count)| count > 0).collect()
    }

    /// What has not come to an end: IRPs, errands, running calls, holds, unread bytes.
    #[must_use]
    pub fn pending(&self) -> [(&'static str, usize); 6] {
        let lines = self.on.lines.values();
        let unread = lines.flat_map(|line| &line.ends).map(|end| end.incoming.len()).sum();
        [
            ("requests", self.on.waiting.len()),
            ("errands", self.on.due()),
            ("parked", self.on.parked.values().map(VecDeque::len).sum()),
            ("running", self.on.running.len()),
            ("tokens", self.on.tokens.len()),
            ("unread", unread),
        ]
    }

    /// Posts an edge of a connection that has a core socket.
    pub(crate) fn post(&mut self, id: u64, edge: Edge) {
        if let Some(handle) = self.at(id).handle {
            self.plan_edge(id, handle, edge);
            let _ = self.core.post(handle, edge);
        }
    }
}
