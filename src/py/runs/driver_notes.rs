//! Notes: what a driver's process writes down while it runs, for the one that watches it: should it die, that is all there is.

use crate::py::values::dying::write_down;
use std::sync::atomic::{AtomicI32, Ordering};

/// The number of the file.
static FILE: AtomicI32 = AtomicI32::new(-1);

/// What notes everything in the file of this number from now on.
pub(crate) fn to(file: i32) -> fn(&'static str, &str) {
    // Relaxed: the thread that sets it runs the driver.
    FILE.store(file, Ordering::Relaxed);
    note
}

/// One line: a kind, a tab, and what happened.
fn note(kind: &'static str, text: &str) {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    write_down(FILE.load(Ordering::Relaxed), format!("{kind}\t{text}\n").as_bytes());
}
