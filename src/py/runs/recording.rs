//! Recording: the connections of a capture as the script of a storm.

use crate::capture::Sent;
use crate::network::address::Address;
use crate::source::Event;
use crate::storm::lives::Ending;
use crate::storm::script::{Act, Line};

/// What is known of a capture on its way into a script.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// When its first packet was recorded, in nanoseconds since 1970.
    first_ns: Option<i64>,
    /// The instant of the last line.
    last: u64,
    /// To which of several addresses each connection goes.
    picks: Vec<u32>,
}

impl Recording {
    /// To which of `count` addresses a life connects: to that whose port its flow had, else to each in turn.
    pub(crate) fn pick(&self, life: u64, count: usize) -> usize {
        let picked = usize::try_from(life).ok().and_then(|life| self.picks.get(life));
        picked.map_or((life % count as u64) as usize, |pick| *pick as usize)
    }

    /// The lines of events, and of what remote ends sent between them; time goes `factor` times as fast as recorded.
    pub(crate) fn lines(
        &mut self,
        events: &[Event],
        sent: &[Sent],
        (first_ns, factor): (i64, f64),
        addresses: &[Address],
    ) -> Vec<Line> {
        self.first_ns.get_or_insert(first_ns);
        let mut lines = Vec::with_capacity(events.len() + sent.len());
        let mut sent = sent.iter().peekable();
        for (place, event) in events.iter().enumerate() {
            while let Some(sent) = sent.next_if(|sent| sent.before <= place) {
                lines.push(self.send(sent, factor));
            }
            let (life, time_ns, act) = match *event {
                Event::Open { connection, time_ns, local, .. } => {
                    if addresses.len() > 1 {
                        let at = addresses.iter().position(|at| at.port() == local.port);
                        let turn = (connection % addresses.len() as u64) as u32;
                        self.picks.push(at.map_or(turn, |at| at as u32));
                    }
                    (connection, time_ns, Act::Begin)
                }
                Event::Edge { connection, time_ns, abortive, .. } => {
                    let ending = if abortive { Ending::Abort } else { Ending::Disconnect };
                    (connection, time_ns, Act::End(ending))
                }
                Event::Close { connection, time_ns, .. } => (connection, time_ns, Act::Lose),
            };
            let instant = self.instant(time_ns, factor);
            lines.push(Line { instant, life, act });
        }
        lines.extend(sent.map(|sent| self.send(sent, factor)));
        lines
    }

    fn send(&mut self, sent: &Sent, factor: f64) -> Line {
        let instant = self.instant(sent.time_ns, factor);
        Line { instant, life: sent.connection, act: Act::Send(sent.bytes) }
    }

    /// When a packet is due; packets that were recorded out of order come at once.
    fn instant(&mut self, time_ns: i64, factor: f64) -> u64 {
        let passed = time_ns.saturating_sub(self.first_ns.unwrap_or(time_ns)).max(0);
        self.last = self.last.max((passed as f64 / factor) as u64);
        self.last
    }
}
