//! Threads: each thread of a driver, each callback and each routine is a coroutine; one of them runs at a time.

use crate::c::kernel::memory::Block;
use crate::c::kernel::waits::Wait;
use crate::c::site;
use crate::provider::processor::Carried;
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, Yielder};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// Bytes of a stack: system memory is used as far as it is touched.
const STACK: usize = 512 * 1_024;
/// So many stacks are kept for the next coroutines.
const KEPT: usize = 64;

type Routine = Coroutine<(), (), (), DefaultStack>;
/// What a running coroutine gives the processor back with.
type Back = Yielder<(), ()>;

thread_local! {
    static STACKS: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
    /// The coroutine that runs here.
    static RUNNING: Cell<*const Back> = const { Cell::new(ptr::null()) };
}

/// What a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The caller of DriverEntry or of the unload routine.
    Main,
    /// One that the driver started.
    System,
    /// One of the system's, which runs a callback or a completion routine.
    Arbitrary,
    /// A deferred routine, at DISPATCH.
    Deferred,
    /// One of the system's, which runs a work item.
    Work,
}

/// Whether a thread can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It can.
    Ready,
    /// It waits.
    Waiting,
    /// It has ended.
    Ended,
}

/// One thread.
pub(crate) struct Thread {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) state: State,
    /// What it waits for.
    pub(crate) wait: Option<Wait>,
    /// Its `KTHREAD`.
    pub(crate) object: Block,
    /// The first of its frames of `__try`.
    pub(crate) frames: Block,
    /// Where it entered the critical regions that it is inside of, innermost last.
    pub(crate) regions: Vec<u64>,
    /// Where it was started, as an address.
    pub(crate) start: u64,
    routine: Option<Routine>,
    back: *const Back,
    carried: Carried,
    site: u64,
}

impl std::fmt::Debug for Thread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "thread {} ({:?}, {:?})", self.number, self.kind, self.state)
    }
}

/// `sizeof(KTHREAD)`, of which drivers see the header only.
const OBJECT: usize = 64;
/// The type in the header of a thread.
pub(crate) const THREAD_OBJECT: u8 = 6;

/// Why no coroutine could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Thread {
    /// A thread that begins with `body`.
    ///
    /// # Errors
    ///
    /// [`NoRoom`].
    pub(crate) fn new(
        number: u32,
        kind: Kind,
        start: u64,
        body: impl FnOnce() + 'static,
        failed: impl FnOnce(String) + 'static,
    ) -> Result<Self, NoRoom> {
        let kept = STACKS.with_borrow_mut(Vec::pop);
        let stack = kept.map_or_else(|| DefaultStack::new(STACK).map_err(|_| NoRoom), Ok)?;
        let routine = Coroutine::with_stack(stack, move |back: &Back, ()| {
            RUNNING.set(back);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
                failed(said(&*panic));
            }
        });
        let object = Block::new(OBJECT).ok_or(NoRoom)?;
        crate::c::kernel::memory::write(object.at(), THREAD_OBJECT);
        Ok(Self {
            number,
            kind,
            state: State::Ready,
            wait: None,
            object,
            frames: Block::new(8).ok_or(NoRoom)?,
            regions: Vec::new(),
            start,
            routine: Some(routine),
            back: ptr::null(),
            carried: Carried::new(),
            site: 0,
        })
    }

    /// Takes what runs it, to be run while the thread stays where it is.
    pub(crate) fn take(&mut self) -> Option<Turn> {
        let routine = self.routine.take()?;
        let carried = std::mem::take(&mut self.carried);
        Some(Turn { routine, back: self.back, carried, site: self.site })
    }

    /// Gives it back, if it can go on later.
    pub(crate) fn give(&mut self, turn: Turn) {
        let Turn { routine, back, carried, site } = turn;
        if routine.done() {
            self.state = State::Ended;
            keep(routine);
            return;
        }
        if self.state == State::Ended {
            abandon(routine);
            return;
        }
        self.routine = Some(routine);
        (self.back, self.carried, self.site) = (back, carried, site);
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(routine) = self.routine.take() {
            abandon(routine);
        }
    }
}

/// Keeps the stack of a coroutine that has ended.
fn keep(routine: Routine) {
    let stack = routine.into_stack();
    // A thread that ends keeps none.
    let _ = STACKS.try_with(|stacks| {
        let mut stacks = stacks.borrow_mut();
        if stacks.len() < KEPT {
            stacks.push(stack);
        }
    });
}

/// Lets go of a coroutine wherever it is. What its frames hold stays: they are mostly the driver's, which nobody unwinds.
fn abandon(mut routine: Routine) {
    if !routine.done() {
        // SAFETY: nobody reads the stack again: whoever waits for this thread is told that it has ended, and the run ends
        // before what the driver may have put there is used.
        unsafe { routine.force_reset() };
    }
    keep(routine);
}

/// What runs a thread, on its way.
pub(crate) struct Turn {
    routine: Routine,
    back: *const Back,
    carried: Carried,
    site: u64,
}

impl Turn {
    /// Runs it until it gives the processor back.
    pub(crate) fn run(&mut self) {
        let outer = RUNNING.replace(self.back);
        let own = site::replace(self.site);
        self.carried.exchange();
        self.routine.resume(());
        self.carried.exchange();
        self.site = site::replace(own);
        self.back = RUNNING.replace(outer);
    }
}

/// Gives the processor back, until somebody runs this thread again.
pub(crate) fn suspend() {
    let back = RUNNING.get();
    assert!(!back.is_null(), "Invariant: a driver's code runs in a coroutine");
    // SAFETY: it is that of the coroutine that runs here, and lives as long as its stack.
    unsafe { &*back }.suspend(());
}

/// What a panic said.
pub(crate) fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}
