//! Chain: requests that a completion routine makes, whose own routines make the next ones.
//!
//! A request that is decided at once is completed on its caller's stack, but not inside a completion routine: there
//! the call answers `STATUS_PENDING`, and the routine of the new request runs when the one that made it has returned
//! (I-5, I-11). The outermost routine of a thread sees to that, in the order in which the requests were made, so a
//! chain of any length needs the stack of one (docs/adr/0006).

use crate::provider::application::Stopped;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// The way back to the provider whose request was made inside a routine, of whichever subsystem.
pub trait Link {
    /// Completes the request of that number, if it is decided by now and nobody has completed it.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if its routine ended the work on this stack.
    fn complete_deferred(&self, number: u64) -> Result<(), Stopped>;
}

struct Begun {
    link: Rc<dyn Link>,
    number: u64,
}

thread_local! {
    /// What was begun inside the routines of this thread; `None` outside of routines.
    static BEGUN: RefCell<Option<VecDeque<Begun>>> = const { RefCell::new(None) };
}

/// Whether a completion routine runs on this thread, on whatever stack.
#[must_use]
pub fn is_chained() -> bool {
    BEGUN.with_borrow(Option::is_some)
}

/// A request was made inside a routine.
pub(crate) fn begin(link: Rc<dyn Link>, number: u64) {
    BEGUN.with_borrow_mut(|begun| {
        if let Some(begun) = begun {
            begun.push_back(Begun { link, number });
        }
    });
}

/// Ends the chain, also when a panic does.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        // Dropped outside the borrow: a link may hold objects of the application.
        let begun = BEGUN.take();
        drop(begun);
    }
}

/// Completes one request, and then those that its routine began. What stops ends the chain: the rest waits for the
/// next drive.
pub(crate) fn run(first: impl FnOnce() -> Result<(), Stopped>) -> Result<(), Stopped> {
    if is_chained() {
        return first();
    }
    BEGUN.set(Some(VecDeque::new()));
    let _end = End;
    first()?;
    loop {
        let next = BEGUN.with_borrow_mut(|begun| begun.as_mut().and_then(VecDeque::pop_front));
        match next {
            Some(Begun { link, number }) => link.complete_deferred(number)?,
            None => return Ok(()),
        }
    }
}
