//! `RTL_RUN_ONCE`: what is initialised once, by whoever comes first; the others wait.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, read, write};
use crate::c::kernel::waits::{Until, Wait};
use crate::c::sanitizers;

/// The lowest bits of the pointer: nobody has begun, somebody has, several may have, it is done.
const STATE: usize = 3;
const BEGUN: usize = 1;
const ASYNC: usize = 3;
const DONE: usize = 2;
/// `RTL_RUN_ONCE_CHECK_ONLY`, `RTL_RUN_ONCE_ASYNC`, `RTL_RUN_ONCE_INIT_FAILED`.
const CHECK_ONLY: u32 = 1;
const IS_ASYNC: u32 = 2;
const FAILED: u32 = 4;

const PENDING: i32 = 0x103;
const UNSUCCESSFUL: i32 = 0xC000_0001_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
const NAME_COLLISION: i32 = 0xC000_0035_u32.cast_signed();

impl Kernel {
    /// Begins, or waits for whoever has begun: `STATUS_PENDING` to the one that has to initialise.
    fn begin_once(&self, once: usize, flags: u32, context: usize, name: &'static str) -> i32 {
        loop {
            let value = read::<usize>(once);
            match value & STATE {
                DONE => {
                    sanitizers::acquire(once);
                    write(context, value & !STATE);
                    return 0;
                }
                _ if flags & CHECK_ONLY != 0 => return UNSUCCESSFUL,
                0 => {
                    write(once, if flags & IS_ASYNC != 0 { ASYNC } else { BEGUN });
                    self.touch(once, name);
                    return PENDING;
                }
                ASYNC if flags & IS_ASYNC != 0 => return PENDING,
                BEGUN if flags & IS_ASYNC == 0 => {
                    self.wait(Wait::new(name, Until::Told(once), None));
                }
                _ => {
                    let found = format!("{name} was called with and without RTL_RUN_ONCE_ASYNC");
                    self.report("K-14", found);
                    return INVALID_PARAMETER;
                }
            }
        }
    }

    /// Who began is done, or has failed and leaves it to the next (K-14).
    fn complete_once(&self, once: usize, flags: u32, context: usize, name: &'static str) -> i32 {
        let state = read::<usize>(once) & STATE;
        let wanted = if flags & IS_ASYNC != 0 { ASYNC } else { BEGUN };
        if state == DONE && wanted == ASYNC {
            // Another one was faster.
            return NAME_COLLISION;
        }
        if state != wanted {
            self.report("K-14", format!("{name} was called for what nobody had begun so"));
            return UNSUCCESSFUL;
        }
        if context & STATE != 0 {
            let found = format!("{name} was given a context whose two lowest bits are not zero");
            self.report("K-14", found);
            return INVALID_PARAMETER;
        }
        if flags & FAILED == 0 {
            write(once, context | DONE);
        } else {
            write(once, 0_usize);
        }
        self.touch(once, name);
        self.tell(once);
        0
    }
}

pub(crate) unsafe extern "C" fn initialize(once: usize) {
    border(place::RtlRunOnceInitialize, |_| write(once, 0_usize));
}

pub(crate) unsafe extern "C" fn execute(
    once: usize,
    function: usize,
    parameter: usize,
    context: usize,
) -> i32 {
    border(place::RtlRunOnceExecuteOnce, |kernel| {
        let name = "RtlRunOnceExecuteOnce";
        let status = kernel.begin_once(once, 0, context, name);
        if status != PENDING {
            return status;
        }
        // Without a place for the context the function still has one.
        let Some(own) = memory::Block::new(8) else { return UNSUCCESSFUL };
        let place = if context == 0 { own.at() } else { context };
        if memory::call_once(function, once, parameter, place) == 0 {
            kernel.complete_once(once, FAILED, 0, name);
            return UNSUCCESSFUL;
        }
        kernel.complete_once(once, 0, read::<usize>(place), name)
    })
}

pub(crate) unsafe extern "C" fn begin(once: usize, flags: u32, context: usize) -> i32 {
    border(place::RtlRunOnceBeginInitialize, |kernel| {
        kernel.begin_once(once, flags, context, "RtlRunOnceBeginInitialize")
    })
}

pub(crate) unsafe extern "C" fn complete(once: usize, flags: u32, context: usize) -> i32 {
    border(place::RtlRunOnceComplete, |kernel| {
        kernel.complete_once(once, flags, context, "RtlRunOnceComplete")
    })
}
