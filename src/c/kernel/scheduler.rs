//! Scheduler: who runs next. Each call of the kernel is a point at which another thread, a callback that is due or a remote
//! end may come first; the chooser decides, and with `fifo` nobody is interrupted.

use crate::c::kernel::threads::{Kind, State, Thread, suspend};
use crate::c::kernel::{Ended, Kernel};
use crate::c::sanitizers::{acquire, of_thread, orders, release};
use crate::core::chooser::{NETWORK, Point};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The threads of a driver.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    all: BTreeMap<u32, Thread>,
    /// Those that can go on, in the order in which they could.
    ready: Vec<u32>,
    /// Those that wait, likewise.
    pub(crate) waiters: Vec<u32>,
    last: u32,
    /// How often one is inside of a critical region.
    pub(crate) regions: usize,
    /// Who goes on next, if that was chosen already.
    next: Option<Next>,
}

/// Who goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Thread(u32),
    /// What the provider has to call.
    Provider,
    /// A remote end, by its place.
    Remote(usize),
    /// The peers of a plan.
    Peers,
}

impl Next {
    /// The thread whose priority it has.
    fn thread(self) -> u64 {
        match self {
            Self::Thread(number) => u64::from(number),
            Self::Provider => NETWORK,
            Self::Remote(place) => 1 << 32 | place as u64,
            Self::Peers => 1 << 33,
        }
    }
}

impl Threads {
    pub(crate) fn get(&self, number: u32) -> Option<&Thread> {
        self.all.get(&number)
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut Thread> {
        self.all.get_mut(&number)
    }

    /// The thread whose object lies there.
    pub(crate) fn of_object(&self, object: usize) -> Option<&Thread> {
        self.all.values().find(|thread| thread.object.at() == object)
    }

    /// All that have not ended.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Thread> {
        self.all.values().filter(|thread| thread.state != State::Ended)
    }

    /// A number for a new thread.
    pub(crate) fn number(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// A new thread can go on.
    pub(crate) fn add(&mut self, thread: Thread) {
        self.ready.push(thread.number);
        self.all.insert(thread.number, thread);
    }

    /// Whether nobody can go on at this time but by what a call of the kernel tells.
    fn all_rest(&self, now: u64) -> bool {
        self.ready.is_empty()
            && self.waiters.iter().all(|number| {
                let wait = self.all.get(number).and_then(|thread| thread.wait.as_ref());
                wait.is_none_or(|wait| wait.rests(now))
            })
    }

    /// One that waited can go on.
    pub(crate) fn wake(&mut self, number: u32) {
        self.waiters.retain(|other| *other != number);
        if let Some(thread) = self.all.get_mut(&number) {
            thread.state = State::Ready;
            self.ready.push(number);
        }
    }
}

/// How a stretch of a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing can happen any more, but for time that passes.
    Quiet,
    /// The run is over.
    Over,
}

impl Kernel {
    /// Starts a thread.
    pub(crate) fn start(
        self: &Rc<Self>,
        kind: Kind,
        start: u64,
        body: impl FnOnce(&Rc<Self>) + 'static,
    ) -> Option<u32> {
        let number = self.threads.borrow_mut().number();
        release(of_thread(number));
        let (kernel, told) = (Rc::downgrade(self), Rc::downgrade(self));
        let run = move || {
            if let Some(kernel) = kernel.upgrade() {
                // A coroutine that is let go of never gives back what it holds: so it holds no kernel.
                let borrowed = Rc::as_ptr(&kernel);
                drop(kernel);
                acquire(of_thread(number));
                super::border::on(borrowed, body);
                release(of_thread(number));
            }
        };
        let failed = move |text: String| {
            if let Some(kernel) = told.upgrade() {
                kernel.end(Ended::Failed(text));
            }
        };
        let thread = Thread::new(number, kind, start, run, failed).ok()?;
        self.threads.borrow_mut().add(thread);
        Some(number)
    }

    /// What could go on now, the plainest first.
    fn options(&self) -> Vec<Next> {
        let mut options = Vec::new();
        let current = self.current.get();
        {
            let threads = self.threads.borrow();
            if current != 0 && threads.get(current).is_some_and(|one| one.state == State::Ready) {
                options.push(Next::Thread(current));
            }
            options.extend(threads.ready.iter().map(|number| Next::Thread(*number)));
        }
        if self.provider_is_due() {
            options.push(Next::Provider);
        }
        options.extend(self.remotes_due().into_iter().map(Next::Remote));
        if self.peers_are_due(options.is_empty()) {
            options.push(Next::Peers);
        }
        options
    }

    fn provider_is_due(&self) -> bool {
        self.driver().has_due()
    }

    fn choose(&self, options: &[Next]) -> Next {
        let thread = |option: u32| options[option as usize].thread();
        let count = options.len() as u32;
        options[self.driver().core().choose_thread(Point::Thread, count, thread) as usize]
    }

    /// A point at which another may go on instead of the thread that runs.
    pub(crate) fn preempt(&self) {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > self.options.steps {
            self.stop(Ended::Endless(self.options.steps));
        }
        if !self.driver().core().options().explores() {
            return;
        }
        let options = self.options();
        if options.len() <= 1 {
            return;
        }
        let next = self.choose(&options);
        let current = self.current.get();
        if next == Next::Thread(current) {
            return;
        }
        {
            let mut threads = self.threads.borrow_mut();
            threads.ready.push(current);
            threads.next = Some(next);
        }
        self.suspend();
    }

    /// Has the provider call what is due, on the stack of the thread that runs: one callback where its order is chosen, and
    /// else all that the scheduler would have called one after another.
    fn perform(&self) {
        // To a sanitizer each callback is a thread of its own.
        let alone = self.driver().core().options().explores() || orders();
        self.driver().perform_while(|| !alone && self.provider_goes_on());
        self.check_locks("a callback");
    }

    /// Whether the provider's next call comes next, a callback having returned with nothing that is to be looked at. The
    /// machine's lock is held.
    fn provider_goes_on(&self) -> bool {
        let now = self.now.get();
        self.threads.borrow().all_rest(now)
            && !self.leaves_locks()
            && self.work.borrow().timers.next().is_none_or(|due| due > now)
            && self.ended.borrow().is_none()
            && self.sent.borrow().is_empty()
    }

    /// Gives the processor back.
    pub(crate) fn suspend(&self) {
        suspend();
    }

    /// Lets everything happen that can, until `done`, or nothing can but for time that passes.
    pub(crate) fn run_until(self: &Rc<Self>, done: impl Fn(&Self) -> bool) -> Rest {
        loop {
            if self.ended.borrow().is_some() {
                return Rest::Over;
            }
            if done(self) {
                return Rest::Quiet;
            }
            self.ring();
            self.wake_due();
            let chosen = self.threads.borrow_mut().next.take();
            let next = match chosen {
                Some(next) => next,
                None => {
                    let options = self.options();
                    match options.len() {
                        0 => return Rest::Quiet,
                        1 => options[0],
                        _ => self.choose(&options),
                    }
                }
            };
            match next {
                Next::Thread(number) => self.run(number),
                Next::Remote(place) => self.act_remote(place),
                Next::Peers => self.act_peers(),
                Next::Provider => {
                    let started = self.start(Kind::Arbitrary, 0, |kernel| kernel.perform());
                    match started {
                        Some(number) => self.run(number),
                        None => self.end(Ended::Failed("no room for one more stack".into())),
                    }
                }
            }
        }
    }

    /// Runs a thread until it gives the processor back.
    fn run(self: &Rc<Self>, number: u32) {
        let turn = {
            let mut threads = self.threads.borrow_mut();
            threads.ready.retain(|other| *other != number);
            threads.get_mut(number).and_then(Thread::take)
        };
        let Some(mut turn) = turn else { return };
        let before = self.current.replace(number);
        super::border::on(Rc::as_ptr(self), |_| turn.run());
        self.current.set(before);
        let mut threads = self.threads.borrow_mut();
        let Some(thread) = threads.get_mut(number) else { return };
        thread.give(turn);
        if thread.state == State::Ended {
            let (kind, object) = (thread.kind, thread.object.at());
            if kind == Kind::System {
                drop(threads);
                self.thread_ended(object);
            } else {
                threads.all.remove(&number);
            }
        }
    }

    /// Lets time pass until the next instant that ends a wait, if that is not later than `limit`; whether there is one.
    pub(crate) fn pass_time(&self, limit: u64) -> bool {
        let timer = self.work.borrow().timers.next();
        match [self.next_deadline(), timer, self.next_peer()].into_iter().flatten().min() {
            Some(deadline) if deadline <= limit => {
                self.now.set(self.now.get().max(deadline));
                // A timer with a period rings for ever.
                self.steps.set(self.steps.get() + 1);
                if self.steps.get() > self.options.steps {
                    self.end(Ended::Endless(self.options.steps));
                }
                true
            }
            _ => false,
        }
    }
}
