//! Calling: one indication after another, or a batch of them, and what their answers mean.

use crate::core::dispatch::ahead::{Contexts, Found};
use crate::core::dispatch::drive::Drive;
use crate::core::dispatch::host::Host;
use crate::core::dispatch::native::NativeCallback;
use crate::core::dispatch::step::Step;
use crate::core::event_queue::Signals;
use crate::core::findings::{Finding, Found as Broken};
use crate::core::flags::DisconnectFlags;
use crate::core::handlers::HandlerId;
use crate::core::indication::{Breach, Indication, Verdict};
use crate::core::irql::{CallLevel, Irql, IrqlPolicy};

impl Drive<'_> {
    /// Calls a handler for one edge after another, as long as the next edge is the same handler's.
    #[inline(always)]
    pub(super) fn call_each<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        end: u64,
        contexts: Contexts,
        mut call: impl FnMut(&mut H, &Indication) -> Verdict,
    ) -> Option<Step> {
        let Self { ahead, caller, .. } = self;
        let queue = &caller.subsystem.queue;
        let calls = caller.until(end);
        while let Some((place, Found { taken, slot })) = ahead.next(contexts) {
            if HandlerId::from_bits(slot.handler()) != handler {
                break;
            }
            let claim = ahead.claim(place);
            let Some((begin, flags)) = caller.begin(slot, taken, claim) else { continue };
            let indication = Indication {
                handler,
                handle: begin.handle(),
                context: begin.context(),
                flags,
                edge_number: taken.edge_number,
            };
            let verdict = call(host, &indication);
            caller.finish(host, begin);
            match verdict {
                Verdict::Success => {}
                Verdict::Stop => return Some(Step::Stopped),
                Verdict::Breach(breach) => {
                    if let Some(step) = caller.judge(host, indication, *breach) {
                        return Some(step);
                    }
                }
            }
            if caller.has_made(calls) || queue.signals() != Signals::NONE {
                break;
            }
        }
        None
    }

    /// [`call_each`](Self::call_each) for a handler that the host calls.
    pub(super) fn call_host<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        end: u64,
    ) -> Option<Step> {
        self.call_each(host, handler, end, Contexts::Blocks, H::call)
    }

    /// [`call_each`](Self::call_each) for a handler that the dispatcher calls itself.
    pub(super) fn call_native<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        end: u64,
    ) -> Option<Step> {
        match self.caller.subsystem.options.irql {
            IrqlPolicy::Passive => {
                self.call_native_at(host, handler, end, |_| CallLevel::Fixed(Irql::Passive))
            }
            IrqlPolicy::Dispatch => {
                self.call_native_at(host, handler, end, |_| CallLevel::Fixed(Irql::Dispatch))
            }
            IrqlPolicy::Mixed => self.call_native_at(host, handler, end, |indication| {
                CallLevel::Drawn(DisconnectFlags::level(indication.flags))
            }),
        }
    }

    /// The same, with the level of each call: one loop for each policy, for the compares with the level.
    #[inline(always)]
    fn call_native_at<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        end: u64,
        level: impl Fn(&Indication) -> CallLevel,
    ) -> Option<Step> {
        let callback = NativeCallback::at(self.caller.subsystem.natives.address(handler));
        let (row, told) = (self.row, self.caller.told);
        match self.caller.subsystem.options.black_box {
            None => self.call_each(host, handler, end, Contexts::Each, |host, indication| {
                let call = || callback.call(indication.context, indication.flags & told);
                host.call_native(indication, level(indication), || verdict(call()))
            }),
            Some(black_box) => {
                self.call_each(host, handler, end, Contexts::Each, |host, indication| {
                    black_box.write_begin(row, indication);
                    let call = || callback.call(indication.context, indication.flags & told);
                    let level = level(indication);
                    let verdict = host.call_native(indication, level, || verdict(call()));
                    black_box.write_end(row);
                    verdict
                })
            }
        }
    }

    /// Calls a batch handler once, for as many edges as come next and are its own.
    pub(super) fn call_batch<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        end: u64,
    ) -> Option<Step> {
        self.fill_batch(handler, end);
        if self.batch.is_empty() {
            return None;
        }
        let Self { batch, caller, .. } = self;
        let mut breaches = Vec::new();
        let verdict = host
            .call_batch(handler, batch, &mut |position, breach| breaches.push((position, breach)));
        for row in &batch.rows {
            caller.finish(host, row.begin);
        }
        let stop = matches!(verdict, Verdict::Stop);
        if let Verdict::Breach(breach) = verdict {
            breaches.push((0, *breach));
        }
        let mut ended = stop.then_some(Step::Stopped);
        for (position, breach) in breaches {
            let indication = Indication {
                handler,
                handle: batch.handle(position),
                context: batch.contexts[position],
                flags: batch.flags[position],
                edge_number: batch.edge_number(position),
            };
            ended = caller.judge(host, indication, breach).or(ended);
        }
        ended
    }

    fn fill_batch(&mut self, handler: HandlerId, end: u64) {
        let Self { ahead, caller, batch, .. } = self;
        let mut columns = batch.columns();
        let calls = caller.until(end);
        while let Some((place, Found { taken, slot })) = ahead.next(Contexts::Never) {
            if HandlerId::from_bits(slot.handler()) != handler || caller.has_made(calls) {
                break;
            }
            // A second edge of a socket in this batch waits for the next one, and keeps its place.
            if slot.load().is_calling() && !columns.is_empty() {
                break;
            }
            if let Some((begin, flags)) = caller.begin(slot, taken, ahead.claim(place)) {
                columns.push(begin, flags, caller.told, taken.edge_number);
            }
        }
    }
}

/// What a native handler's status means.
#[inline]
fn verdict(status: u32) -> Verdict {
    match status {
        0 => Verdict::Success,
        _ => wrong(status),
    }
}

#[cold]
fn wrong(status: u32) -> Verdict {
    Verdict::Breach(Box::new(Breach::of(Finding::of("D-8", Broken::Status(status)))))
}
