//! How a reader goes from one file to the next.

use std::io;
use std::sync::Arc;

use super::CaptureReader;
use crate::capture::choice::Choice;
use crate::capture::counts::Counts;
use crate::capture::error::{CaptureError, Damage};
use crate::capture::file::Container;
use crate::capture::options::Options;
use crate::capture::set::{Input, Member, Set};
use crate::capture::source::Source;
use crate::capture::unpack::{Compression, Progress};

impl CaptureReader {
    /// Opens several captures as [`CaptureReader::open_all`] does, and asks `goes_on` now and then whether to go on:
    /// putting many files in order, or files that expand to very much, may take long.
    ///
    /// # Errors
    ///
    /// As [`CaptureReader::open_all`], and [`CaptureError::Stopped`] when `goes_on` says no.
    pub fn open_while(
        inputs: &[Input],
        options: Options,
        choice: Choice,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Self, CaptureError> {
        let mut source = Source::new(Box::new(io::empty()));
        let set = Set::find(inputs, choice.unpack_limit, &mut source, goes_on)?;
        let bytes_total = set.members.iter().map(Member::length).sum();
        let mut reader = Self::new(source, options, choice);
        reader.several = set.members.len() > 1;
        reader.left_out = set.left_out;
        reader.files.reserve(set.members.len());
        reader.members = set.members.into_iter();
        reader.bytes_total = bytes_total;
        reader.source.allow();
        reader.begin_file()?;
        Ok(reader)
    }

    /// Opens the next file that can be read, if there is one; a loop, for thousands may have vanished. A pipe is not
    /// waited for.
    fn begin_file(&mut self) -> Result<(), CaptureError> {
        loop {
            (self.container, self.opened) = (None, None);
            let Some(member) = self.members.next() else {
                self.done = true;
                return Ok(());
            };
            match self.open_member(member) {
                Ok(()) => return Ok(()),
                Err(error) => self.refuse(error)?,
            }
        }
    }

    fn open_member(&mut self, mut member: Member) -> Result<(), CaptureError> {
        if let Some(explanation) = self.flows.explanation() {
            explanation.begin_file(self.files.len());
        }
        self.progress = Arc::new(Progress::default());
        if let (Some(first), Some((latest, number))) = (member.first_time_ns, self.latest)
            && first < latest
        {
            self.file.overlaps = Some(self.files[number].path.clone());
        }
        let opened = member.open(self.unpack_limit, Arc::clone(&self.progress));
        self.file.path = std::mem::take(&mut member.path);
        self.member = Some(member);
        let opened =
            opened.map_err(|source| CaptureError::Open { path: self.file.path.clone(), source })?;
        self.live = opened.file.is_none();
        self.opened = opened.file;
        self.source.restart(opened.reader);
        if self.live { Ok(()) } else { self.look().map(|_| ()) }
    }

    /// Sees by the first bytes what the file is; says whether they are there.
    fn look(&mut self) -> Result<bool, CaptureError> {
        match Container::open(&mut self.source, &self.file.path) {
            Ok(container) => {
                self.file.format = container.name();
                self.container = Some(container);
                self.sync();
                Ok(true)
            }
            Err(CaptureError::Open { source, .. })
                if source.kind() == io::ErrorKind::WouldBlock =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Sees what the file is, and goes on to the next one if it cannot be read; says whether that can be known yet.
    pub(super) fn recognise(&mut self) -> Result<bool, CaptureError> {
        match self.look() {
            Err(error) => {
                self.refuse(error)?;
                self.begin_file().map(|()| true)
            }
            known => known,
        }
    }

    /// A file cannot be read at all: an error, unless others are read too, for it was there a moment ago.
    fn refuse(&mut self, error: CaptureError) -> Result<(), CaptureError> {
        if !self.several {
            return Err(error);
        }
        let text = format!("{}; it could be read a moment ago", error.found());
        self.put_aside(Some(Damage { offset: 0, text }));
        Ok(())
    }

    /// Puts the file aside, and opens the next one.
    pub(super) fn end_file(&mut self, damage: Option<Damage>) -> Result<(), CaptureError> {
        self.put_aside(damage);
        self.begin_file()
    }

    fn put_aside(&mut self, damage: Option<Damage>) {
        self.file.damage = damage;
        self.file.changed = self.has_changed();
        self.sync();
        let last = self.file.last_time_ns.map(|time_ns| (time_ns, self.files.len()));
        self.latest = self.latest.max(last);
        self.total.join(&self.counts);
        self.files.push(std::mem::take(&mut self.file));
        self.counts = Counts::default();
    }

    fn has_changed(&self) -> bool {
        self.member.as_ref().is_some_and(|member| member.has_changed(self.opened.as_deref()))
    }

    /// Brings what is known about the file up to date.
    pub(super) fn sync(&mut self) {
        if self.done {
            return;
        }
        self.file.compression = self.progress.compression();
        self.counts.bytes_read = match self.file.compression {
            Compression::None => self.source.offset(),
            Compression::Gzip | Compression::Zstd => self.progress.read(),
        };
        self.file.counts = self.counts;
        self.file.last_time_ns = self.file.first_time_ns.map(|_| self.last_time_ns);
    }
}
