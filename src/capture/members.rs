//! The members of a gzip file and the frames of a zstd one, one after the other, and what stands behind the last one.
//!
//! Zeros behind it are padding, as `gzip` has it, and pass in silence. Other bytes are [`Broken`] content, for they may be
//! what is left of another member; what was unpacked before them is whole.
//! Progress: what gives nothing, such as padding, frames to be skipped and empty blocks, may be any length. After [`PAUSE`]
//! bytes of the file a read ends with [`io::ErrorKind::WouldBlock`], and the next one goes on.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::figures::grouped;
use super::source::PAUSE;
use super::unpack::{Begun, Broken, Compression, Progress};

/// A compressed file, between two members or inside one.
struct Packed {
    /// The first bytes of a member, which were looked at.
    start: Cursor<Vec<u8>>,
    source: BufReader<Begun>,
    progress: Arc<Progress>,
    /// A member was begun.
    is_begun: bool,
    /// What stands where a member should begin, and at which byte of the file.
    behind: Option<(Vec<u8>, u64)>,
    /// How much of the file had been read at the last pause.
    paused: u64,
}

impl Packed {
    fn new(begun: Begun, progress: Arc<Progress>) -> Self {
        let source = BufReader::new(begun);
        let start = Cursor::default();
        Self { start, source, progress, is_begun: false, behind: None, paused: 0 }
    }

    /// Ends a read that has gone far. Whoever calls it goes on there when it is called again.
    fn pause(&mut self) -> io::Result<()> {
        let read = self.progress.read();
        if read - self.paused < PAUSE as u64 {
            return Ok(());
        }
        self.paused = read;
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Goes to the next member; says whether there is one.
    fn next(&mut self) -> io::Result<bool> {
        let compression = self.progress.compression();
        if self.behind.is_none() {
            self.pause()?;
            let mut start = Vec::new();
            self.source.by_ref().take(4).read_to_end(&mut start)?;
            if !start.is_empty() && (!self.is_begun || Compression::of(&start) == compression) {
                self.is_begun = true;
                self.start = Cursor::new(start);
                return Ok(true);
            }
            let at_hand = (start.len() + self.source.buffer().len()) as u64;
            self.behind = Some((start, self.progress.read().saturating_sub(at_hand)));
        }
        let is_padding = self.is_zero_to_the_end()?;
        let Some((start, place)) = self.behind.as_ref().filter(|_| !is_padding) else {
            return Ok(false);
        };
        let name = compression.name().unwrap_or_default();
        let hex = start.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
        Err(Broken::new(
            format!(
                "behind the {name} data, at byte {} of the file, stand other bytes: {hex}",
                grouped(*place)
            ),
            "what was packed before them is whole, so cut the file there, or see whether a part of it was lost",
        ))
    }

    /// Whether nothing but zeros stands behind the last member.
    fn is_zero_to_the_end(&mut self) -> io::Result<bool> {
        if self.behind.iter().any(|(start, _)| start.iter().any(|&byte| byte != 0)) {
            return Ok(false);
        }
        loop {
            self.pause()?;
            let bytes = self.source.fill_buf()?;
            let (length, is_zero) = (bytes.len(), bytes.iter().all(|&byte| byte == 0));
            if length == 0 || !is_zero {
                return Ok(is_zero);
            }
            self.source.consume(length);
        }
    }
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.start.read(buffer)? {
            0 => self.source.read(buffer),
            count => Ok(count),
        }
    }
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.pause()?;
        if self.start.fill_buf()?.is_empty() {
            self.source.fill_buf()
        } else {
            self.start.fill_buf()
        }
    }

    fn consume(&mut self, amount: usize) {
        let left = self.start.get_ref().len() - self.start.position() as usize;
        if left == 0 {
            self.source.consume(amount);
        } else {
            self.start.consume(amount);
        }
    }
}

/// The members of gzip.
pub(super) struct Members {
    /// The file, while no decoder has it.
    packed: Option<Packed>,
    decoder: Option<GzDecoder<Packed>>,
}

impl Members {
    pub(super) fn new(begun: Begun, progress: Arc<Progress>) -> Self {
        Self { packed: Some(Packed::new(begun, progress)), decoder: None }
    }
}

impl Read for Members {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(decoder) = &mut self.decoder {
                let count = decoder.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
                self.packed = self.decoder.take().map(GzDecoder::into_inner);
            }
            let Some(packed) = &mut self.packed else { return Ok(0) };
            if !packed.next()? {
                return Ok(0);
            }
            self.decoder = self.packed.take().map(GzDecoder::new);
        }
    }
}

/// The frames of zstd.
pub(super) struct Frames {
    packed: Packed,
    decoder: FrameDecoder,
    inside: bool,
    /// What is left of a frame that is to be skipped.
    skipped: u64,
}

impl Frames {
    pub(super) fn new(begun: Begun, progress: Arc<Progress>) -> Self {
        let packed = Packed::new(begun, progress);
        Self { packed, decoder: FrameDecoder::new(), inside: false, skipped: 0 }
    }

    /// Begins the next frame; says whether there is one.
    fn next(&mut self) -> io::Result<bool> {
        loop {
            self.skip()?;
            if !self.packed.next()? {
                return Ok(false);
            }
            match self.decoder.init(&mut self.packed) {
                Ok(()) => {
                    self.inside = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skipped = u64::from(length),
                Err(FrameDecoderError::WindowSizeTooBig { requested, max }) => {
                    return Err(Broken::new(
                        format!(
                            "a zstd frame asks for a window of {} bytes, more than the limit of {}, \
                             which --unpack-limit does not raise",
                            grouped(requested),
                            grouped(max)
                        ),
                        "unpack it first, such as with: zstd -d --long=31",
                    ));
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }

    /// Goes behind a frame that is to be skipped.
    fn skip(&mut self) -> io::Result<()> {
        while self.skipped > 0 {
            let length = self.packed.fill_buf()?.len();
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let length = length.min(usize::try_from(self.skipped).unwrap_or(usize::MAX));
            self.packed.consume(length);
            self.skipped -= length as u64;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.inside = false;
        let stated = self.decoder.get_checksum_from_data();
        if stated.is_some() && stated != self.decoder.get_calculated_checksum() {
            return Err(io::Error::other("a frame's checksum does not fit its content"));
        }
        Ok(())
    }
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.inside && !self.next()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.packed.pause()?;
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.packed, one).map_err(io::Error::other)?;
            }
            let count = self.decoder.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            self.end()?;
        }
    }
}
