//! IRPs: completed exactly once, inline by the call that decides them, or by an errand (I-4, U-44).

use crate::core::chooser::Point;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::wsk::errand::{Kind, Lane};
use crate::wsk::machine::Turn;
use crate::wsk::policies::Completions;

/// An IRP, by the number that the application's side gave; 0 is NULL.
pub(crate) type Irp = u64;

/// What an IRP is completed with. By default a failure: Information 0 (I-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Which.
    pub irp: u64,
    /// `IoStatus.Status`.
    pub status: NtStatus,
    /// `IoStatus.Information`, unless it is a socket (I-7).
    pub information: u64,
    /// The socket that it yields; 0 for none.
    pub socket: u64,
    /// `MSG_*` of a datagram.
    pub flags: u32,
    /// What goes into the caller's buffer.
    pub data: Option<Vec<u8>>,
    /// Fills the buffer for the local address.
    pub local: Option<Address>,
    /// Fills the buffer for the remote address.
    pub remote: Option<Address>,
    /// To be told to [`Turn::completed`] when the routine has returned, unless 0.
    pub token: u64,
    /// The socket that is on hold until the routine has returned (D-27); 0 for none.
    pub(crate) held: u64,
    /// The socket that is gone once this is done: the IRP is its close (C-14); 0 for none.
    pub(crate) closes: u64,
    /// The client that may not be deregistered before this is done (O-17); 0 for none.
    pub(crate) client: u64,
    /// Its routine has returned before the socket indicates anything (D-20).
    pub(crate) first: bool,
    /// Which order it stands in.
    pub(crate) lane: Lane,
}

impl Completion {
    pub(crate) fn new(irp: Irp, status: NtStatus) -> Self {
        Self {
            irp,
            status,
            information: 0,
            socket: 0,
            flags: 0,
            data: None,
            local: None,
            remote: None,
            token: 0,
            held: 0,
            closes: 0,
            client: 0,
            first: false,
            lane: Lane::Request(irp),
        }
    }

    /// A refusal that no machine decided.
    #[must_use]
    pub fn refusal(irp: u64, status: NtStatus) -> Self {
        Self::new(irp, status)
    }

    /// Of a receive: in order with the others, and over before the socket indicates anything (D-20, U-20).
    pub(crate) fn of_receive(self) -> Self {
        Self { first: true, lane: Lane::Receives, ..self }
    }

    pub(crate) fn success(irp: Irp) -> Self {
        Self::new(irp, NtStatus::SUCCESS)
    }

    pub(crate) fn count(irp: Irp, count: usize) -> Self {
        Self { information: count as u64, ..Self::success(irp) }
    }
}

/// What a function answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What it returns. After PENDING the completion routine may already have run (I-5).
    pub status: NtStatus,
    /// What the caller completes now, before it returns, in this order.
    pub completions: Vec<Completion>,
    /// What the request ends with, if that is decided, whatever the call returns; else `STATUS_PENDING`.
    pub outcome: NtStatus,
    /// The rule that the application broke, if the call shows one.
    pub breach: Option<&'static str>,
}

/// Where a waiting IRP is queued: at which socket or client, and with which number in the lineup there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Receive(u64, u32),
    Send(u64, u32),
    Connect(u64),
    Accept(u64, u32),
    Datagram(u64, u32),
    AddressChange(u64),
    TransportChange(u64, u32),
    /// A disable or a close: a cancel is ignored (U-38).
    Fixed,
}

impl Turn<'_> {
    /// One function of socket `about` that needs an IRP (I-1, I-15). `act` finishes the IRP, queues
    /// it, or fails.
    pub(crate) fn request(
        &mut self,
        about: u64,
        irp: Irp,
        act: impl FnOnce(&mut Self) -> Result<(), NtStatus>,
    ) -> Reply {
        if irp == 0 {
            let absent = self.on.shut;
            let status =
                if absent { NtStatus::DEVICE_NOT_READY } else { NtStatus::INVALID_PARAMETER };
            return self.answer(status, Vec::new());
        }
        if self.on.waiting.contains(irp) {
            // The IRP is in use: completing it here would complete it twice (I-3, I-4).
            self.breach = Some("I-3");
            return self.answer(NtStatus::INVALID_PARAMETER, Vec::new());
        }
        if self.on.shut {
            return self.refuse(irp);
        }
        self.current = irp;
        let acted = act(self);
        self.settle();
        self.current = 0;
        match (acted, self.decided.take()) {
            // A call that fails at once completes its IRP too (I-4, U-44).
            (Err(status), _) => self.inline(about, Completion::new(irp, status)),
            (Ok(()), Some(done)) => self.inline(about, done),
            (Ok(()), None) => self.answer(NtStatus::PENDING, Vec::new()),
        }
    }

    /// A request that was refused before it came here; an IRP is completed all the same (I-4, U-44).
    pub fn refused(&mut self, about: u64, irp: u64, status: NtStatus) -> Reply {
        if irp == 0 {
            return self.answer(status, Vec::new());
        }
        self.inline(about, Completion::new(irp, status))
    }

    /// A request of a client that the caller decided itself, such as what a name stands for.
    pub fn decided(&mut self, client: u64, irp: u64, result: Result<(), NtStatus>) -> Reply {
        self.request(0, irp, |turn| {
            turn.client(client)?;
            result?;
            turn.finish(0, Completion::success(irp));
            Ok(())
        })
    }

    /// One operation that takes no IRP; one that is given all the same is completed with the refusal
    /// (E-22, U-16).
    pub(crate) fn without_irp(
        &mut self,
        irp: Irp,
        act: impl FnOnce(&mut Self) -> Result<(), NtStatus>,
    ) -> Reply {
        if irp != 0 {
            self.at_once = true;
            return self.request(0, irp, |_| Err(NtStatus::INVALID_PARAMETER));
        }
        if self.on.shut {
            return self.refuse(0);
        }
        let acted = act(self);
        self.settle();
        self.answer(acted.err().unwrap_or(NtStatus::SUCCESS), Vec::new())
    }

    pub(crate) fn answer(&mut self, status: NtStatus, completions: Vec<Completion>) -> Reply {
        Reply { status, completions, outcome: status, breach: self.breach.take() }
    }

    /// From here on the turn's caller runs a completion routine if `defers`: a request that is decided at once answers
    /// `STATUS_PENDING`, and a drive completes it. So a chain of them needs no stack (I-11; docs/adr/0014).
    pub fn set_defers(&mut self, defers: bool) {
        self.defers = defers;
    }

    /// The IRP of this call is decided: completed by the caller on its own stack, before it returns (U-23), or by an
    /// errand (I-5, I-18).
    pub(crate) fn inline(&mut self, about: u64, mut done: Completion) -> Reply {
        let (way, outcome) = (self.way(), done.status);
        if way == Completions::Later {
            let held = done.held;
            self.queue_completion(about, done);
            self.unhold(held);
            return Reply { outcome, ..self.answer(NtStatus::PENDING, Vec::new()) };
        }
        if done.held != 0 {
            done.token = self.new_id();
            self.on.tokens.push((done.token, done.held));
        }
        if done.closes != 0 {
            self.forget(done.closes);
        }
        let status = if way == Completions::Windows { NtStatus::PENDING } else { outcome };
        Reply { outcome, ..self.answer(status, vec![done]) }
    }

    /// Completes an IRP of `socket`: the one of this call inline, also inside a callback (U-35), any
    /// other by an errand.
    pub(crate) fn finish(&mut self, socket: u64, done: Completion) {
        self.on.waiting.discard(done.irp);
        if done.irp == self.current && self.decided.is_none() {
            self.hold(done.held);
            self.decided = Some(done);
        } else {
            self.queue_completion(socket, done);
        }
    }

    /// Queues the completion of an IRP, which this machine never looks at again (I-6). What it holds indicates nothing
    /// before its routine has returned (D-20, D-27, U-10).
    pub(crate) fn queue_completion(&mut self, socket: u64, done: Completion) {
        if let Some(owner) = self.on.sockets.get_mut(socket) {
            owner.unfinished += 1;
            if done.first {
                self.hold(socket);
            }
        }
        if done.held != 0 {
            self.hold(done.held);
        }
        if let Some(client) = self.on.clients.get_mut(&done.client) {
            client.unfinished += 1;
        }
        self.queue(socket, Kind::Complete(Box::new(done)));
    }

    /// Notes that an IRP waits.
    pub(crate) fn wait_at(&mut self, irp: Irp, place: Place) {
        self.on.waiting.insert(irp, place);
    }

    /// Whether an IRP is not decided yet.
    #[must_use]
    pub fn waits(&self, irp: u64) -> bool {
        self.on.waiting.contains(irp)
    }

    /// `IoCancelIrp` (I-12): true when the IRP can be cancelled. Other IRPs and the connection go on (I-13). Where the order
    /// is chosen, it may lose against everything that is under way: then it takes effect when nothing else is left to do.
    pub fn cancel(&mut self, irp: u64) -> bool {
        let late = self.core.options().explores()
            && self.may_cancel(irp)
            && self.core.choose(Point::Cancel, 2) == 1;
        if late {
            self.on.late.push_back(irp);
        }
        late || self.cancel_now(irp)
    }

    fn may_cancel(&mut self, irp: Irp) -> bool {
        match self.on.waiting.get(irp) {
            None | Some(Place::Fixed) => false,
            Some(&Place::Send(id, number)) => self.may_cancel_send(id, number, irp),
            Some(_) => true,
        }
    }

    /// Cancels an IRP that waits still.
    pub(crate) fn cancel_now(&mut self, irp: Irp) -> bool {
        let Some(&place) = self.on.waiting.get(irp) else { return false };
        let plain = Completion::new(irp, NtStatus::CANCELLED);
        let cancelled = match place {
            Place::Receive(id, number) => self.cancel_receive(id, number, irp),
            Place::Send(id, number) => self.cancel_send(id, number, irp).then_some(plain),
            Place::Connect(id) => self.cancel_connect(id, irp).then_some(plain),
            Place::Accept(id, number) => self.cancel_accept(id, number, irp).then_some(plain),
            Place::Datagram(id, number) => {
                let receives = &mut self.at(id).rest.datagram_receives;
                receives.take(number.into(), |(other, _)| *other == irp);
                Some(plain)
            }
            Place::AddressChange(id) => self.at(id).rest.address_change.take().map(|_| plain),
            Place::TransportChange(client, number) => {
                let done = Completion { client, ..plain };
                self.cancel_list_change(client, number, irp).then_some(done)
            }
            // A close never fails, a disable is only waited for (U-38).
            Place::Fixed => None,
        };
        let Some(done) = cancelled else { return false };
        let socket = match place {
            Place::TransportChange(..) | Place::Fixed => 0,
            Place::Receive(id, _)
            | Place::Send(id, _)
            | Place::Connect(id)
            | Place::Accept(id, _)
            | Place::Datagram(id, _)
            | Place::AddressChange(id) => id,
        };
        // A socket of WskSocketConnect is gone with its IRP.
        let socket = if self.look(socket).is_some() { socket } else { 0 };
        self.finish(socket, done);
        self.settle();
        true
    }

    /// The completion routine of an inline completion has returned (D-27).
    pub fn completed(&mut self, token: u64) {
        let place = self.on.tokens.iter().rposition(|(other, _)| *other == token);
        if let Some(place) = place {
            let (_, socket) = self.on.tokens.swap_remove(place);
            self.unhold(socket);
            self.settle();
        }
    }
}
