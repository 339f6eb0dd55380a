//! Tests of the record: a level left behind is found, and put back.

use super::*;
use crate::core::dispatch::{Drive, Host, Step};
use crate::core::flags::Edge;
use crate::core::handlers::{HandlerId, HandlerKind};
use crate::core::irql::IrqlPolicy;
use crate::core::subsystem::{Opening, Options, Subsystem};

const OWNER: u32 = 7;

/// A host whose handlers leave `leaves` behind, and answer as told.
struct Leaving {
    driving: Driving,
    leaves: Irql,
    answers: Option<u32>,
    inside: Vec<(Option<Frame>, Option<HandlerCall>, Irql)>,
}

impl Leaving {
    fn act(&mut self) -> Verdict {
        let processor = here();
        self.inside.push((processor.inside(), processor.handler_call(OWNER), processor.level()));
        processor.set_level(self.leaves);
        match self.answers {
            None => Verdict::Success,
            Some(status) => {
                let breach =
                    Breach::of(Finding::of("D-8", crate::core::findings::Found::Status(status)));
                Verdict::Breach(Box::new(breach))
            }
        }
    }
}

impl Host for Leaving {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        let level = self.driving.begin(indication);
        let verdict = self.act();
        match self.driving.left(level) {
            None => verdict,
            Some(left) => with_level_left(verdict, level, left, |finding| finding),
        }
    }

    fn call_batch(
        &mut self,
        _: HandlerId,
        batch: &Batch<'_>,
        _: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        let level = self.driving.begin_batch(batch);
        let verdict = self.act();
        match self.driving.left(level) {
            None => verdict,
            Some(left) => with_level_left(verdict, level, left, |finding| finding),
        }
    }

    fn closed(&mut self, _: u32) {}
}

fn driven(kind: HandlerKind, leaves: Irql, answers: Option<u32>) -> (Leaving, Subsystem) {
    let subsystem = Subsystem::new(Options { irql: IrqlPolicy::Dispatch, ..Options::default() });
    let opening =
        Opening { handler: HandlerId::new(kind, 0), enabled: true, kept: false, hold: false };
    for context in 0..2 {
        let handle = subsystem.open(context, opening).expect("room");
        assert!(subsystem.post(handle, Edge::Graceful).accepted());
    }
    let driving = here().driving(OWNER);
    let mut host = Leaving { driving, leaves, answers, inside: Vec::new() };
    let ticket = subsystem.ticket().expect("nobody drives");
    assert!(matches!(Drive::alone(&ticket).step(&mut host, 9), Step::Empty));
    drop(ticket);
    (host, subsystem)
}

/// Rule, first edge and count of each finding.
fn rules(subsystem: &Subsystem) -> Vec<(String, u64, u64)> {
    let findings = subsystem.findings();
    findings.iter().map(|one| (one.rule.id.to_owned(), one.edge_number, one.count)).collect()
}

#[test]
fn a_level_left_behind_is_a_finding_of_that_call_and_the_own_level_comes_back() {
    here().set_level(Irql::Apc);
    let (host, subsystem) = driven(HandlerKind::Single, Irql::Passive, None);
    assert_eq!(rules(&subsystem), [("Q-2".to_owned(), 1, 2)]);
    let frame = Frame { name: DISCONNECT, socket: 0, owner: OWNER, flags: 8 };
    for (number, (inside, call, level)) in (1..).zip(&host.inside) {
        assert_eq!((*inside, *level), (Some(frame), Irql::Dispatch));
        assert_eq!(call.map(|call| (call.edge_number, call.flags)), Some((number, 8)));
    }
    host.driving.rest();
    assert_eq!(here().level(), Irql::Apc);
    assert_eq!((here().inside(), here().handler_call(OWNER)), (None, None));
    here().set_level(Irql::Passive);
}

#[test]
fn a_level_that_is_kept_is_none() {
    let (_, subsystem) = driven(HandlerKind::Single, Irql::Dispatch, None);
    assert_eq!(rules(&subsystem), []);
}

#[test]
fn a_wrong_answer_and_a_level_left_behind_are_two_findings() {
    let (_, subsystem) = driven(HandlerKind::Single, Irql::Apc, Some(0x103));
    let expected = [("D-8".to_owned(), 1, 2), ("Q-2".to_owned(), 1, 2)];
    assert_eq!(rules(&subsystem), expected);
}

#[test]
fn a_batch_is_one_call_about_no_edge() {
    let (host, subsystem) = driven(HandlerKind::Batch, Irql::Passive, None);
    assert_eq!(rules(&subsystem), [("Q-2".to_owned(), 1, 1)]);
    let [(inside, call, level)] = host.inside.as_slice() else { panic!("one call") };
    assert_eq!(inside.map(|frame| frame.name), Some(DISCONNECT));
    assert_eq!((*call, *level), (None, Irql::Dispatch));
}

#[test]
fn calls_nest_and_each_end_brings_back_the_level_from_before() {
    let processor = here();
    let outer =
        processor.enter(Frame { name: "WskReceiveEvent", socket: 3, owner: OWNER, flags: 0 });
    processor.set_level(Irql::Dispatch);
    let inner = processor.enter(Frame { name: "a routine", socket: 0, owner: 0, flags: 0 });
    processor.set_level(Irql::Apc);
    assert_eq!(processor.inside().map(|frame| frame.name), Some("a routine"));
    assert_eq!(inner.leave(), Irql::Apc);
    assert_eq!(processor.level(), Irql::Dispatch);
    assert_eq!(processor.inside().map(|frame| frame.socket), Some(3));
    drop(outer);
    assert_eq!((processor.level(), processor.inside()), (Irql::Passive, None));
}
