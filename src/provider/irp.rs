//! IRP: one request at a time, in whichever language; both languages' objects are views on this record.
//!
//! What a request needs while it is under way stands in a [`Flight`] of its own, so nothing touches the IRP after its
//! completion routine took it over (I-6).

use crate::core::status::NtStatus;
use crate::core::sync::{Condvar, Mutex, wait_for};
use crate::provider::application::Moment;
use crate::provider::findings::Report;
use crate::provider::functions::{Function, function};
use std::sync::Arc;
use std::time::Duration;

/// When a completion routine is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// `InvokeOnSuccess`.
    pub success: bool,
    /// `InvokeOnError`.
    pub error: bool,
    /// `InvokeOnCancel`.
    pub cancel: bool,
}

impl Switches {
    /// For every outcome, as WSK demands (I-3).
    pub const ALL: Self = Self { success: true, error: true, cancel: true };
    /// For none.
    pub const NONE: Self = Self { success: false, error: false, cancel: false };
}

/// Why an IRP cannot be treated so (I-3): nothing happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse {
    /// What was found.
    pub found: &'static str,
    /// The socket of its last request; 0 for none.
    pub socket: u64,
    /// What was done with it before.
    pub before: Moment,
}

impl Misuse {
    /// The breach that it is, in a call of `caller`.
    #[must_use]
    pub fn report(&self, caller: &str) -> Report {
        let advice = match self.before {
            Moment::Freed => "Use no IRP after IoFreeIrp: free it last, or allocate another.",
            _ => "Wait until its completion routine has run; IoCancelIrp asks for an early end.",
        };
        let found = format!("{caller}: {}", self.found);
        Report::of("I-3", found, self.socket).advising(advice).after(self.before)
    }
}

/// What the provider knows of one IRP.
#[derive(Debug)]
pub struct Irp(Mutex<Record>);

#[derive(Debug)]
struct Record {
    /// The request that has it, or had it last.
    last: Option<Arc<Flight>>,
    /// One that serves again: the one before `IoReuseIrp`, or none at all, whose memory then lies beside the IRP's and not
    /// among what connections give back.
    spare: Option<Arc<Flight>>,
    /// There is a completion routine.
    routine: bool,
    switches: Switches,
    /// `IoReuseIrp` gives this routine back.
    standing: bool,
    fresh: bool,
    freed: bool,
    from_above: bool,
    cancelled: bool,
    /// Stack locations, of which a request takes one (I-2).
    locations: u8,
}

impl Record {
    fn in_use(&self) -> bool {
        self.last.as_ref().is_some_and(|flight| !flight.is_completed())
    }

    fn misuse(&self, found: &'static str) -> Misuse {
        let before = if self.freed { Moment::Freed } else { Moment::Begun };
        Misuse { found, socket: self.last.as_ref().map_or(0, |flight| flight.socket), before }
    }
}

const FREED: &str = "the IRP was given to IoFreeIrp before";
const IN_USE: &str = "the IRP's request is under way";

impl Irp {
    /// An IRP; with a `standing` routine it is ready for use, and `IoReuseIrp` makes it so again.
    #[must_use]
    pub fn new(standing: bool) -> Self {
        let switches = if standing { Switches::ALL } else { Switches::NONE };
        Self(Mutex::new(Record {
            last: None,
            spare: Some(Arc::new(Flight::new(0, &function::CONTROL_SOCKET, 0, 0))),
            routine: standing,
            switches,
            standing,
            fresh: true,
            freed: false,
            from_above: false,
            cancelled: false,
            locations: 1,
        }))
    }

    /// It was made with so many stack locations, if not with one (I-2).
    pub fn set_locations(&self, count: u8) {
        self.0.lock().locations = count;
    }

    /// It came from a higher driver: it may go without a routine, and is not freed here (I-10).
    pub fn set_from_above(&self) {
        self.0.lock().from_above = true;
    }

    /// Whether a request is under way with it.
    #[must_use]
    pub fn in_use(&self) -> bool {
        self.0.lock().in_use()
    }

    /// Whether it may be given to a request without `IoReuseIrp`.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.0.lock().fresh
    }

    /// Whether it was given to `IoFreeIrp`.
    #[must_use]
    pub fn is_freed(&self) -> bool {
        self.0.lock().freed
    }

    /// Whether `IoCancelIrp` was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.lock().cancelled
    }

    /// The application wrote the cancel bit itself.
    pub fn set_cancelled(&self, cancelled: bool) {
        self.0.lock().cancelled = cancelled;
    }

    /// Its last request.
    #[must_use]
    pub fn last(&self) -> Option<Arc<Flight>> {
        self.0.lock().last.clone()
    }

    /// What is wrong with giving it to a request (I-2, I-3), and whether that can be made all the same: a freed one is
    /// gone, one in use is completed by the request that has it, and one without a stack location has no room for a routine.
    pub(crate) fn fit(&self) -> Fit {
        let record = self.0.lock();
        if record.freed {
            return Fit::Freed;
        }
        if let Some(flight) = record.last.as_ref().filter(|flight| !flight.is_completed()) {
            return Fit::Taken(flight.function.name);
        }
        if record.locations == 0 {
            return Fit::NoLocation;
        }
        let reused = !record.fresh;
        let unprepared =
            !record.from_above && (!record.routine || record.switches != Switches::ALL);
        Fit::Usable { reused, unprepared }
    }

    /// Hands it to a request; `None` if another thread's has just got it (I-3, I-4).
    pub(crate) fn begin(&self, flight: Flight) -> Option<Arc<Flight>> {
        let mut record = self.0.lock();
        if record.freed || record.in_use() {
            return None;
        }
        if !record.fresh {
            record.cancelled = false;
        }
        record.fresh = false;
        // The memory of the last one will do, if nobody looks at that any more.
        let flight = match record.last.take().or(record.spare.take()) {
            Some(mut spare) => match Arc::get_mut(&mut spare) {
                Some(memory) => {
                    *memory = flight;
                    spare
                }
                None => Arc::new(flight),
            },
            None => Arc::new(flight),
        };
        record.last = Some(Arc::clone(&flight));
        Some(flight)
    }

    /// Whether its routine is to run when its request completes with `status`, and whether it is a higher driver's.
    pub(crate) fn outcome(&self, status: NtStatus) -> (bool, bool) {
        let record = self.0.lock();
        let Switches { success, error, cancel } = record.switches;
        let asked = if status.is_success() { success } else { error };
        (record.routine && (asked || cancel && record.cancelled), record.from_above)
    }

    /// `IoSetCompletionRoutine` (I-3): `routine` tells whether it is not NULL.
    ///
    /// # Errors
    ///
    /// [`Misuse`]: it was freed, or its request is under way.
    pub fn set_routine(&self, routine: bool, switches: Switches) -> Result<(), Misuse> {
        self.at_rest(|record| {
            record.routine = routine;
            record.switches = switches;
        })
    }

    /// `IoReuseIrp` (I-3); tells whether it has its standing routine back.
    ///
    /// # Errors
    ///
    /// [`Misuse`]: it was freed, or its request is under way.
    pub fn reuse(&self) -> Result<bool, Misuse> {
        self.at_rest(|record| {
            record.cancelled = false;
            record.routine = record.standing;
            record.switches = if record.standing { Switches::ALL } else { Switches::NONE };
            record.spare = record.last.take();
            record.fresh = true;
            record.standing
        })
    }

    /// `IoFreeIrp` (I-3, I-6).
    ///
    /// # Errors
    ///
    /// [`Misuse`]: it was freed before, or its request is under way.
    pub fn free(&self) -> Result<(), Misuse> {
        self.at_rest(|record| {
            record.freed = true;
            record.routine = false;
            record.standing = false;
        })
    }

    /// `IoCancelIrp`, but for the request itself: sets the cancel bit (I-12); returns the request that may be
    /// cancelled.
    ///
    /// # Errors
    ///
    /// [`Misuse`]: it was freed.
    pub fn cancel(&self) -> Result<Option<Arc<Flight>>, Misuse> {
        let mut record = self.0.lock();
        if record.freed {
            return Err(record.misuse(FREED));
        }
        record.cancelled = true;
        Ok(record.last.clone().filter(|flight| !flight.is_completed()))
    }

    /// Whether it is there (I-10).
    ///
    /// # Errors
    ///
    /// [`Misuse`]: it was freed.
    pub fn check_there(&self) -> Result<(), Misuse> {
        let record = self.0.lock();
        if record.freed { Err(record.misuse(FREED)) } else { Ok(()) }
    }

    fn at_rest<T>(&self, change: impl FnOnce(&mut Record) -> T) -> Result<T, Misuse> {
        let mut record = self.0.lock();
        if record.freed {
            return Err(record.misuse(FREED));
        }
        if record.in_use() {
            return Err(record.misuse(IN_USE));
        }
        Ok(change(&mut record))
    }
}

/// Whether an IRP can be given to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// No: it was given to `IoFreeIrp`.
    Freed,
    /// No: a request of this function is under way with it.
    Taken(&'static str),
    /// No: it has no stack location (I-2).
    NoLocation,
    /// Yes, with what is to be said of it.
    Usable {
        /// It was completed, and `IoReuseIrp` was not called.
        reused: bool,
        /// It has no routine for every outcome.
        unprepared: bool,
    },
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    UnderWay,
    /// `IoStatus` is set; the IRP is its routine's.
    Completed,
    /// The routine has returned.
    Over,
}

/// One request of one IRP, from its call to the return of its completion routine.
#[derive(Debug)]
pub struct Flight {
    /// Names the IRP to the machine while the request is under way; 0 if it never reaches one.
    pub number: u64,
    /// Which function was called.
    pub function: &'static Function,
    /// Whose function it is; 0 if it is a client's.
    pub socket: u64,
    /// The registration whose client's function it is; 0 if it is a socket's.
    pub registration: u64,
    stage: Mutex<Progress>,
    over: Condvar,
}

/// How far a request is, and how many threads wait for its end: a word to nobody is a system call too.
#[derive(Debug)]
struct Progress {
    stage: Stage,
    waiters: u32,
}

impl PartialEq for Flight {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Flight {}

impl Flight {
    pub(crate) fn new(
        number: u64,
        function: &'static Function,
        socket: u64,
        registration: u64,
    ) -> Self {
        let progress = Progress { stage: Stage::UnderWay, waiters: 0 };
        let (stage, over) = (Mutex::new(progress), Condvar::new());
        Self { number, function, socket, registration, stage, over }
    }

    /// Whether `IoStatus` tells how it ended.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        self.stage.lock().stage >= Stage::Completed
    }

    /// Whether its completion routine has returned.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stage.lock().stage == Stage::Over
    }

    /// `IoStatus` is written: from here on the IRP belongs to its routine (I-6).
    pub(crate) fn set_completed(&self) {
        self.stage.lock().stage = Stage::Completed;
    }

    pub(crate) fn finish(&self) {
        let mut progress = self.stage.lock();
        progress.stage = Stage::Over;
        if progress.waiters > 0 {
            self.over.notify_all();
        }
    }

    /// Waits until it is over, at most so long; whether it is.
    pub fn wait(&self, limit: Duration) -> bool {
        let mut progress = self.stage.lock();
        if progress.stage == Stage::Over {
            return true;
        }
        progress.waiters += 1;
        let mut progress = wait_for(&self.over, progress, limit);
        progress.waiters -= 1;
        progress.stage == Stage::Over
    }
}
