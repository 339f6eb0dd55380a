//! The reader that users hold: files, their flows, and what was counted.

use crate::source::Event;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etherparse::EtherType;

use super::choice::Choice;
use super::counts::{Counts, Skip};
use super::error::{CaptureError, Damage};
use super::file::{Container, Next, Record, RecordLink};
use super::ip;
use super::layer::Layer;
use super::options::{Options, Tunnels};
use super::regular::Regular;
use super::set::{Input, LeftOut, Member};
use super::source::Source;
use super::summary::FileSummary;
use super::table::{FLOW_LIMIT, FlowTable};
use super::unpack::{Broken, Progress, UNPACK_LIMIT, Unpacked};

mod answers;
mod files;

/// Reads captures from front to back, as the opens, edges and closes of their connections.
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use wsksim::capture::{CaptureReader, Options};
/// use wsksim::source::Event;
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
    members: std::vec::IntoIter<Member>,
    left_out: Vec<LeftOut>,
    unpack_limit: u64,
    /// The file that is read, if it was found among files and not handed over.
    member: Option<Member>,
    opened: Option<Arc<Regular>>,
    source: Source,
    /// Nothing until the first bytes of a file are there.
    container: Option<Container>,
    progress: Arc<Progress>,
    /// It may keep a reader waiting.
    live: bool,
    /// Whether several files are read, so that one of them may fail.
    several: bool,
    flows: FlowTable,
    /// What the packets in tunnels would give, while they are not opened.
    tunnelled: Option<Box<(FlowTable, Counts)>>,
    tunnels: Tunnels,
    /// Packets in tunnels of kinds that are never opened, by the kind.
    unopened: BTreeMap<&'static str, u64>,
    /// Of the file that is read.
    counts: Counts,
    file: FileSummary,
    /// When its last packet was recorded, if there was one.
    last_time_ns: i64,
    /// The files that were read to their ends, and what they gave together.
    files: Vec<FileSummary>,
    total: Counts,
    /// The number of the one with the latest packet, and when that was recorded.
    latest: Option<(i64, usize)>,
    bytes_total: u64,
    /// From which event of the newest `read` on which file is read.
    marks: Vec<(usize, usize)>,
    done: bool,
    /// What the operating system answered when it failed; the place in the file is lost then.
    failed: Option<io::ErrorKind>,
}

impl CaptureReader {
    /// Opens a capture, or a folder of captures, and reads the header; what a file is decides its content, not its name.
    ///
    /// # Errors
    ///
    /// A missing file, a folder without captures, an empty file, foreign content, a broken header, and for pcap a link
    /// type that is not read; each says what was found and what to do.
    pub fn open(path: &Path, options: Options) -> Result<Self, CaptureError> {
        Self::open_all(&[Input::Path(path.to_path_buf())], options, Choice::default())
    }

    /// Opens several captures as one: files in the order of their first packets. A pipe is opened when it is read.
    ///
    /// # Errors
    ///
    /// As [`CaptureReader::open`]; what is wrong with a file that was found in a folder is no error, but is told by
    /// [`CaptureReader::left_out`].
    pub fn open_all(
        inputs: &[Input],
        options: Options,
        choice: Choice,
    ) -> Result<Self, CaptureError> {
        Self::open_while(inputs, options, choice, &mut || true)
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
        let progress = Arc::new(Progress::default());
        let unpacked = Unpacked::new(reader, UNPACK_LIMIT, Arc::clone(&progress));
        let mut reader = Self::new(Source::new(Box::new(unpacked)), options, Choice::default());
        reader.progress = progress;
        reader.file.path = name.to_path_buf();
        reader.bytes_total = length;
        reader.recognise()?;
        Ok(reader)
    }

    fn new(source: Source, options: Options, choice: Choice) -> Self {
        let mut flows = FlowTable::new(options, FLOW_LIMIT);
        flows.set_filter(choice.filter);
        if let Some(flow) = choice.explain {
            flows.explain(flow);
        }
        if choice.amounts {
            flows.count_amounts();
        }
        Self {
            members: Vec::new().into_iter(),
            left_out: Vec::new(),
            unpack_limit: choice.unpack_limit,
            member: None,
            opened: None,
            source,
            container: None,
            progress: Arc::default(),
            live: false,
            several: false,
            flows,
            tunnelled: None,
            tunnels: options.tunnels,
            unopened: BTreeMap::new(),
            counts: Counts::default(),
            file: FileSummary::default(),
            last_time_ns: 0,
            files: Vec::new(),
            total: Counts::default(),
            latest: None,
            bytes_total: 0,
            marks: Vec::new(),
            done: false,
            failed: None,
        }
    }

    /// Forgets every flow and limits how many are known at a time; call it before the first `read`.
    #[must_use]
    pub fn with_flow_limit(mut self, flows: usize) -> Self {
        self.flows = self.flows.with_limit(flows);
        self
    }

    /// Reads up to `packets` more records and appends their events; [`CaptureReader::marks`] says of which files.
    ///
    /// No new event does not mean the end; [`CaptureReader::done`] tells it. Damage ends the reading of a file without
    /// an error. A pipe that gives nothing for a tenth of a second ends the call early, and so do 64 MiB of content.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Read`] when the operating system fails, and again at each later call; the events of the records
    /// before the failure are delivered. [`CaptureError::LinkTypes`] at the end of files of which no packet has a
    /// link type that is read. For a pipe, what [`CaptureReader::open`] refuses.
    pub fn read(&mut self, packets: usize, events: &mut Vec<Event>) -> Result<(), CaptureError> {
        self.marks.clear();
        self.source.allow();
        let mut left = packets;
        while left > 0 && !self.done {
            if let Some(kind) = self.failed {
                return Err(self.failure(kind.into()));
            }
            if self.container.is_none() && !self.recognise()? {
                break;
            }
            self.marks.push((events.len(), self.files.len()));
            let (before, files) = (self.counts.packets, self.files.len());
            let outcome = self.follow(left, events);
            self.sync();
            let waits = match outcome {
                Ok(None) => true,
                Ok(Some(damage)) => {
                    left -= ((self.counts.packets - before) as usize).min(left);
                    self.end_file(damage)?;
                    false
                }
                Err(error) => {
                    self.fail(error)?;
                    true
                }
            };
            if waits && self.files.len() == files {
                break;
            }
        }
        self.check_link_types()
    }

    /// Reads records of one file; returns whether it ended, and perhaps with damage.
    fn follow(
        &mut self,
        packets: usize,
        events: &mut Vec<Event>,
    ) -> io::Result<Option<Option<Damage>>> {
        let before = events.len();
        for _ in 0..packets {
            let Some(container) = &mut self.container else { break };
            if let Some(record) = container.at_hand(&self.source) {
                self.take(&record, events);
                continue;
            }
            // What is known is told before a pipe is waited for.
            if self.live && events.len() > before {
                break;
            }
            match container.fetch(&mut self.source)? {
                Next::Record(record) => self.take(&record, events),
                Next::Numbered => {
                    self.counts.packets += 1;
                    self.counts.skipped.add(Skip::NoPacket);
                }
                Next::End => return Ok(Some(None)),
                Next::Damaged(damage) => return Ok(Some(Some(damage))),
            }
        }
        Ok(None)
    }

    /// Reading stopped: a pipe gives nothing now, enough was read in one go, content cannot be unpacked, or the operating system failed.
    fn fail(&mut self, error: io::Error) -> Result<(), CaptureError> {
        if error.kind() == io::ErrorKind::WouldBlock {
            return Ok(());
        }
        match Broken::of(&error) {
            Some(broken) => {
                let damage = Damage { offset: self.source.offset(), text: broken.to_string() };
                self.end_file(Some(damage))
            }
            None => {
                self.failed = Some(error.kind());
                Err(self.failure(error))
            }
        }
    }

    /// Counts the record at hand, follows its segment, and leaves it behind.
    #[inline(always)]
    fn take(&mut self, record: &Record, events: &mut Vec<Event>) {
        let Self { source, flows, counts, file, .. } = self;
        let frame = &source.data()[record.start..record.end];
        file.first_time_ns.get_or_insert(record.time_ns);
        self.last_time_ns = record.time_ns;
        counts.packets += 1;
        if let RecordLink::Known(link) = record.link {
            if let Some(sent) = link.plain_4(frame) {
                flows.follow_4(sent, record.time_ns, counts, events);
                return source.consume(record.length);
            }
            if let Some(sent) = link.plain_6(frame) {
                flows.follow_6(sent, record.time_ns, counts, events);
                return source.consume(record.length);
            }
            if self.tunnels == Tunnels::On && self.take_tunnelled(link, record, events) {
                return self.source.consume(record.length);
            }
        }
        self.take_any(record, events);
    }

    /// Follows a packet of the commonest form in a tunnel of the commonest form; says whether it was one.
    #[inline(never)]
    fn take_tunnelled(&mut self, link: Layer, record: &Record, events: &mut Vec<Event>) -> bool {
        let Self { source, flows, counts, .. } = self;
        let frame = &source.data()[record.start..record.end];
        let Some((version, packet)) = link.plain_tunnel(frame) else { return false };
        let before = counts.tcp_packets;
        if version == EtherType::IPV4
            && let Some(sent) = ip::plain_4(packet)
        {
            flows.follow_4(sent, record.time_ns, counts, events);
        } else if version == EtherType::IPV6
            && let Some(sent) = ip::plain_6(packet)
        {
            flows.follow_6(sent, record.time_ns, counts, events);
        } else {
            return false;
        }
        // A filter may have left it out.
        counts.tunnelled += counts.tcp_packets - before;
        true
    }

    /// Follows a packet that is not of the commonest form, or says why it is not followed.
    #[cold]
    fn take_any(&mut self, record: &Record, events: &mut Vec<Event>) {
        let Self { source, flows, counts, .. } = self;
        let frame = &source.data()[record.start..record.end];
        let reason = match record.link {
            RecordLink::Known(link) => {
                let found = link.innermost(frame);
                if let Some(tunnel) = found.unopened {
                    *self.unopened.entry(tunnel).or_default() += 1;
                }
                match found.packet {
                    _ if found.tunnels > 0 && self.tunnels == Tunnels::Off => {
                        if let Ok(packet) = found.packet {
                            let shadow = self.tunnelled.get_or_insert_with(|| {
                                Box::new((flows.sibling(FLOW_LIMIT / 8), Counts::default()))
                            });
                            shadow.0.follow(packet, 0, &mut shadow.1, &mut Vec::new());
                        }
                        Some(Skip::Tunnel)
                    }
                    Ok(packet) => {
                        let before = counts.tcp_packets;
                        flows.follow(packet, record.time_ns, counts, events);
                        counts.tunnelled +=
                            (counts.tcp_packets - before) * u64::from(found.tunnels > 0);
                        None
                    }
                    Err(reason) => Some(reason),
                }
            }
            RecordLink::Unsupported(number) => {
                *self.file.skipped_link_types.entry(number).or_default() += 1;
                Some(Skip::LinkType)
            }
            RecordLink::NoInterface => Some(Skip::UnknownInterface),
        };
        if let Some(reason) = reason {
            counts.skipped.add(reason);
        }
        self.source.consume(record.length);
    }

    fn check_link_types(&self) -> Result<(), CaptureError> {
        if !self.done {
            return Ok(());
        }
        let counts = self.counts();
        if counts.packets > 0 && counts.skipped.get(Skip::LinkType) == counts.packets {
            let numbers = self.skipped_link_types().into_keys().collect();
            let path = self.files.first().map_or_else(PathBuf::new, |file| file.path.clone());
            return Err(CaptureError::LinkTypes { path, numbers });
        }
        Ok(())
    }

    fn failure(&self, source: io::Error) -> CaptureError {
        CaptureError::Read { path: self.file.path.clone(), offset: self.source.offset(), source }
    }
}
