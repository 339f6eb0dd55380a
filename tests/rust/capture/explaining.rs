//! Explanations: what is said of each packet of a flow agrees with itself, and a stream of any length has its bounds.

use wsksim::capture::{CaptureReader, Choice, Line, Options};

use crate::build::{ACK, CLIENT, FIN, SERVER, SYN, Tcp, conversation, drain, tcp};
use crate::sets::{Folder, at, inputs};

fn explained(
    name: &str,
    segments: &[Tcp],
    flow: u64,
    midstream: bool,
) -> (Vec<Line>, CaptureReader) {
    let folder = Folder::new(name);
    let path = folder.write("a", &at(1, segments));
    let choice = Choice { explain: Some(flow), ..Choice::default() };
    let options = Options { midstream, ..Options::default() };
    let mut reader = CaptureReader::open_all(&inputs(&[path]), options, choice).unwrap();
    drain(&mut reader);
    (reader.take_lines(), reader)
}

fn said(line: &Line) -> Vec<(Option<u8>, &'static str)> {
    line.meaning.rules().collect()
}

#[test]
fn a_packet_that_means_something_is_not_called_plain_data() {
    let late = [tcp(CLIENT, SERVER, FIN | ACK), tcp(SERVER, CLIENT, ACK)];
    for (segments, midstream) in [
        (vec![tcp(SERVER, CLIENT, ACK), tcp(CLIENT, SERVER, FIN | ACK)], true),
        ([tcp(CLIENT, SERVER, SYN)].into_iter().chain(late).collect(), false),
        (conversation(), false),
    ] {
        let (lines, _) = explained("plain", &segments, 0, midstream);
        assert_eq!(lines.len(), segments.len());
        for line in &lines {
            let said = said(line);
            let plain = said.iter().filter(|(rule, _)| rule.is_none()).count();
            assert!(plain == 0 || said.len() == 1, "{said:?}");
        }
    }
}

#[test]
fn a_first_packet_is_no_repetition() {
    let segments = [tcp(SERVER, CLIENT, SYN | ACK), tcp(SERVER, CLIENT, FIN | ACK)];
    let (lines, _) = explained("first", &segments, 0, true);
    let rules: Vec<_> = said(&lines[0]).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, [Some(8)]);
}

#[test]
fn a_late_syn_of_a_joined_flow_is_no_repetition_the_first_time() {
    let answer = tcp(SERVER, CLIENT, SYN | ACK).acknowledging(1001);
    let syn = tcp(CLIENT, SERVER, SYN);
    let (lines, _) = explained("late", &[answer, syn, syn], 0, true);
    let rules = |line| said(line).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>();
    assert_eq!(lines.iter().map(rules).collect::<Vec<_>>(), [[Some(8)], [Some(8)], [Some(6)]]);
    assert_eq!(lines[1].from_client, Some(true));
    // One that begins with its SYN has no other one to come.
    let (lines, _) = explained("usual", &[syn, answer, syn], 0, true);
    assert_eq!(lines.iter().map(rules).collect::<Vec<_>>(), [[Some(1)], [Some(2)], [Some(6)]]);
}

#[test]
fn flows_beyond_a_million_have_no_number() {
    const NUMBERED: u64 = 1 << 20;
    let stray = |place: u64| {
        let (host, port) = ((place >> 16) as u8, place as u16);
        tcp((host, port), SERVER, ACK)
    };
    let segments: Vec<_> = (0..NUMBERED + 2).map(stray).collect();
    for (wanted, lines) in [(NUMBERED - 1, 1), (NUMBERED, 0)] {
        let (found, mut reader) = explained("many", &segments, wanted, false);
        assert_eq!(found.len(), lines);
        assert_eq!((reader.numbered_flows(), reader.has_unnumbered_flows()), (NUMBERED, true));
    }
    let (_, mut reader) = explained("fewer", &segments[..9], 0, false);
    assert_eq!((reader.numbered_flows(), reader.has_unnumbered_flows()), (9, false));
}
