//! Threads: each thread of a driver, each callback and each routine is a coroutine; one of them runs at a time.

use crate::c::kernel::memory::Block;
use crate::c::kernel::waits::Wait;
use crate::c::sanitizers::{self, Bounds, Fiber, Resumer};
use crate::c::site::{self, Site};
use crate::provider::processor::Carried;
use corosensei::stack::{DefaultStack, Stack as _};
use corosensei::{Coroutine, Yielder};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// Bytes of a stack: system memory is used as far as it is touched.
const STACK: usize = 512 * 1_024;
/// So many callers are told of.
const MOST_CALLERS: usize = 16;
/// So many stacks are kept for the next coroutines.
const KEPT: usize = 64;

type Routine = Coroutine<(), (), (), DefaultStack>;
/// What a running coroutine gives the processor back with.
type Back = Yielder<(), ()>;

thread_local! {
    static STACKS: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
    /// The coroutine that runs here.
    static RUNNING: Cell<*const Back> = const { Cell::new(ptr::null()) };
    /// Whom it gives the processor back to, as a sanitizer knows that one.
    static RESUMER: Cell<Resumer> = const { Cell::new(Resumer::NOBODY) };
    /// The stack of the coroutine that runs here, from its lowest address to its highest.
    static STACK_HERE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
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
    /// Its `KTHREAD`, and behind it the first of its frames of `__try`.
    pub(crate) object: Block,
    /// Where it entered the critical regions that it is inside of, innermost last.
    pub(crate) regions: Vec<u64>,
    /// Where it was started, as an address.
    pub(crate) start: u64,
    routine: Option<Routine>,
    back: *const Back,
    carried: Carried,
    site: Site,
    fiber: Option<Fiber>,
    stack: (usize, usize),
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
        let fiber = Some(Fiber::new(bounds_of(&stack)));
        let ends = (stack.limit().get(), stack.base().get());
        let routine = Coroutine::with_stack(stack, move |back: &Back, ()| {
            RUNNING.set(back);
            arrive(ptr::null_mut());
            if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
                failed(said(&*panic));
            }
            sanitizers::leaving(&RESUMER.get(), true);
        });
        let object = Block::new(OBJECT + size_of::<usize>()).ok_or(NoRoom)?;
        crate::c::kernel::memory::write(object.at(), THREAD_OBJECT);
        Ok(Self {
            number,
            kind,
            state: State::Ready,
            wait: None,
            object,
            regions: Vec::new(),
            start,
            routine: Some(routine),
            back: ptr::null(),
            carried: Carried::new(),
            site: Site::default(),
            fiber,
            stack: ends,
        })
    }

    /// Where the first of its frames of `__try` is noted.
    pub(crate) fn frames(&self) -> usize {
        self.object.at() + OBJECT
    }

    /// Takes what runs it, to be run while the thread stays where it is.
    pub(crate) fn take(&mut self) -> Option<Turn> {
        let routine = self.routine.take()?;
        let carried = std::mem::take(&mut self.carried);
        let fiber = self.fiber.take();
        let (back, site, stack) = (self.back, self.site, self.stack);
        Some(Turn { routine, back, carried, site, fiber, stack })
    }

    /// Gives it back, if it can go on later.
    pub(crate) fn give(&mut self, turn: Turn) {
        let Turn { routine, back, carried, site, fiber, .. } = turn;
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
        (self.back, self.carried, self.site, self.fiber) = (back, carried, site, fiber);
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(routine) = self.routine.take() {
            abandon(routine);
        }
    }
}

fn bounds_of(stack: &DefaultStack) -> Bounds {
    Bounds::new(stack.limit().get(), stack.base().get() - stack.limit().get())
}

/// The coroutine goes on.
fn arrive(kept: *mut std::ffi::c_void) {
    let mut resumer = RESUMER.get();
    sanitizers::arrived(kept, &mut resumer);
    RESUMER.set(resumer);
}

/// Keeps the stack of a coroutine that has ended.
fn keep(routine: Routine) {
    let stack = routine.into_stack();
    bounds_of(&stack).forget();
    if sanitizers::orders() {
        // What two threads have on one stack would be a race.
        return;
    }
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
    site: Site,
    fiber: Option<Fiber>,
    stack: (usize, usize),
}

impl Turn {
    /// Runs it until it gives the processor back.
    pub(crate) fn run(&mut self) {
        let outer = RUNNING.replace(self.back);
        let own = site::replace(self.site);
        let resumer = RESUMER.replace(Fiber::resumer());
        let stack = STACK_HERE.replace(self.stack);
        self.carried.exchange();
        let routine = &mut self.routine;
        match &self.fiber {
            Some(fiber) => fiber.enter(|| _ = routine.resume(())),
            None => _ = routine.resume(()),
        }
        RESUMER.set(resumer);
        STACK_HERE.set(stack);
        self.carried.exchange();
        self.site = site::replace(own);
        self.back = RUNNING.replace(outer);
    }
}

/// Gives the processor back, until somebody runs this thread again.
pub(crate) fn suspend() {
    let back = RUNNING.get();
    assert!(!back.is_null(), "Invariant: a driver's code runs in a coroutine");
    let kept = sanitizers::leaving(&RESUMER.get(), false);
    // SAFETY: it is that of the coroutine that runs here, and lives as long as its stack.
    unsafe { &*back }.suspend(());
    arrive(kept);
}

/// The return addresses of a function's callers, from its frame on, innermost first: as far as frames lie one above the other
/// on the stack of the coroutine that runs here. `own` is where that function is itself.
pub(crate) fn callers(own: u64, frame: u64) -> impl Iterator<Item = u64> {
    let (low, high) = STACK_HERE.get();
    let mut frame = frame as usize;
    let addresses = std::iter::from_fn(move || {
        let is_there = frame.is_multiple_of(8) && (low..high.saturating_sub(16)).contains(&frame);
        if !is_there {
            return None;
        }
        let [next, address] = crate::c::kernel::memory::read::<[usize; 2]>(frame);
        frame = if next > frame { next } else { 0 };
        Some(address as u64)
    });
    // The function between the driver and the kernel may have a frame of its own.
    addresses.filter(move |address| *address != own).take(MOST_CALLERS)
}

/// What a panic said.
pub(crate) fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}
