//! The core without Python, by criterion: `cargo bench --bench core`.
//!
//! The table (open, close, look-up), the queue (post, in bulk and one by one) and the dispatcher
//! with a host that records what it is told. Figures are per socket or per edge.
#![allow(missing_docs, reason = "criterion's macros write functions without documentation")]

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;
use wsksim::core::dispatch::{Batch, Drive, Host, Step};
use wsksim::core::flags::Edge;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Breach, Indication, Verdict};
use wsksim::core::random::Random;
use wsksim::core::subsystem::{Opening, Options, Subsystem};

/// Sockets that fit the first cache, and sockets that fit no cache of a core.
const COUNTS: [usize; 2] = [1_000, 100_000];

/// Writes down the last call.
#[derive(Default)]
struct Recorder {
    last: Option<Indication>,
    calls: u64,
}

impl Host for Recorder {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        self.last = Some(*indication);
        self.calls += 1;
        Verdict::Success
    }

    fn call_batch(
        &mut self,
        _: HandlerId,
        batch: &Batch<'_>,
        _: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        self.calls += batch.len() as u64;
        Verdict::Success
    }

    fn closed(&mut self, _: u32) {}
}

/// Open sockets and the order in which their remotes disconnect.
struct Sockets {
    subsystem: Subsystem,
    handles: Vec<SocketHandle>,
    kind: HandlerKind,
    count: usize,
}

impl Sockets {
    fn new(kind: HandlerKind, count: usize) -> Self {
        let subsystem = Subsystem::new(Options::default());
        let mut sockets = Self { subsystem, handles: Vec::new(), kind, count };
        sockets.open();
        sockets.shuffle();
        sockets
    }

    fn open(&mut self) {
        let opening = Opening {
            handler: HandlerId::new(self.kind, 0),
            enabled: true,
            kept: false,
            hold: false,
        };
        self.handles.clear();
        let opened = self.subsystem.open_many(
            self.count,
            opening,
            |number, _| number as u64,
            &mut self.handles,
        );
        opened.expect("there is memory");
    }

    fn shuffle(&mut self) {
        let mut random = Random::new(7, 0);
        for left in (1..self.handles.len()).rev() {
            let chosen = (random.next() % (left as u64 + 1)) as usize;
            self.handles.swap(left, chosen);
        }
    }

    fn close(&mut self) {
        for handle in self.handles.drain(..) {
            let _ = black_box(self.subsystem.close(handle));
        }
    }

    fn reopen(&mut self) {
        self.close();
        self.open();
        self.shuffle();
    }

    fn post(&self) {
        black_box(self.subsystem.post_many(&self.handles, |_| Edge::Graceful));
    }

    fn dispatch(&self) {
        let ticket = self.subsystem.ticket().expect("no other drive runs");
        let mut drive = Drive::alone(&ticket);
        let mut host = Recorder::default();
        let step = drive.step(&mut host, u64::MAX);
        assert!(matches!(step, Step::Empty), "{step:?}");
        assert_eq!(host.calls, self.handles.len() as u64);
        black_box(host.last);
    }
}

fn table(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("table");
    // Each round counts alone: what prepares it takes longer than the round.
    group.sampling_mode(SamplingMode::Flat);
    for count in COUNTS {
        group.throughput(Throughput::Elements(count as u64));
        let mut sockets = Sockets::new(HandlerKind::Single, count);
        group.bench_function(format!("open/{count}"), |bencher| {
            bencher
                .iter_custom(|rounds| timed(rounds, &mut sockets, Sockets::close, Sockets::open));
        });
        group.bench_function(format!("close/{count}"), |bencher| {
            bencher
                .iter_custom(|rounds| timed(rounds, &mut sockets, Sockets::reopen, Sockets::close));
        });
        sockets.reopen();
        group.bench_function(format!("look_up/{count}"), |bencher| {
            bencher.iter(|| {
                for &handle in &sockets.handles {
                    let _ = black_box(sockets.subsystem.look(handle));
                }
            });
        });
    }
    group.finish();
}

fn queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue");
    // Each round counts alone: what prepares it takes longer than the round.
    group.sampling_mode(SamplingMode::Flat);
    for count in COUNTS {
        group.throughput(Throughput::Elements(count as u64));
        let mut sockets = Sockets::new(HandlerKind::Single, count);
        let emptied = |sockets: &mut Sockets| {
            sockets.dispatch();
            sockets.reopen();
        };
        sockets.post();
        group.bench_function(format!("post_many/{count}"), |bencher| {
            bencher.iter_custom(|rounds| timed(rounds, &mut sockets, emptied, |s| s.post()));
        });
        group.bench_function(format!("post/{count}"), |bencher| {
            let one_by_one = |sockets: &mut Sockets| {
                for &handle in &sockets.handles {
                    black_box(sockets.subsystem.post(handle, Edge::Graceful));
                }
            };
            bencher.iter_custom(|rounds| timed(rounds, &mut sockets, emptied, one_by_one));
        });
    }
    group.finish();
}

fn dispatcher(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dispatcher");
    // Each round counts alone: what prepares it takes longer than the round.
    group.sampling_mode(SamplingMode::Flat);
    for (name, kind) in [("single", HandlerKind::Single), ("batch", HandlerKind::Batch)] {
        for count in COUNTS {
            group.throughput(Throughput::Elements(count as u64));
            let mut sockets = Sockets::new(kind, count);
            let posted = |sockets: &mut Sockets| {
                sockets.reopen();
                sockets.post();
            };
            group.bench_function(format!("{name}/{count}"), |bencher| {
                bencher.iter_custom(|rounds| timed(rounds, &mut sockets, posted, |s| s.dispatch()));
            });
        }
    }
    group.finish();
}

/// Time of `rounds` times `measured`, each after a `prepare` that is not counted.
fn timed(
    rounds: u64,
    sockets: &mut Sockets,
    mut prepare: impl FnMut(&mut Sockets),
    mut measured: impl FnMut(&mut Sockets),
) -> Duration {
    let mut taken = Duration::ZERO;
    for _ in 0..rounds {
        prepare(sockets);
        let begun = std::time::Instant::now();
        measured(sockets);
        taken += begun.elapsed();
    }
    taken
}

fn settings() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .without_plots()
}

criterion_group! { name = benches; config = settings(); targets = table, queue, dispatcher }
criterion_main!(benches);
