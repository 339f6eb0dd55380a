//! Program: one input from its first call to balanced books.

use crate::actor::{Actor, Depth};
use crate::host;
use crate::input::{Bytes, Input};
use crate::world::{World, become_actor, lock};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use wsksim::core::status::NtStatus;

/// What came of a program.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) failures: Vec<String>,
    /// What was seen, in order, as a number.
    pub(crate) trace: u64,
    pub(crate) steps: u64,
    /// Findings of rules that were broken on purpose.
    pub(crate) findings: usize,
    /// What came to pass.
    pub(crate) met: BTreeSet<&'static str>,
}

/// Runs a program on one thread, or on two and a third that drives.
pub(crate) fn run(input: &Input, wild: bool, threads: usize, plain: bool) -> Outcome {
    let world = World::new(input, wild, plain);
    let done =
        guarded(
            &world,
            || {
                if threads == 1 { alone(&world, input) } else { together(&world, input) }
            },
        );
    // What a panic leaves behind says nothing.
    if done && world.see(|seen| seen.failures.is_empty()) {
        guarded(&world, || end(&world));
    }
    check_findings(&world);
    let trace = world.trace();
    world.see(|seen| Outcome {
        failures: std::mem::take(&mut seen.failures),
        trace,
        steps: seen.steps,
        findings: seen.found.len(),
        met: std::mem::take(&mut seen.met),
    })
}

/// Runs `act`; whether it did not panic.
fn guarded(world: &World, act: impl FnOnce()) -> bool {
    let done = catch_unwind(AssertUnwindSafe(act));
    if let Err(panic) = &done {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        world.fail(format!("a panic: {}", text.unwrap_or_default()));
    }
    done.is_ok()
}

/// One thread takes turns with itself.
fn alone(world: &Arc<World>, input: &Input) {
    become_actor(0);
    let mut streams = [Bytes::new(&input.streams[0]), Bytes::new(&input.streams[1])];
    while streams.iter().any(|stream| !stream.is_over()) {
        for stream in &mut streams {
            let mut pick = |count| stream.pick(count);
            Actor { world, pick: &mut pick, depth: Depth::default() }.act();
        }
    }
}

fn together(world: &Arc<World>, input: &Input) {
    let left = AtomicUsize::new(2);
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for actor in 0..2 {
            let (left, failed) = (&left, &failed);
            scope.spawn(move || {
                become_actor(actor);
                let mut stream = Bytes::new(&input.streams[actor]);
                let done = guarded(world, || {
                    while !stream.is_over() && !failed.load(SeqCst) {
                        let mut pick = |count| stream.pick(count);
                        Actor { world, pick: &mut pick, depth: Depth::default() }.act();
                    }
                });
                failed.fetch_or(!done, SeqCst);
                left.fetch_sub(1, SeqCst);
            });
        }
        become_actor(2);
        let done = guarded(world, || {
            while left.load(SeqCst) > 0 {
                host::drive(world);
                std::thread::yield_now();
            }
        });
        failed.fetch_or(!done, SeqCst);
    });
    assert!(!failed.load(SeqCst), "a thread of the program has panicked");
}

/// Closes what is left, and balances the books.
fn end(world: &Arc<World>) {
    become_actor(0);
    let mut nothing = |_| 0;
    let mut actor = Actor { world, pick: &mut nothing, depth: Depth::default() };
    host::drive(world);
    // What is connecting to somebody who does not answer has no socket yet that could be closed.
    let made = &wsksim::provider::function::SOCKET_CONNECT;
    for request in world.see(|seen| seen.requests.clone()) {
        if request.name == made.name
            && let Ok(Some(flight)) = request.irp.cancel()
        {
            let _ = world.with_door(|door| door.cancel(&flight));
        }
    }
    host::drive(world);
    if world.ends_by_shutting {
        world.meets("an end by closing the subsystem");
        world.turn(|turn| turn.shut());
        world.core.shut(|index| world.core.release(index));
        world.turn(|turn| turn.shut());
    }
    for _ in 0..64 {
        let usable = world.see(|seen| seen.usable.clone());
        if usable.is_empty() || world.ends_by_shutting {
            break;
        }
        for sock in usable {
            while !sock.standing().kept.is_empty() {
                actor.release_of(&sock, false);
                if world.wild && sock.standing().closing {
                    break;
                }
            }
            if sock.may_close() {
                actor.close_now(&sock);
            } else {
                world.see(|seen| seen.usable.retain(|one| !Arc::ptr_eq(one, &sock)));
            }
        }
        host::drive(world);
    }
    let remotes = world.see(|seen| std::mem::take(&mut seen.remotes));
    world.turn(|turn| remotes.into_iter().for_each(|id| turn.remote_close(id)));
    host::drive(world);
    let registration = world.registration;
    world.turn(|turn| turn.release_npi(registration));
    // The first look cancels what waits for the machine's transports (O-18).
    let _ = world.with_door(|door| door.deregistered(registration));
    host::drive(world);
    let free = world.with_door(|door| door.deregistered(registration));
    world.check(free, || "the client cannot be deregistered (O-17)".to_owned());
    check_books(world);
}

fn check_books(world: &World) {
    let (flights, calls) = world.with_door(|door| door.under_way());
    world
        .check(flights.is_empty() && calls == 0, || format!("{flights:?}, {calls} calls are left"));
    for (name, count) in world.turn(|turn| turn.pending()) {
        world.check(count == 0 || name == "unread", || format!("{count} {name} are left"));
    }
    let counts = world.core.counts();
    let posted: u64 = counts.posted.iter().sum();
    let indicated: u64 = counts.indicated.iter().sum();
    let withheld: u64 = counts.withheld.iter().sum();
    world.check(posted == indicated + withheld + counts.queued + counts.held, || {
        format!("the books of edges: {counts:?}")
    });
    let left = (counts.open, counts.held, counts.queued);
    world.check(left == (0, 0, 0), || format!("open, held, queued: {left:?}"));
    for request in world.see(|seen| seen.requests.clone()) {
        let times = [&request.filled, &request.ran, &request.gone].map(|times| times.load(SeqCst));
        world.check(times == [1; 3], || {
            format!("{}: completed, run and let go {times:?} times (I-4)", request.name)
        });
        let (pending, returned) = (request.pending.load(SeqCst), *lock(&request.returned));
        if request.begun.load(SeqCst) == 1 {
            world.check(pending == (returned == Some(NtStatus::PENDING)), || {
                let name = request.name;
                format!("{name} returned {returned:?} with PendingReturned {pending} (I-17)")
            });
        }
    }
    for sock in world.see(|seen| seen.socks.clone()) {
        let standing = sock.standing();
        let (gone, kept, running) = (standing.gone, standing.kept.len(), standing.running);
        drop(standing);
        let state = world.turn(|turn| turn.state(sock.id()));
        let fine =
            running == 0 && state.is_none() && (gone || sock.id() == 0 || world.ends_by_shutting);
        world.check(fine, || {
            format!(
                "socket {}: gone {gone}, {kept} lists, {running} calls, {state:?}",
                sock.context
            )
        });
    }
    let lists = world.see(|seen| seen.lists.len());
    let excused = world.wild || world.ends_by_shutting;
    world.check(lists == 0 || excused, || format!("{lists} lists are held still"));
}

/// Findings are of rules that the program broke, and of no others.
fn check_findings(world: &World) {
    let core = world.core.findings();
    world.see(|seen| {
        let found = seen.found.iter().map(|(rule, found)| (*rule, found.clone()));
        let found = found.chain(core.iter().map(|one| (one.rule.id, format!("{:?}", one.found))));
        let accused: Vec<_> = found.filter(|(rule, _)| !seen.broken.contains(rule)).collect();
        for (rule, found) in accused {
            seen.failures.push(format!("a finding of {rule}, which was not broken: {found}"));
        }
    });
}
