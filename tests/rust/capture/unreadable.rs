//! What cannot be read at all is refused with a text that says what was found and what to do.

use std::io::Write as _;
use std::path::Path;

use flate2::write::GzEncoder;
use wsksim::capture::{CaptureError, CaptureReader, Choice, Input, Options};

use crate::build::{LITTLE, open};
use crate::sets::{Folder, open_all};

fn text(bytes: &[u8]) -> String {
    open(bytes, Options::default()).expect_err("this is no capture").to_string()
}

#[test]
fn a_missing_file_is_named() {
    let error = CaptureReader::open(Path::new("no/such.pcap"), Options::default()).unwrap_err();
    assert!(matches!(error, CaptureError::Open { .. }));
    assert!(
        error.to_string().starts_with("open capture no/such.pcap: asked to read a file; "),
        "{error}"
    );
}

#[test]
fn a_folder_without_captures_is_refused() {
    let error = CaptureReader::open(Path::new("benches"), Options::default()).unwrap_err();
    assert!(matches!(error, CaptureError::Folder { .. }));
    let wanted =
        "open captures benches: asked to read the captures of a folder; found none among its ";
    assert!(error.to_string().starts_with(wanted), "{error}");
    let folder = Folder::new("none");
    for entries in ["found that it is empty; ", "found that the one entry in it is none; "] {
        let error = open_all(std::slice::from_ref(&folder.0)).unwrap_err();
        assert!(error.to_string().contains(entries), "{error}");
        folder.write("a", b"hello");
    }
}

#[test]
fn the_standard_input_is_not_read_among_files() {
    for other in [Input::Stdin, Input::Path("Cargo.toml".into())] {
        let inputs = [Input::Stdin, other];
        let error = CaptureReader::open_all(&inputs, Options::default(), Choice::default());
        let wanted = "open captures -: asked to read it together with other files; found that it is the \
                      standard input, so its place in time cannot be known before it is read; read it alone";
        assert!(error.as_ref().unwrap_err().to_string().starts_with(wanted), "{error:?}");
    }
}

#[test]
fn an_empty_file_is_refused() {
    assert!(text(&[]).contains("the file is empty"));
}

#[test]
fn foreign_content_is_named_by_what_it_looks_like() {
    for (bytes, found) in [
        (
            &[0xFD, b'7', b'z', b'X', b'Z', 0][..],
            "it looks xz-compressed; decompress it first, such as with: unxz",
        ),
        (b"BZh91AY", "it looks bzip2-compressed; decompress it first, such as with: bunzip2"),
        (
            b"PK\x03\x04",
            "it is a zip archive; unpack it, such as with: unzip FILE, and name what is in it",
        ),
        (b"7z\xBC\xAF\x27\x1C", "it is a 7z archive; unpack it, such as with: 7z x FILE"),
        (b"Rar!\x1A\x07\x01\0", "it is a rar archive; unpack it, such as with: unrar x FILE"),
        (b"MSCF\0\0\0\0", "it is a cabinet (.cab); unpack it, such as with: cabextract FILE"),
        (&tar(), "it is a tar archive; unpack it, such as with: tar -xf FILE, and name the folder"),
        (b"snoop\0\0\0", "it is a snoop capture; convert it with: editcap FILE out.pcapng"),
        (b"GMBU", "it is a Network Monitor 2 capture; convert it with: editcap"),
        (b"RTSS", "it is a Network Monitor 1 capture; convert it with: editcap"),
        (&trace(2), "it is a Windows event trace (.etl); convert it with: etl2pcapng FILE"),
        (&trace(1), "or: pktmon etl2pcap FILE --out out.pcapng"),
        (&erf(), "it looks like an ERF capture of a DAG card; convert it with: editcap"),
        (&[erf(), erf()].concat(), "it looks like an ERF capture"),
        // Text, and a first record behind which no other one stands.
        (b"captured by me on Monday\n", "the file begins with 63 61 70 74; "),
        (b"{\"file\":\"a.pcap\",\"packet\":1}\n", "the file begins with 7B 22 66 69; "),
        ("für später: mä0öäü\n".as_bytes(), "it is no capture that is known"),
        (&[erf(), vec![7; 80]].concat(), "it is no capture that is known"),
        (&[0x34, 0xCD, 0xB2, 0xA1], "modified (patched) pcap; convert it"),
        (
            b"hello, world",
            "found that it is no capture that is known: the file begins with 68 65 6C 6C; record with",
        ),
        (b"P", "no capture that is known: the file begins with 50; "),
        (&[0xD4, 0xC3], "the file begins with D4 C3; "),
    ] {
        let text = text(bytes);
        assert!(text.contains(found), "{text}");
        assert!(text.starts_with("open capture built: asked to read pcap or pcapng; "), "{text}");
    }
}

/// The header of the first file in an archive.
fn tar() -> Vec<u8> {
    let mut bytes = b"captures/a.pcap".to_vec();
    bytes.resize(257, 0);
    bytes.extend(b"ustar\x0000");
    bytes.resize(512, 0);
    bytes
}

/// The first buffer of an event trace, of 32 (1) or 64 (2) bits.
fn trace(kind: u8) -> Vec<u8> {
    let mut bytes = 0x1_0000_u32.to_le_bytes().to_vec();
    bytes.resize(0x48, 0);
    bytes.extend([2, 0, kind, 0xC0]);
    bytes.resize(0x100, 7);
    bytes
}

/// An Ethernet record of ERF from 2026.
fn erf() -> Vec<u8> {
    let mut bytes = (1_790_000_000_u64 << 32).to_le_bytes().to_vec();
    bytes.extend([2, 4, 0, 80, 0, 0, 0, 60]);
    bytes.resize(80, 0);
    bytes
}

#[test]
fn a_name_helps_where_content_says_nothing() {
    for (name, found) in [
        ("a.ETL", "by its name it is a Windows event trace; convert it with: etl2pcapng"),
        ("a.erf", "by its name it is an ERF capture; convert it with: editcap"),
        ("a.pcap", "it is no capture that is known"),
    ] {
        let source = Box::new(std::io::Cursor::new(vec![1; 40]));
        let error = CaptureReader::from_reader(Path::new(name), source, 40, Options::default());
        let text = error.unwrap_err().to_string();
        assert!(text.contains(found), "{text}");
    }
    // A capture is one, whatever it is called.
    let bytes = LITTLE.pcap_header(1);
    let source = Box::new(std::io::Cursor::new(bytes));
    assert!(CaptureReader::from_reader(Path::new("a.etl"), source, 24, Options::default()).is_ok());
}

#[test]
fn a_compressed_capture_in_another_compression_is_named() {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&[0x1F, 0x8B, 8, 0, 0, 0]).unwrap();
    let text = text(&encoder.finish().unwrap());
    assert!(
        text.contains("begins with 1F 8B 08 00: it is gzip inside of gzip; decompress"),
        "{text}"
    );
}

#[test]
fn a_cut_header_is_refused() {
    for (header, format) in [(LITTLE.pcap_header(1), "pcap"), (LITTLE.section(), "pcapng")] {
        for length in 4..header.len() {
            let error = open(&header[..length], Options::default()).unwrap_err();
            assert!(matches!(error, CaptureError::Header { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains(&format!("asked to read {format};")), "{text}");
            assert!(text.contains(&format!("the file ends after {length}")), "{text}");
        }
    }
}

#[test]
fn a_header_that_contradicts_itself_is_refused() {
    let mut pcap = LITTLE.pcap_header(1);
    pcap[4] = 3;
    assert!(text(&pcap).contains("its version is 3.4, only 2.x is known"));
    let mut section = LITTLE.section();
    section[12] = 2;
    assert!(text(&section).contains("a section has version 2.0, only 1.x is known"));
    section[8] = 0;
    assert!(text(&section).contains("byte-order magic 0x1A2B3C00"));
}

#[test]
fn an_unsupported_link_type_is_named_with_the_supported_ones() {
    let error = open(&LITTLE.pcap_header(148), Options::default()).unwrap_err();
    assert!(matches!(error, CaptureError::LinkType { number: 148, .. }));
    let text = error.to_string();
    assert!(text.contains(
        "its link type is 148 (private); record on an interface with one of 0 (null), 1 (Ethernet), "
    ));
}

#[test]
fn a_pcapng_of_unsupported_link_types_alone_is_named_at_its_end_and_again() {
    let interfaces = [LITTLE.interface(147, 0, &[]), LITTLE.interface(148, 0, &[])].concat();
    let packets = [LITTLE.enhanced(1, 1, b"packet"), LITTLE.enhanced(0, 1, b"packet")].concat();
    let bytes = [LITTLE.section(), interfaces, packets].concat();
    let mut reader = open(&bytes, Options::default()).unwrap();
    for _ in 0..2 {
        let error = reader.read(10, &mut Vec::new()).unwrap_err();
        let wanted = "open capture built: asked to read pcapng; found that all its packets have \
                      link type 147 (private), 148 (private); record on an interface with one of 0 (null), ";
        assert!(error.to_string().starts_with(wanted), "{error}");
    }
    assert!(reader.done());
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_shown_byte_by_byte() {
    use std::os::unix::ffi::OsStrExt as _;
    let path = Path::new(std::ffi::OsStr::from_bytes(b"no/\xFF\xFE.pcap"));
    let error = CaptureReader::open(path, Options::default()).unwrap_err().to_string();
    assert!(error.starts_with(r"open capture no/\xff\xfe.pcap: asked to read a file; found "));
}
