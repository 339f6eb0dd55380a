//! What one subsystem's Python objects and its worker threads share.

use crate::core::dispatch::{Drive, Host, Step};
use crate::core::error::CoreError;
use crate::core::handlers::HandlerId;
use crate::core::subsystem::{Options, Subsystem as Core};
use crate::core::sync::Mutex;
use crate::provider::{Provider, is_chained};
use crate::py::drive::handlers::NativeHandler;
use crate::py::drive::{running, ticker};
use crate::py::keep::owned::Owned;
use crate::py::runs::storm_sockets::Blocks;
use crate::py::sharing::holding::Holding;
use crate::py::sockets::bulk::Crews;
use crate::py::values::export::{in_each_child, take_turns};
use crate::py::wsk::provider::Provider as PythonProvider;
use crate::py::wsk::tables::Tables;
use crate::storm::Timing;
use crate::wsk::{Machine, Policies};
use pyo3::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long the last calls of a drive that was told to stop are waited for, and how long at a time.
const PATIENCE: Duration = Duration::from_secs(5);
const NAP: Duration = Duration::from_micros(500);

/// How often this process is the child of a fork, as far as the extension was told.
static FORKS: AtomicU32 = AtomicU32::new(0);
static SERIALS: AtomicU32 = AtomicU32::new(1);

thread_local! {
    /// How many drives call handlers on this thread.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
    /// Whom it drives.
    static DRIVEN: RefCell<Vec<Arc<Shared>>> = const { RefCell::new(Vec::new()) };
}

/// Has forks counted, also those that Python does not see, of C code's.
pub(crate) fn count_forks() {
    extern "C" fn count() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    in_each_child(count);
}

/// Called in the child after a fork: every subsystem made before is unusable there (R23).
#[pyfunction]
pub(crate) fn _after_fork() {
    // Relaxed: the child has one thread.
    FORKS.fetch_add(1, Ordering::Relaxed);
    // A handler forked: the drive that called it is the parent's, and ends here after the call.
    DRIVEN.with_borrow(|driven| driven.iter().for_each(|shared| shared.core.ask_for_halt()));
    running::leave_to_parent();
    ticker::leave_to_parent();
}

/// Marks this thread as one that calls handlers, for as long as it lives.
pub(crate) struct Inside(());

impl Inside {
    pub(crate) fn enter(shared: &Arc<Shared>) -> Self {
        DRIVEN.with_borrow_mut(|driven| driven.push(Arc::clone(shared)));
        INSIDE.with(|depth| depth.set(depth.get() + 1));
        Self(())
    }

    /// Whether this thread runs a handler (or the loop around it), or a completion routine: there no
    /// drive may begin.
    pub(crate) fn here() -> bool {
        Self::driving() || is_chained()
    }

    /// Whether this thread drives.
    pub(crate) fn driving() -> bool {
        INSIDE.with(Cell::get) > 0
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with(|depth| depth.set(depth.get() - 1));
        // Its owner has another reference, so nothing is let go of here.
        let shared = DRIVEN.with_borrow_mut(Vec::pop);
        drop(shared);
    }
}

/// The core of one subsystem and the Python objects that belong to it.
pub(crate) struct Shared {
    pub(crate) core: Core,
    pub(crate) owned: Owned,
    /// Told apart from every other subsystem of this process in the handles that users see.
    pub(crate) serial: u32,
    forks: u32,
    /// Sockets whose close completed on a detached thread, to be released when attached.
    graveyard: Mutex<Vec<u32>>,
    /// Calls of the last stretch of a drive.
    pub(crate) stretch: AtomicU64,
    /// Who works in bulk.
    pub(crate) crews: Crews,
    policies: Policies,
    provider: OnceLock<Arc<Provider>>,
    /// What the contract machine's sockets keep alive.
    pub(crate) tables: Tables,
    /// Python's view of the provider, once an application has called it.
    pub(crate) application: Mutex<Option<Py<PythonProvider>>>,
    /// What C handlers are called, by number.
    pub(crate) natives: Mutex<HashMap<u32, String>>,
    /// A handler raised SystemExit.
    pub(crate) left: AtomicBool,
    /// What a storm times; empty unless one was asked to.
    pub(crate) timing: OnceLock<Timing>,
    /// The contexts of a storm's C handler. Here they outlive every call: workers share this.
    pub(crate) blocks: OnceLock<Blocks>,
}

impl Shared {
    pub(crate) fn new(
        py: Python<'_>,
        options: Options,
        policies: Policies,
        choices: Option<Vec<u32>>,
    ) -> PyResult<Self> {
        let core = Core::choosing(options, choices);
        take_turns(py, &core)?;
        Ok(Self {
            core,
            owned: Owned::default(),
            serial: SERIALS.fetch_add(1, Ordering::Relaxed),
            forks: FORKS.load(Ordering::Relaxed),
            graveyard: Mutex::new(Vec::new()),
            stretch: AtomicU64::new(0),
            crews: Crews::default(),
            policies,
            provider: OnceLock::new(),
            tables: Tables::default(),
            application: Mutex::new(None),
            natives: Mutex::default(),
            left: AtomicBool::new(false),
            timing: OnceLock::new(),
            blocks: OnceLock::new(),
        })
    }

    /// One step of a drive; its calls are timed if a storm wants that.
    pub(crate) fn step<H: Host>(&self, drive: &mut Drive<'_>, host: &mut H, calls: u64) -> Step {
        match self.timing.get() {
            None => drive.step(host, calls),
            Some(timing) => timing.step(drive, host, calls),
        }
    }

    /// Registers a C handler under the name that findings call it.
    pub(crate) fn native_handler(
        &self,
        handler: &Bound<'_, NativeHandler>,
    ) -> Result<HandlerId, CoreError> {
        let handler = handler.get();
        let id = self.core.native_handler(handler.address())?;
        self.natives.lock().entry(id.bits()).or_insert_with(|| handler.name().to_owned());
        Ok(id)
    }

    /// The options under which a run repeats.
    pub(crate) fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The provider, made on first use.
    pub(crate) fn provider(&self) -> &Arc<Provider> {
        self.provider
            .get_or_init(|| Arc::new(Provider::new(&self.core, self.policies, self.serial)))
    }

    /// The contract machine, if it was ever used.
    pub(crate) fn present_machine(&self) -> Option<&Machine> {
        self.provider.get().map(|provider| provider.machine())
    }

    /// Closes the contract machine, if there is one.
    pub(crate) fn shut_machine(&self) {
        if let Some(machine) = self.present_machine() {
            machine.turn(&self.core, |turn| turn.shut());
        }
    }

    /// Waits while a drive that was told to stop ends: its running calls may take a moment, after Ctrl-C too.
    pub(crate) fn wait_for_the_last(&self, py: Python<'_>) -> PyResult<()> {
        let began = Instant::now();
        while self.core.is_driven() && self.core.is_halted() && began.elapsed() < PATIENCE {
            py.detach(|| sleep(NAP));
            py.check_signals()?;
        }
        Ok(())
    }

    /// Lets go of what the machine needs no more.
    pub(crate) fn let_go(&self, py: Python<'_>, machine: &Machine) {
        let letting = machine.take_letting();
        if !(letting.gone.is_empty() && letting.closed.is_empty()) {
            self.tables.let_go(py, self, &letting);
        }
    }

    /// Whether this process is a forked child of the one that made the subsystem.
    #[inline]
    pub(crate) fn is_forked(&self) -> bool {
        self.forks != FORKS.load(Ordering::Relaxed)
    }

    /// Remembers closed sockets until a thread is attached; takes no reference and runs no Python.
    pub(crate) fn inter(&self, indices: &mut Vec<u32>) {
        if !indices.is_empty() {
            self.graveyard.lock().append(indices);
        }
    }

    /// Lets go of what closed sockets own and frees their slots, those interred earlier included.
    pub(crate) fn bury(&self, py: Python<'_>, indices: &[u32]) {
        self.bury_all(py, indices);
        let interred = std::mem::take(&mut *self.graveyard.lock());
        self.bury_all(py, &interred);
    }

    fn bury_all(&self, py: Python<'_>, indices: &[u32]) {
        let (mut left, mut at_once) = (indices, 1 << 16);
        // Most have few sockets, and the time is not looked at for nothing.
        let mut holding = (indices.len() > at_once).then(Holding::begin);
        // Last chunk first, so that slots are opened again in the order in which they were closed.
        while !left.is_empty() {
            let count = left.len().min(at_once);
            let mut objects = Vec::new();
            // Each slot's object, and at most as many handlers. A close may not fail for want of memory.
            if objects.try_reserve_exact(2 * count).is_err() && count > 1 {
                at_once = count / 2;
                continue;
            }
            let indices;
            (left, indices) = left.split_at(left.len() - count);
            self.owned.take(indices, &mut objects);
            let mut run: Option<(HandlerId, u64)> = None;
            for &index in indices {
                // Read before the release: then the slot may be opened again.
                let handler = self.core.handler_of(index);
                run = match run {
                    Some((same, sockets)) if same == handler => Some((same, sockets + 1)),
                    ended => {
                        objects.extend(ended.and_then(|(id, n)| self.owned.forget_handler(id, n)));
                        Some((handler, 1))
                    }
                };
            }
            objects.extend(run.and_then(|(id, n)| self.owned.forget_handler(id, n)));
            self.core.release_many(indices.iter().copied());
            drop(objects);
            if let Some(holding) = &mut holding {
                holding.share(py);
            }
        }
    }
}
