//! Properties: random calls in random order, with errands begun and ended at any time.
//!
//! 1. Each IRP is completed exactly once, and a returned status other than PENDING is its status.
//! 2. Callbacks of one socket never overlap, and none starts after its close (D-24, D-25).
//! 3. The core's books balance at every quiet point.
//! 4. Once everything is closed and driven, nothing is left.

use crate::stage::{ALL, HANDLER, OK, PENDING, Seen, Stage, any, local};
use proptest::prelude::{ProptestConfig, proptest};
use std::collections::{HashMap, HashSet};
use wsksim::core::chooser::Schedule;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::Options;
use wsksim::network::routes::Route;
use wsksim::wsk::{Call, Completions, Fetched, Npi, Policies, Reply, Table, event};

/// One step: what, which socket, a number.
type Act = (u8, usize, u16);

struct World {
    stage: Stage,
    sockets: Vec<u64>,
    remotes: Vec<u64>,
    /// Status with which each IRP was completed; `None` while it waits.
    irps: HashMap<u64, Option<NtStatus>>,
    running: Vec<Fetched>,
    calling: HashSet<u64>,
    closed: HashSet<u64>,
    lists: Vec<(u64, u64)>,
}

impl World {
    fn complete(&mut self, irp: u64, status: NtStatus, socket: u64) {
        let before = self.irps.insert(irp, Some(status));
        assert_eq!(before, Some(None), "IRP {irp} was waiting");
        if socket != 0 && status == OK {
            self.sockets.push(socket);
        }
    }

    fn ask(&mut self, act: impl FnOnce(&mut wsksim::wsk::Turn<'_>, u64) -> Reply) {
        let irp = self.stage.irp();
        self.irps.insert(irp, None);
        let reply = self.stage.turn(|turn| act(turn, irp));
        for done in &reply.completions {
            assert_eq!((done.irp, done.status), (irp, reply.outcome));
            assert!([reply.outcome, PENDING].contains(&reply.status));
            // MSG_* flags of a datagram are no socket.
            let socket = if done.data.is_some() { 0 } else { done.socket };
            self.complete(done.irp, done.status, socket);
        }
        assert!(!reply.completions.is_empty() || reply.status == PENDING);
        for done in reply.completions {
            self.stage.turn(|turn| turn.completed(done.token));
        }
    }

    fn begin(&mut self) {
        let Some(fetched) = self.stage.fetch() else { return };
        if fetched.socket != 0 {
            assert!(self.calling.insert(fetched.socket), "two callbacks of one socket");
            assert!(!self.closed.contains(&fetched.socket), "a callback after close");
        }
        self.running.push(fetched);
    }

    fn end(&mut self, number: u16) {
        if self.running.is_empty() {
            return;
        }
        let fetched = self.running.remove(number as usize % self.running.len());
        self.calling.remove(&fetched.socket);
        let mut status = match number % 5 {
            0 => NtStatus::DATA_NOT_ACCEPTED,
            1 => PENDING,
            _ => OK,
        };
        match fetched.call {
            Call::Complete(done) => {
                let socket = if done.data.is_some() { 0 } else { done.socket };
                self.complete(done.irp, done.status, socket);
                if done.socket != 0 && done.status == OK && done.data.is_some() {
                    assert!(done.remote.is_some(), "only a datagram has flags");
                }
            }
            Call::Receive { list, segments: Some(_) }
            | Call::ReceiveFrom { list, datagrams: Some(_) }
                if status == PENDING =>
            {
                self.lists.push((fetched.socket, list));
            }
            Call::Accept { accepted: Some((_, _, id)) } => {
                let table = Table::new(u64::from(number), HANDLER, ALL, 0);
                self.stage.turn(|turn| turn.accept_written(id, table));
                if status == OK {
                    self.sockets.push(id);
                }
            }
            Call::Inspect { .. } => status = NtStatus::from_bits(u32::from(number % 3)),
            _ => {}
        }
        let accepted = number.is_multiple_of(7).then_some(1);
        self.stage.turn(|turn| turn.finish_errand(fetched.token, status, accepted));
    }

    fn step(&mut self, (what, which, number): Act) {
        let client = self.stage.client;
        let id = self.sockets.get(which % self.sockets.len().max(1)).copied().unwrap_or(0);
        let remote = self.remotes.get(which % self.remotes.len().max(1)).copied().unwrap_or(0);
        let port = 80 + number % 2;
        match what {
            0 => {
                let flags = [1, 2, 4, 8, 8][number as usize % 5];
                let (kind, protocol) = if flags == 4 { (2, 17) } else { (1, 6) };
                let table = Stage::table(u64::from(number));
                self.ask(|turn, irp| turn.socket(client, 2, kind, protocol, flags, table, irp));
            }
            1 => self.ask(|turn, irp| turn.bind(id, any(port), 0, irp)),
            2 => self.ask(|turn, irp| turn.listen(id, irp)),
            3 => self.ask(|turn, irp| turn.set_option(id, 0x3002, Some(1), irp)),
            4 => self.ask(|turn, irp| turn.accept(id, 0, Stage::table(1), irp)),
            5 => {
                let data = (number % 3 == 0).then(|| vec![5; 100]);
                self.ask(|turn, irp| turn.connect(id, local(port), 0, data, irp));
            }
            6 | 7 => self.ask(|turn, irp| {
                let table = Stage::table(2);
                turn.socket_connect(client, 1, 6, any(0), local(port), 0, table, irp)
            }),
            8 => {
                let (_, end) =
                    self.stage.turn(|turn| turn.remote_connect(local(port).unwrap(), None));
                self.remotes.push(end);
            }
            9 | 10 => self.ask(|turn, irp| turn.send(id, vec![1; number as usize % 300], 0, irp)),
            11 | 12 => {
                let flags = [0, 0, 2, 4][number as usize % 4];
                let length = if flags == 4 { 0 } else { number as usize % 200 };
                self.ask(|turn, irp| turn.receive(id, length, flags, irp));
            }
            13 => self.ask(|turn, irp| {
                let data = (number % 4 == 0).then(|| vec![3; 50]);
                turn.disconnect(id, data, u32::from(number % 4 == 1), irp)
            }),
            14 => {
                self.ask(|turn, irp| turn.close(id, irp));
                self.closed.insert(id);
            }
            15 | 16 => {
                let bits = [event::RECEIVE, event::DISCONNECT, event::ACCEPT, event::CONNECTION];
                let bit = bits[number as usize % 4];
                let mask = if number % 5 == 0 { bit | event::DISABLE } else { bit };
                if number % 2 == 0 {
                    self.stage.turn(|turn| turn.event_callback(id, Npi::Wsk, mask, 0));
                } else {
                    self.ask(|turn, irp| turn.event_callback(id, Npi::Wsk, mask, irp));
                }
            }
            17 => {
                self.stage.turn(|turn| turn.remote_send(remote, vec![9; number as usize % 300]));
            }
            18 => drop(self.stage.turn(|turn| turn.remote_disconnect(remote))),
            19 => drop(self.stage.turn(|turn| turn.remote_abort(remote))),
            20 => self.stage.turn(|turn| turn.remote_close(remote)),
            21 => self.stage.turn(|turn| turn.remote_set_reading(remote, number % 2 == 0)),
            22 if number % 8 == 0 => self.stage.turn(|turn| turn.make_dead(id)),
            22 if number % 8 == 1 => drop(self.stage.turn(|turn| turn.timeout(id))),
            22 if number % 8 == 3 => drop(self.stage.turn(|turn| turn.kill(id))),
            22 if number % 32 == 4 => {
                self.stage.turn(|turn| turn.remove_address(local(0).unwrap()))
            }
            22 if number % 8 == 5 => {
                let to = local(if number % 16 < 8 { port } else { 0 }).unwrap();
                let route = [Route::Silent, Route::HostUnreachable][number as usize / 16 % 2];
                self.stage.turn(|turn| turn.set_route(to, route));
            }
            22 if number % 8 > 5 => {
                let to = local(if number % 16 < 8 { port } else { 0 }).unwrap();
                self.stage.turn(|turn| turn.restore_route(to));
            }
            22 if number % 8 == 2 => self.stage.turn(|turn| turn.remote_vanish(remote)),
            23 => {
                let waiting: Vec<_> = self.irps.iter().filter(|(_, s)| s.is_none()).collect();
                let mut waiting: Vec<u64> = waiting.into_iter().map(|(irp, _)| *irp).collect();
                waiting.sort_unstable();
                if let Some(&irp) = waiting.get(which % waiting.len().max(1)) {
                    self.stage.turn(|turn| turn.cancel(irp));
                }
            }
            24 => self.ask(|turn, irp| {
                let to = local(port);
                turn.send_to(id, vec![vec![1; number as usize % 90]], to, 0, irp)
            }),
            25 => self.ask(|turn, irp| turn.receive_from(id, 50, 0, irp)),
            26..=29 => self.begin(),
            30..=33 => self.end(number),
            34 => {
                if let Some((socket, list)) = self.lists.pop() {
                    self.stage.turn(|turn| turn.release(socket, list, None));
                }
            }
            35 => self.ask(|turn, irp| {
                let none = wsksim::wsk::IoctlInput::None;
                turn.ioctl(id, 0x2F00_0007, none, 0, irp).0
            }),
            36 if self.running.is_empty() => {
                self.settle();
            }
            37 => self.ask(|turn, irp| turn.inspect_complete(id, (id, u32::from(number)), 1, irp)),
            38 => {
                let at = local(port).unwrap();
                if let Ok((listener, _)) = self.stage.turn(|turn| turn.remote_listen(at)) {
                    self.remotes.push(listener);
                }
            }
            39 => self.remotes.extend(self.stage.turn(|turn| turn.remote_accept(remote))),
            _ => {}
        }
    }

    /// Drives until nothing is left to do.
    fn settle(&mut self) {
        loop {
            self.begin();
            if self.running.is_empty() {
                break;
            }
            self.end(2);
        }
        // What is left are disconnect events, and what their end sets free.
        for seen in self.stage.drive() {
            match seen {
                Seen::Done(irp, status, _) => self.complete(irp, status, 0),
                Seen::Accepted(id) => self.sockets.push(id),
                _ => {}
            }
        }
        self.stage.check_books();
    }

    fn finish(mut self) {
        self.settle();
        for remote in std::mem::take(&mut self.remotes) {
            self.stage.turn(|turn| turn.remote_close(remote));
        }
        for _ in 0..4 {
            for id in std::mem::take(&mut self.sockets) {
                if self.stage.state(id).is_some() && self.closed.insert(id) {
                    self.ask(|turn, irp| turn.close(id, irp));
                }
            }
            self.settle();
        }
        // What WskSocketConnect makes where nobody answers has no socket yet that could be closed.
        let waiting = self.irps.iter().filter(|(_, status)| status.is_none());
        for irp in waiting.map(|(&irp, _)| irp).collect::<Vec<_>>() {
            assert!(self.stage.turn(|turn| turn.cancel(irp)), "IRP {irp} waits");
        }
        self.settle();
        let waiting: Vec<_> = self.irps.iter().filter(|(_, status)| status.is_none()).collect();
        assert_eq!(waiting, [], "every IRP is completed");
        let books = self.stage.turn(|turn| turn.pending());
        assert!(books.iter().all(|(_, count)| *count == 0), "{books:?}");
        self.stage.end(&[]);
    }
}

fn world(explore: bool, completions: Completions, seed: u64) -> World {
    let schedule = if explore { Schedule::Explore } else { Schedule::Fifo };
    let policies = Policies { completions, window: 256, backlog: 3, ..Policies::default() };
    let options = Options { seed, schedule, ..Options::default() };
    World {
        stage: Stage::with(policies, options),
        sockets: Vec::new(),
        remotes: Vec::new(),
        irps: HashMap::new(),
        running: Vec::new(),
        calling: HashSet::new(),
        closed: HashSet::new(),
        lists: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_request_ends_once_and_nothing_is_left(
        modes in 0u8..8,
        seed in 0u64..100,
        acts in proptest::collection::vec((0u8..40, 0usize..12, 0u16..u16::MAX), 1..400),
    ) {
        let ways = [
            Completions::Inline,
            Completions::Windows,
            Completions::Later,
            Completions::Drawn,
        ];
        let mut world = world(modes & 1 != 0, ways[usize::from(modes) / 2], seed);
        let client = world.stage.client;
        if seed % 3 == 0 {
            let statics = event::DISCONNECT | event::ACCEPT;
            world.stage.turn(|turn| turn.set_static_events(client, Npi::Wsk, statics, 0));
        }
        for act in acts {
            world.step(act);
        }
        world.finish();
    }
}
