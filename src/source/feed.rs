//! Feed: from a source's events to the sockets and edges of a subsystem, a batch at a time.
//!
//! Opens and posts that follow each other are made in bulk; between two dispatches nobody can tell. The caller decides
//! when to dispatch, and does so before a close that would withhold edges.

use crate::core::error::Answer;
use crate::core::flags::{DisconnectFlags, Edge};
use crate::core::handle::SocketHandle;
use crate::core::subsystem::{Closing, Subsystem};
use crate::source::{Endpoint, Event};
use std::collections::{HashMap, VecDeque};

/// Who opens the connections of a feed: it knows what their contexts are.
pub trait Connector {
    /// Why it could not.
    type Error;

    /// The core; asked anew each time, for a context may be made by code that ends it.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being asked.
    fn core(&self) -> Result<&Subsystem, Self::Error>;

    /// Opens one socket for each pair of ends, ours and the remote's, the first of them number `first`.
    ///
    /// # Errors
    ///
    /// Whatever refused it; then none was opened.
    fn open(
        &mut self,
        first: usize,
        ends: &[(Endpoint, Endpoint)],
    ) -> Result<Vec<SocketHandle>, Self::Error>;

    /// An edge is about to be posted that was recorded at this time.
    fn planned(&mut self, _handle: SocketHandle, _edge: Edge, _time_ns: i64) {}

    /// The close of a core socket is complete: its slot is to be released.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being released.
    fn release(&mut self, index: u32) -> Result<(), Self::Error>;
}

/// Where the edge of one indication comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The number of the file.
    pub file: usize,
    /// The number of the packet in it.
    pub packet: u64,
    /// When that packet was recorded, in nanoseconds since 1970.
    pub time_ns: i64,
    /// Our end and the remote's.
    pub ends: (Endpoint, Endpoint),
    /// `Flags` of the indication.
    pub flags: u32,
    /// The socket.
    pub handle: SocketHandle,
}

/// Opens the connections of a source and posts their edges.
#[derive(Debug, Default)]
pub struct Feed {
    /// Whether each event is applied before the next one is looked at: making a context may run code of the user's,
    /// which then sees what came before.
    singly: bool,
    events: Vec<Event>,
    /// How many of the events were applied.
    applied: usize,
    /// The socket of each connection, by its number.
    sockets: Vec<SocketHandle>,
    /// The ends of those to be opened next.
    opens: Vec<(Endpoint, Endpoint)>,
    /// What is posted behind them.
    posts: Vec<Post>,
    /// From which event on which file was read, in the order of the events.
    marks: VecDeque<(usize, usize)>,
    /// The number of the file that the next event is from.
    file: usize,
    /// Edges that wait to be indicated.
    waiting: u64,
    trace: Option<Trace>,
}

#[derive(Clone, Copy, Debug)]
struct Post {
    connection: u64,
    edge: Edge,
    place: Place,
}

/// Number of the file, number of the packet in it, time.
type Place = (usize, u64, i64);

/// Where the edges of sockets come from.
#[derive(Debug, Default)]
struct Trace {
    ends: HashMap<SocketHandle, (Endpoint, Endpoint)>,
    edges: HashMap<(SocketHandle, Edge), Place>,
}

impl Feed {
    /// A feed without events; `traced`: it remembers where edges come from.
    #[must_use]
    pub fn new(singly: bool, traced: bool) -> Self {
        Self { singly, trace: traced.then(Trace::default), ..Self::default() }
    }

    /// Takes the next events. All earlier ones have been applied, or are given up.
    ///
    /// `marks` says from which event on which file was read.
    pub fn take(&mut self, events: Vec<Event>, marks: VecDeque<(usize, usize)>) {
        (self.events, self.marks, self.applied) = (events, marks, 0);
    }

    /// Gives up the events that were taken, and returns their memory for the next ones.
    pub fn recycle(&mut self) -> Vec<Event> {
        (self.marks, self.applied) = (VecDeque::new(), 0);
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        events
    }

    /// When the next event took place, in nanoseconds since 1970.
    #[must_use]
    pub fn next_ns(&self) -> Option<i64> {
        self.events.get(self.applied).map(|event| match event {
            Event::Open { time_ns, .. }
            | Event::Edge { time_ns, .. }
            | Event::Close { time_ns, .. } => *time_ns,
        })
    }

    /// Applies what was taken, `limit` events at most; false if it stopped before a close, because edges wait
    /// that the close would withhold.
    ///
    /// # Errors
    ///
    /// What the connector could not.
    pub fn apply<C: Connector>(
        &mut self,
        by: &mut C,
        limit: Option<usize>,
    ) -> Result<bool, C::Error> {
        let left = self.events.len() - self.applied;
        let end = self.applied + limit.map_or(left, |limit| limit.min(left));
        // In a closed subsystem the first open is refused, and what came before it is not.
        let singly = self.singly || by.core()?.is_shut();
        while self.applied < end {
            while let Some((_, file)) = self.marks.pop_front_if(|(from, _)| *from <= self.applied) {
                self.file = file;
            }
            match self.events[self.applied] {
                Event::Open { local, remote, .. } => self.opens.push((local, remote)),
                Event::Edge { connection, packet, time_ns, abortive } => {
                    let edge = if abortive { Edge::Abortive } else { Edge::Graceful };
                    let place = (self.file, packet, time_ns);
                    self.posts.push(Post { connection, edge, place });
                }
                Event::Close { connection, .. } => {
                    self.flush(by)?;
                    if self.waiting > 0 {
                        return Ok(false);
                    }
                    self.close(by, connection)?;
                }
            }
            self.applied += 1;
            if singly {
                self.flush(by)?;
            }
        }
        self.flush(by)?;
        Ok(true)
    }

    /// How many edges wait to be indicated; they will be now, so the count begins anew.
    pub fn take_waiting(&mut self) -> u64 {
        std::mem::take(&mut self.waiting)
    }

    /// Takes the journal of the core, with the origin of each indication; nothing without a trace.
    pub fn take_origins(&mut self, core: &Subsystem) -> Vec<Origin> {
        let Some(trace) = &mut self.trace else { return Vec::new() };
        let origin = |(handle, flags)| {
            let abortive = flags & DisconnectFlags::ABORTIVE != 0;
            let edge = if abortive { Edge::Abortive } else { Edge::Graceful };
            let (file, packet, time_ns) = trace.edges.remove(&(handle, edge))?;
            let ends = *trace.ends.get(&handle)?;
            Some(Origin { file, packet, time_ns, ends, flags, handle })
        };
        core.take_journal().into_iter().filter_map(origin).collect()
    }

    /// Opens what waits to be opened, then posts what waits to be posted.
    fn flush<C: Connector>(&mut self, by: &mut C) -> Result<(), C::Error> {
        self.open(by)?;
        self.post(by)
    }

    fn open<C: Connector>(&mut self, by: &mut C) -> Result<(), C::Error> {
        if self.opens.is_empty() {
            return Ok(());
        }
        let opens = std::mem::take(&mut self.opens);
        let handles = by.open(self.sockets.len(), &opens)?;
        if let Some(trace) = &mut self.trace {
            trace.ends.extend(handles.iter().copied().zip(opens));
        }
        self.sockets.extend(handles);
        Ok(())
    }

    fn post<C: Connector>(&mut self, by: &mut C) -> Result<(), C::Error> {
        if self.posts.is_empty() {
            return Ok(());
        }
        let posts = std::mem::take(&mut self.posts);
        let socket = |post: &Post| self.sockets[post.connection as usize];
        let handles: Vec<_> = posts.iter().map(socket).collect();
        if let Some(trace) = &mut self.trace {
            let origins = posts.iter().zip(&handles);
            trace.edges.extend(origins.map(|(post, &at)| ((at, post.edge), post.place)));
        }
        for (post, &handle) in posts.iter().zip(&handles) {
            by.planned(handle, post.edge, post.place.2);
        }
        let answers = by.core()?.post_many(&handles, |number| posts[number].edge);
        self.waiting += answers[Answer::Queued as usize] + answers[Answer::Held as usize];
        Ok(())
    }

    fn close<C: Connector>(&mut self, by: &mut C, connection: u64) -> Result<(), C::Error> {
        let handle = self.sockets[connection as usize];
        if by.core()?.close(handle) == Ok(Closing::Done) {
            by.release(handle.index)?;
        }
        if let Some(trace) = &mut self.trace {
            trace.ends.remove(&handle);
            for edge in Edge::BOTH {
                trace.edges.remove(&(handle, edge));
            }
        }
        Ok(())
    }
}
