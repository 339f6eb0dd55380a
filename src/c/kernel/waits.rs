//! Waits: what a thread waits for in the driver's memory, until when in virtual time, and what ends it.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
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
}

impl Wait {
    pub(crate) fn new(what: &'static str, for_: Until, deadline: Option<u64>) -> Self {
        Self { what, site: site::here(), for_, deadline, outcome: TIMEOUT }
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

/// Whether an object is signalled.
fn is_signalled(object: usize) -> bool {
    memory::read::<i32>(object + 4) > 0
}

/// A wait for an object is over, and takes what it is there for once.
fn consume(object: usize) {
    match memory::read::<u8>(object) {
        SYNCHRONIZATION | SYNCHRONIZATION_TIMER => memory::write(object + 4, 0_i32),
        SEMAPHORE | MUTANT => memory::write(object + 4, memory::read::<i32>(object + 4) - 1),
        _ => {}
    }
}

/// Ends the wait for objects, if it can end now: how.
fn satisfy(objects: &[usize], all: bool) -> Option<i32> {
    if all {
        objects.iter().all(|object| is_signalled(*object)).then(|| {
            objects.iter().for_each(|object| consume(*object));
            0
        })
    } else {
        let first = objects.iter().position(|object| is_signalled(*object))?;
        consume(objects[first]);
        Some(first as i32)
    }
}

impl Kernel {
    /// An object may have been signalled: whoever waits for it is looked at, first come, first served.
    pub(crate) fn signalled(&self, object: usize) {
        let waiters = self.threads.borrow().waiters.clone();
        for number in waiters {
            let mut threads = self.threads.borrow_mut();
            let Some(thread) = threads.get_mut(number) else { continue };
            let Some(wait) = &mut thread.wait else { continue };
            let Until::Objects(objects, all) = &wait.for_ else { continue };
            if objects.contains(&object)
                && let Some(outcome) = satisfy(objects, *all)
            {
                wait.outcome = outcome;
                threads.wake(number);
            }
        }
    }

    /// Waits that an instant, or a change of the provider's, ends.
    pub(crate) fn wake_due(&self) {
        let now = self.now.get();
        let changes = self.driver().provider().machine().changes();
        let mut over = Vec::new();
        for number in &self.threads.borrow().waiters {
            let threads = self.threads.borrow();
            if let Some(Until::Deregistered(id)) =
                threads.get(*number).and_then(|one| one.wait.as_ref()).map(|wait| &wait.for_)
                && self.driver().with_door(|door| door.deregistered(*id))
            {
                over.push(*id);
            }
        }
        let mut threads = self.threads.borrow_mut();
        let due = |wait: &Wait| {
            wait.deadline.is_some_and(|deadline| deadline <= now)
                || matches!(wait.for_, Until::Change(seen) if seen != changes)
                || matches!(wait.for_, Until::Deregistered(id) if over.contains(&id))
        };
        let due: Vec<u32> = threads
            .waiters
            .iter()
            .copied()
            .filter(|number| {
                threads.get(*number).and_then(|one| one.wait.as_ref()).is_some_and(due)
            })
            .collect();
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
                self.report("K-6", format!("{name} was given what is no initialised object"));
                self.stop(Ended::NoObject(name));
            }
        }
        if let Some(outcome) = satisfy(&objects, all) {
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
