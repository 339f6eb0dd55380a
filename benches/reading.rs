//! Reading a capture, over and over, for a profiler and for a look at the clock: see `docs/performance.md`.
//!
//! `reading <file> <times> [packets]`: each time reads the file from front to back, so many packets at a
//! time (4,096 unless told), and throws the events away. Prints the best time of one packet. The difference of
//! two numbers of times leaves out the start.
#![allow(clippy::print_stdout, reason = "it says what it did")]

use std::hint::black_box;
use std::path::Path;
use wsksim::capture::{CaptureReader, Options};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    // `cargo bench` runs every bench; without arguments there is nothing to read.
    let [file, times, packets @ ..] = arguments.as_slice() else {
        println!("usage: reading <file> <times> [packets]");
        return;
    };
    let times: usize = times.parse().expect("how many times");
    let at_once =
        packets.first().map_or(4096, |number| number.parse().expect("how many packets at once"));
    let mut best = f64::INFINITY;
    let mut packets = 0;
    for _ in 0..times {
        let began = clock();
        packets = read(Path::new(file), at_once);
        best = best.min((clock() - began) / packets as f64);
    }
    println!("{packets} packets, {best:.1} ns per packet at best");
}

/// Nanoseconds of this thread's processor time, which other load changes little.
#[cfg(target_os = "linux")]
fn clock() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the system writes to a value of this function's.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// Nanoseconds of the wall clock.
#[cfg(not(target_os = "linux"))]
fn clock() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("a clock").as_nanos() as f64
}

// A function of its own, so that a profiler can be told to collect in it only.
#[inline(never)]
fn read(file: &Path, at_once: usize) -> u64 {
    let mut reader = CaptureReader::open(file, Options::default()).expect("a capture");
    let mut events = Vec::new();
    while !reader.done() {
        events.clear();
        reader.read(at_once, &mut events).expect("a readable file");
        black_box(&events);
    }
    reader.counts().packets
}
