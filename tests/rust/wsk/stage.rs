//! Stage: a core and a machine, a client, and a host that performs every errand and writes it down.

use wsksim::core::counters::Counts;
use wsksim::core::dispatch::{Drive, Host, Pauses, Step, run};
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Indication, Verdict};
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::{Options, Subsystem};
use wsksim::network::address::{AF_INET, Address};
use wsksim::wsk::{Call, Fetched, Machine, Npi, Policies, Reply, State, Table, Turn, event};

pub(crate) const OK: NtStatus = NtStatus::SUCCESS;
pub(crate) const PENDING: NtStatus = NtStatus::PENDING;
pub(crate) const HANDLER: HandlerId = HandlerId::new(HandlerKind::Single, 0);
/// Every callback of a connection.
pub(crate) const ALL: u32 = event::CONNECTION | event::ACCEPT | event::RECEIVE_FROM | 0x3;

/// What a drive did, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// An IRP completed: which, status, information.
    Done(u64, NtStatus, u64),
    /// `WskDisconnectEvent`: context and flags.
    Event(u64, u32),
    /// `WskReceiveEvent`.
    Data(Vec<u8>),
    /// `WskReceiveFromEvent`, with the number of datagrams.
    Datagrams(usize),
    /// `WskAcceptEvent`.
    Accepted(u64),
    /// `WskInspectEvent`.
    Inspect((u64, u32)),
    /// `WskAbortEvent`.
    Abort((u64, u32)),
    /// `WskSendBacklogEvent`.
    Backlog(usize),
    /// The notice of a non-functional socket, through this event.
    Notice(&'static str),
}

/// What the application answers.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    pub(crate) receive: (NtStatus, Option<usize>),
    pub(crate) receive_from: NtStatus,
    pub(crate) accept: NtStatus,
    pub(crate) inspect: u32,
    /// Context and callbacks of sockets that `WskAcceptEvent` takes.
    pub(crate) table: (u64, u32),
}

impl Default for Answers {
    fn default() -> Self {
        let table = (77, ALL);
        Self { receive: (OK, None), receive_from: OK, accept: OK, inspect: 1, table }
    }
}

pub(crate) struct Stage {
    pub(crate) core: Subsystem,
    pub(crate) machine: Machine,
    pub(crate) registration: u64,
    pub(crate) client: u64,
    pub(crate) answers: Answers,
    last_irp: u64,
}

pub(crate) fn local(port: u16) -> Option<Address> {
    Address::new(AF_INET, &[127, 0, 0, 1], port)
}

pub(crate) fn any(port: u16) -> Option<Address> {
    Address::new(AF_INET, &[0; 4], port)
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(Policies::default(), Options::default())
    }

    pub(crate) fn with(policies: Policies, options: Options) -> Self {
        Self::on(Subsystem::new(options), policies)
    }

    pub(crate) fn on(core: Subsystem, policies: Policies) -> Self {
        let machine = Machine::new(&core, policies);
        let mut stage = Self {
            core,
            machine,
            registration: 0,
            client: 0,
            answers: Answers::default(),
            last_irp: 1000,
        };
        stage.registration = stage.turn(|turn| turn.register(0x0100));
        let registration = stage.registration;
        let (status, client) = stage.turn(|turn| turn.capture(registration));
        assert_eq!(status, OK);
        stage.client = client;
        stage
    }

    pub(crate) fn turn<T>(&self, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let result = self.machine.turn(&self.core, act);
        for index in self.machine.take_letting().closed {
            self.core.release(index);
        }
        result
    }

    pub(crate) fn irp(&mut self) -> u64 {
        self.last_irp += 1;
        self.last_irp
    }

    /// One request with an IRP of its own. Checks I-4, I-8 and U-44; reports inline completions as
    /// done.
    pub(crate) fn ask(&mut self, act: impl FnOnce(&mut Turn<'_>, u64) -> Reply) -> Reply {
        let irp = self.irp();
        let reply = self.turn(|turn| act(turn, irp));
        match reply.status {
            NtStatus::PENDING => assert_eq!(reply.completions, []),
            status => {
                assert_eq!(reply.completions.len(), 1, "completed exactly once");
                let done = &reply.completions[0];
                assert_eq!((done.irp, done.status), (irp, status));
                assert!(status.is_success() || done.information == 0);
                self.turn(|turn| turn.completed(done.token));
            }
        }
        reply
    }

    pub(crate) fn table(context: u64) -> Table {
        Table::new(context, HANDLER, ALL, 0)
    }

    pub(crate) fn socket(&mut self, flags: u32, context: u64) -> u64 {
        let client = self.client;
        let (kind, protocol) = if flags == 4 { (2, 17) } else { (1, 6) };
        let reply = self.ask(|turn, irp| {
            turn.socket(client, AF_INET, kind, protocol, flags, Self::table(context), irp)
        });
        assert_eq!(reply.status, OK);
        reply.completions[0].socket
    }

    pub(crate) fn listener(&mut self, port: u16) -> u64 {
        let id = self.socket(1, 5);
        assert_eq!(self.ask(|turn, irp| turn.bind(id, any(port), 0, irp)).status, OK);
        id
    }

    /// A connection of context `context` to a remote end: the socket and the end.
    pub(crate) fn pair(&mut self, context: u64) -> (u64, u64) {
        let (listener, address) =
            self.turn(|turn| turn.remote_listen(local(0).unwrap())).expect("a free port");
        let socket = self.connected(address, context);
        let remote = self.turn(|turn| turn.remote_accept(listener)).expect("it connected");
        (socket, remote)
    }

    pub(crate) fn connected(&mut self, to: Address, context: u64) -> u64 {
        let client = self.client;
        let reply = self.ask(|turn, irp| {
            turn.socket_connect(client, 1, 6, any(0), Some(to), 0, Self::table(context), irp)
        });
        assert_eq!(reply.status, OK);
        reply.completions[0].socket
    }

    pub(crate) fn enable(&mut self, id: u64, mask: u32) -> NtStatus {
        self.turn(|turn| turn.event_callback(id, Npi::Wsk, mask, 0)).status
    }

    pub(crate) fn disable(&mut self, id: u64, bit: u32) -> NtStatus {
        self.enable(id, bit | event::DISABLE)
    }

    pub(crate) fn send(&mut self, id: u64, data: &[u8]) -> Reply {
        self.ask(|turn, irp| turn.send(id, data.to_vec(), 0, irp))
    }

    pub(crate) fn receive(&mut self, id: u64, length: usize, flags: u32) -> Reply {
        self.ask(|turn, irp| turn.receive(id, length, flags, irp))
    }

    pub(crate) fn disconnect(&mut self, id: u64, flags: u32) -> Reply {
        self.ask(|turn, irp| turn.disconnect(id, None, flags, irp))
    }

    pub(crate) fn close(&mut self, id: u64) -> Reply {
        self.ask(|turn, irp| turn.close(id, irp))
    }

    pub(crate) fn state(&self, id: u64) -> Option<State> {
        self.turn(|turn| turn.state(id))
    }

    pub(crate) fn fetch(&self) -> Option<Fetched> {
        self.turn(|turn| turn.next_errand())
    }

    pub(crate) fn finish(&self, token: u64, status: NtStatus) {
        self.turn(|turn| turn.finish_errand(token, status, None));
    }

    /// Drives until nothing is left to do.
    pub(crate) fn drive(&self) -> Vec<Seen> {
        self.drive_with(&mut |_| ())
    }

    /// Drives; `during` runs inside each disconnect handler.
    pub(crate) fn drive_with(&self, during: &mut dyn FnMut(&Indication)) -> Vec<Seen> {
        let ticket = self.core.ticket().expect("no other drive runs");
        let mut drive = Drive::alone(&ticket);
        let mut host = Recorder { stage: self, seen: Vec::new(), closed: Vec::new(), during };
        let ended = run(&mut drive, &mut host, &mut Performing(self), 0);
        assert!(matches!(ended, Ok(Step::Empty)), "{ended:?}");
        for index in host.closed {
            self.core.release(index);
        }
        host.seen
    }

    fn perform(&self, fetched: Fetched) -> Seen {
        let answers = &self.answers;
        let (mut status, mut accepted) = (OK, None);
        let seen = match fetched.call {
            Call::Complete(done) => Seen::Done(done.irp, done.status, done.information),
            Call::Receive { segments: Some(segments), .. } => {
                (status, accepted) = answers.receive;
                Seen::Data(segments.iter().flat_map(|one| one.to_vec()).collect())
            }
            Call::Receive { .. } => Seen::Notice("receive"),
            Call::ReceiveFrom { datagrams: Some(datagrams), .. } => {
                status = answers.receive_from;
                Seen::Datagrams(datagrams.len())
            }
            Call::ReceiveFrom { .. } => Seen::Notice("receive_from"),
            Call::Accept { accepted: Some((_, _, id)) } => {
                let (context, callbacks) = answers.table;
                let table = Table::new(context, HANDLER, callbacks, 0);
                self.turn(|turn| turn.accept_written(id, table));
                status = answers.accept;
                Seen::Accepted(id)
            }
            Call::Accept { .. } => Seen::Notice("accept"),
            Call::Inspect { request: Some((_, _, id)) } => {
                status = NtStatus::from_bits(answers.inspect);
                Seen::Inspect(id)
            }
            Call::Inspect { .. } => Seen::Notice("inspect"),
            Call::Abort { id } => Seen::Abort(id),
            Call::SendBacklog { size } => Seen::Backlog(size),
        };
        self.turn(|turn| turn.finish_errand(fetched.token, status, accepted));
        seen
    }

    /// The books balance: posted = indicated + withheld + pending; nothing is left in the machine.
    pub(crate) fn check_books(&self) -> Counts {
        let counts = self.core.counts();
        let posted: u64 = counts.posted.iter().sum();
        let indicated: u64 = counts.indicated.iter().sum();
        let withheld: u64 = counts.withheld.iter().sum();
        assert_eq!(posted, indicated + withheld + counts.queued + counts.held, "{counts:?}");
        counts
    }

    /// Closes what is left and checks that nothing stays.
    pub(crate) fn end(mut self, sockets: &[u64]) {
        for &id in sockets {
            let status = self.close(id).status;
            assert!(status == OK || status == PENDING, "{status:?}");
        }
        self.drive();
        for &id in sockets {
            assert_eq!(self.state(id), None, "closed");
        }
        let counts = self.check_books();
        assert_eq!((counts.open, counts.held, counts.queued), (0, 0, 0));
        for (name, count) in self.turn(|turn| turn.pending()) {
            assert!(count == 0 || name == "unread", "{name}: {count}");
        }
        let (registration, client) = (self.registration, self.client);
        assert_ne!(client, 0);
        assert_eq!(self.turn(|turn| turn.release_npi(registration)), OK);
        assert_eq!(self.turn(|turn| turn.deregister(registration)), OK);
    }
}

/// The pauses of a drive that performs errands.
struct Performing<'s>(&'s Stage);

impl<'s> Pauses<Recorder<'s>> for Performing<'s> {
    type Failure = std::convert::Infallible;

    fn calls(&mut self, _: u64) -> Option<u64> {
        Some(1)
    }

    fn empty(&mut self, _: &Drive<'_>) -> bool {
        false
    }

    fn errands(
        &mut self,
        drive: &mut Drive<'_>,
        host: &mut Recorder<'s>,
    ) -> Result<Option<u64>, Self::Failure> {
        let oldest = drive.oldest();
        let edges = self.0.turn(|turn| turn.edges_first(oldest));
        if edges == 0
            && let Some(fetched) = self.0.fetch()
        {
            host.seen.push(self.0.perform(fetched));
        }
        Ok(Some(edges))
    }
}

struct Recorder<'s> {
    stage: &'s Stage,
    seen: Vec<Seen>,
    closed: Vec<u32>,
    during: &'s mut dyn FnMut(&Indication),
}

impl Host for Recorder<'_> {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        self.seen.push(Seen::Event(indication.context, indication.flags));
        (self.during)(indication);
        Verdict::Success
    }

    fn closed(&mut self, index: u32) {
        self.closed.push(index);
        self.stage.turn(|turn| turn.closed(index));
    }

    fn ended(&mut self, handle: SocketHandle) {
        self.stage.turn(|turn| turn.ended(handle));
    }

    fn runs_errands(&self) -> bool {
        true
    }
}
