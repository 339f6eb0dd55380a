//! Faults: each classic mistake of a driver is found, by its rule, at its line; without one nothing is.

use crate::line_server::at;
use crate::mistakes::{Mistake, are_found, found, is_silent, mistaken, rules};
use std::rc::Rc;
use wsksim::c::kernel::{Act, Ended, Kernel, Options, Remote};

const FILE: &str = "tests/drivers/faults.c";

/// Runs the driver with a mistake; `None` without a compiler.
fn run(switch: Option<&str>, options: Options) -> Option<Rc<Kernel>> {
    let object = mistaken(FILE, switch)?;
    let kernel = Kernel::load(&object, options).expect("it loads");
    if kernel.start_driver() == Some(0) {
        let connect = Act::Connect(at(7008));
        kernel.add_remote(Remote::new([connect.clone(), Act::Disconnect, Act::AwaitEnd]));
        kernel.add_remote(Remote::new([connect, Act::Abort]));
        kernel.settle(100_000_000);
        kernel.unload();
    }
    Some(kernel)
}

const FOUND: [Mistake; 16] = [
    ("LEAK", "K-1", Some("LEAK")),
    ("DOUBLE_FREE", "K-2", Some("DOUBLE_FREE")),
    ("WRONG_TAG", "K-3", Some("WRONG_TAG")),
    ("IRP_LEFT", "K-4", Some("IRP_LEFT")),
    ("HANDLE_LEFT", "K-4", None),
    ("LOCK_TWICE", "K-5", Some("LOCK_TWICE")),
    ("UNINITIALIZED", "K-6", Some("UNINITIALIZED")),
    ("DEADLOCK", "K-7", Some("DEADLOCK")),
    ("THREAD_LEFT", "K-8", None),
    ("NO_UNLOAD", "K-9", None),
    ("REGISTERED", "O-12", Some("REGISTERED")),
    ("EARLY_FREE", "C-14", Some("EARLY_FREE")),
    ("CLOSE_TWICE", "C-16", Some("CLOSE_TWICE")),
    ("WAIT_AT_DISPATCH", "Q-3", Some("WAIT_AT_DISPATCH")),
    ("WAIT_IN_CALLBACK", "D-10", Some("WAIT_IN_CALLBACK")),
    ("RAISED", "Q-2", None),
];

#[test]
fn each_mistake_is_found_at_its_line() {
    are_found(FILE, &FOUND, |switch| run(Some(switch), Options::default()));
}

#[test]
fn a_driver_without_mistakes_is_accused_of_nothing() {
    is_silent(100, |options| run(None, options));
}

#[test]
fn one_mistake_is_one_finding() {
    for switch in ["LEAK", "WRONG_TAG", "DEADLOCK", "LOCK_TWICE", "WAIT_AT_DISPATCH", "THREAD_LEFT"]
    {
        let Some(kernel) = run(Some(switch), Options::default()) else { return };
        assert_eq!(rules(&kernel).len(), 1, "{switch}: {:?}", kernel.driver().core().findings());
    }
}

#[test]
fn a_deadlock_names_who_waits_where_and_who_touched_it_last() {
    let Some(kernel) = run(Some("DEADLOCK"), Options::default()) else { return };
    assert_eq!(kernel.ended(), Some(Ended::Deadlock));
    let findings = kernel.driver().core().findings();
    let text = format!("{:?}", found(&findings, "K-7").found);
    for part in [
        "the system's thread waits in KeWaitForSingleObject at faults.c",
        "in Unload",
        "KeClearEvent",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn time_passes_where_nothing_else_can_happen() {
    let Some(kernel) = run(Some("TIME_OUT"), Options::default()) else { return };
    assert_eq!((kernel.ended(), rules(&kernel)), (None, vec![]));
    assert!(kernel.now() >= 30_000_000, "{}", kernel.now());
}

#[test]
fn what_ends_a_run_is_told() {
    let Some(kernel) = run(Some("BUG_CHECK"), Options::default()) else { return };
    assert_eq!(kernel.ended(), Some(Ended::BugCheck(0xE2, [1, 2, 3, 4])));
    let Some(kernel) = run(Some("ASSERTS"), Options::default()) else { return };
    let ended = kernel.ended();
    assert!(matches!(&ended, Some(Ended::Assertion(text)) if text.starts_with("Open == 77 at ")));
}

#[test]
fn a_wait_in_a_callback_is_carried_out_where_that_is_asked_for() {
    let lenient = Options { lenient: true, ..Options::default() };
    let Some(kernel) = run(Some("WAIT_IN_CALLBACK"), lenient) else { return };
    assert_eq!(rules(&kernel)[0], "D-10");
    assert_eq!(kernel.ended(), Some(Ended::Deadlock));
    let Some(kernel) = run(Some("WAIT_IN_CALLBACK"), Options::default()) else { return };
    assert_eq!(
        (kernel.ended(), rules(&kernel)),
        (Some(Ended::Waited("KeWaitForSingleObject")), vec!["D-10"])
    );
}

#[test]
fn a_driver_entry_that_fails_is_told_by_its_status() {
    let Some(object) = mistaken(FILE, Some("FAILS")) else { return };
    let kernel = Kernel::load(&object, Options::default()).expect("it loads");
    assert_eq!(kernel.start_driver(), Some(0xC000_009A_u32.cast_signed()));
}
