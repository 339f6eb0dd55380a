//! Bulk posting: one exchange per socket, one claim of queue places per 64 edges.

use crate::core::error::Answer;
use crate::core::event_queue::entry::Entry;
use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::limits::POST;
use crate::core::prefetch::prefetch;
use crate::core::subsystem::Subsystem;

/// How many posts got which answer, by [`Answer`].
pub type Answers = [u64; Answer::COUNT];

/// How many sockets ahead of the one being posted are fetched.
const AHEAD: usize = 16;

impl Subsystem {
    /// Posts one edge to each socket, in order; `edge` gives the kind for the socket of that number.
    pub fn post_many(
        &self,
        handles: &[SocketHandle],
        mut edge: impl FnMut(usize) -> Edge,
    ) -> Answers {
        let alone = self.is_alone();
        let mut answers = [0; Answer::COUNT];
        let mut posted = [0u64; 2];
        let mut batch = [Entry::new(0, Edge::Graceful); POST];
        for (chunk_number, chunk) in handles.chunks(POST).enumerate() {
            let mut filled = 0;
            for (number, &handle) in chunk.iter().enumerate() {
                let position = chunk_number * POST + number;
                if let Some(slot) =
                    handles.get(position + AHEAD).and_then(|h| self.table.get(h.index))
                {
                    prefetch(slot);
                }
                let edge = edge(position);
                let answer = match self.accept(alone, handle, edge) {
                    Ok(true) => {
                        batch[filled] = Entry::new(handle.index, edge);
                        filled += 1;
                        Answer::Queued
                    }
                    Ok(false) => Answer::Held,
                    Err(refusal) => refusal,
                };
                answers[answer as usize] += 1;
                posted[edge as usize] += u64::from(answer.accepted());
            }
            self.queue.push(alone, &batch[..filled]);
        }
        for edge in Edge::BOTH {
            if posted[edge as usize] > 0 {
                self.counters.posted(alone, edge, posted[edge as usize]);
            }
        }
        for answer in [Answer::Stale, Answer::Closed, Answer::Repeated, Answer::Limit] {
            if answers[answer as usize] > 0 {
                self.counters.refused(answer, answers[answer as usize]);
            }
        }
        answers
    }
}
