//! Lives on a clock of their own: what becomes of them, at which instants, with an application that is a few lines.

use std::collections::BTreeMap;
use std::convert::Infallible;
use wsksim::core::random::Share;
use wsksim::storm::course::Totals;
use wsksim::storm::ends::{Dialled, Ends, Told};
use wsksim::storm::fates::Fate;
use wsksim::storm::kills::Kills;
use wsksim::storm::lives::{Draw, Ending, Group, Life, Lives, Step};
use wsksim::storm::living::{Group as Room, Storm};

/// What the application does with a connection.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    /// Sends back what it gets, and finishes when its peer does.
    Answers,
    /// Nothing.
    Nothing,
    /// Tears it down when something arrives.
    Aborts,
    /// Finishes when something arrives.
    Finishes,
    /// Never answers a connect.
    Waits,
    /// Refuses.
    Refuses,
}

struct World {
    does: Does,
    next: u64,
    /// Bytes that lie at each end.
    lying: BTreeMap<u64, u64>,
    due: Vec<(u64, Told)>,
    most: usize,
}

impl World {
    fn new(does: Does) -> Self {
        Self { does, next: 0, lying: BTreeMap::new(), due: Vec::new(), most: 0 }
    }
}

impl Ends for World {
    type Error = Infallible;

    fn connect(&mut self, _: &Life) -> Result<Dialled, Infallible> {
        self.next += 1;
        if self.does == Does::Refuses {
            return Ok(Dialled::Refused { full: self.next.is_multiple_of(2) });
        }
        self.lying.insert(self.next, 0);
        self.most = self.most.max(self.lying.len());
        let waits = self.does == Does::Waits;
        Ok(if waits { Dialled::Waiting(self.next) } else { Dialled::Connected(self.next) })
    }

    fn send(&mut self, end: u64, bytes: u64) -> Result<(), Infallible> {
        match self.does {
            Does::Answers => {
                *self.lying.get_mut(&end).expect("open") += bytes;
                self.due.push((end, Told::Arrived));
            }
            Does::Aborts => self.due.push((end, Told::Aborted)),
            Does::Finishes => self.due.push((end, Told::Finished)),
            _ => {}
        }
        Ok(())
    }

    fn read(&mut self, end: u64, most: u64) -> Result<u64, Infallible> {
        let lying = self.lying.get_mut(&end).expect("open");
        let taken = most.min(*lying);
        *lying -= taken;
        Ok(taken)
    }

    fn end(&mut self, end: u64, ending: Ending) -> Result<(), Infallible> {
        if matches!(ending, Ending::Disconnect | Ending::Close) {
            self.due.push((end, Told::Sent));
            if self.does == Does::Answers {
                self.due.push((end, Told::Finished));
            }
        }
        Ok(())
    }

    fn time_out(&mut self, end: u64) -> Result<bool, Infallible> {
        Ok(self.lying.remove(&end).is_some() && self.does != Does::Aborts)
    }

    fn kill(&mut self, end: u64) -> Result<bool, Infallible> {
        self.due.push((end, Told::Aborted));
        Ok(true)
    }

    fn leave(&mut self, end: u64) -> Result<(), Infallible> {
        self.lying.remove(&end).expect("left once");
        Ok(())
    }

    fn drive(&mut self, told: &mut Vec<(u64, Told)>) -> Result<bool, Infallible> {
        told.append(&mut self.due);
        Ok(true)
    }

    fn totals(&mut self) -> Result<Totals, Infallible> {
        Ok(Totals { accepted: self.next, edges: 0 })
    }
}

fn lives(count: u64, steps: &[Step], ending: Option<Ending>) -> Lives {
    let endings = ending
        .map(|ending| Ending::ALL.map(|one| if one == ending { Share::ALL } else { Share::NONE }));
    Lives { seed: 1, groups: [Group { count, steps: steps.to_vec(), endings, pace: None }].into() }
}

const SECOND: u64 = 1_000_000_000;
const SEND: Step = Step::Send(Draw::Fixed(10));
const SLEEP: Step = Step::Wait(Draw::Fixed(SECOND));

fn room(open: u64, timeout: Option<u64>) -> Room {
    Room { open, timeout, listens: false }
}

/// Carries them out, three at a time, with a patience of two seconds.
fn run(does: Does, steps: &[Step], ending: Option<Ending>) -> (Storm, World) {
    let mut storm = Storm::new(lives(30, steps, ending), &[room(3, Some(2 * SECOND))], None);
    let mut world = World::new(does);
    while !storm.go_on(&mut world, 7).unwrap_or(true) {}
    assert!(world.lying.is_empty() && world.most <= 3);
    (storm, world)
}

#[track_caller]
fn all(does: Does, steps: &[Step], ending: Option<Ending>, fate: Fate, seconds: u64) {
    let outcome = run(does, steps, ending).0.outcome();
    assert_eq!((outcome.begun, outcome.of(fate)), (30, 30), "{outcome:?}");
    assert_eq!(outcome.now, seconds * SECOND);
    assert_eq!((outcome.open, outcome.connecting, outcome.vanished), (0, 0, 0));
}

#[test]
fn each_life_has_one_fate_and_takes_the_clocks_time() {
    let (disconnect, abort) = (Some(Ending::Disconnect), Some(Ending::Abort));
    // Ten rounds of three.
    all(Does::Answers, &[SEND, SLEEP, Step::ReadAll], disconnect, Fate::EndedInOrder, 10);
    all(
        Does::Answers,
        &[SEND, Step::Read(Draw::Fixed(10))],
        Some(Ending::Close),
        Fate::EndedInOrder,
        0,
    );
    all(Does::Answers, &[SEND, SLEEP], abort, Fate::AbortedByPeer, 10);
    all(Does::Answers, &[SEND], Some(Ending::Vanish), Fate::TimedOut, 20);
    all(Does::Aborts, &[SEND, SLEEP], disconnect, Fate::AbortedByUs, 0);
    all(Does::Finishes, &[SEND], None, Fate::EndedInOrder, 0);
    all(Does::Finishes, &[SEND, Step::ReadEnd], disconnect, Fate::EndedInOrder, 0);
}

#[test]
fn patience_ends_where_the_application_does_nothing() {
    let disconnect = Some(Ending::Disconnect);
    all(Does::Nothing, &[SEND, Step::Read(Draw::Fixed(1))], disconnect, Fate::TimedOut, 20);
    all(Does::Nothing, &[Step::ReadEnd], disconnect, Fate::TimedOut, 20);
    all(Does::Nothing, &[SLEEP], disconnect, Fate::TimedOut, 30);
    all(Does::Nothing, &[], None, Fate::TimedOut, 20);
    all(Does::Waits, &[], disconnect, Fate::NeverConnected, 20);
}

#[test]
fn a_peer_that_vanished_after_the_application_ended_it_is_no_timeout() {
    all(Does::Aborts, &[], Some(Ending::Vanish), Fate::AbortedByUs, 20);
}

#[test]
fn refusals_are_told_apart() {
    let outcome = run(Does::Refuses, &[SEND], Some(Ending::Abort)).0.outcome();
    assert_eq!((outcome.of(Fate::Refused), outcome.full), (30, 15));
}

#[test]
fn the_digest_is_that_of_the_plan() {
    let lives = lives(30, &[SEND, Step::Wait(Draw::Exponential(SECOND))], Some(Ending::Abort));
    let mut storm = Storm::new(lives.clone(), &[room(7, None)], None);
    let mut world = World::new(Does::Answers);
    while !storm.go_on(&mut world, 1).unwrap_or(true) {}
    assert_eq!(storm.outcome().digest, lives.digest(0, 1));
}

#[test]
fn without_patience_a_storm_ends_where_nothing_can_happen_any_more() {
    let mut storm = Storm::new(lives(30, &[], Some(Ending::Vanish)), &[room(5, None)], None);
    let mut world = World::new(Does::Answers);
    while !storm.go_on(&mut world, 1).unwrap_or(true) {}
    let outcome = storm.outcome();
    assert_eq!((outcome.begun, outcome.open, outcome.vanished), (5, 5, 5));
}

#[test]
fn kills_come_at_their_rate_and_end_with_the_lives() {
    // Ten seconds of three lives each, and two kills a second until they are over: each makes room for the next life.
    let storm = lives(30, &[SLEEP], Some(Ending::Disconnect));
    let kills = Kills { group: 0, every: SECOND as f64 / 2.0 };
    let mut storm = Storm::new(storm, &[room(3, Some(SECOND))], Some(kills));
    let mut world = World::new(Does::Answers);
    while !storm.go_on(&mut world, 3).unwrap_or(true) {}
    let outcome = storm.outcome();
    let (killed, ended) = (outcome.of(Fate::Killed), outcome.of(Fate::EndedInOrder));
    assert_eq!((outcome.begun, killed + ended), (30, 30));
    assert!(outcome.now < 10 * SECOND);
    assert!(killed.abs_diff(outcome.now * 2 / SECOND) <= 1, "{killed} in {}", outcome.now);
}
