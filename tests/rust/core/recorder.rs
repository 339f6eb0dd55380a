//! Recorder: a host that writes down every call and does what a test tells it to.

use wsksim::core::dispatch::{Batch, Drive, Host, Step};
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Breach, Indication, Verdict};
use wsksim::core::subsystem::{Opening, Options, Subsystem};

/// What a test does inside a call.
pub(crate) type During<'t> = Box<dyn FnMut(&Indication) -> Verdict + 't>;

/// Writes down every call.
pub(crate) struct Recorder<'t> {
    pub(crate) calls: Vec<Indication>,
    pub(crate) batches: Vec<usize>,
    pub(crate) closed: Vec<u32>,
    during: During<'t>,
}

impl<'t> Recorder<'t> {
    pub(crate) fn new() -> Self {
        Self::doing(|_| Verdict::Success)
    }

    pub(crate) fn doing(during: impl FnMut(&Indication) -> Verdict + 't) -> Self {
        Self {
            calls: Vec::new(),
            batches: Vec::new(),
            closed: Vec::new(),
            during: Box::new(during),
        }
    }

    /// The calls as (context, flags).
    pub(crate) fn seen(&self) -> Vec<(u64, u32)> {
        self.calls.iter().map(|call| (call.context, call.flags)).collect()
    }
}

impl Host for Recorder<'_> {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        self.calls.push(*indication);
        (self.during)(indication)
    }

    fn call_batch(
        &mut self,
        handler: HandlerId,
        batch: &Batch<'_>,
        _: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        self.batches.push(batch.len());
        for row in 0..batch.len() {
            let indication = Indication {
                handler,
                handle: batch.handle(row),
                context: batch.contexts[row],
                flags: batch.flags[row],
                edge_number: batch.edge_number(row),
            };
            self.calls.push(indication);
            let _ = (self.during)(&indication);
        }
        Verdict::Success
    }

    fn closed(&mut self, index: u32) {
        self.closed.push(index);
    }
}

pub(crate) const SINGLE: HandlerId = HandlerId::new(HandlerKind::Single, 0);
pub(crate) const BATCH: HandlerId = HandlerId::new(HandlerKind::Batch, 0);

/// A connected socket with the event enabled.
pub(crate) fn enabled(handler: HandlerId) -> Opening {
    Opening { handler, enabled: true, kept: false, hold: false }
}

/// A connected socket with the event disabled.
pub(crate) fn disabled(handler: HandlerId) -> Opening {
    Opening { handler, enabled: false, kept: false, hold: false }
}

pub(crate) fn subsystem() -> Subsystem {
    Subsystem::new(Options::default())
}

/// Drives until nothing is queued.
pub(crate) fn dispatch(subsystem: &Subsystem, host: &mut Recorder<'_>) -> u64 {
    let ticket = subsystem.ticket().expect("no other drive runs");
    let mut drive = Drive::alone(&ticket);
    let step = drive.step(host, u64::MAX);
    assert!(matches!(step, Step::Empty), "{step:?}");
    drive.made()
}

pub(crate) fn open_many(
    subsystem: &Subsystem,
    count: usize,
    opening: Opening,
) -> Vec<SocketHandle> {
    let mut handles = Vec::new();
    subsystem.open_many(count, opening, |number, _| number as u64, &mut handles).expect("room");
    handles
}
