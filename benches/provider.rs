//! The provider without the interpreter, by criterion: `cargo bench --bench provider`.
//!
//! The life of a connection of a driver in C: a remote end connects and the accept event takes it; the remote sends a
//! byte, which the receive event sends back with a completion routine; the remote finishes, and the disconnect event
//! answers with WskDisconnect; the driver closes. `benches/python/lives.py` is the same in Python.
#![allow(missing_docs, reason = "criterion's macros write functions without documentation")]

#[path = "../tests/rust/c/driver.rs"]
#[allow(dead_code, reason = "the tests look at more of it")]
mod driver;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use driver::Echo;
use std::hint::black_box;
use std::time::Duration;
use wsksim::network::address::Address;

/// Lives of one round, one after another.
const COUNT: usize = 100;

fn live(echo: &Echo, listener: Address) {
    let driver = &echo.driver;
    let remote = echo.arrive(listener);
    driver.turn(|turn| turn.remote_send(remote, vec![7]));
    driver.drive().expect("nobody else drives");
    driver.turn(|turn| turn.remote_disconnect(remote));
    driver.drive().expect("nobody else drives");
    let connection = echo.connections.lock().unwrap().pop().expect("it was accepted");
    black_box(echo.close(connection.socket));
    driver.turn(|turn| turn.remote_close(remote));
    // Accept, receive, send's end, disconnect, disconnect's end.
    assert_eq!(echo.take_seen().len(), 5);
}

fn lives(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("provider");
    group.throughput(Throughput::Elements(COUNT as u64));
    let echo = Echo::new();
    let (listener, address) = echo.listener();
    group.bench_function(format!("life of a connection in C/{COUNT}"), |bencher| {
        bencher.iter(|| (0..COUNT).for_each(|_| live(&echo, address)));
    });
    group.finish();
    echo.end(&[listener], 0);
    assert_eq!(echo.findings(), []);
}

fn settings() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .without_plots()
}

criterion_group! { name = benches; config = settings(); targets = lives }
criterion_main!(benches);
