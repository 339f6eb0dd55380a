//! The core under loom: every model runs the code that ships, through its public interface.
//!
//! `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 CARGO_TARGET_DIR=target/loom \
//! cargo test --profile ci --test loom -- --test-threads=1`. A model that passes is exhaustive
//! within loom's memory model up to that many preemptions. Each has a mutant in `mutants/` that it
//! must kill. What is counted in `docs/proof.md` is printed as `L1: n executions`.

#[cfg(loom)]
mod closing;
#[cfg(loom)]
mod disabling;
#[cfg(loom)]
mod holding;
#[cfg(loom)]
mod irps;
#[cfg(loom)]
mod machine;
#[cfg(loom)]
mod parking;
#[cfg(loom)]
mod posting;
#[cfg(loom)]
mod reuse;
#[cfg(loom)]
mod stage;
#[cfg(loom)]
mod team;
#[cfg(loom)]
mod turns;

#[cfg(not(loom))]
#[test]
fn models_need_loom() {
    eprintln!("SKIPPED: the loom models run with RUSTFLAGS=\"--cfg loom\" only");
}
