//! Storm: carries a plan out on a subsystem, at the handler's pace or at the plan's own.

use crate::core::error::CoreError;
use crate::core::limits::MAX_SOCKETS;
use crate::core::random::Share;
use crate::core::sync::Mutex;
use crate::py::drive::driving::dispatch;
use crate::py::keep::shared::Shared;
use crate::py::runs::living::LISTEN;
use crate::py::runs::storm_results;
use crate::py::runs::storm_sockets::{
    Blocks, NativeSockets, PythonSockets, Supply, Words, refused,
};
use crate::py::sockets::subsystem::Subsystem;
use crate::py::values::arguments;
use crate::py::values::errors::{error, to_py_err};
use crate::storm::pacing::{InTurn, SHORT, pace_beside, pace_in_turn, wait};
use crate::storm::portion::Shard;
use crate::storm::sharding::ShardEdges;
use crate::storm::{Arrivals, Due, Generator, Order, Plan, Series, Timing};
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, gc::PyVisit};
use std::sync::Arc;

/// Words of `order`.
const ORDERS: [(&str, Order); 3] =
    [("made", Order::Made), ("random", Order::Random), ("recent", Order::Recent)];
/// Words of `words`: the contexts of a C handler that Python has no part in.
const WORDS: [(&str, Words); 3] =
    [("number", Words::Number), ("null", Words::Null), ("block", Words::Block)];

/// Most calls between two looks at what is due, where one thread does both.
const CALLS: u64 = 64;
/// Carries one plan out on one subsystem.
#[pyclass(frozen, weakref, module = "wsksim")]
pub(crate) struct Storm {
    subsystem: Py<Subsystem>,
    handler: Py<PyAny>,
    supply: Supply,
    plan: Plan,
    /// Of a shard: what the plan calls the sockets that are opened next.
    names: Option<Mutex<ShardEdges>>,
    /// Away while a method uses it, so that no lock is held while Python runs.
    generator: Mutex<Option<Box<Generator>>>,
}

#[pymethods]
impl Storm {
    #[new]
    #[pyo3(signature = (subsystem, handler, *, sockets, disconnects, abortive, order, rate, arrivals, burst, sample, source, words, block, shard=None))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of a Python class")]
    fn new(
        subsystem: &Bound<'_, Subsystem>,
        handler: Py<PyAny>,
        sockets: u32,
        disconnects: u64,
        abortive: f64,
        order: &Bound<'_, PyAny>,
        rate: Option<f64>,
        arrivals: &str,
        burst: u64,
        sample: u64,
        source: Option<Py<PyAny>>,
        words: Option<&Bound<'_, PyAny>>,
        block: usize,
        shard: Option<(u64, u64, u32)>,
    ) -> PyResult<Self> {
        let py = subsystem.py();
        let shared = subsystem.get().usable(py)?;
        let no_memory = || to_py_err(py, CoreError::NoMemory { asked: u64::from(sockets) });
        let wrong = |text: &str| PyValueError::new_err(format!("storm: {text}"));
        if sockets == 0 || sockets > MAX_SOCKETS {
            return Err(wrong("asked for no socket or for more than there may be"));
        }
        let abortive = Share::new(abortive).ok_or_else(|| wrong("abortive is no share"))?;
        let arrivals = match arrivals {
            "constant" => Arrivals::Constant,
            "poisson" => Arrivals::Poisson,
            "burst" => Arrivals::Burst(burst),
            _ => return Err(wrong("arrivals is constant, poisson or burst")),
        };
        if rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
            return Err(wrong("the rate has to be above 0"));
        }
        let plan = Plan {
            seed: shared.core.options().seed,
            sockets,
            disconnects,
            abortive,
            order: arguments::word("order", Some(order), &ORDERS)?,
            pace: rate.map(|rate| (rate, arrivals)),
        };
        let part = shard.map(|(number, of, open)| (Shard { number, of }, open));
        if part.is_some_and(|(shard, open)| shard.number >= shard.of || open > sockets) {
            return Err(wrong("asked for a shard that there is not"));
        }
        let open = part.map_or(sockets, |(_, open)| open);
        let native = |words| Self::native(shared, handler.bind(py), words, open, block);
        let supply = match (words, source) {
            (Some(words), _) => native(arguments::word("words", Some(words), &WORDS)?)?,
            (None, Some(source)) => Supply::Source(source),
            (None, None) => Supply::Numbers,
        };
        if rate.is_some() || sample > 0 {
            let slots = if rate.is_some() { shared.core.options().max_sockets as usize } else { 0 };
            let timing = Timing::new(slots, sample).ok_or_else(no_memory)?;
            shared.timing.set(timing).map_err(|_| wrong("this subsystem has one already"))?;
        }
        let (generator, names) = match part {
            None => (Generator::new(&plan), None),
            Some((shard, open)) => {
                let unpaced = Plan { pace: None, ..plan };
                let names = ShardEdges::new(&unpaced, shard).ok_or_else(no_memory)?;
                (Generator::of_shard(&plan, shard, open), Some(names))
            }
        };
        let generator = Mutex::new(Some(Box::new(generator.ok_or_else(no_memory)?)));
        let (names, subsystem) = (names.map(Mutex::new), subsystem.clone().unbind());
        Ok(Self { subsystem, handler, supply, plan, names, generator })
    }

    /// Opens up to `most` more sockets; returns how many are left to open.
    fn connect(&self, py: Python<'_>, most: u32) -> PyResult<u32> {
        let shared = self.shared(py)?;
        self.with(py, |generator| match &self.supply {
            Supply::Native(..) => shared.detached(py, || {
                generator.connect(&mut self.native_sockets(&shared), most).map_err(refused)
            }),
            _ => generator.connect(&mut self.python_sockets(&shared), most),
        })
    }

    /// Posts the next edges, at most `most`; all that were posted before have been handled. Returns how
    /// many; 0 when every edge of the plan was posted.
    fn post(&self, py: Python<'_>, most: usize) -> PyResult<usize> {
        let shared = self.shared(py)?;
        let core = &shared.core;
        self.with(py, |generator| match &self.supply {
            Supply::Native(..) => shared.detached(py, || {
                generator.post_group(core, &mut self.native_sockets(&shared), most).map_err(refused)
            }),
            _ => generator.post_group(core, &mut self.python_sockets(&shared), most),
        })
    }

    /// Makes this moment the plan's beginning.
    fn begin(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(timing) = self.shared(py)?.timing.get() {
            if self.plan.pace.is_some() {
                py.detach(|| timing.listen(LISTEN));
            }
            timing.begin();
        }
        Ok(())
    }

    /// Posts edges at their planned instants for a moment; returns whether there is nothing left to post,
    /// or nobody left to post for. With `in_turn` this thread also dispatches them, between posts; else
    /// workers do.
    fn pace(&self, py: Python<'_>, in_turn: bool) -> PyResult<bool> {
        let shared = self.shared(py)?;
        let Some(timing) = shared.timing.get().filter(|_| self.plan.pace.is_some()) else {
            return Err(PyValueError::new_err("pace: asked to keep a rate; the plan has none"));
        };
        py.check_signals()?;
        self.with(py, |generator| {
            if in_turn {
                let shared = &shared;
                let mut thread = Alternating { py, storm: self, shared, timing, generator };
                pace_in_turn(timing, &mut thread)
            } else {
                let post_due = || self.post_due(&shared, timing, generator);
                shared.detached(py, || pace_beside(&shared.core, timing, post_due))
            }
        })
    }

    /// How many edges were posted.
    #[getter]
    fn posted(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |generator| Ok(generator.posted()))
    }

    /// What is known of the storm: "plan", "pace", "service_ns", "response_ns" and "histograms", as reports have them.
    fn results<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let shared = self.shared(py)?;
        self.with(py, |generator| {
            storm_results::to_python(py, generator, &self.plan, shared.timing.get())
        })
    }

    /// The response so far, or else the service, that 99 in 100 do not exceed; None if nothing was timed.
    fn p99_ns(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        let shared = self.shared(py)?;
        let series = shared.timing.get().map(Timing::series);
        let of = |(service, response): (Series, Series)| {
            if self.plan.pace.is_some() { response } else { service }
        };
        Ok(series.map(of).filter(|series| series.count() > 0).map(|series| series.percentile(99.0)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.subsystem)?;
        visit.call(&self.handler)?;
        match &self.supply {
            Supply::Source(source) => visit.call(source),
            _ => Ok(()),
        }
    }
}

impl Storm {
    fn native(
        shared: &Shared,
        handler: &Bound<'_, PyAny>,
        words: Words,
        sockets: u32,
        block: usize,
    ) -> PyResult<Supply> {
        use crate::core::handlers::HandlerKind;
        use crate::py::drive::handlers::{Handler, recognise};
        let Handler::Native(native, owner) = recognise("storm", Some(handler))? else {
            return Err(PyValueError::new_err("storm: asked for a C handler's words; it is none"));
        };
        if matches!(words, Words::Block) {
            let blocks = Blocks::new(sockets as usize, block).ok_or_else(|| {
                PyMemoryError::new_err("storm: there is no memory for the contexts; open fewer")
            })?;
            let set = shared.blocks.set(blocks);
            set.map_err(|_| PyValueError::new_err("storm: this subsystem has one already"))?;
        }
        // What keeps the C function where it is stays as long as the subsystem (R27). The number it
        // gets here names no socket's handler.
        shared.owned.add_handler(owner, HandlerKind::Single, 1);
        let handler = shared.native_handler(native).map_err(refused)?;
        Ok(Supply::Native(handler, words))
    }

    fn shared(&self, py: Python<'_>) -> PyResult<Arc<Shared>> {
        self.subsystem.get().alive(py).cloned()
    }

    /// Lends the generator.
    fn with<R>(
        &self,
        py: Python<'_>,
        use_it: impl FnOnce(&mut Generator) -> PyResult<R>,
    ) -> PyResult<R> {
        let taken = self.generator.lock().take();
        let Some(mut generator) = taken else {
            let text = "storm: asked to go on; it is going on; wait until that call returned";
            return Err(error(py, "DriveError", text));
        };
        let used = use_it(&mut generator);
        *self.generator.lock() = Some(generator);
        used
    }

    fn native_sockets<'s>(&'s self, shared: &'s Shared) -> NativeSockets<'s> {
        let Supply::Native(handler, words) = self.supply else {
            unreachable!("Invariant: asked for by who has looked")
        };
        NativeSockets { shared, handler, words, names: self.names.as_ref() }
    }

    fn python_sockets<'s>(&'s self, shared: &'s Shared) -> PythonSockets<'s> {
        let (handler, supply, names) = (&self.handler, &self.supply, self.names.as_ref());
        PythonSockets { shared, handler, supply, names }
    }

    /// Posts what is due; refuses to once the subsystem is closed, for then nothing is handled.
    fn post_due(
        &self,
        shared: &Shared,
        timing: &Timing,
        generator: &mut Generator,
    ) -> PyResult<Due> {
        let core = &shared.core;
        if core.is_shut() {
            return Err(refused(crate::core::error::CoreError::SubsystemClosed));
        }
        match &self.supply {
            Supply::Native(..) => {
                generator.post_due(core, &mut self.native_sockets(shared), timing).map_err(refused)
            }
            _ => generator.post_due(core, &mut self.python_sockets(shared), timing),
        }
    }
}

/// Posting and dispatching on the caller's thread, in turn.
struct Alternating<'py, 'a> {
    py: Python<'py>,
    storm: &'a Storm,
    shared: &'a Arc<Shared>,
    timing: &'a Timing,
    generator: &'a mut Generator,
}

impl InTurn for Alternating<'_, '_> {
    type Error = PyErr;

    fn post_due(&mut self) -> PyResult<Due> {
        self.storm.post_due(self.shared, self.timing, self.generator)
    }

    fn dispatch(&mut self) -> PyResult<u64> {
        dispatch(self.py, self.shared, CALLS)
    }

    /// Lets other Python threads run if it is worth the while.
    fn wait(&mut self, timing: &Timing, until: u64) {
        if until.saturating_sub(timing.now()) < SHORT {
            wait(timing, until);
        } else {
            self.py.detach(|| wait(timing, until));
        }
    }
}
