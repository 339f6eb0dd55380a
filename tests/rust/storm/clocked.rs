//! Lives with planned instants, on a clock that goes on while the application works; and lives that were recorded.

use std::convert::Infallible;
use wsksim::core::random::Share;
use wsksim::storm::Arrivals;
use wsksim::storm::course::Totals;
use wsksim::storm::ends::{Deed, Dialled, Ends, Told};
use wsksim::storm::fates::Fate;
use wsksim::storm::lives::{Draw, Ending, Group, Life, Lives, Step};
use wsksim::storm::living::{Group as Room, Storm};
use wsksim::storm::script::{Act, Line};

const MILLISECOND: u64 = 1_000_000;

/// An application that takes a millisecond for each thing that it is told, five of them a drive, and answers every end.
#[derive(Default)]
struct World {
    /// `None` on the plan's own clock.
    now: Option<u64>,
    skipped: u64,
    next: u64,
    due: Vec<(u64, Option<Told>)>,
    connects: Vec<(u64, u64)>,
    ends: Vec<(u64, u64)>,
    sent: Vec<u64>,
    waiting: usize,
    most: usize,
    /// The application's connects, which nobody has answered.
    calls: u64,
}

impl Ends for World {
    type Error = Infallible;

    fn connect(&mut self, _: &Life) -> Result<Dialled, Infallible> {
        self.next += 1;
        self.waiting += 1;
        self.most = self.most.max(self.waiting);
        self.due.push((self.next, None));
        Ok(Dialled::Connected(self.next))
    }

    fn accept(&mut self, _: u32) -> Result<Option<u64>, Infallible> {
        if self.calls == 0 {
            return Ok(None);
        }
        self.calls -= 1;
        self.next += 1;
        Ok(Some(self.next))
    }

    fn send(&mut self, _: u64, bytes: u64) -> Result<(), Infallible> {
        self.sent.push(bytes);
        Ok(())
    }

    fn read(&mut self, _: u64, _: u64) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn end(&mut self, end: u64, ending: Ending) -> Result<(), Infallible> {
        if ending == Ending::Disconnect {
            self.due.extend([(end, Some(Told::Sent)), (end, Some(Told::Finished))]);
        }
        Ok(())
    }

    fn time_out(&mut self, _: u64) -> Result<bool, Infallible> {
        Ok(true)
    }

    fn kill(&mut self, _: u64) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn leave(&mut self, _: u64) -> Result<(), Infallible> {
        Ok(())
    }

    fn drive(&mut self, told: &mut Vec<(u64, Told)>) -> Result<bool, Infallible> {
        let most = if self.now.is_some() { 5 } else { usize::MAX };
        let done = self.due.len().min(most);
        for (end, what) in self.due.drain(..done) {
            self.now = self.now.map(|now| now + MILLISECOND);
            match what {
                None => self.waiting -= 1,
                Some(what) => told.push((end, what)),
            }
        }
        Ok(self.due.is_empty())
    }

    fn totals(&mut self) -> Result<Totals, Infallible> {
        Ok(Totals { accepted: self.next - self.waiting as u64, edges: 0 })
    }

    fn now(&self) -> Option<u64> {
        self.now
    }

    fn rest(&mut self, until: u64) {
        self.now = self.now.map(|now| now.max(until));
    }

    fn skip(&mut self, by: u64) {
        self.skipped += by;
        self.now = self.now.map(|now| now + by);
    }

    fn planned(&mut self, end: u64, deed: Deed, instant: u64) -> Result<(), Infallible> {
        match deed {
            Deed::Connect => self.connects.push((end, instant)),
            Deed::End => self.ends.push((end, instant)),
        }
        Ok(())
    }
}

fn lives(count: u64, rate: Option<f64>, wait: u64, ending: Ending) -> Lives {
    let endings = Some(Ending::ALL.map(|one| if one == ending { Share::ALL } else { Share::NONE }));
    let steps = vec![Step::Wait(Draw::Fixed(wait))];
    let pace = rate.map(|rate| (rate, Arrivals::Constant));
    Lives { seed: 1, groups: [Group { count, steps, endings, pace }].into() }
}

fn run(storm: &mut Storm, world: &mut World) {
    while !storm.go_on(world, 7).unwrap_or(true) {}
}

const ROOM: Room = Room { open: 1_000, timeout: Some(3_600_000 * MILLISECOND), listens: false };

#[test]
fn planned_instants_stay_where_they_are_when_the_application_is_slow() {
    // A life a millisecond; the application needs three for each.
    let mut storm =
        Storm::new(lives(300, Some(1e3), 2 * MILLISECOND, Ending::Disconnect), &[ROOM], None);
    let mut world = World { now: Some(0), ..World::default() };
    run(&mut storm, &mut world);
    let outcome = storm.outcome();
    assert_eq!((outcome.begun, outcome.paced, outcome.of(Fate::EndedInOrder)), (300, 300, 300));
    assert!(world.connects.iter().zip(0..).all(|((_, at), number)| *at == number * MILLISECOND));
    // What ends a life is planned two milliseconds behind its connect, however late either is done.
    world.ends.sort_unstable();
    assert!(world.ends.iter().zip(0..).all(|((_, at), number)| *at == (number + 2) * MILLISECOND));
    let lag = storm.lag();
    assert!(lag.worst > 400 * MILLISECOND && lag.late > 250, "{lag:?}");
    assert_eq!(lag.planned, 299 * MILLISECOND);
    // No more connects wait than a backlog holds, although nobody drove the application in time.
    assert!(world.most <= 64, "{}", world.most);
    assert!(outcome.now >= 900 * MILLISECOND);
}

#[test]
fn as_many_as_may_be_open_stall_the_rest() {
    let room = Room { open: 2, ..ROOM };
    let mut storm =
        Storm::new(lives(20, Some(1e6), 10 * MILLISECOND, Ending::Abort), &[room], None);
    let mut world = World { now: Some(0), ..World::default() };
    run(&mut storm, &mut world);
    assert_eq!(storm.outcome().of(Fate::AbortedByPeer), 20);
    // The first two stay for ten milliseconds; who begins late does not stay for longer than was planned.
    assert!(storm.lag().stalled >= 9 * MILLISECOND, "{:?}", storm.lag());
}

#[test]
fn the_clock_jumps_over_what_is_left_to_wait() {
    let mut storm = Storm::new(lives(5, Some(1e3), 0, Ending::Vanish), &[ROOM], None);
    let mut world = World { now: Some(0), ..World::default() };
    run(&mut storm, &mut world);
    assert_eq!(storm.outcome().of(Fate::TimedOut), 5);
    assert!(world.skipped > 3_599_000 * MILLISECOND);
    assert!(storm.outcome().now >= 3_600_000 * MILLISECOND);
}

#[test]
fn lives_that_listen_begin_when_they_are_called() {
    let room = Room { open: 3, listens: true, ..ROOM };
    let mut storm = Storm::new(lives(10, None, 5 * MILLISECOND, Ending::Disconnect), &[room], None);
    let mut world = World { calls: 7, ..World::default() };
    run(&mut storm, &mut world);
    let outcome = storm.outcome();
    assert_eq!((outcome.begun, outcome.of(Fate::EndedInOrder), world.calls), (7, 7, 0));
    // Three at a time.
    assert_eq!(outcome.now, 15 * MILLISECOND);
}

#[test]
fn a_script_is_followed_line_by_line() {
    let line = |instant, life, act| Line { instant: instant * MILLISECOND, life, act };
    let mut storm = Storm::of_script(1);
    let mut world = World::default();
    storm.follow([
        line(0, 0, Act::Begin),
        line(1, 1, Act::Begin),
        line(1, 0, Act::Send(5)),
        line(2, 2, Act::Begin),
        line(3, 0, Act::End(Ending::Disconnect)),
        line(4, 1, Act::Send(7)),
    ]);
    run(&mut storm, &mut world);
    storm.follow([
        // It has ended already, and does nothing more.
        line(5, 0, Act::Send(9)),
        line(5, 0, Act::End(Ending::Abort)),
        line(6, 1, Act::End(Ending::Abort)),
        line(7, 2, Act::Lose),
        line(8, 3, Act::Begin),
        line(9, 9, Act::Send(1)),
    ]);
    run(&mut storm, &mut world);
    let outcome = storm.outcome();
    assert_eq!((outcome.begun, outcome.sent, outcome.open), (4, 12, 1));
    for fate in [Fate::EndedInOrder, Fate::AbortedByPeer, Fate::TimedOut] {
        assert_eq!(outcome.of(fate), 1, "{fate:?}");
    }
    assert_eq!((world.sent, outcome.now), (vec![5, 7], 9 * MILLISECOND));
    let left = storm.left(5);
    assert_eq!((left.len(), left[0].number, left[0].state), (1, 3, "open"));
    assert_eq!(left[0].since, 8 * MILLISECOND);
}
