//! The provider's door: programs of calls on one thread, the same that `cargo test --test door` runs, found by coverage.
//!
//! Threads stay with that test: a fuzzer has to see the same edges whenever it runs the same bytes.
#![no_main]

#[path = "../../rust/door/actor.rs"]
mod actor;
#[path = "../../rust/door/application.rs"]
mod application;
#[path = "../../rust/door/calls.rs"]
mod calls;
#[path = "../../rust/door/host.rs"]
mod host;
#[path = "../../rust/door/input.rs"]
#[allow(dead_code, reason = "the fuzzer makes its own programs, and smaller ones")]
mod input;
#[path = "../../rust/door/misuse.rs"]
mod misuse;
#[path = "../../rust/door/network.rs"]
mod network;
#[path = "../../rust/door/program.rs"]
#[allow(dead_code, reason = "what a program meets is counted by the seeded harness")]
mod program;
#[path = "../../rust/door/world.rs"]
mod world;

use input::Input;

/// A program may break rules.
const WILD: u8 = 0x1;
/// A program is run twice, by the fast paths and by the slow ones, and has to have the same history.
const TWICE: u8 = 0x2;

/// One byte of the modes above, four of the header, one that says how many of the rest are for the inside of callbacks;
/// the two actors share what is left.
fn read(data: &[u8]) -> Option<(u8, Input)> {
    let (&[mode, a, b, c, d, share], rest) = data.split_first_chunk()?;
    let (inside, rest) = rest.split_at(rest.len() * usize::from(share) / 256);
    let (one, two) = rest.split_at(rest.len() / 2);
    let streams = [one, two, inside].map(<[u8]>::to_vec);
    Some((mode, Input { header: [a, b, c, d], streams }))
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((mode, input)) = read(data) else { return };
    let wild = mode & WILD != 0;
    let first = program::run(&input, wild, 1, false);
    let mut failures = first.failures;
    if mode & TWICE != 0 && failures.is_empty() {
        let again = program::run(&input, wild, 1, true);
        failures = again.failures;
        if (again.trace, again.findings) != (first.trace, first.findings) {
            failures.push("the same program had another history".to_owned());
        }
    }
    if !failures.is_empty() {
        let word = if wild { "--wild" } else { "--tame" };
        let command = "cargo test --profile ci --test door -- --threads 1";
        panic!("{failures:#?}\n{command} {word} --input {}", input.text());
    }
});
