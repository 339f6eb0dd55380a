//! Which files a reader reads, and in which order: one file, a pipe, or the files of a list and of folders.
//!
//! Several files are read one after the other, by the time of their first packet, as one capture: a connection may begin
//! in one file and end in another. A file whose content, unpacked, is that of one before it is left out.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::copies;
use super::error::CaptureError;
use super::file::{Container, Next};
use super::live::{Live, Waiting};
use super::regular::{Known, Reading, Regular};
use super::source::{PAUSE, PER_FILE, Source};
use super::unpack::{Compression, Progress, Unpacked};
use super::watch::Watch;

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

/// One file of a set.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    /// When its first packet was recorded, if that was looked up.
    pub(super) first_time_ns: Option<i64>,
    /// How it is compressed, if that was looked up.
    pub(super) compression: Compression,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A regular file, and what the system knows of it if it was asked.
    Regular(Option<Known>),
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
        let kind =
            if metadata.is_file() { Kind::Regular(Some(Known::new(metadata))) } else { Kind::Pipe };
        Self::of_kind(path, kind)
    }

    const fn of_kind(path: PathBuf, kind: Kind) -> Self {
        Self { path, kind, first_time_ns: None, compression: Compression::None }
    }

    /// Opens it; what may keep a reader waiting is opened by a thread.
    pub(super) fn open(&self, limit: u64, progress: Arc<Progress>) -> io::Result<Opened> {
        let live = match self.kind {
            Kind::Regular(known) => {
                let file = Regular::open(&self.path, known)?;
                let reader = Box::new(Reading::new(Arc::clone(&file)));
                let reader = Box::new(Unpacked::new(reader, limit, progress));
                return Ok(Opened { reader, file: Some(file) });
            }
            Kind::Pipe => {
                let path = self.path.clone();
                Live::new(move || {
                    let file = Box::new(Waiting(File::open(path)?));
                    Ok(Box::new(Unpacked::new(file, limit, progress)))
                })
            }
            Kind::Stdin => Live::new(move || {
                let stdin = Box::new(Waiting(io::stdin()));
                Ok(Box::new(Unpacked::new(stdin, limit, progress)))
            }),
        };
        Ok(Opened { reader: Box::new(live?), file: None })
    }

    /// How long it is, as far as that can be known.
    pub(super) const fn length(&self) -> u64 {
        match self.kind {
            Kind::Regular(Some(known)) => known.length,
            Kind::Regular(None) | Kind::Pipe | Kind::Stdin => 0,
        }
    }

    /// Whether it is not what it was when it was found; nothing was opened if it is gone.
    pub(super) fn has_changed(&self, opened: Option<&Regular>) -> bool {
        matches!(self.kind, Kind::Regular(_)) && opened.is_none_or(Regular::has_changed)
    }
}

/// A file that was opened.
pub(super) struct Opened {
    pub(super) reader: Box<dyn io::Read + Send>,
    /// Nothing for what may keep a reader waiting.
    pub(super) file: Option<Arc<Regular>>,
}

impl Set {
    /// Finds the files, and puts several in order; `source` is what their beginnings are read through.
    pub(super) fn find(
        inputs: &[Input],
        limit: u64,
        source: &mut Source,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Self, CaptureError> {
        let mut set = Self { members: Vec::new(), left_out: Vec::new() };
        // Which members were named, and not found in a folder: what is wrong with one of these is an error.
        let mut named = Vec::new();
        let mut folder = None;
        for input in inputs {
            let Input::Path(path) = input else {
                let path = PathBuf::from("-");
                set.members.push(Member::of_kind(path, Kind::Stdin));
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
            set.put_in_order(&named, limit, source, &mut Watch::new(goes_on))?;
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
        // As bytes: comparing paths part by part would take half as long as opening the files.
        found.sort_by(|(one, _), (other, _)| one.as_os_str().cmp(other.as_os_str()));
        let entries = found.len();
        self.members.reserve(entries);
        for (path, is_file) in found {
            if is_file {
                // Its length is asked for when it is opened, which is quicker.
                self.members.push(Member::of_kind(path, Kind::Regular(None)));
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
    fn put_in_order(
        &mut self,
        named: &[bool],
        limit: u64,
        source: &mut Source,
        watch: &mut Watch<'_>,
    ) -> Result<(), CaptureError> {
        let members = std::mem::take(&mut self.members);
        self.members.reserve(members.len());
        for (mut member, &named) in members.into_iter().zip(named) {
            if !matches!(member.kind, Kind::Regular(..)) {
                return Err(CaptureError::Pipe { path: member.path });
            }
            watch.spend(PER_FILE)?;
            match look_at(&mut member, source, limit, watch) {
                Ok(()) => self.members.push(member),
                Err(error) if named || matches!(error, CaptureError::Stopped) => return Err(error),
                Err(error) => {
                    let why = error.found();
                    self.left_out.push(LeftOut { path: member.path, why });
                }
            }
        }
        self.members.sort_by_key(|member| member.first_time_ns);
        let copies = copies::take_out(&mut self.members, limit, watch)?;
        self.left_out.extend(copies);
        Ok(())
    }
}

/// Finds out when the first packet of a file was recorded, and what the system knows about the file.
fn look_at(
    member: &mut Member,
    source: &mut Source,
    limit: u64,
    watch: &mut Watch<'_>,
) -> Result<(), CaptureError> {
    let failed = |source| CaptureError::Open { path: member.path.clone(), source };
    let progress = Arc::new(Progress::default());
    let opened = member.open(limit, Arc::clone(&progress)).map_err(failed)?;
    let known = opened.file.as_ref().map(|file| file.ask()).transpose().map_err(failed)?;
    source.peek(opened.reader);
    source.allow();
    let mut container = loop {
        match Container::open(source, &member.path) {
            Err(CaptureError::Open { source: error, .. })
                if error.kind() == io::ErrorKind::WouldBlock =>
            {
                watch.spend(PAUSE)?;
                source.allow();
            }
            opened => break opened?,
        }
    };
    member.compression = progress.compression();
    member.kind = Kind::Regular(known);
    loop {
        // What is wrong behind the header is told when the file is read.
        match container.fetch(source) {
            Ok(Next::Record(record)) => member.first_time_ns = Some(record.time_ns),
            Ok(Next::Numbered) => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                watch.spend(PAUSE)?;
                source.allow();
                continue;
            }
            Ok(Next::End | Next::Damaged(_)) | Err(_) => {}
        }
        return Ok(());
    }
}
