//! Locks: who holds which lock of the driver's, and who waits for one. Only the scheduler interrupts a thread, so a lock
//! that another thread holds is waited for by letting that one run.

#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod fast_mutexes;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod mutexes;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod push_locks;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod regions;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod resources;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod run_once;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod rundown;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod shared_spin;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod spin;

use crate::c::kernel::threads::Thread;
use crate::c::kernel::waits::{Until, Wait};
use crate::c::kernel::{Ended, Kernel};
use crate::c::{sanitizers, site};
use std::collections::BTreeMap;

/// What a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Spin,
    Mutex,
    FastMutex,
    PushLock,
    Resource,
}

impl Kind {
    /// What a text calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Spin => "a spin lock",
            Self::Mutex => "a mutex",
            Self::FastMutex => "a fast mutex",
            Self::PushLock => "a push lock",
            Self::Resource => "a resource",
        }
    }

    /// The rule of its owner's.
    const fn rule(self) -> &'static str {
        match self {
            Self::Spin => "K-5",
            _ => "K-10",
        }
    }
}

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Shared,
    Exclusive,
}

/// A lock that a function of the kernel is called for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) lock: usize,
    pub(crate) kind: Kind,
    pub(crate) mode: Mode,
    /// The function.
    pub(crate) name: &'static str,
}

/// One thread's hold of a lock.
#[derive(Clone, Copy, Debug)]
struct Hold {
    thread: u32,
    mode: Mode,
    site: u64,
}

/// The locks that are held, by address.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    held: BTreeMap<usize, (Kind, Vec<Hold>)>,
    /// Resources that were initialised and not deleted, and where.
    resources: BTreeMap<usize, u64>,
}

/// Whether a lock can be had.
enum Answer {
    Free,
    /// Another thread's.
    Taken,
    /// This thread's own since this call, which it would wait for in vain.
    Own(u64),
}

impl Locks {
    fn ask(&self, asked: Asked, thread: u32) -> Answer {
        let Some((_, holds)) = self.held.get(&asked.lock) else { return Answer::Free };
        let own = holds.iter().rev().find(|hold| hold.thread == thread);
        let exclusive = holds.iter().any(|hold| hold.mode == Mode::Exclusive);
        let shares = asked.mode == Mode::Shared && !exclusive;
        match own {
            // What may be acquired again by its owner.
            Some(own) if asked.kind == Kind::Resource => {
                let upgrade = own.mode == Mode::Shared && asked.mode == Mode::Exclusive;
                if upgrade { Answer::Own(own.site) } else { Answer::Free }
            }
            _ if shares && asked.kind != Kind::PushLock => Answer::Free,
            Some(own) => Answer::Own(own.site),
            None if shares => Answer::Free,
            None => Answer::Taken,
        }
    }

    /// A thread has a lock from now on.
    pub(crate) fn hold(&mut self, asked: Asked, thread: u32, site: u64) {
        let (_, holds) = self.held.entry(asked.lock).or_insert((asked.kind, Vec::new()));
        holds.push(Hold { thread, mode: asked.mode, site });
    }

    /// A thread has it no longer; whether it had it.
    pub(crate) fn release(&mut self, lock: usize, thread: u32, mode: Option<Mode>) -> bool {
        let Some((_, holds)) = self.held.get_mut(&lock) else { return false };
        let fits = |hold: &Hold| hold.thread == thread && mode.is_none_or(|mode| hold.mode == mode);
        let Some(place) = holds.iter().rposition(fits) else { return false };
        holds.remove(place);
        if holds.is_empty() {
            self.held.remove(&lock);
        }
        true
    }

    /// What a thread holds, and since where.
    fn of_thread(&self, thread: u32) -> Vec<(Kind, u64)> {
        let holds =
            self.held.values().flat_map(|(kind, holds)| holds.iter().map(|one| (*kind, one)));
        let mut own: Vec<_> = holds
            .filter(|(_, hold)| hold.thread == thread)
            .map(|(kind, hold)| (kind, hold.site))
            .collect();
        // By address they would come in another order in each run.
        own.sort_by_key(|(_, site)| *site);
        own
    }

    /// Whether a thread holds one of this kind.
    fn has(&self, thread: u32, kind: Kind) -> bool {
        self.held
            .values()
            .any(|(one, holds)| *one == kind && holds.iter().any(|hold| hold.thread == thread))
    }

    /// A lock that lies in these bytes and is in use: what of it, and since where.
    pub(crate) fn within(&self, from: usize, length: usize) -> Option<(String, u64)> {
        let range = from..from.saturating_add(length);
        let held = self.held.range(range.clone()).next().map(|(_, (kind, holds))| {
            (format!("{} that is held", kind.name()), holds.first().map_or(0, |hold| hold.site))
        });
        let resource = self.resources.range(range).next();
        held.or_else(|| resource.map(|(_, site)| ("a resource that was not deleted".into(), *site)))
    }

    /// Resources that were not deleted, and where each was initialised (K-4).
    pub(crate) fn left(&self) -> Vec<(String, u64)> {
        let left = self.resources.values();
        left.map(|site| ("ExDeleteResourceLite was not called for a resource".into(), *site))
            .collect()
    }
}

impl Kernel {
    /// Acquires a lock, and waits until it can (K-5, K-10).
    pub(crate) fn take(&self, asked: Asked) {
        loop {
            let answer = self.locks.borrow().ask(asked, self.current.get());
            match answer {
                Answer::Free => break self.have(asked),
                Answer::Taken => {
                    self.wait(Wait::new(asked.name, Until::Told(asked.lock), None));
                }
                Answer::Own(before) => {
                    let (name, what, at) = (asked.name, asked.kind.name(), self.place(before));
                    let found =
                        format!("{name} was called for {what} that this thread acquired at {at}");
                    self.report_against(asked.kind.rule(), found, before);
                    self.stop(Ended::Deadlock);
                }
            }
        }
    }

    /// Acquires a lock if it can at once; whether it could.
    pub(crate) fn try_take(&self, asked: Asked) -> bool {
        let free = matches!(self.locks.borrow().ask(asked, self.current.get()), Answer::Free);
        if free {
            self.have(asked);
        }
        free
    }

    fn have(&self, asked: Asked) {
        self.locks.borrow_mut().hold(asked, self.current.get(), site::here());
        sanitizers::acquire(asked.lock);
        self.touch(asked.lock, asked.name);
    }

    /// Releases a lock of this thread's, held in this mode or in any; whether it held it (K-5, K-10).
    pub(crate) fn give(&self, asked: Asked, mode: Option<Mode>) -> bool {
        let current = self.current.get();
        if !self.locks.borrow_mut().release(asked.lock, current, mode) {
            let how = match mode {
                Some(Mode::Shared) => " shared",
                Some(Mode::Exclusive) if asked.kind == Kind::PushLock => " exclusively",
                _ => "",
            };
            let (name, what) = (asked.name, asked.kind.name());
            self.report(
                asked.kind.rule(),
                format!("{name} was called for {what} that this thread does not hold{how}"),
            );
            return false;
        }
        self.touch(asked.lock, asked.name);
        self.tell(asked.lock);
        true
    }

    /// Who waits to be told of this looks again.
    pub(crate) fn tell(&self, what: usize) {
        let mut threads = self.threads.borrow_mut();
        let waits = |number: &u32| {
            let wait = threads.get(*number).and_then(|one| one.wait.as_ref());
            matches!(wait, Some(Wait { for_: Until::Told(told), .. }) if *told == what)
        };
        let waiting: Vec<u32> = threads.waiters.iter().copied().filter(waits).collect();
        waiting.into_iter().for_each(|number| threads.wake(number));
    }

    /// Whether [`check_locks`](Self::check_locks) has something to tell of this thread.
    pub(crate) fn leaves_locks(&self) -> bool {
        let current = self.current.get();
        let holds = |(_, holds): &(Kind, Vec<Hold>)| holds.iter().any(|one| one.thread == current);
        let threads = self.threads.borrow();
        let inside = |thread: &Thread| !thread.regions.is_empty();
        threads.regions > 0 && threads.get(current).is_some_and(inside)
            || self.locks.borrow().held.values().any(holds)
    }

    /// A function of the driver's returns, or a thread of its ends, with locks that it holds (K-9, K-10), or inside of a
    /// critical region (K-13).
    pub(crate) fn check_locks(&self, name: &str) {
        let held = self.locks.borrow().of_thread(self.current.get());
        for (kind, site) in held {
            let rule = if kind == Kind::Spin { "K-9" } else { "K-10" };
            self.report_at(rule, format!("{name} returned holding {}", kind.name()), site);
        }
        let region = {
            let threads = self.threads.borrow();
            threads.get(self.current.get()).and_then(|thread| thread.regions.last().copied())
        };
        if let Some(site) = region {
            self.report_at("K-13", format!("{name} returned inside a critical region"), site);
        }
    }

    /// Memory is given back, or an object begins anew, that the kernel or another thread still uses (K-11).
    pub(crate) fn check_in_use(&self, at: usize, length: usize, name: &str) {
        let waits = {
            let threads = self.threads.borrow();
            let waits =
                threads.waiters.iter().filter_map(|number| threads.get(*number)?.wait.as_ref());
            let range = at..at.saturating_add(length);
            let mut waits = waits.filter(|wait| match &wait.for_ {
                Until::Objects(objects, _) => objects.iter().any(|object| range.contains(object)),
                Until::Told(object) => range.contains(object),
                _ => false,
            });
            waits.next().map(|wait| ("an object that a thread waits for".to_owned(), wait.site))
        };
        let used = waits
            .or_else(|| self.locks.borrow().within(at, length))
            .or_else(|| self.work.borrow().within(at, length))
            .or_else(|| self.lookasides.borrow().within(at, length))
            .or_else(|| self.hashes.borrow().within(at, length));
        if let Some((what, since)) = used {
            let place = self.place(since);
            let found = format!("{name} was given memory of {what}, since {place}");
            self.report_against("K-11", found, since);
        }
    }
}
