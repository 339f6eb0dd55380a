//! A driver that works until it is unloaded: time passes for it as long as its calls last, and it comes to its end.

use crate::build::driver;
use wsksim::c::kernel::{Kernel, Object, Options};

/// A minute of virtual time, in which the driver would make six million calls.
const MINUTE: u64 = 60 * 10_000_000;

fn run(object: &Object, steps: u64) -> Option<String> {
    let kernel = Kernel::load(object, Options { steps, ..Options::default() }).expect("it loads");
    assert_eq!(kernel.start_driver(), Some(0));
    kernel.settle(MINUTE);
    kernel.unload();
    assert_eq!(kernel.driver().core().findings().len(), 0);
    kernel.ended().map(|ended| ended.to_string())
}

#[test]
fn a_busy_driver_is_unloaded_before_its_calls_are_over() {
    let Some(object) = driver(&["tests/drivers/busy.c"], None) else { return };
    assert_eq!(run(&object, 100_000), None);
    let told = "it made 50 calls and did not end";
    assert_eq!(run(&object, 50).as_deref(), Some(told), "there is no room for one turn");
}
