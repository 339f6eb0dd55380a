//! A feed: opens, edges and closes of a source become sockets and edges of a core.

use std::collections::VecDeque;
use wsksim::core::dispatch::{Drive, Host, Step};
use wsksim::core::error::CoreError;
use wsksim::core::flags::DisconnectFlags;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Indication, Verdict};
use wsksim::core::subsystem::{Opening, Options, Subsystem};
use wsksim::source::{Connector, Endpoint, Event, Feed};

/// Opens sockets whose contexts are the numbers of their connections; notes what it was asked for.
struct Plain<'s> {
    core: &'s Subsystem,
    opens: Vec<(usize, usize)>,
    released: Vec<u32>,
}

impl<'s> Plain<'s> {
    const fn new(core: &'s Subsystem) -> Self {
        Self { core, opens: Vec::new(), released: Vec::new() }
    }
}

impl Connector for Plain<'_> {
    type Error = CoreError;

    fn core(&self) -> Result<&Subsystem, CoreError> {
        Ok(self.core)
    }

    fn open(
        &mut self,
        first: usize,
        ends: &[(Endpoint, Endpoint)],
    ) -> Result<Vec<SocketHandle>, CoreError> {
        self.opens.push((first, ends.len()));
        let handler = HandlerId::new(HandlerKind::Single, 0);
        let opening = Opening { handler, enabled: true, kept: true, hold: false };
        let mut opened = Vec::new();
        let context = |number: usize, _| (first + number) as u64;
        self.core.open_many(ends.len(), opening, context, &mut opened).map(|()| opened)
    }

    fn release(&mut self, index: u32) -> Result<(), CoreError> {
        self.released.push(index);
        self.core.release(index);
        Ok(())
    }
}

/// Notes (context, flags) of each call.
#[derive(Default)]
struct Noting(Vec<(u64, u32)>);

impl Host for Noting {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        self.0.push((indication.context, indication.flags));
        Verdict::Success
    }

    fn closed(&mut self, _: u32) {}
}

fn core() -> Subsystem {
    Subsystem::new(Options { journal: true, ..Options::default() })
}

fn dispatch(core: &Subsystem) -> Vec<(u64, u32)> {
    let ticket = core.ticket().expect("no other drive runs");
    let mut host = Noting::default();
    let step = Drive::alone(&ticket).step(&mut host, u64::MAX);
    assert!(matches!(step, Step::Empty), "{step:?}");
    host.0
}

fn end(port: u16) -> Endpoint {
    Endpoint { address: [192, 0, 2, 1].into(), port }
}

const fn time(packet: u64) -> i64 {
    packet as i64 * 1_000
}

fn open(connection: u64, packet: u64) -> Event {
    let remote = end(1_000 + connection as u16);
    Event::Open { connection, packet, time_ns: time(packet), local: end(80), remote }
}

const fn edge(connection: u64, packet: u64, abortive: bool) -> Event {
    Event::Edge { connection, packet, time_ns: time(packet), abortive }
}

const fn close(connection: u64, packet: u64) -> Event {
    Event::Close { connection, packet, time_ns: time(packet) }
}

const ABORTIVE: u32 = DisconnectFlags::ABORTIVE;

#[test]
fn opens_are_made_together_and_edges_posted_behind_them() {
    let core = core();
    let (mut feed, mut by) = (Feed::new(false, false), Plain::new(&core));
    let events = vec![open(0, 1), open(1, 2), edge(1, 3, true), open(2, 4), edge(0, 5, false)];
    feed.take(events, VecDeque::new());
    assert_eq!(feed.next_ns(), Some(1_000));
    assert_eq!(feed.apply(&mut by, None), Ok(true));
    assert_eq!(by.opens, [(0, 3)]);
    assert_eq!(feed.take_waiting(), 2);
    assert_eq!(dispatch(&core), [(1, ABORTIVE), (0, 0)]);
    assert_eq!((feed.next_ns(), feed.take_waiting()), (None, 0));
}

#[test]
fn one_at_a_time_sees_what_came_before() {
    let core = core();
    let (mut feed, mut by) = (Feed::new(true, false), Plain::new(&core));
    feed.take(vec![open(0, 1), open(1, 2), edge(0, 3, false)], VecDeque::new());
    assert_eq!(feed.apply(&mut by, None), Ok(true));
    assert_eq!(by.opens, [(0, 1), (1, 1)]);
}

#[test]
fn a_close_waits_for_the_edges_that_it_would_withhold() {
    let core = core();
    let (mut feed, mut by) = (Feed::new(false, false), Plain::new(&core));
    feed.take(
        vec![open(0, 1), edge(0, 2, false), close(0, 3), open(1, 3), edge(1, 4, true)],
        VecDeque::new(),
    );
    assert_eq!(feed.apply(&mut by, None), Ok(false));
    assert_eq!((feed.next_ns(), feed.take_waiting()), (Some(3_000), 1));
    assert_eq!(dispatch(&core), [(0, 0)]);
    assert_eq!(feed.apply(&mut by, None), Ok(true));
    assert_eq!((by.opens, by.released), (vec![(0, 1), (1, 1)], vec![0]));
    assert_eq!(dispatch(&core), [(1, ABORTIVE)]);
    let counts = core.counts();
    assert_eq!((counts.open, counts.withheld.iter().sum::<u64>()), (1, 0));
}

#[test]
fn a_limit_stops_between_two_events() {
    let core = core();
    let (mut feed, mut by) = (Feed::new(false, false), Plain::new(&core));
    feed.take(vec![open(0, 1), edge(0, 2, false), edge(0, 3, true)], VecDeque::new());
    assert_eq!(feed.apply(&mut by, Some(2)), Ok(true));
    assert_eq!((dispatch(&core), feed.next_ns()), (vec![(0, 0)], Some(3_000)));
    assert_eq!(feed.apply(&mut by, Some(2)), Ok(true));
    assert_eq!(dispatch(&core), [(0, ABORTIVE)]);
}

#[test]
fn each_indication_has_the_packet_that_it_came_from() {
    let core = core();
    let (mut feed, mut by) = (Feed::new(false, true), Plain::new(&core));
    let events =
        vec![open(0, 1), edge(0, 2, false), open(1, 3), edge(0, 1, true), edge(1, 2, true)];
    feed.take(events, [(0, 0), (3, 1)].into());
    assert_eq!(feed.apply(&mut by, None), Ok(true));
    assert_eq!(dispatch(&core).len(), 3);
    let seen: Vec<_> = feed
        .take_origins(&core)
        .into_iter()
        .map(|origin| (origin.file, origin.packet, origin.ends.1.port, origin.flags))
        .collect();
    assert_eq!(seen, [(0, 2, 1_000, 0), (1, 1, 1_000, ABORTIVE), (1, 2, 1_001, ABORTIVE)]);
    assert_eq!(feed.take_origins(&core), []);
}

#[test]
fn a_refused_open_ends_the_events_before_their_close() {
    let core = core();
    let (mut feed, mut by) = (Feed::new(false, false), Plain::new(&core));
    feed.take(vec![open(0, 1), edge(0, 2, false)], VecDeque::new());
    core.shut(|_| {});
    assert_eq!(feed.apply(&mut by, None), Err(CoreError::SubsystemClosed));
    assert_eq!(feed.recycle(), []);
    assert_eq!(feed.next_ns(), None);
}
