//! Walk: what a test of this folder has seen: which rules were found broken, and how often an application did something
//! and nothing was found.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// What was seen on this thread.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The rules of all findings.
    pub(crate) found: BTreeSet<&'static str>,
    /// Looks that found nothing, though the application had called the provider since the look before.
    pub(crate) clean: usize,
    /// Calls since the last look.
    calls: usize,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// The application calls the provider, or is called.
pub(crate) fn acts() {
    SEEN.with_borrow_mut(|seen| seen.calls += 1);
}

/// A test looks at the findings since its last look.
pub(crate) fn looks(found: impl Iterator<Item = &'static str>) {
    SEEN.with_borrow_mut(|seen| {
        let mut none = true;
        seen.found.extend(found.inspect(|_| none = false));
        seen.clean += usize::from(none && seen.calls > 0);
        seen.calls = 0;
    });
}

/// What a test sees.
pub(crate) fn watch(test: fn()) -> Seen {
    SEEN.take();
    test();
    SEEN.take()
}
