//! A regular file: what the system knew of it when it was found, and whether that is still so at its end.
//!
//! A folder may hold thousands of small files, of which every question to the system costs more than the reading. So one
//! question at the end of a file answers two: whether more has come, and whether it is what it was.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// What the system knew of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) length: u64,
    modified: Option<SystemTime>,
}

impl Known {
    pub(super) fn new(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// A file that was opened.
#[derive(Debug)]
pub(super) struct Regular {
    file: File,
    /// Nothing if the system was not asked before.
    known: Option<Known>,
    /// Its end was reached, and it was then what it was when it was found. Nothing else is told with this value.
    is_whole: AtomicBool,
}

impl Regular {
    pub(super) fn open(path: &Path, known: Option<Known>) -> io::Result<Arc<Self>> {
        let mut options = File::options();
        options.read(true);
        // A pipe may stand there by now, which would keep its opener waiting for a writer.
        #[cfg(target_os = "linux")]
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
        #[cfg(not(target_os = "linux"))]
        refuse_other(&std::fs::metadata(path)?)?;
        let file = options.open(path)?;
        refuse_other(&file.metadata()?)?;
        Ok(Arc::new(Self { file, known, is_whole: AtomicBool::new(false) }))
    }

    /// Asks the system.
    pub(super) fn ask(&self) -> io::Result<Known> {
        self.file.metadata().map(|metadata| Known::new(&metadata))
    }

    /// Whether it has another length, or was written to, since it was found.
    pub(super) fn has_changed(&self) -> bool {
        !self.is_whole.load(Ordering::Relaxed) && self.ask().ok() != self.known
    }
}

/// What was a file when it was found may have become something else.
fn refuse_other(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
}

/// Reads a file that was opened.
pub(super) struct Reading {
    file: Arc<Regular>,
    position: u64,
}

impl Reading {
    pub(super) const fn new(file: Arc<Regular>) -> Self {
        Self { file, position: 0 }
    }

    /// Whether nothing more is in the file. One of no length is read all the same: some systems have such with content.
    fn is_at_end(&self) -> bool {
        let Some(known) = self.file.known.filter(|known| known.length == self.position) else {
            return false;
        };
        if known.length > 0 && self.file.ask().is_ok_and(|now| now == known) {
            self.file.is_whole.store(true, Ordering::Relaxed);
        }
        self.file.is_whole.load(Ordering::Relaxed)
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_at_end() {
            return Ok(0);
        }
        let count = (&self.file.file).read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}
