//! How the packets of one flow were read, one after the other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::end::End;
use super::ip::Packet;
use super::meaning::Meaning;
use crate::source::Endpoint;

/// So many four-tuples have a number: an explanation is for eyes, and a stream may have any number of strays.
const NUMBERED: usize = 1 << 20;

/// Says how one packet of a flow was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of its file, in the order of reading.
    pub file: usize,
    /// The packet's number in its file.
    pub packet: u64,
    /// When it was recorded.
    pub time_ns: i64,
    /// Who sent it.
    pub source: Endpoint,
    /// To whom.
    pub destination: Endpoint,
    /// Whether the client sent it; nothing for a flow whose beginning is not in the file.
    pub from_client: Option<bool>,
    /// The flag byte of its TCP header.
    pub flags: u8,
    /// What it meant.
    pub meaning: Meaning,
}

/// Collects the packets of one flow. Flows are numbered from 0, in the order of their first packets, with a new number
/// for a new connection on a known four-tuple.
#[derive(Debug)]
pub(super) struct Explanation {
    wanted: u64,
    /// The number of the file that is read.
    file: usize,
    flows: u64,
    numbers: HashMap<[Endpoint; 2], u64>,
    /// A four-tuple came that was one too many.
    is_full: bool,
    lines: Vec<Line>,
}

impl Explanation {
    pub(super) fn new(wanted: u64) -> Self {
        Self {
            wanted,
            file: 0,
            flows: 0,
            numbers: HashMap::new(),
            is_full: false,
            lines: Vec::new(),
        }
    }

    pub(super) fn note(
        &mut self,
        packet: Packet,
        meaning: Meaning,
        from_client: Option<bool>,
        time_ns: i64,
        number: u64,
    ) {
        let (source, destination, flags) = match packet {
            Packet::V4((from, to, segment)) => (from.endpoint(), to.endpoint(), segment.flags),
            Packet::V6((from, to, segment)) => (from.endpoint(), to.endpoint(), segment.flags),
        };
        let flags = flags.byte();
        let file = self.file;
        let line = Line {
            file,
            packet: number,
            time_ns,
            source,
            destination,
            from_client,
            flags,
            meaning,
        };
        let ends = [source.min(destination), source.max(destination)];
        let full = self.numbers.len() >= NUMBERED;
        match self.numbers.entry(ends) {
            Entry::Vacant(_) if full => {
                self.is_full = true;
                return;
            }
            Entry::Vacant(place) => {
                place.insert(self.flows);
                self.flows += 1;
            }
            Entry::Occupied(mut place) if meaning.says(Meaning::BEGINS) => {
                // The old connection's last line is the new one's first.
                if *place.get() == self.wanted && meaning.says(Meaning::CLOSES) {
                    self.lines.push(Line { meaning: Meaning::CLOSES, ..line });
                }
                place.insert(self.flows);
                self.flows += 1;
            }
            Entry::Occupied(_) => {}
        }
        if self.numbers[&ends] == self.wanted {
            self.lines.push(line);
        }
    }

    /// Another file begins.
    pub(super) const fn begin_file(&mut self, file: usize) {
        self.file = file;
    }

    /// How many flows there are so far.
    pub(super) const fn flows(&self) -> u64 {
        self.flows
    }

    /// Whether there are flows beyond those, which have no number.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Takes the lines that were collected since the last call.
    pub(super) fn take(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.lines)
    }
}
