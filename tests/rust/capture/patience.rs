//! How much work a reader does in one go: files that begin at one time, content that expands to very much, and files
//! that became pipes or went.

use std::fs;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use wsksim::capture::{CaptureError, CaptureReader, Choice, Options};

use crate::build::{ACK, LITTLE, SERVER, conversation, drain, gzip, handshake, tcp, zstd};
use crate::sets::{Folder, at, inputs, open_all};

const MIB: u64 = 1 << 20;

/// The bytes that this thread has read from files; nothing where the system does not count them.
fn bytes_read() -> Option<u64> {
    let counts = fs::read_to_string("/proc/thread-self/io").ok()?;
    counts.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
}

/// How often each byte of the files of a folder is read while they are put in order.
fn reads_of(folder: &Folder) -> Option<u64> {
    let lengths = fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().metadata().unwrap());
    let total: u64 = lengths.map(|metadata| metadata.len()).sum();
    let before = bytes_read()?;
    open_all(std::slice::from_ref(&folder.0)).unwrap();
    Some((bytes_read()? - before) / total)
}

#[test]
fn files_that_begin_at_one_time_are_not_read_against_each_other() {
    let small = Folder::new("one-time");
    let packed = Folder::new("one-time-packed");
    let large = Folder::new("one-time-large");
    for number in 0..200_u16 {
        let bytes = at(100, &[tcp((3, 2000 + number), SERVER, ACK)]);
        small.write(&format!("{number:03}"), &bytes);
        packed.write(&format!("{number:03}"), &gzip(&bytes));
    }
    // These differ in their last packets alone.
    let begins = at(100, &vec![tcp((3, 9), SERVER, ACK); 2000]);
    for number in 0..40_u16 {
        let last = LITTLE.pcap_record(3000, 0, &tcp((3, 2000 + number), SERVER, ACK).frame());
        large.write(&format!("{number:03}"), &[begins.clone(), last].concat());
    }
    for folder in [small, packed, large] {
        match reads_of(&folder) {
            Some(reads) => assert!(reads <= 4, "each byte is read {reads} times"),
            None => eprintln!("SKIPPED: the system does not count what a thread reads"),
        }
    }
}

/// So many MiB of one block of 1 MiB over and over, behind a section's beginning.
struct Blocks {
    begin: io::Cursor<Vec<u8>>,
    block: Vec<u8>,
    left: u64,
    position: usize,
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let begun = self.begin.read(buffer)?;
        if begun > 0 || self.left == 0 {
            return Ok(begun);
        }
        let count = buffer.len().min(self.block.len() - self.position);
        buffer[..count].copy_from_slice(&self.block[self.position..][..count]);
        self.position = (self.position + count) % self.block.len();
        self.left -= u64::from(self.position == 0);
        Ok(count)
    }
}

/// Blocks of a kind that make up a MiB.
fn mib(kind: u32, length: usize) -> Vec<u8> {
    LITTLE.block(kind, &vec![0; length - 12]).repeat((1 << 20) / length)
}

fn section() -> Vec<u8> {
    [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat()
}

#[test]
fn a_read_ends_after_so_many_bytes_without_a_packet() {
    for (block, packets) in
        [(mib(0x7777, 16), 0), (mib(4, 1 << 20), 0), (mib(0x0BAD, 1 << 20), 200)]
    {
        let begin = io::Cursor::new(section());
        let blocks = Box::new(Blocks { begin, block, left: 200, position: 0 });
        let opened = CaptureReader::from_reader(Path::new("b"), blocks, 0, Options::default());
        let mut reader = opened.unwrap();
        let (mut reads, mut before, mut events) = (0, 0, Vec::new());
        while !reader.done() {
            reader.read(1000, &mut events).unwrap();
            let now = reader.counts().bytes_read;
            assert!(now - before <= 66 * MIB, "one read went over {} bytes", now - before);
            (reads, before) = (reads + 1, now);
        }
        assert!(reads >= 3);
        assert_eq!((reader.counts().packets, reader.damage()), (packets, None));
        assert_eq!(before, section().len() as u64 + 200 * MIB);
    }
}

/// Blocks of deflate that hold nothing.
const EMPTY_DEFLATE: [u8; 5] = [0, 0, 0, 0xFF, 0xFF];
/// A frame of zstd without checksum and sizes, whose window is 1 KiB; its blocks follow.
const BEGIN_ZSTD: [u8; 6] = [0x28, 0xB5, 0x2F, 0xFD, 0, 0];
const LAST_ZSTD: [u8; 3] = [1, 0, 0];

/// A frame of zstd that is to be skipped, of this length.
fn skipped(length: u32) -> Vec<u8> {
    [&[0x50, 0x2A, 0x4D, 0x18][..], &length.to_le_bytes(), &vec![0; length as usize]].concat()
}

/// An empty member of gzip with a long comment.
fn commented() -> Vec<u8> {
    let comment = [&[b'a'; 60_000][..], &[0]].concat();
    [&[0x1F, 0x8B, 8, 0x10, 0, 0, 0, 0, 0, 3][..], &comment, &gzip(b"")[10..]].concat()
}

#[test]
fn a_read_ends_after_so_much_packed_content_that_gives_nothing() {
    let bytes = [section(), LITTLE.enhanced(0, 1, &tcp((3, 9), SERVER, ACK).frame())].concat();
    let frame = [&BEGIN_ZSTD[..], &LAST_ZSTD].concat();
    for (begin, block) in [
        (gzip(&bytes), vec![0; 1 << 20]),
        (zstd(&bytes), vec![0; 1 << 20]),
        (zstd(&bytes), skipped(1 << 20)),
        (zstd(&bytes), frame.repeat((1 << 20) / frame.len())),
        ([zstd(&bytes), BEGIN_ZSTD.to_vec()].concat(), vec![0; 3 << 18]),
        (gzip(&bytes), commented().repeat(16)),
        ([&gzip(&bytes)[..], &gzip(b"")[..10]].concat(), EMPTY_DEFLATE.repeat((1 << 20) / 5)),
    ] {
        let begin = io::Cursor::new(begin);
        let blocks = Box::new(Blocks { begin, block, left: 150, position: 0 });
        let opened = CaptureReader::from_reader(Path::new("b"), blocks, 0, Options::default());
        let mut reader = opened.unwrap();
        let (mut reads, mut before, mut events) = (0, 0, Vec::new());
        while !reader.done() {
            reader.read(1000, &mut events).unwrap();
            let now = reader.counts().bytes_read;
            assert!(now - before <= 66 * MIB, "one read went over {} bytes", now - before);
            (reads, before) = (reads + 1, now);
        }
        assert!(reads >= 2, "{reads} reads of {before} bytes");
        assert_eq!(reader.counts().packets, 1);
    }
}

/// Opens a folder; says how often it was asked whether to go on, and stops at this question.
fn asked(folder: &Folder, stop: usize) -> (usize, Result<CaptureReader, CaptureError>) {
    let mut asked = 0;
    let opened = CaptureReader::open_while(
        &inputs(std::slice::from_ref(&folder.0)),
        Options::default(),
        Choice::default(),
        &mut || {
            asked += 1;
            asked < stop
        },
    );
    (asked, opened)
}

#[test]
fn putting_files_in_order_can_be_stopped() {
    for kind in [0x7777, 0x0BAD] {
        let folder = Folder::new(&format!("stop-{kind}"));
        let packet = LITTLE.enhanced(0, 1, &tcp((3, 9), SERVER, ACK).frame());
        let blocks = gzip(&mib(kind, 1 << 20)).repeat(150);
        folder.write("a", &[gzip(&section()), blocks, gzip(&packet)].concat());
        let (times, opened) = asked(&folder, usize::MAX);
        assert!(times >= 2, "{times}");
        assert_eq!(drain(&mut opened.unwrap()).counts.tcp_packets, 1);
        let (times, opened) = asked(&folder, 1);
        assert!(matches!((times, opened), (1, Err(CaptureError::Stopped))));
    }
}

#[test]
fn packed_files_that_give_nothing_can_be_stopped() {
    let packet = LITTLE.enhanced(0, 1, &tcp((3, 9), SERVER, ACK).frame());
    for (name, begin, packed) in [
        // Nothing comes before the packet, or nothing behind it, where only a search for copies looks.
        ("zstd", skipped(0)[..4].to_vec(), zstd(&[section(), packet.clone()].concat())),
        ("gzip", gzip(&[section(), packet].concat()), vec![]),
    ] {
        let folder = Folder::new(&format!("stop-{name}"));
        let hole = 100 << 20;
        let begin = if name == "zstd" {
            [&begin[..], &(hole as u32).to_le_bytes()].concat()
        } else {
            begin
        };
        for file in ["a", "b"] {
            let path = folder.write(file, &begin);
            let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
            file.set_len(begin.len() as u64 + hole).unwrap();
            file.write_all(&packed).unwrap();
        }
        let (times, opened) = asked(&folder, usize::MAX);
        assert!(times >= 2, "{times}");
        let mut reader = opened.unwrap();
        assert_eq!((drain(&mut reader).counts.tcp_packets, reader.left_out().len()), (1, 1));
        for stop in [1, times] {
            let (asked, opened) = asked(&folder, stop);
            assert!(asked == stop && matches!(opened, Err(CaptureError::Stopped)), "{asked}");
        }
    }
}

#[test]
fn the_search_for_copies_can_be_stopped() {
    let folder = Folder::new("stop-copies");
    let packet = |port| LITTLE.enhanced(0, 1, &tcp((3, port), SERVER, ACK).frame());
    let begin = gzip(&[section(), packet(9)].concat());
    let blocks = gzip(&mib(0x7777, 1 << 20)).repeat(100);
    for (name, port) in [("a", 1), ("b", 2), ("c", 1)] {
        folder.write(name, &[begin.clone(), blocks.clone(), gzip(&packet(port))].concat());
    }
    // Three contents of 100 MiB are hashed, and two of them compared.
    let (times, opened) = asked(&folder, usize::MAX);
    assert!((7..=9).contains(&times), "{times}");
    let left_out = opened.unwrap().left_out().to_vec();
    assert_eq!(left_out.len(), 1);
    assert!(left_out[0].path.ends_with("c") && left_out[0].why.contains("/a, "), "{left_out:?}");
    for stop in [1, 7] {
        let (times, opened) = asked(&folder, stop);
        assert!(times == stop && matches!(opened, Err(CaptureError::Stopped)), "{times}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_became_a_pipe_is_not_waited_for() {
    let folder = Folder::new("became");
    let begin = folder.write("a", &at(100, &handshake()));
    let became = folder.write("b", &at(200, &conversation()));
    folder.write("c", &at(300, &conversation()));
    let mut reader = open_all(std::slice::from_ref(&folder.0)).unwrap();
    fs::remove_file(&became).unwrap();
    assert!(Command::new("mkfifo").arg(&became).status().unwrap().success());
    let (sender, outcome) = mpsc::channel();
    // In a thread, because a failure of this test is that it waits for ever.
    std::thread::spawn(move || {
        let outcome = drain(&mut reader);
        let files: Vec<_> = reader.files().cloned().collect();
        drop(sender.send((outcome, files)));
    });
    let (outcome, files) = outcome.recv_timeout(Duration::from_secs(60)).expect("it is read");
    assert_eq!(outcome.counts.packets, 3 + conversation().len() as u64);
    assert_eq!(files[0].path, begin);
    let damage = files[1].damage.as_ref().unwrap();
    assert_eq!(
        damage.text,
        "it cannot be opened: it is no regular file; it could be read a moment ago"
    );
    assert!(files[1].changed && files[2].damage.is_none());
}

#[test]
fn thousands_of_files_may_vanish_before_they_are_read() {
    let folder = Folder::new("vanish");
    let paths: Vec<_> = (0..3000_u32)
        .map(|number| folder.write(&format!("{number:04}"), &at(number, &handshake()[..1])))
        .collect();
    let mut reader = open_all(std::slice::from_ref(&folder.0)).unwrap();
    for path in &paths[1..2999] {
        fs::remove_file(path).unwrap();
    }
    // What is done for each of them does not stay on the stack.
    let read = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
        let outcome = drain(&mut reader);
        (outcome.counts.packets, reader.files().filter(|file| file.changed).count())
    });
    assert_eq!(read.unwrap().join().unwrap(), (2, 2998));
}
