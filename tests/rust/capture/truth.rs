//! Real captures agree, event by event, with what an independent reader derived from them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wsksim::capture::{CaptureReader, Local, Options};
use wsksim::source::{Endpoint, Event};

use crate::build::{Outcome, drain};

/// Packet, time, local, remote, flag: one line of a truth file.
type Line = (u64, i64, String, String, u64);

fn vector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/captures").join(name)
}

fn truth(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(vector(&format!("{name}.truth.json"))).unwrap())
        .unwrap()
}

fn read(name: &str, local: Local) -> Outcome {
    let mut reader =
        CaptureReader::open(&vector(name), Options { local, ..Options::default() }).unwrap();
    drain(&mut reader)
}

fn expected(truth: &Value, view: &str) -> Vec<Line> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = truth[view]["events"].as_array().unwrap();
    lines
        .iter()
        .map(|line| {
            let time_ns = text(&line[1]).replace('.', "").parse().unwrap();
            let flag = line[4].as_u64().unwrap();
            (line[0].as_u64().unwrap(), time_ns, text(&line[2]), text(&line[3]), flag)
        })
        .collect()
}

/// The edges in the form of a truth file; the ends are those of the connection's open.
fn edges(events: &[Event]) -> Vec<Line> {
    let mut ends: Vec<(Endpoint, Endpoint)> = Vec::new();
    let mut lines = Vec::new();
    for event in events {
        match *event {
            Event::Open { connection, local, remote, .. } => {
                assert_eq!(connection, ends.len() as u64, "numbers count from 0");
                ends.push((local, remote));
            }
            Event::Edge { connection, packet, time_ns, abortive } => {
                let (local, remote) = ends[connection as usize];
                lines.push((
                    packet,
                    time_ns,
                    local.to_string(),
                    remote.to_string(),
                    u64::from(abortive),
                ));
            }
            Event::Close { .. } => {}
        }
    }
    lines
}

fn agrees(name: &str) {
    let truth = truth(name);
    for (local, view) in [(Local::Server, "local_server"), (Local::Client, "local_client")] {
        let outcome = read(name, local);
        assert_eq!(outcome.damage, None, "{name}");
        let counts = outcome.counts;
        let found = (counts.tcp_packets, counts.flows, counts.established);
        let wanted =
            ["tcp_packets", "flows", "established"].map(|key| truth[key].as_u64().unwrap());
        assert_eq!(found, (wanted[0], wanted[1], wanted[2]), "{name}");
        assert_eq!(counts.bytes_read, counts.bytes_total, "{name}");
        let lines = edges(&outcome.events);
        assert_eq!(lines, expected(&truth, view), "{name}, {view}");
        for (flag, kind) in [(0, "graceful"), (1, "abortive")] {
            let count = lines.iter().filter(|line| line.4 == flag).count() as u64;
            assert_eq!(count, truth[view][kind].as_u64().unwrap(), "{name}, {view}, {kind}");
        }
    }
}

#[test]
fn mixed_v4_agrees_with_its_truth() {
    agrees("mixed_v4.pcap");
}

#[test]
fn mixed_v4_as_pcapng_agrees_with_its_truth() {
    agrees("mixed_v4.pcapng");
}

#[test]
fn mixed_v4_cut_to_58_bytes_agrees_with_its_truth() {
    agrees("mixed_v4_snap58.pcap");
}

#[test]
fn mixed_v6_agrees_with_its_truth() {
    agrees("mixed_v6.pcap");
}

#[test]
fn mixed_v6_in_nanoseconds_agrees_with_its_truth() {
    agrees("mixed_v6_nsec.pcap");
}

#[test]
fn web_close_agrees_with_its_truth() {
    agrees("web_close.pcap");
}

#[test]
fn web_keepalive_agrees_with_its_truth() {
    agrees("web_keepalive.pcap");
}

#[test]
fn both_viewpoints_at_once_are_the_two_viewpoints_together() {
    for name in ["mixed_v4.pcap", "mixed_v6.pcap"] {
        let truth = truth(name);
        let mut wanted = expected(&truth, "local_server");
        wanted.extend(expected(&truth, "local_client"));
        wanted.sort();
        let outcome = read(name, Local::Both);
        let mut found = edges(&outcome.events);
        found.sort();
        assert_eq!(found, wanted, "{name}");
        let opens =
            outcome.events.iter().filter(|event| matches!(event, Event::Open { .. })).count()
                as u64;
        assert_eq!(opens, 2 * truth["established"].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn midstream_changes_nothing_where_every_flow_begins_with_its_syn() {
    for name in ["mixed_v4.pcap", "mixed_v6.pcap"] {
        let options = Options { midstream: true, ..Options::default() };
        let outcome = drain(&mut CaptureReader::open(&vector(name), options).unwrap());
        assert_eq!(outcome.events, read(name, Local::Server).events, "{name}");
    }
}

#[test]
fn small_reads_give_the_same_events_as_large_ones() {
    let whole = read("mixed_v4.pcapng", Local::Server);
    let mut reader = CaptureReader::open(&vector("mixed_v4.pcapng"), Options::default()).unwrap();
    let mut events = Vec::new();
    while !reader.done() {
        let before = reader.counts().packets;
        reader.read(7, &mut events).unwrap();
        assert!(reader.counts().packets <= before + 7);
    }
    assert_eq!(events, whole.events);
}
