//! From the TCP segments of one flow to its open, its edges and its close.
//!
//! Algorithm: a small state machine. It takes the three parts of a handshake in any order, because captures of several
//! queues or interfaces shuffle them, and says of each segment what it meant (`meaning`).

use super::counts::Counts;
use super::end::End;
use super::ip::{Flags, Segment};
use super::meaning::Meaning;
use super::options::{Local, Options};
use crate::source::Event;

/// How far behind its SYN a server's acknowledgment may be to prove that the SYN was accepted: more than any first
/// flight of a client, and so little that the numbers of another connection rarely fall into it.
const FIRST_FLIGHT: u32 = 1 << 20;

/// The two ends of a flow, the smaller one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tuple<E> {
    pub(super) low: E,
    pub(super) high: E,
}

/// What is remembered of the newest connection of a four-tuple.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    /// The number of its first viewpoint, once it is open.
    connection: u64,
    /// The sequence number of the SYN.
    sequence: u32,
    sequence_known: bool,
    pub(super) client_is_low: bool,
    /// A SYN was seen, or the flow was joined: it is counted.
    begun: bool,
    /// The server's SYN+ACK was seen.
    answered: bool,
    /// A segment of the client with ACK was seen.
    acknowledged: bool,
    open: bool,
    /// Not open, but `midstream` would have opened it.
    half: bool,
    /// It was joined at its SYN+ACK: the SYN may yet come.
    awaits_syn: bool,
    /// An RST was seen: nothing follows.
    reset: bool,
    client_fin: bool,
    server_fin: bool,
}

/// What is counted over all flows.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The number of the next connection.
    pub(super) connections: u64,
    /// How many flows are not open that `midstream` would have opened.
    pub(super) halves: u64,
}

/// A segment in the words of the flow rules.
pub(super) struct Step<'a> {
    pub(super) from_low: bool,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) flags: Flags,
    pub(super) packet: u64,
    pub(super) time_ns: i64,
    pub(super) options: Options,
    pub(super) counts: &'a mut Counts,
    pub(super) numbers: &'a mut Numbers,
    pub(super) events: &'a mut Vec<Event>,
}

impl<'a> Step<'a> {
    #[inline(always)]
    pub(super) fn new(
        segment: Segment,
        options: Options,
        time_ns: i64,
        counts: &'a mut Counts,
        numbers: &'a mut Numbers,
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
            numbers,
            events,
        }
    }
}

/// Says whether a segment asks for a new connection.
pub(super) fn opens(flags: Flags) -> bool {
    flags.syn() && !flags.ack() && !flags.rst()
}

/// Says whether a segment answers such a one.
pub(super) fn answers(flags: Flags) -> bool {
    flags.syn() && flags.ack() && !flags.rst()
}

impl Flow {
    /// The number of its first viewpoint, if it is open or was.
    pub(super) fn opened(&self) -> Option<u64> {
        self.open.then_some(self.connection)
    }

    /// Begins a connection with its SYN.
    pub(super) fn begin(&mut self, step: &mut Step<'_>) -> Meaning {
        *self = Self {
            sequence: step.sequence,
            sequence_known: true,
            client_is_low: step.from_low,
            begun: true,
            ..Self::default()
        };
        step.counts.flows += 1;
        Meaning::BEGINS | Self::fin_of_syn(step)
    }

    /// A FIN on a SYN is told of, because it counts for nothing.
    fn fin_of_syn(step: &Step<'_>) -> Meaning {
        if step.flags.fin() { Meaning::IGNORES_FIN } else { Meaning::NONE }
    }

    /// Remembers a SYN+ACK whose SYN may be recorded after it.
    pub(super) fn wait_for_syn(&mut self, step: &Step<'_>) -> Meaning {
        *self = Self {
            sequence: step.acknowledgment.wrapping_sub(1),
            sequence_known: true,
            client_is_low: !step.from_low,
            answered: true,
            ..Self::default()
        };
        Meaning::ANSWERS_EARLY
    }

    /// Joins a connection whose SYN is not in the file, and opens it.
    ///
    /// The server is the sender of a SYN+ACK, else the end with the lower port, else the destination.
    pub(super) fn join<E: End>(
        &mut self,
        key: &Tuple<E>,
        from_lower_port: bool,
        step: &mut Step<'_>,
    ) -> Meaning {
        let answers = answers(step.flags);
        let from_server = answers || from_lower_port;
        *self = Self {
            client_is_low: step.from_low != from_server,
            begun: true,
            answered: true,
            ..Self::default()
        };
        if answers {
            // It acknowledges the SYN, which may yet come.
            self.sequence = step.acknowledgment.wrapping_sub(1);
            (self.sequence_known, self.awaits_syn) = (true, true);
        }
        step.counts.flows += 1;
        self.open(key, step);
        Meaning::JOINS
    }

    /// Takes one segment into account.
    #[inline]
    pub(super) fn take<E: End>(&mut self, key: &Tuple<E>, step: &mut Step<'_>) -> Meaning {
        // Most segments are of an open connection, and say nothing of its beginning or its end.
        if self.open && !self.reset && step.flags.is_plain() {
            return Meaning::IS_PLAIN;
        }
        self.take_any(key, step)
    }

    #[inline(never)]
    fn take_any<E: End>(&mut self, key: &Tuple<E>, step: &mut Step<'_>) -> Meaning {
        let flags = step.flags;
        let from_client = step.from_low == self.client_is_low;
        if opens(flags) {
            return self.take_syn(key, from_client, step);
        }
        if self.reset {
            return Meaning::AFTER_RESET;
        }
        if !self.open {
            if !self.begun {
                return self.take_early(from_client, step);
            }
            if flags.rst() {
                self.reset = true;
                return Meaning::REFUSES;
            }
            let said = self.take_handshake(key, from_client, step);
            return if flags.fin() { said | self.fin(from_client, step) } else { said };
        }
        if flags.rst() {
            self.reset = true;
            return self.edge(from_client, true, step);
        }
        if flags.fin() {
            return self.fin(from_client, step);
        }
        // A SYN with ACK again.
        Meaning::REPEATS
    }

    /// Takes a segment of a flow of which only a SYN+ACK was seen.
    fn take_early(&mut self, from_client: bool, step: &Step<'_>) -> Meaning {
        if answers(step.flags) {
            return self.wait_for_syn(step);
        }
        self.acknowledged |= from_client && step.flags.ack() && !step.flags.rst();
        Meaning::IS_STRAY
    }

    /// Takes a segment of a flow whose handshake is not complete.
    fn take_handshake<E: End>(
        &mut self,
        key: &Tuple<E>,
        from_client: bool,
        step: &mut Step<'_>,
    ) -> Meaning {
        let flags = step.flags;
        let mut said = Meaning::IS_PLAIN;
        if from_client {
            self.acknowledged |= flags.ack();
        } else if flags.syn() {
            said = if self.answered { Meaning::REPEATS } else { Meaning::ANSWERS };
            self.answered = true;
        }
        if self.answered && self.acknowledged {
            self.open(key, step);
            return if said.says(Meaning::ANSWERS) {
                said | Meaning::OPENS
            } else {
                Meaning::OPENS
            };
        }
        // The client acknowledges nothing before it has the SYN+ACK; the server nothing that it did not accept.
        let proof = if from_client {
            self.acknowledged
        } else {
            let beyond = step.acknowledgment.wrapping_sub(self.sequence.wrapping_add(1));
            flags.ack() && !flags.syn() && beyond < FIRST_FLIGHT
        };
        if !proof {
            return said;
        }
        if step.options.midstream {
            self.answered = true;
            self.open(key, step);
            return Meaning::OPENS_HALF;
        }
        if !std::mem::replace(&mut self.half, true) {
            step.numbers.halves += 1;
        }
        Meaning::WOULD_OPEN_HALF
    }

    /// Takes a FIN.
    fn fin(&mut self, from_client: bool, step: &mut Step<'_>) -> Meaning {
        // A FIN on a SYN+ACK counts like any other.
        let seen = if from_client { &mut self.client_fin } else { &mut self.server_fin };
        if std::mem::replace(seen, true) {
            return Meaning::REPEATS;
        }
        if !self.open {
            return Meaning::WAITS;
        }
        self.edge(from_client, false, step)
    }

    /// Takes a SYN: the same again, or a new connection.
    fn take_syn<E: End>(
        &mut self,
        key: &Tuple<E>,
        from_client: bool,
        step: &mut Step<'_>,
    ) -> Meaning {
        if from_client && self.sequence_known && self.sequence == step.sequence {
            if !self.begun {
                self.begun = true;
                step.counts.flows += 1;
                let said = Meaning::BEGINS_LATE | Self::fin_of_syn(step);
                if self.acknowledged {
                    self.open(key, step);
                    return said | Meaning::OPENS;
                }
                // Which would have joined it at the SYN+ACK.
                self.half = true;
                step.numbers.halves += 1;
                return said;
            }
            // A client that was refused may ask again with the same number, and be accepted.
            if self.reset && !self.open {
                (self.reset, self.answered, self.acknowledged) = (false, false, false);
                (self.client_fin, self.server_fin) = (false, false);
                return Meaning::ASKS_AGAIN;
            }
            if std::mem::take(&mut self.awaits_syn) {
                return Meaning::COMES_LATE | Self::fin_of_syn(step);
            }
            return Meaning::REPEATS;
        }
        let mut said = Meaning::NONE;
        if self.open {
            said = Meaning::CLOSES;
            let count = if step.options.local == Local::Both { 2 } else { 1 };
            for connection in self.connection..self.connection + count {
                step.events.push(Event::Close {
                    connection,
                    packet: step.packet,
                    time_ns: step.time_ns,
                });
            }
        }
        said | self.begin(step)
    }

    /// Opens the connection, one number for each viewpoint.
    fn open<E: End>(&mut self, key: &Tuple<E>, step: &mut Step<'_>) {
        let (client, server) =
            if self.client_is_low { (key.low, key.high) } else { (key.high, key.low) };
        let (client, server) = (client.endpoint(), server.endpoint());
        self.open = true;
        if std::mem::take(&mut self.half) {
            step.numbers.halves -= 1;
        }
        self.connection = step.numbers.connections;
        step.counts.established += 1;
        let mut open = |local, remote| {
            let (connection, packet, time_ns) =
                (step.numbers.connections, step.packet, step.time_ns);
            step.events.push(Event::Open { connection, packet, time_ns, local, remote });
            step.numbers.connections += 1;
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

    /// Tells an edge to the viewpoint whose remote sent it.
    fn edge(&self, from_client: bool, abortive: bool, step: &mut Step<'_>) -> Meaning {
        let connection = match (step.options.local, from_client) {
            (Local::Server | Local::Both, true) | (Local::Client, false) => self.connection,
            (Local::Both, false) => self.connection + 1,
            (Local::Server, false) | (Local::Client, true) => {
                step.counts.edges_of_local += 1;
                return Meaning::IS_LOCAL;
            }
        };
        let (packet, time_ns) = (step.packet, step.time_ns);
        step.counts.edges += 1;
        step.events.push(Event::Edge { connection, packet, time_ns, abortive });
        if abortive { Meaning::ABORTIVE } else { Meaning::GRACEFUL }
    }
}
