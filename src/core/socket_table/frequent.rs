//! Frequent: the transitions that nearly every edge makes, each decided by one comparison.
//!
//! Each of these functions returns what its namesake in `word` returns, or `None` where something stands
//! in the way; then the caller asks the namesake. A test compares them over every word.

use crate::core::flags::Edge;
use crate::core::socket_table::word::{
    BOTH, CALLING, CLOSING, ENABLED, ENTRY, HOLD, OPEN, POSTED, RUNNING, UNREAD, WAITING, WANTED,
    Word,
};

const GENERATION: u64 = !(u32::MAX as u64);
const ABORTIVE: u64 = 1 << Edge::Abortive as u64;

const fn generation(generation: u32) -> u64 {
    (generation as u64) << 32
}

/// What a begin looks at, how it has to be, and what it changes.
struct Begin {
    looked: u64,
    wanted: u64,
    changed: u64,
}

/// By kind of edge.
static BEGIN: [Begin; 2] = [begin(Edge::Graceful), begin(Edge::Abortive)];

const fn begin(edge: Edge) -> Begin {
    let kind = 1u64 << edge as u64;
    let entered = kind * (WAITING | ENTRY);
    // The other kind's edge may wait behind a graceful one, not before an abortive one (D-21).
    let overtaken = (edge as u64) * WAITING;
    let state = OPEN | CLOSING | ENABLED | CALLING | HOLD | UNREAD;
    Begin {
        looked: state | entered | overtaken,
        wanted: OPEN | ENABLED | entered,
        changed: entered | RUNNING,
    }
}

impl Word {
    /// The post of an edge that is queued at once: nothing was posted before that stands against it,
    /// and nothing holds edges back.
    #[inline]
    pub(crate) fn post_at_once(self, of: u32, edge: Edge) -> Option<Self> {
        let kind = 1u64 << edge as u64;
        let blocks = CLOSING | HOLD | UNREAD | (ABORTIVE * POSTED) | (kind * POSTED);
        let against = GENERATION | OPEN | ENABLED | blocks;
        let fits = self.0 & against == generation(of) | OPEN | ENABLED;
        fits.then_some(Self(self.0 | (kind * (POSTED | WAITING | ENTRY))))
    }

    /// The begin of a call that nothing stands before.
    #[inline]
    pub(crate) fn begin_at_once(self, edge: Edge) -> Option<Self> {
        let begin = &BEGIN[edge as usize];
        (self.0 & begin.looked == begin.wanted).then_some(Self(self.0 ^ begin.changed))
    }

    /// The end of a call during which nothing came.
    #[inline]
    pub(crate) fn finish_at_once(self) -> Option<Self> {
        let against = CLOSING | WANTED | (BOTH * WAITING);
        (self.0 & against == 0).then_some(Self(self.0 & !CALLING))
    }

    /// The close of a socket that is not called and for which no edge waits.
    #[inline]
    pub(crate) fn close_at_once(self, of: u32) -> Option<Self> {
        let against = GENERATION | OPEN | CLOSING | CALLING | (BOTH * WAITING);
        (self.0 & against == generation(of) | OPEN).then_some(Self(self.0 & !(OPEN | ENABLED)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::socket_table::word::Begun;

    const GENERATIONS: [u32; 2] = [6, 7];
    const BITS: u64 = 15;

    fn words() -> impl Iterator<Item = Word> {
        GENERATIONS.into_iter().flat_map(|of| (0..1 << BITS).map(move |b| Word(generation(of) | b)))
    }

    /// How many words the frequent transition was taken for; each agreed with the general one.
    fn agreed(frequent: impl Fn(Word) -> Option<Word>, general: impl Fn(Word) -> Word) -> usize {
        let taken = words().filter_map(|word| Some((word, frequent(word)?)));
        taken.inspect(|&(word, after)| assert_eq!(after, general(word), "{word:?}")).count()
    }

    #[test]
    fn frequent_transitions_are_the_general_ones() {
        for edge in Edge::BOTH {
            let post = |word: Word| match word.post(7, edge) {
                Ok(posted) if posted.queued && !posted.superseded => posted.word,
                other => panic!("{word:?}: {other:?}"),
            };
            assert!(agreed(|word| word.post_at_once(7, edge), post) >= 32);
            let begin = |word: Word| match word.begin(edge) {
                Begun::Call(after) => after,
                other => panic!("{word:?}: {other:?}"),
            };
            assert!(agreed(|word| word.begin_at_once(edge), begin) >= 32);
        }
        let finish = |word: Word| match word.finish() {
            finished if finished.owed == 0 && !finished.closed && !finished.wanted => finished.word,
            other => panic!("{word:?}: {other:?}"),
        };
        let frequent = |word: Word| if word.is_calling() { word.finish_at_once() } else { None };
        assert!(agreed(frequent, finish) >= 32);
        let close = |word: Word| match word.close(7) {
            Ok(closed) if closed.withheld == 0 && closed.done => closed.word,
            other => panic!("{word:?}: {other:?}"),
        };
        assert!(agreed(|word| word.close_at_once(7), close) >= 32);
    }

    #[test]
    fn stirring_changes_a_word_and_nothing_that_it_means() {
        for edge in Edge::BOTH {
            for word in words() {
                let (mut stirred, begin) =
                    (word, |word: Word| word.begin_at_once(edge).map(|after| after.0 ^ word.0));
                // As often as it takes to come round: the count never runs into the generation.
                for _ in 0..if word.0 & 0x7FFF == 0x7FFF { 1 << 17 } else { 1 } {
                    let before = stirred;
                    stirred = stirred.stirred();
                    assert!(stirred != before && stirred.generation() == word.generation());
                    assert_eq!(stirred.0 & 0x7FFF, word.0 & 0x7FFF);
                    assert_eq!(begin(stirred), begin(word));
                }
                assert!((stirred == word) == (word.0 & 0x7FFF == 0x7FFF));
            }
        }
    }
}
