//! Machine: a core and the contract machine beside it, one connection, and what became of its IRPs.
//!
//! Each IRP has a witness, a cell that loom guards: its completion routine writes into it, on whichever
//! thread performs the errand, and so does whoever was told that it is over.

use crate::stage::{self, Witness};
use loom::cell::Cell;
use loom::thread::JoinHandle;
use std::sync::Arc;
use wsksim::core::dispatch::{Batch, Drive, Host, Step};
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Breach, Indication, Verdict};
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::{Options, Subsystem};
use wsksim::network::address::{AF_INET, Address};
use wsksim::wsk::{Call, Completion, Machine, Policies, Reply, Table, Turn, event};

pub(crate) const OK: NtStatus = NtStatus::SUCCESS;
pub(crate) const PENDING: NtStatus = NtStatus::PENDING;
pub(crate) const CANCELLED: NtStatus = NtStatus::CANCELLED;

const HANDLER: HandlerId = HandlerId::new(HandlerKind::Single, 0);
/// Of the request that makes the connection.
const CONNECT: u64 = 99;

/// The ends that an IRP came to: status and data. One, or it was completed twice.
type Ends = Vec<(NtStatus, Vec<u8>)>;

/// One connection to a remote end. IRPs are numbered from 1.
pub(crate) struct Kernel {
    pub(crate) core: Subsystem,
    machine: Machine,
    irps: [Witness<Ends>; 2],
    /// Calls of the disconnect event that returned.
    calls: Witness<usize>,
    pub(crate) registration: u64,
    pub(crate) socket: u64,
    pub(crate) remote: u64,
}

impl Kernel {
    pub(crate) fn new() -> Arc<Self> {
        let core = Subsystem::new(Options::default());
        let machine = Machine::new(&core, Policies::default());
        let irp = || Witness(Cell::new(Ends::new()));
        let (irps, calls) = ([irp(), irp()], Witness(Cell::new(0)));
        let mut kernel = Self { core, machine, irps, calls, registration: 0, socket: 0, remote: 0 };
        kernel.registration = kernel.turn(|turn| turn.register(0x0100));
        let registration = kernel.registration;
        let (status, client) = kernel.turn(|turn| turn.capture(registration));
        assert_eq!(status, OK);
        let here = Address::new(AF_INET, &[127, 0, 0, 1], 0).expect("an address");
        let (listener, to) = kernel.turn(|turn| turn.remote_listen(here)).expect("a free port");
        let from = Address::new(AF_INET, &[0; 4], 0);
        let table = Table::new(0, HANDLER, event::CONNECTION, 0);
        let made = kernel
            .turn(|turn| turn.socket_connect(client, 1, 6, from, Some(to), 0, table, CONNECT));
        let [done] = &made.completions[..] else { panic!("{made:?}") };
        kernel.turn(|turn| turn.completed(done.token));
        kernel.socket = done.socket;
        kernel.remote = kernel.turn(|turn| turn.remote_accept(listener)).expect("it connected");
        Arc::new(kernel)
    }

    pub(crate) fn turn<T>(&self, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let result = self.machine.turn(&self.core, act);
        for index in self.machine.take_letting().closed {
            self.core.release(index);
        }
        result
    }

    /// Makes a request with the IRP `irp`; performs its completion if it ends in the call (I-4).
    pub(crate) fn ask(&self, irp: u64, act: impl FnOnce(&mut Turn<'_>) -> Reply) -> NtStatus {
        let reply = self.turn(act);
        assert_eq!(reply.completions.len(), usize::from(reply.status != PENDING), "{reply:?}");
        for done in reply.completions {
            assert_eq!((done.irp, done.status), (irp, reply.status));
            let token = done.token;
            self.complete(done);
            self.turn(|turn| turn.completed(token));
        }
        reply.status
    }

    fn complete(&self, done: Completion) {
        let cell = &self.irps[done.irp as usize - 1].0;
        let mut ends = cell.take();
        ends.push((done.status, done.data.unwrap_or_default()));
        cell.set(ends);
    }

    /// The one end that an IRP came to.
    pub(crate) fn end_of(&self, irp: u64) -> (NtStatus, Vec<u8>) {
        let cell = &self.irps[irp as usize - 1].0;
        let ends = cell.take();
        cell.set(ends.clone());
        let [end] = &ends[..] else { panic!("IRP {irp}: {ends:?}") };
        end.clone()
    }

    /// How often the disconnect event was called, as who is told that no call runs may look at.
    pub(crate) fn calls(&self) -> usize {
        self.calls.0.get()
    }

    /// Performs the next errand; false if there is none.
    pub(crate) fn perform(&self) -> bool {
        let Some(fetched) = self.turn(|turn| turn.next_errand()) else { return false };
        let Call::Complete(done) = fetched.call else { panic!("{:?}", fetched.call) };
        self.complete(*done);
        self.turn(|turn| turn.finish_errand(fetched.token, OK, None));
        true
    }

    /// Drives until there is nothing to do at the moment.
    pub(crate) fn drive(&self) {
        let mut drive = Drive::worker(&self.core, 0, 1);
        let mut host = Driver { kernel: self };
        loop {
            match drive.step(&mut host, u64::MAX) {
                Step::Errands => drop(self.perform()),
                Step::Empty | Step::Unready => break,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits for the machine to change from `seen`.
    pub(crate) fn wait(&self, seen: u64) -> u64 {
        self.machine.wait_change(seen, std::time::Duration::MAX)
    }

    pub(crate) fn changes(&self) -> u64 {
        self.machine.changes()
    }

    /// Nothing is under way any more.
    pub(crate) fn check_quiet(&self) {
        let left = self.turn(|turn| turn.pending());
        assert!(left.iter().all(|(name, count)| *count == 0 || *name == "unread"), "{left:?}");
    }
}

/// Words of stack for each thread: the machine needs more than loom gives.
const STACK: usize = 1 << 15;

fn roomy<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    loom::thread::Builder::new().stack_size(STACK).spawn(act).expect("loom makes every thread")
}

/// As [`stage::model`]; loom's own first thread only waits.
pub(crate) fn model(
    name: &str,
    outcomes: &[&'static str],
    execution: impl Fn() + Clone + Send + Sync + 'static,
) {
    stage::model(name, outcomes, move || roomy(execution.clone()).join().unwrap());
}

/// Runs `act` on a thread of the model.
pub(crate) fn thread<T: Send + 'static>(
    kernel: &Arc<Kernel>,
    act: impl FnOnce(&Kernel) -> T + Send + 'static,
) -> JoinHandle<T> {
    let kernel = kernel.clone();
    roomy(move || act(&kernel))
}

/// The host of a drive: the machine hears of ends and closes.
struct Driver<'k> {
    kernel: &'k Kernel,
}

impl Host for Driver<'_> {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, _: &Indication) -> Verdict {
        // Two accesses: whoever is told that no call runs meanwhile is not ordered with one of them.
        let calls = self.kernel.calls();
        self.kernel.calls.0.set(calls + 1);
        Verdict::Success
    }

    fn call_batch(
        &mut self,
        _: HandlerId,
        _: &Batch<'_>,
        _: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        unreachable!("the table's handler is a single one")
    }

    fn closed(&mut self, index: u32) {
        self.kernel.turn(|turn| turn.closed(index));
        self.kernel.core.release(index);
    }

    fn ended(&mut self, handle: SocketHandle) {
        self.kernel.turn(|turn| turn.ended(handle));
    }

    fn runs_errands(&self) -> bool {
        true
    }
}
