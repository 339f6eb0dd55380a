//! What `midstream` would give, while it is off: the flows whose beginning is not in the file.
//!
//! Algorithm: the segments that belong to no flow go into a table of their own, which reads them with `midstream`, and of
//! which only the numbers are kept.
//! Full: it knows a million flows; then it counts no more, and what it says is "at least".

use super::counts::Counts;
use super::ip::Packet;
use super::options::Options;
use super::table::FlowTable;

const STRAY_LIMIT: usize = 1 << 20;

/// Segments that belong to no flow.
#[derive(Debug)]
pub(super) struct Strays {
    table: FlowTable,
    counts: Counts,
    forgotten: u64,
}

impl Strays {
    pub(super) fn new(options: Options) -> Self {
        let table = FlowTable::new(Options { midstream: true, ..options }, STRAY_LIMIT);
        Self { table, counts: Counts::default(), forgotten: 0 }
    }

    pub(super) fn follow(&mut self, packet: Packet) {
        self.table.follow(packet, 0, &mut self.counts, &mut Vec::new());
    }

    /// The flow of this packet has a beginning after all.
    pub(super) fn forget(&mut self, packet: Packet) {
        self.forgotten += u64::from(self.table.forget(packet));
    }

    /// How many segments there were, and how many connections they would have made.
    pub(super) fn totals(&self) -> (u64, u64) {
        (self.counts.tcp_packets, self.counts.established - self.forgotten)
    }
}
