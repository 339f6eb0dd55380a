//! Crowd: sockets that many threads disconnect, close, disable, enable and reopen, and their handlers.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use wsksim::core::dispatch::{Batch, Host};
use wsksim::core::error::Answer;
use wsksim::core::flags::Edge;
use wsksim::core::handle::SocketHandle;
use wsksim::core::handlers::{HandlerId, HandlerKind};
use wsksim::core::indication::{Breach, Indication, Verdict};
use wsksim::core::random::{Random, Share};
use wsksim::core::subsystem::{Closing, Opening, Options, Subsystem};

/// How many sockets are open at a time.
pub(crate) const SOCKETS: u64 = 512;

/// Slots that may be taken at a time: a closed socket keeps its own while the queue has an entry of it, or a call runs.
const SLOTS: usize = 1 << 16;

/// What the calls of one slot write, as handlers write into their contexts, without any lock (D-24): the thread
/// sanitizer tells if what orders two of them is too weak.
#[derive(Default)]
struct Page(UnsafeCell<u64>);

// SAFETY: that calls of one socket come one after the other, and a slot's next life after them, is what the thread
// sanitizer is to find out over `a_storm_keeps_the_rules_and_the_books`.
unsafe impl Sync for Page {}

impl Page {
    fn write(&self) {
        // SAFETY: as for `Sync`.
        unsafe { *self.0.get() += 1 };
    }
}

/// The sockets; contexts are places on the board.
pub(crate) struct Crowd {
    pub(crate) subsystem: Subsystem,
    /// The present life at each place.
    board: Vec<AtomicU64>,
    pages: Vec<Page>,
    handlers: [HandlerId; 3],
    kept: bool,
}

/// Calls of the native handler, whichever storm made them.
static NATIVE_CALLS: AtomicU64 = AtomicU64::new(0);

pub(crate) fn native_calls() -> u64 {
    NATIVE_CALLS.load(Ordering::Relaxed)
}

extern "system" fn native(_context: *mut c_void, flags: u32) -> i32 {
    NATIVE_CALLS.fetch_add(1, Ordering::Relaxed);
    if flags & 1 == 0 {
        std::thread::yield_now(); // Leaves room for a second worker in the same call.
    }
    0
}

impl Crowd {
    pub(crate) fn new(seed: u64, kept: bool) -> Self {
        let subsystem = Subsystem::new(Options { seed, ..Options::default() });
        let address = (native as *const c_void).expose_provenance() as u64;
        let handlers = [
            HandlerId::new(HandlerKind::Single, 0),
            HandlerId::new(HandlerKind::Batch, 0),
            subsystem.native_handler(address).unwrap(),
        ];
        let board = (0..SOCKETS).map(|_| AtomicU64::new(0)).collect();
        let pages = (0..SLOTS).map(|_| Page::default()).collect();
        let crowd = Self { subsystem, board, pages, handlers, kept };
        (0..SOCKETS).for_each(|place| crowd.open(place));
        crowd
    }

    fn open(&self, place: u64) {
        let handler = self.handlers[(place % 3) as usize];
        let opening =
            Opening { handler, enabled: !place.is_multiple_of(5), kept: self.kept, hold: false };
        let handle = self.subsystem.open(place, opening).expect("there is no limit");
        self.board[place as usize].store(handle.bits(), Ordering::Release);
    }

    pub(crate) fn at(&self, place: u64) -> SocketHandle {
        SocketHandle::from_bits(self.board[place as usize].load(Ordering::Acquire))
    }

    pub(crate) fn close(&self, handle: SocketHandle) -> bool {
        let closing = self.subsystem.close(handle);
        if closing == Ok(Closing::Done) && self.kept {
            self.pages[handle.index as usize].write();
            self.subsystem.release(handle.index);
        }
        closing.is_ok()
    }

    fn reopen(&self, place: u64, handle: SocketHandle) {
        // Only one close of a life succeeds, so only one thread writes the place.
        if self.close(handle) {
            self.open(place);
        }
    }

    /// One disconnect somewhere; a connection that can have no more gives way to a new one.
    pub(crate) fn post(&self, random: &mut Random) {
        // Lets the workers keep up, or most edges would meet a close before their call.
        while self.subsystem.counts().queued > SOCKETS / 4 {
            std::thread::yield_now();
        }
        let place = random.next() % SOCKETS;
        let abortive = Share::new(0.4).is_some_and(|share| random.happens(share));
        let handle = self.at(place);
        let answer = self.subsystem.post(handle, Edge::from_bit(u64::from(abortive)));
        if answer == Answer::Repeated {
            self.reopen(place, handle);
        }
    }

    /// One request of the application somewhere.
    pub(crate) fn ask(&self, random: &mut Random) {
        let place = random.next() % SOCKETS;
        self.ask_of(place, self.at(place), random.next());
    }

    fn ask_of(&self, place: u64, handle: SocketHandle, choice: u64) {
        match choice % 4 {
            0 => self.reopen(place, handle),
            // A closed or stale socket refuses both, which is as good as any other answer here.
            1 => drop(self.subsystem.disable(handle)),
            _ => drop(self.subsystem.enable(handle)),
        }
    }
}

/// The handlers of kind single and batch.
pub(crate) struct Member<'c> {
    pub(crate) crowd: &'c Crowd,
    pub(crate) random: Random,
}

impl Member<'_> {
    fn act(&mut self, place: u64, handle: SocketHandle) {
        self.crowd.pages[handle.index as usize].write();
        let choice = self.random.next();
        match choice % 8 {
            0 => self.crowd.ask_of(place, handle, choice >> 8),
            1 => drop(self.crowd.subsystem.post(handle, Edge::Abortive)),
            2 => std::thread::yield_now(),
            _ => {}
        }
    }
}

impl Host for Member<'_> {
    fn admits(&self, _: HandlerKind) -> bool {
        true
    }

    fn call(&mut self, indication: &Indication) -> Verdict {
        self.act(indication.context, indication.handle);
        Verdict::Success
    }

    fn call_batch(
        &mut self,
        _: HandlerId,
        batch: &Batch<'_>,
        _: &mut dyn FnMut(usize, Breach),
    ) -> Verdict {
        for row in 0..batch.len() {
            self.act(batch.contexts[row], batch.handle(row));
        }
        Verdict::Success
    }

    fn closed(&mut self, index: u32) {
        if self.crowd.kept {
            self.crowd.pages[index as usize].write();
            self.crowd.subsystem.release(index);
        }
    }
}
