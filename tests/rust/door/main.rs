//! The provider's door under random calls in random order, from one thread and from two beside a third that drives.
//!
//! A program is a string of bytes. Whatever it says, every request completes exactly once, no callback comes when its
//! socket is gone, the books balance, nothing panics or hangs, and findings name rules that the program broke: none, if
//! it broke none. On one thread a program's history is the same each time, by the fast paths and by the slow ones.
//! `--seconds 60 --seed 7` looks longer, and a program that fails is made smaller and printed with the command that runs it again.

mod actor;
mod application;
mod calls;
mod host;
mod input;
mod misuse;
mod network;
mod program;
mod world;

use input::Input;
use program::Outcome;
use std::collections::BTreeSet;
use std::process::{ExitCode, abort};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Programs of each way when nothing is asked for.
const PROGRAMS: u64 = 250;
/// The most, where something was not met by then.
const MOST: u64 = 4000;
/// Bytes of each stream, about.
const LENGTH: usize = 400;
/// A program that takes longer hangs: it has a few thousand calls.
const HANGS: Duration = Duration::from_secs(60);

/// What programs that are not looked at one by one have to meet: else they look at nothing.
const MEETS: [&str; 30] = [
    "WskSocket",
    "WskSocketConnect",
    "WskControlSocket",
    "WskControlClient",
    "WskCloseSocket",
    "WskBind",
    "WskListen",
    "WskConnect",
    "WskAccept",
    "WskInspectComplete",
    "WskDisconnect",
    "WskGetLocalAddress",
    "WskGetRemoteAddress",
    "WskSend",
    "WskReceive",
    "WskSendTo",
    "WskReceiveFrom",
    "WskReceiveEvent",
    "WskReceiveFromEvent",
    "WskDisconnectEvent",
    "WskAcceptEvent",
    "WskInspectEvent",
    "WskAbortEvent",
    "WskSendBacklogEvent",
    "a cancelled request",
    "a list that is kept",
    "a connection that is refused",
    "a request inside a routine",
    "a close inside a callback",
    "an end by closing the subsystem",
];

/// So long a program that fails is made smaller.
const SHRINKS: Duration = Duration::from_secs(60);

/// What is asked for.
struct Asked {
    seed: u64,
    seconds: Option<u64>,
    input: Option<Input>,
    threads: Option<usize>,
    wild: Option<bool>,
    times: u64,
}

/// The program that runs, for whoever watches that it ends.
#[derive(Default)]
struct Watched {
    number: AtomicU64,
    command: Mutex<String>,
}

fn main() -> ExitCode {
    let asked = match parse(std::env::args().skip(1)) {
        Ok(Some(asked)) => asked,
        Ok(None) => return ExitCode::SUCCESS,
        Err(text) => return say(&text),
    };
    std::panic::set_hook(Box::new(|info| eprintln!("door: {info}")));
    let watched = Arc::new(Watched::default());
    watch(Arc::clone(&watched));
    match look(&asked, &watched) {
        Ok(text) => {
            eprintln!("door: {text}");
            ExitCode::SUCCESS
        }
        Err(text) => say(&text),
    }
}

fn say(text: &str) -> ExitCode {
    eprintln!("door: {text}");
    ExitCode::FAILURE
}

/// Reads the command line; arguments of the usual test harness are no one's here. `None`: it lists tests only.
fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Asked>, String> {
    let mut asked =
        Asked { seed: 1, seconds: None, input: None, threads: None, wild: None, times: 1 };
    while let Some(name) = arguments.next() {
        let mut number = || {
            let value = arguments.next().unwrap_or_default();
            value.parse::<u64>().map_err(|_| format!("{name} {value}: give a number"))
        };
        match name.as_str() {
            "--list" => return Ok(None),
            "--seed" => asked.seed = number()?,
            "--seconds" => asked.seconds = Some(number()?),
            "--threads" => asked.threads = Some(number()? as usize),
            "--times" => asked.times = number()?,
            "--wild" => asked.wild = Some(true),
            "--tame" => asked.wild = Some(false),
            "--input" => {
                let text = arguments.next().unwrap_or_default();
                let input = Input::parse(&text);
                asked.input = Some(input.ok_or(format!("--input {text}: give what was printed"))?);
            }
            _ => {}
        }
    }
    Ok(Some(asked))
}

/// Ends the process when a program does not end, and says which.
fn watch(watched: Arc<Watched>) {
    std::thread::spawn(move || {
        let (mut last, mut since) = (0, Instant::now());
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let number = watched.number.load(SeqCst);
            if number != last {
                (last, since) = (number, Instant::now());
            } else if since.elapsed() > HANGS {
                let command = watched.command.lock().map(|text| text.clone()).unwrap_or_default();
                eprintln!("door: a program hangs; run it again with\n{command}");
                abort();
            }
        }
    });
}

fn command(input: &Input, wild: bool, threads: usize) -> String {
    let mode = if wild { "--wild" } else { "--tame" };
    let times = if threads == 1 { "" } else { " --times 1000" };
    let text = input.text();
    format!(
        "cargo test --profile ci --test door -- --threads {threads} {mode}{times} --input {text}"
    )
}

/// Runs a program and tells what failed; on one thread twice, by the fast paths and by the slow ones, for its history has
/// to be the same. On two, every other program takes the slow ones.
fn failures(
    input: &Input,
    wild: bool,
    threads: usize,
    watched: &Watched,
) -> (Vec<String>, Outcome) {
    if let Ok(mut text) = watched.command.lock() {
        *text = command(input, wild, threads);
    }
    watched.number.fetch_add(1, SeqCst);
    let plain = threads > 1 && input.streams[0].len() % 2 == 1;
    let first = program::run(input, wild, threads, plain);
    let mut failures = first.failures.clone();
    if threads == 1 && failures.is_empty() {
        let again = program::run(input, wild, threads, true);
        failures = again.failures;
        if (again.trace, again.findings) != (first.trace, first.findings) {
            failures.push("the same program had another history".to_owned());
        }
    }
    (failures, first)
}

fn look(asked: &Asked, watched: &Watched) -> Result<String, String> {
    let began = Instant::now();
    let limit = asked.seconds.map(Duration::from_secs);
    let all = asked.input.is_none() && asked.threads.is_none() && asked.wild.is_none();
    let missed = |met: &BTreeSet<&str>| -> Vec<_> {
        MEETS.iter().filter(|what| all && !met.contains(*what)).collect()
    };
    let goes_on = |done: u64, met: &BTreeSet<&str>| match limit {
        Some(limit) => began.elapsed() < limit,
        None if asked.input.is_some() => done < asked.times,
        // What is rare may take more programs, the more so as threads meet differently each time.
        None => done < PROGRAMS || done < MOST && !missed(met).is_empty(),
    };
    let (mut done, mut steps, mut met) = (0, 0, BTreeSet::new());
    while goes_on(done, &met) {
        let seed = asked.seed.wrapping_add(done);
        let input = asked.input.clone().unwrap_or_else(|| Input::random(seed, LENGTH));
        for (wild, threads) in [(false, 1), (true, 1), (false, 2), (true, 2)] {
            if asked.wild.is_some_and(|one| one != wild)
                || asked.threads.is_some_and(|one| one != threads)
            {
                continue;
            }
            let (failed, made) = failures(&input, wild, threads, watched);
            steps += made.steps;
            met.extend(made.met);
            if !failed.is_empty() {
                return Err(smallest(input, seed, wild, threads, &failed, watched));
            }
        }
        done += 1;
    }
    let missed = missed(&met);
    if done >= PROGRAMS && !missed.is_empty() {
        return Err(format!("{done} programs never met {missed:?}"));
    }
    Ok(format!("{done} programs from seed {}, {steps} steps, nothing failed", asked.seed))
}

/// Makes a program that fails smaller, and tells of it.
fn smallest(
    input: Input,
    seed: u64,
    wild: bool,
    threads: usize,
    failed: &[String],
    watched: &Watched,
) -> String {
    // On threads a failure comes and goes.
    let times = if threads == 1 { 1 } else { 20 };
    let began = Instant::now();
    let fails = |input: &Input| {
        let fails = || !failures(input, wild, threads, watched).0.is_empty();
        began.elapsed() < SHRINKS && (0..times).any(|_| fails())
    };
    let first = command(&input, wild, threads);
    eprintln!("door: seed {seed} fails: {failed:?}; making it smaller\n{first}");
    let small = input.shrunk(fails);
    let now = failures(&small, wild, threads, watched).0;
    let command = command(&small, wild, threads);
    format!("seed {seed}: {failed:#?}\nthe smallest: {now:#?}\n{command}")
}
