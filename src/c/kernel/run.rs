//! Run: DriverEntry, what remote ends do, the unload routine, and what is left then.

use crate::c::driver::always;
use crate::c::kernel::scheduler::Rest;
use crate::c::kernel::threads::{Kind, State};
use crate::c::kernel::waits::{Until, Wait};
use crate::c::kernel::{Ended, Kernel, Touch, memory};
use crate::c::sanitizers;
use crate::core::irql::Irql;
use crate::provider::processor;
use std::cell::Cell;
use std::rc::Rc;

/// Where the `DRIVER_OBJECT`, its extension, its name, and the path in the registry lie in one block.
const DRIVER: usize = 0;
const EXTENSION: usize = 336;
const PATH: usize = 384;
const TEXT: usize = 400;
/// How long the block is.
pub(crate) const OBJECTS: usize = 640;
const _: () = assert!(TEXT + 2 * KEY.len() + 2 <= OBJECTS, "the path and its NUL lie in the block");
/// Where the lock of cancels lies, beside the path.
pub(crate) const CANCEL_LOCK: usize = PATH - 8;
/// `DriverUnload`, `DriverExtension` and `DriverInit` in a `DRIVER_OBJECT`.
const UNLOAD: usize = 104;
const DRIVER_EXTENSION: usize = 48;
const INIT: usize = 88;
/// The path of each driver's key.
const KEY: &str = r"\Registry\Machine\System\CurrentControlSet\Services\Driver";

/// Of the calls that a run may make, what passing time may take: one part of so many. A driver that is busy for ever is
/// unloaded then, and has the rest for coming to its end.
const BUSY: u64 = 10;

/// Whether such a thread runs a callback, which nothing keeps waiting for ever.
fn is_callback(kind: Kind) -> bool {
    matches!(kind, Kind::Arbitrary | Kind::Deferred)
}

impl Kernel {
    /// Runs DriverEntry; its status, unless the run has ended in it.
    pub fn start_driver(self: &Rc<Self>) -> Option<i32> {
        let at = self.objects.at();
        memory::write(at + DRIVER, [4_u16, 336]);
        memory::write(at + DRIVER_EXTENSION, at + EXTENSION);
        memory::write(at + INIT, self.image.entry);
        memory::write(at + EXTENSION, at);
        let text: Vec<u16> = KEY.encode_utf16().collect();
        for (place, unit) in text.iter().enumerate() {
            memory::write(at + TEXT + 2 * place, *unit);
        }
        let length = 2 * text.len() as u16;
        memory::write(at + PATH, [length, length + 2]);
        memory::write(at + PATH + 8, at + TEXT);
        let status = Rc::new(Cell::new(None));
        let (told, entry) = (Rc::clone(&status), self.image.entry);
        self.run_main("DriverEntry", entry as u64, move || {
            told.set(Some(memory::call_entry(entry, at, at + PATH)));
        });
        let status = status.get();
        // A driver that fails to begin is gone at once, and has no unload routine run.
        if status.is_some_and(|status| status < 0) && self.ended.borrow().is_none() {
            self.look_at_rest();
        }
        status
    }

    /// Lets everything happen that can, and so much time pass, in units of 100 ns; less of a driver that is busy all the time.
    pub fn settle(self: &Rc<Self>, time: u64) {
        let limit = self.now.get().saturating_add(time);
        let busy = self.steps().saturating_add(self.options.steps / BUSY);
        let goes_on = || self.run_until(|_| false) == Rest::Quiet && self.steps() < busy;
        while goes_on() && self.pass_time(limit) {}
        self.stuck_callbacks();
    }

    /// Lets everything happen that can before time passes.
    pub fn drive(self: &Rc<Self>) {
        self.run_until(|_| false);
    }

    /// Runs the unload routine, if there is one (K-9), and looks at what is left.
    pub fn unload(self: &Rc<Self>) {
        if self.ended.borrow().is_some() {
            return;
        }
        let unload = memory::read::<usize>(self.objects.at() + UNLOAD);
        if unload == 0 {
            let found = "the driver has no unload routine, so it can never be unloaded";
            let advice = "Set DriverObject->DriverUnload in DriverEntry to a routine that gives back what the driver has.";
            self.report_advising("K-9", found, self.image.entry as u64 + 1, advice);
        } else {
            let at = self.objects.at();
            self.run_main("the unload routine", unload as u64, move || memory::call(unload, at));
        }
        if self.ended.borrow().is_none() {
            self.look_at_rest();
        }
    }

    /// Runs a function as the system's own thread, until it has returned (K-9).
    pub(crate) fn run_main(
        self: &Rc<Self>,
        name: &'static str,
        start: u64,
        act: impl FnOnce() + 'static,
    ) {
        let body = move |kernel: &Rc<Self>| {
            // All are one thread, the system's.
            sanitizers::acquire(sanitizers::of_thread(0));
            act();
            sanitizers::release(sanitizers::of_thread(0));
            let left = processor::here().level();
            if left != Irql::Passive {
                let found = format!("{name} left {} behind", left.name());
                kernel.report_in("K-9", found, start);
                processor::here().set_level(Irql::Passive);
            }
            kernel.check_locks(name);
        };
        let Some(number) = self.start(Kind::Main, start, body) else {
            return self.end(Ended::Failed("no room for one more stack".into()));
        };
        let done = move |kernel: &Self| kernel.threads.borrow().get(number).is_none();
        while self.run_until(done) == Rest::Quiet && !done(self) {
            if !self.pass_time(u64::MAX) {
                self.report_deadlock(|_| true);
                self.end(Ended::Deadlock);
            }
        }
    }

    /// A callback that waits for what never comes.
    fn stuck_callbacks(&self) {
        let stuck = self
            .threads
            .borrow()
            .living()
            .any(|one| is_callback(one.kind) && one.state == State::Waiting);
        if stuck && self.ended.borrow().is_none() && self.next_deadline().is_none() {
            self.report_deadlock(is_callback);
            self.end(Ended::Deadlock);
        }
    }

    /// Nobody can go on: who waits, where, for what, and who touched that last (K-7).
    fn report_deadlock(&self, told: impl Fn(Kind) -> bool) {
        let mut lines = Vec::new();
        let (mut first, mut last, mut registration) = (0, 0, None);
        {
            let threads = self.threads.borrow();
            let waiting = threads.living().filter(|one| told(one.kind));
            let mut waiting: Vec<_> =
                waiting.filter_map(|one| Some((one, one.wait.as_ref()?))).collect();
            // The one that everything waits for comes first.
            waiting.sort_by_key(|(one, _)| matches!(one.kind, Kind::System | Kind::Work));
            for (thread, wait) in waiting {
                if first == 0 {
                    first = wait.site;
                    last = self.last_touch(wait).map_or(0, |touch| touch.site);
                    if let Until::Deregistered(id) = wait.for_ {
                        registration = Some(id);
                    }
                }
                lines.push(format!(
                    "{} waits {}",
                    self.called(thread.kind, thread.number, thread.start),
                    self.told(wait)
                ));
            }
        }
        if let Some(id) = registration {
            let holders = self.driver().with_door(|door| door.holders(id));
            let Ok(words) =
                holders.words::<std::convert::Infallible>(|socket| Ok(format!("socket {socket}")));
            let mut app = self.application();
            let outer = crate::c::site::replace(first);
            always(self.driver().with_door(|door| door.report_stuck(&mut app, &words)));
            crate::c::site::replace(outer);
            return;
        }
        let lines = if lines.is_empty() { vec!["nobody waits".into()] } else { lines };
        let outer = crate::c::site::replace(first);
        self.report_against("K-7", lines.join("; "), last);
        crate::c::site::replace(outer);
    }

    /// Who touched one of the objects of a wait last.
    fn last_touch(&self, wait: &Wait) -> Option<Touch> {
        let objects = match &wait.for_ {
            Until::Objects(objects, _) => objects.as_slice(),
            Until::Told(object) => std::slice::from_ref(object),
            _ => return None,
        };
        let touched = self.touched.borrow();
        objects.iter().find_map(|object| touched.get(object).copied())
    }

    fn called(&self, kind: Kind, number: u32, start: u64) -> String {
        match kind {
            Kind::Main => "the system's thread".into(),
            Kind::System => format!("thread {number} ({})", self.function(start)),
            Kind::Arbitrary => "a callback".into(),
            Kind::Deferred => format!("the deferred routine {}", self.function(start)),
            Kind::Work => format!("the work item {}", self.function(start)),
        }
    }

    fn function(&self, start: u64) -> String {
        self.driver.place(start + 1).function
    }

    fn told(&self, wait: &Wait) -> String {
        let at = self.place(wait.site);
        let last = self.last_touch(wait).map(|touch| {
            format!(
                ", touched last by {} of thread {} at {}",
                touch.what,
                touch.thread,
                self.place(touch.site)
            )
        });
        format!("in {} at {at}{}", wait.what, last.unwrap_or_default())
    }

    /// Threads that have not ended when the driver is unloaded (K-8).
    fn report_threads(&self, told: impl Fn(Kind) -> bool) {
        let living: Vec<(u32, u64)> = {
            let threads = self.threads.borrow();
            let living = threads.living().filter(|one| told(one.kind));
            living.map(|one| (one.number, one.start)).collect()
        };
        for (number, start) in living {
            let found = format!("thread {number} has not ended when the driver is unloaded");
            self.report_in("K-8", found, start);
        }
    }

    /// What the driver has not given back (K-1, K-4, K-8, O-12).
    fn look_at_rest(self: &Rc<Self>) {
        // What runs, or is due, once the code is gone (K-8, K-12).
        self.report_threads(|kind| kind == Kind::System);
        let left = self.work.borrow().left();
        for (what, at) in left {
            self.report_at("K-12", what, at);
        }
        // What was due when the routine returned happens in the kernel too, before the code is gone.
        self.run_until(|_| false);
        // The system waits for work items of a device.
        self.report_threads(|kind| kind == Kind::Work);
        for (what, stack) in self.pool.borrow().left() {
            self.report_at("K-1", what, stack);
        }
        let mut left = self.irps.borrow().left();
        left.extend(self.mdls.borrow().left());
        for (what, stack) in left {
            self.report_at("K-4", what, stack);
        }
        let mut left = self.handles.borrow().left();
        left.extend(self.locks.borrow().left());
        left.extend(self.work.borrow().items_left());
        left.extend(self.lookasides.borrow().left());
        left.extend(self.devices.borrow().left());
        left.extend(self.hashes.borrow().left());
        for (what, at) in left {
            self.report_at("K-4", what, at);
        }
        for at in self.clients.borrow().left() {
            self.report_at("O-12", "WskDeregister was not called for this WskRegister", at);
        }
    }
}
