//! Reference: the core's behaviour on one thread, as plainly as it can be said, without a word.

use std::collections::{HashMap, VecDeque};
use wsksim::core::counters::Counts;
use wsksim::core::error::{Answer, CoreError};
use wsksim::core::flags::Edge;
use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::handle::SocketHandle;
use wsksim::core::status::NtStatus;
use wsksim::core::subsystem::{Closing, Subsystem};

/// Something asked of one socket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    Post(Edge),
    Enable,
    Disable,
    Close,
}

/// What was answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Posted(Answer),
    Switched(Result<NtStatus, CoreError>),
    Closed(Result<Closing, CoreError>),
}

/// Asks the real core.
pub(crate) fn ask(subsystem: &Subsystem, handle: SocketHandle, request: Request) -> Reply {
    match request {
        Request::Post(edge) => Reply::Posted(subsystem.post(handle, edge)),
        Request::Enable => Reply::Switched(subsystem.enable(handle)),
        Request::Disable => Reply::Switched(subsystem.disable(handle)),
        Request::Close => Reply::Closed(subsystem.close(handle)),
    }
}

/// One socket, open or not.
#[derive(Debug)]
struct Life {
    handle: SocketHandle,
    open: bool,
    enabled: bool,
    running: bool,
    closing: bool,
    kept: bool,
    posted: [bool; 2],
    /// Accepted and without a fate.
    waiting: [bool; 2],
    /// The queue holds an entry for it, of use or not.
    entry: [bool; 2],
}

impl Life {
    fn spent(&self) -> bool {
        !self.open && !self.running && !self.kept && self.entry == [false; 2]
    }

    fn waiting(&self) -> u64 {
        self.waiting.into_iter().map(u64::from).sum()
    }
}

/// Every socket there ever was, in the order of opening; contexts are places in it.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    lives: Vec<Life>,
    newest: HashMap<u32, usize>,
    queue: VecDeque<(usize, Edge)>,
    counts: Counts,
    max_pending: Option<u64>,
}

impl Reference {
    pub(crate) fn new(max_pending: Option<u64>) -> Self {
        Self { max_pending, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.lives.len()
    }

    pub(crate) fn handle(&self, life: usize) -> SocketHandle {
        self.lives[life].handle
    }

    /// Slots that cannot be opened.
    pub(crate) fn in_use(&self) -> usize {
        self.newest.values().filter(|&&life| !self.lives[life].spent()).count()
    }

    /// Slots that cannot be opened, once the entries of closed sockets are thrown away.
    pub(crate) fn in_use_after_all(&mut self) -> usize {
        let lives = &mut self.lives;
        self.queue.retain(|&(life, edge)| {
            let life = &mut lives[life];
            life.entry[edge as usize] = life.open;
            life.open
        });
        self.in_use()
    }

    /// The core opened a socket: checks that it was right to choose this slot.
    pub(crate) fn opened(&mut self, handle: SocketHandle, enabled: bool, kept: bool) {
        let slots = self.newest.len();
        match self.newest.get(&handle.index).map(|&life| &self.lives[life]) {
            Some(life) => {
                assert!(life.spent(), "the slot of {life:?} was still referred to");
                assert_eq!(handle.generation, life.handle.generation + 1);
            }
            None => {
                assert_eq!((handle.index as usize, handle.generation), (slots, 1));
                assert!(self.in_use() == slots, "a spent slot is taken before a new one");
            }
        }
        self.newest.insert(handle.index, self.lives.len());
        let none = [false; 2];
        self.lives.push(Life {
            handle,
            open: true,
            enabled,
            running: false,
            closing: false,
            kept,
            posted: none,
            waiting: none,
            entry: none,
        });
    }

    /// Whether the owner of the context still has to let go of it, and may.
    pub(crate) fn release(&mut self, life: usize) -> bool {
        let life = &mut self.lives[life];
        !life.open && std::mem::take(&mut life.kept)
    }

    pub(crate) fn ask(&mut self, life: usize, request: Request) -> Reply {
        match request {
            Request::Post(edge) => {
                let answer = self.post(life, edge);
                if answer.accepted() {
                    self.counts.posted[edge as usize] += 1;
                } else {
                    self.counts.refused[answer as usize] += 1;
                }
                Reply::Posted(answer)
            }
            Request::Enable => Reply::Switched(self.usable(life).map(|()| self.enable(life))),
            Request::Disable => Reply::Switched(self.usable(life).map(|()| self.disable(life))),
            Request::Close => Reply::Closed(self.usable(life).map(|()| self.close(life))),
        }
    }

    fn usable(&self, life: usize) -> Result<(), CoreError> {
        let handle = self.lives[life].handle;
        if self.newest[&handle.index] != life {
            Err(CoreError::Stale(handle))
        } else if !self.lives[life].open || self.lives[life].closing {
            Err(CoreError::Closed(handle))
        } else {
            Ok(())
        }
    }

    fn post(&mut self, number: usize, edge: Edge) -> Answer {
        match self.usable(number) {
            Err(CoreError::Stale(_)) => return Answer::Stale,
            Err(_) => return Answer::Closed,
            Ok(()) => {}
        }
        let pending: u64 = self.lives.iter().map(Life::waiting).sum();
        let life = &mut self.lives[number];
        if life.posted[Abortive as usize] || life.posted[edge as usize] {
            return Answer::Repeated;
        }
        if self.max_pending.is_some_and(|limit| pending >= limit) {
            return Answer::Limit;
        }
        life.posted[edge as usize] = true;
        life.waiting[edge as usize] = true;
        if life.enabled {
            life.entry[edge as usize] = true;
            self.queue.push_back((number, edge));
            return Answer::Queued;
        }
        self.supersede(number);
        Answer::Held
    }

    /// Of two edges that wait while the event is disabled only the abortive is kept (D-22).
    fn supersede(&mut self, number: usize) {
        let life = &mut self.lives[number];
        if life.waiting == [true; 2] {
            life.waiting[Graceful as usize] = false;
            self.counts.withheld[0] += 1;
        }
    }

    fn enable(&mut self, number: usize) -> NtStatus {
        if !std::mem::replace(&mut self.lives[number].enabled, true) {
            self.queue_missing(number);
        }
        NtStatus::SUCCESS
    }

    fn queue_missing(&mut self, number: usize) {
        for edge in Edge::BOTH {
            let life = &mut self.lives[number];
            if life.waiting[edge as usize] && !life.entry[edge as usize] {
                life.entry[edge as usize] = true;
                self.queue.push_back((number, edge));
            }
        }
    }

    fn disable(&mut self, number: usize) -> NtStatus {
        self.lives[number].enabled = false;
        self.supersede(number);
        if self.lives[number].running { NtStatus::EVENT_PENDING } else { NtStatus::SUCCESS }
    }

    fn close(&mut self, number: usize) -> Closing {
        let life = &mut self.lives[number];
        self.counts.withheld[1] += life.waiting();
        life.waiting = [false; 2];
        life.enabled = false;
        life.closing = life.running;
        life.open = life.running;
        if life.running { Closing::Pending } else { Closing::Done }
    }

    /// Takes entries until one leads to a call, which begins; gives its life and kind.
    pub(crate) fn begin(&mut self) -> Option<(usize, Edge)> {
        while let Some((number, edge)) = self.queue.pop_front() {
            let life = &mut self.lives[number];
            life.entry[edge as usize] = false;
            if life.enabled && std::mem::take(&mut life.waiting[edge as usize]) {
                life.running = true;
                self.counts.indicated[edge as usize] += 1;
                return Some((number, edge));
            }
        }
        None
    }

    /// The call returned; true when a close was waiting for it.
    pub(crate) fn finish(&mut self, number: usize) -> bool {
        let life = &mut self.lives[number];
        life.running = false;
        if std::mem::take(&mut life.closing) {
            life.open = false;
            return true;
        }
        if life.enabled {
            self.queue_missing(number);
        }
        false
    }

    pub(crate) fn counts(&self) -> Counts {
        let waiting = |enabled| {
            self.lives.iter().filter(|life| life.enabled == enabled).map(Life::waiting).sum()
        };
        let open = self.lives.iter().filter(|life| life.open && !life.closing).count() as u64;
        Counts { queued: waiting(true), held: waiting(false), open, ..self.counts }
    }
}
