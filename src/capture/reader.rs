//! The reader that users hold: a file, its flows, and what was counted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::counts::{Counts, Skip};
use super::error::{CaptureError, Damage};
use super::event::{Event, Options};
use super::file::{Container, Next, Record, RecordLink};
use super::flow::{FLOW_LIMIT, FlowTable};
use super::ip::Packet;
use super::source::Source;

/// Reads a capture from front to back, as the opens, edges and closes of its connections.
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use wsksim::capture::{CaptureReader, Event, Options};
///
/// let mut reader = CaptureReader::open(Path::new("python/wsksim/examples/mixed_v4.pcap"), Options::default())?;
/// let mut events = Vec::new();
/// while !reader.done() {
///     reader.read(65_536, &mut events)?;
/// }
/// let edges = events.iter().filter(|event| matches!(event, Event::Edge { .. })).count();
/// assert_eq!((reader.counts().established, edges), (380, 288));
/// # Ok::<(), wsksim::capture::CaptureError>(())
/// ```
#[derive(Debug)]
pub struct CaptureReader {
    path: PathBuf,
    source: Source,
    container: Container,
    flows: FlowTable,
    counts: Counts,
    damage: Option<Damage>,
    /// How many packets were skipped, by a link type that is not read; at most 65,536 of them.
    skipped_link_types: BTreeMap<u32, u64>,
    first_time_ns: Option<i64>,
    done: bool,
    /// What the operating system answered when it failed; the place in the file is lost then.
    failed: Option<io::ErrorKind>,
}

impl CaptureReader {
    /// Opens a capture and reads its header; what it is decides the content, not the name.
    ///
    /// # Errors
    ///
    /// A missing file, a directory, an empty file, foreign content, a broken header, and for pcap a link type that is
    /// not read; each says what was found and what to do.
    pub fn open(path: &Path, options: Options) -> Result<Self, CaptureError> {
        let failed = |source| CaptureError::Open { path: path.to_path_buf(), source };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(CaptureError::Directory { path: path.to_path_buf() });
        }
        Self::from_reader(path, Box::new(file), metadata.len(), options)
    }

    /// Reads a capture from any source of bytes; `name` stands in error texts, `length` is 0 when it is unknown.
    ///
    /// # Errors
    ///
    /// As [`CaptureReader::open`], from the empty file on.
    pub fn from_reader(
        name: &Path,
        reader: Box<dyn Read + Send>,
        length: u64,
        options: Options,
    ) -> Result<Self, CaptureError> {
        let mut source = Source::new(reader);
        let container = Container::open(&mut source, name)?;
        let bytes_read = source.offset();
        let bytes_total = length.max(bytes_read);
        Ok(Self {
            path: name.to_path_buf(),
            source,
            container,
            flows: FlowTable::new(options, FLOW_LIMIT),
            counts: Counts { bytes_read, bytes_total, ..Counts::default() },
            damage: None,
            skipped_link_types: BTreeMap::new(),
            first_time_ns: None,
            done: false,
            failed: None,
        })
    }

    /// Forgets every flow and limits how many are known at a time; call it before the first `read`.
    #[must_use]
    pub fn with_flow_limit(mut self, flows: usize) -> Self {
        self.flows = self.flows.with_limit(flows);
        self
    }

    /// Reads up to `packets` more records and appends their events.
    ///
    /// No new event does not mean the end; [`CaptureReader::done`] tells it. Damage ends the reading without an error.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Read`] when the operating system fails, and again at each later call; the events of the records
    /// before the failure are delivered. [`CaptureError::LinkTypes`] at the end of a file of which no packet has a
    /// link type that is read.
    pub fn read(&mut self, packets: usize, events: &mut Vec<Event>) -> Result<(), CaptureError> {
        if let Some(kind) = self.failed {
            return Err(self.failure(kind.into()));
        }
        let outcome = self.follow(packets, events);
        self.counts.bytes_read = self.source.offset();
        self.counts.bytes_total = self.counts.bytes_total.max(self.counts.bytes_read);
        outcome.map_err(|error| {
            self.failed = Some(error.kind());
            self.failure(error)
        })?;
        if self.done
            && self.counts.packets > 0
            && self.counts.skipped.get(Skip::LinkType) == self.counts.packets
        {
            let numbers = self.skipped_link_types.keys().copied().collect();
            return Err(CaptureError::LinkTypes { path: self.path.clone(), numbers });
        }
        Ok(())
    }

    fn follow(&mut self, packets: usize, events: &mut Vec<Event>) -> io::Result<()> {
        for _ in 0..packets {
            if self.done {
                break;
            }
            if let Some(record) = self.container.at_hand(&self.source) {
                self.take(&record, events);
                continue;
            }
            match self.container.fetch(&mut self.source)? {
                Next::Record(record) => self.take(&record, events),
                Next::End => self.done = true,
                Next::Damaged(damage) => {
                    self.damage = Some(damage);
                    self.done = true;
                }
            }
        }
        Ok(())
    }

    /// Counts the record at hand, follows its segment, and leaves it behind.
    #[inline(always)]
    fn take(&mut self, record: &Record, events: &mut Vec<Event>) {
        let Self { source, flows, counts, .. } = self;
        let frame = &source.data()[record.start..record.end];
        self.first_time_ns.get_or_insert(record.time_ns);
        counts.packets += 1;
        if let RecordLink::Known(link) = record.link {
            if let Some(sent) = link.plain_4(frame) {
                counts.tcp_packets += 1;
                flows.follow_4(sent, record.time_ns, counts, events);
                return source.consume(record.length);
            }
            if let Some(sent) = link.plain_6(frame) {
                counts.tcp_packets += 1;
                flows.follow_6(sent, record.time_ns, counts, events);
                return source.consume(record.length);
            }
        }
        self.take_any(record, events);
    }

    /// Follows a packet that is not of the commonest form, or says why it is not followed.
    #[cold]
    fn take_any(&mut self, record: &Record, events: &mut Vec<Event>) {
        let Self { source, flows, counts, .. } = self;
        let frame = &source.data()[record.start..record.end];
        let packet = match record.link {
            RecordLink::Known(link) => link.packet(frame),
            RecordLink::Unsupported(number) => {
                *self.skipped_link_types.entry(number).or_default() += 1;
                Err(Skip::LinkType)
            }
            RecordLink::NoInterface => Err(Skip::UnknownInterface),
        };
        counts.tcp_packets += u64::from(packet.is_ok());
        match packet {
            Ok(Packet::V4(sent)) => flows.follow_4(sent, record.time_ns, counts, events),
            Ok(Packet::V6(sent)) => flows.follow_6(sent, record.time_ns, counts, events),
            Err(reason) => counts.skipped.add(reason),
        }
        self.source.consume(record.length);
    }

    fn failure(&self, source: io::Error) -> CaptureError {
        CaptureError::Read { path: self.path.clone(), offset: self.source.offset(), source }
    }

    /// Says whether everything that can be read was read.
    #[must_use]
    pub const fn done(&self) -> bool {
        self.done
    }

    /// Returns what was counted so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns how many packets were skipped, by a link type that is not read.
    #[must_use]
    pub const fn skipped_link_types(&self) -> &BTreeMap<u32, u64> {
        &self.skipped_link_types
    }

    /// Returns the time of the first packet that was read, in nanoseconds since 1970.
    #[must_use]
    pub const fn first_time_ns(&self) -> Option<i64> {
        self.first_time_ns
    }

    /// Returns where and why reading ended early, if it did.
    #[must_use]
    pub const fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }
}
