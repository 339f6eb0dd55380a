//! The flow rules: who is the server, when a connection is open, which packets are edges, when a flow is new.

use wsksim::capture::{Local, Options, Skip};
use wsksim::source::Event;

use crate::build::{
    ACK, CLIENT, FIN, Outcome, RST, SERVER, SYN, Tcp, conversation, drain, frames, handshake, open,
    pcap, pcap_with_link, read, read_with, tcp, words,
};

fn follow(segments: &[Tcp]) -> Outcome {
    read(&pcap(&frames(segments)))
}

fn after_handshake(segments: &[Tcp]) -> Vec<String> {
    words(&follow(&[&handshake(), segments].concat()))
}

fn client(flags: u8) -> Tcp {
    tcp(CLIENT, SERVER, flags)
}

fn server(flags: u8) -> Tcp {
    tcp(SERVER, CLIENT, flags)
}

#[test]
fn the_open_names_both_ends_from_each_viewpoint() {
    let bytes = pcap(&frames(&handshake()));
    for (option, wanted) in [
        (Local::Server, vec![("10.0.0.2|80", "10.0.0.1|40000")]),
        (Local::Client, vec![("10.0.0.1|40000", "10.0.0.2|80")]),
        (Local::Both, vec![("10.0.0.2|80", "10.0.0.1|40000"), ("10.0.0.1|40000", "10.0.0.2|80")]),
    ] {
        let outcome = read_with(&bytes, option, false);
        let ends: Vec<_> = outcome
            .events
            .iter()
            .map(|event| match event {
                Event::Open { local, remote, .. } => (local.to_string(), remote.to_string()),
                other => panic!("only opens are expected: {other:?}"),
            })
            .collect();
        let wanted: Vec<_> =
            wanted.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        assert_eq!(ends, wanted);
        assert_eq!((outcome.counts.flows, outcome.counts.established), (1, 1));
    }
}

#[test]
fn ipv6_ends_are_written_in_canonical_form() {
    let packets: Vec<_> = handshake().iter().map(|segment| segment.ipv6()).collect();
    let outcome = read(&pcap_with_link(229, &packets));
    let [Event::Open { local, remote, .. }] = outcome.events[..] else { panic!("{outcome:?}") };
    assert_eq!(
        (local.to_string(), remote.to_string()),
        ("fd00::2|80".into(), "fd00::1|40000".into())
    );
}

#[test]
fn a_flow_without_its_whole_handshake_gives_nothing() {
    let rest = [client(FIN | ACK), client(RST)];
    let [syn, answer, ack] = handshake();
    for start in [&[][..], &[syn], &[syn, answer], &[syn, ack], &[answer, ack]] {
        let outcome =
            follow(&[start, &[server(ACK)], &rest[usize::from(start == [syn, answer])..]].concat());
        assert_eq!(outcome.events, [], "{start:?}");
        assert_eq!(outcome.counts.established, 0);
        assert_eq!(outcome.counts.flows, u64::from(start.first() == Some(&syn)));
    }
}

#[test]
fn a_refused_connect_gives_nothing() {
    let outcome = follow(&[client(SYN), server(RST | ACK), client(ACK), client(FIN | ACK)]);
    assert_eq!(outcome.events, []);
    assert_eq!((outcome.counts.flows, outcome.counts.established), (1, 0));
}

#[test]
fn a_refused_client_that_asks_again_with_the_same_number_is_the_same_flow() {
    let segments = [&[client(SYN), server(RST | ACK)], &conversation()[..]].concat();
    let outcome = follow(&segments);
    assert_eq!(words(&outcome), ["open 0 @5", "fin 0 @6", "rst 0 @7"]);
    assert_eq!((outcome.counts.flows, outcome.counts.established), (1, 1));
}

#[test]
fn a_reset_during_the_handshake_opens_nothing() {
    let outcome = follow(&[client(SYN), server(SYN | ACK), client(RST | ACK), client(ACK)]);
    assert_eq!(outcome.events, []);
    assert_eq!(outcome.counts.established, 0);
}

#[test]
fn a_segment_without_ack_completes_no_handshake() {
    let outcome = follow(&[client(SYN), server(SYN | ACK), client(0), client(ACK)]);
    assert_eq!(words(&outcome), ["open 0 @4"]);
}

#[test]
fn a_reset_that_is_also_a_syn_opens_nothing() {
    let outcome = follow(&[client(SYN | RST), server(SYN | ACK), client(ACK)]);
    assert_eq!((outcome.counts.flows, outcome.events), (0, vec![]));
}

#[test]
fn only_the_remote_has_edges() {
    let segments =
        [&handshake()[..], &[server(FIN | ACK), client(FIN | ACK), server(RST)]].concat();
    let bytes = pcap(&frames(&segments));
    assert_eq!(words(&read_with(&bytes, Local::Server, false)), ["open 0 @3", "fin 0 @5"]);
    assert_eq!(
        words(&read_with(&bytes, Local::Client, false)),
        ["open 0 @3", "fin 0 @4", "rst 0 @6"]
    );
    let both = ["open 0 @3", "open 1 @3", "fin 1 @4", "fin 0 @5", "rst 1 @6"];
    assert_eq!(words(&read_with(&bytes, Local::Both, false)), both);
}

#[test]
fn retransmissions_count_once() {
    let [syn, answer, ack] = handshake();
    let segments =
        [syn, syn, answer, syn, answer, ack, ack, syn, client(FIN | ACK), client(FIN | ACK)];
    let outcome = follow(&segments);
    assert_eq!(words(&outcome), ["open 0 @6", "fin 0 @9"]);
    assert_eq!((outcome.counts.flows, outcome.counts.established), (1, 1));
}

#[test]
fn nothing_follows_a_reset_of_either_side() {
    let late = [client(FIN | ACK), client(RST), server(FIN | ACK), client(ACK), client(SYN)];
    assert_eq!(after_handshake(&[&[client(RST)], &late[..]].concat()), ["open 0 @3", "rst 0 @4"]);
    assert_eq!(after_handshake(&[&[server(RST)], &late[..]].concat()), ["open 0 @3"]);
}

#[test]
fn a_fin_that_is_recorded_before_the_handshake_is_complete_counts_when_it_is() {
    let [syn, answer, ack] = handshake();
    let bytes = pcap(&frames(&[syn, answer, server(FIN | ACK), ack, server(FIN | ACK)]));
    assert_eq!(words(&read_with(&bytes, Local::Client, false)), ["open 0 @4", "fin 0 @4"]);
}

#[test]
fn the_acknowledgment_may_carry_the_fin() {
    let [syn, answer, _] = handshake();
    assert_eq!(words(&follow(&[syn, answer, client(FIN | ACK)])), ["open 0 @3", "fin 0 @3"]);
}

#[test]
fn a_syn_with_another_number_is_a_new_connection() {
    let again = conversation().into_iter().map(|segment| segment.sequence(77_000));
    let segments: Vec<_> = conversation().into_iter().chain(again).collect();
    let outcome = follow(&segments);
    let wanted =
        ["open 0 @3", "fin 0 @4", "rst 0 @5", "close 0 @6", "open 1 @8", "fin 1 @9", "rst 1 @10"];
    assert_eq!(words(&outcome), wanted);
    assert_eq!((outcome.counts.flows, outcome.counts.established), (2, 2));
    let both = words(&read_with(&pcap(&frames(&segments)), Local::Both, false));
    let wanted = [
        "open 0 @3",
        "open 1 @3",
        "fin 0 @4",
        "rst 0 @5",
        "close 0 @6",
        "close 1 @6",
        "open 2 @8",
        "open 3 @8",
        "fin 2 @9",
        "rst 2 @10",
    ];
    assert_eq!(both, wanted);
}

#[test]
fn a_connection_that_was_never_opened_is_not_closed() {
    let outcome = follow(&[&[client(SYN).sequence(5)], &conversation()[..]].concat());
    assert_eq!(words(&outcome), ["open 0 @4", "fin 0 @5", "rst 0 @6"]);
    assert_eq!((outcome.counts.flows, outcome.counts.established), (2, 1));
}

#[test]
fn a_four_tuple_may_be_used_again_in_the_other_direction() {
    let back = [server(SYN), client(SYN | ACK), server(ACK), server(FIN | ACK)];
    let outcome = follow(&[&conversation(), &back[..]].concat());
    let wanted = ["open 0 @3", "fin 0 @4", "rst 0 @5", "close 0 @6", "open 1 @8", "fin 1 @9"];
    assert_eq!(words(&outcome), wanted);
    let Some(Event::Open { local, .. }) = outcome.events.get(4) else { panic!("{outcome:?}") };
    assert_eq!(local.to_string(), "10.0.0.1|40000");
}

#[test]
fn a_simultaneous_open_is_one_connection() {
    let outcome = follow(&[
        client(SYN),
        server(SYN),
        client(SYN | ACK),
        server(SYN | ACK),
        server(FIN | ACK),
    ]);
    assert_eq!(words(&outcome), ["open 0 @4", "fin 0 @5"]);
    assert_eq!(outcome.counts.established, 1);
}

#[test]
fn flows_with_the_same_ports_on_other_hosts_are_apart() {
    let other = (3, CLIENT.1);
    let segments: Vec<_> = conversation()
        .into_iter()
        .flat_map(|segment| {
            let swap = |end| if end == CLIENT { other } else { end };
            [segment, Tcp { from: swap(segment.from), to: swap(segment.to), ..segment }]
        })
        .collect();
    let wanted = ["open 0 @5", "open 1 @6", "fin 0 @7", "fin 1 @8", "rst 0 @9", "rst 1 @10"];
    assert_eq!(words(&follow(&segments)), wanted);
}

#[test]
fn midstream_counts_from_the_first_packet() {
    for (first, local, wanted) in [
        // The lower port is the server.
        (client(ACK), Local::Server, vec!["open 0 @1", "fin 0 @2", "close 0 @3"]),
        (server(ACK), Local::Server, vec!["open 0 @1", "fin 0 @2", "close 0 @3"]),
        (client(ACK), Local::Client, vec!["open 0 @1", "close 0 @3"]),
        (client(FIN | ACK), Local::Server, vec!["open 0 @1", "fin 0 @1", "close 0 @3"]),
        (server(RST), Local::Client, vec!["open 0 @1", "rst 0 @1", "close 0 @3"]),
    ] {
        let bytes = pcap(&frames(&[first, client(FIN | ACK), client(SYN).sequence(9)]));
        let outcome = read_with(&bytes, local, true);
        assert_eq!(words(&outcome), wanted, "{first:?}");
        assert_eq!((outcome.counts.flows, outcome.counts.established), (2, 1));
        assert_eq!(read_with(&bytes, local, false).events, [], "{first:?}");
    }
}

#[test]
fn midstream_believes_a_syn_ack_more_than_the_ports() {
    // Here the server has the higher port.
    let (low, high) = ((1, 80), (2, 40_000));
    let answer = tcp(high, low, SYN | ACK);
    let segments = [
        answer,
        tcp(low, high, SYN).sequence(1999),
        tcp(low, high, ACK),
        tcp(low, high, FIN | ACK),
    ];
    let outcome = read_with(&pcap(&frames(&segments)), Local::Server, true);
    // Packet 2 is the SYN that packet 1 acknowledges.
    assert_eq!(words(&outcome), ["open 0 @1", "fin 0 @4"]);
}

#[test]
fn midstream_knows_no_sequence_number_to_compare_a_syn_with() {
    let bytes = pcap(&frames(&[client(ACK), client(SYN).sequence(0)]));
    assert_eq!(words(&read_with(&bytes, Local::Server, true)), ["open 0 @1", "close 0 @2"]);
}

#[test]
fn midstream_takes_the_first_destination_for_the_server_when_the_ports_are_equal() {
    for (from, to) in [((1, 7000), (2, 7000)), ((2, 7000), (1, 7000))] {
        let bytes = pcap(&frames(&[tcp(from, to, ACK), tcp(from, to, FIN | ACK)]));
        assert_eq!(words(&read_with(&bytes, Local::Server, true)), ["open 0 @1", "fin 0 @2"]);
        assert_eq!(words(&read_with(&bytes, Local::Client, true)), ["open 0 @1"]);
    }
}

#[test]
fn a_syn_ack_before_its_syn_is_the_same_handshake() {
    let answer = server(SYN | ACK).acknowledging(1001);
    let [syn, _, ack] = handshake();
    let rest = [client(FIN | ACK), server(FIN | ACK)];
    for (start, open) in [
        (vec![answer, syn, ack], 3),
        (vec![answer, answer, syn, ack], 4),
        (vec![answer, ack, syn], 3),
        (vec![syn, ack, answer], 3),
        (vec![ack, answer, syn, ack], 4),
    ] {
        let bytes = pcap(&frames(&[&start[..], &rest].concat()));
        let outcome = read_with(&bytes, Local::Both, false);
        let wanted = [
            format!("open 0 @{open}"),
            format!("open 1 @{open}"),
            format!("fin 0 @{}", start.len() + 1),
            format!("fin 1 @{}", start.len() + 2),
        ];
        assert_eq!(words(&outcome), wanted, "{start:?}");
        assert_eq!((outcome.counts.flows, outcome.counts.established), (1, 1), "{start:?}");
    }
}

#[test]
fn a_syn_ack_before_a_syn_that_it_does_not_answer_is_forgotten() {
    let [syn, _, ack] = handshake();
    for foreign in [server(SYN | ACK).acknowledging(77), client(SYN | ACK).acknowledging(1001)] {
        let outcome = follow(&[foreign, syn, ack, client(FIN | ACK)]);
        assert_eq!(outcome.events, [], "{foreign:?}");
        assert_eq!((outcome.counts.flows, outcome.counts.established), (1, 0));
        let outcome = follow(&[&[foreign], &conversation()[..]].concat());
        assert_eq!(words(&outcome), ["open 0 @4", "fin 0 @5", "rst 0 @6"], "{foreign:?}");
    }
}

#[test]
fn a_flow_beyond_the_limit_is_refused_and_counted() {
    let third = (3, 1);
    let segments =
        [&conversation()[..], &[tcp(third, SERVER, SYN), tcp(third, SERVER, ACK)]].concat();
    let bytes = pcap(&frames(&[&segments[..], &[client(SYN).sequence(5)]].concat()));
    for (midstream, refused) in [(false, 1), (true, 2)] {
        let options = Options { midstream, ..Options::default() };
        let outcome = drain(&mut open(&bytes, options).unwrap().with_flow_limit(1));
        assert_eq!(words(&outcome), ["open 0 @3", "fin 0 @4", "rst 0 @5", "close 0 @8"]);
        assert_eq!(outcome.counts.skipped.get(Skip::FlowLimit), refused);
        assert_eq!((outcome.counts.tcp_packets, outcome.counts.flows), (8, 2));
    }
}
