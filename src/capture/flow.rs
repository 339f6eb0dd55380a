//! From TCP segments to the opens, edges and closes of connections.
//!
//! Algorithm: one small state per four-tuple, in a hash table whose key has the smaller end first, so that both
//! directions meet with one look-up. A state is kept after its connection ended, because only so is a late
//! retransmission told from a new connection.
//! Full: a segment that would open one flow too many opens none; it is counted as [`Skip::FlowLimit`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;

use super::counts::{Counts, Skip};
use super::endpoint::{End, End4, End6};
use super::event::{Event, Local, Options};
use super::ip::{Flags, Segment, Sent};

/// How many flows may be known at a time: what fits in a hash table of 16 Mi places, which takes 0.7 GiB for IPv4 and
/// 1.2 GiB for IPv6; one more flow would double it.
pub(super) const FLOW_LIMIT: usize = 14 << 20;

/// The two ends of a flow, the smaller one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Tuple<E> {
    low: E,
    high: E,
}

/// What is remembered of the newest connection of a four-tuple.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    /// The number of its first viewpoint, once it is open.
    connection: u64,
    /// The sequence number of the SYN.
    sequence: u32,
    sequence_known: bool,
    client_is_low: bool,
    /// The server's SYN+ACK was seen.
    answered: bool,
    open: bool,
    /// An RST was seen: nothing follows.
    reset: bool,
    client_fin: bool,
    server_fin: bool,
}

/// A segment in the words of the flow rules.
struct Step<'a> {
    from_low: bool,
    sequence: u32,
    acknowledgment: u32,
    flags: Flags,
    packet: u64,
    time_ns: i64,
    options: Options,
    counts: &'a mut Counts,
    connections: &'a mut u64,
    events: &'a mut Vec<Event>,
}

/// Every flow that is known.
#[derive(Debug)]
pub(super) struct FlowTable {
    flows_4: HashMap<Tuple<End4>, Flow, RandomState>,
    flows_6: HashMap<Tuple<End6>, Flow, RandomState>,
    options: Options,
    limit: usize,
    connections: u64,
}

impl FlowTable {
    pub(super) fn new(options: Options, limit: usize) -> Self {
        let (flows_4, flows_6) = (HashMap::default(), HashMap::default());
        Self { flows_4, flows_6, options, limit, connections: 0 }
    }

    /// Starts over, with another limit.
    pub(super) fn with_limit(self, limit: usize) -> Self {
        Self::new(self.options, limit)
    }

    /// Follows one segment of IPv4; `counts.packets` is its number.
    #[inline]
    pub(super) fn follow_4(
        &mut self,
        sent: Sent<End4>,
        time_ns: i64,
        counts: &mut Counts,
        events: &mut Vec<Event>,
    ) {
        let full = self.is_full();
        let mut step =
            Step::new(sent.2, self.options, time_ns, counts, &mut self.connections, events);
        find(&mut self.flows_4, sent.0, sent.1, full, &mut step);
    }

    /// As [`FlowTable::follow_4`], for IPv6.
    #[inline]
    pub(super) fn follow_6(
        &mut self,
        sent: Sent<End6>,
        time_ns: i64,
        counts: &mut Counts,
        events: &mut Vec<Event>,
    ) {
        let full = self.is_full();
        let mut step =
            Step::new(sent.2, self.options, time_ns, counts, &mut self.connections, events);
        find(&mut self.flows_6, sent.0, sent.1, full, &mut step);
    }

    fn is_full(&self) -> bool {
        self.flows_4.len() + self.flows_6.len() >= self.limit
    }
}

impl<'a> Step<'a> {
    #[inline(always)]
    fn new(
        segment: Segment,
        options: Options,
        time_ns: i64,
        counts: &'a mut Counts,
        connections: &'a mut u64,
        events: &'a mut Vec<Event>,
    ) -> Self {
        Self {
            from_low: true,
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
            flags: segment.flags,
            packet: counts.packets,
            time_ns,
            options,
            counts,
            connections,
            events,
        }
    }
}

/// Looks the flow of a segment up, once, and lets it take its step; a segment that begins a flow adds it.
#[inline]
fn find<E: End>(
    flows: &mut HashMap<Tuple<E>, Flow, RandomState>,
    source: E,
    destination: E,
    full: bool,
    step: &mut Step<'_>,
) {
    step.from_low = source <= destination;
    let key = if step.from_low {
        Tuple { low: source, high: destination }
    } else {
        Tuple { low: destination, high: source }
    };
    let may_begin = opens(step.flags) || step.options.midstream;
    // An entry makes room for a new key before it is known to be needed, so it is not asked for in vain.
    if !may_begin || full {
        match flows.get_mut(&key) {
            Some(flow) => flow.take(&key, step),
            None if may_begin => step.counts.skipped.add(Skip::FlowLimit),
            None => {}
        }
        return;
    }
    match flows.entry(key) {
        Entry::Occupied(mut known) => known.get_mut().take(&key, step),
        Entry::Vacant(place) => {
            let flow = place.insert(Flow::default());
            if opens(step.flags) {
                flow.begin(step);
            } else {
                let from_lower_port = source.port() < destination.port();
                flow.join(&key, from_lower_port, step);
                flow.take(&key, step);
            }
        }
    }
}

/// Says whether a segment asks for a new connection.
fn opens(flags: Flags) -> bool {
    flags.syn() && !flags.ack() && !flags.rst()
}

impl Flow {
    /// Begins a connection with its SYN.
    fn begin(&mut self, step: &mut Step<'_>) {
        *self = Self {
            sequence: step.sequence,
            sequence_known: true,
            client_is_low: step.from_low,
            ..Self::default()
        };
        step.counts.flows += 1;
    }

    /// Joins a connection whose SYN is not in the file, and opens it.
    ///
    /// The server is the sender of a SYN+ACK, else the end with the lower port, else the destination.
    fn join<E: End>(&mut self, key: &Tuple<E>, from_lower_port: bool, step: &mut Step<'_>) {
        let answers = step.flags.syn() && step.flags.ack();
        let from_server = answers || from_lower_port;
        *self =
            Self { client_is_low: step.from_low != from_server, answered: true, ..Self::default() };
        if answers {
            // It acknowledges the SYN, which may yet come again.
            self.sequence = step.acknowledgment.wrapping_sub(1);
            self.sequence_known = true;
        }
        step.counts.flows += 1;
        self.open(key, step);
    }

    /// Takes one segment into account.
    fn take<E: End>(&mut self, key: &Tuple<E>, step: &mut Step<'_>) {
        let flags = step.flags;
        let from_client = step.from_low == self.client_is_low;
        if opens(flags) {
            self.take_syn(from_client, step);
        } else if self.reset {
            // Nothing follows an RST of either side.
        } else if flags.rst() {
            self.reset = true;
            self.edge(from_client, true, step);
        } else {
            if from_client {
                if flags.ack() && self.answered && !self.open {
                    self.open(key, step);
                }
            } else if flags.syn() {
                self.answered = true;
            }
            let seen = if from_client { &mut self.client_fin } else { &mut self.server_fin };
            if flags.fin() && !std::mem::replace(seen, true) {
                self.edge(from_client, false, step);
            }
        }
    }

    /// Takes a SYN: the same again, or a new connection.
    fn take_syn(&mut self, from_client: bool, step: &mut Step<'_>) {
        if from_client && self.sequence_known && self.sequence == step.sequence {
            // A client that was refused may ask again with the same number, and be accepted.
            if self.reset && !self.open {
                (self.reset, self.answered, self.client_fin, self.server_fin) =
                    (false, false, false, false);
            }
            return;
        }
        if self.open {
            let count = if step.options.local == Local::Both { 2 } else { 1 };
            for connection in self.connection..self.connection + count {
                step.events.push(Event::Close {
                    connection,
                    packet: step.packet,
                    time_ns: step.time_ns,
                });
            }
        }
        self.begin(step);
    }

    /// Opens the connection, one number for each viewpoint.
    fn open<E: End>(&mut self, key: &Tuple<E>, step: &mut Step<'_>) {
        let (client, server) =
            if self.client_is_low { (key.low, key.high) } else { (key.high, key.low) };
        let (client, server) = (client.endpoint(), server.endpoint());
        self.open = true;
        self.connection = *step.connections;
        step.counts.established += 1;
        let mut open = |local, remote| {
            let (connection, packet, time_ns) = (*step.connections, step.packet, step.time_ns);
            step.events.push(Event::Open { connection, packet, time_ns, local, remote });
            *step.connections += 1;
        };
        if step.options.local != Local::Client {
            open(server, client);
        }
        if step.options.local != Local::Server {
            open(client, server);
        }
        // A FIN may be recorded before the packet that completes the handshake; it counts now.
        for (seen, from_client) in [(self.client_fin, true), (self.server_fin, false)] {
            if seen {
                self.edge(from_client, false, step);
            }
        }
    }

    /// Tells an edge to the viewpoint whose remote sent it, if the connection is open.
    fn edge(&self, from_client: bool, abortive: bool, step: &mut Step<'_>) {
        if !self.open {
            return;
        }
        let connection = match (step.options.local, from_client) {
            (Local::Server | Local::Both, true) | (Local::Client, false) => self.connection,
            (Local::Both, false) => self.connection + 1,
            (Local::Server, false) | (Local::Client, true) => return,
        };
        step.events.push(Event::Edge {
            connection,
            packet: step.packet,
            time_ns: step.time_ns,
            abortive,
        });
    }
}
