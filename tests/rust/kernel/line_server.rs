//! The line server of the examples: under every order that a seed gives, its remote ends hear their lines, nothing is found
//! wrong, and nothing is left.

use crate::build::driver;
use std::collections::HashSet;
use std::rc::Rc;
use wsksim::c::kernel::{Act, Kernel, Object, Options, Remote};
use wsksim::core::chooser::Schedule;
use wsksim::core::irql::IrqlPolicy;
use wsksim::core::subsystem;
use wsksim::network::address::{AF_INET, Address};
use wsksim::wsk::{Completions, Policies};

const FILES: [&str; 2] = ["examples/drivers/line_server.c", "examples/drivers/line_worker.c"];

pub(crate) fn options(seed: u64, schedule: Schedule) -> Options {
    let subsystem = subsystem::Options {
        seed,
        schedule,
        irql: IrqlPolicy::Mixed,
        ..subsystem::Options::default()
    };
    let policies = Policies { completions: Completions::Drawn, ..Policies::default() };
    Options { subsystem, policies, ..Options::default() }
}

pub(crate) fn at(port: u16) -> Address {
    Address::new(AF_INET, &[127, 0, 0, 1], port).expect("four bytes")
}

/// Remote ends; one that falls silent takes nothing more, so the server's one thread waits for it until the unload.
fn remotes(silent: bool) -> Vec<Remote> {
    let to = Act::Connect(at(7007));
    let said = |text: &str| Act::Send(text.into());
    let mut remotes = vec![
        Remote::new([
            to.clone(),
            said("one\ntwo\n"),
            Act::Await(8),
            Act::Disconnect,
            Act::AwaitEnd,
            Act::Close,
        ]),
        Remote::new([
            to.clone(),
            said("half"),
            said(" a line\nrest"),
            Act::Disconnect,
            Act::AwaitEnd,
        ]),
        Remote::new([to.clone(), said("gone\n"), Act::Abort]),
    ];
    if silent {
        remotes.push(Remote::new([to, said("silent\n"), Act::Vanish]));
    }
    remotes
}

fn run(object: &Object, options: Options, silent: bool) -> Rc<Kernel> {
    let kernel = Kernel::load(object, options).expect("it loads");
    assert_eq!(kernel.start_driver(), Some(0), "{:?}", kernel.ended());
    remotes(silent).into_iter().for_each(|remote| kernel.add_remote(remote));
    kernel.settle(10_000_000);
    kernel.unload();
    kernel
}

fn check(kernel: &Kernel, silent: bool, what: &str) {
    let findings = kernel.driver().core().findings();
    let told: Vec<_> =
        findings.iter().map(|one| (one.rule.id, one.found.clone(), one.place.clone())).collect();
    assert!(told.is_empty(), "{what}: {told:#?}");
    assert_eq!(kernel.ended(), None, "{what}");
    assert_eq!(kernel.driver().holds(), (0, 0, 0), "{what}: requests, sockets, lists");
    let remotes = kernel.remotes();
    if silent {
        return;
    }
    assert_eq!(String::from_utf8_lossy(&remotes[0].received), "one\ntwo\nbye\n", "{what}");
    assert_eq!(String::from_utf8_lossy(&remotes[1].received), "half a line\nrestbye\n", "{what}");
    assert!(remotes.iter().all(Remote::is_done), "{what}");
}

#[test]
fn oldest_first_every_line_is_answered() {
    let Some(object) = driver(&FILES, None) else { return };
    let kernel = run(&object, Options::default(), false);
    check(&kernel, false, "fifo");
}

#[test]
fn in_every_order_every_line_is_answered_and_a_seed_has_one_trace() {
    let Some(object) = driver(&FILES, None) else { return };
    let mut traces = HashSet::new();
    for seed in 0..200 {
        let silent = seed % 2 == 1;
        let schedule = if seed % 4 == 3 { Schedule::Pct(3) } else { Schedule::Explore };
        let kernel = run(&object, options(seed, schedule), silent);
        check(&kernel, silent, &format!("seed {seed}"));
        let again = run(&object, options(seed, schedule), silent);
        assert_eq!((kernel.trace(), kernel.steps()), (again.trace(), again.steps()), "seed {seed}");
        traces.insert(kernel.trace());
    }
    assert!(traces.len() > 190, "{} traces of 200 seeds", traces.len());
}
