//! Pacing: posts edges at their planned instants for a moment, on a thread that also dispatches them or on
//! one beside workers, and waits in between.

use crate::core::handle::SocketHandle;
use crate::core::subsystem::Subsystem;
use crate::core::sync::{spin_loop, yield_now};
use crate::storm::generator::Due;
use crate::storm::timing::Timing;
use std::time::Duration;

/// How long one moment is, in nanoseconds: then the caller may look for signals (R18).
const SLICE: u64 = 20_000_000;
/// A sleep may end this much too late, in nanoseconds: the last of a wait is spent awake.
const SLEEPY: u64 = 150_000;
/// What is shorter is spent awake altogether, in nanoseconds.
pub const SHORT: u64 = 20_000;

/// What a thread does that posts and dispatches in turn.
pub trait InTurn {
    /// Why it may fail.
    type Error;

    /// Posts what is due.
    ///
    /// # Errors
    ///
    /// What keeps it from being posted.
    fn post_due(&mut self) -> Result<Due, Self::Error>;

    /// Has some of what was posted handled; tells how many calls were made.
    ///
    /// # Errors
    ///
    /// What ended the drive.
    fn dispatch(&mut self) -> Result<u64, Self::Error>;

    /// Waits for an instant.
    fn wait(&mut self, timing: &Timing, until: u64) {
        wait(timing, until);
    }
}

/// Posts and dispatches for a moment; whether there is nothing left to post.
///
/// # Errors
///
/// What [`InTurn`] failed with.
pub fn pace_in_turn<T: InTurn>(timing: &Timing, thread: &mut T) -> Result<bool, T::Error> {
    let end = timing.now() + SLICE;
    loop {
        let due = thread.post_due()?;
        if due == Due::Done {
            return Ok(true);
        }
        let called = thread.dispatch()?;
        match due {
            Due::At(instant) if called == 0 => thread.wait(timing, instant.min(end)),
            // Nobody else drives, so nobody will handle it any more: it was closed, or its event
            // disabled, behind our back.
            Due::Busy(handle) if called == 0 => timing.planned().clear_all(handle.index),
            _ => {}
        }
        if timing.now() >= end {
            return Ok(false);
        }
    }
}

/// Posts for a moment, while workers dispatch; whether there is nothing left to post, or nobody left to post
/// for.
///
/// # Errors
///
/// What keeps edges from being posted.
pub fn pace_beside<E>(
    core: &Subsystem,
    timing: &Timing,
    mut post_due: impl FnMut() -> Result<Due, E>,
) -> Result<bool, E> {
    let end = timing.now() + SLICE;
    let mut busy: Option<SocketHandle> = None;
    loop {
        match post_due()? {
            Due::Done => return Ok(true),
            Due::More => {}
            Due::At(instant) => wait(timing, instant.min(end)),
            Due::Busy(handle) => {
                // A socket that somebody has closed will never be handled.
                if busy == Some(handle) && core.look(handle).is_err() {
                    timing.planned().clear_all(handle.index);
                }
                busy = Some(handle);
                yield_now();
            }
        }
        // The workers have stopped early: they say why themselves.
        if core.is_halted() {
            return Ok(true);
        }
        if timing.now() >= end {
            return Ok(false);
        }
    }
}

/// Sleeps while there is time for it, and is awake when the instant comes.
pub fn wait(timing: &Timing, until: u64) {
    loop {
        let left = until.saturating_sub(timing.now());
        match left {
            0 => return,
            SLEEPY.. => std::thread::sleep(Duration::from_nanos(left - SLEEPY)),
            SHORT.. => yield_now(),
            _ => spin_loop(),
        }
    }
}
