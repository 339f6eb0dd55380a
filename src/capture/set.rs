//! Which files a reader reads, and in which order: one file, a pipe, or the files of a list and of folders.
//!
//! Several files are read one after the other, by the time of their first packet, as one capture: a connection may begin
//! in one file and end in another. A file that is the same as one before it is left out.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::error::CaptureError;
use super::file::{Container, Next};
use super::live::Live;
use super::source::Source;
use super::unpack::{Progress, Unpacked};

/// Names what a reader is to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file, a pipe, or a folder of files.
    Path(PathBuf),
    /// The standard input of the process.
    Stdin,
}

/// Says which file was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The file.
    pub path: PathBuf,
    /// Why, in words.
    pub why: String,
}

/// A regular file of which nothing is known yet.
const UNASKED: Kind = Kind::Regular(0, None);

/// One file of a set.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    /// When its first packet was recorded, if that was looked up.
    pub(super) first_time_ns: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A regular file, with its length and the time of its last change.
    Regular(u64, Option<SystemTime>),
    /// It may keep a reader waiting.
    Pipe,
    Stdin,
}

/// The files of a reader, in the order in which they are read.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) members: Vec<Member>,
    pub(super) left_out: Vec<LeftOut>,
}

impl Member {
    /// Describes a file that is no folder.
    fn new(path: PathBuf, metadata: &Metadata) -> Self {
        let kind = if metadata.is_file() {
            Kind::Regular(metadata.len(), metadata.modified().ok())
        } else {
            Kind::Pipe
        };
        Self { path, kind, first_time_ns: None }
    }

    /// Opens it; what may keep a reader waiting is opened by a thread.
    pub(super) fn open(&self, limit: u64, progress: Arc<Progress>) -> io::Result<Opened> {
        let path = self.path.clone();
        let live = match self.kind {
            Kind::Regular(..) => {
                let file = Arc::new(File::open(path)?);
                let reader = Box::new(Shared(Arc::clone(&file)));
                let reader = Box::new(Unpacked::new(reader, limit, progress));
                return Ok(Opened { reader, file: Some(file) });
            }
            Kind::Pipe => Live::new(move || {
                let file = Box::new(File::open(path)?);
                Ok(Box::new(Unpacked::new(file, limit, progress)))
            }),
            Kind::Stdin => Live::new(move || {
                Ok(Box::new(Unpacked::new(Box::new(io::stdin()), limit, progress)))
            }),
        };
        Ok(Opened { reader: Box::new(live?), file: None })
    }

    /// How long it is, as far as that can be known.
    pub(super) const fn length(&self) -> u64 {
        match self.kind {
            Kind::Regular(length, _) => length,
            Kind::Pipe | Kind::Stdin => 0,
        }
    }

    /// Whether it is another file by now, or has another length than when it was found; nothing was opened if it is gone.
    pub(super) fn has_changed(&self, opened: Option<&File>) -> bool {
        let Kind::Regular(length, modified) = self.kind else { return false };
        opened
            .and_then(|file| file.metadata().ok())
            .is_none_or(|now| (now.len(), now.modified().ok()) != (length, modified))
    }
}

/// A file that was opened.
pub(super) struct Opened {
    pub(super) reader: Box<dyn io::Read + Send>,
    /// Nothing for what may keep a reader waiting.
    pub(super) file: Option<Arc<File>>,
}

/// A file that is read, and asked about.
struct Shared(Arc<File>);

impl io::Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Set {
    /// Finds the files, and puts several in order.
    pub(super) fn find(inputs: &[Input], limit: u64) -> Result<Self, CaptureError> {
        let mut set = Self { members: Vec::new(), left_out: Vec::new() };
        // Which members were named, and not found in a folder: what is wrong with one of these is an error.
        let mut named = Vec::new();
        let mut folder = None;
        for input in inputs {
            let Input::Path(path) = input else {
                let path = PathBuf::from("-");
                set.members.push(Member { path, kind: Kind::Stdin, first_time_ns: None });
                named.push(true);
                continue;
            };
            let failed = |source| CaptureError::Open { path: path.clone(), source };
            let metadata = fs::metadata(path).map_err(failed)?;
            if metadata.is_dir() {
                let found = set.add_folder(path).map_err(failed)?;
                folder.get_or_insert((path.clone(), found));
            } else {
                set.members.push(Member::new(path.clone(), &metadata));
            }
            named.resize(set.members.len(), !metadata.is_dir());
        }
        if set.members.len() > 1 || folder.is_some() {
            set.put_in_order(&named, limit)?;
        }
        match folder {
            Some((path, files)) if set.members.is_empty() => {
                Err(CaptureError::Folder { path, files })
            }
            _ => Ok(set),
        }
    }

    /// Adds the files of a folder by name, without those of folders in it; returns how many entries there are.
    fn add_folder(&mut self, folder: &Path) -> io::Result<usize> {
        let mut found = fs::read_dir(folder)?
            .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?.is_file()))))
            .collect::<io::Result<Vec<_>>>()?;
        found.sort();
        let entries = found.len();
        for (path, is_file) in found {
            if is_file {
                // Its length is asked for when it is opened, which is quicker.
                self.members.push(Member { path, kind: UNASKED, first_time_ns: None });
                continue;
            }
            let why = match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => {
                    self.members.push(Member::new(path, &metadata));
                    continue;
                }
                Ok(metadata) if metadata.is_dir() => {
                    "a folder inside a folder is not entered; name it to read it too".to_owned()
                }
                Ok(_) => "it is no regular file".to_owned(),
                Err(error) => error.to_string(),
            };
            self.left_out.push(LeftOut { path, why });
        }
        Ok(entries)
    }

    /// Looks at the first packet of each file, sorts by it, and leaves out what is no capture or there twice.
    fn put_in_order(&mut self, named: &[bool], limit: u64) -> Result<(), CaptureError> {
        let members = std::mem::take(&mut self.members);
        let mut source = Source::new(Box::new(io::empty()));
        for (mut member, &named) in members.into_iter().zip(named) {
            if !matches!(member.kind, Kind::Regular(..)) {
                return Err(CaptureError::Pipe { path: member.path });
            }
            match look_at(&mut member, &mut source, limit) {
                Ok(()) => self.members.push(member),
                Err(error) if named => return Err(error),
                Err(error) => {
                    let why = error.to_string();
                    self.left_out.push(LeftOut { path: member.path, why });
                }
            }
        }
        self.members.sort_by_key(|member| member.first_time_ns);
        self.leave_out_copies();
        Ok(())
    }

    /// Leaves out each file that is one before it, under the same or another name.
    fn leave_out_copies(&mut self) {
        let mut alike: HashMap<(Option<i64>, u64), Vec<PathBuf>> = HashMap::new();
        let mut left_out = Vec::new();
        self.members.retain(|member| {
            let others = alike.entry((member.first_time_ns, member.length())).or_default();
            match others.iter().find(|other| are_equal(other, &member.path).unwrap_or(false)) {
                Some(other) => {
                    let why = format!("it is the same as {}, which is read", other.display());
                    left_out.push(LeftOut { path: member.path.clone(), why });
                    false
                }
                None => {
                    others.push(member.path.clone());
                    true
                }
            }
        });
        self.left_out.append(&mut left_out);
    }
}

/// Finds out when the first packet of a file was recorded, and what the system knows about the file.
fn look_at(member: &mut Member, source: &mut Source, limit: u64) -> Result<(), CaptureError> {
    let failed = |source| CaptureError::Open { path: member.path.clone(), source };
    let opened = member.open(limit, Arc::default()).map_err(failed)?;
    let file = opened.file.as_ref().map(|file| file.metadata()).transpose().map_err(failed)?;
    source.peek(opened.reader);
    let mut container = Container::open(source, &member.path)?;
    if let Some(metadata) = file {
        member.kind = Kind::Regular(metadata.len(), metadata.modified().ok());
    }
    loop {
        // What is wrong behind the header is told when the file is read.
        match container.fetch(source) {
            Ok(Next::Record(record)) => member.first_time_ns = Some(record.time_ns),
            Ok(Next::Numbered) => continue,
            Ok(Next::End | Next::Damaged(_)) | Err(_) => {}
        }
        return Ok(());
    }
}

/// Says whether two files hold the same bytes.
fn are_equal(one: &Path, other: &Path) -> io::Result<bool> {
    const PART: u64 = 1 << 16;
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    loop {
        a.clear();
        b.clear();
        one.by_ref().take(PART).read_to_end(&mut a)?;
        other.by_ref().take(PART).read_to_end(&mut b)?;
        if a != b {
            return Ok(false);
        }
        if a.is_empty() {
            return Ok(true);
        }
    }
}
