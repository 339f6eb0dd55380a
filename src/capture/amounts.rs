//! Amounts: how many bytes the remote end of each connection has sent, as far as its capture shows.
//!
//! Algorithm: the numbers of a side's segments say where each begins, and what the other side acknowledges says how far
//! they came; the furthest counts. So a packet that is missing counts by what stands behind it, and a segment that comes
//! again counts once. What a FIN carries itself is not seen, for nothing is numbered behind it.

use super::end::{End, End4, End6};
use super::flow::{Flow, Tuple};
use super::ip::{Packet, Segment};
use super::options::Local;
use super::table::FLOW_LIMIT;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// A number further ahead than this is another connection's, or a mistake: a window is at most 1 GiB.
const FURTHEST: u32 = 1 << 30;
/// Likewise that of an RST, which need not be in order.
const FURTHEST_OF_RST: u32 = 1 << 20;

/// The remote end of a connection has sent more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// How many events of the same read came before.
    pub before: usize,
    /// The number of the connection.
    pub connection: u64,
    /// When the packet was recorded that shows it, in nanoseconds since 1970.
    pub time_ns: i64,
    /// How many bytes more.
    pub bytes: u64,
}

/// How far one end came.
#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    /// The number of its first byte.
    base: Option<u32>,
    sent: u64,
    /// How much of that was told.
    told: u64,
    finished: bool,
}

impl Extent {
    fn advance(&mut self, to: u32, furthest: u32) {
        let Some(base) = self.base else { return };
        let ahead = to.wrapping_sub(base.wrapping_add(self.sent as u32));
        if ahead < furthest {
            self.sent += u64::from(ahead);
        }
    }
}

type Extents<E> = HashMap<Tuple<E>, [Extent; 2], RandomState>;

/// How far the ends of all flows came.
#[derive(Debug, Default)]
pub(super) struct Amounts {
    of_4: Extents<End4>,
    of_6: Extents<End6>,
    sent: Vec<Sent>,
}

/// The end with the smaller address first, as flows have them.
fn key<E: End>(from: E, to: E) -> (Tuple<E>, usize) {
    if from <= to { (Tuple { low: from, high: to }, 0) } else { (Tuple { low: to, high: from }, 1) }
}

impl Amounts {
    /// Takes what was told since the last call.
    pub(super) fn take(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// Takes a segment into account, before its flow does; `flow` finds that.
    pub(super) fn follow<'f>(
        &mut self,
        packet: Packet,
        flow: impl FnOnce(Packet) -> Option<&'f Flow>,
        local: Local,
        (before, time_ns): (usize, i64),
    ) {
        let extents = match packet {
            Packet::V4((from, to, segment)) => count(&mut self.of_4, from, to, segment),
            Packet::V6((from, to, segment)) => count(&mut self.of_6, from, to, segment),
        };
        let Some(extents) = extents else { return };
        let Some(flow) = flow(packet) else { return };
        let Some(first) = flow.opened() else { return };
        let client = usize::from(!flow.client_is_low);
        let views: &[(usize, u64)] = match local {
            Local::Server => &[(client, first)],
            Local::Client => &[(1 - client, first)],
            Local::Both => &[(client, first), (1 - client, first + 1)],
        };
        for &(side, connection) in views {
            let extent = &mut extents[side];
            let bytes = extent.sent - extent.told;
            if bytes > 0 {
                extent.told = extent.sent;
                self.sent.push(Sent { before, connection, time_ns, bytes });
            }
        }
    }
}

/// Counts a segment; `None` if there are too many flows for this one.
fn count<E: End>(
    all: &mut Extents<E>,
    from: E,
    to: E,
    segment: Segment,
) -> Option<&mut [Extent; 2]> {
    let (key, own) = key(from, to);
    if all.len() >= FLOW_LIMIT && !all.contains_key(&key) {
        return None;
    }
    let extents = all.entry(key).or_default();
    let Segment { sequence, acknowledgment, flags } = segment;
    if flags.syn() {
        let base = Some(sequence.wrapping_add(1));
        if extents[own].base != base {
            extents[own] = Extent { base, ..Extent::default() };
        }
    } else if !extents[own].finished {
        let furthest = if flags.rst() { FURTHEST_OF_RST } else { FURTHEST };
        if !flags.rst() {
            extents[own].base.get_or_insert(sequence);
        }
        extents[own].advance(sequence, furthest);
        extents[own].finished |= flags.fin();
    }
    let other = &mut extents[1 - own];
    // The number behind a FIN counts that as well.
    if flags.ack() && !other.finished {
        other.base.get_or_insert(acknowledgment);
        other.advance(acknowledgment, FURTHEST);
    }
    Some(extents)
}
