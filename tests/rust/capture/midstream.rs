//! Flows that lack a part of their handshake: what `midstream` makes of them, and what is known of that without it.

use wsksim::capture::{Local, Options};

use crate::build::{
    ACK, CLIENT, FIN, RST, SERVER, SYN, Tcp, conversation, drain, frames, handshake, open, pcap,
    read_with, tcp, words,
};

fn client(flags: u8) -> Tcp {
    tcp(CLIENT, SERVER, flags)
}

fn server(flags: u8) -> Tcp {
    tcp(SERVER, CLIENT, flags)
}

#[test]
fn midstream_takes_the_clients_side_alone_for_proof_of_the_handshake() {
    let [syn, _, ack] = handshake();
    for (segments, wanted) in [
        (vec![syn, ack, client(FIN | ACK)], vec!["open 0 @2", "fin 0 @3"]),
        (vec![syn, client(FIN | ACK)], vec!["open 0 @2", "fin 0 @2"]),
        (vec![syn, syn, ack, client(RST)], vec!["open 0 @3", "rst 0 @4"]),
        // A client that answers with an RST accepts nothing.
        (vec![syn, client(RST | ACK), client(ACK)], vec![]),
        (vec![syn, client(0), syn], vec![]),
    ] {
        let bytes = pcap(&frames(&segments));
        assert_eq!(words(&read_with(&bytes, Local::Server, true)), wanted, "{segments:?}");
        let mut reader = open(&bytes, Options::default()).unwrap();
        assert_eq!(drain(&mut reader).events, [], "{segments:?}");
        assert_eq!(reader.missed_midstream(), (0, u64::from(!wanted.is_empty())), "{segments:?}");
    }
}

#[test]
fn midstream_takes_the_servers_acknowledgment_of_the_syn_for_proof_of_the_handshake() {
    let syn = client(SYN);
    let fin = server(FIN | ACK).acknowledging(1001);
    for (first, wanted) in [
        (server(ACK).acknowledging(1001), vec!["open 0 @2", "fin 0 @3"]),
        (server(ACK).acknowledging(1001 + 5000), vec!["open 0 @2", "fin 0 @3"]),
        // It speaks of another connection: RFC 5961 answers a SYN on an open connection so.
        (server(ACK).acknowledging(1000), vec!["open 0 @3", "fin 0 @3"]),
        (server(ACK).acknowledging(1001 + (1 << 20)), vec!["open 0 @3", "fin 0 @3"]),
        (server(0).acknowledging(1001), vec!["open 0 @3", "fin 0 @3"]),
    ] {
        let bytes = pcap(&frames(&[syn, first, fin]));
        assert_eq!(words(&read_with(&bytes, Local::Client, true)), wanted, "{first:?}");
        assert_eq!(read_with(&bytes, Local::Client, false).events, [], "{first:?}");
    }
}

#[test]
fn flows_that_midstream_would_give_are_counted_without_it() {
    let other = |flags| tcp((3, 5000), SERVER, flags);
    let answer = server(SYN | ACK).acknowledging(1001);
    let [syn, _, ack] = handshake();
    for (segments, missed) in [
        (vec![], (0, 0)),
        (conversation(), (0, 0)),
        (vec![client(ACK), server(ACK), client(FIN | ACK)], (3, 1)),
        (vec![client(ACK), other(ACK), other(RST)], (3, 2)),
        // A flow that begins later on the same four-tuple is one that midstream gives besides.
        ([&[client(ACK)], &conversation()[..]].concat(), (1, 1)),
        (vec![answer], (1, 1)),
        (vec![answer, syn, ack], (1, 0)),
        (vec![answer, syn], (1, 1)),
        (vec![answer, ack, syn, client(FIN | ACK)], (2, 0)),
        (vec![syn, ack, answer], (0, 0)),
        (vec![syn, ack], (0, 1)),
    ] {
        let bytes = pcap(&frames(&segments));
        let mut reader = open(&bytes, Options::default()).unwrap();
        let established = drain(&mut reader).counts.established;
        assert_eq!(reader.missed_midstream(), missed, "{segments:?}");
        let with = read_with(&bytes, Local::Server, true).counts.established;
        assert_eq!(with, established + missed.1, "{segments:?}");
    }
}

#[test]
fn what_midstream_would_give_is_known_however_two_directions_are_shuffled() {
    let asked = [SYN, ACK, FIN | ACK].map(client);
    let answered = [SYN | ACK, ACK, FIN | ACK].map(|flags| server(flags).acknowledging(1001));
    // Any packets of each side may be missing; those that are there keep their order.
    for (one, other) in (0..8).flat_map(|one| (0..8).map(move |other| (one, other))) {
        let chosen = |set: usize, all: [Tcp; 3]| {
            all.into_iter().enumerate().filter(move |(bit, _)| set >> bit & 1 == 1)
        };
        let one: Vec<_> = chosen(one, asked).map(|(_, segment)| segment).collect();
        let other: Vec<_> = chosen(other, answered).map(|(_, segment)| segment).collect();
        for segments in shuffles(&one, &other) {
            let bytes = pcap(&frames(&segments));
            let mut reader = open(&bytes, Options::default()).unwrap();
            let established = drain(&mut reader).counts.established;
            let with = read_with(&bytes, Local::Server, true).counts.established;
            assert_eq!(established + reader.missed_midstream().1, with, "{segments:?}");
        }
    }
}

/// Every way in which two sequences become one.
fn shuffles(one: &[Tcp], other: &[Tcp]) -> Vec<Vec<Tcp>> {
    let (Some((&first, one_rest)), Some((&second, other_rest))) =
        (one.split_first(), other.split_first())
    else {
        return vec![[one, other].concat()];
    };
    let begin = |first: Tcp, rest: Vec<Vec<Tcp>>| {
        rest.into_iter().map(move |rest| [&[first][..], &rest].concat())
    };
    begin(first, shuffles(one_rest, other))
        .chain(begin(second, shuffles(one, other_rest)))
        .collect()
}
