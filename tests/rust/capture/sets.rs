//! Several files and folders as one capture, and pipes that let their reader wait.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use wsksim::capture::{
    CaptureError, CaptureReader, Choice, FileSummary, Filter, Input, Meaning, Options, Tunnels,
};
use wsksim::source::Event;

use crate::build::{
    ACK, CLIENT, CONVERSATION, FIN, LITTLE, SERVER, Tcp, conversation, drain, frames, gzip,
    handshake, open, pcap, read, tcp, words, zstd,
};

/// A folder that is gone when the test ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wsksim-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A capture whose packets are a second apart, the first one at this second.
pub(crate) fn at(second: u32, segments: &[Tcp]) -> Vec<u8> {
    let mut bytes = LITTLE.pcap_header(1);
    for (later, segment) in segments.iter().enumerate() {
        bytes.extend(LITTLE.pcap_record(second + later as u32, 0, &segment.frame()));
    }
    bytes
}

pub(crate) fn inputs(paths: &[PathBuf]) -> Vec<Input> {
    paths.iter().cloned().map(Input::Path).collect()
}

pub(crate) fn open_all(paths: &[PathBuf]) -> Result<CaptureReader, CaptureError> {
    CaptureReader::open_all(&inputs(paths), Options::default(), Choice::default())
}

/// The events of all files, each with the name of its file.
fn told(reader: &mut CaptureReader) -> Vec<String> {
    let mut told = Vec::new();
    while !reader.done() {
        let mut events = Vec::new();
        reader.read(1000, &mut events).unwrap();
        for (place, event) in events.into_iter().enumerate() {
            let (word, packet) = match event {
                Event::Open { packet, .. } => ("open", packet),
                Event::Edge { packet, abortive, .. } => {
                    (if abortive { "rst" } else { "fin" }, packet)
                }
                Event::Close { packet, .. } => ("close", packet),
            };
            let &(_, file) = reader.marks().iter().rfind(|(from, _)| *from <= place).unwrap();
            let path = &reader.files().nth(file).unwrap().path;
            told.push(format!("{word} {}:{packet}", path.file_name().unwrap().to_str().unwrap()));
        }
    }
    told
}

#[test]
fn a_connection_may_span_files_which_are_read_by_their_first_packets() {
    let folder = Folder::new("span");
    let segments = conversation();
    // Their names are in the wrong order.
    let paths = [
        folder.write("c", &at(100, &segments[..1])),
        folder.write("a", &at(200, &segments[1..3])),
        folder.write("b", &at(300, &segments[3..])),
    ];
    let wanted = ["open a:2", "fin b:1", "rst b:2"];
    for order in [vec![0, 1, 2], vec![2, 1, 0], vec![1, 0, 2]] {
        let paths: Vec<_> = order.iter().map(|&at| paths[at].clone()).collect();
        assert_eq!(told(&mut open_all(&paths).unwrap()), wanted);
    }
    let mut reader = open_all(std::slice::from_ref(&folder.0)).unwrap();
    assert_eq!(told(&mut reader), wanted);
    let packets: Vec<_> = reader.files().map(|file| file.counts.packets).collect();
    assert_eq!(packets, [1, 2, 2]);
    let counts = reader.counts();
    assert_eq!((counts.packets, counts.flows, counts.established), (5, 1, 1));
    assert_eq!((counts.bytes_read, counts.bytes_total), (24 * 3 + 70 * 5, 24 * 3 + 70 * 5));
}

#[test]
fn what_is_no_capture_in_a_folder_is_left_out_and_elsewhere_refused() {
    let folder = Folder::new("mixed");
    folder.write("a.pcap", &at(100, &conversation()));
    let notes = folder.write("notes.txt", b"recorded on Monday");
    let empty = folder.write("empty.pcap", b"");
    folder.write("header.pcap", &LITTLE.pcap_header(1)[..20]);
    folder.write("usb.pcap", &LITTLE.pcap_header(189));
    fs::create_dir(folder.0.join("more")).unwrap();
    let mut reader = open_all(std::slice::from_ref(&folder.0)).unwrap();
    assert_eq!(words(&drain(&mut reader)), CONVERSATION);
    let left_out: Vec<_> = reader
        .left_out()
        .iter()
        .map(|file| (file.path.file_name().unwrap().to_str().unwrap(), file.why.as_str()))
        .collect();
    let names: Vec<_> = left_out.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["more", "empty.pcap", "header.pcap", "notes.txt", "usb.pcap"]);
    assert!(left_out[4].1.contains("189 (USB by Linux, short header)"), "{left_out:?}");
    for wrong in [notes, empty] {
        let error = open_all(&[folder.0.join("a.pcap"), wrong.clone()]).unwrap_err();
        assert!(error.to_string().contains(wrong.to_str().unwrap()), "{error}");
    }
    let bare = Folder::new("bare");
    bare.write("notes.txt", b"nothing here");
    let error = open_all(std::slice::from_ref(&bare.0)).unwrap_err();
    assert!(matches!(error, CaptureError::Folder { files: 1, .. }), "{error}");
}

#[test]
fn a_file_that_is_there_twice_is_read_once() {
    let folder = Folder::new("twice");
    let path = folder.write("a", &at(100, &conversation()));
    let copy = folder.write("b", &at(100, &conversation()));
    // As long, and from the same time, but another connection.
    let other = conversation().into_iter().map(|segment| {
        let other = |end: (u8, u16)| if end == CLIENT { (3, 9) } else { end };
        Tcp { from: other(segment.from), to: other(segment.to), ..segment }
    });
    let other = folder.write("c", &at(100, &other.collect::<Vec<_>>()));
    let mut reader = open_all(&[path.clone(), copy, path.clone(), other]).unwrap();
    let wanted = ["open a:3", "fin a:4", "rst a:5", "open c:3", "fin c:4", "rst c:5"];
    assert_eq!(told(&mut reader), wanted);
    let whys: Vec<_> = reader.left_out().iter().map(|file| file.why.clone()).collect();
    assert_eq!(whys, vec![format!("it is the same as {}, which is read", path.display()); 2]);
}

#[test]
fn a_packed_copy_is_the_same_file() {
    let folder = Folder::new("packed");
    let bytes = at(100, &conversation());
    let whole = folder.write("a", &bytes);
    folder.write("b", &gzip(&bytes));
    folder.write("c", &zstd(&bytes));
    // It begins like the others, and has more.
    let more = [bytes.clone(), LITTLE.pcap_record(200, 0, &tcp((9, 9), SERVER, ACK).frame())];
    folder.write("d", &gzip(&more.concat()));
    // What cannot be unpacked is nobody's copy.
    let packed = gzip(&bytes);
    folder.write("e", &packed[..packed.len() - 3]);
    let mut reader = open_all(std::slice::from_ref(&folder.0)).unwrap();
    drain(&mut reader);
    let read = reader.paths().map(|path| path.file_name().unwrap().to_str().unwrap());
    assert_eq!(read.collect::<Vec<_>>(), ["a", "d", "e"]);
    let whys: Vec<_> = reader.left_out().iter().map(|file| file.why.clone()).collect();
    assert_eq!(whys, vec![format!("it is the same as {}, which is read", whole.display()); 2]);
}

fn summaries(reader: &CaptureReader) -> Vec<&FileSummary> {
    reader.files().collect()
}

#[test]
fn files_that_overlap_in_time_are_named() {
    let folder = Folder::new("overlap");
    let one = folder.write("a", &at(100, &conversation()));
    let two = folder.write("b", &at(103, &[tcp((3, 1), SERVER, ACK)]));
    let three = folder.write("c", &at(104, &[tcp((4, 1), SERVER, ACK)]));
    let mut reader = open_all(&[three, two, one.clone()]).unwrap();
    drain(&mut reader);
    let overlaps: Vec<_> = summaries(&reader).iter().map(|file| file.overlaps.clone()).collect();
    assert_eq!(overlaps, [None, Some(one), None]);
}

#[test]
fn damage_of_one_file_does_not_end_the_others() {
    let folder = Folder::new("damage");
    let mut cut = at(100, &conversation());
    cut.truncate(cut.len() - 7);
    let paths = [folder.write("a", &cut), folder.write("b", &at(200, &[tcp(CLIENT, SERVER, ACK)]))];
    let mut reader = open_all(&paths).unwrap();
    assert_eq!(told(&mut reader), ["open a:3", "fin a:4"]);
    let damaged: Vec<_> = summaries(&reader).iter().map(|file| file.damage.is_some()).collect();
    assert_eq!(damaged, [true, false]);
    assert_eq!(reader.damage().map(|damage| damage.offset), Some(24 + 4 * 70));
    assert_eq!(reader.counts().packets, 5);
}

#[test]
fn a_file_that_changes_or_goes_while_it_is_read_is_told() {
    let folder = Folder::new("changes");
    let paths = [
        folder.write("a", &at(100, &conversation())),
        folder.write("b", &at(200, &conversation())),
        folder.write("c", &at(300, &[tcp((9, 9), SERVER, ACK)])),
    ];
    let mut reader = open_all(&paths).unwrap();
    fs::remove_file(&paths[1]).unwrap();
    let mut grown = fs::OpenOptions::new().append(true).open(&paths[0]).unwrap();
    grown.write_all(&LITTLE.pcap_record(106, 0, &tcp((9, 9), SERVER, ACK).frame())).unwrap();
    let outcome = drain(&mut reader);
    assert_eq!(words(&outcome), CONVERSATION);
    assert_eq!(outcome.counts.packets, 7, "what was added is read");
    let files = summaries(&reader);
    assert_eq!(files.iter().map(|file| file.changed).collect::<Vec<_>>(), [true, true, false]);
    let damage = files[1].damage.as_ref().unwrap();
    let wanted = "it cannot be opened: No such file or directory";
    assert!(damage.text.starts_with(wanted) && !damage.text.contains("asked"), "{}", damage.text);
    // One that is truncated meanwhile ends where it ends now.
    let mut reader = open_all(&paths[..1]).unwrap();
    fs::OpenOptions::new().write(true).open(&paths[0]).unwrap().set_len(50).unwrap();
    let outcome = drain(&mut reader);
    assert!(outcome.damage.is_none() || outcome.counts.packets <= 6);
    assert!(summaries(&reader)[0].changed);
}

#[cfg(unix)]
#[test]
fn a_pipe_tells_what_is_known_before_more_comes() {
    let folder = Folder::new("pipe");
    let path = folder.0.join("pipe");
    let made = Command::new("mkfifo").arg(&path).stdin(Stdio::null()).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: there is no mkfifo");
        return;
    }
    // Opening does not wait for a writer, and reading without one gives nothing and does not end.
    let mut reader = open_all(std::slice::from_ref(&path)).unwrap();
    let mut events = Vec::new();
    reader.read(1000, &mut events).unwrap();
    assert!(events.is_empty() && !reader.done());
    let mut writer = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let wait = |reader: &mut CaptureReader| {
        let mut events = Vec::new();
        while events.is_empty() && !reader.done() {
            reader.read(1000, &mut events).unwrap();
        }
        events.len()
    };
    let [a, b, c, d, e] = &frames(&conversation())[..] else { panic!("five packets") };
    // Blocks in the middle of which the writer pauses: one that is read, and one that is passed.
    let unknown = LITTLE.block(0x0BAD_CAFE, &[7; 3000]);
    let parts = [
        [LITTLE.section(), LITTLE.interface(1, 0, &[]), LITTLE.enhanced(0, 1, a)].concat(),
        [LITTLE.enhanced(0, 2, b), LITTLE.enhanced(0, 3, c), unknown[..1000].to_vec()].concat(),
        [
            unknown[1000..].to_vec(),
            LITTLE.enhanced(0, 4, d),
            LITTLE.enhanced(0, 5, e)[..40].to_vec(),
        ]
        .concat(),
        LITTLE.enhanced(0, 5, e)[40..].to_vec(),
    ];
    writer.write_all(&parts[0][..10]).unwrap();
    reader.read(1000, &mut events).unwrap();
    writer.write_all(&parts[0][10..]).unwrap();
    for part in &parts[1..] {
        writer.write_all(part).unwrap();
        assert_eq!(wait(&mut reader), 1);
        reader.read(1000, &mut events).unwrap();
        assert!(events.is_empty() && !reader.done());
    }
    drop(writer);
    assert_eq!(wait(&mut reader), 0);
    assert_eq!((reader.counts().packets, reader.damage()), (5, None));
    let error = open_all(&[path, folder.write("a", &at(1, &handshake()))]).unwrap_err();
    assert!(matches!(error, CaptureError::Pipe { .. }), "{error}");
}

#[test]
fn a_filter_admits_by_host_and_port() {
    let other = |segment: &Tcp| {
        let other = |end: (u8, u16)| if end == SERVER { (7, 443) } else { end };
        Tcp { from: other(segment.from), to: other(segment.to), ..*segment }
    };
    let segments: Vec<_> =
        conversation().iter().flat_map(|segment| [*segment, other(segment)]).collect();
    let mut bytes = pcap(&frames(&segments));
    for segment in &segments {
        let six = crate::build::ethernet(0x86DD, &segment.ipv6());
        bytes.extend(LITTLE.pcap_record(99, 0, &six));
    }
    let folder = Folder::new("filter");
    let path = folder.write("a", &bytes);
    for (parts, admitted) in [
        (vec![], 20),
        (vec!["port=80"], 10),
        (vec!["port=40000"], 20),
        (vec!["port=80", "port=443"], 20),
        (vec!["host=10.0.0.7"], 5),
        (vec!["host=::ffff:10.0.0.7"], 5),
        (vec!["host=::ffff:10.0.0.0/120"], 10),
        (vec!["host=fd00::7"], 5),
        (vec!["host=10.0.0.7", "host=fd00::7"], 10),
        (vec!["host=10.0.0.1", "port=443"], 5),
        (vec!["host=10.0.0.0/24"], 10),
        (vec!["host=fd00::/16", "port=443"], 5),
        (vec!["host=0.0.0.0/0"], 10),
        (vec!["host=10.0.0.9"], 0),
    ] {
        let filter = Filter::read(parts.iter().copied()).unwrap();
        assert_eq!(filter.is_some(), !parts.is_empty());
        let choice = Choice { filter, ..Choice::default() };
        let mut reader = CaptureReader::open_all(
            &inputs(std::slice::from_ref(&path)),
            Options::default(),
            choice,
        )
        .unwrap();
        let counts = drain(&mut reader).counts;
        assert_eq!(counts.tcp_packets, admitted, "{parts:?}");
        assert_eq!(counts.established, admitted / 5, "{parts:?}");
    }
    // What closed tunnels would give is chosen too.
    let tunnel = |segment: &Tcp| crate::wrap::TUNNELS[0].1(&segment.ipv4());
    let tunnelled: Vec<_> = segments.iter().map(tunnel).collect();
    let path = folder.write("b", &crate::build::pcap_with_link(101, &tunnelled));
    let choice = Choice { filter: Filter::read(["port=80"]).unwrap(), ..Choice::default() };
    let options = Options { tunnels: Tunnels::Off, ..Options::default() };
    let mut reader =
        CaptureReader::open_all(&inputs(std::slice::from_ref(&path)), options, choice).unwrap();
    drain(&mut reader);
    assert_eq!(reader.missed_tunnels(), (1, 2));
    for wrong in [
        "",
        "80",
        "port",
        "port=",
        "port=65536",
        "port=0",
        "host=",
        "host=localhost",
        "host=1.2.3.4/33",
        "host=::/129",
        "proto=tcp",
    ] {
        let error = Filter::read([wrong]).unwrap_err().to_string();
        assert!(error.contains(&format!("found {wrong:?};")), "{error}");
    }
}

#[test]
fn an_explanation_names_a_rule_for_what_each_packet_meant() {
    let stray = tcp((9, 9), SERVER, FIN | ACK);
    let again = conversation().into_iter().map(|segment| segment.sequence(77));
    let segments: Vec<_> = [stray].into_iter().chain(conversation()).chain(again).collect();
    let folder = Folder::new("explain");
    let path = folder.write("a", &at(1, &segments));
    let explained = |flow| {
        let choice = Choice { explain: Some(flow), ..Choice::default() };
        let mut reader = CaptureReader::open_all(
            &inputs(std::slice::from_ref(&path)),
            Options::default(),
            choice,
        )
        .unwrap();
        drain(&mut reader);
        assert_eq!(reader.numbered_flows(), 3);
        reader.take_lines()
    };
    let rules = |flow| {
        let lines = explained(flow).into_iter();
        let rules = |meaning: Meaning| meaning.rules().map(|(rule, _)| rule).collect::<Vec<_>>();
        lines.map(|line| (line.packet, rules(line.meaning))).collect::<Vec<_>>()
    };
    let one = |packet: u64, rule: u8| (packet, vec![Some(rule)]);
    assert_eq!(rules(0), [one(1, 8)]);
    assert_eq!(rules(1), [one(2, 1), one(3, 2), one(4, 2), one(5, 4), one(6, 5), one(7, 7)]);
    let begins = (7, vec![Some(1), Some(7)]);
    assert_eq!(rules(2), [begins, one(8, 2), one(9, 2), one(10, 4), one(11, 5)]);
    assert_eq!(rules(3), []);
    let senders: Vec<_> = explained(1).iter().map(|line| line.from_client).collect();
    assert_eq!(senders[..3], [Some(true), Some(false), Some(true)]);
    assert_eq!(explained(0)[0].from_client, None);
}

#[test]
fn an_explanation_says_what_a_fin_on_a_syn_and_data_are() {
    let mut segments = conversation();
    segments[0].flags |= FIN;
    segments.insert(3, tcp(CLIENT, SERVER, ACK));
    let folder = Folder::new("words");
    let path = folder.write("a", &at(1, &segments));
    let choice = Choice { explain: Some(0), ..Choice::default() };
    let mut reader = CaptureReader::open_all(&inputs(&[path]), Options::default(), choice).unwrap();
    drain(&mut reader);
    let lines = reader.take_lines();
    let said: Vec<_> = lines[0].meaning.rules().collect();
    assert_eq!(
        (said[0].0, said[1]),
        (Some(1), (Some(1), "the FIN on this SYN counts for nothing"))
    );
    let said: Vec<_> = lines[3].meaning.rules().collect();
    let data = "data or an acknowledgment: it neither opens nor ends the connection";
    assert_eq!(said, [(None, data)]);
}

#[test]
fn one_file_alone_is_read_as_before() {
    let bytes = at(1, &conversation());
    let outcome = read(&bytes);
    let reader = open(&bytes, Options::default()).unwrap();
    assert_eq!(reader.paths().collect::<Vec<_>>(), [Path::new("built")]);
    assert_eq!(outcome.counts.bytes_total, bytes.len() as u64);
}
