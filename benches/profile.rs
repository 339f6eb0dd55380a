//! One part of the road, over and over, for a profiler: see `docs/performance.md`.
//!
//! `profile <part> <sockets> <lives> [alone]`: each life opens the sockets, posts one edge to each, dispatches
//! and closes. `part` is the handler's kind (`native`, `host` or `batch`), or `open` or `post`, after
//! which a life goes on with closing. The difference between two numbers of lives leaves out the start.
//! With `alone` the threads of the program, which is one, take turns (see `core::turns`).
#![allow(clippy::print_stdout, reason = "it says what it did")]

use std::hint::black_box;
use wsksim::core::dispatch::{Batch, Drive, Host, Step};
use wsksim::core::flags::Edge;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Breach, Indication, Verdict};
use wsksim::core::subsystem::{Opening, Options, Subsystem};

/// The cheapest handler there is.
extern "system" fn handler(context: u64, flags: u32) -> i32 {
    black_box(context);
    black_box(flags);
    0
}

/// A host that does nothing but say that it succeeded.
struct Quiet;

impl Host for Quiet {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        black_box(indication);
        Verdict::Success
    }

    fn call_batch(
        &mut self,
        _: HandlerId,
        batch: &Batch<'_>,
        _: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        black_box(batch);
        Verdict::Success
    }

    fn closed(&mut self, _: u32) {}
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    // `cargo bench` runs every bench; without arguments there is nothing to profile.
    let [part, sockets, lives, alone @ ..] = arguments.as_slice() else {
        println!("usage: profile open|post|native|host|batch <sockets> <lives> [alone]");
        return;
    };
    let count = sockets.parse().expect("a number of sockets");
    let lives: usize = lives.parse().expect("a number of lives");
    let subsystem = Subsystem::new(Options::default());
    if !alone.is_empty() {
        // SAFETY: the program has one thread.
        unsafe { subsystem.take_turns() };
    }
    let address = handler as extern "system" fn(u64, u32) -> i32 as usize as u64;
    let handler = match part.as_str() {
        "host" => HandlerId::new(HandlerKind::Single, 0),
        "batch" => HandlerId::new(HandlerKind::Batch, 0),
        _ => subsystem.native_handler(address).expect("there is room for a handler"),
    };
    let opening = Opening { handler, enabled: true, kept: false, hold: false };
    let mut handles = Vec::new();
    for _ in 0..lives {
        open(&subsystem, opening, count, &mut handles);
        if part != "open" {
            post(&subsystem, &handles);
        }
        if part != "open" && part != "post" {
            dispatch(&subsystem);
        }
        close(&subsystem, &handles);
    }
    println!("{part}: {} edges", count * lives);
}

// Functions of their own, so that a profiler can be told to collect in one of them only.

#[inline(never)]
fn open(subsystem: &Subsystem, opening: Opening, count: usize, handles: &mut Vec<SocketHandle>) {
    handles.clear();
    let opened = subsystem.open_many(count, opening, |number, _| number as u64, handles);
    opened.expect("there is memory");
}

#[inline(never)]
fn post(subsystem: &Subsystem, handles: &[SocketHandle]) {
    black_box(subsystem.post_many(handles, |_| Edge::Graceful));
}

#[inline(never)]
fn dispatch(subsystem: &Subsystem) {
    let ticket = subsystem.ticket().expect("no other drive runs");
    let mut drive = Drive::alone(&ticket);
    let step = drive.step(&mut Quiet, u64::MAX);
    assert!(matches!(step, Step::Empty), "{step:?}");
}

#[inline(never)]
fn close(subsystem: &Subsystem, handles: &[SocketHandle]) {
    for &handle in handles {
        let _ = black_box(subsystem.close(handle));
    }
}
