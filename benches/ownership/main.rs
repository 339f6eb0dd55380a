//! Two designs of per-socket order, measured side by side: `cargo bench --bench ownership`.
//!
//! (a) a lane per worker with an owner's word and (b) bits in the socket's word, both as the compact
//! prototype of `compact.rs`, and the core as it ships, which is (b) with everything else around it.
//! Every round measures all three in turn; printed are the median and the extremes per operation.
#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

mod compact;

use crate::compact::Compact;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread::scope;
use std::time::Instant;
use wsksim::core::dispatch::{Drive, Host, Step};
use wsksim::core::flags::Edge;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::HandlerKind;
use wsksim::core::indication::{Indication, Verdict};
use wsksim::core::random::Random;
use wsksim::core::subsystem::{Opening, Options, Subsystem};

/// The cheapest handler there is.
extern "system" fn handler(context: u64, flags: u32) -> i32 {
    black_box(context);
    black_box(flags);
    0
}

/// Asks for a cache line, as the core does.
pub(crate) fn prefetch<T>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the instruction never faults, whatever the address, and every x86-64 has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

/// One contender: lives of its sockets, one after another.
trait Contender: Sync {
    fn open(&mut self);
    fn post(&mut self, order: &[u32]);
    /// Empties what the worker of this number serves; gives how many calls were made.
    fn drain(&self, number: usize) -> u64;
    fn close(&mut self);
}

struct Prototype<const OWNED: bool> {
    compact: Compact<OWNED>,
    generation: u64,
    workers: usize,
}

impl<const OWNED: bool> Contender for Prototype<OWNED> {
    fn open(&mut self) {
        self.generation += 1;
        self.compact.open();
    }

    fn post(&mut self, order: &[u32]) {
        self.compact.post_many(self.generation, order);
    }

    fn drain(&self, number: usize) -> u64 {
        self.compact.drain(number, self.workers)
    }

    fn close(&mut self) {
        black_box(self.compact.close_all());
    }
}

struct Core {
    subsystem: Subsystem,
    count: usize,
    opening: Opening,
    handles: Vec<SocketHandle>,
    ordered: Vec<SocketHandle>,
    workers: usize,
}

impl Core {
    fn new(count: usize, workers: usize) -> Self {
        let subsystem = Subsystem::new(Options::default());
        let address = (handler as *const ()).expose_provenance() as u64;
        let handler = subsystem.native_handler(address).expect("there is room for one");
        let opening = Opening { handler, enabled: true, kept: false, hold: false };
        Self { subsystem, count, opening, handles: vec![], ordered: vec![], workers }
    }

    /// Places the handles in the order of posting; not part of what is measured.
    fn arrange(&mut self, order: &[u32]) {
        self.handles.sort_unstable_by_key(|handle| handle.index);
        self.ordered.clear();
        self.ordered.extend(order.iter().map(|index| self.handles[*index as usize]));
    }
}

impl Contender for Core {
    fn open(&mut self) {
        self.handles.clear();
        let opened = self.subsystem.open_many(
            self.count,
            self.opening,
            |_, index| u64::from(index),
            &mut self.handles,
        );
        opened.expect("the last life is closed");
    }

    fn post(&mut self, _: &[u32]) {
        black_box(self.subsystem.post_many(&self.ordered, |_| Edge::Graceful));
    }

    fn drain(&self, number: usize) -> u64 {
        let mut drive = Drive::worker(&self.subsystem, number, self.workers);
        let step = drive.step(&mut NoHost, u64::MAX);
        assert!(matches!(step, Step::Empty), "{step:?}");
        drive.made()
    }

    fn close(&mut self) {
        let mut spent = Vec::with_capacity(64);
        for handle in &self.handles {
            let closing = self.subsystem.close_into(*handle, &mut |index| spent.push(index));
            black_box(closing).expect("open until now");
            if spent.len() == 64 {
                self.subsystem.free(spent.drain(..));
            }
        }
        self.subsystem.free(spent);
    }
}

/// Native handlers need nothing from the host.
struct NoHost;

impl Host for NoHost {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, _: &Indication) -> Verdict {
        Verdict::Stop
    }

    fn closed(&mut self, _: u32) {}
}

/// Post, drain and close of one life, in seconds.
type Times = [f64; 3];

fn timed<T>(total: &mut f64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *total += start.elapsed().as_secs_f64();
    result
}

fn live<C: Contender>(contender: &mut C, order: &[u32], workers: usize, times: &mut Times) {
    timed(&mut times[0], || contender.post(order));
    let contender_now = &*contender;
    let made = if workers == 1 {
        timed(&mut times[1], || contender_now.drain(0))
    } else {
        let start = Barrier::new(workers + 1);
        scope(|threads| {
            let drains: Vec<_> = (0..workers)
                .map(|number| {
                    let start = &start;
                    threads.spawn(move || {
                        start.wait();
                        contender_now.drain(number)
                    })
                })
                .collect();
            start.wait();
            timed(&mut times[1], || drains.into_iter().map(|drain| drain.join().unwrap_or(0)).sum())
        })
    };
    assert_eq!(made, order.len() as u64, "every edge is indicated once");
    timed(&mut times[2], || contender.close());
}

const NAMES: [&str; 3] = ["(a) compact", "(b) compact", "(b) core"];

/// Measures the three in turn, `rounds` times, and prints nanoseconds per operation.
fn compare(count: usize, workers: usize, rounds: usize) {
    let mut order: Vec<u32> = (0..count as u32).collect();
    let mut random = Random::new(7, 0);
    for place in (1..count).rev() {
        order.swap(place, (random.next() % (place as u64 + 1)) as usize);
    }
    let mut owned = Prototype::<true> {
        compact: Compact::new(count, workers, handler),
        generation: 0,
        workers,
    };
    let mut shared = Prototype::<false> {
        compact: Compact::new(count, workers, handler),
        generation: 0,
        workers,
    };
    let mut core = Core::new(count, workers);
    // Short lives are repeated until a round takes long enough to be measured.
    let repeats = (200_000 / count).max(1);
    let mut samples = vec![[const { Vec::new() }; 3]; 3];
    for round in 0..=rounds {
        for turn in 0..3 {
            let who = (turn + round) % 3;
            let mut times = Times::default();
            for _ in 0..repeats {
                match who {
                    0 => {
                        owned.open();
                        live(&mut owned, &order, workers, &mut times);
                    }
                    1 => {
                        shared.open();
                        live(&mut shared, &order, workers, &mut times);
                    }
                    _ => {
                        core.open();
                        core.arrange(&order);
                        live(&mut core, &order, workers, &mut times);
                    }
                }
            }
            // The first round only warms up.
            if round > 0 {
                for (samples, seconds) in samples[who].iter_mut().zip(times) {
                    samples.push(seconds * 1e9 / (count * repeats) as f64);
                }
            }
        }
    }
    for (what, verb) in ["post", "drain", "close"].into_iter().enumerate() {
        for (name, samples) in NAMES.into_iter().zip(&mut samples) {
            let samples = &mut samples[what];
            samples.sort_by(f64::total_cmp);
            let (low, high) = (samples[0], samples[samples.len() - 1]);
            let median = samples[samples.len() / 2];
            println!(
                "| {count} | {workers} | {verb} | {name} | {median:.1} | {low:.1} to {high:.1} |"
            );
        }
    }
}

fn main() {
    let measure = std::env::args().any(|argument| argument == "--bench");
    if cfg!(debug_assertions) || !measure {
        println!("SKIPPED: measures in release builds only, with cargo bench --bench ownership");
        return;
    }
    println!("| sockets | workers | operation | design | median ns | extremes ns |");
    println!("|---|---|---|---|---|---|");
    compare(1_000, 1, 21);
    compare(1_000_000, 1, 9);
    compare(1_000_000, 2, 9);
}
