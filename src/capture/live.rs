//! A pipe, or whatever else may keep a reader waiting: it is read by a thread of its own.
//!
//! So a reader that waits can be told to do something else: a read without data ends after a tenth of a second with
//! [`io::ErrorKind::WouldBlock`], and loses nothing. Only a thread does this everywhere, for a read that waits in the
//! system cannot be ended from outside. The thread ends with the pipe, or when the reader is gone and data come.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(100);
/// Parts that wait to be taken.
const PARTS: usize = 4;
const PART: usize = 1 << 16;
/// What is no failure: a signal, and a pause of what is unpacked.
const GOES_ON: [io::ErrorKind; 2] = [io::ErrorKind::Interrupted, io::ErrorKind::WouldBlock];
/// How long a pipe is left alone that says that it has nothing.
const REST: Duration = Duration::from_millis(10);

/// What the thread has read.
pub(super) struct Live {
    parts: Receiver<io::Result<Vec<u8>>>,
    part: io::Cursor<Vec<u8>>,
}

impl Live {
    /// Opens the source and reads it, in a thread: opening may wait too.
    pub(super) fn new(
        open: impl FnOnce() -> io::Result<Box<dyn Read + Send>> + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, parts) = sync_channel(PARTS);
        let named = thread::Builder::new().name("wsksim-pipe".to_owned());
        named.spawn(move || pump(open, &sender))?;
        Ok(Self { parts, part: io::Cursor::default() })
    }
}

fn pump(
    open: impl FnOnce() -> io::Result<Box<dyn Read + Send>>,
    sender: &SyncSender<io::Result<Vec<u8>>>,
) {
    let mut reader = match open() {
        Ok(reader) => reader,
        Err(error) => return drop(sender.send(Err(error))),
    };
    loop {
        let mut part = vec![0; PART];
        let read = reader.read(&mut part);
        let ends = !matches!(read, Ok(1..));
        let part = match read {
            Ok(0) => return,
            Err(error) if GOES_ON.contains(&error.kind()) => continue,
            Ok(count) => {
                part.truncate(count);
                Ok(part)
            }
            Err(error) => Err(error),
        };
        // Nobody is there to take it any more, or nothing comes after it.
        if sender.send(part).is_err() || ends {
            return;
        }
    }
}

/// A pipe that another program may have told not to keep its readers waiting: no data now is not its end.
pub(super) struct Waiting<R>(pub(super) R);

impl<R: Read> Read for Waiting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(REST),
                read => return read,
            }
        }
    }
}

impl Read for Live {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.part.read(buffer)?;
        if count > 0 {
            return Ok(count);
        }
        match self.parts.recv_timeout(PATIENCE) {
            Ok(part) => {
                self.part = io::Cursor::new(part?);
                self.part.read(buffer)
            }
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::WouldBlock.into()),
            Err(RecvTimeoutError::Disconnected) => Ok(0),
        }
    }
}
