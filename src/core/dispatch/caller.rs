//! Caller: begin and finish of a call on the socket's word, and what the drive has done, not yet in the
//! shared books.

use crate::core::dispatch::begin::Begin;
use crate::core::dispatch::host::Host;
use crate::core::dispatch::step::Step;
use crate::core::event_queue::entry::Taken;
use crate::core::event_queue::tray::Claim;
use crate::core::findings::{Finding, Subject};
use crate::core::flags::{DisconnectFlags, Edge};
use crate::core::handle::SocketHandle;
use crate::core::indication::{Breach, Indication};
use crate::core::irql::IrqlSource;
use crate::core::socket_table::Slot;
use crate::core::socket_table::word::{Begun, Word};
use crate::core::subsystem::{Check, Subsystem};

/// One thread's calls.
#[derive(Debug)]
pub(super) struct Caller<'s> {
    pub(super) subsystem: &'s Subsystem,
    irql: IrqlSource,
    /// The bits of `Flags` that handlers are told (U-21).
    pub(super) told: u32,
    /// Calls made since the counts were last added, graceful and abortive.
    tally: [u64; 2],
    /// Calls made before, and errands.
    added: u64,
    journal: Vec<(SocketHandle, u32)>,
    keeps_journal: bool,
}

impl<'s> Caller<'s> {
    pub(super) fn new(subsystem: &'s Subsystem, irql: IrqlSource) -> Self {
        let told = subsystem.options.told_flags();
        let keeps_journal = subsystem.options.journal;
        let journal = Vec::new();
        Self { subsystem, irql, told, tally: [0; 2], added: 0, journal, keeps_journal }
    }

    /// How many calls were made.
    pub(super) fn made(&self) -> u64 {
        self.added + self.tally[0] + self.tally[1]
    }

    /// Whether so many calls were made since the counts were last added.
    #[inline(always)]
    pub(super) fn has_made(&self, calls: u64) -> bool {
        self.tally[0] + self.tally[1] >= calls
    }

    /// How many calls there are from the last adding of counts to `end`.
    pub(super) fn until(&self, end: u64) -> u64 {
        end - self.added
    }

    /// Counts calls that the host made as errands.
    pub(super) fn count_calls(&mut self, calls: u64) {
        self.added += calls;
    }

    /// Where the levels go on.
    pub(super) fn irql(&self) -> IrqlSource {
        self.irql
    }

    /// Begins the edge of an entry while this drive's claim to it stands; returns the call and its `Flags`,
    /// its level always among them, if there is one to make.
    #[inline(always)]
    pub(super) fn begin(
        &mut self,
        slot: &'s Slot,
        taken: Taken,
        claim: Claim<'_>,
    ) -> Option<(Begin<'s>, u32)> {
        let (edge, index) = (taken.entry.edge(), taken.entry.index());
        let number = self.subsystem.note_number();
        let at_once = |word: Word| if claim.stands() { word.begin_at_once(edge) } else { None };
        let word = match slot.at_once(self.subsystem.is_alone(), at_once) {
            Some(word) => word,
            None => self.begin_seldom(slot, taken, claim)?,
        };
        let begin = Begin { slot, word, index, edge };
        let flags = DisconnectFlags::new(edge, self.irql.next(&self.subsystem.chooser)).bits();
        self.tally[edge as usize] += 1;
        if self.keeps_journal {
            self.journal.push((begin.handle(), flags & self.told));
        }
        self.subsystem.note_call_started(number, begin.handle(), edge);
        Some((begin, flags))
    }

    #[cold]
    fn begin_seldom(&self, slot: &Slot, taken: Taken, claim: Claim<'_>) -> Option<Word> {
        let change = |word: Word| {
            if !claim.stands() {
                return Err(());
            }
            let (after, call) = match word.begin(taken.entry.edge()) {
                Begun::Call(after) => (after, true),
                Begun::Drop(after) | Begun::Defer(after) => (after, false),
            };
            Ok((after, (after, call)))
        };
        let (before, (after, call)) = loop {
            match slot.change(change) {
                Ok(changed) => break changed,
                Err(()) if claim.stands_after_all() => {}
                Err(()) => return None,
            }
        };
        if !call {
            self.subsystem.dropped(taken.entry.index(), before, after);
            return None;
        }
        Some(after)
    }

    /// Ends a call (C-13, E-14).
    #[inline(always)]
    pub(super) fn finish<H: Host>(&self, host: &mut H, begin: Begin<'_>) {
        let number = self.subsystem.note_number();
        // Most often nobody touched the word during the call: then it is not even looked at.
        match begin.word.finish_at_once() {
            Some(after) if begin.slot.exchange(self.subsystem.is_alone(), begin.word, after) => {
                self.subsystem.note_call_ended(number, begin.handle(), begin.edge);
            }
            _ => self.finish_seldom(host, begin.slot, begin.handle(), begin.edge),
        }
    }

    #[cold]
    fn finish_seldom<H: Host>(&self, host: &mut H, slot: &Slot, handle: SocketHandle, edge: Edge) {
        let number = self.subsystem.note_number();
        let changed = slot.change(|word| {
            let finished = word.finish();
            Ok::<_, std::convert::Infallible>((finished.word, finished))
        });
        let Ok((_, finished)) = changed;
        self.subsystem.note_call_ended(number, handle, edge);
        if finished.owed != 0 {
            self.subsystem.push_owed(handle.index, finished.owed);
        }
        if finished.closed {
            self.subsystem.note_close_completed(number, handle);
            self.subsystem.close_completed(handle, finished.word);
            host.closed(handle.index);
        }
        if finished.wanted {
            host.ended(handle);
        }
    }

    /// Counts what was wrong with a call, keeps the findings, and tells whether the drive ends (D-8, Q-2, U-22).
    #[cold]
    pub(super) fn judge<H: Host>(
        &self,
        host: &H,
        indication: Indication,
        breach: Breach,
    ) -> Option<Step> {
        let mut ended = None;
        let mut next = Some(Box::new(breach));
        while let Some(mut breach) = next {
            next = breach.also.take();
            let step = self.judge_one(host, indication, *breach);
            ended = ended.or(step);
        }
        ended
    }

    fn judge_one<H: Host>(&self, host: &H, indication: Indication, breach: Breach) -> Option<Step> {
        let finding = Finding {
            handler: Some(indication.handler.bits()),
            context: indication.context,
            ..breach.finding
        };
        let subject = match finding.subject {
            Subject::None => host.subject(indication.handle),
            known => known,
        };
        let finding = finding.about(subject).during(indication.edge_number, indication.flags);
        let raises = self.subsystem.options.check == Check::Raise && !breach.stop;
        let raised = raises.then(|| Box::new(finding.clone()));
        self.subsystem.report(finding);
        if breach.stop { Some(Step::Stopped) } else { raised.map(Step::Breach) }
    }

    /// Adds what this drive did to the shared books.
    pub(super) fn add_up(&mut self) {
        let tally = std::mem::take(&mut self.tally);
        self.added += tally[0] + tally[1];
        self.subsystem.counters.indicated(tally);
        self.subsystem.settle(tally[0] + tally[1]);
        if !self.journal.is_empty() {
            self.subsystem.journal.lock().append(&mut self.journal);
        }
        self.write_counts();
    }

    /// Tells the black box what is known now: before the calls of a batch, and after them.
    pub(super) fn write_counts(&self) {
        if let Some(black_box) = self.subsystem.options.black_box {
            black_box.write_counts(&self.subsystem.counts());
        }
    }
}
