//! Run: DriverEntry, what remote ends do, the unload routine, and what is left then.

use crate::c::driver::always;
use crate::c::kernel::scheduler::Rest;
use crate::c::kernel::threads::{Kind, State};
use crate::c::kernel::waits::{Until, Wait};
use crate::c::kernel::{Ended, Kernel, memory};
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
pub(crate) const OBJECTS: usize = 512;
/// `DriverUnload`, `DriverExtension` and `DriverInit` in a `DRIVER_OBJECT`.
const UNLOAD: usize = 104;
const DRIVER_EXTENSION: usize = 48;
const INIT: usize = 88;
/// The path of each driver's key.
const KEY: &str = r"\Registry\Machine\System\CurrentControlSet\Services\Driver";

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
        status.get()
    }

    /// Lets everything happen that can, and so much time pass, in units of 100 ns.
    pub fn settle(self: &Rc<Self>, time: u64) {
        let limit = self.now.get().saturating_add(time);
        while self.run_until(|_| false) == Rest::Quiet && self.pass_time(limit) {}
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
            self.report_at("K-9", "the driver has no unload routine", self.image.entry as u64);
        } else {
            let at = self.objects.at();
            self.run_main("the unload routine", unload as u64, move || memory::call(unload, at));
        }
        if self.ended.borrow().is_none() {
            self.look_at_rest();
        }
    }

    /// Runs a function as the system's own thread, until it has returned (K-9).
    fn run_main(self: &Rc<Self>, name: &'static str, start: u64, act: impl FnOnce() + 'static) {
        let body = move |kernel: &Rc<Self>| {
            // All are one thread, the system's.
            sanitizers::acquire(sanitizers::of_thread(0));
            act();
            sanitizers::release(sanitizers::of_thread(0));
            let left = processor::here().level();
            if left != Irql::Passive {
                let found = format!("{name} left {} behind", left.name());
                kernel.report_at("K-9", found, start);
                processor::here().set_level(Irql::Passive);
            }
            kernel.check_locks(name, start);
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
            .any(|one| one.kind == Kind::Arbitrary && one.state == State::Waiting);
        if stuck && self.ended.borrow().is_none() && self.next_deadline().is_none() {
            self.report_deadlock(|kind| kind == Kind::Arbitrary);
            self.end(Ended::Deadlock);
        }
    }

    /// Nobody can go on: who waits, where, for what, and who touched that last (K-7).
    fn report_deadlock(&self, told: impl Fn(Kind) -> bool) {
        let mut lines = Vec::new();
        let (mut first, mut registration) = (0, None);
        {
            let threads = self.threads.borrow();
            let waiting = threads.living().filter(|one| told(one.kind));
            let mut waiting: Vec<_> =
                waiting.filter_map(|one| Some((one, one.wait.as_ref()?))).collect();
            // The one that everything waits for comes first.
            waiting.sort_by_key(|(one, _)| one.kind == Kind::System);
            for (thread, wait) in waiting {
                if first == 0 {
                    first = wait.site;
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
        self.report_at("K-7", lines.join("; "), first);
    }

    fn called(&self, kind: Kind, number: u32, start: u64) -> String {
        match kind {
            Kind::Main => "the system's thread".into(),
            Kind::System => format!("thread {number} ({})", self.driver.place(start).function),
            Kind::Arbitrary => "a callback".into(),
        }
    }

    fn told(&self, wait: &Wait) -> String {
        let at = self.place(wait.site);
        let Until::Objects(objects, _) = &wait.for_ else {
            return format!("in {} at {at}", wait.what);
        };
        let touched = self.touched.borrow();
        let last = objects.iter().find_map(|object| touched.get(object)).map(|touch| {
            format!(
                ", touched last by {} of thread {} at {}",
                touch.what,
                touch.thread,
                self.place(touch.site)
            )
        });
        format!("in {} at {at}{}", wait.what, last.unwrap_or_default())
    }

    /// What the driver has not given back (K-1, K-4, K-8, O-12).
    fn look_at_rest(self: &Rc<Self>) {
        // What was due when the routine returned happens in the kernel too, before the code is gone.
        self.run_until(|_| false);
        let living: Vec<(u32, u64)> = {
            let threads = self.threads.borrow();
            let own = threads.living().filter(|one| one.kind == Kind::System);
            own.map(|one| (one.number, one.start)).collect()
        };
        for (number, start) in living {
            self.report_at(
                "K-8",
                format!("thread {number} has not ended when the driver is unloaded"),
                start,
            );
        }
        for (what, at) in self.pool.borrow().left() {
            self.report_at("K-1", what, at);
        }
        let mut left = self.irps.borrow().left();
        left.extend(self.mdls.borrow().left());
        left.extend(self.handles.borrow().left());
        for (what, at) in left {
            self.report_at("K-4", what, at);
        }
        for at in self.clients.borrow().left() {
            self.report_at("O-12", "WskDeregister was not called for this WskRegister", at);
        }
    }
}
