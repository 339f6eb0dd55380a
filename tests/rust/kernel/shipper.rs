//! The faulty shipper of the examples: each of its mistakes is found by its rule, and without one nothing is.

use crate::build::driver;
use crate::line_server::{at, options};
use crate::mistakes::{is_silent, line_of};
use std::rc::Rc;
use wsksim::c::kernel::{Act, Kernel, Object, OnDemand, Options, Remote};
use wsksim::core::chooser::Schedule;
use wsksim::core::random::Share;

const FILES: [&str; 2] = ["examples/drivers/shipper.c", "examples/drivers/shipper_worker.c"];
/// A mistake that only some orders show is looked for under so many seeds.
const SEEDS: u64 = 40;

fn built(mistake: &str) -> Option<Object> {
    let define = format!("-DMISTAKE={mistake}");
    // One run of the compiler instead of two, for each mistake.
    driver(&[&define, "-include", FILES[0], FILES[1]], None)
}

/// Collectors: one hears everything and answers, one aborts, one closes with what it was sent, one says nothing and stays.
fn run(object: &Object, options: Options) -> Rc<Kernel> {
    let kernel = Kernel::load(object, options).expect("it loads");
    if kernel.start_driver() == Some(0) {
        let to = Act::Connect(at(7009));
        let said = |text: &str| Act::Send(text.into());
        let full = Remote::new([
            to.clone(),
            said("hello"),
            Act::Await(20),
            said("thanks"),
            Act::AwaitEnd,
            Act::Disconnect,
        ]);
        kernel.add_remote(full);
        kernel.add_remote(Remote::new([to.clone(), said("a"), Act::Await(2), Act::Abort]));
        kernel.add_remote(Remote::new([to.clone(), said("b"), Act::Close]));
        kernel.add_remote(Remote::new([to, Act::AwaitEnd]));
        kernel.settle(100_000_000);
        kernel.unload();
    }
    kernel
}

/// The mistake, the rule that it breaks, and whether a line is marked with it.
const FOUND: [(&str, &str, bool); 19] = [
    ("EARLY_FREE", "C-14", true),
    ("IRP_REUSED", "I-3", false),
    ("NOT_AWAITED", "I-3", false),
    ("NOT_RELEASED", "C-22", false),
    ("WAIT_IN_CALLBACK", "D-10", true),
    ("LOCK_OVER_WAIT", "Q-3", true),
    ("DOUBLE_FREE", "K-2", true),
    ("LEAK", "K-1", true),
    ("LATE_CALL", "C-16", false),
    ("NOT_DEREGISTERED", "O-12", true),
    ("TOO_HIGH", "Q-1", true),
    ("USE_AFTER_CLOSE", "C-16", true),
    ("CONTINUES", "I-3", false),
    ("COMPLETED_TWICE", "I-3", true),
    ("BUFFER_FREED", "I-9", true),
    ("LOCK_LEFT", "K-9", false),
    ("THREAD_LEFT", "K-8", false),
    ("SOCKET_LEFT", "O-17", true),
    ("WRONG_ANSWER", "G-16", false),
];

#[test]
fn each_mistake_of_the_shipper_is_found() {
    let mut wrong = Vec::new();
    for (mistake, rule, marked) in FOUND {
        let Some(object) = built(mistake) else { return };
        let mut seen = Vec::new();
        let found = (0..SEEDS).any(|seed| {
            let kernel = run(&object, options(seed, Schedule::Explore));
            let findings = kernel.driver().core().findings();
            seen.extend(findings.iter().map(|one| (one.rule.id, one.found.clone())));
            let Some(finding) = findings.iter().find(|one| one.rule.id == rule) else {
                return false;
            };
            if marked {
                let place = finding.place.as_ref().expect("a place");
                let file = FILES
                    .iter()
                    .find(|file| place.file.ends_with(file.rsplit('/').next().expect("a name")));
                let file = file.unwrap_or_else(|| panic!("{mistake}: {place:?}"));
                if place.line != line_of(file, mistake) {
                    wrong.push(format!("{mistake}: {place:?}"));
                }
            }
            true
        });
        if !found {
            seen.truncate(5);
            wrong.push(format!("{mistake}: no {rule}: {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_shipper_without_mistakes_is_silent_in_every_order() {
    let Some(object) = built("NONE") else { return };
    is_silent(200, |options| Some(run(&object, options)));
}

#[test]
fn the_shipper_without_mistakes_is_silent_where_something_fails() {
    let Some(object) = built("NONE") else { return };
    let (mut failed, mut began) = (0, 0);
    is_silent(100, |options| {
        let faults = OnDemand::everything(Share::new(0.1).expect("a share"));
        let kernel = run(&object, Options { faults, ..options });
        failed += kernel.injected().len();
        began += usize::from(kernel.remotes().first().is_some_and(|one| !one.received.is_empty()));
        Some(kernel)
    });
    assert!(failed > 50 && (10..100).contains(&began), "{failed} failed, {began} began");
}

#[test]
fn a_collector_that_stays_hears_every_record() {
    let Some(object) = built("NONE") else { return };
    let kernel = run(&object, options(1, Schedule::Fifo));
    let remotes = kernel.remotes();
    assert_eq!(remotes[0].received, b"0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    assert_eq!(remotes[3].received, remotes[0].received);
}
