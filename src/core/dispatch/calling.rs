//! Calling: one indication, or a batch of them, from begin to finish, and what its answer means.

use crate::core::dispatch::batch::Batch;
use crate::core::dispatch::drive::{Drive, Step};
use crate::core::dispatch::handler::{Breach, HandlerId, HandlerKind, Host, Indication, Verdict};
use crate::core::dispatch::native::NativeCallback;
use crate::core::event_queue::entry::Taken;
use crate::core::findings::{Finding, Found, SUCCESS_ONLY};
use crate::core::flags::Edge;
use crate::core::socket_table::Slot;
use crate::core::subsystem::Check;

impl Drive<'_> {
    pub(super) fn call_one<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        slot: &Slot,
        taken: Taken,
    ) -> Option<Step> {
        let indication = self.begin(handler, slot, taken)?;
        let verdict = match handler.kind() {
            HandlerKind::Native => host.call_native(&indication, || self.call_native(&indication)),
            _ => host.call(&indication),
        };
        self.finish(host, slot, indication.handle, Edge::from_bit(u64::from(indication.flags)));
        match verdict {
            Verdict::Success => None,
            Verdict::Stop => Some(Step::Stopped),
            Verdict::Breach(breach) => self.judge(&indication, *breach),
        }
    }

    #[inline]
    fn call_native(&mut self, indication: &Indication) -> Verdict {
        let callback = match self.native {
            Some((handler, callback)) if handler == indication.handler => callback,
            _ => {
                let address = self.subsystem.natives.address(indication.handler);
                let callback = NativeCallback::at(address);
                self.native = Some((indication.handler, callback));
                callback
            }
        };
        let status = match self.subsystem.options.black_box {
            None => callback.call(indication.context, indication.flags & self.told),
            Some(black_box) => {
                black_box.write_begin(self.row, indication);
                let status = callback.call(indication.context, indication.flags & self.told);
                black_box.write_end(self.row);
                status
            }
        };
        if status == 0 {
            return Verdict::Success;
        }
        let found = Found::Status(status);
        Verdict::Breach(Box::new(Breach { found, context_text: None, stop: false }))
    }

    pub(super) fn call_batch<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        end: u64,
    ) -> Option<Step> {
        let mut batch = std::mem::take(&mut self.batch);
        batch.clear();
        while let Some(place) = self.place().filter(|_| self.made < end) {
            let taken = self.taken[place];
            let slot = self.subsystem.table.slot(taken.entry.index());
            if HandlerId::from_bits(slot.handler()) != handler {
                break;
            }
            // A second edge of a socket in this batch waits for the next one, and keeps its place.
            if !batch.is_empty() && slot.load().is_calling() {
                break;
            }
            if self.claim(place)
                && let Some(mut indication) = self.begin(handler, slot, taken)
            {
                indication.flags &= self.told;
                batch.push(&indication);
            }
        }
        let step = if batch.is_empty() { None } else { self.call_rows(host, handler, &batch) };
        self.batch = batch;
        step
    }

    fn call_rows<H: Host>(
        &mut self,
        host: &mut H,
        handler: HandlerId,
        batch: &Batch,
    ) -> Option<Step> {
        let mut breaches = Vec::new();
        let verdict = host
            .call_batch(handler, batch, &mut |position, breach| breaches.push((position, breach)));
        for (&handle, &flags) in batch.handles.iter().zip(&batch.flags) {
            let slot = self.subsystem.table.slot(handle.index);
            self.finish(host, slot, handle, Edge::from_bit(u64::from(flags)));
        }
        let stop = matches!(verdict, Verdict::Stop);
        if let Verdict::Breach(breach) = verdict {
            breaches.push((0, *breach));
        }
        let mut ended = stop.then_some(Step::Stopped);
        for (position, breach) in breaches {
            let indication = Indication {
                handler,
                handle: batch.handles[position],
                context: batch.contexts[position],
                flags: batch.flags[position],
                edge_number: batch.edge_numbers[position],
            };
            ended = self.judge(&indication, breach).or(ended);
        }
        ended
    }

    /// Counts a breach, keeps its finding, and tells whether the drive ends (D-8, U-22).
    #[cold]
    fn judge(&self, indication: &Indication, breach: Breach) -> Option<Step> {
        let finding = Finding {
            rule: "D-8".into(),
            condition: SUCCESS_ONLY.into(),
            found: breach.found,
            handle: indication.handle,
            context: indication.context,
            context_text: breach.context_text,
            edge_number: indication.edge_number,
            flags: indication.flags,
        };
        let check = self.subsystem.options.check;
        self.subsystem.report(&finding);
        match (breach.stop, check) {
            (true, _) => Some(Step::Stopped),
            (false, Check::Raise) => Some(Step::Breach(Box::new(finding))),
            (false, _) => None,
        }
    }
}
