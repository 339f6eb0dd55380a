//! Custody: what the provider holds of the application's, and which threads are inside a function of a socket.

use crate::core::ledger::Ledger;
use crate::core::prefetch::prefetch_all;
use crate::core::status::NtStatus;
use crate::core::sync::{CountU64, Ordering};
use crate::provider::functions::Function;
use crate::provider::irp::{Flight, Irp};
use crate::provider::loans::Loan;
use foldhash::HashMap;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many requests ahead memory is asked for.
const AHEAD: u64 = 8;

/// Who holds what.
#[derive(Debug, Default)]
pub(crate) struct Custody {
    /// Requests under way, by number.
    flights: Ledger<Waiting>,
    /// The calls of functions of sockets, as socket and thread: few, for each has a stack.
    callers: Vec<(u64, u64)>,
    /// Requests of a registration's client that are not over (O-17).
    requests: HashMap<u64, usize>,
    /// Lists that callbacks were lent and are not given back, by socket and number.
    loans: BTreeMap<(u64, u64), Arc<Loan>>,
    /// Which requests were given a block of memory, and wait (I-9), by block and number.
    memory: BTreeMap<(u64, u64), Arc<Flight>>,
    /// How requests ended, if anybody wants to know.
    tally: Option<Vec<Ended>>,
}

/// So many requests of one function ended with one status.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// The function.
    pub function: &'static Function,
    /// With what they ended.
    pub status: NtStatus,
    /// How many.
    pub count: u64,
}

/// A request under way.
#[derive(Debug)]
struct Waiting {
    flight: Arc<Flight>,
    irp: Arc<Irp>,
    /// What stands in `memory` for it.
    memory: Vec<u64>,
}

impl Custody {
    /// Takes an IRP in.
    pub(crate) fn hold(&mut self, flight: &Arc<Flight>, irp: &Arc<Irp>) {
        let waiting =
            Waiting { flight: Arc::clone(flight), irp: Arc::clone(irp), memory: Vec::new() };
        let before = self.flights.insert(flight.number, waiting);
        debug_assert!(before.is_none(), "Invariant: no number is given twice");
        if flight.registration != 0 {
            *self.requests.entry(flight.registration).or_default() += 1;
        }
    }

    /// Gives an IRP back: its request is about to be completed with this status.
    pub(crate) fn give_back(
        &mut self,
        number: u64,
        status: NtStatus,
    ) -> Option<(Arc<Flight>, Arc<Irp>)> {
        let Waiting { flight, irp, memory } = self.flights.remove(number)?;
        self.note_ending(flight.function, status);
        // In a storm requests end in the order in which they were made.
        if let Some(later) = self.flights.get(number + AHEAD) {
            prefetch_all(&*later.flight);
            prefetch_all(&*later.irp);
        }
        for block in memory {
            self.memory.remove(&(block, number));
        }
        Some((flight, irp))
    }

    /// A request waits, and keeps memory until it is completed (I-9); nothing if it is not under way any more.
    pub(crate) fn keep(&mut self, number: u64, memory: Vec<u64>) {
        let Some(waiting) = self.flights.get_mut(number) else { return };
        for block in &memory {
            self.memory.insert((*block, number), Arc::clone(&waiting.flight));
        }
        waiting.memory = memory;
    }

    /// A request that a block of memory was given to and that waits still, if there is one.
    pub(crate) fn keeper(&self, block: u64) -> Option<Arc<Flight>> {
        self.memory
            .range((block, 0)..=(block, u64::MAX))
            .next()
            .map(|(_, flight)| Arc::clone(flight))
    }

    /// A callback is lent a list.
    pub(crate) fn lend(&mut self, list: u64, loan: &Arc<Loan>) {
        self.loans.insert((loan.socket, list), Arc::clone(loan));
    }

    /// A list is given back.
    pub(crate) fn end_loan(&mut self, socket: u64, list: u64) {
        if let Some(loan) = self.loans.remove(&(socket, list)) {
            loan.end();
        }
    }

    /// A socket is closed: the lists that it kept cannot be released any more, and that was a finding (C-22).
    pub(crate) fn forget_loans(&mut self, socket: u64) {
        while let Some((&loan, _)) = self.loans.range((socket, 0)..=(socket, u64::MAX)).next() {
            self.loans.remove(&loan);
        }
    }

    /// A request of a client is over.
    pub(crate) fn end(&mut self, flight: &Flight) {
        if let Some(left) = self.requests.get_mut(&flight.registration) {
            *left -= 1;
            if *left == 0 {
                self.requests.remove(&flight.registration);
            }
        }
    }

    /// From now on it is counted how requests end.
    pub(crate) fn count_endings(&mut self) {
        self.tally.get_or_insert_default();
    }

    /// A request ended so. There are few ways: a search from the front finds one at once.
    pub(crate) fn note_ending(&mut self, function: &'static Function, status: NtStatus) {
        let Some(tally) = &mut self.tally else { return };
        let is_same =
            |one: &&mut Ended| std::ptr::eq(one.function, function) && one.status == status;
        match tally.iter_mut().find(is_same) {
            Some(found) => found.count += 1,
            None => tally.push(Ended { function, status, count: 1 }),
        }
    }

    /// How requests ended.
    pub(crate) fn endings(&self) -> Vec<Ended> {
        self.tally.clone().unwrap_or_default()
    }

    /// Requests of a registration's client that are not over.
    pub(crate) fn requests(&self, registration: u64) -> usize {
        self.requests.get(&registration).copied().unwrap_or(0)
    }

    /// The numbers of the requests under way.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.flights.numbers().collect()
    }

    /// This thread enters a function of a socket.
    pub(crate) fn enter(&mut self, socket: u64) {
        self.callers.push((socket, here()));
    }

    /// It leaves it.
    pub(crate) fn leave(&mut self, socket: u64) {
        let call = (socket, here());
        if let Some(place) = self.callers.iter().rposition(|other| *other == call) {
            self.callers.swap_remove(place);
        }
    }

    /// Whether another thread is inside a function of a socket (C-7).
    pub(crate) fn has_other_callers(&self, socket: u64) -> bool {
        let here = here();
        self.callers.iter().any(|&(other, thread)| other == socket && thread != here)
    }

    /// How many calls are inside functions of sockets.
    pub(crate) fn calls(&self) -> usize {
        self.callers.len()
    }
}

thread_local! {
    static HERE: Cell<u64> = const { Cell::new(0) };
}

/// A number of this thread's own; std's identity is not to be had in a model.
fn here() -> u64 {
    let known = HERE.get();
    if known != 0 {
        return known;
    }
    let new = next();
    HERE.set(new);
    new
}

fn next() -> u64 {
    static LAST: CountU64 = CountU64::new(0);
    // Relaxed: only that no two threads draw the same.
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Which thread a stack stands for, while it does not run.
#[derive(Debug)]
pub(crate) struct Identity(u64);

impl Identity {
    /// A thread that nobody has been.
    pub(crate) fn new() -> Self {
        Self(next())
    }

    /// This thread becomes that one, and the other way round.
    pub(crate) fn exchange(&mut self) {
        self.0 = HERE.replace(self.0);
    }
}
