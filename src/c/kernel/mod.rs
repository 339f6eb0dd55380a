//! Kernel: what a driver in C calls, simulated: it runs a driver's object from its DriverEntry to its unload.
//!
//! Everything that the driver does runs in coroutines on one thread of the system ([`threads`]); the scheduler picks who goes
//! on by the chooser, so the same seed gives the same trace. What drivers and the kernel hand each other is real memory with
//! the places of the headers. WSK's functions go through the provider's door, as for any application.

mod allocations;
#[allow(unsafe_code, reason = "the driver calls in")]
mod border;
mod controls;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod devices;
mod elf;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod events;
mod faults;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod handles;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod hashes;
#[allow(unsafe_code, reason = "loads the driver's object")]
mod image;
#[rustfmt::skip]
mod imports;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod irp_stack;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod irps;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod levels;
mod lines;
mod lists;
mod locks;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod lookasides;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod mdls;
#[allow(unsafe_code, reason = "memory of the driver's, by address")]
mod memory;
mod options;
mod peers;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod pool;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod print;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod probes;
mod remotes;
mod run;
mod scheduler;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod security;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod strings;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod system;
mod table;
#[allow(unsafe_code, reason = "coroutines, whose frames are the driver's")]
mod threads;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod time;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod waits;
mod work;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod wsk_clients;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod wsk_controls;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod wsk_names;
#[allow(unsafe_code, reason = "what requests bring, by address")]
mod wsk_requests;
#[allow(unsafe_code, reason = "functions that the driver calls")]
mod wsk_sockets;

pub use crate::c::kernel::controls::Controlled;
pub use crate::c::kernel::faults::OnDemand;
pub use crate::c::kernel::image::Object;
pub use crate::c::kernel::options::Options;
pub use crate::c::kernel::remotes::{Act, Remote};

use crate::c::application::CApplication;
use crate::c::driver::{Driver, always};
use crate::c::kernel::allocations::Allocations;
use crate::c::kernel::devices::Devices;
use crate::c::kernel::faults::Faults;
use crate::c::kernel::handles::Handles;
use crate::c::kernel::hashes::Hashes;
use crate::c::kernel::image::Image;
use crate::c::kernel::irps::Irps;
use crate::c::kernel::lines::ObjectLines;
use crate::c::kernel::locks::Locks;
use crate::c::kernel::lookasides::Lookasides;
use crate::c::kernel::mdls::Mdls;
use crate::c::kernel::memory::Block;
use crate::c::kernel::peers::Peers;
use crate::c::kernel::pool::Pool;
use crate::c::kernel::print::Printed;
use crate::c::kernel::scheduler::Threads;
use crate::c::kernel::work::Work;
use crate::c::kernel::wsk_clients::Clients;
use crate::c::sanitizers;
use crate::c::site::{self, Stack};
use crate::core::findings::Place;
use crate::provider::Report;
use foldhash::HashMap;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// Why a run ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// `KeBugCheckEx`: its code and parameters.
    BugCheck(u32, [usize; 4]),
    /// An assertion of the driver's failed.
    Assertion(String),
    /// A wait where none is allowed.
    Waited(&'static str),
    /// A wait for what is no object.
    NoObject(&'static str),
    /// Nobody can go on.
    Deadlock,
    /// It made so many calls and did not end.
    Endless(u64),
    /// It called a function that is not simulated.
    Missing(&'static str),
    /// The simulation failed.
    Failed(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BugCheck(code, [one, two, three, four]) => {
                write!(f, "bug check 0x{code:08X} (0x{one:X}, 0x{two:X}, 0x{three:X}, 0x{four:X})")
            }
            Self::Assertion(text) => write!(f, "assertion failed: {text}"),
            Self::Waited(name) => write!(f, "{name} was called where nothing may wait"),
            Self::NoObject(name) => write!(f, "{name} was given what is no object"),
            Self::Deadlock => f.write_str("nobody can go on"),
            Self::Endless(calls) => write!(f, "it made {calls} calls and did not end"),
            Self::Missing(name) => write!(f, "{name} is not simulated"),
            Self::Failed(text) => write!(f, "the simulation failed: {text}"),
        }
    }
}

/// Who did something to an object last.
#[derive(Clone, Copy, Debug)]
struct Touch {
    thread: u32,
    what: &'static str,
    site: u64,
}

/// One driver's kernel, for one run.
#[derive(Debug)]
pub struct Kernel {
    driver: Arc<Driver>,
    threads: RefCell<Threads>,
    options: Options,
    current: Cell<u32>,
    now: Cell<u64>,
    steps: Cell<u64>,
    ended: RefCell<Option<Ended>>,
    trace: Cell<u64>,
    remotes: RefCell<Vec<Remote>>,
    peers: RefCell<Option<Peers>>,
    allocations: RefCell<Allocations>,
    touched: RefCell<HashMap<usize, Touch>>,
    pool: RefCell<Pool>,
    irps: RefCell<Irps>,
    mdls: RefCell<Mdls>,
    handles: RefCell<Handles>,
    clients: RefCell<Clients>,
    locks: RefCell<Locks>,
    lookasides: RefCell<Lookasides>,
    devices: RefCell<Devices>,
    hashes: RefCell<Hashes>,
    work: RefCell<Work>,
    /// IRPs from user mode that are under way, and whether each is completed.
    sent: RefCell<Vec<(usize, bool)>>,
    faults: RefCell<Faults>,
    printed: RefCell<Printed>,
    /// `DRIVER_OBJECT`, its extension, and the path in the registry.
    objects: Block,
    image: Image,
}

impl Kernel {
    /// Loads a copy of a driver's object.
    ///
    /// # Errors
    ///
    /// Why it cannot be loaded, in words.
    pub fn load(object: &Object, options: Options) -> Result<Rc<Self>, String> {
        Self::load_choosing(object, options, None)
    }

    /// Loads a copy of a driver's object, for a run that chooses what is given and then the plainest; without it, by its
    /// seed.
    ///
    /// # Errors
    ///
    /// Why it cannot be loaded, in words.
    pub fn load_choosing(
        object: &Object,
        options: Options,
        choices: Option<Vec<u32>>,
    ) -> Result<Rc<Self>, String> {
        let image = Image::load(object, &table::table())?;
        let driver = Driver::choosing(options.subsystem, options.policies, choices);
        sanitizers::on_report(pool::told_of);
        let clients = Clients::new(&image.provided()).ok_or("there is no memory left")?;
        driver.show_tables(clients.tables());
        driver.set_lines(Box::new(ObjectLines::new(object, image.base)));
        let objects = Block::new(run::OBJECTS).ok_or("there is no memory left")?;
        Ok(Rc::new(Self {
            driver,
            threads: RefCell::default(),
            options,
            current: Cell::new(0),
            now: Cell::new(0),
            steps: Cell::new(0),
            ended: RefCell::new(None),
            trace: Cell::new(0xCBF2_9CE4_8422_2325),
            remotes: RefCell::default(),
            peers: RefCell::default(),
            allocations: RefCell::new(Allocations::new(options.allocation, options.subsystem.seed)),
            touched: RefCell::default(),
            pool: RefCell::default(),
            irps: RefCell::default(),
            mdls: RefCell::default(),
            handles: RefCell::default(),
            clients: RefCell::new(clients),
            locks: RefCell::default(),
            lookasides: RefCell::default(),
            devices: RefCell::default(),
            hashes: RefCell::default(),
            work: RefCell::default(),
            sent: RefCell::default(),
            faults: RefCell::default(),
            printed: RefCell::default(),
            objects,
            image,
        }))
    }

    /// The driver, with its subsystem and its provider.
    #[must_use]
    pub fn driver(&self) -> &Arc<Driver> {
        &self.driver
    }

    /// Why the run ended before its time, if it did.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        self.ended.borrow().clone()
    }

    /// A number that two runs share whose calls were the same, in the same order.
    #[must_use]
    pub fn trace(&self) -> u64 {
        self.trace.get()
    }

    /// How many calls of the kernel there were.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// Virtual time since the beginning, in units of 100 ns.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now.get()
    }

    /// What the driver printed: its last lines, and how many there were.
    #[must_use]
    pub fn printed(&self) -> (Vec<String>, u64) {
        self.printed.borrow().lines()
    }

    /// Tells a witness, if there is one.
    fn bear_witness(&self, kind: &'static str, text: &str) {
        if let Some(witness) = self.options.witness {
            witness(kind, text);
        }
    }

    /// A remote end acts from here on.
    pub fn add_remote(&self, remote: Remote) {
        self.remotes.borrow_mut().push(remote);
    }

    /// The remote ends, with what they have received.
    #[must_use]
    pub fn remotes(&self) -> Vec<Remote> {
        self.remotes.borrow().clone()
    }

    fn application(&self) -> CApplication<'_> {
        CApplication::of(&self.driver)
    }

    /// Where the driver's last call comes from.
    fn site(&self) -> site::Site {
        self.image.site()
    }

    /// Where the driver's call comes from, as far as functions of the driver called each other.
    fn stack(&self) -> Stack {
        let own = |address: &u64| self.image.holds(*address);
        Stack::new(site::here(), threads::callers(site::here(), site::frame()).take_while(own))
    }

    /// Adds to the trace.
    fn note(&self, what: u32) {
        let mut trace = self.trace.get();
        for word in [self.current.get(), what] {
            trace = (trace ^ u64::from(word)).wrapping_mul(0x100_0000_01B3).rotate_left(23);
        }
        self.trace.set(trace);
    }

    /// Something was done to an object.
    fn touch(&self, object: usize, what: &'static str) {
        sanitizers::release(object);
        let touch = Touch { thread: self.current.get(), what, site: site::here() };
        self.touched.borrow_mut().insert(object, touch);
    }

    /// A rule is broken by the call that is being made.
    fn report(&self, rule: &'static str, found: impl Into<String>) {
        self.report_against(rule, found, 0);
    }

    /// Likewise, with the other place that it has to do with.
    fn report_against(&self, rule: &'static str, found: impl Into<String>, other: u64) {
        let mut app = self.application().against(other);
        let report = Report::of(rule, found, 0);
        always(self.driver.with_door(|door| door.report(&mut app, report)));
    }

    /// A rule was broken by a call at another place.
    fn report_at(&self, rule: &'static str, found: impl Into<String>, at: impl Into<Stack>) {
        let mut app = self.application().done_at(at.into());
        let report = Report::of(rule, found, 0);
        always(self.driver.with_door(|door| door.report(&mut app, report)));
    }

    /// Likewise, with what to do in this case.
    fn report_advising(
        &self,
        rule: &'static str,
        found: &'static str,
        at: impl Into<Stack>,
        advice: &'static str,
    ) {
        let mut app = self.application().done_at(at.into());
        let report = Report::of(rule, found, 0).advising(advice);
        always(self.driver.with_door(|door| door.report(&mut app, report)));
    }

    /// A rule was broken by a function of the driver's, whose address is not one behind a call.
    fn report_in(&self, rule: &'static str, found: impl Into<String>, function: u64) {
        self.report_at(rule, found, function + 1);
    }

    /// The run is over.
    fn end(&self, ended: Ended) {
        self.ended.borrow_mut().get_or_insert(ended);
    }

    /// The run is over, and this thread does not go on.
    fn stop(&self, ended: Ended) -> ! {
        self.end(ended);
        loop {
            self.suspend();
        }
    }

    /// What an address is called in a text.
    fn place(&self, address: u64) -> String {
        let Place { function, file, line } = self.driver.place(address);
        match file.rsplit('/').next() {
            Some(name) if !name.is_empty() => format!("{name}:{line} in {function}"),
            _ => function,
        }
    }
}
