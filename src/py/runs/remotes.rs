//! Remotes: the remote ends of a storm on the simulated network, with the application driven on this thread.

use crate::core::sync::Mutex;
use crate::network::address::Address;
use crate::peers;
use crate::py::drive::driving::dispatch;
use crate::py::keep::shared::Shared;
use crate::py::runs::recording::Recording;
use crate::py::values::errors::error;
use crate::storm::Timing;
use crate::storm::course::Totals;
use crate::storm::ends::{Deed, Dialled, Ends, Told};
use crate::storm::lives::{Ending, Life};
use crate::storm::pacing::{SHORT, wait};
use crate::wsk::{Notice, Turn};
use pyo3::prelude::*;
use std::sync::Arc;

/// Most calls of the application between two looks at what is due, on this machine's clock.
const CALLS: u64 = 64;

/// The remote ends of a storm on the simulated network.
pub(crate) struct Remotes<'py, 's> {
    py: Python<'py>,
    shared: &'s Arc<Shared>,
    addresses: &'s [Vec<Address>],
    listeners: &'s [Option<u64>],
    recording: &'s Mutex<Recording>,
    notices: Vec<(u64, Notice)>,
    /// The clock, if it is this machine's.
    timing: Option<&'s Timing>,
}

impl<'py, 's> Remotes<'py, 's> {
    pub(crate) fn new(
        py: Python<'py>,
        shared: &'s Arc<Shared>,
        addresses: &'s [Vec<Address>],
        listeners: &'s [Option<u64>],
        recording: &'s Mutex<Recording>,
    ) -> Self {
        let (notices, timing) = (Vec::new(), shared.timing.get());
        Self { py, shared, addresses, listeners, recording, notices, timing }
    }

    fn turn<T>(&self, act: impl FnOnce(&mut Turn<'_>) -> T) -> PyResult<T> {
        if self.shared.core.is_shut() {
            let text = "storm: asked to go on; the subsystem is closed; leave that to the storm";
            return Err(error(self.py, "SubsystemClosedError", text));
        }
        let provider = self.shared.provider();
        let (result, missed) =
            provider.on(&self.shared.core).turn(|turn| (act(turn), turn.take_missed()));
        self.note_missed(&missed);
        self.shared.let_go(self.py, provider.machine());
        Ok(result)
    }

    /// Notes how long those have waited whose connections were over before they were accepted.
    fn note_missed(&self, missed: &[u64]) {
        if let Some(timing) = self.timing {
            missed.iter().for_each(|planned| timing.missed(*planned));
        }
    }
}

impl Ends for Remotes<'_, '_> {
    type Error = PyErr;

    fn connect(&mut self, life: &Life) -> PyResult<Dialled> {
        let addresses = self.addresses.get(life.group as usize).filter(|all| !all.is_empty());
        let Some(addresses) = addresses else { return Ok(Dialled::Failed) };
        let to = match addresses.as_slice() {
            [only] => *only,
            several => several[self.recording.lock().pick(life.number, several.len())],
        };
        self.turn(|turn| peers::connect(turn, to))
    }

    fn accept(&mut self, group: u32) -> PyResult<Option<u64>> {
        let Some(Some(listener)) = self.listeners.get(group as usize) else { return Ok(None) };
        self.turn(|turn| turn.remote_accept(*listener))
    }

    fn seen(&mut self, end: u64) -> PyResult<Option<Told>> {
        self.turn(|turn| peers::seen(turn, end))
    }

    fn send(&mut self, end: u64, bytes: u64) -> PyResult<()> {
        self.turn(|turn| peers::send(turn, end, bytes))
    }

    fn read(&mut self, end: u64, most: u64) -> PyResult<u64> {
        self.turn(|turn| peers::read(turn, end, most))
    }

    fn end(&mut self, end: u64, ending: Ending) -> PyResult<()> {
        self.turn(|turn| peers::end(turn, end, ending))
    }

    fn time_out(&mut self, end: u64) -> PyResult<bool> {
        self.turn(|turn| turn.remote_timeout(end))
    }

    fn kill(&mut self, end: u64) -> PyResult<bool> {
        self.turn(|turn| turn.remote_kill(end))
    }

    fn leave(&mut self, end: u64) -> PyResult<()> {
        self.turn(|turn| turn.remote_close(end))
    }

    fn drive(&mut self, told: &mut Vec<(u64, Told)>) -> PyResult<bool> {
        let most = if self.timing.is_some() { CALLS } else { u64::MAX };
        let driven = dispatch(self.py, self.shared, most);
        let mut notices = std::mem::take(&mut self.notices);
        if let Some(machine) = self.shared.present_machine() {
            let missed = machine.turn(&self.shared.core, |turn| {
                turn.take_notices(&mut notices);
                turn.take_missed()
            });
            self.note_missed(&missed);
        }
        told.extend(notices.drain(..).map(peers::told));
        self.notices = notices;
        driven.map(|calls| calls < most)
    }

    fn totals(&mut self) -> PyResult<Totals> {
        let accepted = self.turn(|turn| turn.arrivals().accepted)?;
        Ok(Totals { accepted, edges: self.shared.core.counts().posted.iter().sum() })
    }

    fn moved(&mut self, now: u64) -> PyResult<()> {
        self.turn(|turn| turn.set_age(now))
    }

    fn now(&self) -> Option<u64> {
        self.timing.map(Timing::now)
    }

    fn rest(&mut self, until: u64) {
        let Some(timing) = self.timing else { return };
        if until.saturating_sub(timing.now()) < SHORT {
            wait(timing, until);
        } else {
            self.py.detach(|| wait(timing, until));
        }
    }

    fn skip(&mut self, by: u64) {
        if let Some(timing) = self.timing {
            timing.skip(by);
        }
    }

    fn planned(&mut self, end: u64, deed: Deed, instant: u64) -> PyResult<()> {
        if self.timing.is_none() {
            return Ok(());
        }
        self.turn(|turn| match deed {
            Deed::Connect => turn.plan_connect(end, instant),
            Deed::End => turn.plan_end(end, instant),
        })
    }
}
