//! What the tests of the generator need: a host that notes its calls, and an opener of plain sockets.

use wsksim::core::dispatch::{Batch, Drive, Host, Step};
use wsksim::core::error::CoreError;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Breach, Indication, Verdict};
use wsksim::core::subsystem::{Opening, Options, Subsystem};
use wsksim::storm::{Opener, Timing};

/// Notes (context, flags) of each call.
#[derive(Default)]
pub(crate) struct Noting {
    pub(crate) seen: Vec<(u64, u32)>,
}

impl Host for Noting {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        self.seen.push((indication.context, indication.flags));
        Verdict::Success
    }

    fn call_batch(
        &mut self,
        _: HandlerId,
        batch: &Batch<'_>,
        _: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        self.seen.extend(batch.contexts.iter().copied().zip(batch.flags.iter().copied()));
        Verdict::Success
    }

    fn closed(&mut self, _: u32) {}
}

/// Opens sockets whose contexts are their numbers.
pub(crate) struct Plain<'s> {
    pub(crate) core: &'s Subsystem,
    pub(crate) handler: HandlerId,
}

impl Opener for Plain<'_> {
    type Error = CoreError;

    fn open(&mut self, numbers: &[u32], opened: &mut Vec<SocketHandle>) -> Result<(), CoreError> {
        let opening = Opening { handler: self.handler, enabled: true, kept: false, hold: false };
        let context = |position: usize, _| u64::from(numbers[position]);
        self.core.open_many(numbers.len(), opening, context, opened)
    }

    fn close(&mut self, handles: &[SocketHandle]) -> Result<(), CoreError> {
        handles.iter().try_for_each(|handle| self.core.close(*handle).map(|_| ()))
    }
}

pub(crate) fn core(sockets: u32) -> Subsystem {
    Subsystem::new(Options { seed: 7, max_sockets: sockets, ..Options::default() })
}

/// Dispatches everything, timed if that is wanted.
pub(crate) fn dispatch(core: &Subsystem, host: &mut Noting, timing: Option<&Timing>) {
    let ticket = core.ticket().expect("no other drive runs");
    let mut drive = Drive::alone(&ticket);
    let step = match timing {
        None => drive.step(host, u64::MAX),
        Some(timing) => timing.step(&mut drive, host, u64::MAX),
    };
    assert!(matches!(step, Step::Empty), "{step:?}");
}
