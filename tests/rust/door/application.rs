//! Application: what the provider calls, with the checks of each call.

use crate::actor::{self, Depth};
use crate::world::{Kept, Kind, Request, Sock, World, lock};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use wsksim::core::status::NtStatus;
use wsksim::provider::{
    Answer, Application, Callback, Count, Done, Flight, Held, Report, Returned, RoutineAnswer,
    Stopped,
};
use wsksim::wsk::Call;

/// One stack's work.
pub(crate) struct App<'w> {
    world: &'w Arc<World>,
    asking: Option<Arc<Request>>,
    depth: Depth,
}

impl<'w> App<'w> {
    pub(crate) fn new(world: &'w Arc<World>, asking: Option<Arc<Request>>, depth: Depth) -> Self {
        Self { world, asking, depth }
    }

    fn request(&self, flight: &Flight) -> Option<Arc<Request>> {
        let found = self.world.see(|seen| seen.by_number.get(&flight.number).cloned());
        if found.is_none() {
            self.world.fail(format!("{}: a request that was never begun", flight.function.name));
        }
        found
    }

    /// What an application may do inside a callback or routine.
    fn act_inside(&self) {
        let Some(depth) = self.depth.deeper() else { return };
        for _ in 0..self.pick(3) {
            actor::act_inside(self.world, depth);
        }
    }

    fn pick(&self, count: usize) -> usize {
        lock(&self.world.inside).pick(count)
    }

    /// A wrong answer, now and then, where rules may be broken.
    fn wrong(&self, rules: &[&'static str]) -> Option<Answer> {
        if !self.world.wild || self.pick(8) != 7 {
            return None;
        }
        self.world.breaks(rules);
        Some(Answer::plain(match self.pick(4) {
            0 => Returned::Nothing,
            1 => Returned::Raised("an error".to_owned()),
            2 => Returned::Other("a text".to_owned()),
            _ => Returned::Status(NtStatus::from_bits(0x17)),
        }))
    }

    fn receive(&self, sock: &Sock, list: u64, datagrams: Option<usize>, total: usize) -> Answer {
        self.world.see(|seen| seen.lists.insert(list));
        if let Some(answer) = self.wrong(&["G-16", "U-22"]) {
            self.act_inside();
            return answer;
        }
        let answer = self.pick(6);
        let keeps = answer == 0 && {
            let mut standing = sock.standing();
            let keeps = !standing.closing;
            standing.keeping += u32::from(keeps);
            keeps
        };
        self.act_inside();
        if keeps {
            // From here on another thread may release it.
            let mut standing = sock.standing();
            standing.keeping -= 1;
            standing.kept.push(Kept { list, datagrams });
            drop(standing);
            self.world.meets("a list that is kept");
            return Answer::plain(Returned::Status(NtStatus::PENDING));
        }
        let returned = if answer == 1 { NtStatus::DATA_NOT_ACCEPTED } else { NtStatus::SUCCESS };
        let accepted = match answer {
            2 => Count::Bytes(self.pick(total.min(255) + 1) as u64),
            _ => Count::Untouched,
        };
        Answer { accepted, ..Answer::plain(Returned::Status(returned)) }
    }

    fn accept(&self, id: u64) -> Answer {
        let world = self.world;
        let sock = world.sock(Kind::Connection);
        sock.set_id(id);
        sock.standing().early = true;
        world.see(|seen| seen.by_id.insert(id, Arc::clone(&sock)));
        world.note(("accepted", sock.context));
        let wrong = self.wrong(&["A-5", "U-22"]);
        let refused = wrong.is_some() || self.pick(6) == 0;
        self.act_inside();
        if refused {
            let refusal = Answer::plain(Returned::Status(NtStatus::REQUEST_NOT_ACCEPTED));
            return wrong.unwrap_or(refusal);
        }
        world.turn(|turn| turn.accept_written(id, World::table(&sock)));
        // Another thread may use it now; it hears nothing before this call has returned.
        world.see(|seen| seen.usable.push(Arc::clone(&sock)));
        sock.standing().early = false;
        Answer::plain(Returned::Status(NtStatus::SUCCESS))
    }

    fn answer(&self, sock: &Arc<Sock>, call: Call) -> Answer {
        let success = Answer::plain(Returned::Status(NtStatus::SUCCESS));
        match call {
            Call::Receive { list, segments: Some(segments) } => {
                let total = segments.iter().map(|one| one.len()).sum();
                self.world.check(total > 0, || "WskReceiveEvent without data".to_owned());
                self.world.note(segments.iter().flat_map(|one| one.to_vec()).collect::<Vec<u8>>());
                self.receive(sock, list, None, total)
            }
            Call::ReceiveFrom { list, datagrams: Some(datagrams) } => {
                self.receive(sock, list, Some(datagrams.len()), 0)
            }
            Call::Accept { accepted: Some((_, _, id)) } => self.accept(id),
            Call::Inspect { request: Some((_, _, id)) } => {
                let action = self.pick(3) as u32;
                if action == 2 {
                    self.world.see(|seen| seen.inspections.push((Arc::clone(sock), id)));
                }
                self.act_inside();
                Answer::plain(Returned::Status(NtStatus::from_bits(action)))
            }
            _ => {
                self.act_inside();
                success
            }
        }
    }
}

impl Application for App<'_> {
    fn began(&mut self, flight: &Arc<Flight>) {
        let Some(request) = self.asking.take() else {
            return self.world.fail(format!("{}: begun twice", flight.function.name));
        };
        request.begun.fetch_add(1, SeqCst);
        if let Some(sock) = &request.sock {
            sock.open_requests.fetch_add(1, SeqCst);
        }
        self.world.see(|seen| {
            seen.by_number.insert(flight.number, Arc::clone(&request));
            seen.requests.push(request);
        });
    }

    fn fill(&mut self, done: &Done<'_>) -> Result<(), Stopped> {
        let (world, completion) = (self.world, done.completion);
        let Some(request) = self.request(done.flight) else { return Ok(()) };
        let (name, status) = (request.name, completion.status);
        let times = request.filled.fetch_add(1, SeqCst);
        world.check(times == 0, || format!("{name} is completed again (I-4)"));
        world.check(done.runs, || format!("the routine of {name} is not to run (I-3)"));
        if status == NtStatus::SUCCESS {
            world.meets(name);
        }
        let failed = !status.is_success();
        let nothing = completion.information == 0 && completion.socket == 0;
        let taken = status == NtStatus::CANCELLED && completion.data.is_some();
        world.check(!failed || nothing || taken, || format!("{name} fails with Information (I-8)"));
        *lock(&request.status) = Some(status);
        request.pending.store(done.pending, SeqCst);
        let context = request.sock.as_ref().map_or(0, |sock| sock.context);
        world.note((name, context, status, completion.information, completion.data.as_deref()));
        if let Some(sock) = &request.sock {
            let left = sock.open_requests.fetch_sub(1, SeqCst) - 1;
            if request.closes && status == NtStatus::SUCCESS {
                let mut standing = sock.standing();
                standing.gone = true;
                let running = standing.running;
                drop(standing);
                world.check(running == 0, || {
                    format!(
                        "the close of socket {context} is complete while a callback runs (C-13)"
                    )
                });
                world.check(world.wild || left == 0, || {
                    format!(
                        "the close of socket {context} is complete with {left} requests open (C-14)"
                    )
                });
            }
        }
        if let Some(sock) = request.yields.as_ref().filter(|_| status == NtStatus::SUCCESS) {
            sock.set_id(completion.socket);
            sock.standing().early = true;
            world.see(|seen| seen.by_id.insert(completion.socket, Arc::clone(sock)));
        }
        Ok(())
    }

    fn complete(&mut self, done: &Done<'_>) -> Result<RoutineAnswer, Stopped> {
        let Some(request) = self.request(done.flight) else { return Ok(RoutineAnswer::Nothing) };
        let times = request.ran.fetch_add(1, SeqCst);
        self.world.check(times == 0, || format!("the routine of {} runs again", request.name));
        let (mut app, block) = (App::new(self.world, None, self.depth), done.flight.number);
        let may = self.world.with_door(|door| door.may_free(&mut app, "IoFreeMdl", block));
        self.world.check(may == Ok(true), || {
            format!("the memory of {} is not its routine's to free (I-9)", request.name)
        });
        // The socket is the application's from here on; it hears nothing before this has returned.
        if let Some(sock) = request.yields.as_ref().filter(|sock| sock.id() != 0) {
            self.world.see(|seen| seen.usable.push(Arc::clone(sock)));
        }
        self.act_inside();
        if let Some(sock) = &request.yields {
            sock.standing().early = false;
        }
        self.world.see(|seen| seen.pool.push(Arc::clone(&request.irp)));
        let wrong = self.world.wild && self.pick(16) == 15;
        if wrong {
            self.world.breaks(&["I-3"]);
            return Ok(RoutineAnswer::Nothing);
        }
        Ok(RoutineAnswer::Status(NtStatus::MORE_PROCESSING_REQUIRED))
    }

    fn call(&mut self, callback: Callback) -> Result<Answer, Stopped> {
        let name = callback.row.name;
        let Some(sock) = self.world.see(|seen| seen.by_id.get(&callback.socket).cloned()) else {
            self.world.fail(format!("{name} of socket {}, which is unknown", callback.socket));
            return Ok(Answer::plain(Returned::Absent));
        };
        self.world.enter(&sock, name);
        let answer = self.answer(&sock, callback.call);
        self.world.leave(&sock);
        Ok(answer)
    }

    /// One block, which belongs to this request alone.
    fn memory(&mut self, flight: &Arc<Flight>) -> Vec<u64> {
        vec![flight.number]
    }

    fn let_go(&mut self, held: Held) {
        match held {
            Held::Request(flight) => {
                let Some(request) = self.request(&flight) else { return };
                let times = request.gone.fetch_add(1, SeqCst);
                self.world.check(times == 0, || format!("{} is let go again", request.name));
            }
            Held::Socket(id) => {
                let sock = self.world.see(|seen| seen.by_id.get(&id).cloned());
                match sock {
                    Some(sock) => {
                        self.world.meets("a connection that is refused");
                        sock.standing().gone = true;
                    }
                    None => self.world.fail("a socket is let go that was never shown"),
                }
            }
            Held::List(list) => {
                let known = self.world.see(|seen| seen.lists.remove(&list));
                self.world.check(known, || "a list is let go twice, or was never shown".to_owned());
            }
        }
    }

    fn report(&mut self, report: Report) -> Result<(), Stopped> {
        self.world.see(|seen| seen.found.push((report.rule, report.found)));
        Ok(())
    }
}
