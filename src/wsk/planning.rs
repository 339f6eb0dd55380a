//! Planning: for which instants the doings of remote ends were planned, where somebody measures what they lead to.

use crate::core::flags::Edge;
use crate::core::handle::SocketHandle;
use crate::core::planned::Planned;
use crate::network::Party;
use crate::wsk::machine::Turn;
use foldhash::HashMap;
use std::sync::Arc;

/// What is known of planned instants.
#[derive(Debug)]
pub(crate) struct Plans {
    words: Arc<Planned>,
    /// When each remote end was to connect, and when to do what ends its connection.
    instants: HashMap<u64, (u64, Option<u64>)>,
    /// When those were to connect whose connection was over before it was accepted; nobody has asked for these yet.
    missed: Vec<u64>,
}

impl Turn<'_> {
    /// From now on the edges of remote ends are noted with the instants that they were planned for.
    pub fn time_edges(&mut self, words: Arc<Planned>) {
        self.on.plans = Some(Plans { words, instants: HashMap::default(), missed: Vec::new() });
    }

    /// A remote end was to connect at this instant.
    pub fn plan_connect(&mut self, remote: u64, instant: u64) {
        if let Some(plans) = &mut self.on.plans {
            plans.instants.insert(remote, (instant, None));
        }
    }

    /// A remote end is to do at this instant what ends its connection; to be called before it does.
    pub fn plan_end(&mut self, remote: u64, instant: u64) {
        if let Some(plans) = &mut self.on.plans
            && let Some((_, end)) = plans.instants.get_mut(&remote)
        {
            *end = Some(instant);
        }
    }

    /// When the remote end of a connection was to connect, if anybody knows.
    #[must_use]
    pub fn planned_connect(&self, socket: u64) -> Option<u64> {
        let plans = self.on.plans.as_ref()?;
        plans.instants.get(&self.remote_of(socket)?).map(|(connect, _)| *connect)
    }

    /// A connection was over before it was accepted.
    pub(crate) fn plan_missed(&mut self, remote: u64) {
        if let Some(plans) = &mut self.on.plans
            && let Some((connect, _)) = plans.instants.get(&remote)
        {
            plans.missed.push(*connect);
        }
    }

    /// Takes the planned instants of connects whose connections were over before they were accepted.
    pub fn take_missed(&mut self) -> Vec<u64> {
        self.on.plans.as_mut().map(|plans| std::mem::take(&mut plans.missed)).unwrap_or_default()
    }

    /// The planned instants of connects whose connections wait to be accepted.
    #[must_use]
    pub fn planned_of_waiting(&self) -> Vec<u64> {
        let Some(plans) = &self.on.plans else { return Vec::new() };
        let instants = self.waiting_remotes();
        instants.iter().filter_map(|remote| Some(plans.instants.get(remote)?.0)).collect()
    }

    /// The remote end at the other side of a socket's connection.
    pub(crate) fn remote_of(&self, socket: u64) -> Option<u64> {
        let (line, side) = self.look(socket)?.line?;
        match self.on.lines.get(line)?.ends[1 - side].party {
            Some(Party::Remote(remote)) => Some(remote),
            _ => None,
        }
    }

    /// An edge of a socket is about to be posted.
    pub(crate) fn plan_edge(&self, socket: u64, handle: SocketHandle, edge: Edge) {
        let Some(plans) = &self.on.plans else { return };
        let planned = self.remote_of(socket).and_then(|remote| plans.instants.get(&remote)?.1);
        if let Some(instant) = planned {
            plans.words.plan(handle.index, edge, instant);
        }
    }

    /// A core socket begins: no edge is on its way in its slot.
    pub(crate) fn clear_plan(&self, handle: SocketHandle) {
        if let Some(plans) = &self.on.plans {
            plans.words.clear_all(handle.index);
        }
    }

    /// A remote end is gone.
    pub(crate) fn forget_plan(&mut self, remote: u64) {
        if let Some(plans) = &mut self.on.plans {
            plans.instants.remove(&remote);
        }
    }
}
