//! Compressed captures, recognised by their content and unpacked as they are read.
//!
//! `flate2` unpacks the members of gzip, `ruzstd` the frames of zstd, and `members` sees to their sequence. Content that
//! is not compressed passes through untouched.
//! Full: no more than a limit of unpacked bytes is returned, and the memory does not depend on it: a bomb costs time.
//! Damaged: data that cannot be unpacked end the file there, as [`Broken`]; the bytes before them are returned.

use std::fmt;
use std::io::{self, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use super::figures::grouped;
use super::members::{Frames, Members};

/// How much a compressed file may expand to, unless more is asked for.
pub const UNPACK_LIMIT: u64 = 64 << 30;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// It is not.
    #[default]
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Compression {
    const ALL: [Self; 3] = [Self::None, Self::Gzip, Self::Zstd];

    /// Returns its name; nothing for a file that is not compressed.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }

    pub(super) fn of(start: &[u8]) -> Self {
        match start {
            [0x1F, 0x8B, ..] => Self::Gzip,
            // A frame, or one of the sixteen kinds of frame that are to be skipped.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// Content that cannot be unpacked; it travels inside an [`io::Error`], and is damage of the file.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) found: String,
    /// What to do about it, where that is not to copy the file again.
    pub(super) advice: &'static str,
}

impl Broken {
    /// Makes it travel.
    #[expect(clippy::new_ret_no_self, reason = "an error is what a reader may return")]
    pub(super) fn new(found: String, advice: &'static str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Self { found, advice })
    }

    /// Finds it in an error, if it is there.
    pub(super) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref().and_then(|inner| inner.downcast_ref())
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.advice.is_empty() { "" } else { "; " };
        write!(formatter, "{}{between}{}", self.found, self.advice)
    }
}

impl std::error::Error for Broken {}

/// What is known about a file while it is unpacked, perhaps by another thread.
#[derive(Debug, Default)]
pub(super) struct Progress {
    compression: AtomicU8,
    /// Bytes of the file itself that were read.
    read: AtomicU64,
    /// The operating system failed, so an error is no word about the content.
    failed: AtomicBool,
}

// Nothing else is told with these values, so none of them has to be seen in order.
impl Progress {
    pub(super) fn compression(&self) -> Compression {
        Compression::ALL[usize::from(self.compression.load(Ordering::Relaxed))]
    }

    pub(super) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// Reads a file, unpacked if it is compressed.
pub(super) struct Unpacked {
    content: Content,
    progress: Arc<Progress>,
    limit: u64,
    given: u64,
}

enum Content {
    /// Nothing was read yet.
    Unknown(Counted),
    Plain(Counted),
    Gzip(Box<Members>),
    Zstd(Box<Frames>),
    Ended,
}

/// The bytes by which a file was recognised, and the rest of it.
pub(super) type Begun = Chain<Cursor<Vec<u8>>, Counted>;

pub(super) struct Counted {
    reader: Box<dyn Read + Send>,
    progress: Arc<Progress>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.reader.read(buffer);
            match &read {
                Ok(count) => {
                    self.progress.read.fetch_add(*count as u64, Ordering::Relaxed);
                }
                // A decoder would take it for damage.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => self.progress.failed.store(true, Ordering::Relaxed),
            }
            return read;
        }
    }
}

impl Unpacked {
    pub(super) fn new(reader: Box<dyn Read + Send>, limit: u64, progress: Arc<Progress>) -> Self {
        let content = Content::Unknown(Counted { reader, progress: Arc::clone(&progress) });
        Self { content, progress, limit, given: 0 }
    }

    /// Reads the first bytes and sees by them what the file is.
    fn begin(&mut self, mut file: Counted, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while count < 4.min(buffer.len()) {
            match file.read(&mut buffer[count..]) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) => return Err(error),
            }
        }
        let compression = Compression::of(&buffer[..count]);
        self.progress.compression.store(compression as u8, Ordering::Relaxed);
        if compression == Compression::None {
            self.content = Content::Plain(file);
            return Ok(count);
        }
        let begun = Cursor::new(buffer[..count].to_vec()).chain(file);
        let progress = Arc::clone(&self.progress);
        self.content = match compression {
            Compression::Gzip => Content::Gzip(Box::new(Members::new(begun, progress))),
            _ => Content::Zstd(Box::new(Frames::new(begun, progress))),
        };
        self.unpack(buffer)
    }

    fn unpack(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.content {
            Content::Gzip(decoder) => decoder.read(buffer),
            Content::Zstd(frames) => frames.read(buffer),
            Content::Unknown(_) | Content::Plain(_) | Content::Ended => Ok(0),
        };
        let name = self.progress.compression().name().unwrap_or_default();
        match read {
            Ok(count) => {
                self.given += count as u64;
                if self.given <= self.limit {
                    return Ok(count);
                }
                self.content = Content::Ended;
                Err(Broken::new(
                    format!("it expands to more than the limit of {} bytes", grouped(self.limit)),
                    "if that is right, raise --unpack-limit",
                ))
            }
            Err(error) if self.progress.failed.load(Ordering::Relaxed) => Err(error),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(error),
            Err(error) => {
                self.content = Content::Ended;
                if Broken::of(&error).is_some() {
                    return Err(error);
                }
                let found = if ends_early(&error) {
                    format!("the {name} data end too early")
                } else {
                    format!("the {name} data cannot be unpacked: {error}")
                };
                Err(Broken::new(found, ""))
            }
        }
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Content::Plain(file) = &mut self.content {
            return file.read(buffer);
        }
        if let Content::Unknown(_) = self.content {
            let Content::Unknown(file) = std::mem::replace(&mut self.content, Content::Ended)
            else {
                return Ok(0);
            };
            return self.begin(file, buffer);
        }
        self.unpack(buffer)
    }
}

/// Says whether the reason of an error, however deep, is that no more bytes came.
fn ends_early(error: &io::Error) -> bool {
    let inner = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    let reasons = std::iter::successors(inner, |reason| reason.source());
    error.kind() == io::ErrorKind::UnexpectedEof
        || reasons
            .filter_map(|reason| reason.downcast_ref::<io::Error>())
            .any(|reason| reason.kind() == io::ErrorKind::UnexpectedEof)
}
