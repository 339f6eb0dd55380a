//! Compressed captures: recognised by content, read like bare ones, and damaged or endless ones end in order.

use std::io::{self, Cursor, Read};
use std::path::Path;

use wsksim::capture::{CaptureError, CaptureReader, Choice, Compression, Input, Options};

use crate::build::{Outcome, conversation, drain, frames, gzip, open, pcap, read, zstd};

type Packer = fn(&[u8]) -> Vec<u8>;

const PACKERS: [(Compression, Packer); 2] = [(Compression::Gzip, gzip), (Compression::Zstd, zstd)];

fn real(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/captures");
    std::fs::read(folder.join(name)).unwrap()
}

/// All but the numbers of bytes, which are those of the packed file.
fn content(mut outcome: Outcome) -> Outcome {
    (outcome.counts.bytes_read, outcome.counts.bytes_total) = (0, 0);
    outcome
}

#[test]
fn a_packed_capture_gives_what_it_gives_bare() {
    for name in ["mixed_v4.pcapng", "mixed_v6.pcap"] {
        let bytes = real(name);
        let bare = content(read(&bytes));
        for (compression, pack) in PACKERS {
            let (first, second) = bytes.split_at(bytes.len() / 2);
            // One frame, two frames, and for zstd one that is to be skipped between them.
            let skipped = [&[0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
            let between = if compression == Compression::Zstd { skipped } else { vec![] };
            for packed in [pack(&bytes), [pack(first), between, pack(second)].concat()] {
                let mut reader = open(&packed, Options::default()).unwrap();
                let outcome = drain(&mut reader);
                assert_eq!(outcome.counts.bytes_read, packed.len() as u64, "{name}");
                assert_eq!(content(outcome), bare, "{name} in {compression:?}");
                let file = reader.files().next().unwrap();
                assert_eq!(file.compression, compression);
            }
        }
    }
}

#[test]
fn a_packed_capture_that_is_cut_or_damaged_gives_what_stands_before() {
    let bytes = real("web_keepalive.pcap");
    let bare = read(&bytes);
    for (compression, pack) in PACKERS {
        let packed = pack(&bytes);
        for length in [packed.len() / 2, packed.len() - 1] {
            let outcome = read(&packed[..length]);
            let damage = outcome.damage.unwrap();
            assert!(damage.text.contains(compression.name().unwrap()), "{}", damage.text);
            assert!(damage.offset <= bytes.len() as u64);
            assert_eq!(outcome.events, bare.events[..outcome.events.len()]);
        }
        let mut wrong = packed.clone();
        *wrong.last_mut().unwrap() ^= 1;
        // Both end with a checksum, or its number of bytes; ruzstd writes one too.
        let damage = read(&wrong).damage.expect("the checksum does not fit");
        assert!(damage.text.contains("cannot be unpacked"), "{}", damage.text);
    }
}

#[test]
fn what_stands_behind_packed_data_is_told_and_padding_is_not() {
    let bytes = real("web_keepalive.pcap");
    let bare = content(read(&bytes));
    for (compression, pack) in PACKERS {
        let packed = pack(&bytes);
        let behind = |more: &[u8]| content(read(&[&packed[..], more].concat()));
        for padding in [1, 3, 4, 512, 20_000] {
            assert_eq!(behind(&vec![0; padding]), bare, "{compression:?}, {padding} zeros");
        }
        for (more, hex) in [
            (&b"what is this"[..], "77 68 61 74"),
            (b"w", "77"),
            (&[&[0; 9000][..], b"x"].concat(), "00 00 00 00"),
        ] {
            let outcome = behind(more);
            let damage = outcome.damage.unwrap();
            let wanted = format!(
                "behind the {} data, at byte {} of the file, stand other bytes: {hex}; what was packed before",
                compression.name().unwrap(),
                packed.len()
            );
            let said = damage.text.replace(',', "");
            assert!(said.starts_with(&wanted.replace(',', "")), "{}", damage.text);
            assert_eq!(damage.offset, bytes.len() as u64);
            assert_eq!(outcome.events, bare.events);
        }
    }
}

#[test]
fn a_window_that_is_too_large_says_what_helps_and_no_limit_of_ours_does() {
    // A frame of one empty block whose window is 256 MiB.
    let frame = [0x28, 0xB5, 0x2F, 0xFD, 0, 0x90, 1, 0, 0];
    let first = open(&frame, Options::default()).unwrap_err();
    assert!(matches!(first, CaptureError::Packed { .. }));
    let later = read(&[zstd(&real("mixed_v6.pcap")), frame.to_vec()].concat()).damage.unwrap();
    for text in [first.to_string(), later.text] {
        assert!(
            text.contains("a window of 268,435,456 bytes, more than the limit of 134,2"),
            "{text}"
        );
        assert!(text.contains("which --unpack-limit does not raise; unpack it first, "), "{text}");
        assert!(!text.contains("raise --unpack-limit") && !text.contains("trusted"), "{text}");
    }
    // The limit that does help is never told together with what contradicts it.
    let choice = Choice { unpack_limit: 1, ..Choice::default() };
    let path = std::env::temp_dir().join(format!("wsksim-limit-{}", std::process::id()));
    std::fs::write(&path, gzip(&real("mixed_v6.pcap"))).unwrap();
    let inputs = [Input::Path(path.clone())];
    let error = CaptureReader::open_all(&inputs, Options::default(), choice).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert!(error.to_string().ends_with("if that is right, raise --unpack-limit"), "{error}");
}

#[test]
fn what_is_packed_and_no_capture_is_refused() {
    for (_, pack) in PACKERS {
        let error = open(&pack(b"hello, world"), Options::default()).unwrap_err();
        assert!(error.to_string().contains("begins with 68 65 6C 6C"), "{error}");
        let error = open(&pack(&[]), Options::default()).unwrap_err();
        assert!(matches!(error, CaptureError::Empty { .. }), "{error}");
        let error = open(&pack(&pcap(&[]))[..6], Options::default()).unwrap_err();
        assert!(matches!(error, CaptureError::Packed { .. }), "{error}");
    }
}

/// Is interrupted by a signal before each read.
struct Interrupted(Cursor<Vec<u8>>, bool);

impl Read for Interrupted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = buffer.len().min(1000);
        self.0.read(&mut buffer[..most])
    }
}

#[test]
fn a_signal_is_no_damage() {
    let bytes = real("mixed_v6.pcap");
    for packed in [bytes.clone(), gzip(&bytes), zstd(&bytes)] {
        let source = Box::new(Interrupted(Cursor::new(packed), false));
        let reader = CaptureReader::from_reader(Path::new("pipe"), source, 0, Options::default());
        assert_eq!(content(drain(&mut reader.unwrap())), content(read(&bytes)));
    }
}

#[test]
fn a_bomb_ends_at_the_limit_which_can_be_raised() {
    // 64 MiB of empty records, in a thousandth of that.
    let mut bytes = pcap(&frames(&conversation()));
    let start = bytes.len() as u64;
    let empty = 4 << 20;
    bytes.resize(bytes.len() + 16 * empty, 0);
    let folder = std::env::temp_dir().join(format!("wsksim-bomb-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (_, pack) in PACKERS {
        let path = folder.join("bomb");
        std::fs::write(&path, pack(&bytes)).unwrap();
        let read = |unpack_limit| {
            let choice = Choice { unpack_limit, ..Choice::default() };
            let inputs = [Input::Path(path.clone())];
            let mut reader = CaptureReader::open_all(&inputs, Options::default(), choice).unwrap();
            drain(&mut reader)
        };
        let outcome = read(1 << 20);
        let damage = outcome.damage.expect("it is more than a mebibyte");
        assert!(damage.text.contains("more than the limit of 1,048,576 bytes"), "{}", damage.text);
        assert!(damage.text.contains("raise --unpack-limit"), "{}", damage.text);
        assert!((start..=1 << 20).contains(&damage.offset), "{}", damage.offset);
        assert_eq!(outcome.events.len(), 3);
        for enough in [bytes.len() as u64, u64::MAX] {
            let outcome = read(enough);
            assert_eq!(outcome.damage, None);
            assert_eq!(outcome.counts.packets, 5 + empty as u64);
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
