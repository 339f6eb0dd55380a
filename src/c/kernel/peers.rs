//! Peers: the remote ends of a plan's storm at a driver. The scheduler chooses when one of them goes on, as it does among
//! threads and callbacks; the storm's clock is the driver's virtual time.

use crate::c::driver::Driver;
use crate::c::kernel::Kernel;
use crate::c::kernel::scheduler::Rest;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::peers;
use crate::storm::course::Totals;
use crate::storm::ends::{Dialled, Ends, Told};
use crate::storm::lives::{Ending, Life};
use crate::storm::living::Storm;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

/// Nanoseconds in a unit of virtual time.
const UNIT: u64 = 100;

/// A storm, and where its lives go to and come from.
#[derive(Debug)]
pub(crate) struct Peers {
    storm: Storm,
    /// Where each group connects to; nowhere before DriverEntry has returned.
    addresses: Vec<Vec<Address>>,
    listeners: Vec<Option<u64>>,
}

/// The remote ends of one storm.
struct DriverEnds<'k> {
    driver: &'k Arc<Driver>,
    addresses: &'k [Vec<Address>],
    listeners: &'k [Option<u64>],
}

impl Ends for DriverEnds<'_> {
    type Error = Infallible;

    fn connect(&mut self, life: &Life) -> Result<Dialled, Infallible> {
        let to = self.addresses.get(life.group as usize).filter(|all| !all.is_empty());
        let to = to.map(|all| all[(life.number % all.len() as u64) as usize]);
        Ok(to.map_or(Dialled::Failed, |to| self.driver.turn(|turn| peers::connect(turn, to))))
    }

    fn accept(&mut self, group: u32) -> Result<Option<u64>, Infallible> {
        let Some(Some(listener)) = self.listeners.get(group as usize) else { return Ok(None) };
        Ok(self.driver.turn(|turn| turn.remote_accept(*listener)))
    }

    fn seen(&mut self, end: u64) -> Result<Option<Told>, Infallible> {
        Ok(self.driver.turn(|turn| peers::seen(turn, end)))
    }

    fn send(&mut self, end: u64, bytes: u64) -> Result<(), Infallible> {
        self.driver.turn(|turn| peers::send(turn, end, bytes));
        Ok(())
    }

    fn read(&mut self, end: u64, most: u64) -> Result<u64, Infallible> {
        Ok(self.driver.turn(|turn| peers::read(turn, end, most)))
    }

    fn end(&mut self, end: u64, ending: Ending) -> Result<(), Infallible> {
        self.driver.turn(|turn| peers::end(turn, end, ending));
        Ok(())
    }

    fn time_out(&mut self, end: u64) -> Result<bool, Infallible> {
        Ok(self.driver.turn(|turn| turn.remote_timeout(end)))
    }

    fn kill(&mut self, end: u64) -> Result<bool, Infallible> {
        Ok(self.driver.turn(|turn| turn.remote_kill(end)))
    }

    fn leave(&mut self, end: u64) -> Result<(), Infallible> {
        self.driver.turn(|turn| turn.remote_close(end));
        Ok(())
    }

    /// What happened meanwhile; it is the scheduler that lets the driver go on.
    fn drive(&mut self, told: &mut Vec<(u64, Told)>) -> Result<bool, Infallible> {
        let mut notices = Vec::new();
        self.driver.turn(|turn| turn.take_notices(&mut notices));
        told.extend(notices.into_iter().map(peers::told));
        Ok(true)
    }

    fn totals(&mut self) -> Result<Totals, Infallible> {
        let accepted = self.driver.turn(|turn| turn.arrivals().accepted);
        Ok(Totals { accepted, edges: self.driver.core().counts().posted.iter().sum() })
    }

    fn moved(&mut self, now: u64) -> Result<(), Infallible> {
        self.driver.turn(|turn| turn.set_age(now));
        Ok(())
    }
}

impl Kernel {
    /// Lets the storm of a plan loose upon the driver, before it starts: those peers listen for which there is an address.
    /// The others come when they are told [where to](Self::connect_peers).
    ///
    /// # Errors
    ///
    /// The address at which they cannot listen, and why.
    pub fn add_peers(
        &self,
        storm: Storm,
        listening: &[Option<Address>],
    ) -> Result<(), (Address, NtStatus)> {
        self.driver.with_door(|door| {
            door.turn(|turn| turn.watch_remotes());
            door.count_endings();
        });
        let listen = |at: Address| {
            let listens = self.driver.turn(|turn| turn.remote_listen(at));
            listens.map(|(listener, _)| listener).map_err(|status| (at, status))
        };
        let listeners = listening.iter().map(|at| at.map(listen).transpose());
        let listeners = listeners.collect::<Result<_, _>>()?;
        *self.peers.borrow_mut() = Some(Peers { storm, addresses: Vec::new(), listeners });
        Ok(())
    }

    /// From now on the peers of each group connect there, so many at a time; those that listen have no address.
    pub fn connect_peers(&self, groups: impl IntoIterator<Item = (Vec<Address>, u64)>) {
        let mut peers = self.peers.borrow_mut();
        let Some(peers) = &mut *peers else { return };
        peers.addresses.clear();
        for (group, (addresses, open)) in groups.into_iter().enumerate() {
            if !addresses.is_empty() {
                peers.storm.admit(group, open);
            }
            peers.addresses.push(addresses);
        }
    }

    /// Takes the storm, which is over.
    #[must_use]
    pub fn take_storm(&self) -> Option<Storm> {
        self.peers.borrow_mut().take().map(|peers| peers.storm)
    }

    fn with_storm<T>(&self, look: impl FnOnce(&mut Storm) -> T) -> Option<T> {
        self.peers.borrow_mut().as_mut().map(|peers| look(&mut peers.storm))
    }

    fn with_peers<T>(
        &self,
        act: impl FnOnce(&mut Storm, &mut DriverEnds<'_>) -> Result<T, Infallible>,
    ) -> Option<T> {
        let mut peers = self.peers.borrow_mut();
        let Peers { storm, addresses, listeners } = peers.as_mut()?;
        let mut ends = DriverEnds { driver: &self.driver, addresses, listeners };
        let now = self.now.get().saturating_mul(UNIT);
        let Ok(()) = storm.go_to(&mut ends, now);
        let Ok(told) = act(storm, &mut ends);
        Some(told)
    }

    /// Whether one of the peers can go on now; `rested` says that nobody else can.
    pub(crate) fn peers_are_due(&self, rested: bool) -> bool {
        let due = self.with_peers(|storm, ends| {
            if rested {
                storm.rest();
            }
            storm.is_due(ends)
        });
        due.unwrap_or(false)
    }

    /// One of them goes on.
    pub(crate) fn act_peers(&self) {
        let acted = self.with_peers(|storm, ends| {
            storm.step(ends)?;
            let outcome = storm.outcome();
            Ok(outcome.begun << 16 ^ outcome.sent << 8 ^ outcome.received ^ outcome.over())
        });
        self.note(1 << 31 | acted.unwrap_or_default() as u32);
    }

    /// When one of them goes on by itself, in units of virtual time.
    pub(crate) fn next_peer(&self) -> Option<u64> {
        let next = self.with_peers(|storm, _| Ok(storm.next_instant()));
        next.flatten().map(|next| next.div_ceil(UNIT))
    }

    fn lives_over(&self) -> u64 {
        self.with_storm(|storm| storm.ended()).unwrap_or_default()
    }

    /// Lets the lives of the plan be lived: until nothing is to come of them, and `patience` has passed without it.
    pub fn live(self: &Rc<Self>, patience: u64) {
        self.refuse_allocations(true);
        loop {
            let before = self.lives_over();
            while self.run_until(|_| false) == Rest::Quiet
                && self.next_peer().is_some()
                && self.pass_time(u64::MAX)
            {}
            self.settle(patience);
            let is_over = self.next_peer().is_none() && self.lives_over() == before;
            if is_over || self.ended.borrow().is_some() {
                return self.refuse_allocations(false);
            }
        }
    }
}
