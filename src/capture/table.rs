//! Every flow that is known, and the way of a segment to its own.
//!
//! Algorithm: a hash table whose key has the smaller end first, so that both directions meet with one look-up. A state
//! is kept after its connection ended, because only so is a late retransmission told from a new connection.
//! Full: a segment that would open one flow too many opens none; it is counted as [`Skip::FlowLimit`].

use crate::source::Event;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;

use super::amounts::{Amounts, Sent as SentBytes};
use super::counts::{Counts, Skip};
use super::end::{End, End4, End6};
use super::explain::Explanation;
use super::filter::Filter;
use super::flow::{Flow, Numbers, Step, Tuple, answers, opens};
use super::ip::{Packet, Sent};
use super::meaning::Meaning;
use super::options::Options;
use super::strays::Strays;

/// How many flows may be known at a time: what fits in a hash table of 16 Mi places, which takes 0.7 GiB for IPv4 and
/// 1.2 GiB for IPv6; one more flow would double it.
pub(super) const FLOW_LIMIT: usize = 14 << 20;

/// What concerns the segments that belong to no flow.
const WATCHED: [Meaning; 3] = [Meaning::IS_STRAY, Meaning::ANSWERS_EARLY, Meaning::BEGINS_LATE];

type Flows<E> = HashMap<Tuple<E>, Flow, RandomState>;

/// Every flow that is known.
#[derive(Debug)]
pub(super) struct FlowTable {
    flows_4: Flows<End4>,
    flows_6: Flows<End6>,
    options: Options,
    filter: Option<Filter>,
    /// There is a filter or an explanation: each segment asks for both at once, for most captures have neither.
    is_special: bool,
    limit: usize,
    numbers: Numbers,
    /// What `midstream` would give; it takes the segments that belong to no flow, if there are any.
    strays: Option<Box<Strays>>,
    explanation: Option<Box<Explanation>>,
    /// How much the ends have sent, if anybody wants to know.
    amounts: Option<Box<Amounts>>,
}

impl FlowTable {
    pub(super) fn new(options: Options, limit: usize) -> Self {
        let (flows_4, flows_6) = (HashMap::default(), HashMap::default());
        Self {
            flows_4,
            flows_6,
            options,
            filter: None,
            is_special: false,
            limit,
            numbers: Numbers::default(),
            strays: None,
            explanation: None,
            amounts: None,
        }
    }

    /// Starts over, with another limit.
    pub(super) fn with_limit(self, limit: usize) -> Self {
        Self {
            filter: self.filter,
            explanation: self.explanation,
            amounts: self.amounts,
            is_special: self.is_special,
            ..Self::new(self.options, limit)
        }
    }

    /// An empty table for the same connections.
    pub(super) fn sibling(&self, limit: usize) -> Self {
        let filter = self.filter.clone();
        Self { is_special: filter.is_some(), filter, ..Self::new(self.options, limit) }
    }

    pub(super) fn set_filter(&mut self, filter: Option<Filter>) {
        self.is_special |= filter.is_some();
        self.filter = filter;
    }

    pub(super) fn explain(&mut self, flow: u64) {
        self.is_special = true;
        self.explanation = Some(Box::new(Explanation::new(flow)));
    }

    /// From now on it is told how much the remote ends send.
    pub(super) fn count_amounts(&mut self) {
        self.is_special = true;
        self.amounts = Some(Box::default());
    }

    /// What of that was not told yet.
    pub(super) fn take_sent(&mut self) -> Vec<SentBytes> {
        self.amounts.as_mut().map(|amounts| amounts.take()).unwrap_or_default()
    }

    #[cold]
    fn measure(&mut self, packet: Packet, events: usize, time_ns: i64) {
        let Self { flows_4, flows_6, options, amounts, .. } = self;
        let Some(amounts) = amounts else { return };
        let flow = |packet| match packet {
            Packet::V4((from, to, _)) => flows_4.get(&key(from, to)),
            Packet::V6((from, to, _)) => flows_6.get(&key(from, to)),
        };
        amounts.follow(packet, flow, options.local, (events, time_ns));
    }

    pub(super) fn explanation(&mut self) -> Option<&mut Explanation> {
        self.explanation.as_deref_mut()
    }

    /// Segments that belong to no flow, and how many connections `midstream` would make of them and of flows of which
    /// a part of the handshake is missing.
    pub(super) fn missed(&self) -> (u64, u64) {
        let (segments, connections) = self.strays.as_ref().map_or((0, 0), |strays| strays.totals());
        (segments, connections + self.numbers.halves)
    }

    /// Follows one segment of IPv4; `counts.packets` is its number.
    #[inline(always)]
    pub(super) fn follow_4(
        &mut self,
        sent: Sent<End4>,
        time_ns: i64,
        counts: &mut Counts,
        events: &mut Vec<Event>,
    ) {
        if self.is_special {
            if self.filter.as_ref().is_some_and(|filter| !filter.admits_4(sent.0, sent.1)) {
                return counts.skipped.add(Skip::Filter);
            }
            self.measure(Packet::V4(sent), events.len(), time_ns);
        }
        counts.tcp_packets += 1;
        let limit = self.limit.saturating_sub(self.flows_6.len());
        let mut step = Step::new(sent.2, self.options, time_ns, counts, &mut self.numbers, events);
        let said = find(&mut self.flows_4, sent.0, sent.1, limit, &mut step);
        if self.is_special || said.says_any(WATCHED) {
            self.note(Packet::V4(sent), said, time_ns, counts.packets);
        }
    }

    /// As [`FlowTable::follow_4`], for IPv6.
    #[inline(always)]
    pub(super) fn follow_6(
        &mut self,
        sent: Sent<End6>,
        time_ns: i64,
        counts: &mut Counts,
        events: &mut Vec<Event>,
    ) {
        if self.is_special {
            if self.filter.as_ref().is_some_and(|filter| !filter.admits_6(sent.0, sent.1)) {
                return counts.skipped.add(Skip::Filter);
            }
            self.measure(Packet::V6(sent), events.len(), time_ns);
        }
        counts.tcp_packets += 1;
        let limit = self.limit.saturating_sub(self.flows_4.len());
        let mut step = Step::new(sent.2, self.options, time_ns, counts, &mut self.numbers, events);
        let said = find(&mut self.flows_6, sent.0, sent.1, limit, &mut step);
        if self.is_special || said.says_any(WATCHED) {
            self.note(Packet::V6(sent), said, time_ns, counts.packets);
        }
    }

    /// Follows a segment of either version.
    #[inline(never)]
    pub(super) fn follow(
        &mut self,
        packet: Packet,
        time_ns: i64,
        counts: &mut Counts,
        events: &mut Vec<Event>,
    ) {
        match packet {
            Packet::V4(sent) => self.follow_4(sent, time_ns, counts, events),
            Packet::V6(sent) => self.follow_6(sent, time_ns, counts, events),
        }
    }

    /// Tells what a segment meant to those who want to know.
    #[cold]
    fn note(&mut self, packet: Packet, said: Meaning, time_ns: i64, number: u64) {
        if self.explanation.is_some() {
            let from_client = self.is_from_client(packet);
            if let Some(explanation) = &mut self.explanation {
                explanation.note(packet, said, from_client, time_ns, number);
            }
        }
        if self.options.midstream {
            return;
        }
        if said.says(Meaning::IS_STRAY) || said.says(Meaning::ANSWERS_EARLY) {
            let options = self.options;
            let strays = self.strays.get_or_insert_with(|| Box::new(Strays::new(options)));
            strays.follow(packet);
        } else if said.says(Meaning::BEGINS_LATE)
            && let Some(strays) = &mut self.strays
        {
            strays.forget(packet);
        }
    }

    /// Says whether the client sent a packet, if its flow is known.
    fn is_from_client(&self, packet: Packet) -> Option<bool> {
        let (from_low, client_is_low) = match packet {
            Packet::V4((from, to, _)) => {
                (from <= to, self.flows_4.get(&key(from, to))?.client_is_low)
            }
            Packet::V6((from, to, _)) => {
                (from <= to, self.flows_6.get(&key(from, to))?.client_is_low)
            }
        };
        Some(from_low == client_is_low)
    }

    /// Forgets the flow of a packet; says whether it was known.
    pub(super) fn forget(&mut self, packet: Packet) -> bool {
        match packet {
            Packet::V4((from, to, _)) => self.flows_4.remove(&key(from, to)).is_some(),
            Packet::V6((from, to, _)) => self.flows_6.remove(&key(from, to)).is_some(),
        }
    }
}

#[inline(always)]
fn key<E: End>(source: E, destination: E) -> Tuple<E> {
    if source <= destination {
        Tuple { low: source, high: destination }
    } else {
        Tuple { low: destination, high: source }
    }
}

/// Looks the flow of a segment up, once, and lets it take its step; a segment that begins a flow adds it, if there are
/// fewer than `limit`.
#[inline(always)]
fn find<E: End>(
    flows: &mut Flows<E>,
    source: E,
    destination: E,
    limit: usize,
    step: &mut Step<'_>,
) -> Meaning {
    step.from_low = source <= destination;
    let key = key(source, destination);
    // An entry makes room for a new key before it is known to be needed, so it is not asked for in vain.
    if opens(step.flags) || step.options.midstream {
        return find_or_begin(flows, &key, source.port() < destination.port(), limit, step);
    }
    match flows.get_mut(&key) {
        Some(flow) => flow.take(&key, step),
        None => stray(flows, key, limit, step),
    }
}

/// Takes a segment that belongs to no flow, and begins none.
#[cold]
fn stray<E: End>(flows: &mut Flows<E>, key: Tuple<E>, limit: usize, step: &Step<'_>) -> Meaning {
    if answers(step.flags) && flows.len() < limit {
        return flows.entry(key).or_default().wait_for_syn(step);
    }
    Meaning::IS_STRAY
}

/// Takes a segment that begins a flow if none is known.
#[inline(never)]
fn find_or_begin<E: End>(
    flows: &mut Flows<E>,
    key: &Tuple<E>,
    from_lower_port: bool,
    limit: usize,
    step: &mut Step<'_>,
) -> Meaning {
    if flows.len() >= limit {
        return match flows.get_mut(key) {
            Some(flow) => flow.take(key, step),
            None => {
                step.counts.skipped.add(Skip::FlowLimit);
                Meaning::IS_REFUSED
            }
        };
    }
    match flows.entry(*key) {
        Entry::Occupied(mut known) => known.get_mut().take(key, step),
        Entry::Vacant(place) => {
            let flow = place.insert(Flow::default());
            if opens(step.flags) {
                return flow.begin(step);
            }
            flow.join(key, from_lower_port, step) | flow.take(key, step)
        }
    }
}
