//! Waits: what a thread waits for in the driver's memory, until when in virtual time, and what ends it.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::locks::mutexes;
use crate::c::kernel::memory;
use crate::c::kernel::threads::{State, THREAD_OBJECT};
use crate::c::kernel::{Ended, Kernel};
use crate::c::sanitizers;
use crate::c::site;

/// `STATUS_TIMEOUT`, and the statuses of a wait for several objects.
const TIMEOUT: i32 = 0x102;
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
const INVALID_PARAMETER_MIX: i32 = 0xC000_0030_u32.cast_signed();
/// `MAXIMUM_WAIT_OBJECTS`.
const MOST: u32 = 64;

/// The types of dispatcher objects.
pub(crate) const NOTIFICATION: u8 = 0;
pub(crate) const SYNCHRONIZATION: u8 = 1;
pub(crate) const MUTANT: u8 = 2;
pub(crate) const SEMAPHORE: u8 = 5;
/// Of a notification timer; a synchronization timer has the next number.
pub(crate) const TIMER: u8 = 8;
const SYNCHRONIZATION_TIMER: u8 = 9;

/// What a thread waits for.
#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) what: &'static str,
    /// Where in the driver.
    pub(crate) site: u64,
    pub(crate) for_: Until,
    /// When it ends in any case.
    pub(crate) deadline: Option<u64>,
    /// How it ended.
    outcome: i32,
}

/// What ends a wait.
#[derive(Debug)]
pub(crate) enum Until {
    /// Objects in the driver's memory: one of them, or all.
    Objects(Vec<usize>, bool),
    /// Time alone.
    Time,
    /// Something of the provider's changes.
    Change(u64),
    /// A registration is not used any more.
    Deregistered(u64),
    /// Somebody tells: what was done to the object at this address.
    Told(usize),
}

impl Wait {
    pub(crate) fn new(what: &'static str, for_: Until, deadline: Option<u64>) -> Self {
        Self { what, site: site::here(), for_, deadline, outcome: TIMEOUT }
    }

    /// Whether it goes on at this time unless a call of the kernel ends it.
    pub(crate) fn rests(&self, now: u64) -> bool {
        let asks = matches!(self.for_, Until::Change(_) | Until::Deregistered(_));
        !asks && self.deadline.is_none_or(|deadline| deadline > now)
    }
}

/// The deadline that a driver's Timeout means at this time; `None` for NULL.
fn deadline(timeout: usize, now: u64) -> Option<u64> {
    if timeout == 0 {
        return None;
    }
    Some(instant(memory::read::<i64>(timeout), now))
}

/// The instant that a driver means: negative from now on, else of the system's time.
pub(crate) fn instant(value: i64, now: u64) -> u64 {
    match u64::try_from(value) {
        Ok(instant) => instant.saturating_sub(super::time::BEGINNING).max(now),
        Err(_) => now.saturating_add(value.unsigned_abs()),
    }
}

/// Who waits.
#[derive(Clone, Copy)]
struct Waiter {
    thread: u32,
    /// Its `KTHREAD`.
    object: usize,
    what: &'static str,
    site: u64,
}

/// Whether an object is signalled for a thread: a mutex is for its owner.
fn is_signalled(object: usize, thread: usize) -> bool {
    let own = || memory::read::<usize>(object + mutexes::OWNER) == thread;
    memory::read::<i32>(object + 4) > 0 || memory::read::<u8>(object) == MUTANT && own()
}

/// A thread's wait for an object is over, and takes what it is there for once.
fn consume(object: usize, thread: usize) {
    match memory::read::<u8>(object) {
        SYNCHRONIZATION | SYNCHRONIZATION_TIMER => memory::write(object + 4, 0_i32),
        SEMAPHORE => memory::write(object + 4, memory::read::<i32>(object + 4) - 1),
        MUTANT => {
            memory::write(object + 4, memory::read::<i32>(object + 4) - 1);
            memory::write(object + mutexes::OWNER, thread);
        }
        _ => {}
    }
}

impl Kernel {
    /// Ends a thread's wait for objects, if it can end now: how.
    fn satisfy(&self, objects: &[usize], all: bool, waiter: Waiter) -> Option<i32> {
        let signalled = |object: &usize| is_signalled(*object, waiter.object);
        let range = if all {
            objects.iter().all(signalled).then_some(0..objects.len())?
        } else {
            let first = objects.iter().position(signalled)?;
            first..first + 1
        };
        let outcome = range.start as i32;
        for &object in &objects[range] {
            consume(object, waiter.object);
            if memory::read::<u8>(object) == MUTANT {
                let asked = mutexes::asked(object, waiter.what);
                self.locks.borrow_mut().hold(asked, waiter.thread, waiter.site);
            }
        }
        Some(outcome)
    }

    fn waiter(&self, what: &'static str) -> Waiter {
        let thread = self.current.get();
        let object = self.threads.borrow().get(thread).map_or(0, |one| one.object.at());
        Waiter { thread, object, what, site: site::here() }
    }

    /// An object may have been signalled: whoever waits for it is looked at, first come, first served.
    pub(crate) fn signalled(&self, object: usize) {
        let waiters = self.threads.borrow().waiters.clone();
        for number in waiters {
            let mut threads = self.threads.borrow_mut();
            let Some(thread) = threads.get_mut(number) else { continue };
            let (own, Some(wait)) = (thread.object.at(), &mut thread.wait) else { continue };
            let Until::Objects(objects, all) = &wait.for_ else { continue };
            let waiter = Waiter { thread: number, object: own, what: wait.what, site: wait.site };
            if objects.contains(&object)
                && let Some(outcome) = self.satisfy(objects, *all, waiter)
            {
                wait.outcome = outcome;
                threads.wake(number);
            }
        }
    }

    /// Waits that an instant, or a change of the provider's, ends.
    pub(crate) fn wake_due(&self) {
        let now = self.now.get();
        let is_over = |wait: &Wait| {
            wait.deadline.is_some_and(|deadline| deadline <= now)
                || match wait.for_ {
                    Until::Change(seen) => seen != self.driver().provider().machine().changes(),
                    Until::Deregistered(id) => {
                        self.driver().with_door(|door| door.deregistered(id))
                    }
                    _ => false,
                }
        };
        let due: Vec<u32> = {
            let threads = self.threads.borrow();
            let wait = |number: u32| threads.get(number).and_then(|one| one.wait.as_ref());
            let due = |number: &u32| wait(*number).is_some_and(is_over);
            threads.waiters.iter().copied().filter(due).collect()
        };
        let mut threads = self.threads.borrow_mut();
        due.into_iter().for_each(|number| threads.wake(number));
    }

    /// The next instant that ends a wait.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        let threads = self.threads.borrow();
        let waits = threads.waiters.iter().filter_map(|number| threads.get(*number)?.wait.as_ref());
        waits.filter_map(|wait| wait.deadline).min()
    }

    /// This thread waits; returns how that ended.
    pub(crate) fn wait(&self, wait: Wait) -> i32 {
        let number = self.current.get();
        {
            let mut threads = self.threads.borrow_mut();
            threads.waiters.push(number);
            if let Some(thread) = threads.get_mut(number) {
                thread.state = State::Waiting;
                thread.wait = Some(wait);
            }
        }
        self.suspend();
        let mut threads = self.threads.borrow_mut();
        let wait = threads.get_mut(number).and_then(|thread| thread.wait.take());
        wait.map_or(TIMEOUT, |wait| wait.outcome)
    }

    /// Whether this thread may wait here; that it may not is a finding, which ends the run unless waits are carried out all
    /// the same (D-10, Q-3).
    fn may_wait(&self, name: &'static str) {
        let mut app = self.application();
        let asked = self.driver().with_door(|door| door.may_wait(&mut app, name, 0, false));
        if asked != Ok(true) && !self.options.lenient {
            self.stop(Ended::Waited(name));
        }
    }

    pub(crate) fn wait_for(
        &self,
        name: &'static str,
        objects: Vec<usize>,
        all: bool,
        timeout: usize,
    ) -> i32 {
        for &object in &objects {
            if !self.is_object(object) {
                self.no_object(name);
            }
        }
        let outcome = self.satisfy(&objects, all, self.waiter(name));
        if let Some(outcome) = outcome {
            self.check_blocking(name, timeout);
            self.waited_for(&objects, outcome);
            return outcome;
        }
        let now = self.now.get();
        let deadline = deadline(timeout, now);
        if deadline == Some(now) {
            return TIMEOUT;
        }
        self.may_wait(name);
        let outcome = self.wait(Wait::new(name, Until::Objects(objects.clone(), all), deadline));
        self.waited_for(&objects, outcome);
        outcome
    }

    /// What was done before the objects were signalled comes before what is done now.
    fn waited_for(&self, objects: &[usize], outcome: i32) {
        if outcome == TIMEOUT || !sanitizers::orders() {
            return;
        }
        for &object in objects {
            sanitizers::acquire(object);
            if let Some(thread) = self.threads.borrow().of_object(object) {
                sanitizers::acquire(sanitizers::of_thread(thread.number));
            }
        }
    }

    /// A wait that would have blocked is wrong there, also when it did not (Q-3, D-10).
    fn check_blocking(&self, name: &'static str, timeout: usize) {
        if timeout == 0 || memory::read::<i64>(timeout) != 0 {
            self.may_wait(name);
        }
    }

    /// A function was given what was not initialised, and cannot go on (K-6).
    pub(crate) fn no_object(&self, name: &'static str) -> ! {
        self.report("K-6", format!("{name} was given what is no initialised object"));
        self.stop(Ended::NoObject(name));
    }

    /// Whether an address is that of an object which can be waited for (K-6).
    fn is_object(&self, object: usize) -> bool {
        if object == 0 || !object.is_multiple_of(8) {
            return false;
        }
        match memory::read::<u8>(object) {
            NOTIFICATION | SYNCHRONIZATION | SEMAPHORE | MUTANT | TIMER | SYNCHRONIZATION_TIMER => {
                memory::read::<usize>(object + 8) != 0
            }
            THREAD_OBJECT => self.threads.borrow().of_object(object).is_some(),
            _ => false,
        }
    }
}

pub(crate) unsafe extern "C" fn wait_single(
    object: usize,
    _reason: u32,
    _mode: u8,
    _alertable: u8,
    timeout: usize,
) -> i32 {
    border(place::KeWaitForSingleObject, |kernel| {
        kernel.wait_for("KeWaitForSingleObject", vec![object], false, timeout)
    })
}

pub(crate) unsafe extern "C" fn wait_multiple(
    count: u32,
    objects: usize,
    kind: u32,
    _reason: u32,
    _mode: u8,
    _alertable: u8,
    timeout: usize,
    _blocks: usize,
) -> i32 {
    border(place::KeWaitForMultipleObjects, |kernel| {
        if count == 0 || count > MOST || objects == 0 {
            return INVALID_PARAMETER;
        }
        let objects: Vec<usize> =
            (0..count as usize).map(|place| memory::read(objects + 8 * place)).collect();
        // WaitAll: each once.
        let all = kind == 0;
        if all && objects.iter().enumerate().any(|(at, one)| objects[..at].contains(one)) {
            return INVALID_PARAMETER_MIX;
        }
        kernel.wait_for("KeWaitForMultipleObjects", objects, all, timeout)
    })
}

pub(crate) unsafe extern "C" fn delay(_mode: u8, _alertable: u8, interval: usize) -> i32 {
    border(place::KeDelayExecutionThread, |kernel| {
        kernel.may_wait("KeDelayExecutionThread");
        let deadline = deadline(interval, kernel.now.get());
        kernel.wait(Wait::new("KeDelayExecutionThread", Until::Time, deadline));
        0
    })
}
