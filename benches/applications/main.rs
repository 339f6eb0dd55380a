//! Whole applications in C at load, through the provider's door: the goals A2 to A6 and A8 (docs/performance.md).
//!
//! `applications <work> <count> [made|random] [inline|windows] [rounds]` prints a line of JSON for each round.
//! `work`: `life` (accept, disconnect, close), `message` (64 bytes come and go back), `bulk` (64 KiB likewise, `count`
//! times), `object-life`, `object-message`, `object-bulk` and `seeds` (of a driver's object, whose file comes behind the
//! others), `idle` (what an accepted connection takes), `returns` (what stays of it), `survivors` (what one takes that stays
//! open of sixteen, in so many waves), `adds` (atomic adds). Time is this thread's processor time.
#![allow(clippy::print_stdout, reason = "it says what it measured")]

#[cfg(unix)]
mod objects;
mod server;

use server::Server;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use wsksim::c::Driver;
use wsksim::core::random::Random;
use wsksim::network::address::Address;
use wsksim::wsk::{Completions, Turn};

/// What is asked for.
struct Asked {
    count: usize,
    random: bool,
    completions: Completions,
    rounds: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    // `cargo bench` runs every bench; without arguments there is nothing to measure.
    let [work, count, more @ ..] = arguments.as_slice() else {
        println!(
            "usage: applications life|message|bulk|idle|returns|survivors|adds <count> [made|random] [inline|windows] [rounds]"
        );
        return;
    };
    let has = |word: &str| more.iter().any(|one| one == word);
    let asked = Asked {
        count: count.parse().expect("a number"),
        random: has("random"),
        completions: if has("windows") { Completions::Windows } else { Completions::Inline },
        rounds: more.iter().find_map(|one| one.parse().ok()).unwrap_or(1),
    };
    match work.as_str() {
        "life" => life(&asked),
        "message" => message(&asked, 64),
        "bulk" => message(&asked, 65_536),
        "idle" => idle(&asked),
        "returns" => returns(&asked),
        "survivors" => survivors(&asked),
        "adds" => (0..asked.rounds).for_each(|_| println!("{}", adds(asked.count))),
        #[cfg(unix)]
        work => {
            let file = more.iter().find(|one| one.ends_with(".so")).expect("a driver's object");
            match work {
                "object-life" => objects::life(&asked, file),
                "object-message" => objects::message(&asked, 64, file),
                "object-bulk" => objects::message(&asked, 65_536, file),
                "seeds" => objects::seeds(&asked, file),
                other => panic!("no work is called {other}"),
            }
        }
        #[cfg(not(unix))]
        other => panic!("no work is called {other}"),
    }
}

/// Nanoseconds of this thread's processor time.
fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is this function's own.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Nanoseconds of one atomic add.
fn adds(count: usize) -> f64 {
    let cell = AtomicU64::new(0);
    let begun = now();
    for _ in 0..count {
        black_box(&cell).fetch_add(1, Ordering::SeqCst);
    }
    (now() - begun) as f64 / count as f64
}

/// The remote ends in the order in which they act.
fn ordered(asked: &Asked, mut remotes: Vec<u64>) -> Vec<u64> {
    let mut random = Random::new(7, 0);
    if asked.random {
        for place in (1..remotes.len()).rev() {
            remotes.swap(place, (random.next() % (place as u64 + 1)) as usize);
        }
    }
    remotes
}

/// Remote ends act in runs of so many.
const RUN: usize = 256;

fn connect(driver: &Driver, to: Address, count: usize) -> Vec<u64> {
    let mut remotes = Vec::with_capacity(count);
    while remotes.len() < count {
        let run = RUN.min(count - remotes.len());
        driver.turn(|turn| remotes.extend((0..run).map(|_| turn.remote_connect(to, None).1)));
    }
    assert!(remotes.iter().all(|&remote| remote != 0), "they are connected");
    remotes
}

/// Has a server's clients connect.
fn clients(server: &Server, count: usize) -> Vec<u64> {
    connect(&server.driver, server.address, count)
}

/// Has all remote ends do the same, in this order.
fn each(driver: &Driver, remotes: &[u64], act: impl Fn(&mut Turn<'_>, u64)) {
    for run in remotes.chunks(RUN) {
        driver.turn(|turn| turn.each_remote(run, &act));
    }
}

fn life(asked: &Asked) {
    let mut server = Server::new(asked.count, asked.completions, false);
    for round in 1..=asked.rounds {
        let begun = now();
        let remotes = clients(&server, asked.count);
        let connected = now();
        server.driver.drive().expect("nobody else drives");
        let accepted = now();
        let remotes = ordered(asked, remotes);
        let shuffled = now();
        each(&server.driver, &remotes, |turn, remote| _ = turn.remote_disconnect(remote));
        let disconnected = now();
        server.driver.drive().expect("nobody else drives");
        let closed = now();
        each(&server.driver, &remotes, |turn, remote| turn.remote_close(remote));
        let left = now();
        server.check((asked.count * round) as u64);
        let of = |from: u64, to: u64| (to - from) as f64 / asked.count as f64;
        println!(
            "{{\"ns\": {:.1}, \"add\": {:.2}, \"connect\": {:.1}, \"accept\": {:.1}, \"disconnect\": {:.1}, \"close\": {:.1}, \"leave\": {:.1}}}",
            of(begun, left) - of(accepted, shuffled),
            adds(100_000),
            of(begun, connected),
            of(connected, accepted),
            of(shuffled, disconnected),
            of(disconnected, closed),
            of(closed, left),
        );
    }
    black_box(&mut server);
}

fn message(asked: &Asked, bytes: usize) {
    const CONNECTIONS: usize = 1_000;
    let count = if bytes > 4_096 { 16 } else { CONNECTIONS };
    let server = Server::new(count, asked.completions, true);
    let remotes = ordered(asked, clients(&server, count));
    server.driver.drive().expect("nobody else drives");
    let data = vec![7_u8; bytes];
    let mut copied = vec![0_u8; bytes];
    for _ in 0..asked.rounds {
        let (mut made, begun) = (0, now());
        while made < asked.count {
            for &remote in &remotes {
                server.driver.turn(|turn| turn.remote_send(remote, data.clone()));
            }
            server.driver.drive().expect("nobody else drives");
            for &remote in &remotes {
                assert_eq!(
                    server.driver.turn(|turn| turn.remote_read(remote, usize::MAX)).len(),
                    bytes
                );
            }
            made += count;
        }
        let each = (now() - begun) as f64 / made as f64;
        let begun = now();
        for _ in 0..made {
            black_box(&mut copied).copy_from_slice(black_box(&data));
        }
        let copy = (now() - begun) as f64 / made as f64;
        println!("{{\"ns\": {each:.1}, \"add\": {:.2}, \"copy\": {copy:.1}}}", adds(100_000));
    }
    for remote in remotes {
        server.driver.turn(|turn| turn.remote_disconnect(remote));
        server.driver.drive().expect("nobody else drives");
        server.driver.turn(|turn| turn.remote_close(remote));
    }
    server.check(count as u64);
}

/// Resident bytes of this process.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = text.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0);
    pages * 4_096
}

/// What stays of connections that are closed.
fn returns(asked: &Asked) {
    let mut server = Server::new(asked.count, asked.completions, false);
    // The driver's own contexts are there before, and stay.
    let before = resident();
    let each = |now: u64| (now.saturating_sub(before)) as f64 / asked.count as f64;
    let remotes = ordered(asked, clients(&server, asked.count));
    server.driver.drive().expect("nobody else drives");
    let open = each(resident());
    self::each(&server.driver, &remotes, |turn, remote| _ = turn.remote_disconnect(remote));
    server.driver.drive().expect("nobody else drives");
    self::each(&server.driver, &remotes, |turn, remote| turn.remote_close(remote));
    drop(remotes);
    server.check(asked.count as u64);
    // SAFETY: it gives back what is free.
    unsafe { libc::malloc_trim(0) };
    // SAFETY: it only looks.
    let heap = unsafe { libc::mallinfo2() };
    let used = heap.uordblks as f64 / asked.count as f64;
    println!("{{\"open\": {open:.1}, \"left\": {:.1}, \"heap\": {used:.1}}}", each(resident()));
    black_box(&mut server);
}

/// What those take that stay open, of waves of which every sixteenth does, and what as many take that came at once.
fn survivors(asked: &Asked) {
    let used = || {
        // SAFETY: it only looks.
        let now = unsafe { libc::mallinfo2() };
        (now.uordblks + now.hblkhd) as f64
    };
    for (waves, of) in [(asked.rounds, 16), (1, 1)] {
        let left = asked.count / 16 * asked.rounds;
        let each = if of == 1 { left } else { asked.count };
        let server = Server::new(left + asked.count, asked.completions, false);
        let (before, mut stayed) = (used(), Vec::with_capacity(left));
        for _ in 0..waves {
            let remotes = clients(&server, each);
            server.driver.drive().expect("nobody else drives");
            let stays = |place: usize| place.is_multiple_of(of);
            let (open, short): (Vec<_>, Vec<_>) =
                remotes.iter().enumerate().partition(|(place, _)| stays(*place));
            stayed.extend(open.into_iter().map(|(_, &remote)| remote));
            let short: Vec<_> = short.into_iter().map(|(_, &remote)| remote).collect();
            self::each(&server.driver, &short, |turn, remote| _ = turn.remote_abort(remote));
            server.driver.drive().expect("nobody else drives");
            self::each(&server.driver, &short, |turn, remote| turn.remote_close(remote));
        }
        let bytes = (used() - before) / left as f64 - 8.0;
        println!("{{\"waves\": {waves}, \"stayed\": {left}, \"bytes\": {bytes:.0}}}");
        self::each(&server.driver, &stayed, |turn, remote| _ = turn.remote_abort(remote));
        server.driver.drive().expect("nobody else drives");
    }
}

fn idle(asked: &Asked) {
    let server = Server::new(asked.count, asked.completions, false);
    let before = resident();
    let remotes = clients(&server, asked.count);
    server.driver.drive().expect("nobody else drives");
    let bytes = (resident() - before - 8 * asked.count as u64) as f64 / asked.count as f64;
    println!("{{\"bytes\": {bytes:.0}}}");
    for remote in remotes {
        server.driver.turn(|turn| turn.remote_abort(remote));
    }
    server.driver.drive().expect("nobody else drives");
}
