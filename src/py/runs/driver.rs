//! Driver: a driver in C, run from its DriverEntry to its unload, by a seed or by what was chosen before.

use crate::c::kernel::{Act, Kernel, Object, OnDemand, Options, Remote};
use crate::core::random::Share;
use crate::core::subsystem;
use crate::network::address::{AF_INET, Address};
use crate::py::runs::driver_notes;
use crate::py::runs::driver_results::{Outcome, Stormed, told};
use crate::py::runs::life_results::Found;
use crate::py::runs::lives::Lives;
use crate::py::runs::started_driver::StartedDriver;
use crate::py::values::options::{COMPLETIONS, Given, LEVELS, choices, schedule};
use crate::storm::kills::Kills;
use crate::storm::lives;
use crate::storm::living::{Group, Storm};
use crate::wsk::Policies;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;
use std::rc::Rc;

/// So much virtual time a driver has when nothing is to come of its remote ends, in units of 100 ns: a minute.
const PATIENCE: u64 = 60 * 10_000_000;

/// Family, bytes of the host, port.
pub(crate) type Place = (u16, Vec<u8>, u16);
/// The name of a group, how many of its lives may be open, its patience in nanoseconds, where it listens, if it does, and
/// where it connects to; wherever the driver listens, if neither is given.
type GivenGroup = (String, u64, Option<u64>, Option<Place>, Option<Place>);
/// Names, and the addresses that they resolve to; their ports are 0.
type GivenHosts = Vec<(String, Vec<Place>)>;
/// Lives, groups, group and rate of kills.
type GivenPlan<'py> = (PyRef<'py, Lives>, Vec<GivenGroup>, Option<(u32, f64)>);

/// The object of a driver, read once.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct DriverObject(Object);

/// The peers of a plan.
struct Plan {
    lives: lives::Lives,
    groups: Vec<Peers>,
    kills: Option<Kills>,
}

struct Peers {
    name: String,
    group: Group,
    listen: Option<Address>,
    connect: Option<Address>,
}

/// Who meets the driver.
enum Met {
    /// So many remote ends at each of its listeners.
    Ends(usize),
    Plan(Plan),
}

/// What remote ends do at a listener whose words nobody here knows, by turns.
fn remote(place: usize, to: Address) -> Remote {
    let connect = Act::Connect(to);
    let said = || Act::Send(b"hello\r\n".to_vec());
    match place % 4 {
        0 => Remote::new([connect, said(), Act::Disconnect, Act::AwaitEnd, Act::Close]),
        1 => Remote::new([connect, said(), said(), Act::Abort]),
        2 => Remote::new([connect, Act::Disconnect, Act::AwaitEnd]),
        _ => Remote::new([connect, said(), Act::Close]),
    }
}

impl Plan {
    /// The peers that listen are there before the driver starts; the others have no room yet.
    fn begin(&self, kernel: &Kernel) -> Result<(), String> {
        let room: Vec<_> = self.groups.iter().map(Peers::before_entry).collect();
        let storm = Storm::new(self.lives.clone(), &room, self.kills);
        let listening: Vec<_> = self.groups.iter().map(|peers| peers.listen).collect();
        kernel.add_peers(storm, &listening).map_err(|(at, status)| {
            format!(
                "plan: asked to listen at port {}; found {status}; let them listen elsewhere",
                at.port()
            )
        })
    }

    /// The others come. Why they cannot, if the driver does not listen there.
    fn go_on(&self, kernel: &Kernel) -> Result<(), String> {
        let listening = kernel.driver().turn(|turn| turn.listening_at());
        let places =
            listening.iter().map(|at| at.port().to_string()).collect::<Vec<_>>().join(", ");
        let found = match listening.len() {
            0 => "that the driver listens nowhere".to_owned(),
            1 => format!("that the driver listens at port {places}"),
            _ => format!("that the driver listens at ports {places}"),
        };
        let mut groups = Vec::new();
        for peers in &self.groups {
            let addresses = match (peers.listen, peers.connect) {
                (Some(_), _) => Vec::new(),
                (None, Some(at)) if kernel.driver().turn(|turn| turn.listens_at(at)) => vec![at],
                (None, Some(at)) => {
                    return Err(format!(
                        "peers {} were to connect to port {}; found {found}",
                        peers.name,
                        at.port()
                    ));
                }
                (None, None) if listening.is_empty() => {
                    return Err(format!(
                        "peers {} were to connect to the driver; found {found}",
                        peers.name
                    ));
                }
                (None, None) => listening.clone(),
            };
            groups.push((addresses, peers.group.open));
        }
        kernel.connect_peers(groups);
        Ok(())
    }
}

impl Peers {
    fn before_entry(&self) -> Group {
        Group { open: if self.group.listens { self.group.open } else { 0 }, ..self.group }
    }
}

/// Lets a started driver meet its remote ends; why it cannot.
fn meet(kernel: &Rc<Kernel>, met: &Met) -> Result<(), String> {
    match met {
        Met::Ends(peers) => {
            for to in kernel.driver().turn(|turn| turn.listening_at()) {
                let local = if to.family() == AF_INET { to.source(1, to.port()) } else { to };
                (0..*peers).for_each(|place| kernel.add_remote(remote(place, local)));
            }
            kernel.settle(PATIENCE);
        }
        Met::Plan(plan) => {
            plan.go_on(kernel)?;
            kernel.live(PATIENCE);
        }
    }
    Ok(())
}

/// The share of the calls that may fail on demand which do.
const FAULTS: f64 = 0.05;

/// What fails on demand, by name.
fn on_demand(names: &[String]) -> PyResult<OnDemand> {
    let share = Share::new(FAULTS).unwrap_or(Share::NONE);
    let mut faults = OnDemand { share, ..OnDemand::NOTHING };
    for name in names {
        match name.as_str() {
            "allocation" => faults.allocations = true,
            "provider" => faults.provider = true,
            "request" => faults.requests = true,
            _ => {
                let found =
                    format!("faults: asked for allocation, provider or request; found {name}");
                return Err(PyValueError::new_err(found));
            }
        }
    }
    Ok(faults)
}

/// Names, and the addresses that they resolve to.
type Hosts = Vec<(String, Vec<Address>)>;

fn load(
    object: &Object,
    options: Options,
    chosen: Option<Vec<u32>>,
    hosts: Hosts,
) -> Result<Rc<Kernel>, String> {
    let kernel = Kernel::load_choosing(object, options, chosen)?;
    kernel.driver().turn(|turn| {
        for (name, addresses) in hosts {
            turn.names_mut().set(&name, addresses);
        }
    });
    Ok(kernel)
}

fn run(kernel: &Rc<Kernel>, met: &Met) -> Result<Outcome, String> {
    if let Met::Plan(plan) = met {
        plan.begin(kernel)?;
    }
    let mut begun = Begun { status: kernel.start_driver(), ended: None };
    if begun.is_running() && kernel.ended().is_none() {
        begun.ended = meet(kernel, met).err();
        kernel.unload();
    }
    Ok(outcome(kernel, begun))
}

/// How a run began.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    /// What DriverEntry returned, if it did.
    pub(crate) status: Option<i32>,
    /// Why it could not go on.
    pub(crate) ended: Option<String>,
}

impl Begun {
    /// Whether DriverEntry has succeeded.
    pub(crate) fn is_running(&self) -> bool {
        self.status.is_some_and(|status| status >= 0)
    }
}

/// What a run has come to.
pub(crate) fn outcome(kernel: &Kernel, begun: Begun) -> Outcome {
    let core = kernel.driver().core();
    let storm = kernel.take_storm().map(|storm| {
        let edges = core.counts().posted.iter().sum();
        let found = kernel.driver().turn(|turn| Found::at(turn, edges));
        let found = Found { endings: kernel.driver().with_door(|door| door.endings()), ..found };
        let requests = kernel.driver().holds().0;
        Stormed { storm, found, requests, allocations: kernel.allocations() }
    });
    Outcome {
        status: begun.status,
        ended: begun.ended.or_else(|| kernel.ended().map(|ended| ended.to_string())),
        trace: kernel.trace(),
        steps: kernel.steps(),
        counts: core.counts(),
        findings: core.findings(),
        notes: core.notes(),
        printed: kernel.printed(),
        injected: kernel.injected(),
        remotes: kernel.remotes().len(),
        storm,
    }
}

fn hosts(given: &GivenHosts) -> PyResult<Hosts> {
    let read = |(name, places): &(String, Vec<Place>)| {
        Ok((name.clone(), places.iter().map(address).collect::<PyResult<_>>()?))
    };
    given.iter().map(read).collect()
}

pub(crate) fn address((family, host, port): &Place) -> PyResult<Address> {
    let wrong = || PyValueError::new_err("plan: asked for addresses; found others; use wsksim run");
    Address::new(*family, host, *port).ok_or_else(wrong)
}

fn plan((lives, groups, kills): GivenPlan<'_>) -> PyResult<Plan> {
    let read = |(name, open, timeout, listen, connect): GivenGroup| {
        let listen = listen.as_ref().map(address).transpose()?;
        let group = Group { open, timeout, listens: listen.is_some() };
        Ok(Peers { name, group, listen, connect: connect.as_ref().map(address).transpose()? })
    };
    let groups = groups.into_iter().map(read).collect::<PyResult<Vec<_>>>()?;
    let kills = kills.map(|(group, rate)| Kills { group, every: 1e9 / rate });
    let moves = kills.is_none_or(|kills| kills.every >= 1.0);
    if groups.len() != lives.0.groups.len() || !moves {
        return Err(PyValueError::new_err(
            "plan: asked for groups as a Plan has them; found others",
        ));
    }
    Ok(Plan { lives: lives.0.clone(), groups, kills })
}

fn options(
    seed: u64,
    schedule: &Given<'_>,
    completions: &Given<'_>,
    irql: &Given<'_>,
    lenient: bool,
) -> PyResult<Options> {
    let subsystem = subsystem::Options {
        seed,
        schedule: self::schedule(schedule)?,
        irql: irql.word("irql", &LEVELS)?,
        ..subsystem::Options::default()
    };
    let completions = completions.word("completions", &COMPLETIONS)?;
    let policies = Policies { completions, ..Policies::default() };
    Ok(Options { subsystem, policies, lenient, ..Options::default() })
}

#[pymethods]
impl DriverObject {
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        Object::read(&path).map(Self).map_err(PyValueError::new_err)
    }

    /// What it says of how it was built, line by line.
    #[getter]
    fn words(&self) -> String {
        self.0.words()
    }

    /// The function, file and line of an address of the file's that stands behind a call; no file if nobody knows.
    fn place(&self, at: u64) -> (String, String, u32) {
        let place = self.0.place(at);
        (place.function, place.file, place.line)
    }

    /// Runs it from DriverEntry to unload under one seed, or as it was chosen before: what came of it. It meets so many
    /// remote ends at each of its listeners, or the peers of a plan.
    #[pyo3(signature = (seed, *, schedule, completions, irql, lenient, peers, choices = None, plan = None, allocation = 0.0, hosts = Vec::new(), faults = Vec::new(), notes = None))]
    #[allow(clippy::too_many_arguments, reason = "the options of a run")]
    fn run<'py>(
        &self,
        py: Python<'py>,
        seed: u64,
        schedule: Given<'py>,
        completions: Given<'py>,
        irql: Given<'py>,
        lenient: bool,
        peers: usize,
        choices: Option<&Bound<'py, PyAny>>,
        plan: Option<GivenPlan<'py>>,
        allocation: f64,
        hosts: GivenHosts,
        faults: Vec<String>,
        notes: Option<i32>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut options = options(seed, &schedule, &completions, &irql, lenient)?;
        options.faults = on_demand(&faults)?;
        if let Some(file) = notes {
            options.witness = Some(driver_notes::to(file));
        }
        options.allocation = Share::new(allocation).unwrap_or(Share::NONE);
        let chosen = self::choices(choices)?;
        let met = plan.map_or(Ok(Met::Ends(peers)), |given| self::plan(given).map(Met::Plan))?;
        let object = self.0.clone();
        let hosts = self::hosts(&hosts)?;
        let ran = py.detach(move || run(&load(&object, options, chosen, hosts)?, &met));
        told(py, ran.map_err(PyValueError::new_err)?)
    }

    /// Runs its DriverEntry, in this process; what its remote ends do is said step by step.
    #[pyo3(signature = (seed, *, schedule, completions, irql, lenient, choices = None, hosts = Vec::new(), listen = Vec::new(), faults = Vec::new()))]
    #[allow(clippy::too_many_arguments, reason = "the options of a run")]
    fn start<'py>(
        &self,
        seed: u64,
        schedule: Given<'py>,
        completions: Given<'py>,
        irql: Given<'py>,
        lenient: bool,
        choices: Option<&Bound<'py, PyAny>>,
        hosts: GivenHosts,
        listen: Vec<Place>,
        faults: Vec<String>,
    ) -> PyResult<(StartedDriver, Vec<u64>)> {
        let mut options = options(seed, &schedule, &completions, &irql, lenient)?;
        options.faults = on_demand(&faults)?;
        let kernel = load(&self.0, options, self::choices(choices)?, self::hosts(&hosts)?);
        let kernel = kernel.map_err(PyValueError::new_err)?;
        let mut listeners = Vec::new();
        for place in &listen {
            let at = address(place)?;
            let listens = kernel.driver().turn(|turn| turn.remote_listen(at));
            listeners.push(
                listens
                    .map_err(|status| {
                        let found = format!("found {status}; listen elsewhere");
                        PyValueError::new_err(format!(
                            "listen: asked for port {}; {found}",
                            at.port()
                        ))
                    })?
                    .0,
            );
        }
        Ok((StartedDriver::new(kernel), listeners))
    }
}
