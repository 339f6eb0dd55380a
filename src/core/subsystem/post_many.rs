//! Bulk posting: one exchange per socket, one claim of queue places per 64 edges.

use crate::core::error::Answer;
use crate::core::event_queue::entry::Entry;
use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::limits::POST;
use crate::core::prefetch::prefetch;
use crate::core::socket_table::Slot;
use crate::core::subsystem::Subsystem;

/// How many posts got which answer, by [`Answer`].
pub type Answers = [u64; Answer::COUNT];

/// How many sockets ahead of the one being posted are fetched.
const AHEAD: usize = 32;

impl Subsystem {
    /// Posts one edge to each socket, in order; `edge` returns the kind for the socket of that number.
    pub fn post_many(
        &self,
        handles: &[SocketHandle],
        mut edge: impl FnMut(usize) -> Edge,
    ) -> Answers {
        let alone = self.is_alone();
        let mut answers = [0; Answer::COUNT];
        let mut posted = [0u64; 2];
        let mut batch = [Entry::new(0, Edge::Graceful); POST];
        let find = |position: usize| {
            let slot = self.table.get(handles.get(position)?.index)?;
            prefetch(slot);
            Some(slot)
        };
        // The slots of the sockets from the next one on, in turn.
        let mut ahead: [Option<&Slot>; AHEAD] = std::array::from_fn(find);
        for (chunk_number, chunk) in handles.chunks(POST).enumerate() {
            let (mut filled, mut abortive) = (0, 0);
            for (number, &handle) in chunk.iter().enumerate() {
                let position = chunk_number * POST + number;
                let next = &mut ahead[position % AHEAD];
                let slot = std::mem::replace(next, find(position + AHEAD));
                let edge = edge(position);
                match self.accept(alone, slot, handle, edge) {
                    Ok(true) => {
                        batch[filled] = Entry::new(handle.index, edge);
                        filled += 1;
                        abortive += edge as u64;
                    }
                    Ok(false) => {
                        answers[Answer::Held as usize] += 1;
                        posted[edge as usize] += 1;
                    }
                    Err(refusal) => answers[refusal as usize] += 1,
                }
            }
            self.queue.push(alone, &batch[..filled]);
            answers[Answer::Queued as usize] += filled as u64;
            posted[Edge::Graceful as usize] += filled as u64 - abortive;
            posted[Edge::Abortive as usize] += abortive;
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
